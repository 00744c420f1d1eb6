//! Credentials for names that have none: an unknown user is shown a salt that stays, and costs what a known one does.

use super::{
    cram_md5::CramMd5Secret,
    credential::Credential,
    identity::Candidate,
    keyed_hash::{HASH_LEN, keyed_hash},
    likeness::{Likeness, Likenesses, Shape, Work},
    mechanism::Mechanism,
    name::UserName,
    password_hash::PasswordHash,
    rounds::Rounds,
    scram_hash::{HashOutput, ScramHash},
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
    pub(super) fn credential<'k>(&'k self, name: &'k UserName) -> MockCredential<'k> {
        MockCredential { key: self, stem: name.stem() }
    }
}

impl fmt::Debug for MockKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MockKey(..)")
    }
}

/// Keys that no password and no proof will match, and a place among the users.
pub(super) struct MockCredential<'k> {
    key: &'k MockKey,
    stem: &'k str,
}

impl MockCredential<'_> {
    /// What strangers are to see of the name: that of the user who stands where this one would.
    pub(super) fn likeness(&self, users: &Likenesses) -> Likeness {
        users.at(self.place())
    }

    /// Where among all users this one would stand, as a fraction of 2^64.
    fn place(&self) -> u64 {
        let [a, b, c, d, e, f, g, h, ..] = keyed_hash(&self.key.0, &[b"rounds\0", self.stem.as_bytes()]);
        u64::from_le_bytes([a, b, c, d, e, f, g, h])
    }

    /// What takes the same work as a user of this likeness, in a login by this mechanism.
    pub(super) fn candidates(&self, likeness: &Likeness, mechanism: Mechanism) -> Vec<Candidate> {
        let credential = |forms| Credential {
            label: String::new(),
            created: UNIX_EPOCH,
            not_before: None,
            expires: None,
            forms,
        };
        let forms = |shape: Shape| shape.work.serves(mechanism).then(|| self.form(shape));
        let passwords = likeness.passwords().map(|shapes| shapes.filter_map(forms).collect());
        passwords.map(credential).map(Candidate::mock).collect()
    }

    /// What the mechanism shows and judges where a user has nothing for it.
    pub(super) fn stand_in(&self, mechanism: Mechanism) -> StoredForm {
        let work = match mechanism {
            Mechanism::CramMd5 => Work::CramMd5,
            other => Work::Scram(other.scram_hash().unwrap_or(ScramHash::Sha256), Rounds::default()),
        };
        self.form(Shape { work, salt: 0 })
    }

    fn form(&self, Shape { work, salt }: Shape) -> StoredForm {
        match work {
            Work::Scram(hash, rounds) => self.verifier(hash, rounds, salt).into(),
            Work::CramMd5 => {
                CramMd5Secret::from_key(&self.made(ScramHash::Sha256, &format!("CRAM-MD5 {salt}\0"))).into()
            }
            work => PasswordHash::mock(
                work,
                &self.salt(ScramHash::Sha256, salt),
                keyed_hash(&self.key.0, &[b"StoredKey\0", self.stem.as_bytes()]),
            )
            .map_or_else(|| self.stand_in(Mechanism::Plain), StoredForm::from),
        }
    }

    fn verifier(&self, hash: ScramHash, rounds: Rounds, number: u8) -> Verifier {
        let (stored_key, server_key) = (self.made(hash, "StoredKey\0"), self.made(hash, "ServerKey\0"));
        Verifier::from_keys(hash, rounds, &self.salt(hash, number), stored_key, server_key)
    }

    /// Only that of number 0 is ever shown; the others make derivations differ.
    fn salt(&self, hash: ScramHash, number: u8) -> [u8; SALT_LEN] {
        let mut salt = [0; SALT_LEN];
        salt.copy_from_slice(&self.made(hash, "")[..SALT_LEN]);
        salt[0] ^= number;
        salt
    }

    /// A prepared name holds no control character, so no name takes another one's, or the salt's, place behind the labels.
    ///
    /// For each hash function by itself: users have another salt for each, so names that do not exist have, too.
    fn made(&self, hash: ScramHash, label: &str) -> HashOutput {
        hash.hmac(&*self.key.0, &[label.as_bytes(), self.stem.as_bytes()])
    }
}

#[cfg(not(loom))]
#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::password::Password;

    fn shown(key: u8, name: &str) -> Verifier {
        shown_by(ScramHash::Sha256, key, name)
    }

    fn shown_by(hash: ScramHash, key: u8, name: &str) -> Verifier {
        let name = UserName::new(name).unwrap();
        MockKey::new([key; HASH_LEN]).credential(&name).verifier(hash, Rounds::MIN, 0)
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
        for hash in ScramHash::ALL {
            for password in ["eve", "StoredKey", "password"] {
                let password = Password::new(password).unwrap();
                assert!(!bool::from(shown_by(hash, 1, "eve").matches(&password)));
            }
        }
    }

    #[test]
    fn each_hash_function_shows_a_salt_of_its_own_that_stays() {
        let [one, other] = ScramHash::ALL.map(|hash| shown_by(hash, 1, "eve"));
        assert_ne!(one.salt(), other.salt());
        assert_eq!(one.salt(), shown_by(one.hash(), 1, "eve@host").salt());
    }

    /// Places are spread evenly, so that each likeness is taken by as many names as it should be.
    #[test]
    fn each_name_has_a_place_of_its_own_for_ever() {
        let key = MockKey::new([3; HASH_LEN]);
        let place = |number| key.credential(&UserName::new(&format!("user{number}")).unwrap()).place();
        let low = (0..1000).filter(|number| place(*number) < u64::MAX / 4).count();
        assert!((200..300).contains(&low), "about a quarter, not {low} of 1000");
        assert_eq!(place(7), place(7));
    }
}
