//! Who is at the other end of a unix socket.

use std::{io, os::unix::net::UnixStream};

/// Whether the peer may administer: it runs as the same system user as this process, or as root. The socket's mode says the
/// same, to whoever comes by its path; this says it to whoever was handed the descriptor, or changed the mode.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(super) fn may_administer(peer: &UnixStream) -> io::Result<bool> {
    let uid = rustix::net::sockopt::socket_peercred(peer)?.uid;
    Ok(uid.is_root() || uid == rustix::process::geteuid())
}

/// Elsewhere the socket's mode alone decides.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub(super) fn may_administer(_peer: &UnixStream) -> io::Result<bool> {
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_system_user_may() {
        let (one, _other) = UnixStream::pair().unwrap();
        assert!(may_administer(&one).unwrap());
    }
}
