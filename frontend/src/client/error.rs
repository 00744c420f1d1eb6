//! What can go wrong between a client and a server.

use keyway::Mechanism;
use std::{error::Error, fmt, io, time::Duration};

/// Why a server was not talked to, or not on.
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
/// use keyway_frontend::client::{Client, ClientError, Credentials};
///
/// let mut client = Client::connect(server.addresses()[0], second)?;
/// let refused = client.log_in(Mechanism::Plain, &Credentials::new("ada", "a guess"));
/// assert!(matches!(refused, Err(ClientError::Refused { status: 0x20, .. })));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum ClientError {
    /// The system or the network.
    Io {
        /// In the middle of what.
        doing: Doing,
        /// What it said.
        source: io::Error,
    },
    /// The other end did not do it in time.
    TimedOut {
        /// In the middle of what.
        doing: Doing,
        /// How long it had.
        patience: Duration,
    },
    /// The other end closed the connection.
    Closed(Doing),
    /// It answered, and not as asked.
    Refused {
        /// In the middle of what.
        doing: Doing,
        /// The status in the answer's header.
        status: u16,
        /// The text that came with it.
        text: String,
    },
    /// What came is no answer of the memcached binary protocol to what was asked.
    NotThisProtocol(Doing),
    /// The server said something in the login that it must not say.
    Login(LoginFault),
}

/// What a client was doing.
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
/// use keyway_frontend::client::{Client, ClientError, Doing};
///
/// let mut client = Client::connect(server.addresses()[0], second)?;
/// // Nobody has logged in.
/// assert!(matches!(client.get(b"key"), Err(ClientError::Refused { doing: Doing::Getting, .. })));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Doing {
    /// Opening the connection.
    Connecting,
    /// Asking which mechanisms there are (0x20).
    ListingMechanisms,
    /// Logging in (0x21, 0x22).
    LoggingIn,
    /// Asking for the version (0x0b).
    AskingVersion,
    /// Getting an item (0x00).
    Getting,
}

/// Why a client gives a login up, whatever the server says of the password.
///
/// ```
/// use keyway::Mechanism;
/// use keyway_frontend::client::{Credentials, Login, LoginFault};
///
/// let ada = Credentials::new("ada", "pencil");
/// let begun = Login::begin(Mechanism::ScramSha256Plus, &ada);
/// assert_eq!(begun.err(), Some(LoginFault::NoChannel));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LoginFault {
    /// This client does not speak that mechanism.
    Unsupported(Mechanism),
    /// The mechanism binds to the channel, and there is none of TLS 1.3 here. Nothing was sent.
    NoChannel,
    /// The name or the password cannot be prepared by SASLprep (RFC 4013), so no server knows it.
    Unpreparable,
    /// The challenge does not follow the mechanism.
    BadChallenge,
    /// The server's nonce does not begin with the client's: the answer is to somebody else (RFC 5802, section 5.1).
    ForeignNonce,
    /// Fewer iterations than RFC 7677 allows: the proof would be cheap to guess the password from.
    TooFewRounds(u32),
    /// More iterations than clients built on libsasl2 accept; such a server could keep a client computing for ever.
    TooManyRounds(u32),
    /// The server says that the login failed, in SCRAM's own words (`e=`), as far as they are printable.
    ServerError(String),
    /// The server's proof is wrong: it does not know the password, and whatever it says may be another's words.
    WrongSignature,
    /// The server let the client in without showing that it knows the password.
    Unsigned,
    /// The server wants more to be said than the mechanism has.
    Endless,
    /// The operating system gave no random bytes for a nonce.
    NoRandomness,
}

impl fmt::Display for Doing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Connecting => "connecting",
            Self::ListingMechanisms => "listing the mechanisms",
            Self::LoggingIn => "logging in",
            Self::AskingVersion => "asking for the version",
            Self::Getting => "getting an item",
        })
    }
}

impl fmt::Display for ClientError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io { doing, source } => write!(f, "{doing}: {source}"),
            Self::TimedOut { doing, patience } => write!(f, "{doing}: nothing came for {patience:?}"),
            Self::Closed(doing) => write!(f, "{doing}: the server closed the connection"),
            Self::Refused { doing, status, text } => {
                write!(f, "{doing}: the server answered {status:#04x}, {:?}", text.trim_end())
            }
            Self::NotThisProtocol(doing) => {
                write!(f, "{doing}: what came back is not the memcached binary protocol")
            }
            Self::Login(fault) => write!(f, "logging in: {fault}"),
        }
    }
}

impl fmt::Display for LoginFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unsupported(mechanism) => write!(f, "this client does not speak {mechanism}"),
            Self::NoChannel => f.write_str("there is no TLS 1.3 here that the login could be bound to"),
            Self::Unpreparable => {
                f.write_str("the name or the password has characters that no login may have")
            }
            Self::BadChallenge => f.write_str("the server's challenge does not follow the mechanism"),
            Self::ForeignNonce => f.write_str("the server answers to another nonce than the client's"),
            Self::TooFewRounds(rounds) => {
                write!(f, "the server asks for {rounds} iterations, which is too few")
            }
            Self::TooManyRounds(rounds) => {
                write!(f, "the server asks for {rounds} iterations, more than clients accept")
            }
            Self::ServerError(text) => write!(f, "the server says {text:?}"),
            Self::WrongSignature => f.write_str("the server's proof that it knows the password is wrong"),
            Self::Unsigned => f.write_str("the server did not prove that it knows the password"),
            Self::Endless => f.write_str("the server wants more to be said than the mechanism has"),
            Self::NoRandomness => f.write_str("the operating system gave no random bytes"),
        }
    }
}

impl Error for ClientError {}
impl Error for LoginFault {}

impl From<LoginFault> for ClientError {
    fn from(fault: LoginFault) -> Self {
        Self::Login(fault)
    }
}
