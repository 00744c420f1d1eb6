//! Who counts as one, where something is limited by address.

use keyway::audit::Peer;
use std::net::{IpAddr, Ipv6Addr};

/// Who counts as one: a whole address of IPv4, the 64 bits of IPv6 that one customer commonly has, or a system user of this
/// machine, whichever of its processes connects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Network {
    Address(IpAddr),
    User(u32),
}

impl From<IpAddr> for Network {
    fn from(address: IpAddr) -> Self {
        Self::Address(match address.to_canonical() {
            IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64))),
            short @ IpAddr::V4(_) => short,
        })
    }
}

impl From<Peer> for Network {
    fn from(peer: Peer) -> Self {
        match peer {
            Peer::Address(address) => address.ip().into(),
            Peer::Process { uid, .. } => Self::User(uid),
            // What is not known apart counts as one.
            _ => Self::User(u32::MAX),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processes_of_one_user_are_one_and_a_user_is_no_address() {
        let process = |uid, pid| Network::from(Peer::Process { uid, pid });
        assert_eq!(process(7, 1), process(7, 2));
        assert_ne!(process(7, 1), process(8, 1));
        let address = |text: &str| Network::from(text.parse::<IpAddr>().unwrap());
        assert_ne!(process(7, 1), address("0.0.0.7"));
        assert_eq!(address("::ffff:192.0.2.1"), address("192.0.2.1"));
        assert_eq!(address("2001:db8::1"), address("2001:db8::2"));
        assert_ne!(address("2001:db8::1"), address("2001:db8:0:1::1"));
    }
}
