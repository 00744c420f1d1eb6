//! The network door of a Keyway cache: the memcached binary protocol with SASL.

#[cfg(unix)]
pub mod admin;
mod audit;
pub mod client;
mod connection;
mod dialogue;
mod door;
mod health;
mod histogram;
pub mod http;
pub mod import;
pub mod metrics;
mod outbox;
mod process;
mod sasl;
mod serve;
mod server;
mod sources;
mod stats;
pub mod status;
mod tally;
mod timestamp;
mod tls;
mod users_file;
mod wire;

pub use audit::{AuditDestination, AuditError, AuditSettings, AuditWriter};
pub use connection::{Connection, Desk, Transport, TransportNote, Turn};
pub use dialogue::{Advance, Dialogue, Filling, Next, PutOff};
pub use door::{Door, Entrance, MAX_LOGIN_FAILURES, PlainOver, Policy, ServerFinal};
pub use health::{Health, STUCK_AFTER};
pub use keyway::audit::{BadFailureId, FailureId};
pub use outbox::Outbox;
pub use server::{
    Endpoint, LeftOut, ListenAddress, Listener, Listening, Server, ServerConfig, ServerError, ServerView, Way,
};
#[cfg(unix)]
pub use server::{InheritedSocket, UnixEndpoint};
pub use sources::{SourceSettings, SourceSettingsError};
pub use tls::{ClientCertificates, Reload, Tls, TlsError, TlsSettings, TlsStream, TlsVersion};
pub use users_file::{
    ApplyError, LastUsed, NamespaceRecord, NoSample, RoleRecord, Sample, UsersFile, UsersFileError,
};

/// What the fuzz targets `frame` and `users_file` reach past the public face.
#[cfg(fuzzing)]
pub mod fuzzing {
    /// Takes bytes apart in several ways, which must agree.
    pub fn check_frames(bytes: &[u8]) {
        crate::wire::claims::check(bytes);
    }

    /// Reads a text as a users file, and what comes of it again.
    pub fn check_users_file(text: &str) {
        crate::users_file::claims::check(text);
    }
}
