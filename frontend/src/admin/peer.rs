//! Who is at the other end of a unix socket.

use keyway::audit::Peer;
use std::{io, os::unix::net::UnixStream};

/// The process at the other end, as the system knew it when it connected.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(super) fn peer_of(socket: &UnixStream) -> io::Result<Option<Peer>> {
    let credentials = rustix::net::sockopt::socket_peercred(socket)?;
    let pid = u32::try_from(credentials.pid.as_raw_nonzero().get()).unwrap_or_default();
    Ok(Some(Peer::Process { uid: credentials.uid.as_raw(), pid }))
}

/// Elsewhere it is not asked for.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
#[expect(clippy::unnecessary_wraps, reason = "it can fail on Linux")]
pub(super) fn peer_of(_socket: &UnixStream) -> io::Result<Option<Peer>> {
    Ok(None)
}

/// Whether the peer may administer: it runs as the same system user as this process, or as root. The socket's mode says the
/// same, to whoever comes by its path; this says it to whoever was handed the descriptor, or changed the mode. Where nothing is
/// known of peers, the mode alone decides.
pub(super) fn may_administer(peer: Option<Peer>) -> bool {
    match peer {
        Some(Peer::Process { uid, .. }) => uid == 0 || uid == rustix::process::geteuid().as_raw(),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_system_user_may_and_another_one_may_not() {
        let (one, _other) = UnixStream::pair().unwrap();
        let peer = peer_of(&one).unwrap();
        assert!(may_administer(peer));
        let Some(Peer::Process { uid, pid }) = peer else { return };
        assert_eq!(pid, std::process::id());
        assert!(!may_administer(Some(Peer::Process { uid: uid + 1, pid })));
        assert!(may_administer(Some(Peer::Process { uid: 0, pid })));
    }
}
