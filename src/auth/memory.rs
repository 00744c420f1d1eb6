//! Passwords that were verified once, remembered so that a later login with the same one costs microseconds.
//!
//! What is remembered is an HMAC of the password under a key of this process, at most one for each user, beside the
//! verifier that it was verified against. So a guess that is wrong always costs the whole derivation; a change of the
//! password takes the memory with it; and a users file that is stolen is worth no more than before. Whoever can read
//! the memory of the process finds key and HMAC together and tries passwords against them at the price of a hash, where
//! the verifier alone asks for thousands: that is what [`Memory::stop`] is for.

use super::{
    keyed_hash::{HASH_LEN, keyed_hash},
    password::Password,
    randomness::random_bytes,
    verifier::Verifier,
};
use crate::sync::{AtomicBool, Mutex, Ordering};
use std::fmt;
use subtle::{Choice, ConstantTimeEq};
use zeroize::Zeroizing;

/// What stands for a password. Overwritten when dropped.
pub(super) type Tag = Zeroizing<[u8; HASH_LEN]>;

/// The key of this process, and whether anything is to be remembered.
pub(super) struct Memory {
    /// `None`: there were no random bytes, and nothing is remembered.
    key: Option<Tag>,
    on: AtomicBool,
}

/// One user's place, for as long as the user has one and the same verifier.
pub(super) struct Slot(Mutex<Option<Tag>>);

impl Memory {
    pub(super) fn new() -> Self {
        Self { key: random_bytes().ok().map(Zeroizing::new), on: AtomicBool::new(true) }
    }

    /// What stands for this password of this name under this verifier; made for unknown names too. A prepared name
    /// holds no control character, and the keys have one length, so no two triples make the same input.
    pub(super) fn tag(&self, name: &str, verifier: &Verifier, password: &Password) -> Option<Tag> {
        let parts = [name.as_bytes(), b"\0", verifier.stored_key(), password.as_bytes()];
        self.key.as_ref().map(|key| Zeroizing::new(keyed_hash(key, &parts)))
    }

    /// Remembers what was just verified.
    pub(super) fn keep(&self, slot: &Slot, tag: Tag) {
        let mut place = slot.0.lock();
        // Relaxed: partner is the store in `stop`. Whoever locks a slot after `stop` emptied it sees the store through
        // that lock, and what was kept before is emptied.
        if self.on.load(Ordering::Relaxed) {
            *place = Some(tag);
        }
    }

    /// Remembers nothing from now on. What is remembered already goes when its slot is emptied.
    pub(super) fn stop(&self) {
        // Relaxed: see `keep`.
        self.on.store(false, Ordering::Relaxed);
    }
}

impl Slot {
    pub(super) fn new() -> Self {
        Self(Mutex::new(None))
    }

    /// Whether `tag` is what is remembered. As much work when nothing is.
    pub(super) fn holds(&self, tag: &Tag) -> Choice {
        let place = self.0.lock();
        let nothing = [0; HASH_LEN];
        let remembered = place.as_ref().map_or(&nothing, |held| &**held);
        remembered.ct_eq(&**tag) & Choice::from(u8::from(place.is_some()))
    }

    /// Overwrites what is remembered.
    pub(super) fn wipe(&self) {
        *self.0.lock() = None;
    }
}

impl fmt::Debug for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Slot(..)")
    }
}

impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Memory(..)")
    }
}
