//! A client for what leads to a login: the way that libmemcached goes, told step by step.
//!
//! You need it to look whether a server lets somebody in and what it says, as `keyway doctor` and `keyway health` do, and to log in by a
//! mechanism that the client you use does not have. For everyday reads and writes take one of memcached's own clients.
//!
//! [`Client`] speaks to a server and waits for each answer, for so long and no longer. [`Login`] is the same without a
//! socket, for whoever has a loop of its own: challenges in, messages out.
//!
//! ```
//! # use keyway::{Cache, Config, Role, Users};
//! # use keyway_frontend::{Policy, Server, ServerConfig};
//! # let users = Users::new();
//! # users.add("ada", "s3cret", Role::ReadWrite)?;
//! # let mut config = ServerConfig::new(Policy::default());
//! # config.listen = vec![([127, 0, 0, 1], 0).into()];
//! # let server = Server::start(Cache::new(Config::new(1 << 20), users)?, config)?;
//! # let address = server.addresses()[0];
//! use keyway::Mechanism;
//! use keyway_frontend::client::{Client, Credentials};
//! use std::time::Duration;
//!
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
