//! `keyway import`: users from the files of other servers.

use super::{UsersFileOption, failure::Failure, output, search::Search, user::load_or_empty};
use clap::{Args, ValueEnum};
use keyway::{Credential, Role, StoredForm, UserError, UserRecord};
use keyway_frontend::{
    UsersFile, UsersFileError,
    import::{Format, Plan, Realms, Secret, User},
};
use std::{
    fs::File,
    io::Read,
    path::{Path, PathBuf},
};
use zeroize::Zeroizing;

/// A file that is larger has no users in it.
const MAX_BYTES: u64 = 64 << 20;

/// What to import, and how.
#[derive(Args, Debug)]
pub(crate) struct ImportOptions {
    /// What the file is
    #[arg(value_enum)]
    format: Kind,
    /// The file
    file: PathBuf,
    /// What becomes of realms: strip, keep, or only=NAME for the users of that one
    #[arg(long, default_value_t = Realms::Strip)]
    realm: Realms,
    /// What the users may do: read-only, read-write or admin
    #[arg(long, default_value_t = Role::ReadWrite)]
    role: Role,
    /// What becomes of users that are there already
    #[arg(long, value_enum, default_value_t = Existing::Keep)]
    existing: Existing,
    /// Say what would happen, and change nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    users: UsersFileOption,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Kind {
    /// The user database of Cyrus SASL: a Berkeley DB hash file, or what `db_dump` prints of it
    Sasldb,
    /// The file of MEMCACHED_SASL_PWDB: name:password[:anything]
    Pwdb,
    /// The file of `memcached -Y`: name:password
    Authfile,
    /// SCRAM verifiers of PostgreSQL: name|verifier, as `psql -At` prints them
    Postgres,
    /// Apache's file of htpasswd: name:hash, of bcrypt (htpasswd -B) and SHA-1 (htpasswd -s)
    Htpasswd,
    /// Redis' file of ACL SAVE: user NAME on #hash; what the users may do is what --role says
    RedisAcl,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Existing {
    /// They keep their password and role
    Keep,
    /// They get the password of the file; their role stays
    Replace,
}

/// What is to be done with one user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Act {
    Add,
    Replace,
    Keep,
}

/// Does it.
pub(crate) fn run(options: &ImportOptions) -> Result<(), Failure> {
    let path = Search::new(options.users.users.as_deref()).existing_or_new()?;
    let plan = plan(options.format.into(), &options.file, &options.realm)?;
    let present = load_or_empty(&path)?;
    let would = if options.dry_run { "would " } else { "" };
    let mut made = Vec::new();
    for user in &plan.users {
        let act = act(user, &present, options.existing);
        output::say(&format_args!("{would}{} {:?}", act.word(), user.name));
        if !options.dry_run && act != Act::Keep {
            made.push((act, record(user, options.role)?));
        }
    }
    if !options.dry_run {
        UsersFile::edit(&path, |users| {
            made.into_iter().try_for_each(|(act, user)| carry_out(act, user, users))
        })?;
    }
    if plan.ambiguous.is_empty() { Ok(()) } else { Err(Failure::refused("not all users could be imported")) }
}

/// What the users of a file come to. What does not come along is said.
pub(crate) fn plan(format: Format, file: &Path, realms: &Realms) -> Result<Plan, Failure> {
    let found = format
        .read(&read(file)?)
        .map_err(|error| Failure::refused(format_args!("{}: {error}", file.display())))?;
    let plan = Plan::of(found, realms);
    for line in &plan.passed_over {
        output::complain(&format_args!("passed over: {line}"));
    }
    for name in &plan.ambiguous {
        output::complain(&format_args!(
            "not imported: {name:?} comes with different passwords; choose one realm with --realm only=NAME, or --realm keep"
        ));
    }
    Ok(plan)
}

fn act(user: &User, present: &UsersFile, existing: Existing) -> Act {
    match existing {
        _ if !present.contains(&user.name) => Act::Add,
        Existing::Keep => Act::Keep,
        Existing::Replace => Act::Replace,
    }
}

fn carry_out(act: Act, user: UserRecord, users: &mut UsersFile) -> Result<(), UsersFileError> {
    match act {
        Act::Add => users.add_record(user),
        Act::Replace => users.change(&user.name, |present| {
            present.credentials = renumbered(user.credentials, &present.credentials);
            Ok(())
        }),
        Act::Keep => Ok(()),
    }
}

/// With labels that none of those has which they are to replace.
fn renumbered(new: Vec<Credential>, old: &[Credential]) -> Vec<Credential> {
    let mut all = old.to_vec();
    for mut credential in new {
        credential.label = Credential::next_label(&all);
        all.push(credential);
    }
    all.split_off(old.len())
}

/// What becomes of a user of a plan. To be asked for before a users file is locked: each password takes some milliseconds.
pub(crate) fn record(user: &User, role: Role) -> Result<UserRecord, Failure> {
    let mut record = UserRecord::with_credentials(&user.name, role, Vec::new());
    let secrets = match &user.secret {
        Secret::AnyOf(several) => several.as_slice(),
        one => std::slice::from_ref(one),
    };
    for secret in secrets {
        let forms = forms(secret, &record)
            .map_err(|error| Failure::refused(format_args!("user {:?}: {error}", user.name)))?;
        let label = Credential::next_label(&record.credentials);
        record.credentials.push(Credential::with_forms(label, forms));
    }
    Ok(record)
}

fn forms(secret: &Secret, user: &UserRecord) -> Result<Vec<StoredForm>, UserError> {
    match secret {
        Secret::Form(form) => Ok(vec![form.clone()]),
        Secret::Password(password) => user.derive(password),
        Secret::AnyOf(_) => Ok(Vec::new()),
    }
}

fn read(path: &Path) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let cannot = |error| Failure::refused(format_args!("cannot read {}: {error}", path.display()));
    let file = File::open(path).map_err(cannot)?;
    let len = file.metadata().map_err(cannot)?.len().min(MAX_BYTES);
    // Room from the start: growing would leave copies of passwords in freed memory.
    let mut bytes = Zeroizing::new(Vec::with_capacity(usize::try_from(len).unwrap_or(0) + 1));
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(cannot)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(Failure::refused(format_args!("{} is larger than {MAX_BYTES} bytes", path.display())));
    }
    Ok(bytes)
}

impl Act {
    fn word(self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::Replace => "change the password of",
            Self::Keep => "keep",
        }
    }
}

impl From<Kind> for Format {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Sasldb => Self::Sasldb,
            Kind::Pwdb => Self::Pwdb,
            Kind::Authfile => Self::Authfile,
            Kind::Postgres => Self::Postgres,
            Kind::Htpasswd => Self::Htpasswd,
            Kind::RedisAcl => Self::RedisAcl,
        }
    }
}
