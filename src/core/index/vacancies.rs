//! Which parts of a slab nobody has.

use super::slab::UNITS;

const BITS: usize = u64::BITS as usize;
const WORDS: usize = UNITS.div_ceil(BITS);
/// A page may be smaller by this part of what it asks for, or larger by that, if that is just what a gap has: it grows a little earlier or
/// later, and what would be left of the gap is too little for most.
const SMALLER_BY: usize = 10;
const LARGER_BY: usize = 6;

/// A bit for each unit, set where somebody has it.
#[derive(Debug)]
pub(super) struct Vacancies {
    taken: [u64; WORDS],
    /// No gap is longer than this.
    longest: usize,
}

impl Vacancies {
    pub(super) fn all() -> Self {
        Self { taken: [0; WORDS], longest: UNITS }
    }

    /// From the first gap with room for about so many units: the first one, and how many.
    pub(super) fn take(&mut self, units: usize) -> Option<(usize, usize)> {
        self.first_of(units - units / SMALLER_BY, units, units + units / LARGER_BY)
    }

    /// From the first gap with room for just so many: the first one.
    pub(super) fn take_just(&mut self, units: usize) -> Option<usize> {
        Some(self.first_of(units, units, units)?.0)
    }

    /// How many nobody has.
    pub(super) fn len(&self) -> usize {
        UNITS - self.taken.iter().map(|word| word.count_ones() as usize).sum::<usize>()
    }

    /// From the first gap of so many at least: all of it, if it is of so many at most, or as many as are wanted.
    fn first_of(&mut self, least: usize, wanted: usize, most: usize) -> Option<(usize, usize)> {
        if wanted == 0 || least > self.longest {
            return None;
        }
        let (mut at, mut longest) = (self.next(0, Self::GAP), 0);
        while at < UNITS {
            let end = self.next(at, Self::TAKEN);
            let gap = end - at;
            if gap >= least {
                let taken = if gap <= most { gap } else { wanted };
                self.mark(at, taken, |word, bits| word | bits);
                return Some((at, taken));
            }
            longest = longest.max(gap);
            at = self.next(end, Self::GAP);
        }
        self.longest = longest;
        None
    }

    pub(super) fn give_back(&mut self, first: usize, units: usize) {
        self.mark(first, units, |word, bits| word & !bits);
        // With those beside it. Who looks for more than the longest does not go through all of them.
        let gap = self.next(first + units, Self::TAKEN) - self.begins(first);
        self.longest = self.longest.max(gap);
    }

    const GAP: u64 = u64::MAX;
    const TAKEN: u64 = 0;

    /// The first unit from there on that is a gap, or is taken; `UNITS` if there is none.
    fn next(&self, from: usize, wanted: u64) -> usize {
        let mut mask = u64::MAX << (from % BITS);
        for (at, word) in self.taken.iter().enumerate().skip(from / BITS) {
            let found = (word ^ wanted) & mask;
            if found != 0 {
                return (at * BITS + found.trailing_zeros() as usize).min(UNITS);
            }
            mask = u64::MAX;
        }
        UNITS
    }

    /// Where the gap begins in which this unit is.
    fn begins(&self, unit: usize) -> usize {
        let (last, below) = (unit / BITS, (1 << (unit % BITS)) - 1);
        let mut words = self.taken[..last].iter().enumerate().rev();
        let here = self.taken[last] & below;
        let taken = if here == 0 { words.find(|(_, word)| **word != 0) } else { Some((last, &here)) };
        taken.map_or(0, |(at, word)| at * BITS + word.ilog2() as usize + 1)
    }

    fn mark(&mut self, first: usize, units: usize, change: impl Fn(u64, u64) -> u64) {
        let end = first + units;
        for (at, word) in self.taken.iter_mut().enumerate().take(end.div_ceil(BITS)).skip(first / BITS) {
            let from = first.saturating_sub(at * BITS);
            let until = (end - at * BITS).min(BITS);
            let bits = (u64::MAX << from) & (u64::MAX >> (BITS - until));
            *word = change(*word, bits);
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    /// Beside one bool a unit.
    #[test]
    fn no_unit_is_handed_out_twice_and_each_gap_is_found() {
        let (mut vacancies, mut model, mut runs) = (Vacancies::all(), vec![false; UNITS], Vec::new());
        let mut random = 1_u64;
        let (mut refused, mut others) = (0, 0);
        for round in 0..20_000 {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let dice = (random >> 33) as usize;
            if dice % 5 < 2 && !runs.is_empty() {
                let (first, units): (usize, usize) = runs.swap_remove(dice / 5 % runs.len());
                vacancies.give_back(first, units);
                model[first..first + units].fill(false);
                continue;
            }
            let wanted = 1 + dice / 5 % 60;
            let is_just = dice.is_multiple_of(7);
            let (least, most) = match is_just {
                true => (wanted, wanted),
                false => (wanted - wanted / SMALLER_BY, wanted + wanted / LARGER_BY),
            };
            let gap = model.windows(least).position(|window| window.iter().all(|taken| !taken));
            assert_eq!(vacancies.len(), model.iter().filter(|taken| !**taken).count());
            let just = |vacancies: &mut Vacancies| Some((vacancies.take_just(wanted)?, wanted));
            match if is_just { just(&mut vacancies) } else { vacancies.take(wanted) } {
                Some((first, units)) => {
                    assert_eq!(Some(first), gap, "the first of them, in round {round}");
                    assert!((least..=most).contains(&units));
                    assert!(model[first..first + units].iter().all(|taken| !taken), "in round {round}");
                    model[first..first + units].fill(true);
                    others += usize::from(units != wanted);
                    runs.push((first, units));
                }
                None => {
                    assert_eq!(gap, None, "in round {round}");
                    refused += 1;
                }
            }
        }
        assert!(refused > 100 && others > 100, "it was full, and gaps were closed: {refused}, {others}");
        runs.drain(..).for_each(|(first, units)| vacancies.give_back(first, units));
        assert_eq!(vacancies.take(UNITS), Some((0, UNITS)), "all of it in one");
    }
}
