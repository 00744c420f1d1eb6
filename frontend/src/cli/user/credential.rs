//! `keyway user credential`: the passwords of one user, by their labels.

use super::{NewPassword, Span, UsersFileOption, show, times};
use crate::cli::{failure::Failure, output, search::Search};
use clap::Subcommand;
use keyway::{Credential, StoredForm, UserRecord};
use keyway_frontend::{LastUsed, UsersFile};
use std::time::SystemTime;

/// What to do with one password of a user.
#[derive(Debug, Subcommand)]
pub(crate) enum CredentialAction {
    /// Add a password to those that the user has; makes one by chance unless told where to take it from
    Add {
        /// The user
        name: String,
        #[command(flatten)]
        span: Span,
        #[command(flatten)]
        password: NewPassword,
        #[command(flatten)]
        file: UsersFileOption,
    },
    /// Remove one password; ends the sessions that were opened with it on a running server, and no others
    Remove {
        /// The user
        name: String,
        /// Which password
        label: String,
        #[command(flatten)]
        file: UsersFileOption,
    },
    /// Let one password expire at a time; ends the sessions that were opened with it then
    Expire {
        /// The user
        name: String,
        /// Which password
        label: String,
        /// When: 2026-12-31T18:00:00Z, 2026-12-31, 24h from now, or never
        at: String,
        #[command(flatten)]
        file: UsersFileOption,
    },
}

pub(super) fn run(action: &CredentialAction) -> Result<(), Failure> {
    match action {
        CredentialAction::Add { name, span, password, file } => add(name, span, password, file),
        CredentialAction::Remove { name, label, file } => {
            let path = Search::new(file.users.as_deref()).existing()?;
            UsersFile::edit(&path, |users| users.change(name, |user| user.remove_credential(label)))?;
            output::complain(&format_args!("removed credential {label:?} of {name:?}"));
            Ok(())
        }
        CredentialAction::Expire { name, label, at, file } => expire(name, label, at, file),
    }
}

fn add(name: &str, span: &Span, password: &NewPassword, file: &UsersFileOption) -> Result<(), Failure> {
    let path = Search::new(file.users.as_deref()).existing()?;
    let user = UsersFile::load(&path)?.user(name)?.clone();
    let made = password.obtain_or_generate()?;
    // Derived before the file is locked. Should the user get another salt meanwhile, they do not share it; both work.
    let forms = password.stored_for.derive(&user, &made)?;
    let label = UsersFile::edit(&path, |users| {
        users.change(name, |user| {
            let credential = span.credential(user, forms);
            let label = credential.label.clone();
            user.add_credential(credential).map(|()| label)
        })
    })?;
    output::complain(&format_args!("added credential {label:?} of {name:?}"));
    show(&made)
}

fn expire(name: &str, label: &str, at: &str, file: &UsersFileOption) -> Result<(), Failure> {
    let expires = if at == "never" { None } else { Some(times::time(at).map_err(Failure::usage)?) };
    let path = Search::new(file.users.as_deref()).existing()?;
    UsersFile::edit(&path, |users| users.change(name, |user| user.expire_credential(label, expires)))?;
    let end = times::written(expires, "never");
    output::complain(&format_args!("credential {label:?} of {name:?} expires: {end}"));
    Ok(())
}

/// `keyway user credentials`: which there are.
pub(super) fn list(name: &str, file: &UsersFileOption) -> Result<(), Failure> {
    let path = Search::new(file.users.as_deref()).existing()?;
    let (file, used, now) = (UsersFile::load(&path)?, LastUsed::load(&path), SystemTime::now());
    let user = file.user(name)?;
    let mut rows =
        vec![["LABEL", "CREATED", "NOT BEFORE", "EXPIRES", "LAST USED", "STATE"].map(str::to_owned)];
    rows.extend(user.credentials.iter().map(|it| row(it, used.of(&user.name, &it.label), now)));
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..rows[0].len()).map(width).collect();
    for row in &rows {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
        output::say(&cells.collect::<Vec<_>>().join("  ").trim_end());
    }
    Ok(())
}

fn row(credential: &Credential, used: Option<SystemTime>, now: SystemTime) -> [String; 6] {
    let state = match credential.expires {
        _ if credential.counts_at(now) => "counts",
        Some(expires) if expires <= now => "expired",
        _ => "not yet",
    };
    [
        credential.label.clone(),
        times::written(Some(credential.created), "unknown"),
        times::written(credential.not_before, "-"),
        times::written(credential.expires, "never"),
        times::written(used, "-"),
        state.to_owned(),
    ]
}

impl Span {
    /// A credential of this span for a user.
    pub(super) fn credential(&self, user: &UserRecord, forms: Vec<StoredForm>) -> Credential {
        let label = self.label.clone().unwrap_or_else(|| Credential::next_label(&user.credentials));
        let mut credential = Credential::with_forms(label, forms);
        (credential.not_before, credential.expires) = (self.not_before, self.expires);
        credential
    }
}
