//! Credentials for names that have none: an unknown user is shown a salt that stays, and costs what a known one does.

use super::{
    credential::Credential,
    identity::Candidate,
    keyed_hash::{HASH_LEN, keyed_hash},
    likeness::{Likeness, Likenesses, Shape, Work},
    name::UserName,
    rounds::Rounds,
    stored_form::StoredForm,
    verifier::{SALT_LEN, Verifier},
};
use std::{fmt, time::UNIX_EPOCH};
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

/// Keys that no password and no proof will match, and a place among the users.
pub(super) struct MockCredential {
    salt: [u8; HASH_LEN],
    stored_key: [u8; HASH_LEN],
    server_key: [u8; HASH_LEN],
    /// Where among all users this one would stand, as a fraction of 2^64.
    place: u64,
}

impl MockCredential {
    /// What strangers are to see of the name.
    pub(super) fn likeness(&self, users: &Likenesses) -> Likeness {
        users.at(self.place)
    }

    /// What takes the same work as a user of this likeness.
    pub(super) fn candidates(&self, likeness: &Likeness) -> Vec<Candidate> {
        let credential = |shapes: &[Shape]| Credential {
            label: String::new(),
            created: UNIX_EPOCH,
            not_before: None,
            expires: None,
            forms: shapes.iter().map(|shape| self.form(*shape)).collect(),
        };
        likeness.passwords().map(credential).map(Candidate::mock).collect()
    }

    /// The one that is shown where a user has none.
    pub(super) fn stand_in(&self) -> Verifier {
        self.verifier(Rounds::default(), 0)
    }

    fn form(&self, Shape { work, salt }: Shape) -> StoredForm {
        match work {
            Work::Scram(rounds) => self.verifier(rounds, salt).into(),
        }
    }

    /// Only the salt of number 0 is ever shown; the others make derivations differ.
    fn verifier(&self, rounds: Rounds, number: u8) -> Verifier {
        let mut salt = self.salt;
        salt[0] ^= number;
        Verifier::from_keys(rounds, &salt[..SALT_LEN], self.stored_key, self.server_key)
    }
}

#[cfg(not(loom))]
#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::password::Password;

    fn shown(key: u8, name: &str) -> Verifier {
        let name = UserName::new(name).unwrap();
        MockKey::new([key; HASH_LEN]).credential(&name).verifier(Rounds::MIN, 0)
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

    /// Places are spread evenly, so that each likeness is taken by as many names as it should be.
    #[test]
    fn each_name_has_a_place_of_its_own_for_ever() {
        let key = MockKey::new([3; HASH_LEN]);
        let place = |number| key.credential(&UserName::new(&format!("user{number}")).unwrap()).place;
        let low = (0..1000).filter(|number| place(*number) < u64::MAX / 4).count();
        assert!((200..300).contains(&low), "about a quarter, not {low} of 1000");
        assert_eq!(place(7), place(7));
    }
}
