//! Who a peer is proven to be before it says anything.

use keyway::audit::Peer;

/// As whom everybody counts who has no number here, such as users of another namespace of users: `/proc/sys/kernel/overflowuid`,
/// which nobody changes.
const OVERFLOW: u32 = 65_534;

/// Whether the system says of this peer as which user it runs. Numbers that stand for several prove nothing.
pub(super) fn is_proven(peer: Peer) -> bool {
    matches!(peer, Peer::Process { uid, .. } if uid != OVERFLOW && uid != u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_its_user_unless_that_stands_for_several() {
        let process = |uid| is_proven(Peer::Process { uid, pid: 1 });
        assert!(process(1000) && process(0));
        assert!(!process(OVERFLOW) && !process(u32::MAX));
        assert!(!is_proven(Peer::Address(([127, 0, 0, 1], 7).into())));
    }
}
