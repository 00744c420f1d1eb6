//! `keyway user external`: what proves without a password that a client is a user.

use crate::cli::{UsersFileOption, failure::Failure, output, search::Search};
use clap::ValueEnum;
use keyway::{ExternalName, UserRecord};
use keyway_frontend::UsersFile;

/// What to do with external names.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum ExternalAction {
    /// Give them to the user
    Add,
    /// Take them from the user
    Remove,
}

/// Adds a user who comes in by an external name alone.
pub(super) fn add_without_password(user: UserRecord, file: &UsersFileOption) -> Result<(), Failure> {
    let path = Search::new(file.users.as_deref()).existing_or_new()?;
    let added = format!("added {:?} ({}) without a password to {}", user.name, user.roles, path.display());
    UsersFile::edit(&path, |users| users.add_record(user))?;
    output::complain(&added);
    Ok(())
}

/// All of them or, where one is refused, none.
pub(super) fn change(
    name: &str,
    action: ExternalAction,
    external: &[ExternalName],
    file: &UsersFileOption,
) -> Result<(), Failure> {
    let path = Search::new(file.users.as_deref()).existing()?;
    let now: Vec<_> = UsersFile::edit(&path, |users| {
        users.change(name, |user| {
            for external in external {
                match action {
                    ExternalAction::Add => user.add_external(external.clone()),
                    ExternalAction::Remove => user.remove_external(external)?,
                }
            }
            Ok(user.external.iter().map(ToString::to_string).collect())
        })
    })?;
    let now = if now.is_empty() { "no external name".to_owned() } else { now.join(", ") };
    output::complain(&format_args!("{name:?} has {now} in {}", path.display()));
    Ok(())
}
