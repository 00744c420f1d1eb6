//! An embeddable cache engine with one door.
//!
//! Values live in a lock-striped LRU inside a hard byte budget. Every read and write goes through an authenticated
//! [`Session`]. The frontend crate, `keyway-frontend`, opens the very same cache to memcached clients that log in with SASL.
//!
//! # A tour
//!
//! In the order in which one meets things. Each piece is whole, and runs.
//!
//! ## Store and read
//!
//! A [`Cache`] owns the items, within the budget of its [`Config`], and cannot be read: a [`Session`] has the verbs. Those are `get`, `set`,
//! `add`, `replace`, `cas`, `append`, `prepend`, `incr`, `decr`, `touch`, `get_and_touch`, `delete` and `flush`. Values go in as a [`Draft`]
//! (a large one perhaps as a [`Blank`] that is filled in where it stays) and come out as an [`Item`]. What cannot be done is a [`Refusal`].
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
//! ## Log in
//!
//! [`Users`] says who there is: names, roles, and what is stored of passwords ([`Verifier`]s, never passwords). They are added by code, come
//! from a file of the frontend's, or are looked up in a [`UserSource`]. A session is had by proving who one is: [`Cache::login`] by
//! password, [`Cache::exchange`] by the messages of a SASL [`Mechanism`]; or by [`Cache::session_for`], for trusted code, which names a user
//! and proves nothing. A login that fails is a [`LoginError`].
//!
//! ```
//! use keyway::{Cache, Config, LoginFailure, Role, Users};
//!
//! let cache = Cache::new(Config::new(1 << 20), Users::new())?;
//! cache.users().add("ada", "correct horse", Role::ReadWrite)?;
//! assert_eq!(cache.login("ada", "correct horse")?.user(), "ada");
//!
//! let refused = cache.login("ada", "a guess").unwrap_err();
//! assert_eq!(refused.to_string(), "login refused"); // what a stranger may be told
//! assert_eq!(refused.failure(), LoginFailure::WrongPassword); // and what the operator is
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! ## Say who may do what
//!
//! A [`Role`] is one of three that are always there. Others are sets of [`Rules`], down to the prefix of a key; [`Limits`] say how much.
//! Whatever is changed counts from the next verb on, also of sessions that are open.
//!
//! ```
//! use keyway::{Cache, Config, Refusal, Rule, Rules, Users, Verb};
//!
//! let cache = Cache::new(Config::new(1 << 20), Users::new())?;
//! cache.users().define_role("reporter", Rules::from([Rule::allow(Verb::Read).under("reports/")]))?;
//! cache.users().add_trusted("rita", ["reporter"])?;
//! let rita = cache.session_for("rita")?;
//! assert!(rita.get("reports/today")?.is_none());
//! assert_eq!(rita.get("orders/1").err(), Some(Refusal::Forbidden));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! ## Keep tenants apart
//!
//! A [`Namespace`] is a key space of its own, with a part of the budget that nobody else can take, or a ceiling. Who works in one cannot
//! name a key of another. [`Cache::namespaces`] makes and lists them.
//!
//! ```
//! use keyway::{Cache, Config, Namespace, Role, Users};
//!
//! let cache = Cache::new(Config::new(1 << 20), Users::new())?;
//! let mut shop = Namespace::new("shop");
//! shop.reserve = 256 << 10;
//! cache.namespaces().add(shop)?;
//! for name in ["clerk", "app"] {
//!     cache.users().add_trusted(name, Role::ReadWrite)?;
//! }
//! cache.users().set_namespace("clerk", Some("shop"))?;
//! cache.session_for("clerk")?.set("till", "open")?;
//! assert!(cache.session_for("app")?.get("till")?.is_none()); // another till
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! ## Hand on less than one has
//!
//! A token logs in as its user for a while, and with what its [`TokenScope`] leaves of the user's rights; [`Session::narrow`] does the same
//! for a part of the program. Neither ever has more than its maker has.
//!
//! ```
//! use keyway::{Cache, Config, Role, TokenScope, Users, Verb};
//! use std::time::Duration;
//!
//! let cache = Cache::new(Config::new(1 << 20), Users::new())?;
//! cache.users().add_trusted("fleet", Role::ReadWrite)?;
//! let scope = TokenScope::of(Verb::Read).under("routes/").lasting(Duration::from_secs(3600));
//! let token = cache.users().mint("fleet", scope)?;
//! let van = cache.login("fleet", token.reveal())?;
//! assert!(van.get("routes/7")?.is_none() && van.set("routes/7", "closed").is_err());
//!
//! cache.users().revoke_token(token.id())?;
//! assert!(van.get("routes/7").is_err());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Whatever was handed out can be taken back by what it was: a user, a password, a token, a role, a single session, or all that is older
//! than a time. Somebody who logged in as an admin does all that by [`Session::admin`].
//!
//! ## See what happens
//!
//! The [`audit`] has who logged in, what was refused and what was changed, each with a number; [`watch`] shows which keys are missed, evicted
//! and used most, while one looks.
//!
//! ```
//! use keyway::{Cache, Config, Users, audit::{Kind, Sequence}};
//!
//! let cache = Cache::new(Config::new(1 << 20), Users::new())?;
//! assert!(cache.login("eve", "a guess").is_err());
//! let recent = cache.audit().recent(Sequence::START);
//! assert_eq!(recent.entries[0].event.kind(), Kind::LoginFailed);
//! assert!(cache.audit().recent(recent.last).entries.is_empty()); // go on from there
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! ## Open it to others
//!
//! The crate `keyway-frontend` serves the very same cache, users and rights to clients of memcached.
//!
//! ```
//! use keyway::{Cache, Config, Mechanism, Role, Users};
//! use keyway_frontend::{Policy, Server, ServerConfig, client::{Client, Credentials}};
//!
//! let cache = Cache::new(Config::new(1 << 20), Users::new())?;
//! cache.users().add("worker", "correct horse", Role::ReadOnly)?;
//! let mut config = ServerConfig::new(Policy::default());
//! config.listen = vec![([127, 0, 0, 1], 0).into()]; // a free port
//! let server = Server::start(cache.clone(), config)?;
//!
//! let mut client = Client::connect(server.addresses()[0], std::time::Duration::from_secs(5))?;
//! client.log_in(Mechanism::ScramSha256, &Credentials::new("worker", "correct horse"))?;
//! assert_eq!(client.get(b"greeting")?, None);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! ## Without users
//!
//! The same engine is to be had for any keys and values, without users and sessions: [`engine::Cache`].
//!
//! ```
//! let squares = keyway::engine::Cache::with_entries(1_000)?;
//! assert_eq!(*squares.get_or_insert_with(&7, || 49), 49);
//! assert!(squares.contains(&7));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
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
//! - `prefetch` (on by default): memory is asked for before it is read, written or dropped, by three instructions that are `unsafe`.
//! - `large-pages` (on by default): the index of a large cache lies in pieces of 2 MiB that [`Cache::maintain`] has the system put on
//!   large pages, and [`Cache::maintain_large_pages`] does so with the rest; two calls of the system that are `unsafe`.
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
mod large_pages;
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
    BadTokenId, Channel, ComesFrom, CramMd5Secret, Credential, CredentialStatus, Effect, ExternalIdentity,
    ExternalName, Judgement, LiveSession, LoginError, LoginFailure, Mechanism, MintedToken, OpenedBy,
    PasswordHash, Role, Roles, Rounds, Rule, Rules, ScramHash, SessionId, SourceError, SourceTerms,
    SourcedPassword, SourcedUser, StoredForm, TokenError, TokenId, TokenScope, TokenStatus, TrafficSeen,
    UnknownRole, UnknownVerb, Upgrade, UserError, UserRecord, UserSource, UserStatus, Users, Verb, Verbs,
    Verifier,
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
pub use large_pages::LargePages;
pub use login::{Attempt, Exchange, Step, Verified};
pub use metering::{LimitRefusals, Limits};
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
