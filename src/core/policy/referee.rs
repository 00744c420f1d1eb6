//! What an exact LRU would have done: for a sample of the keys, a directory of prints in the order of their last use, as
//! large as the sample's part of the cache. Where it is ahead, the cache is to be an LRU too.

use super::Regime;
use crate::{
    core::hash::Hash,
    sync::{AtomicIsize, AtomicU8, AtomicU32, CachePadded, Mutex, Ordering},
};

/// Entries that a sample is to have at least; with twice as many, every other key leaves it. With half of this, what
/// is found out is twice as far from the truth as it may be: half a point of hits.
const SAMPLE: usize = 1024;
/// At most, and at least, one key in so many is in the sample.
const RATES: (usize, usize) = (4, 4096);
/// A bit above those of a sample: where the mask has it, nobody is in.
const NOBODY: u32 = 1 << 12;
/// Of caches with fewer entries nothing is said.
const FEWEST: usize = 64;

const WAYS: usize = 17;
const SETS_MAX: usize = 128;
/// Of a set's ways so many are in use; above and below, there are to be more sets, or fewer.
const USED_WAYS: (usize, usize) = (6, 16);

/// Set in a print that was asked for and not found in the cache, though an LRU would have had it: that has been counted, and whoever
/// asked is likely to store it next. No print of a sample has this bit, since at most one key in four is in it.
const MISSED: u32 = 1 << 20;
const _: () = assert!(RATES.0 > 1 && MISSED >> 20 == 1);

/// In which a lead is counted: so many are one hit.
const HIT: i32 = 256;
/// What of a debt is forgiven for each key of the sample that is asked for while the cache is an LRU. Then the other
/// rules get another chance: what they lose meanwhile is no more than this part of all hits.
const FORGIVEN: i32 = 1;

#[derive(Debug)]
pub(in crate::core) struct Referee {
    /// One key in so many is in the sample, less one; a power of two, less one. All ones: nobody.
    mask: AtomicU32,
    /// 1 while the cache is to be an LRU.
    lru: AtomicU8,
    /// Apart: each hit looks at what is above, and some of them write here.
    noted: CachePadded<Noted>,
}

#[derive(Debug)]
struct Noted {
    entries: AtomicIsize,
    directory: Mutex<Directory>,
}

/// How a stripe has grown since it last told.
#[derive(Clone, Copy, Debug)]
pub(in crate::core) struct Growth {
    pub(in crate::core) entries: isize,
    /// Evictions, ever.
    pub(in crate::core) evicted: u64,
}

/// What a write did to a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::core) enum Written {
    /// It was stored where nothing was.
    New,
    Replaced,
    Removed,
}

#[derive(Debug)]
struct Directory {
    /// In each set the print used last comes first; 0 where there is none.
    sets: Box<[[u32; WAYS]; SETS_MAX]>,
    /// How many sets there are, a power of two, and how many prints all of them hold.
    used: usize,
    room: usize,
    rate: usize,
    /// After so many more misses of the LRU's, what is seen counts. None until the cache evicts: until then an LRU
    /// would do the same, and whoever is compared with a directory that is not full has a lead that was not earned.
    uncounted: Option<usize>,
    regime: Regime,
    /// By how much the cache is ahead of the LRU, and was at best since it last became one itself.
    lead: i32,
    best: i32,
    /// For so many more misses of the LRU's, the cache pays for what it did before it became one.
    aftermath: usize,
}

// Relaxed throughout: each word stands for itself; what they are made from is behind the mutex.
impl Referee {
    /// What it asks of the allocator.
    pub(in crate::core) const CHARGE: usize = size_of::<[[u32; WAYS]; SETS_MAX]>();

    pub(in crate::core) fn new() -> Self {
        Self {
            mask: AtomicU32::new(u32::MAX),
            lru: AtomicU8::new(0),
            noted: CachePadded::new(Noted {
                entries: AtomicIsize::new(0),
                directory: Mutex::new(Directory::new()),
            }),
        }
    }

    /// One that says this for as long as it sees nobody.
    #[cfg(all(test, not(loom)))]
    pub(in crate::core) fn in_favour_of(regime: Regime) -> Self {
        Self { lru: AtomicU8::new(u8::from(regime == Regime::LazyLru)), ..Self::new() }
    }

