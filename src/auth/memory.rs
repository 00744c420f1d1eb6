//! Passwords that were verified once, remembered so that a later login with the same one costs microseconds.
//!
//! What is remembered is an HMAC of the password under a key of this process, at most one for each credential, for a day at
//! most, in a slot of the credential that it was verified against. So a guess that is wrong always costs the whole derivation; a change of the
//! password takes the memory with it; and a users file that is stolen is worth no more than before. Whoever can read
//! the memory of the process finds key and HMAC together and tries passwords against them at the price of a hash, where
//! the verifier alone asks for thousands: that is what [`Memory::stop`] is for.

use super::{
    keyed_hash::{HASH_LEN, keyed_hash},
    password::Password,
    randomness::random_bytes,
};
use crate::sync::{AtomicBool, AtomicU64, Mutex, Ordering};
use std::{
    fmt,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};
use subtle::{Choice, ConstantTimeEq};
use zeroize::Zeroizing;

/// So long a password is remembered at most, from its derivation on, and half as long at least. A day: whoever has left
/// is forgotten by tomorrow, and a derivation every half day costs nobody anything.
const LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);

/// So many passwords are remembered at most. More users than that log in at the price of a derivation now and then; it is
/// what somebody who reads the memory of the process can find there, and more than most users files name.
const MOST: usize = 1 << 16;

/// What stands for a password. Overwritten when dropped.
pub(super) type Tag = Zeroizing<[u8; HASH_LEN]>;

/// The key of this process, and whether anything is to be remembered.
pub(super) struct Memory {
    /// `None`: there were no random bytes, and nothing is remembered.
    key: Option<Tag>,
    on: AtomicBool,
    ages: Mutex<Ages>,
}

/// One credential's place, for as long as it is the same one.
pub(super) struct Slot {
    place: Mutex<Option<Remembered>>,
    /// When a login last succeeded, in seconds since 1970; 0: never since the process began.
    used: AtomicU64,
}

struct Remembered {
    tag: Tag,
    age: u64,
}

/// The age in which a password is remembered, and the one before: what is older is as good as forgotten. So neither when
/// nor in which order each was remembered has to be kept. An age ends with half of the lifetime, or with half of the
/// number that is remembered.
struct Ages {
    current: u64,
    since: Instant,
    /// Passwords that were remembered in this age.
    kept: usize,
    most: usize,
    /// Up to this age, what was forgotten has been overwritten.
    wiped: u64,
}

impl Memory {
    pub(super) fn new() -> Self {
        Self::of_most(MOST, Instant::now())
    }

    fn of_most(most: usize, now: Instant) -> Self {
        let ages = Mutex::new(Ages { current: 0, since: now, kept: 0, most, wiped: 0 });
        Self { key: random_bytes().ok().map(Zeroizing::new), on: AtomicBool::new(true), ages }
    }

    /// What stands for this password of this name; made for unknown names too. Of which credential it is, says the slot
    /// that it is in. A prepared name holds no control character, so no two pairs make the same input.
    pub(super) fn tag(&self, name: &str, password: &Password) -> Option<Tag> {
        let parts = [name.as_bytes(), b"\0", password.as_bytes()];
        self.key.as_ref().map(|key| Zeroizing::new(keyed_hash(key, &parts)))
    }

    /// Remembers what was just verified.
    pub(super) fn keep(&self, slot: &Slot, tag: Tag, now: Instant) {
        let age = self.ages.lock().keep(now);
        let mut place = slot.place.lock();
        // Relaxed: partner is the store in `stop`. Whoever locks a slot after `stop` emptied it sees the store through
        // that lock, and what was kept before is emptied.
        if self.on.load(Ordering::Relaxed) {
            *place = Some(Remembered { tag, age });
        }
    }

    /// Whether `tag` is what is remembered. As much work when nothing is.
    pub(super) fn recalls(&self, slot: &Slot, tag: &Tag, now: Instant) -> Choice {
        let oldest = self.ages.lock().oldest(now);
        let place = slot.place.lock();
        let nothing = [0; HASH_LEN];
        let remembered = place.as_ref().map_or(&nothing, |held| &*held.tag);
        let counts = place.as_ref().is_some_and(|held| held.age >= oldest);
        remembered.ct_eq(&**tag) & Choice::from(u8::from(counts))
    }

    /// Overwrites what is forgotten in these slots, if it has not been done since anything was.
    pub(super) fn wipe_forgotten<'a>(&self, now: Instant, slots: impl FnOnce() -> Vec<&'a Slot>) {
        let oldest = {
            let mut ages = self.ages.lock();
            let oldest = ages.oldest(now);
            if ages.wiped == oldest {
                return;
            }
            ages.wiped = oldest;
            oldest
        };
        for slot in slots() {
            let mut place = slot.place.lock();
            if place.as_ref().is_some_and(|held| held.age < oldest) {
                *place = None;
            }
        }
    }

    /// Forgets all that is remembered, in one step; it is overwritten when it is seen to.
    pub(super) fn forget(&self, now: Instant) {
        self.ages.lock().begin(2, now);
    }

    /// Remembers nothing from now on. What is remembered already goes when its slot is emptied.
    pub(super) fn stop(&self) {
        // Relaxed: see `keep`.
        self.on.store(false, Ordering::Relaxed);
    }
}

