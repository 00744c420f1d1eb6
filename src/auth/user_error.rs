//! What is wrong with a user that was named or described.

use super::{
    credential::Credential, external_name::ExternalName, name::UserName, password::Password,
    randomness::NoRandomness, roles::Roles, rounds::Rounds,
};
use std::{error::Error, fmt};

/// What is wrong with a user that was named or described. Nothing was changed.
///
/// ```
/// use keyway::{UserError, Verifier};
///
/// assert_eq!("swordfish".parse::<Verifier>().err(), Some(UserError::BadVerifier));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UserError {
    /// There is no such user.
    Unknown,
    /// There is such a user already.
    Exists,
    /// No name: empty, longer than 255 bytes, or with control or otherwise unprintable characters.
    BadName,
    /// No password: empty, longer than 1024 bytes, or with characters that SASLprep (RFC 4013) prohibits.
    BadPassword,
    /// Not the text form of a [`Verifier`](crate::Verifier).
    BadVerifier,
    /// Not the text form of a [`CramMd5Secret`](crate::CramMd5Secret).
    BadCramMd5Secret,
    /// Not the text form of a [`PasswordHash`](crate::PasswordHash), or one that takes more or less work than is taken.
    BadPasswordHash,
    /// A verifier with fewer or more iterations than [`Rounds`] allows.
    BadRounds,
    /// No label of a credential: empty, longer than 64 bytes, or with control characters.
    BadLabel,
    /// The user has no credential with this label.
    UnknownLabel(String),
    /// The user has a credential with this label already.
    LabelTaken(String),
    /// A credential whose parts do not go together.
    BadCredential {
        /// Which.
        label: String,
        /// What is wrong with it, and what to do.
        what: &'static str,
    },
    /// More credentials than one user may have, or so different ones that a login by password would cost too much.
    TooManyCredentials,
    /// It is the only credential of the user, who could not log in without it.
    LastCredential,
    /// A record names a user whom an earlier record named.
    NamedTwice(String),
    /// A record names a user whom code added without a password.
    Trusted(String),
    /// Something about the credentials of the user whom a record names.
    OfUser(String, Box<Self>),
    /// A record has no credential.
    NoCredential(String),
    /// Not the text form of an [`ExternalName`].
    BadExternalName(String),
    /// Another user has this external name.
    ExternalNameTaken(ExternalName),
    /// The user does not have this external name.
    UnknownExternalName(ExternalName),
    /// No name of a role: empty, longer than 64 bytes, or with blanks, commas or control characters.
    BadRoleName(String),
    /// No role of this name is defined.
    UnknownRole(String),
    /// The role is built in, and stays what it is.
    BuiltInRole(String),
    /// Two roles have this name.
    RoleNamedTwice(String),
    /// A list names a role that code defined.
    RoleOfCode(String),
    /// The user works in a namespace that there is none of.
    UnknownNamespace(String),
    /// The operating system gave no random bytes for a salt.
    NoRandomness,
}

impl UserError {
    /// Its name in the audit.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Unknown => "UnknownUser",
            Self::Exists => "UserExists",
            Self::BadName => "BadName",
            Self::BadPassword => "BadPassword",
            Self::BadVerifier => "BadVerifier",
            Self::BadCramMd5Secret => "BadCramMd5Secret",
            Self::BadPasswordHash => "BadPasswordHash",
            Self::BadRounds => "BadRounds",
            Self::BadLabel => "BadLabel",
            Self::UnknownLabel(_) => "UnknownLabel",
            Self::LabelTaken(_) => "LabelTaken",
            Self::BadCredential { .. } => "BadCredential",
            Self::TooManyCredentials => "TooManyCredentials",
            Self::LastCredential => "LastCredential",
            Self::NamedTwice(_) => "NamedTwice",
            Self::Trusted(_) => "Trusted",
            Self::OfUser(_, error) => error.name(),
            Self::NoCredential(_) => "NoCredential",
            Self::BadExternalName(_) => "BadExternalName",
            Self::ExternalNameTaken(_) => "ExternalNameTaken",
            Self::UnknownExternalName(_) => "UnknownExternalName",
            Self::BadRoleName(_) => "BadRoleName",
            Self::UnknownRole(_) => "UnknownRole",
            Self::BuiltInRole(_) => "BuiltInRole",
            Self::RoleNamedTwice(_) => "RoleNamedTwice",
            Self::RoleOfCode(_) => "RoleOfCode",
            Self::UnknownNamespace(_) => "UnknownNamespace",
            Self::NoRandomness => "NoRandomness",
        }
    }
}

