//! What an exact LRU would have done: for a sample of the keys, a directory of prints in the order of their last use, as
//! large as the sample's part of the cache.

use crate::{
    core::hash::Hash,
    sync::{AtomicU32, Mutex, Ordering},
};

/// Entries that a sample is to have at least; with more than twice as many, every other key leaves it.
const SAMPLE: usize = 512;
/// At most, and at least, one key in so many is in the sample.
const RATES: (usize, usize) = (4, 4096);
/// A bit above those of a sample: where the mask has it, nobody is in.
const NOBODY: u32 = 1 << 12;
const WAYS: usize = 8;
/// Sets of the directory: for a sample of 2 x 512, and a tenth more, since sets fill unevenly.
const SETS_MAX: usize = 144;
/// Of caches with fewer entries nothing is said.
const FEWEST: usize = 64;
/// Hits that LRU has over us are weighed so against our misses.
const WEIGHT: f32 = 5.0;
const FEWEST_MISSES: f32 = 0.005;

#[derive(Debug)]
pub(in crate::core) struct Referee {
    /// One key in so many is in the sample, less one; a power of two, less one. All ones: nobody.
    mask: AtomicU32,
    /// How much the share is pushed towards LRU, as the bits of an f32.
    bias: AtomicU32,
    directory: Mutex<Directory>,
}

#[derive(Debug)]
struct Directory {
    /// In each set the print used last comes first; 0 where there is none.
    sets: Box<[[u16; WAYS]; SETS_MAX]>,
    used: usize,
    /// Entries of the cache, lately, and when the directory was laid out.
    size: usize,
    entries: usize,
    /// The lead over LRU that has been built up, in hits.
    credit: f32,
    /// Moving means of LRU's hits over ours, and of our misses.
    behind: f32,
    misses: f32,
}

// Relaxed throughout: the mask and the bias stand each for itself; what they are made from is behind the mutex.
impl Referee {
    /// What it asks of the allocator.
    pub(in crate::core) const CHARGE: usize = size_of::<[[u16; WAYS]; SETS_MAX]>();

    pub(in crate::core) fn new() -> Self {
        let directory = Directory {
            sets: Box::new([[0; WAYS]; SETS_MAX]),
            used: 0,
            size: 0,
            entries: 0,
            credit: 0.0,
            behind: 0.0,
            misses: 0.0,
        };
        Self { mask: AtomicU32::new(u32::MAX), bias: AtomicU32::new(0), directory: Mutex::new(directory) }
    }

    #[inline]
    pub(in crate::core) fn bias(&self) -> f32 {
        f32::from_bits(self.bias.load(Ordering::Relaxed))
    }

    /// Whether this key is in the sample.
    #[inline]
    pub(in crate::core) fn sees(&self, hash: Hash) -> bool {
        (hash.sampling_bits() | NOBODY) & self.mask.load(Ordering::Relaxed) == 0
    }

    /// Notes that a key of the sample was asked for, and whether it was there. If somebody else is just noting one, this
    /// one is passed over.
    pub(in crate::core) fn note(&self, hash: Hash, hit: bool) {
        let Some(mut directory) = self.directory.try_lock() else { return };
        directory.note(hash, hit);
        self.bias.store(directory.bias().to_bits(), Ordering::Relaxed);
    }

    /// Tells how many entries the cache has; every now and then is enough.
    pub(in crate::core) fn note_size(&self, entries: usize) {
        let Some(mut directory) = self.directory.try_lock() else { return };
        let entries = directory.smooth(entries);
        let change = directory.entries.abs_diff(entries);
        if entries < FEWEST || change * 8 <= directory.entries {
            return;
        }
        let rate = (entries / SAMPLE).clamp(RATES.0, RATES.1);
        let rate = 1 << rate.ilog2();
        directory.resize(entries, entries / rate);
        let mask = u32::try_from(rate - 1).unwrap_or(u32::MAX);
        self.mask.store(mask, Ordering::Relaxed);
    }
}

impl Directory {
    /// A stripe's size says what the cache's is but roughly: the mean of many, which follows fast while the cache fills.
    fn smooth(&mut self, entries: usize) -> usize {
        self.size = if entries / 2 > self.size { entries } else { (self.size * 15 + entries) / 16 };
        self.size
    }

    fn resize(&mut self, entries: usize, sample: usize) {
        self.entries = entries;
        self.used = (sample * 11 / 10 / WAYS).clamp(1, SETS_MAX);
        self.sets.fill([0; WAYS]);
        (self.credit, self.behind) = (0.0, 0.0);
    }

    #[expect(clippy::cast_precision_loss, reason = "a sample is small")]
    fn sample(&self) -> f32 {
        (self.used * WAYS) as f32
    }

    fn note(&mut self, hash: Hash, hit: bool) {
        let lru = self.would_hit(hash);
        let value = |hit: bool| if hit { 1.0_f32 } else { 0.0 };
        let lead = value(hit) - value(lru);
        self.credit = (self.credit + lead).clamp(0.0, 2.0 * self.sample());
        let memory = 1.0 / (4.0 * self.sample()).max(64.0);
        self.behind += memory * (-lead - self.behind);
        self.misses += memory * (value(!hit) - self.misses);
    }

    /// Whether an exact LRU would hold this key; it does afterwards.
    fn would_hit(&mut self, hash: Hash) -> bool {
        let print = hash.print().max(1);
        let Some(set) = self.sets.get_mut(hash.short().scaled(self.used)) else { return false };
        let found = set.iter().position(|held| *held == print);
        let last = found.unwrap_or(WAYS - 1);
        set[..=last].rotate_right(1);
        set[0] = print;
        found.is_some()
    }

    fn bias(&self) -> f32 {
        if self.credit > 0.0 { 0.0 } else { WEIGHT * self.behind.max(0.0) / self.misses.max(FEWEST_MISSES) }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    fn hash(key: u64) -> Hash {
        Hash::new(
            (key + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29).wrapping_mul(0xd129_1c97_5a2f_8b1d),
        )
    }

    #[test]
    fn who_loses_to_an_lru_is_pushed_and_who_wins_is_not() {
        let referee = Referee::new();
        assert!(!(0..1000).any(|key| referee.sees(hash(key))), "nothing is said of an empty cache");
        referee.note_size(2000);
        let seen: Vec<_> = (0..2000).map(hash).filter(|hash| referee.sees(*hash)).collect();
        assert!((400..600).contains(&seen.len()), "a quarter: {}", seen.len());
        // All of them fit an LRU, and nothing was hit here.
        for _ in 0..4 {
            seen.iter().for_each(|hash| referee.note(*hash, false));
        }
        assert!(referee.bias() > 1.0, "{}", referee.bias());
        for _ in 0..4 {
            seen.iter().for_each(|hash| referee.note(*hash, true));
        }
        let fresh = (10_000..60_000).map(hash).filter(|hash| referee.sees(*hash));
        fresh.for_each(|hash| referee.note(hash, true));
        assert!(referee.bias() == 0.0, "a lead is built up");
    }
}
