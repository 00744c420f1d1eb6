//! Users whom a database or a directory knows.
//!
//! ```text
//! settings (a TOML file)          sqlite    a query, bound parameters
//!        \                      /
//!         open  -->  dyn UserSource -- postgres  the same, perhaps over TLS
//!                               \
//!                                 ldap      a search, then a bind with the password
//! ```
//!
//! Each keeps connections in a pool that knows whether the other side answers: while it does not, nobody waits for it
//! but who looks again after a pause that grows. Each look is over within a set time. Nothing here runs on an event loop.

#[cfg(not(all(feature = "sqlite", feature = "postgres", feature = "ldap")))]
mod absent;
#[cfg(any(feature = "sqlite", feature = "postgres", feature = "ldap"))]
mod allotment;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod columns;
#[cfg(feature = "ldap")]
mod ldap;
#[cfg(any(feature = "sqlite", feature = "postgres", feature = "ldap"))]
mod pool;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(any(feature = "postgres", feature = "ldap"))]
mod reactor;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod row;
#[cfg(any(feature = "postgres", feature = "ldap"))]
mod secret;
mod settings;
#[cfg(feature = "sqlite")]
mod sqlite;
#[cfg(any(feature = "postgres", feature = "ldap"))]
mod tls;

#[cfg(not(feature = "ldap"))]
use absent as ldap;
#[cfg(not(feature = "postgres"))]
use absent as postgres;
#[cfg(not(feature = "sqlite"))]
use absent as sqlite;

pub use settings::{SourceSettings, SourceSettingsError};
