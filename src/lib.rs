//! An embeddable cache engine with one door.
//!
//! Values live in a lock-striped LRU inside a hard byte budget. Every read and write goes through an authenticated
//! [`Session`]. The frontend crate, `keyway-frontend`, opens the very same cache to memcached clients that log in with SASL.
//!
//! # A tour
//!
//! 1. [`Users`] says who there is: names, [`Role`]s, and what is stored of passwords ([`Verifier`]s, never passwords).
//! 2. [`Cache`] owns the items, within the budget of its [`Config`]. It has no data verbs.
//! 3. A [`Session`] is had by proving who one is: [`Cache::login`] by password, [`Cache::exchange`] by the messages of a
//!    SASL [`Mechanism`], or [`Cache::session_for`] for trusted code, which names a user and proves nothing.
//! 4. The session has the verbs: `get`, `set`, `add`, `replace`, `cas`, `append`, `prepend`, `incr`, `decr`, `touch`,
//!    `get_and_touch`, `delete`, `flush`. Values go in as a [`Draft`] (a large one perhaps as a
//!    [`Blank`] that is filled in where it stays) and come out as an [`Item`].
//! 5. What cannot be done is a [`Refusal`]; a login that fails is a [`LoginError`].
//!
//! ```
//! use keyway::{Cache, Config, Draft, Refusal, Role, Users};
//! use std::time::Duration;
//!
//! let users = Users::new();
//! users.add_trusted("service", Role::ReadWrite)?;
//! let cache = Cache::new(Config::new(64 << 20), users)?;
//!
//! let session = cache.session_for("service")?;
//! session.set("greeting", Draft::new("hello").expires(Duration::from_secs(60)))?;
//! assert_eq!(session.get("greeting")?.as_deref(), Some(&b"hello"[..]));
//!
//! cache.users().revoke("service")?;
//! assert_eq!(session.get("greeting").err(), Some(Refusal::Revoked));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The same engine is to be had for any keys and values, without users and sessions: [`engine::Cache`].
//!
//! # What holds
//!
//! - Charged bytes never exceed the budget, and what is charged is what the allocator was asked for, overhead included.
//!   Items that a reader still holds after their eviction are not in it.
//! - Each verb is one step: no other write of the same key comes between its look and its change.
//! - Role and login are checked for each verb, under the lock and before the key is looked up. When a revocation has
//!   returned, no write of the revoked sessions can land.
//! - Expired items are never returned; their memory comes back by [`Cache::maintain`] and by a share of each write.
//! - What goes first is decided by an adaptive 2Q with a sampled LRU as referee: what is used survives scans and loops. It is
//!   not an exact LRU.
//!
//! # What it costs
//!
//! A hit takes one stripe's shared lock, goes to one line of its index, and touches the item's own memory: nothing moves and
//! nothing is allocated. An item is one allocation with [`Item::OVERHEAD`] bytes beyond key and value; index, order and what is
//! remembered of evicted items add some 28 more. [`Session::get_many`] lets the misses of many keys overlap. The library starts
//! no thread.
//!
//! # Features
//!
//! - `prefetch` (on by default): memory is asked for before it is read, by one instruction that is `unsafe`.
//! - `serde`: `Serialize` for statistics and causes; `Serialize` and `Deserialize` for settings ([`Config`],
//!   [`engine::Settings`]) and for entries that were saved ([`engine::Saved`]).

mod admin;
pub mod audit;
mod auth;
mod blank;
mod cache;
mod clock;
mod config;
mod core;
mod draft;
pub mod engine;
mod expiry;
mod governor;

mod item;
mod key;
mod login;
mod metering;
mod namespaces;
mod opening;
mod refusal;
mod session;
mod stats;
mod store;
mod sync;
mod version;
pub mod watch;

pub use admin::{Admin, AdminError};
pub use auth::{
    BadTokenId, Channel, CramMd5Secret, Credential, CredentialStatus, Effect, Ended, ExternalIdentity,
    ExternalName, Judgement, LiveSession, LoginError, LoginFailure, Mechanism, MintedToken, OpenedBy,
    PasswordHash, Role, Roles, Rounds, Rule, Rules, ScramHash, SessionId, SourceError, SourceTerms,
    SourcedPassword, SourcedUser, StoredForm, TokenError, TokenId, TokenScope, TokenStatus, TrafficSeen,
    UnknownRole, UnknownVerb, Upgrade, UserError, UserRecord, UserSource, Users, Verb, Verbs, Verifier,
};
pub use blank::Blank;
pub use cache::Cache;
pub use clock::Clock;
pub use config::{Config, ConfigError};
pub use draft::{Delta, Draft};
pub use expiry::Expiry;
pub use governor::Governor;
pub use item::Item;
pub use key::MAX_KEY;
pub use login::{Attempt, Exchange, Step, Verified};
pub use metering::Limits;
pub use namespaces::{Namespace, NamespaceError, NamespaceStats, Namespaces};
pub use refusal::{Limit, LimitScope, Refusal};
pub use session::{Counter, Session};
pub use stats::Stats;
pub use version::Version;

/// The README's examples, run as tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

/// The guide's examples, likewise.
#[cfg(doctest)]
#[doc = include_str!("../docs/audit.md")]
struct AuditGuide;

#[cfg(doctest)]
#[doc = include_str!("../docs/embedding.md")]
struct EmbeddingGuide;

#[cfg(doctest)]
#[doc = include_str!("../docs/listeners.md")]
struct ListenersGuide;

#[cfg(doctest)]
#[doc = include_str!("../docs/sharing.md")]
struct SharingGuide;

#[cfg(doctest)]
#[doc = include_str!("../docs/tuning.md")]
struct TuningGuide;