    #[inline]
    pub(in crate::core) fn regime(&self) -> Regime {
        if self.lru.load(Ordering::Relaxed) == 0 { Regime::TwoQueues } else { Regime::LazyLru }
    }

    /// Whether this key is in the sample.
    #[inline]
    pub(in crate::core) fn sees(&self, hash: Hash) -> bool {
        (hash.sampling_bits() | NOBODY) & self.mask.load(Ordering::Relaxed) == 0
    }

    /// Notes that a key of the sample was asked for, and whether it was there. If somebody else is just noting one, this
    /// one is passed over.
    pub(in crate::core) fn note_asked(&self, hash: Hash, hit: bool) {
        self.note(|directory| directory.count_asked(hash.sampled_print(), hit));
    }

    /// As `note_asked`, of one that was stored or removed.
    pub(in crate::core) fn note_written(&self, hash: Hash, written: Written) {
        self.note(|directory| directory.count_written(hash.sampled_print(), written));
    }

    fn note(&self, count: impl FnOnce(&mut Directory)) {
        let Some(mut directory) = self.noted.directory.try_lock() else { return };
        count(&mut directory);
        // Only what is another: whoever reads it has the line.
        if directory.regime != self.regime() {
            self.lru.store(u8::from(directory.regime == Regime::LazyLru), Ordering::Relaxed);
        }
    }

    /// Tells how the cache has grown; every now and then is enough.
    pub(in crate::core) fn note_growth(&self, growth: Growth) {
        let before = self.noted.entries.fetch_add(growth.entries, Ordering::Relaxed);
        let entries = usize::try_from(before + growth.entries).unwrap_or_default();
        let Some(mut directory) = self.noted.directory.try_lock().filter(|_| entries >= FEWEST) else {
            return;
        };
        directory.fit(entries);
        if growth.evicted > 0 && directory.uncounted.is_none() {
            directory.uncounted = Some(entries / directory.rate / 8);
        }
        let mask = u32::try_from(directory.rate - 1).unwrap_or(u32::MAX);
        if mask != self.mask.load(Ordering::Relaxed) {
            self.mask.store(mask, Ordering::Relaxed);
        }
    }
}

impl Directory {
    fn new() -> Self {
        Self {
            sets: Box::new([[0; WAYS]; SETS_MAX]),
            used: 1,
            room: 0,
            rate: RATES.0,
            uncounted: None,
            regime: Regime::TwoQueues,
            lead: 0,
            best: 0,
            aftermath: 0,
        }
    }

    /// Follows the size of the cache.
    fn fit(&mut self, entries: usize) {
        let mut rate = self.rate;
        while entries / rate >= 2 * SAMPLE && rate < RATES.1 {
            rate *= 2;
        }
        while entries / rate < SAMPLE * 3 / 4 && rate > RATES.0 {
            rate /= 2;
        }
        // A twentieth more, since sets fill unevenly.
        let room = (entries / rate * 21 / 20).min(SETS_MAX * USED_WAYS.1);
        if rate == self.rate && room.abs_diff(self.room) * 32 <= self.room {
            return;
        }
        if rate < self.rate {
            // Of the keys that join the sample nothing is known.
            self.uncounted = self.uncounted.map(|_| room);
        }
        let mut used = self.used;
        while room > used * USED_WAYS.1 && used < SETS_MAX {
            used *= 2;
        }
        while room < used * USED_WAYS.0 && used > 1 {
            used /= 2;
        }
        (self.rate, self.room) = (rate, room);
        self.lay_out(used);
    }

    /// Divides the prints that are still in the sample into so many sets.
    fn lay_out(&mut self, used: usize) {
        let sets = *self.sets;
        self.used = used;
        self.sets.fill([0; WAYS]);
        for way in 0..WAYS {
            for print in sets.iter().map(|set| set[way]).filter(|print| *print != 0) {
                if Hash::sampling_bits_of(print & !MISSED) as usize & (self.rate - 1) == 0 {
                    let (at, ways) = self.set_of(print);
                    if let Some(free) = self.sets[at][..ways].iter_mut().find(|held| **held == 0) {
                        *free = print;
                    }
                }
            }
        }
    }

    /// The set of this print, and how many ways it has.
    fn set_of(&self, print: u32) -> (usize, usize) {
        let at = print as usize & (self.used - 1);
        (at, ((self.room + at) / self.used).clamp(1, WAYS))
    }

