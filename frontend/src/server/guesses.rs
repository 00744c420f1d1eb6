//! How many passwords may be tried, by whichever mechanism: by one address, and by one address for one name.
//!
//! Each has a bucket of tokens that fills up again over a minute. A password that has to be derived, or a proof of
//! SCRAM, takes one from both, and a right one gives them back, so that only wrong ones use them up. Nothing here locks
//! a name: an address that has none left waits, and all others, and passwords that are remembered, go on.

use super::network::Network;
use std::{
    collections::HashMap,
    hash::{BuildHasher, Hash, RandomState},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// In what time an empty bucket is full again.
const REFILL: Duration = Duration::from_secs(60);

/// Buckets of one kind that are kept at most, twice 16 bytes each. Whoever has more addresses than that to guess
/// from is held up by the queue of the verifiers alone.
const MOST: usize = 32 << 10;

/// The buckets of a server, shared by its workers; asked for logins only.
#[derive(Debug)]
pub(super) struct Guesses {
    /// Keys are hashed with it, so that nobody can choose who shares a bucket with whom.
    hasher: RandomState,
    buckets: Mutex<[Buckets; 2]>,
}

/// The tokens that one guess took.
#[derive(Clone, Copy, Debug)]
#[must_use]
pub(super) struct Guess([u64; 2]);

/// Buckets of one kind. One that nobody touched for a whole refill is full, so the older half can be forgotten then.
#[derive(Debug)]
struct Buckets {
    /// What one token takes to come back.
    interval: Duration,
    /// When each bucket will be full again; absent: it is.
    recent: HashMap<u64, Instant>,
    older: HashMap<u64, Instant>,
    turned: Instant,
}

impl Guesses {
    /// Buckets of so many tokens, at least one.
    pub(super) fn new(per_address: u32, per_name: u32, now: Instant) -> Self {
        let buckets = [per_address, per_name].map(|most| Buckets::new(most, now));
        Self { hasher: RandomState::new(), buckets: Mutex::new(buckets) }
    }

    /// Buckets of so many tokens from now on. What was used up stays so, as a part of the whole.
    pub(super) fn bound(&self, per_address: u32, per_name: u32) {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        buckets.iter_mut().zip([per_address, per_name]).for_each(|(bucket, most)| bucket.bound(most));
    }

    /// Takes a token from both buckets, or from neither. `name` is the guess's target (see `Attempt::target`), one for all
    /// spellings.
    pub(super) fn admit(&self, name: &str, peer: Network, now: Instant) -> Option<Guess> {
        let keys = self.keys(name, peer);
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let admitted = buckets.iter_mut().zip(keys).all(|(bucket, key)| bucket.has_token(key, now));
        if admitted {
            buckets.iter_mut().zip(keys).for_each(|(bucket, key)| bucket.take(key, now));
        }
        admitted.then_some(Guess(keys))
    }

    /// Gives back what [`admit`](Self::admit) took: the password was right, or was not looked at.
    pub(super) fn give_back(&self, Guess(keys): Guess) {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        buckets.iter_mut().zip(keys).for_each(|(bucket, key)| bucket.give_back(key));
    }

    /// The address's key, and that of the name at the address.
    fn keys(&self, name: &str, peer: Network) -> [u64; 2] {
        [self.key(peer), self.key((peer, name))]
    }

    fn key(&self, of: impl Hash) -> u64 {
        self.hasher.hash_one(of)
    }
}

impl Buckets {
    fn new(most: u32, now: Instant) -> Self {
        let (recent, older) = (HashMap::new(), HashMap::new());
        let mut new = Self { interval: REFILL, recent, older, turned: now };
        new.bound(most);
        new
    }

    fn bound(&mut self, most: u32) {
        self.interval = REFILL / most.max(1);
    }

    fn full_at(&mut self, key: u64, now: Instant) -> Instant {
        if now.saturating_duration_since(self.turned) >= REFILL || self.recent.len() >= MOST {
            self.older = std::mem::take(&mut self.recent);
            self.turned = now;
        }
        self.recent.get(&key).or_else(|| self.older.get(&key)).map_or(now, |full| (*full).max(now))
    }

    fn has_token(&mut self, key: u64, now: Instant) -> bool {
        // Full but for less than all tokens.
        self.full_at(key, now).saturating_duration_since(now) + self.interval <= REFILL
    }

    fn take(&mut self, key: u64, now: Instant) {
        let full = self.full_at(key, now) + self.interval;
        self.recent.insert(key, full);
    }

    fn give_back(&mut self, key: u64) {
        let known = self.recent.get_mut(&key).or_else(|| self.older.get_mut(&key));
        if let Some(full) = known {
            *full = full.checked_sub(self.interval).unwrap_or(*full);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::IpAddr;

    fn peer(number: u8) -> Network {
        IpAddr::from([192, 0, 2, number]).into()
    }

    #[test]
    fn a_bucket_empties_and_fills_again_over_a_minute() {
        let start = Instant::now();
        let guesses = Guesses::new(100, 3, start);
        let tried = |now| (0..10).filter(|_| guesses.admit("ada", peer(1), now).is_some()).count();
        assert_eq!(tried(start), 3);
        assert_eq!(tried(start + REFILL / 3 - Duration::from_nanos(2)), 0);
        assert_eq!(tried(start + REFILL / 3), 1);
        assert_eq!(tried(start + 3 * REFILL), 3);
    }

    #[test]
    fn row_64_an_attacker_uses_up_its_own_address_and_nobody_elses() {
        let now = Instant::now();
        let guesses = Guesses::new(5, 3, now);
        let admitted = |name: &str, number| guesses.admit(name, peer(number), now).is_some();
        assert_eq!((0..10).filter(|_| admitted("ada", 1)).count(), 3);
        assert!(admitted("ada", 2), "the victim, from elsewhere");
        assert!(admitted("bob", 1), "another name, from there");
        assert!(admitted("bob", 1));
        assert!(!admitted("cid", 1), "the address has used up its own");
    }

    #[test]
    fn what_was_used_up_of_a_bucket_stays_so_when_it_becomes_another_size() {
        let start = Instant::now();
        let guesses = Guesses::new(100, 4, start);
        let tried = |now| (0..10).filter(|_| guesses.admit("ada", peer(1), now).is_some()).count();
        assert_eq!(tried(start), 4);
        guesses.bound(100, 8);
        assert_eq!(tried(start), 0);
        assert_eq!(tried(start + REFILL / 2), 4);
        guesses.bound(100, 2);
        assert_eq!(tried(start + 3 * REFILL), 2);
    }

    #[test]
    fn a_right_password_costs_nothing_and_a_refused_one_takes_from_neither() {
        let now = Instant::now();
        let guesses = Guesses::new(5, 1, now);
        for _ in 0..100 {
            let guess = guesses.admit("ada", peer(1), now).expect("it was given back");
            guesses.give_back(guess);
        }
        assert!(guesses.admit("ada", peer(1), now).is_some());
        (0..100).for_each(|_| assert!(guesses.admit("ada", peer(1), now).is_none()));
        assert!(
            guesses.admit("bob", peer(1), now).is_some(),
            "what was refused took no token of the address"
        );
    }

    #[test]
    fn neighbours_in_a_network_of_ipv6_are_one_and_memory_is_bounded() {
        let now = Instant::now();
        let guesses = Guesses::new(1, 1, now);
        let v6 = |text: &str| text.parse::<IpAddr>().unwrap().into();
        assert!(guesses.admit("ada", v6("2001:db8::1"), now).is_some());
        assert!(guesses.admit("bob", v6("2001:db8::2"), now).is_none());
        assert!(guesses.admit("bob", v6("2001:db8:0:1::2"), now).is_some());
        for number in 0..4 * MOST as u128 {
            let peer = IpAddr::V6(std::net::Ipv6Addr::from_bits(number << 64)).into();
            assert!(guesses.admit("ada", peer, now).is_some());
        }
        let buckets = guesses.buckets.lock().unwrap();
        assert!(buckets.iter().all(|bucket| bucket.recent.len() + bucket.older.len() <= 2 * MOST));
    }
}
