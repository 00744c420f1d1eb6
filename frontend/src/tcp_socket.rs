//! Sockets of TCP that are listened on, for clients and for HTTP.

use socket2::{Domain, Protocol, Socket, Type};
use std::{io, net::SocketAddr};

/// One that does not wait, and is not bound to the address yet.
pub(crate) fn open(address: SocketAddr) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    if address.is_ipv6() {
        // So that `[::]` and `0.0.0.0` can be listened on side by side, and a peer's address is what it looks like.
        socket.set_only_v6(true)?;
    }
    // A restart may take the port over at once. Elsewhere than on Unix the option would let two servers share it.
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    Ok(socket)
}

/// Listens at the address; so many may wait to be accepted.
pub(crate) fn listen(socket: &Socket, address: SocketAddr, backlog: i32) -> io::Result<()> {
    socket.bind(&address.into())?;
    socket.listen(backlog)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;
    use std::net::{Ipv4Addr, Ipv6Addr};

    fn listening(address: SocketAddr) -> io::Result<Socket> {
        let socket = open(address)?;
        listen(&socket, address, 64)?;
        Ok(socket)
    }

    #[test]
    fn all_addresses_of_both_families_can_have_one_port() {
        let ipv4 = listening((Ipv4Addr::UNSPECIFIED, 0).into()).unwrap();
        let port = ipv4.local_addr().unwrap().as_socket().unwrap().port();
        match listening((Ipv6Addr::UNSPECIFIED, port).into()) {
            Ok(ipv6) => assert_eq!(ipv6.local_addr().unwrap().as_socket().unwrap().port(), port),
            // A machine without IPv6 is no machine for this test.
            Err(error) => assert_ne!(error.kind(), io::ErrorKind::AddrInUse, "{error}"),
        }
    }
}