    /// Whether an exact LRU would hit this key too. What the cache has, it has afterwards; what is nowhere comes when it is stored, if
    /// it ever is.
    fn count_asked(&mut self, print: u32, hit: bool) {
        match self.find(print) {
            Some(held) if hit => {
                *held &= !MISSED;
                self.count(0);
            }
            Some(held) => {
                *held |= MISSED;
                self.count(-HIT);
            }
            None if hit => {
                self.admit(print);
                self.count(HIT);
            }
            None => self.count(0),
        }
    }

    /// A store is a use as well: of what is there in the cache, in the LRU, or in both. What is removed is nobody's loss.
    fn count_written(&mut self, print: u32, written: Written) {
        let found = self.find(print).map(|held| std::mem::replace(held, print));
        match (found, written) {
            (Some(_), Written::Replaced) => self.count(0),
            (Some(held), Written::New) if held & MISSED == 0 => self.count(-HIT),
            (None, Written::Replaced) => {
                self.admit(print);
                self.count(HIT);
            }
            (None, Written::New) => self.admit(print),
            (Some(_), Written::Removed) => self.forget(print),
            (Some(_), Written::New) | (None, Written::Removed) => {}
        }
    }

    /// Moves a print that is held to the front of its set.
    fn find(&mut self, print: u32) -> Option<&mut u32> {
        let (at, ways) = self.set_of(print);
        let set = &mut self.sets[at][..ways];
        let found = set.iter().position(|held| *held & !MISSED == print)?;
        set[..=found].rotate_right(1);
        set.first_mut()
    }

    /// Takes out a print that is in front of its set.
    fn forget(&mut self, print: u32) {
        let (at, ways) = self.set_of(print);
        let set = &mut self.sets[at][..ways];
        set[0] = 0;
        set.rotate_left(1);
    }

    /// Puts a print in front that is not held, in place of the set's last.
    fn admit(&mut self, print: u32) {
        let (at, ways) = self.set_of(print);
        let set = &mut self.sets[at][..ways];
        set.rotate_right(1);
        set[0] = print;
        self.uncounted = self.uncounted.map(|left| left.saturating_sub(1));
        self.aftermath = self.aftermath.saturating_sub(1);
    }

