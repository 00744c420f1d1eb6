//! Sockets that listened before this server was there.

use super::{InheritedSocket, ListenAddress, ListenSocket, Way, tcp};
use rustix::net::{SocketType, sockopt};
use socket2::{Domain, SockRef};
use std::{
    io,
    net::TcpListener,
    os::{
        fd::{AsFd, BorrowedFd, OwnedFd},
        unix::net::UnixListener,
    },
    path::PathBuf,
};

/// Which address it has, and what lies between it and its clients.
pub(super) fn name(socket: &InheritedSocket) -> io::Result<(ListenAddress, Way)> {
    let fd = socket.0.as_fd();
    check(fd)?;
    if is_unix(fd)? {
        let address = UnixListener::from(fd.try_clone_to_owned()?).local_addr()?;
        let path = address.as_pathname().map_or_else(|| PathBuf::from("@"), Into::into);
        return Ok((ListenAddress::Unix(path), Way::Unix));
    }
    let address = TcpListener::from(fd.try_clone_to_owned()?).local_addr()?;
    Ok((ListenAddress::Tcp(address), Way::to(address)))
}

/// Makes of it what mio can watch. The original stays with whoever it is from.
pub(super) fn listen(socket: &InheritedSocket) -> io::Result<ListenSocket> {
    let own: OwnedFd = socket.0.try_clone()?;
    SockRef::from(&own).set_nonblocking(true)?;
    if is_unix(own.as_fd())? {
        return Ok(ListenSocket::Unix(None, mio::net::UnixListener::from_std(own.into())));
    }
    #[cfg(target_os = "linux")]
    tcp::tune(&SockRef::from(&own))?;
    Ok(ListenSocket::Tcp(mio::net::TcpListener::from_std(own.into())))
}

fn is_unix(socket: BorrowedFd<'_>) -> io::Result<bool> {
    Ok(domain(socket)? == Domain::UNIX)
}

fn domain(socket: BorrowedFd<'_>) -> io::Result<Domain> {
    Ok(SockRef::from(&socket).local_addr()?.domain())
}

fn check(socket: BorrowedFd<'_>) -> io::Result<()> {
    let is_known = [Domain::UNIX, Domain::IPV4, Domain::IPV6].contains(&domain(socket)?);
    if !is_known || sockopt::socket_type(socket)? != SocketType::STREAM {
        return Err(wrong("it is neither TCP nor a unix socket of streams"));
    }
    if !sockopt::socket_acceptconn(socket)? {
        return Err(wrong("it does not listen; with systemd, Accept= has to be no"));
    }
    Ok(())
}

fn wrong(why: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, why)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_it_is_is_found_out_and_what_is_no_listener_is_refused() {
        let tcp = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = tcp.local_addr().unwrap();
        assert_eq!(name(&tcp.into()).unwrap(), (ListenAddress::Tcp(address), Way::Loopback));

        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("socket");
        let unix = UnixListener::bind(&path).unwrap();
        assert_eq!(name(&unix.into()).unwrap(), (ListenAddress::Unix(path.clone()), Way::Unix));

        let datagrams = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        assert!(name(&OwnedFd::from(datagrams).into()).is_err());
        let connected = std::os::unix::net::UnixStream::connect(&path);
        assert!(connected.is_err(), "its listener has gone");
        let (pair, _other) = std::os::unix::net::UnixStream::pair().unwrap();
        assert!(name(&OwnedFd::from(pair).into()).unwrap_err().to_string().contains("does not listen"));
        let file = std::fs::File::open("/dev/null").unwrap();
        assert!(name(&OwnedFd::from(file).into()).is_err());
    }
}
