//! Who goes first: the engine beside the policy's own rules.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use super::{Number, TestEngine, engine, has, put};
use crate::core::policy::{ROUND, Referee, Regime, Share, Stamp};
use lru::LruCache;
use std::num::NonZeroUsize;

/// Of one entry in so many it is known when it came to its queue; those of a block are reckoned without the next block's.
const KNOWN: usize = 16;
const BLOCK: usize = 64;

/// A queue, oldest first.
#[derive(Default)]
struct Line {
    /// A key, its uses, and the how-many-th it was.
    held: Vec<(u64, u8, usize)>,
    /// When each of all that ever came did.
    came: Vec<Stamp>,
}

impl Line {
    fn len(&self) -> usize {
        self.held.len()
    }

    fn push(&mut self, key: u64, uses: u8, now: Stamp) {
        self.held.push((key, uses, self.came.len()));
        self.came.push(now);
    }

    fn age_of_oldest(&self, now: Stamp) -> Option<u16> {
        let (.., number) = self.held.first()?;
        let block = self.came.chunks(BLOCK).nth(number / BLOCK)?;
        let at = number % BLOCK;
        let before = at / KNOWN * KNOWN;
        let after = (before + KNOWN).min(block.len() - 1);
        let (from, to) = (block[before], block[after]);
        // Evenly from the one to the other, which is never earlier here.
        let gone = usize::from(from.age(to)) * (at - before) / (after - before).max(1);
        Some(from.age(now) - u16::try_from(gone).unwrap())
    }
}

/// The policy's rules over plain vectors, for entries of equal weight in one stripe. Ghosts beyond reach: keys come once more only
/// while they are there.
struct Model {
    probation: Line,
    main: Line,
    /// How many of the newest of each are young.
    young: [usize; 2],
    share: Share,
    capacity: usize,
    regime: Regime,
}

impl Model {
    fn new(capacity: usize, regime: Regime) -> Self {
        Self {
            probation: Line::default(),
            main: Line::default(),
            young: [0; 2],
            share: Share::new(),
            capacity,
            regime,
        }
    }

    fn read(&mut self, key: u64) -> bool {
        for (queue, young) in [&mut self.probation, &mut self.main].into_iter().zip(self.young) {
            let counted = queue.len().saturating_sub(young);
            if let Some(at) = queue.held.iter().position(|(held, ..)| *held == key) {
                if at < counted {
                    queue.held[at].1 = (queue.held[at].1 + 1).min(2);
                }
                return true;
            }
        }
        false
    }

    fn write(&mut self, key: u64) {
        let main = self.main.age_of_oldest(self.share.now()).unwrap_or(ROUND);
        self.share.note_miss(self.probation.len() + self.main.len(), None, || 0, || main);
        if self.probation.len() + self.main.len() == self.capacity {
            self.evict();
        }
        self.probation.push(key, 0, self.share.now());
        let eighths = if self.regime == Regime::TwoQueues { [2, 0] } else { [3, 3] };
        self.young = [self.probation.len() / 8 * eighths[0], self.main.len() / 8 * eighths[1]];
    }

    fn part(&self) -> f32 {
        self.share.probation() * (self.probation.len() + self.main.len()) as f32
    }

    fn evict(&mut self) {
        let mut spared = 0;
        loop {
            let now = self.share.now();
            let from_probation = match (self.probation.age_of_oldest(now), self.main.age_of_oldest(now)) {
                (Some(probation), Some(main)) if self.regime == Regime::LazyLru => probation >= main,
                (Some(_), Some(_)) => self.probation.len() as f32 > self.part(),
                (_, main) => main.is_none(),
            };
            let queue = if from_probation { &mut self.probation } else { &mut self.main };
            let (key, uses, _) = queue.held.remove(0);
            let worthy = uses > 0 || (from_probation && !self.share.is_settled());
            if !worthy || spared == 16 {
                return;
            }
            spared += 1;
            let left = if from_probation || self.regime == Regime::LazyLru { 0 } else { uses - 1 };
            self.main.push(key, left, now);
            if from_probation && self.probation.len() as f32 <= self.part() {
                self.share.settle();
            }
        }
    }
}

#[test]
fn eviction_follows_the_policys_rules_to_the_entry() {
    const WEIGHT: usize = 100_000;
    const CAPACITY: usize = 40;
    for regime in [Regime::TwoQueues, Regime::LazyLru] {
        let structure = TestEngine::STRIPE_CHARGE + WEIGHT / 2;
        let mut engine = engine(structure + CAPACITY * WEIGHT, 1);
        // So few entries are not refereed: what it says stands.
        engine.referee = Some(Referee::in_favour_of(regime));
        let mut model = Model::new(CAPACITY, regime);
        let mut random = 1u64;
        let mut fresh = 0;
        // No key is taken for another's ghost: see `Distinct`.
        for _ in 0..40_000 {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            if (random >> 50) & 3 == 0 {
                assert!(put(&engine, &Number::new(fresh, WEIGHT)).is_ok());
                model.write(fresh);
                fresh += 1;
            } else {
                // What came lately, whether or not it is still there.
                let key = fresh.saturating_sub(1 + (random >> 33) % 90);
                assert_eq!(has(&engine, key, 1), model.read(key), "{regime:?}, after {fresh} keys");
            }
            assert_eq!(engine.totals().entries, (model.probation.len() + model.main.len()) as u64);
        }
        assert!(engine.totals().evicted > 1000, "the test must evict to mean anything");
    }
}

/// What nobody wants comes first, then keys by their popularity, and only then is anything read: whoever looks at reads alone sees too
/// late that an LRU would be ahead.
#[test]
fn a_cache_that_was_filled_by_stores_alone_is_hardly_behind_an_lru() {
    const KEYS: u64 = 200_000;
    const WEIGHT: usize = 1000;
    let engine = engine(20_000 * WEIGHT, 1);
    for key in KEYS..2 * KEYS {
        assert!(put(&engine, &Number::new(key, WEIGHT)).is_ok());
        if engine.totals().evicted > 0 {
            break;
        }
    }
    let capacity = usize::try_from(engine.totals().entries).unwrap();
    let mut exact = LruCache::new(NonZeroUsize::new(capacity).unwrap());
    for key in KEYS..KEYS + capacity as u64 {
        exact.put(key, ());
    }

    let mut random = 1u64;
    let mut roll = || {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (random >> 11) as f64 / (1u64 << 53) as f64
    };
    // The n-th most wanted key is wanted in proportion to 1 / n.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "from 1 to the number of keys"
    )]
    let popular = |roll: f64| (KEYS as f64).powf(roll) as u64;
    for _ in 0..2 * capacity {
        let key = popular(roll());
        assert!(put(&engine, &Number::new(key, WEIGHT)).is_ok());
        exact.put(key, ());
    }
    let (mut own, mut of_lru) = (0, 0);
    for _ in 0..capacity {
        let key = popular(roll());
        own += usize::from(has(&engine, key, 1));
        of_lru += usize::from(exact.get(&key).is_some());
    }
    assert!(own * 100 + 2 * capacity >= of_lru * 100, "{own} hits of {capacity}, an LRU {of_lru}");
}
