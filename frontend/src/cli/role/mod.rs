//! `keyway role`: what the roles of the users file allow and deny.

mod rule_text;

use super::{UsersFileOption, failure::Failure, output, search::Search, user::load_or_empty};
use clap::{Args, Subcommand};
use keyway::{Effect, Role, Rules};
use keyway_frontend::{RoleRecord, Sample, UsersFile};
pub(super) use rule_text::RuleText;
use std::path::PathBuf;

/// What to do with the roles of the users file.
#[derive(Args, Debug)]
pub(crate) struct RoleOptions {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Print the roles, those that are always there first
    List {
        #[command(flatten)]
        file: UsersFileOption,
    },
    /// Print what a role allows and denies, and who has it
    Show {
        /// The role
        name: String,
        #[command(flatten)]
        file: UsersFileOption,
    },
    /// Make a role, or put another one in its place: that counts at the very next command of whoever has it on a running server
    Set {
        /// The role
        name: String,
        /// Verbs, with commas, and for which keys: read,write@reports/ is for keys that begin with reports/, read alone for
        /// every key; \xNN is any byte, and \\ a backslash. Verbs: read, write, delete, arithmetic, touch, flush-own, stats,
        /// flush-all, admin
        #[arg(long, value_name = "VERBS[@PREFIX]")]
        allow: Vec<RuleText>,
        /// The same; what is denied here is so whatever is allowed, also by another role
        #[arg(long, value_name = "VERBS[@PREFIX]")]
        deny: Vec<RuleText>,
        /// Tell the audit of this part of its users' reads and writes: sample:0.01 is one in a hundred
        #[arg(long)]
        audit: Option<Sample>,
        #[command(flatten)]
        file: UsersFileOption,
    },
    /// Remove a role that nobody has
    Remove {
        /// The role
        name: String,
        #[command(flatten)]
        file: UsersFileOption,
    },
}

/// Does it.
pub(crate) fn run(options: &RoleOptions) -> Result<(), Failure> {
    match &options.action {
        Action::List { file } => list(file),
        Action::Show { name, file } => show(name, file),
        Action::Set { name, allow, deny, audit, file } => {
            let rules = allow
                .iter()
                .map(|text| text.rule(Effect::Allow))
                .chain(deny.iter().map(|text| text.rule(Effect::Deny)));
            let mut role = RoleRecord::new(name, rules.collect());
            role.audit = *audit;
            set(role, file)
        }
        Action::Remove { name, file } => {
            let path = existing(file)?;
            UsersFile::edit(&path, |users| users.remove_role(name))?;
            output::complain(&format_args!("removed role {name:?} from {}", path.display()));
            Ok(())
        }
    }
}

fn existing(file: &UsersFileOption) -> Result<PathBuf, Failure> {
    Search::new(file.users.as_deref()).existing()
}

fn list(file: &UsersFileOption) -> Result<(), Failure> {
    let users = UsersFile::load(&existing(file)?)?;
    let own = users.roles().map(|role| role.name.as_str());
    let names: Vec<&str> = Role::ALL.map(Role::name).into_iter().chain(own).collect();
    let width = names.iter().map(|name| name.chars().count()).max().unwrap_or(0);
    for name in names {
        let having = users.users().filter(|user| user.roles.contains(name)).count();
        output::say(&format_args!("{name:width$}  users: {having}"));
    }
    Ok(())
}

fn show(name: &str, file: &UsersFileOption) -> Result<(), Failure> {
    let users = UsersFile::load(&existing(file)?)?;
    let (rules, audit) = match name.parse::<Role>() {
        Ok(role) => (Rules::from(role), None),
        Err(_) => {
            let role = users.role(name)?;
            (role.rules.clone(), role.audit)
        }
    };
    for rule in rules.iter() {
        let effect = match rule.effect() {
            Effect::Allow => "allow",
            Effect::Deny => "deny",
        };
        output::say(&format_args!("{effect} {}", RuleText::of(rule)));
    }
    if let Some(sample) = audit {
        output::say(&format_args!("audit {sample}"));
    }
    for user in users.users().filter(|user| user.roles.contains(name)) {
        output::say(&format_args!("user {}", user.name));
    }
    Ok(())
}

fn set(role: RoleRecord, file: &UsersFileOption) -> Result<(), Failure> {
    let path = Search::new(file.users.as_deref()).existing_or_new()?;
    let name = role.name.clone();
    let act = if load_or_empty(&path)?.roles().any(|role| role.name == name) { "changed" } else { "added" };
    UsersFile::edit(&path, |users| users.set_role(role))?;
    output::complain(&format_args!("{act} role {name:?} in {}", path.display()));
    Ok(())
}
