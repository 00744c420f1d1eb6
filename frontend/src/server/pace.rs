//! How long turns and requests take, of some of them: a clock costs as much as a tenth of a request.

use crate::{
    histogram::Histogram,
    tally::{Count, Counts},
};
use std::time::Duration;

/// Of so many turns one is timed, on average. Not each so-manieth: a loop whose connections take turns in a fixed order would time
/// the same one for ever. (The help of the metric names this number, too.)
pub(super) const TIMED_ONE_IN: u32 = 64;

/// Kinds of requests that are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Timed {
    Get,
    Set,
    Delete,
    Arithmetic,
    Touch,
    Login,
}

/// Times of some of an event loop's turns.
#[derive(Debug, Default)]
pub(super) struct Pace {
    pub(super) turns: Histogram,
    /// Of turns that had one request and no more.
    requests: [Histogram; Timed::ALL.len()],
}

/// When the next turn is to be timed.
#[derive(Debug)]
pub(super) struct Sampling {
    dice: u32,
}

impl Timed {
    pub(crate) const ALL: [Self; 6] =
        [Self::Get, Self::Set, Self::Delete, Self::Arithmetic, Self::Touch, Self::Login];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Get => "get",
            Self::Set => "set",
            Self::Delete => "delete",
            Self::Arithmetic => "arithmetic",
            Self::Touch => "touch",
            Self::Login => "login",
        }
    }

    /// The counts that its requests end in, one each.
    fn ends(self) -> &'static [Count] {
        match self {
            Self::Get => &[Count::GetHits, Count::GetMisses],
            Self::Set => &[Count::Sets],
            Self::Delete => &[Count::DeleteHits, Count::DeleteMisses],
            Self::Arithmetic => &[Count::IncrHits, Count::IncrMisses, Count::DecrHits, Count::DecrMisses],
            Self::Touch => &[Count::TouchHits, Count::TouchMisses],
            Self::Login => &[Count::Logins],
        }
    }
}

impl Pace {
    /// A turn took so long, and in it so much was counted.
    pub(super) fn note(&self, took: Duration, counted: &Counts) {
        self.turns.observe(took);
        let of = |timed: Timed| timed.ends().iter().map(|count| counted.of(*count)).sum::<u64>();
        let counts = Timed::ALL.map(of);
        if counts.iter().sum::<u64>() == 1
            && let Some(place) = counts.iter().position(|count| *count == 1)
        {
            self.requests[place].observe(took);
        }
    }

    pub(super) fn requests(&self, timed: Timed) -> &Histogram {
        &self.requests[timed as usize]
    }
}

impl Sampling {
    pub(super) fn new(seed: usize) -> Self {
        Self { dice: u32::try_from(seed).unwrap_or_default() }
    }

    /// In so many turns, from 1 on.
    pub(super) fn next(&mut self) -> u32 {
        // A linear congruential generator (Numerical Recipes): its high bits are random enough for this.
        self.dice = self.dice.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        1 + (self.dice >> 16) % (2 * TIMED_ONE_IN - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{histogram::Observed, tally::Tally};

    #[test]
    fn a_request_is_timed_where_it_had_the_turn_to_itself() {
        let (pace, took) = (Pace::default(), Duration::from_micros(3));
        let counted = |counts: &[Count]| {
            let tally = Tally::default();
            counts.iter().for_each(|count| tally.count(*count));
            tally.counts()
        };
        pace.note(took, &counted(&[Count::GetMisses]));
        pace.note(took, &counted(&[Count::Sets, Count::CasHits]));
        pace.note(took, &counted(&[Count::GetHits, Count::GetHits]));
        pace.note(took, &counted(&[Count::GetHits, Count::Sets]));
        pace.note(took, &counted(&[]));
        assert_eq!(Observed::of([&pace.turns]).count(), 5);
        let counts = Timed::ALL.map(|timed| Observed::of([pace.requests(timed)]).count());
        assert_eq!(counts, [1, 1, 0, 0, 0, 0]);
    }

    #[test]
    fn one_in_so_many_is_timed_and_the_distance_varies() {
        let mut sampling = Sampling::new(3);
        let distances: Vec<u32> = (0..10_000).map(|_| sampling.next()).collect();
        assert!(distances.iter().all(|distance| (1..2 * TIMED_ONE_IN).contains(distance)));
        let mean = distances.iter().sum::<u32>() / 10_000;
        assert!(mean.abs_diff(TIMED_ONE_IN) <= 2, "{mean}");
    }
}
