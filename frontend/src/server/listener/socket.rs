//! A socket that listens, of whichever kind.

use crate::server::stream::Stream;
#[cfg(unix)]
use crate::socket_file::SocketFile;
use keyway::audit::Peer;
#[cfg(unix)]
use mio::net::{UnixListener, UnixStream};
use mio::{Interest, Registry, Token, event::Source, net::TcpListener};
use std::io;

/// A socket that listens.
#[derive(Debug)]
pub(in crate::server) enum ListenSocket {
    Tcp(TcpListener),
    /// The file goes before the socket: nobody is to find one at which nobody listens. `None`: it is somebody else's.
    #[cfg(unix)]
    Unix(#[expect(dead_code, reason = "its end is what counts")] Option<SocketFile>, UnixListener),
}

/// A connection, and who is at its other end.
#[derive(Debug)]
pub(in crate::server) struct Accepted {
    pub(in crate::server) stream: Stream,
    pub(in crate::server) peer: Peer,
}

impl ListenSocket {
    pub(in crate::server) fn accept(&self) -> io::Result<Accepted> {
        match self {
            Self::Tcp(listener) => {
                let (stream, peer) = listener.accept()?;
                Ok(Accepted { stream: Stream::Tcp(stream), peer: peer.into() })
            }
            #[cfg(unix)]
            Self::Unix(_, listener) => {
                let (stream, _) = listener.accept()?;
                let peer = peer(&stream)?;
                Ok(Accepted { stream: Stream::Unix(stream), peer })
            }
        }
    }

    pub(in crate::server) fn register(&mut self, registry: &Registry, token: Token) -> io::Result<()> {
        match self {
            Self::Tcp(listener) => listener.register(registry, token, Interest::READABLE),
            #[cfg(unix)]
            Self::Unix(_, listener) => listener.register(registry, token, Interest::READABLE),
        }
    }
}

/// As whom the peer ran when it connected (unix(7), SO_PEERCRED): what it hands the connection on to, or becomes, later does not
/// count.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn peer(stream: &UnixStream) -> io::Result<Peer> {
    let credentials = rustix::net::sockopt::socket_peercred(stream)?;
    let pid = u32::try_from(credentials.pid.as_raw_nonzero().get()).unwrap_or_default();
    Ok(Peer::Process { uid: credentials.uid.as_raw(), pid })
}

/// Elsewhere it is not asked for, and all count as one.
#[cfg(all(unix, not(any(target_os = "linux", target_os = "android"))))]
#[expect(clippy::unnecessary_wraps, reason = "it can fail on Linux")]
fn peer(_stream: &UnixStream) -> io::Result<Peer> {
    Ok(Peer::Process { uid: u32::MAX, pid: 0 })
}
