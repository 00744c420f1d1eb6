//! What a server is filled with, and in which order: sizes that are even, spread, or change over time.

use crate::{dice::Dice, net::values::Value};

/// Phases of different sizes, one after the other.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mix {
    pub(super) name: &'static str,
    pub(super) phases: &'static [Sizes],
    keys: Keys,
}

/// How long values are.
#[derive(Clone, Copy, Debug)]
pub(super) enum Sizes {
    /// 50 to 200 bytes.
    Small,
    /// 10 to 100 KiB.
    Large,
    /// 50 bytes to 100 KiB, each doubling as often as any other.
    Spread,
}

#[derive(Clone, Copy, Debug)]
enum Keys {
    /// Each is set once.
    New,
    /// These are set again and again, each time in another size.
    Again(usize),
}

pub(super) const MIXES: [Mix; 5] = [
    Mix { name: "resident, 50 to 200 B", phases: &[Sizes::Small], keys: Keys::New },
    Mix { name: "resident, 10 to 100 KiB", phases: &[Sizes::Large], keys: Keys::New },
    Mix { name: "resident, 50 B to 100 KiB", phases: &[Sizes::Spread], keys: Keys::New },
    Mix {
        name: "resident, small, then large, then small, then spread",
        phases: &[Sizes::Small, Sizes::Large, Sizes::Small, Sizes::Spread],
        keys: Keys::New,
    },
    Mix {
        name: "resident, 40,000 keys rewritten in other sizes",
        phases: &[Sizes::Spread],
        keys: Keys::Again(40_000),
    },
];

impl Sizes {
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it is between 50 and 102,400"
    )]
    fn draw(self, dice: &mut Dice) -> usize {
        /// From the shortest to the longest.
        const SHORTEST: f64 = 50.0;
        const DOUBLINGS: f64 = 11.0;
        match self {
            Self::Small => 50 + dice.below(151),
            Self::Large => (10 << 10) + dice.below((90 << 10) + 1),
            Self::Spread => (SHORTEST * (DOUBLINGS * dice.fraction()).exp2()) as usize,
        }
    }
}

impl Mix {
    /// What the set of this number stores, in a phase of these sizes.
    pub(super) fn value(&self, set: u32, sizes: Sizes) -> Value {
        let mut dice = Dice::new(u64::from(set));
        let len = sizes.draw(&mut dice);
        match self.keys {
            Keys::New => Value { number: set, round: 0, len },
            Keys::Again(count) => {
                Value { number: u32::try_from(dice.below(count)).unwrap_or_default(), round: set, len }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn sizes_reach_from_end_to_end() {
        for (sizes, shortest, longest) in
            [(Sizes::Small, 50, 200), (Sizes::Large, 10 << 10, 100 << 10), (Sizes::Spread, 50, 100 << 10)]
        {
            let lens: Vec<usize> = (0..20_000).map(|set| MIXES[0].value(set, sizes).len).collect();
            assert!(lens.iter().all(|len| (shortest..=longest).contains(len)), "{sizes:?}");
            assert!(lens.iter().any(|len| *len < shortest + shortest / 20 + 1), "{sizes:?}");
            assert!(lens.iter().any(|len| *len > longest - longest / 20), "{sizes:?}");
        }
    }

    #[test]
    fn a_doubling_of_sizes_is_as_frequent_as_another() {
        let below = (0..20_000).filter(|set| MIXES[2].value(*set, Sizes::Spread).len < 50 << 5).count();
        assert!((8500..9700).contains(&below), "five of eleven of 20,000 are due, {below} came");
    }

    #[test]
    fn keys_are_new_or_come_again_in_another_size() {
        let numbers =
            |mix: &Mix| (0..5000).map(|set| mix.value(set, Sizes::Small).number).collect::<HashSet<_>>();
        assert_eq!(numbers(&MIXES[0]).len(), 5000);
        let again = Mix { keys: Keys::Again(100), ..MIXES[4] };
        assert_eq!(numbers(&again).len(), 100);
        let lens: HashSet<usize> = (0..5000)
            .map(|set| again.value(set, Sizes::Spread))
            .filter(|value| value.number == 7)
            .map(|value| value.len)
            .collect();
        assert!(lens.len() > 20, "{}", lens.len());
    }
}