impl Ages {
    /// The oldest age that counts.
    fn oldest(&mut self, now: Instant) -> u64 {
        let passed = now.saturating_duration_since(self.since);
        if passed >= LIFETIME {
            self.begin(2, now);
        } else if passed >= LIFETIME / 2 {
            self.begin(1, now);
        }
        self.current.saturating_sub(1)
    }

    /// The age of what is remembered now.
    fn keep(&mut self, now: Instant) -> u64 {
        self.oldest(now);
        if self.kept >= self.most / 2 {
            self.begin(1, now);
        }
        self.kept += 1;
        self.current
    }

    fn begin(&mut self, later: u64, now: Instant) {
        self.current += later;
        self.kept = 0;
        self.since = now;
    }
}

impl Slot {
    pub(super) fn new() -> Self {
        Self { place: Mutex::new(None), used: AtomicU64::new(0) }
    }

    /// Overwrites what is remembered.
    pub(super) fn wipe(&self) {
        *self.place.lock() = None;
    }

    /// Notes a login.
    pub(super) fn mark_used(&self, now: SystemTime) {
        let seconds = now.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        // Relaxed: for the operator to see only; nothing is read through it.
        self.used.store(seconds, Ordering::Relaxed);
    }

    /// When a login last succeeded, to the second; `None`: not since the process began.
    pub(super) fn last_used(&self) -> Option<SystemTime> {
        // Relaxed: see `mark_used`.
        let seconds = self.used.load(Ordering::Relaxed);
        (seconds > 0).then(|| UNIX_EPOCH + Duration::from_secs(seconds))
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

#[cfg(not(loom))]
#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(60 * 60);

    struct Remembering {
        memory: Memory,
        slots: Vec<(Slot, Tag)>,
    }

    /// With slots for so many users, of whom none is remembered yet.
    fn of(users: usize, most: usize, now: Instant) -> Remembering {
        let memory = Memory::of_most(most, now);
        let password = Password::new("pencil").unwrap();
        let tag = |number| memory.tag(&format!("user{number}"), &password).unwrap();
        let slots = (0..users).map(|number| (Slot::new(), tag(number))).collect();
        Remembering { memory, slots }
    }

    impl Remembering {
        fn keep(&self, user: usize, now: Instant) {
            let (slot, tag) = &self.slots[user];
            self.memory.keep(slot, tag.clone(), now);
        }

        fn recalled(&self, now: Instant) -> Vec<usize> {
            let recalls = |(slot, tag): &(Slot, Tag)| bool::from(self.memory.recalls(slot, tag, now));
            (0..self.slots.len()).filter(|user| recalls(&self.slots[*user])).collect()
        }

        /// How many tags are in memory, whether they count or not.
        fn held(&self) -> usize {
            self.slots.iter().filter(|(slot, _)| slot.place.lock().is_some()).count()
        }

        fn wipe(&self, now: Instant) {
            self.memory.wipe_forgotten(now, || self.slots.iter().map(|(slot, _)| slot).collect());
        }
    }

    #[test]
    fn a_password_is_forgotten_within_a_day_and_not_within_half_of_one() {
        let start = Instant::now();
        for began in 0..24 {
            let it = of(2, MOST, start);
            let kept = start + HOUR * began;
            it.keep(0, kept);
            assert_eq!(it.recalled(kept + LIFETIME / 2 - HOUR), [0], "{began}");
            assert_eq!(it.recalled(kept + LIFETIME), [0; 0], "{began}");
        }
        // Also where others log in all the time, or itself.
        let it = of(2, MOST, start);
        it.keep(0, start);
        (0..24).for_each(|hour| it.keep(1, start + HOUR * hour));
        assert_eq!(it.recalled(start + LIFETIME), [1]);
    }

    #[test]
    fn all_are_forgotten_at_once_and_overwritten_when_it_is_seen_to() {
        let (now, it) = (Instant::now(), of(3, MOST, Instant::now()));
        (0..3).for_each(|user| it.keep(user, now));
        it.memory.forget(now);
        assert_eq!((it.recalled(now), it.held()), (vec![], 3));
        it.keep(1, now);
        it.wipe(now);
        assert_eq!((it.recalled(now), it.held()), (vec![1], 1));
    }

    #[test]
    fn the_last_ones_are_remembered_and_never_more_than_the_most() {
        let (now, it) = (Instant::now(), of(100, 10, Instant::now()));
        for user in 0..100 {
            it.keep(user, now);
            let recalled = it.recalled(now);
            assert!(recalled.len() <= 10, "{recalled:?}");
            assert!(recalled.ends_with(&(user.saturating_sub(4)..=user).collect::<Vec<_>>()), "{recalled:?}");
        }
    }

    #[test]
    fn what_is_forgotten_is_overwritten_when_it_is_seen_to() {
        let (start, it) = (Instant::now(), of(3, MOST, Instant::now()));
        it.keep(0, start);
        it.keep(1, start + HOUR);
        it.wipe(start + HOUR);
        assert_eq!(it.held(), 2);
        it.keep(2, start + LIFETIME / 2 + HOUR);
        it.wipe(start + LIFETIME);
        assert_eq!((it.held(), it.recalled(start + LIFETIME)), (3, vec![0, 1, 2]), "the second age goes on");
        let end = start + LIFETIME + 2 * HOUR;
        it.wipe(end);
        assert_eq!((it.held(), it.recalled(end)), (1, vec![2]));
        it.wipe(end + 2 * LIFETIME);
        assert_eq!(it.held(), 0);
    }
}
