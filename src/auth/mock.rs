//! Credentials for names that have none: an unknown user is shown a salt that stays, and costs what a known one does.

use super::{
    keyed_hash::{HASH_LEN, keyed_hash},
    name::UserName,
    rounds::Rounds,
    verifier::{SALT_LEN, Verifier},
};
use crate::sync::Arc;
use std::{collections::BTreeMap, fmt};
use zeroize::Zeroizing;

/// What mock credentials are made from. Whoever knows it can tell them from real ones, and can do nothing else.
pub(super) struct MockKey(Zeroizing<[u8; HASH_LEN]>);

impl MockKey {
    pub(super) fn new(key: [u8; HASH_LEN]) -> Self {
        Self(Zeroizing::new(key))
    }

    /// What a name would be shown. Made for known names too, so that a stopwatch on the answer tells nothing.
    ///
    /// A prepared name holds no control character, so no name takes another one's, or the salt's, place
    /// behind the labels.
    pub(super) fn credential(&self, name: &UserName) -> MockCredential {
        let made = |label: &str| keyed_hash(&self.0, &[label.as_bytes(), name.stem().as_bytes()]);
        let [a, b, c, d, e, f, g, h, ..] = made("rounds\0");
        MockCredential {
            salt: made(""),
            stored_key: made("StoredKey\0"),
            server_key: made("ServerKey\0"),
            place: u64::from_le_bytes([a, b, c, d, e, f, g, h]),
        }
    }
}

impl fmt::Debug for MockKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MockKey(..)")
    }
}

/// A verifier that no password and no proof will match, but for its rounds.
pub(super) struct MockCredential {
    salt: [u8; HASH_LEN],
    stored_key: [u8; HASH_LEN],
    server_key: [u8; HASH_LEN],
    /// Where among all users this one would stand, as a fraction of 2^64.
    place: u64,
}

impl MockCredential {
    pub(super) fn rounds(&self, tally: &RoundsTally) -> Rounds {
        tally.at(self.place)
    }

    pub(super) fn into_verifier(self, rounds: Rounds) -> Arc<Verifier> {
        let salt = &self.salt[..SALT_LEN];
        Arc::new(Verifier::from_keys(rounds, salt, self.stored_key, self.server_key))
    }
}

/// How many users have which rounds.
///
/// An unknown name takes its rounds from here, at a place that is its own for ever. So unknown names show each count as
/// often as known ones do, and a rare count betrays nobody; with one count for all unknown names, whoever is shown
/// another would be known to exist. Adding a user moves the borders between counts a little, hence few names.
#[derive(Debug, Default)]
pub(super) struct RoundsTally {
    users: BTreeMap<Rounds, u64>,
}

impl RoundsTally {
    pub(super) fn add(&mut self, rounds: Rounds) {
        *self.users.entry(rounds).or_default() += 1;
    }

    pub(super) fn subtract(&mut self, rounds: Rounds) {
        if let Some(users) = self.users.get_mut(&rounds) {
            *users -= 1;
            if *users == 0 {
                self.users.remove(&rounds);
            }
        }
    }

    /// Without users, what the next user would get.
    fn at(&self, place: u64) -> Rounds {
        let total: u128 = self.users.values().copied().map(u128::from).sum();
        let mut left = (u128::from(place) * total) >> u64::BITS;
        for (rounds, users) in &self.users {
            match left.checked_sub(u128::from(*users)) {
                Some(rest) => left = rest,
                None => return *rounds,
            }
        }
        Rounds::default()
    }
}

#[cfg(not(loom))]
#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::password::Password;

    fn shown(key: u8, name: &str) -> Arc<Verifier> {
        let name = UserName::new(name).unwrap();
        MockKey::new([key; HASH_LEN]).credential(&name).into_verifier(Rounds::MIN)
    }

    #[test]
    fn a_name_is_shown_one_salt_for_ever_and_each_name_its_own() {
        assert!(shown(1, "eve").is_same_as(&shown(1, "eve")), "also after a restart with the same key");
        assert_eq!(shown(1, "eve").salt().len(), SALT_LEN);
        assert_ne!(shown(1, "eve").salt(), shown(1, "eva").salt());
        assert_ne!(shown(1, "eve").salt(), shown(2, "eve").salt());
        assert_eq!(shown(1, "eve").salt(), shown(1, "eve@host").salt(), "as for a known name");
    }

    /// Another salt after an upgrade would tell who exists: theirs stay. Computed by another implementation.
    #[test]
    fn the_salt_of_a_name_outlives_versions() {
        let salt =
            [0xa9, 0xad, 0x10, 0x6c, 0x9a, 0x0d, 0xab, 0xd2, 0xab, 0x6d, 0xf9, 0x6e, 0xb4, 0x47, 0x7c, 0xd8];
        assert_eq!(shown(1, "eve").salt(), salt);
    }

    #[test]
    fn no_password_matches_it() {
        for password in ["eve", "StoredKey", "password"] {
            let password = Password::new(password).unwrap();
            assert!(!bool::from(shown(1, "eve").matches(&password)));
        }
    }

    #[test]
    fn rounds_are_shown_as_often_as_users_have_them() {
        let mut tally = RoundsTally::default();
        assert_eq!(tally.at(0), Rounds::default());
        assert_eq!(tally.at(u64::MAX), Rounds::default());
        tally.add(Rounds::MAX);
        for _ in 0..3 {
            tally.add(Rounds::MIN);
        }
        let key = MockKey::new([3; HASH_LEN]);
        let least = (0..1000)
            .map(|number| UserName::new(&format!("user{number}")).unwrap())
            .filter(|name| key.credential(name).rounds(&tally) == Rounds::MIN)
            .count();
        assert!((650..850).contains(&least), "about three quarters, not {least} of 1000");
        tally.subtract(Rounds::MAX);
        assert_eq!(tally.at(u64::MAX), Rounds::MIN);
        assert_eq!(tally.at(0), Rounds::MIN);
    }
}
