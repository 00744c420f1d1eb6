//! The sockets that are listened on.

use mio::net::TcpListener;
use socket2::{Domain, Protocol, Socket, Type};
use std::{io, net::SocketAddr};

/// How many may wait to be accepted: as many as there may be connections.
const BACKLOG: i32 = 64;

pub(super) fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    if address.is_ipv6() {
        // So that `[::]` and `0.0.0.0` can be listened on side by side.
        socket.set_only_v6(true)?;
    }
    // A restart may take the port over at once. Elsewhere than on Unix the option would let two servers share it.
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(TcpListener::from_std(socket.into()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;
    use std::net::{Ipv4Addr, Ipv6Addr};

    #[test]
    fn all_addresses_of_both_families_can_have_one_port() {
        let ipv4 = bind((Ipv4Addr::UNSPECIFIED, 0).into()).unwrap();
        let port = ipv4.local_addr().unwrap().port();
        match bind((Ipv6Addr::UNSPECIFIED, port).into()) {
            Ok(ipv6) => assert_eq!(ipv6.local_addr().unwrap().port(), port),
            // A machine without IPv6 is no machine for this test.
            Err(error) => assert_ne!(error.kind(), io::ErrorKind::AddrInUse, "{error}"),
        }
    }
}
