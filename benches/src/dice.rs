//! Repeatable chance: every cache is asked for the same keys in the same order.

/// A small generator (splitmix64): good enough to pick keys with.
#[derive(Debug)]
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn number(&mut self, limit: u64) -> u64 {
        (self.roll() >> 1) % limit.max(1)
    }

    pub(crate) fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.number(limit as u64)).unwrap_or_default()
    }

    /// From 0 up to, and without, 1.
    #[allow(clippy::cast_precision_loss, reason = "53 bits fit an f64")]
    pub(crate) fn fraction(&mut self) -> f64 {
        (self.roll() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// Zipf's distribution: the n-th most wanted key is wanted in proportion to 1 / n^exponent.
#[derive(Debug)]
pub(crate) struct Zipf {
    /// Up to which fraction each rank reaches.
    reach: Vec<f64>,
}

impl Zipf {
    #[allow(clippy::cast_precision_loss, reason = "ranks are far below 2^53")]
    pub(crate) fn new(ranks: usize, exponent: f64) -> Self {
        let mut sum = 0.0;
        let mut reach: Vec<f64> = (1..=ranks)
            .map(|rank| {
                sum += (rank as f64).powf(-exponent);
                sum
            })
            .collect();
        reach.iter_mut().for_each(|it| *it /= sum);
        Self { reach }
    }

    /// A number below the count of ranks; wanted ones lie anywhere, not side by side.
    pub(crate) fn pick(&self, dice: &mut Dice) -> usize {
        scatter(self.rank(dice), self.reach.len())
    }

    /// A rank: 0 is the most wanted.
    pub(crate) fn rank(&self, dice: &mut Dice) -> usize {
        let fraction = dice.fraction();
        self.reach.partition_point(|reach| *reach <= fraction).min(self.reach.len().saturating_sub(1))
    }
}

/// A permutation of the ranks: a stride that shares no factor with a power of ten or of two.
fn scatter(rank: usize, ranks: usize) -> usize {
    const STRIDE: usize = 7_368_787;
    rank.wrapping_mul(STRIDE) % ranks.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_rank_gets_its_share() {
        let (zipf, mut dice) = (Zipf::new(1000, 0.99), Dice::new(7));
        let first = (0..100_000).filter(|_| zipf.pick(&mut dice) == 0).count();
        // One of the sum of 1 / n^0.99 up to 1000, which is about 7.73.
        assert!((11_500..14_500).contains(&first), "{first}");
    }

    #[test]
    fn scattering_loses_no_rank() {
        let mut seen: Vec<usize> = (0..100_000).map(|rank| scatter(rank, 100_000)).collect();
        seen.sort_unstable();
        assert!(seen.iter().enumerate().all(|(at, it)| at == *it));
    }
}
