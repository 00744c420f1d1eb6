//! TLS from the first byte (RFC 8446, RFC 5246), by rustls: certificates that can be exchanged while connections go on, and a
//! [`Transport`](crate::Transport) that a [`Connection`](crate::Connection) takes as it takes a socket.
//!
//! ```text
//!   files --load--> Tls --accept(socket)--> TlsStream --read, write--> Connection
//!             reload ^                          | opened: Channel (tls-exporter, who the certificate says it is)
//! ```
//!
//! What is absent on purpose: STARTTLS, early data (its requests could be sent again by somebody else), versions below 1.2, and
//! renegotiation.

mod error;
mod handle;
mod identity;
mod material;
mod settings;
mod stream;

pub use error::TlsError;
pub use handle::{Reload, Tls};
pub use settings::{ClientCertificates, TlsSettings, TlsVersion};
pub use stream::TlsStream;
