//! A connection that waits, in the clear or by TLS.

use super::servers::{NAME, Server};
use rustls::{
    ClientConfig, ClientConnection, RootCertStore, StreamOwned,
    client::Resumption,
    crypto::ring,
    pki_types::{CertificateDer, ServerName, pem::PemObject},
    version::TLS13,
};
use socket2::{Domain, Socket, Type};
use std::{
    io::{self, Read, Write},
    net::{Ipv4Addr, SocketAddr, TcpStream},
    sync::Arc,
    time::Duration,
};

/// A server that says nothing for so long has stopped.
const PATIENCE: Duration = Duration::from_secs(30);

/// How bytes go to a server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Way {
    #[default]
    Clear,
    /// By TLS 1.3, each session anew.
    Tls,
    /// By TLS 1.3, sessions taken up again where there was one.
    TlsResumed,
}

/// Makes connections of one kind to one server.
#[derive(Debug)]
pub(super) struct Connector {
    to: SocketAddr,
    tls: Option<Arc<ClientConfig>>,
}

/// A connection.
#[derive(Debug)]
pub(super) enum Line {
    Clear(TcpStream),
    Tls(Box<StreamOwned<ClientConnection, TcpStream>>),
}

impl Way {
    pub(super) fn is_encrypted(self) -> bool {
        self != Self::Clear
    }
}

impl Connector {
    pub(super) fn new(server: &Server, way: Way) -> io::Result<Self> {
        let tls = if way.is_encrypted() { Some(Arc::new(config(server, way)?)) } else { None };
        Ok(Self { to: server.address, tls })
    }

    /// From one of the addresses of this machine. A handshake is done when this returns.
    pub(super) fn connect(&self, from: Ipv4Addr) -> io::Result<Line> {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
        nix::sys::socket::setsockopt(&socket, nix::sys::socket::sockopt::IpBindAddressNoPort, &true)?;
        socket.bind(&SocketAddr::from((from, 0)).into())?;
        socket.connect(&self.to.into())?;
        let socket = TcpStream::from(socket);
        socket.set_nodelay(true)?;
        socket.set_read_timeout(Some(PATIENCE))?;
        let Some(config) = &self.tls else { return Ok(Line::Clear(socket)) };
        let name = ServerName::try_from(NAME).map_err(io::Error::other)?;
        let client = ClientConnection::new(config.clone(), name).map_err(io::Error::other)?;
        let mut line = StreamOwned::new(client, socket);
        while line.conn.is_handshaking() {
            line.conn.complete_io(&mut line.sock)?;
        }
        Ok(Line::Tls(Box::new(line)))
    }
}

fn config(server: &Server, way: Way) -> io::Result<ClientConfig> {
    let mut roots = RootCertStore::empty();
    let authority = CertificateDer::from_pem_file(server.authority()).map_err(io::Error::other)?;
    roots.add(authority).map_err(io::Error::other)?;
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let builder = builder.with_protocol_versions(&[&TLS13]).map_err(io::Error::other)?;
    let mut config = builder.with_root_certificates(roots).with_no_client_auth();
    if way == Way::Tls {
        config.resumption = Resumption::disabled();
    }
    Ok(config)
}

impl Line {
    /// Whether a session was taken up again.
    pub(super) fn is_resumed(&self) -> bool {
        matches!(self, Self::Tls(line) if line.conn.handshake_kind() == Some(rustls::HandshakeKind::Resumed))
    }

    pub(super) fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Clear(socket) => socket.write_all(bytes),
            Self::Tls(line) => line.write_all(bytes).and_then(|()| line.flush()),
        }
    }

    pub(super) fn fill(&mut self, room: &mut [u8]) -> io::Result<()> {
        match self {
            Self::Clear(socket) => socket.read_exact(room),
            Self::Tls(line) => line.read_exact(room),
        }
    }
}
