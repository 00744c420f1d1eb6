//! What the caches are asked for.

use super::plan::Plan;
use crate::dice::{Dice, Zipf};

/// How many keys there are, and how many steps are made.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scale {
    /// Items that there is room for, or that are resident.
    pub(crate) room: usize,
    /// Steps of one lap, all threads together.
    pub(crate) steps: usize,
    /// Laps of which the median counts.
    pub(crate) laps: usize,
}

impl Scale {
    pub(crate) fn of(plan: &Plan) -> Self {
        let full = Self { room: 1_000_000, steps: 1_200_000, laps: 5 };
        let usual = plan.length.of(full, Self { room: 50_000, steps: 40_000, laps: 3 });
        Self { room: plan.items.unwrap_or(usual.room), ..usual }
    }
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
    /// Uniformly, of keys that are none of them.
    Beyond,
}

/// A pattern of use.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Workload {
    /// For the table.
    pub(crate) name: &'static str,
    picked: Picked,
    /// Of a hundred steps, how many write.
    writes: usize,
    /// The cache has room for the keys divided by this; 0: for all, and more.
    room: usize,
}

/// All of them.
pub(crate) const WORKLOADS: [Workload; 8] = [
    Workload { name: "get, uniform, all resident", picked: Picked::Uniformly, writes: 0, room: 0 },
    Workload { name: "get, zipf 0.99, all resident", picked: Picked::ByZipf, writes: 0, room: 0 },
    Workload { name: "90 % of gets on one key", picked: Picked::MostlyOne, writes: 0, room: 0 },
    Workload { name: "95 get / 5 set, zipf, room for 1/10", picked: Picked::ByZipf, writes: 5, room: 10 },
    Workload { name: "95 get / 5 set, zipf, all resident", picked: Picked::ByZipf, writes: 5, room: 0 },
    Workload { name: "50 get / 50 set, zipf, room for 1/10", picked: Picked::ByZipf, writes: 50, room: 10 },
    Workload { name: "set of new keys, evicting", picked: Picked::Once, writes: 100, room: 10 },
    Workload { name: "get, never stored, others resident", picked: Picked::Beyond, writes: 0, room: 0 },
];

/// The workload of which single gets are timed.
pub(crate) const MIXED: Workload = WORKLOADS[3];

/// Wanted keys are about as unequal as in web traces.
const EXPONENT: f64 = 0.99;
/// A cache that only approximates its capacity needs slack to hold every key.
const SLACK: usize = 2;

/// A number to look up, or its complement to store.
pub(crate) type Step = u64;

impl Workload {
    /// How many items the cache is to have room for.
    pub(crate) fn capacity(&self, scale: Scale) -> usize {
        if self.room == 0 { scale.room * SLACK } else { scale.room }
    }

    /// Whether everything fits.
    pub(crate) fn is_resident(&self) -> bool {
        self.room == 0
    }

    /// How many distinct keys there are.
    fn keys(&self, scale: Scale) -> usize {
        scale.room * self.room.max(1)
    }

    /// Whether each step stores a key that was never there.
    fn is_endless(&self) -> bool {
        self.picked == Picked::Once
    }

    /// Of a hundred steps, how many read.
    pub(crate) fn reads(&self) -> usize {
        100 - self.writes
    }

    /// The steps of so many laps, no lap like another, so that no cache can learn them.
    pub(crate) fn steps(&self, laps: usize, scale: Scale) -> Vec<Step> {
        if self.is_endless() { Vec::new() } else { self.picks(1, self.writes, laps * scale.steps, scale) }
    }

    /// Steps with which an empty cache comes to where it would be after long use: all that fits is stored, and then, where not
    /// everything fits, twice as much as it is picked.
    pub(crate) fn warm_up(&self, scale: Scale) -> Vec<Step> {
        let mut steps: Vec<Step> = (0..scale.room as u64).map(|number| !number).collect();
        if !self.is_resident() && !self.is_endless() {
            steps.extend(self.picks(2, 100, 2 * scale.room, scale));
            steps.extend(self.picks(3, self.writes, scale.room, scale));
        }
        steps
    }

    fn picks(&self, seed: u64, writes: usize, count: usize, scale: Scale) -> Vec<Step> {
        let keys = self.keys(scale);
        let zipf = (self.picked == Picked::ByZipf).then(|| Zipf::new(keys, EXPONENT));
        let mut dice = Dice::new(seed);
        let mut step = || {
            let number = match (self.picked, &zipf) {
                (_, Some(zipf)) => zipf.pick(&mut dice),
                (Picked::MostlyOne, _) if dice.below(10) > 0 => keys / 2,
                (Picked::Beyond, _) => keys + dice.below(keys),
                _ => dice.below(keys),
            } as u64;
            if dice.below(100) < writes { !number } else { number }
        };
        (0..count).map(|_| step()).collect()
    }
}

/// Numbers of keys are far below 2^63, their complements above.
pub(super) fn stores(step: Step) -> bool {
    step >> 63 == 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    const SCALE: Scale = Scale { room: 1000, steps: 5000, laps: 2 };

    #[test]
    fn steps_read_and_write_as_often_as_they_should_and_laps_differ() {
        for workload in WORKLOADS.iter().filter(|workload| !workload.is_endless()) {
            let steps = workload.steps(SCALE.laps, SCALE);
            let writes = steps.iter().filter(|step| stores(**step)).count();
            assert!(writes.abs_diff(steps.len() * workload.writes / 100) < 200, "{}", workload.name);
            assert_ne!(steps[..5000], steps[5000..], "{}", workload.name);
        }
    }

    #[test]
    fn of_what_was_never_stored_nothing_is_in_the_warm_up() {
        for workload in WORKLOADS.iter().filter(|workload| !workload.is_endless()) {
            let stored: HashSet<Step> = workload.warm_up(SCALE).iter().map(|step| !step).collect();
            let found = workload.steps(1, SCALE).iter().filter(|step| stored.contains(step)).count();
            assert_eq!(found == 0, workload.picked == Picked::Beyond, "{}", workload.name);
        }
    }

    #[test]
    fn a_tenth_of_the_keys_fits_where_not_all_do() {
        for workload in WORKLOADS.iter().filter(|workload| !workload.is_resident()) {
            assert_eq!(workload.keys(SCALE), 10 * workload.capacity(SCALE), "{}", workload.name);
        }
    }
}
