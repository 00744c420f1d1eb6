//! Sockets of TCP.

use crate::{server::limits::BACKLOG, tcp_socket};
use mio::net::TcpListener;
use socket2::SockRef;
use std::{io, net::SocketAddr};

pub(super) fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = tcp_socket::open(address)?;
    // What is accepted has it from here, on Linux: two calls less for each connection.
    #[cfg(target_os = "linux")]
    tune(&SockRef::from(&socket))?;
    tcp_socket::listen(&socket, address, BACKLOG)?;
    Ok(TcpListener::from_std(socket.into()))
}

/// Small answers go out at once, and a peer whose machine is gone is noticed some day.
pub(in crate::server) fn tune(socket: &SockRef<'_>) -> io::Result<()> {
    socket.set_tcp_nodelay(true)?;
    socket.set_keepalive(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn port_zero_becomes_a_real_port_and_a_taken_one_is_an_error() {
        let free = SocketAddr::from(([127, 0, 0, 1], 0));
        let first = bind(free).unwrap().local_addr().unwrap();
        assert_ne!(first.port(), 0);
        let held = bind(free).unwrap();
        let taken = bind(held.local_addr().unwrap()).unwrap_err();
        assert_eq!(taken.kind(), io::ErrorKind::AddrInUse);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn what_is_accepted_is_tuned() {
        let listener = bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
        let _client = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (accepted, _) = loop {
            match listener.accept() {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => std::thread::yield_now(),
                accepted => break accepted.unwrap(),
            }
        };
        assert!(accepted.nodelay().unwrap());
        assert!(SockRef::from(&accepted).keepalive().unwrap());
    }
}
