//! The sockets that clients connect to.

use super::{ServerError, limits::BACKLOG};
use mio::net::TcpListener;
use socket2::{Domain, Protocol, SockRef, Socket, Type};
use std::{io, net::SocketAddr};

/// Listens on every address, or on none of them.
pub(super) fn listen(addresses: &[SocketAddr]) -> Result<Vec<(TcpListener, SocketAddr)>, ServerError> {
    let each = |&address: &SocketAddr| {
        let bound = bind(address).and_then(|listener| {
            let chosen = listener.local_addr()?;
            Ok((listener, chosen))
        });
        bound.map_err(|source| ServerError::Listen { address, source })
    };
    addresses.iter().map(each).collect()
}

fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    if address.is_ipv6() {
        // So that `[::]` and `0.0.0.0` can be listened on side by side, and a peer's address is what it looks like.
        socket.set_only_v6(true)?;
    }
    // A restart may take the port over at once. Elsewhere than on Unix the option would let two servers share it.
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    // What is accepted has it from here, on Linux: two calls less for each connection.
    #[cfg(target_os = "linux")]
    tune(&SockRef::from(&socket))?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(TcpListener::from_std(socket.into()))
}

/// Small answers go out at once, and a peer whose machine is gone is noticed some day.
pub(super) fn tune(socket: &SockRef<'_>) -> io::Result<()> {
    socket.set_tcp_nodelay(true)?;
    socket.set_keepalive(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::error::Error;

    #[test]
    fn port_zero_becomes_a_real_port_and_a_taken_one_is_an_error_that_names_it() {
        let free = SocketAddr::from(([127, 0, 0, 1], 0));
        let held = listen(&[free, free]).unwrap();
        assert_ne!(held[0].1.port(), 0);
        assert_ne!(held[0].1, held[1].1);
        let error = listen(&[free, held[0].1]).unwrap_err();
        assert!(error.to_string().contains(&held[0].1.to_string()), "{error}");
        assert!(error.source().is_some());
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn what_is_accepted_is_tuned() {
        let listening = listen(&[SocketAddr::from(([127, 0, 0, 1], 0))]).unwrap();
        let (listener, address) = &listening[0];
        let _client = std::net::TcpStream::connect(address).unwrap();
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
