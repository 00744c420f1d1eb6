//! Which keys are asked for: drawn before anything is measured, so that a load spends its time on asking.

use crate::dice::{Dice, Zipf};
use std::sync::Arc;

/// Enough that whoever goes through them more than once meets no pattern that a cache could use.
const DRAWS: usize = 1 << 22;
const SEED: u64 = 11;

/// Numbers of keys, in the same order for every server.
#[derive(Clone, Debug)]
pub(super) struct Draws {
    drawn: Arc<[u32]>,
    next: usize,
}

impl Draws {
    /// Each of so many keys as often as any other.
    pub(super) fn uniform(keys: u32) -> Self {
        let mut dice = Dice::new(SEED);
        Self::of(|| dice.below(keys as usize))
    }

    /// By Zipf's law: the n-th most wanted in proportion to 1 / n^exponent.
    pub(super) fn zipf(keys: u32, exponent: f64) -> Self {
        let (zipf, mut dice) = (Zipf::new(keys as usize, exponent), Dice::new(SEED));
        Self::of(|| zipf.pick(&mut dice))
    }

    fn of(mut draw: impl FnMut() -> usize) -> Self {
        let drawn = (0..DRAWS).map(|_| u32::try_from(draw()).unwrap_or_default()).collect();
        Self { drawn, next: 0 }
    }

    pub(super) fn draw(&mut self) -> u32 {
        let drawn = self.drawn[self.next];
        self.next = (self.next + 1) % DRAWS;
        drawn
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    fn counts(mut draws: Draws, times: usize) -> HashMap<u32, usize> {
        let mut counts = HashMap::new();
        (0..times).for_each(|_| *counts.entry(draws.draw()).or_default() += 1);
        counts
    }

    #[test]
    fn uniform_draws_reach_every_key_about_equally() {
        let counts = counts(Draws::uniform(1000), 1_000_000);
        assert_eq!(counts.len(), 1000);
        assert!(counts.values().all(|count| (800..1200).contains(count)));
    }

    #[test]
    fn zipf_draws_follow_zipfs_law() {
        const KEYS: u32 = 100_000;
        let mut counts: Vec<usize> = counts(Draws::zipf(KEYS, 0.99), DRAWS).into_values().collect();
        counts.sort_unstable_by(|a, b| b.cmp(a));
        let sum: f64 = (1..=KEYS).map(|rank| f64::from(rank).powf(-0.99)).sum();
        for rank in [1_u32, 2, 10, 100, 1000] {
            #[allow(clippy::cast_precision_loss, reason = "counts are small")]
            let (found, due) =
                (counts[rank as usize - 1] as f64, DRAWS as f64 * f64::from(rank).powf(-0.99) / sum);
            assert!((found / due - 1.0).abs() < 0.15, "rank {rank}: {found}, due {due}");
        }
    }

    #[test]
    fn clones_draw_the_same_and_begin_anew_after_the_last() {
        let mut first = Draws::uniform(50_000);
        let mut second = first.clone();
        let begin: Vec<u32> = (0..100).map(|_| first.draw()).collect();
        assert_eq!(begin, (0..100).map(|_| second.draw()).collect::<Vec<_>>());
        (100..DRAWS).for_each(|_| _ = first.draw());
        assert_eq!(begin, (0..100).map(|_| first.draw()).collect::<Vec<_>>());
    }
}