    fn count(&mut self, lead: i32) {
        if self.uncounted != Some(0) {
            return;
        }
        let room = i32::try_from(self.room).unwrap_or(i32::MAX / HIT / 2);
        let most = 2 * room * HIT;
        match self.regime {
            Regime::TwoQueues => {
                self.lead = (self.lead + lead).min(most);
                self.best = self.best.max(self.lead);
                // Who was ahead may fall behind by half as much again: where an LRU is ahead by bursts, what they took
                // away is often wanted again.
                let patience = (8 + room / 128) * HIT + self.best * 3 / 2;
                if self.lead <= -patience {
                    (self.regime, self.aftermath, self.best) = (Regime::LazyLru, self.room, 0);
                }
            }
            Regime::LazyLru => {
                let lead = if self.aftermath > 0 { lead } else { 0 };
                self.lead = (self.lead + lead + FORGIVEN).max(-most);
                if self.lead >= 0 {
                    (self.regime, self.lead) = (Regime::TwoQueues, 0);
                }
            }
        }
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

    fn refereed(entries: isize) -> Referee {
        let referee = Referee::new();
        referee.note_growth(Growth { entries, evicted: 1 });
        referee
    }

    /// Asked for, not there, and stored.
    fn load(referee: &Referee, hash: Hash) {
        referee.note_asked(hash, false);
        referee.note_written(hash, Written::New);
    }

    #[test]
    fn who_falls_behind_an_lru_becomes_one_and_gets_another_chance() {
        let referee = Referee::new();
        assert!(!(0..1000).any(|key| referee.sees(hash(key))), "nothing is said of an empty cache");
        let referee = refereed(2000);
        let seen: Vec<_> = (0..2000).map(hash).filter(|hash| referee.sees(*hash)).collect();
        assert!((400..600).contains(&seen.len()), "a quarter: {}", seen.len());
        // These fit an LRU with ease, and nothing is hit here.
        let seen = &seen[..300];
        (0..2).for_each(|_| seen.iter().for_each(|hash| load(&referee, *hash)));
        assert_eq!(referee.regime(), Regime::LazyLru);
        // Now both hit. What was lost is forgiven after so many times as many.
        let mut asked = 0;
        while referee.regime() == Regime::LazyLru {
            referee.note_asked(seen[asked % seen.len()], true);
            asked += 1;
        }
        let debt = asked / HIT as usize;
        assert!((250..350).contains(&debt), "{debt}: what was lost before and shortly after");
        let fresh = (10_000..60_000).map(hash).filter(|hash| referee.sees(*hash));
        fresh.for_each(|hash| referee.note_asked(hash, true));
        seen.iter().take(100).for_each(|hash| load(&referee, *hash));
        assert_eq!(referee.regime(), Regime::TwoQueues, "a lead was built up");
    }

    /// Three hundred keys of the sample, which an LRU has room for.
    fn sampled() -> (Referee, Vec<Hash>) {
        let referee = refereed(2000);
        let seen = (0..).map(hash).filter(|hash| referee.sees(*hash)).take(300).collect();
        (referee, seen)
    }

    #[test]
    fn whoever_only_stores_is_watched_too() {
        let (referee, seen) = sampled();
        let store = |written| seen.iter().for_each(|hash| referee.note_written(*hash, written));
        (0..4).for_each(|_| store(Written::Replaced));
        assert_eq!(referee.regime(), Regime::TwoQueues, "the cache has them as well");
        (0..4).for_each(|_| store(Written::New));
        assert_eq!(referee.regime(), Regime::LazyLru, "each had gone when it was stored again");
    }

    #[test]
    fn a_key_that_is_missed_and_then_stored_was_lost_once() {
        let lead_after = |lose: fn(&Referee, Hash)| {
            let (referee, seen) = sampled();
            seen.iter().for_each(|hash| load(&referee, *hash));
            seen.iter().take(10).for_each(|hash| lose(&referee, *hash));
            referee.noted.directory.lock().lead
        };
        let missed = lead_after(|referee, hash| referee.note_asked(hash, false));
        assert_eq!(missed, -10 * HIT);
        assert_eq!(lead_after(load), missed);
        assert_eq!(lead_after(|referee, hash| referee.note_written(hash, Written::New)), missed);
    }

    #[test]
    fn what_was_removed_is_not_lost() {
        let (referee, seen) = sampled();
        for _ in 0..4 {
            seen.iter().for_each(|hash| load(&referee, *hash));
            seen.iter().for_each(|hash| referee.note_written(*hash, Written::Removed));
        }
        assert_eq!((referee.regime(), referee.noted.directory.lock().lead), (Regime::TwoQueues, 0));
    }

    #[test]
    fn what_is_asked_for_and_never_stored_takes_no_room() {
        let (referee, seen) = sampled();
        let unknown = (10_000..).map(hash).filter(|hash| referee.sees(*hash)).take(5000);
        seen.iter().for_each(|hash| load(&referee, *hash));
        unknown.for_each(|hash| referee.note_asked(hash, false));
        let mut directory = referee.noted.directory.lock();
        assert!(seen.iter().all(|hash| directory.find(hash.sampled_print()).is_some()));
    }

    #[test]
    fn nothing_counts_before_the_cache_evicts() {
        let referee = Referee::new();
        referee.note_growth(Growth { entries: 2000, evicted: 0 });
        let seen: Vec<_> = (0..2000).map(hash).filter(|hash| referee.sees(*hash)).collect();
        (0..4).for_each(|_| seen.iter().for_each(|hash| load(&referee, *hash)));
        assert_eq!(referee.regime(), Regime::TwoQueues);
    }

    #[test]
    fn a_directory_keeps_what_it_knows_when_the_cache_grows() {
        let referee = refereed(4000);
        let seen: Vec<_> = (0..3500).map(hash).filter(|hash| referee.sees(*hash)).collect();
        seen.iter().for_each(|hash| referee.note_asked(*hash, true));
        // Twice over what a sample may be: of four keys one stays.
        referee.note_growth(Growth { entries: 28_000, evicted: 1 });
        let left: Vec<_> = seen.into_iter().filter(|hash| referee.sees(*hash)).collect();
        let mut directory = referee.noted.directory.lock();
        assert!((100..350).contains(&left.len()), "{}", left.len());
        let known = left.iter().filter(|hash| directory.find(hash.sampled_print()).is_some()).count();
        assert!(known * 5 >= left.len() * 4, "{known} of {}", left.len());
    }
}
