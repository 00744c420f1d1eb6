//! A client for what leads to a login: the way that libmemcached goes, told step by step.
//!
//! [`Client`] speaks to a server and waits for each answer, for so long and no longer. [`Login`] is the same without a
//! socket, for whoever has a loop of its own: challenges in, messages out.
//!
//! ```no_run
//! use keyway::Mechanism;
//! use keyway_frontend::client::{Client, Credentials};
//! use std::time::Duration;
//!
//! let address: std::net::SocketAddr = "127.0.0.1:11211".parse()?;
//! let mut client = Client::connect(address, Duration::from_secs(5))?;
//! client.log_in(Mechanism::ScramSha256, &Credentials::new("ada", "s3cret"))?;
//! assert_eq!(client.get(b"greeting")?, None);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod address;
mod connection;
mod cram_md5;
mod credentials;
mod error;
mod frame;
mod login;
mod mechanisms;
mod scram;
mod scram_hash;
mod tls;

pub use address::ServerAddress;
pub use connection::Client;
pub use credentials::Credentials;
pub use error::{ClientError, Doing, LoginFault};
pub use login::Login;
pub use mechanisms::strongest;
pub use tls::TlsAddress;