impl fmt::Display for UserError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown => f.write_str("there is no such user; list the users to see who is known"),
            Self::Exists => f.write_str("there is such a user already; set its password or remove it first"),
            Self::BadName => {
                write!(f, "a user name has 1 to {} bytes of text without control characters", UserName::MAX)
            }
            Self::BadPassword => {
                write!(f, "a password has 1 to {} bytes of text without control characters", Password::MAX)
            }
            Self::BadVerifier => f.write_str(
                "a verifier reads SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>, in standard base64; \
                 derive one from the password",
            ),
            Self::BadCramMd5Secret => f.write_str(
                "a secret for CRAM-MD5 reads CRAM-MD5$<inner and outer state>, 32 bytes in standard base64; derive one from \
                 the password",
            ),
            Self::BadPasswordHash => f.write_str(
                "a password hash reads $argon2id$v=19$.. (7 to 64 MiB, 1 to 10 passes, 1 to 4 lanes), $2y$.. (cost 4 to 14), \
                 #<SHA-256> or {SHA}<SHA-1>; other kinds are not read here, so set the password anew",
            ),
            Self::BadRounds => write!(
                f,
                "a verifier has {} to {} iterations, or clients refuse it; derive it again from the password",
                Rounds::MIN,
                Rounds::MAX
            ),
            Self::NamedTwice(name) => write!(f, "user {name:?} is named twice; remove one of the two"),
            Self::Trusted(name) => {
                write!(f, "user {name:?} was added by code without a password; choose another name")
            }
            Self::BadLabel => {
                f.write_str("a label of a credential has 1 to 64 bytes of text without control characters")
            }
            Self::UnknownLabel(label) => {
                write!(f, "there is no credential {label:?}; list the user's credentials to see which there are")
            }
            Self::LabelTaken(label) => {
                write!(f, "there is a credential {label:?} already; choose another label or remove that one")
            }
            Self::BadCredential { label, what } => write!(f, "credential {label:?}: {what}"),
            Self::TooManyCredentials => write!(
                f,
                "a user has at most {} credentials, and at most {} that do not share salt and rounds; remove those that \
                 nobody uses",
                Credential::MOST,
                Credential::MOST_DERIVATIONS
            ),
            Self::LastCredential => {
                f.write_str("it is the user's only credential; add another one first, or remove the user")
            }
            Self::OfUser(name, error) => write!(f, "user {name:?}: {error}"),
            Self::NoCredential(name) => write!(
                f,
                "user {name:?} has no credential and no external name; derive a credential from a password, or name what proves \
                 who it is"
            ),
            Self::BadExternalName(text) => write!(
                f,
                "{text:?} is no external name; it reads uid:<number>, subject:<distinguished name> or san:<name>, such as uid:1000, \
                 subject:CN=worker-7,O=Shop, san:worker-7.shop.example"
            ),
            Self::ExternalNameTaken(name) => {
                write!(f, "another user has the external name {name} already; take it from that one first")
            }
            Self::UnknownExternalName(name) => {
                write!(f, "the user does not have the external name {name}; list the users to see who has which")
            }
            Self::BadRoleName(name) => write!(
                f,
                "{name:?} is no name of a role: it has 1 to {} bytes of text without blanks, commas and control characters",
                Roles::MAX_NAME
            ),
            Self::UnknownRole(name) => {
                write!(f, "there is no role {name:?}; define it, or take read-only, read-write or admin")
            }
            Self::BuiltInRole(name) => {
                write!(f, "the role {name:?} is built in and stays what it is; choose another name")
            }
            Self::RoleOfCode(name) => write!(f, "role {name:?} was defined by code; choose another name"),
            Self::RoleNamedTwice(name) => write!(f, "role {name:?} is defined twice; remove one of the two"),
            Self::UnknownNamespace(name) => {
                write!(f, "there is no namespace {name:?}, in which the user works; add it, or give the user another one")
            }
            Self::NoRandomness => f.write_str("the operating system gave no random bytes; try again"),
        }
    }
}

impl Error for UserError {}

impl From<NoRandomness> for UserError {
    fn from(_: NoRandomness) -> Self {
        Self::NoRandomness
    }
}
