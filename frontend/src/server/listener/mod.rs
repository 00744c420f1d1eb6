//! Listeners: where a server is reached, and what each lets through.

mod address;
mod endpoint;
#[cfg(unix)]
mod inherited;
mod offer;
mod socket;
mod tcp;

pub use address::ListenAddress;
pub use endpoint::Endpoint;
#[cfg(unix)]
pub use endpoint::{InheritedSocket, UnixEndpoint};
pub use offer::{LeftOut, Listening, Way};
pub(super) use socket::{Accepted, ListenSocket};
#[cfg(not(target_os = "linux"))]
pub(super) use tcp::tune;

use super::ServerError;
#[cfg(unix)]
use super::limits::BACKLOG;
#[cfg(unix)]
use crate::socket_file::{self, Access};
use crate::{Entrance, Tls};
use std::{io, net::SocketAddr};

/// Where a server listens, and what it lets through there.
///
/// ```
/// use keyway::Mechanism;
/// use keyway_frontend::{Listener, UnixEndpoint};
/// use std::net::SocketAddr;
///
/// let mut inside = UnixEndpoint::at("/run/keyway/socket");
/// inside.mode = 0o660;
/// let mut outside = Listener::from(SocketAddr::from(([0, 0, 0, 0], 11211)));
/// outside.entrance.mechanisms = vec![Mechanism::ScramSha256];
/// let mut config = keyway_frontend::ServerConfig::new(Default::default());
/// config.listen = vec![inside.into(), outside];
/// assert_eq!(config.listen[1].offer()?.to_string(), "0.0.0.0:11211 (network, not encrypted): SCRAM-SHA-256; login required");
/// # Ok::<(), keyway_frontend::ServerError>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Listener {
    /// Where.
    pub endpoint: Endpoint,
    /// What it lets through.
    pub entrance: Entrance,
    /// TLS from the first byte; `None`: what goes over it is in the clear.
    pub tls: Option<Tls>,
}

impl Listener {
    /// A listener there that lets this through.
    ///
    /// ```
    /// use keyway::Mechanism;
    /// use keyway_frontend::{Entrance, Listener, UnixEndpoint};
    ///
    /// let mut entrance = Entrance::default();
    /// entrance.mechanisms = vec![Mechanism::External]; // whose process it is says who comes
    /// let listener = Listener::new(UnixEndpoint::at("/run/keyway/socket"), entrance);
    /// assert_eq!(listener.offer()?.to_string(), "unix:/run/keyway/socket (unix socket): EXTERNAL; login required");
    /// # Ok::<(), keyway_frontend::ServerError>(())
    /// ```
    #[must_use]
    pub fn new(endpoint: impl Into<Endpoint>, entrance: Entrance) -> Self {
        Self { endpoint: endpoint.into(), entrance, tls: None }
    }

    /// The same by TLS.
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
    /// use keyway::Mechanism;
    /// use keyway_frontend::{Listener, Way};
    ///
    /// let tls = Tls::load(TlsSettings::new(&certificate, &key))?;
    /// let offer = Listener::from(([0, 0, 0, 0], 11212)).by_tls(tls).offer()?;
    /// assert_eq!(offer.way, Way::Tls { asks_clients: false });
    /// assert!(offer.mechanisms.contains(&Mechanism::Plain)); // nobody on the way can read it
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn by_tls(self, tls: Tls) -> Self {
        Self { tls: Some(tls), ..self }
    }

    /// What a server would offer here, and what it would leave out of what the entrance says. Listens nowhere, so a port that is 0
    /// stays 0.
    ///
    /// ```
    /// use keyway::Mechanism;
    /// use keyway_frontend::Listener;
    /// use std::net::SocketAddr;
    ///
    /// let outside = Listener::from(SocketAddr::from(([192, 0, 2, 1], 11211)));
    /// let offer = outside.offer()?;
    /// assert!(offer.mechanisms.contains(&Mechanism::ScramSha256) && !offer.mechanisms.contains(&Mechanism::Plain));
    /// # Ok::<(), keyway_frontend::ServerError>(())
    /// ```
    ///
    /// # Errors
    /// Nothing would be left of it, or a socket that was handed over is none that can be listened on.
    pub fn offer(&self) -> Result<Listening, ServerError> {
        settle(&self.endpoint, &mut self.entrance.clone(), self.tls.as_ref())
    }
}

/// With the usual entrance.
impl<E: Into<Endpoint>> From<E> for Listener {
    fn from(endpoint: E) -> Self {
        Self::new(endpoint, Entrance::default())
    }
}

/// A listener that listens.
#[derive(Debug)]
pub(super) struct Open {
    pub(super) socket: ListenSocket,
    pub(super) listening: Listening,
    pub(super) entrance: Entrance,
    pub(super) tls: Option<Tls>,
}

/// Listens everywhere, or nowhere.
pub(super) fn open(listeners: Vec<Listener>) -> Result<Vec<Open>, ServerError> {
    listeners.into_iter().map(open_one).collect()
}

fn open_one(Listener { endpoint, mut entrance, tls }: Listener) -> Result<Open, ServerError> {
    // Before anybody can connect, and before an address is taken that would have to be given up.
    let mut listening = settle(&endpoint, &mut entrance, tls.as_ref())?;
    let opened = match endpoint {
        Endpoint::Tcp(address) => open_tcp(address),
        #[cfg(unix)]
        Endpoint::Unix(endpoint) => open_unix(&endpoint).map(|socket| (socket, listening.address.clone())),
        #[cfg(unix)]
        Endpoint::Inherited(socket) => {
            inherited::listen(&socket).map(|socket| (socket, listening.address.clone()))
        }
    };
    match opened {
        Ok((socket, address)) => {
            listening.address = address;
            Ok(Open { socket, listening, entrance, tls })
        }
        Err(source) => Err(ServerError::Listen { address: listening.address, source }),
    }
}

/// Takes out of the entrance what is not to go that way.
fn settle(endpoint: &Endpoint, entrance: &mut Entrance, tls: Option<&Tls>) -> Result<Listening, ServerError> {
    let (name, way) = endpoint.named()?;
    let way = tls.map_or(way, |tls| Way::Tls { asks_clients: tls.asks_clients() });
    let listening = Listening::settle(name, way, entrance);
    if listening.has_nothing_left() {
        return Err(ServerError::NothingOffered { listening: Box::new(listening) });
    }
    Ok(listening)
}

#[cfg(unix)]
fn open_unix(UnixEndpoint { path, mode, owner, group }: &UnixEndpoint) -> io::Result<ListenSocket> {
    let access = Access { mode: *mode, owner: *owner, group: *group };
    let (file, socket) = socket_file::listen(path, access, BACKLOG)?;
    let socket = std::os::unix::net::UnixListener::from(socket);
    socket.set_nonblocking(true)?;
    Ok(ListenSocket::Unix(Some(file), mio::net::UnixListener::from_std(socket)))
}

fn open_tcp(address: SocketAddr) -> io::Result<(ListenSocket, ListenAddress)> {
    let listener = tcp::bind(address)?;
    let chosen = listener.local_addr()?;
    Ok((ListenSocket::Tcp(listener), ListenAddress::Tcp(chosen)))
}
