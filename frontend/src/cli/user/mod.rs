//! `keyway user`: who may log in.

mod check;
mod credential;
mod external;
mod generate;
mod password;
mod rotate;
mod stored_for;
mod terminal;
mod times;

pub(crate) use generate::generate;
pub(crate) use password::{Password, PasswordFromStdin, in_file as password_in};
pub(crate) use times::duration;

use super::{UsersFileOption, failure::Failure, output, search::Search};
use clap::{Args, Subcommand};
use credential::CredentialAction;
use keyway::{ExternalName, PasswordHash, Role, Roles, Rounds, UserRecord, Verifier};
use keyway_frontend::UsersFile;
use password::NewPassword;
use std::{path::Path, time::Duration};
use times::Span;

/// What to do with the users file.
#[derive(Args, Debug)]
pub(crate) struct UserOptions {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Add a user; makes a password by chance and prints it once, unless told where to take it from
    Add {
        /// The name that clients log in with; upper and lower case are different
        name: String,
        /// What the user may do: read-only, read-write, admin, or a role that `keyway role set` made; once for each
        #[arg(long, default_values_t = [Role::ReadWrite.name().to_owned()])]
        role: Vec<String>,
        /// The namespace that the user works in, one that the file has [default: the main one]
        #[arg(long)]
        namespace: Option<String>,
        /// What proves without a password that a client is this user, such as uid:1000, subject:CN=worker-7,O=Shop or
        /// san:worker-7.shop.example; once for each
        #[arg(long, value_name = "NAME")]
        external: Vec<ExternalName>,
        /// Give it no password: it comes in by an external name alone
        #[arg(long, requires = "external", conflicts_with_all = ["for", "plain_only", "password_stdin", "ask", "generate", "expires", "not_before", "label"])]
        no_password: bool,
        #[command(flatten)]
        span: Span,
        /// Store an argon2id hash, which is the dearest to guess at, and serves PLAIN alone: no SCRAM
        #[arg(long, conflicts_with = "for")]
        plain_only: bool,
        #[command(flatten)]
        password: NewPassword,
        #[command(flatten)]
        file: UsersFileOption,
    },
    /// Give a user these roles in place of those that it has: that counts at the user's very next command on a running server
    Role {
        /// The name that clients log in with; upper and lower case are different
        name: String,
        /// read-only, read-write, admin, or what `keyway role set` made
        #[arg(required = true)]
        roles: Vec<String>,
        #[command(flatten)]
        file: UsersFileOption,
    },
    /// Add to or take from what proves without a password that a client is this user; sessions that were opened by what is taken
    /// away end on a running server
    External {
        /// The name of the user; upper and lower case are different
        name: String,
        /// What to do with those that follow
        #[arg(value_enum)]
        action: external::ExternalAction,
        /// Such as uid:1000, subject:CN=worker-7,O=Shop, san:worker-7.shop.example
        #[arg(required = true)]
        external: Vec<ExternalName>,
        #[command(flatten)]
        file: UsersFileOption,
    },
    /// Print names and roles, namespaces that are not the main one, and external names
    List {
        #[command(flatten)]
        file: UsersFileOption,
    },
    /// Give a user a new password, while the old one goes on for a time: no client is shut out
    Rotate {
        /// The name that clients log in with; upper and lower case are different
        name: String,
        /// How long the old passwords and their sessions go on, such as 24h
        #[arg(long, value_parser = times::duration)]
        grace: Duration,
        #[command(flatten)]
        span: Span,
        #[command(flatten)]
        password: NewPassword,
        #[command(flatten)]
        file: UsersFileOption,
    },
    /// Print a user's passwords: labels and times
    Credentials {
        /// The name that clients log in with; upper and lower case are different
        name: String,
        #[command(flatten)]
        file: UsersFileOption,
    },
    /// Add, remove or end one of a user's passwords
    #[command(subcommand)]
    Credential(CredentialAction),
    /// Change a user's password at once, in place of all that the user has; ends the user's sessions on a running server
    Passwd {
        /// The name that clients log in with; upper and lower case are different
        name: String,
        #[command(flatten)]
        password: NewPassword,
        #[command(flatten)]
        file: UsersFileOption,
    },
    /// Remove a user; ends the user's sessions on a running server
    Remove {
        /// The name that clients log in with; upper and lower case are different
        name: String,
        #[command(flatten)]
        file: UsersFileOption,
    },
    /// End a user's sessions on a running server, and take back the user's tokens; the password stays
    #[cfg(unix)]
    Revoke {
        /// The exact name
        name: String,
        #[command(flatten)]
        socket: super::admin::AdminSocketOption,
    },
    /// Say whether a name and a password would log in, and if not, why
    Check {
        /// The name that clients log in with; upper and lower case are different
        name: String,
        #[command(flatten)]
        password: PasswordFromStdin,
        #[command(flatten)]
        file: UsersFileOption,
    },
}

/// Which mechanisms are to be served by what is stored.
#[derive(Clone, Copy, Debug)]
enum Store {
    ForAll,
    ForPlainAlone,
}

