//! One connection to a server, on which each question waits for its answer.

use super::{
    Credentials, Login, ServerAddress,
    address::Stream,
    error::{ClientError, Doing},
    frame::{
        AUTH, AnswerHeader, CONTINUE, GET, HEADER_LEN, LIST_MECHANISMS, NOT_FOUND, STEP, SUCCESS, VERSION,
        request,
    },
};
use keyway::Mechanism;
use std::{
    io::{self, ErrorKind},
    time::{Duration, Instant},
};

/// What is read at once, and so how far memory runs ahead of what has come.
const PIECE: usize = 16 << 10;

/// A connection that waits for each answer. After an error other than a refusal it is not to be used again.
///
/// ```
/// # use keyway::{Cache, Config, Mechanism, Role, Users};
/// # use keyway_frontend::{Policy, Server, ServerConfig};
/// # let users = Users::new();
/// # users.add("ada", "pencil", Role::ReadWrite)?;
/// # let mut config = ServerConfig::new(Policy::default());
/// # config.listen = vec![([127, 0, 0, 1], 0).into()];
/// # let server = Server::start(Cache::new(Config::new(1 << 20), users)?, config)?;
/// # let second = std::time::Duration::from_secs(5);
/// use keyway_frontend::client::{Client, Credentials, strongest};
///
/// let mut client = Client::connect(server.addresses()[0], second)?;
/// let offered = client.mechanisms()?;
/// let mechanism = strongest(offered.iter().map(String::as_str)).ok_or("there is one")?;
/// client.log_in(mechanism, &Credentials::new("ada", "pencil"))?;
/// assert_eq!(client.get(b"nothing")?, None);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Client {
    stream: Stream,
    patience: Duration,
}

struct Answer {
    status: u16,
    value: Vec<u8>,
}

impl Client {
    /// Connects. Each answer, and the connection itself, may take `patience`.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Mechanism, Role, Users};
    /// # use keyway_frontend::{Policy, Server, ServerConfig, client::{Client, Credentials}};
    /// # use std::time::Duration;
    /// # let users = Users::new();
    /// # users.add("ada", "pencil", Role::ReadWrite)?;
    /// # users.add_trusted("app", Role::ReadWrite)?;
    /// # let cache = Cache::new(Config::new(1 << 20), users)?;
    /// # let mut config = ServerConfig::new(Policy::default());
    /// # config.listen = vec![([127, 0, 0, 1], 0).into()];
    /// # let server = Server::start(cache.clone(), config)?;
    /// # let (address, patience) = (server.addresses()[0], Duration::from_secs(5));
    /// assert!(Client::connect(address, patience).is_ok());
    /// server.stop();
    /// assert!(Client::connect(address, patience).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`ClientError::Io`] and [`ClientError::TimedOut`].
    pub fn connect(address: impl Into<ServerAddress>, patience: Duration) -> Result<Self, ClientError> {
        // The system refuses to wait for no time at all.
        let patience = patience.max(Duration::from_millis(1));
        match Stream::connect(&address.into(), patience) {
            Ok(stream) => Ok(Self { stream, patience }),
            Err(error) => Err(failed(Doing::Connecting, patience, error)),
        }
    }

