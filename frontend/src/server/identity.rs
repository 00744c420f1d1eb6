//! Who a peer is proven to be before it says anything.

use crate::Entrance;
use keyway::{Channel, ExternalIdentity, ExternalName, Mechanism, audit::Peer};

/// As whom everybody counts who has no number here, such as users of another namespace of users: `/proc/sys/kernel/overflowuid`,
/// which nobody changes.
const OVERFLOW: u32 = 65_534;

/// What is known of the way to this peer: of a unix socket's, as which system user it runs. Only where that can let it in, since it
/// takes memory for as long as the connection lasts.
pub(super) fn channel(peer: Peer, entrance: &Entrance) -> Channel {
    let uid = match peer {
        Peer::Process { uid, .. } if entrance.mechanisms.contains(&Mechanism::External) => uid,
        _ => return Channel::default(),
    };
    // Numbers that stand for several prove nothing.
    let identity = (uid != OVERFLOW && uid != u32::MAX)
        .then(|| ExternalIdentity { names: vec![ExternalName::Uid(uid)] });
    Channel { identity, ..Channel::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_its_user_unless_that_stands_for_several_or_lets_nobody_in() {
        let entrance = Entrance::default();
        let names = |uid, entrance: &Entrance| {
            channel(Peer::Process { uid, pid: 1 }, entrance).identity.map(|identity| identity.names)
        };
        assert_eq!(names(1000, &entrance), Some(vec![ExternalName::Uid(1000)]));
        assert_eq!(names(0, &entrance), Some(vec![ExternalName::Uid(0)]));
        assert_eq!(names(OVERFLOW, &entrance), None);
        assert_eq!(names(u32::MAX, &entrance), None);
        let without = Entrance { mechanisms: vec![Mechanism::ScramSha256], ..Entrance::default() };
        assert_eq!(names(1000, &without), None);
        let address = Peer::Address(([127, 0, 0, 1], 7).into());
        assert_eq!(channel(address, &entrance), Channel::default());
    }
}