/// Does it.
pub(crate) fn run(options: &UserOptions) -> Result<(), Failure> {
    match &options.action {
        Action::Add { name, role, namespace, external, no_password, span, plain_only, password, file } => {
            let store = if *plain_only { Store::ForPlainAlone } else { Store::ForAll };
            let roles: Roles = role.iter().map(String::as_str).collect();
            let mut user = UserRecord::with_credentials(name, roles, Vec::new());
            user.namespace.clone_from(namespace);
            external.iter().cloned().for_each(|name| user.add_external(name));
            if *no_password {
                return external::add_without_password(user, file);
            }
            add(user, span, store, password, file)
        }
        Action::Role { name, roles, file } => give_roles(name, roles, file),
        Action::External { name, action, external, file } => external::change(name, *action, external, file),
        Action::List { file } => list(file),
        Action::Rotate { name, grace, span, password, file } => {
            rotate::rotate(name, *grace, span, password, file)
        }
        Action::Credentials { name, file } => credential::list(name, file),
        Action::Credential(action) => credential::run(action),
        Action::Passwd { name, password, file } => passwd(name, password, file),
        Action::Remove { name, file } => remove(name, file),
        #[cfg(unix)]
        Action::Revoke { name, socket } => super::admin::revoke_user(name, socket),
        Action::Check { name, password, file } => {
            check::check(name, password, &Search::new(file.users.as_deref()).existing()?)
        }
    }
}

fn add(
    mut user: UserRecord,
    span: &Span,
    store: Store,
    password: &NewPassword,
    file: &UsersFileOption,
) -> Result<(), Failure> {
    let path = Search::new(file.users.as_deref()).existing_or_new()?;
    // Asked before the password is, so that nobody types one twice in vain, and again when the file is
    // locked.
    load_or_empty(&path)?.admits(&user)?;
    let made = password.obtain_or_generate()?;
    let forms = match store {
        Store::ForAll => password.stored_for.derive(&user, &made)?,
        Store::ForPlainAlone => {
            vec![PasswordHash::derive(made.as_str()).map_err(Failure::refused)?.into()]
        }
    };
    let credential = span.credential(&user, forms);
    user.credentials.push(credential);
    let added = format!("added {:?} ({}) to {}", user.name, user.roles, path.display());
    UsersFile::edit(&path, |users| users.add_record(user))?;
    output::complain(&added);
    show(&made)
}

fn give_roles(name: &str, roles: &[String], file: &UsersFileOption) -> Result<(), Failure> {
    let path = Search::new(file.users.as_deref()).existing()?;
    let roles: Roles = roles.iter().map(String::as_str).collect();
    UsersFile::edit(&path, |users| {
        users.change(name, |user| {
            user.roles.clone_from(&roles);
            Ok(())
        })
    })?;
    output::complain(&format_args!("{name:?} has {roles} in {}", path.display()));
    Ok(())
}

fn list(file: &UsersFileOption) -> Result<(), Failure> {
    let users = UsersFile::load(&Search::new(file.users.as_deref()).existing()?)?;
    let width = users.users().map(|user| user.name.chars().count()).max().unwrap_or(0);
    for UserRecord { name, roles, namespace, external, .. } in users.users() {
        let external: String = external.iter().map(|name| format!("  {name}")).collect();
        let namespace = namespace.as_ref().map(|name| format!("  in {name}")).unwrap_or_default();
        output::say(&format_args!("{name:width$}  {roles}{namespace}{external}"));
    }
    Ok(())
}

fn passwd(name: &str, password: &NewPassword, file: &UsersFileOption) -> Result<(), Failure> {
    let path = Search::new(file.users.as_deref()).existing()?;
    let loaded = UsersFile::load(&path)?;
    if !loaded.contains(name) {
        return Err(unknown(name, &path));
    }
    let made = password.obtain_or_ask()?;
    let forms = password.stored_for.derive_afresh(loaded.user(name)?, &made)?;
    UsersFile::edit(&path, |users| {
        users.change(name, |user| {
            user.replace_credentials(forms);
            Ok(())
        })
    })?;
    output::complain(&format_args!("changed the password of {name:?} in {}", path.display()));
    show(&made)
}

fn remove(name: &str, file: &UsersFileOption) -> Result<(), Failure> {
    let path = Search::new(file.users.as_deref()).existing()?;
    UsersFile::edit(&path, |users| users.remove(name))?;
    output::complain(&format_args!("removed {name:?} from {}", path.display()));
    Ok(())
}

pub(crate) fn load_or_empty(path: &Path) -> Result<UsersFile, Failure> {
    match UsersFile::load(path) {
        Err(error) if error.is_missing() => Ok(UsersFile::empty()?),
        loaded => Ok(loaded?),
    }
}

/// What is kept of a password that stands by itself.
pub(crate) fn derive_afresh(password: &Password) -> Result<Verifier, Failure> {
    Verifier::derive(password.as_str(), Rounds::default()).map_err(Failure::refused)
}

fn generate_password() -> Result<Password, Failure> {
    generate().map(Password::Generated)
}

/// A password that was made here is shown once, on a line of its own, so that a script can take it.
fn show(password: &Password) -> Result<(), Failure> {
    let Password::Generated(password) = password else {
        return Ok(());
    };
    output::hand_over(&password.as_str()).map_err(|error| {
        Failure::refused(format_args!(
            "the new password could not be shown: {error}; make another one with `keyway user passwd`"
        ))
    })
}

fn unknown(name: &str, path: &Path) -> Failure {
    Failure::refused(format_args!(
        "users file {}: there is no user {name:?}; `keyway user list` shows who there is",
        path.display()
    ))
}
