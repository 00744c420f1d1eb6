//! Which part of what is done is told to the audit.

/// A part of all, by how many of 2^32 draws hit it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Sampled(u64);

const ALL: f64 = (1_u64 << 32) as f64;

impl Sampled {
    pub(super) const NONE: Self = Self(0);

    /// Of what is no part, the nearest; of what is no number, none.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a part is from 0 to 1, and no number becomes 0"
    )]
    pub(super) fn part(part: f64) -> Self {
        // Who asks for some gets some.
        Self((part.clamp(0.0, 1.0) * ALL).ceil() as u64)
    }

    pub(super) fn is_none(self) -> bool {
        self == Self::NONE
    }

    /// Draws.
    pub(super) fn hits(self) -> bool {
        self.is_hit_by(fastrand::u32(..))
    }

    fn is_hit_by(self, draw: u32) -> bool {
        u64::from(draw) < self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_hit_as_often_as_it_says() {
        for (part, low, high) in
            [(0.0, 0, 0), (1.0, 100_000, 100_000), (0.01, 800, 1200), (0.5, 49_000, 51_000)]
        {
            let sampled = Sampled::part(part);
            let hits = (0..100_000).filter(|_| sampled.hits()).count();
            assert!((low..=high).contains(&hits), "{part}: {hits}");
        }
        for (odd, is) in [(-1.0, 0.0), (2.0, 1.0), (f64::NAN, 0.0), (f64::INFINITY, 1.0)] {
            assert_eq!(Sampled::part(odd), Sampled::part(is), "{odd}");
        }
        assert!(!Sampled::part(f64::MIN_POSITIVE).is_none() && Sampled::part(-0.0).is_none());
    }

    #[test]
    fn no_draw_hits_no_part_and_each_hits_all() {
        for draw in [0, 1, u32::MAX] {
            assert!(!Sampled::NONE.is_hit_by(draw) && Sampled::part(1.0).is_hit_by(draw), "{draw}");
        }
    }
}
