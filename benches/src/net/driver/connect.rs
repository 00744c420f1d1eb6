//! Where a connection leads, and from where.

use nix::sys::socket::{setsockopt, sockopt::IpBindAddressNoPort};
use rustix::io::Errno;
use socket2::{Domain, Socket, Type};
use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
};

/// To a server, perhaps from one of the addresses of this machine.
#[derive(Clone, Copy, Debug)]
pub(in crate::net) struct Route {
    from: Option<Ipv4Addr>,
    to: SocketAddr,
}

impl Route {
    pub(in crate::net) fn to(to: SocketAddr) -> Self {
        Self { from: None, to }
    }

    pub(in crate::net) fn from(from: Ipv4Addr, to: SocketAddr) -> Self {
        Self { from: Some(from), to }
    }

    /// Begins to connect; an event tells when it is done.
    ///
    /// # Errors
    /// The system's.
    pub(super) fn connect(self) -> io::Result<mio::net::TcpStream> {
        let Some(from) = self.from else { return mio::net::TcpStream::connect(self.to) };
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
        socket.set_nonblocking(true)?;
        // Else the port would be chosen before the peer is known, and one that waits for another peer's last words not be taken.
        setsockopt(&socket, IpBindAddressNoPort, &true)?;
        socket.bind(&SocketAddr::from((from, 0)).into())?;
        match socket.connect(&self.to.into()) {
            Err(error) if error.raw_os_error() != Some(Errno::INPROGRESS.raw_os_error()) => Err(error),
            _ => Ok(mio::net::TcpStream::from_std(socket.into())),
        }
    }
}