    /// Whether a login can be bound to the connection: it is by TLS 1.3.
    ///
    /// ```
    /// # use keyway_frontend::{ClientCertificates, Reload, Tls, TlsError, TlsSettings};
    /// # let place = tempfile::tempdir()?;
    /// # let (certificate, key) = (place.path().join("server.pem"), place.path().join("server.key"));
    /// # let write = || {
    /// #     let made = rcgen::generate_simple_self_signed(["localhost".to_owned()])?;
    /// #     std::fs::write(&certificate, made.cert.pem())?;
    /// #     std::fs::write(&key, made.signing_key.serialize_pem())?;
    /// #     Ok::<(), Box<dyn std::error::Error>>(())
    /// # };
    /// # write()?;
    /// # use keyway::{Cache, Config, Mechanism, Role, Users};
    /// use keyway_frontend::{Listener, Policy, Server, ServerConfig, client::{Client, Credentials, ServerAddress, TlsAddress}};
    ///
    /// # let users = Users::new();
    /// # users.add("ada", "pencil", Role::ReadWrite)?;
    /// let mut config = ServerConfig::new(Policy::default());
    /// config.listen = vec![Listener::from(([127, 0, 0, 1], 0)).by_tls(Tls::load(TlsSettings::new(&certificate, &key))?)];
    /// let server = Server::start(Cache::new(Config::new(1 << 20), users)?, config)?;
    ///
    /// let name = "localhost".to_owned(); // for which the certificate is
    /// let by_tls = ServerAddress::Tls(TlsAddress { address: server.addresses()[0], name, authorities: certificate });
    /// let mut client = Client::connect(by_tls, std::time::Duration::from_secs(5))?;
    /// assert!(client.can_bind());
    /// client.log_in(Mechanism::ScramSha256Plus, &Credentials::new("ada", "pencil"))?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn can_bind(&self) -> bool {
        self.stream.exporter().is_some()
    }

    /// The names of the mechanisms that the server offers.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Mechanism, Role, Users};
    /// # use keyway_frontend::{Policy, Server, ServerConfig, client::{Client, Credentials}};
    /// # use std::time::Duration;
    /// # let users = Users::new();
    /// # users.add("ada", "pencil", Role::ReadWrite)?;
    /// # users.add_trusted("app", Role::ReadWrite)?;
    /// # let cache = Cache::new(Config::new(1 << 20), users)?;
    /// # let mut config = ServerConfig::new(Policy::default());
    /// # config.listen = vec![([127, 0, 0, 1], 0).into()];
    /// # let server = Server::start(cache.clone(), config)?;
    /// # let (address, patience) = (server.addresses()[0], Duration::from_secs(5));
    /// let offered = Client::connect(address, patience)?.mechanisms()?;
    /// assert_eq!(offered, ["SCRAM-SHA-256", "PLAIN"]); // nobody has a verifier for SCRAM-SHA-512
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`ClientError`]; 0x81 or 0x83 where SASL is off.
    pub fn mechanisms(&mut self) -> Result<Vec<String>, ClientError> {
        let doing = Doing::ListingMechanisms;
        let value = self.done(doing, LIST_MECHANISMS, b"")?;
        let text = String::from_utf8(value).map_err(|_| ClientError::NotThisProtocol(doing))?;
        Ok(text.split_ascii_whitespace().map(str::to_owned).collect())
    }

    /// Logs in. How many iterations the server asked for comes back, by SCRAM.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Mechanism, Role, Users};
    /// # use keyway_frontend::{Policy, Server, ServerConfig, client::{Client, Credentials}};
    /// # use std::time::Duration;
    /// # let users = Users::new();
    /// # users.add("ada", "pencil", Role::ReadWrite)?;
    /// # users.add_trusted("app", Role::ReadWrite)?;
    /// # let cache = Cache::new(Config::new(1 << 20), users)?;
    /// # let mut config = ServerConfig::new(Policy::default());
    /// # config.listen = vec![([127, 0, 0, 1], 0).into()];
    /// # let server = Server::start(cache.clone(), config)?;
    /// # let (address, patience) = (server.addresses()[0], Duration::from_secs(5));
    /// let mut client = Client::connect(address, patience)?;
    /// assert!(client.log_in(Mechanism::ScramSha256, &Credentials::new("ada", "crayon")).is_err());
    /// let rounds = client.log_in(Mechanism::ScramSha256, &Credentials::new("ada", "pencil"))?;
    /// assert_eq!(rounds, Some(keyway::Rounds::default().count()));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`ClientError`]; a server that says 0x20 refused the login, and never says why.
    pub fn log_in(
        &mut self,
        mechanism: Mechanism,
        credentials: &Credentials,
    ) -> Result<Option<u32>, ClientError> {
        let doing = Doing::LoggingIn;
        let key = mechanism.name().as_bytes();
        let (mut login, mut message) = Login::begin_over(self.stream.exporter(), mechanism, credentials)?;
        let mut opcode = AUTH;
        loop {
            let answer = self.ask(doing, opcode, key, &message)?;
            match answer.status {
                SUCCESS => {
                    login.success(&answer.value)?;
                    return Ok(login.rounds());
                }
                CONTINUE => message = login.challenge(&answer.value)?,
                _ => return Err(answer.refused(doing)),
            }
            opcode = STEP;
        }
    }

    /// The server's version, as it says it.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Mechanism, Role, Users};
    /// # use keyway_frontend::{Policy, Server, ServerConfig, client::{Client, Credentials}};
    /// # use std::time::Duration;
    /// # let users = Users::new();
    /// # users.add("ada", "pencil", Role::ReadWrite)?;
    /// # users.add_trusted("app", Role::ReadWrite)?;
    /// # let cache = Cache::new(Config::new(1 << 20), users)?;
    /// # let mut config = ServerConfig::new(Policy::default());
    /// # config.listen = vec![([127, 0, 0, 1], 0).into()];
    /// # let server = Server::start(cache.clone(), config)?;
    /// # let (address, patience) = (server.addresses()[0], Duration::from_secs(5));
    /// // Which takes no login.
    /// assert!(Client::connect(address, patience)?.version()?.contains(env!("CARGO_PKG_VERSION")));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`ClientError`].
    pub fn version(&mut self) -> Result<String, ClientError> {
        let value = self.done(Doing::AskingVersion, VERSION, b"")?;
        Ok(String::from_utf8_lossy(&value).into_owned())
    }

    /// An item's value, if there is one.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Mechanism, Role, Users};
    /// # use keyway_frontend::{Policy, Server, ServerConfig, client::{Client, Credentials}};
    /// # use std::time::Duration;
    /// # let users = Users::new();
    /// # users.add("ada", "pencil", Role::ReadWrite)?;
    /// # users.add_trusted("app", Role::ReadWrite)?;
    /// # let cache = Cache::new(Config::new(1 << 20), users)?;
    /// # let mut config = ServerConfig::new(Policy::default());
    /// # config.listen = vec![([127, 0, 0, 1], 0).into()];
    /// # let server = Server::start(cache.clone(), config)?;
    /// # let (address, patience) = (server.addresses()[0], Duration::from_secs(5));
    /// cache.session_for("app")?.set("colour", "red")?;
    /// let mut client = Client::connect(address, patience)?;
    /// client.log_in(Mechanism::Plain, &Credentials::new("ada", "pencil"))?;
    /// assert_eq!(client.get(b"colour")?.as_deref(), Some(&b"red"[..]));
    /// assert_eq!(client.get(b"shape")?, None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`ClientError`].
    pub fn get(&mut self, key: &[u8]) -> Result<Option<Vec<u8>>, ClientError> {
        let answer = self.ask(Doing::Getting, GET, key, b"")?;
        match answer.status {
            SUCCESS => Ok(Some(answer.value)),
            NOT_FOUND => Ok(None),
            _ => Err(answer.refused(Doing::Getting)),
        }
    }

    fn done(&mut self, doing: Doing, opcode: u8, key: &[u8]) -> Result<Vec<u8>, ClientError> {
        let answer = self.ask(doing, opcode, key, b"")?;
        if answer.status == SUCCESS { Ok(answer.value) } else { Err(answer.refused(doing)) }
    }

    fn ask(&mut self, doing: Doing, opcode: u8, key: &[u8], value: &[u8]) -> Result<Answer, ClientError> {
        let until = Instant::now() + self.patience;
        let too_long = || io::Error::new(ErrorKind::InvalidInput, "the key or the message is too long");
        let sent = request(opcode, key, value).ok_or_else(too_long).and_then(|bytes| {
            self.stream.set_write_timeout(self.patience)?;
            self.stream.write_all(&bytes)
        });
        // A server that hung up may have said why before; what it said is worth more than that it hung up.
        let answer = self.answer(doing, opcode, until);
        match (sent, answer) {
            (
                Err(error),
                Err(ClientError::Io { .. } | ClientError::Closed(_) | ClientError::TimedOut { .. }),
            ) => Err(failed(doing, self.patience, error)),
            (_, answer) => answer,
        }
    }

    fn answer(&mut self, doing: Doing, opcode: u8, until: Instant) -> Result<Answer, ClientError> {
        let mut header = [0; HEADER_LEN];
        self.read(doing, &mut header, until)?;
        let header = AnswerHeader::read(&header, opcode).ok_or(ClientError::NotThisProtocol(doing))?;
        let mut body = Vec::new();
        while body.len() < header.body_len {
            let held = body.len();
            body.resize(header.body_len.min(held + PIECE), 0);
            self.read(doing, body.get_mut(held..).unwrap_or_default(), until)?;
        }
        Ok(Answer { status: header.status, value: body.split_off(header.front_len) })
    }

    /// Fills the buffer, whatever pieces it comes in.
    fn read(&mut self, doing: Doing, mut buffer: &mut [u8], until: Instant) -> Result<(), ClientError> {
        while !buffer.is_empty() {
            let left = until.saturating_duration_since(Instant::now());
            let patience = self.patience;
            if left.is_zero() {
                return Err(ClientError::TimedOut { doing, patience });
            }
            let read = self.stream.set_read_timeout(left).and_then(|()| self.stream.read(buffer));
            match read {
                Ok(0) => return Err(ClientError::Closed(doing)),
                Ok(count) => buffer = buffer.get_mut(count..).unwrap_or_default(),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(failed(doing, patience, error)),
            }
        }
        Ok(())
    }
}

impl Answer {
    fn refused(self, doing: Doing) -> ClientError {
        let text = String::from_utf8_lossy(&self.value).chars().take(200).collect();
        ClientError::Refused { doing, status: self.status, text }
    }
}

fn failed(doing: Doing, patience: Duration, source: io::Error) -> ClientError {
    match source.kind() {
        ErrorKind::TimedOut | ErrorKind::WouldBlock => ClientError::TimedOut { doing, patience },
        ErrorKind::ConnectionReset | ErrorKind::BrokenPipe if doing != Doing::Connecting => {
            ClientError::Closed(doing)
        }
        _ => ClientError::Io { doing, source },
    }
}
