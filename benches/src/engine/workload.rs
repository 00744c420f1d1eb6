//! What the caches are asked for.

use super::peers::Peer;
use crate::{
    dice::{Dice, Zipf},
    sample,
};
use std::sync::atomic::{AtomicU64, Ordering};

/// How many keys there are and how many steps each thread makes in a lap.
#[derive(Clone, Copy, Debug)]
pub struct Scale {
    /// Items that there is room for.
    pub keys: usize,
    /// Steps of one thread in one lap.
    pub steps: usize,
    /// Laps of which the median counts.
    pub laps: usize,
}

impl Scale {
    /// For figures.
    pub const FULL: Self = Self { keys: 1_000_000, steps: 2_000_000, laps: 5 };
    /// To see that it works.
    pub const QUICK: Self = Self { keys: 100_000, steps: 200_000, laps: 3 };
}

/// How keys are picked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Picked {
    Uniformly,
    ByZipf,
    /// Each once, for ever new ones.
    Once,
    /// Nine in ten times one of them, else uniformly.
    MostlyOne,
}

/// A pattern of use.
#[derive(Clone, Copy, Debug)]
pub struct Workload {
    /// For the table.
    pub name: &'static str,
    picked: Picked,
    /// Of a hundred steps, how many write.
    writes: usize,
    /// The cache has room for the keys divided by this; 0: for all, and more.
    room: usize,
}

/// All of them.
pub const WORKLOADS: [Workload; 7] = [
    Workload { name: "get, uniform, all resident", picked: Picked::Uniformly, writes: 0, room: 0 },
    Workload { name: "get, zipf 0.99, all resident", picked: Picked::ByZipf, writes: 0, room: 0 },
    Workload { name: "90 % of gets on one key", picked: Picked::MostlyOne, writes: 0, room: 0 },
    Workload { name: "95 get / 5 set, zipf, room for 1/10", picked: Picked::ByZipf, writes: 5, room: 10 },
    Workload { name: "95 get / 5 set, zipf, all resident", picked: Picked::ByZipf, writes: 5, room: 0 },
    Workload { name: "50 get / 50 set, zipf, room for 1/10", picked: Picked::ByZipf, writes: 50, room: 10 },
    Workload { name: "set of new keys, evicting", picked: Picked::Once, writes: 100, room: 10 },
];

/// Wanted keys are about as unequal as in web traces.
const EXPONENT: f64 = 0.99;
/// A cache that only approximates its capacity needs slack to hold every key.
const SLACK: usize = 2;

/// The steps that one thread makes: a number to look up, or its complement to store.
pub(crate) type Steps = Vec<u64>;

impl Workload {
    /// How many items the cache is to have room for.
    pub(crate) fn capacity(&self, scale: Scale) -> usize {
        if self.room == 0 { scale.keys * SLACK } else { scale.keys }
    }

    /// Whether everything fits.
    pub(crate) fn is_resident(&self) -> bool {
        self.room == 0
    }

    /// How many distinct keys there are.
    fn keys(&self, scale: Scale) -> usize {
        scale.keys * self.room.max(1)
    }

    /// Stores every key once, so that what fits is there.
    pub(crate) fn fill(&self, peer: &dyn Peer, scale: Scale) {
        (0..self.keys(scale) as u64)
            .for_each(|number| peer.set(&sample::key(number), &sample::value(number)));
    }

    /// The steps of each thread, the same ones for every cache; none if keys are made as they are needed.
    pub(crate) fn steps(&self, threads: usize, scale: Scale) -> Vec<Steps> {
        if self.picked == Picked::Once {
            return vec![Steps::new(); threads];
        }
        let keys = self.keys(scale);
        let zipf = (self.picked == Picked::ByZipf).then(|| Zipf::new(keys, EXPONENT));
        let plan = |thread: usize| {
            let mut dice = Dice::new(thread as u64 + 1);
            let mut step = || {
                let number = match &zipf {
                    Some(zipf) => zipf.pick(&mut dice),
                    None if self.picked == Picked::MostlyOne && dice.below(10) > 0 => keys / 2,
                    None => dice.below(keys),
                } as u64;
                if dice.below(100) < self.writes { !number } else { number }
            };
            (0..scale.steps).map(|_| step()).collect()
        };
        (0..threads).map(plan).collect()
    }
}

/// Makes the steps; how many reads found something. With no steps planned, stores `count` new keys, numbered by `next`.
///
/// # Panics
/// If a cache returns another value than the one that belongs to the key.
pub(crate) fn walk<P: Peer + ?Sized>(peer: &P, steps: &[u64], count: usize, next: &AtomicU64) -> u64 {
    if steps.is_empty() {
        let first = next.fetch_add(count as u64, Ordering::Relaxed);
        (first..first + count as u64)
            .for_each(|number| peer.set(&sample::key(number), &sample::value(number)));
        return 0;
    }
    let mut hits = 0;
    for step in steps {
        // Numbers of keys are far below 2^63, their complements above.
        if *step >> 63 == 1 {
            peer.set(&sample::key(!step), &sample::value(!step));
        } else if let Some(right) = peer.holds(&sample::key(*step), *step) {
            assert!(right, "a value of another key came back");
            hits += 1;
        }
    }
    hits
}
