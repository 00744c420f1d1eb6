//! Who is calling: users, what is stored of their passwords, and the exchanges that prove a name.
//!
//! From the outside in: [`Users`] is the directory, `exchange` carries a client's messages through a
//! [`Mechanism`], `claim` is a name with a password to verify, and all of them end in `identity`, which is the
//! only place that turns a proof into a grant; `memory` spares a password that was verified before the derivation.

mod account;
mod channel;
mod claim;
mod consider;
mod cram_md5;
mod credential;
mod defined_roles;
mod directory;
mod exchange;
mod external;
mod external_name;
mod external_names;
mod failure;
mod grant;
mod identity;
mod keyed_hash;
mod known_by;
mod likeness;
mod mechanism;
mod memory;
mod mock;
mod name;
mod news;
mod password;
mod password_hash;
mod plain;
mod provenance;
mod randomness;
mod role;
mod roles;
mod rounds;
mod rules;
mod sampled;
mod scram;
mod scram_hash;
mod sessions;
mod source;
mod stored_form;
mod tokens;
mod upgrade;
mod user;
mod user_error;
mod user_record;
mod users;
mod verb;
mod verifier;

pub use channel::{Channel, ExternalIdentity};
pub(crate) use claim::Claim;
pub use cram_md5::CramMd5Secret;
pub use credential::Credential;
pub(crate) use exchange::{Exchange, Judged, LookUp, Proof, Step};
pub use external_name::ExternalName;
pub use failure::{LoginError, LoginFailure};
pub(crate) use grant::Grant;
pub use mechanism::Mechanism;
pub use password_hash::PasswordHash;
pub use role::{Role, UnknownRole};
pub use roles::Roles;
pub use rounds::Rounds;
pub use rules::{Effect, Rule, Rules};
pub use scram_hash::ScramHash;
pub(crate) use sessions::Seat;
pub use sessions::{LiveSession, OpenedBy, SessionId, TrafficSeen};
pub use source::{Judgement, SourceError, SourceTerms, SourcedPassword, SourcedUser, UserSource};
pub use stored_form::StoredForm;
pub use tokens::{BadTokenId, MintedToken, TokenError, TokenId, TokenScope, TokenStatus};
pub use upgrade::Upgrade;
pub use user_error::UserError;
pub use user_record::UserRecord;
pub use users::{CredentialStatus, Ended, Users};
pub use verb::{UnknownVerb, Verb, Verbs};
pub use verifier::Verifier;
