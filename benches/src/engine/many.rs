//! Many keys at once beside one by one. Each number of residents has a process of its own, so that none finds memory that the caches of
//! another one freed.

use super::{
    child,
    peers::{Engine, Peer, Quick, Session, YARDSTICK, charge, charge_is},
    plan::Plan,
    scattered::Held,
};
use crate::{
    asked::{Length, Wanted},
    cpu,
    dice::Dice,
    median, sample,
    table::Table,
};
use std::{
    io::{self, Write},
    time::Instant,
};

type Key = [u8; sample::KEY];

/// Asks a child for this.
const MANY: &str = "many";

/// Keys in one call; 1 is a `get` of its own.
const BATCHES: [usize; 4] = [1, 16, 32, 64];

/// A cache that can be asked for several keys at once.
trait Batched {
    fn store(&self, number: u64);
    /// How many of these hold the value of their number; the batch is made from the numbers each time.
    fn right_one_by_one(&self, numbers: &[u64]) -> usize;
    /// None if it knows no such call.
    fn right_at_once(&self, numbers: &[u64]) -> Option<usize>;
}

type Maker = fn(usize) -> Box<dyn Batched>;

const BATCHED: [(&str, Maker); 3] = [
    ("keyway session", |room| {
        let budget = room as u64 * charge() * 3 / 2;
        Box::new(Session::with_budget(usize::try_from(budget).unwrap_or(usize::MAX)))
    }),
    ("keyway engine", |room| Box::new(Engine::<{ sample::KEY }>::with_room_for(2 * room))),
    (YARDSTICK, |room| Box::new(Quick::<{ sample::KEY }>::growing_to(2 * room as u64))),
];

/// Nanoseconds a key, wall and CPU, of batches of keys picked uniformly.
///
/// # Errors
/// If the table cannot be written or a child process fails.
pub fn many(plan: &Plan, out: &mut dyn Write) -> io::Result<()> {
    let Pace { steps, laps } = Pace::of(plan.length);
    writeln!(
        out,
        "get_many: nanoseconds a key, wall / CPU, one thread, uniform; median of {laps} laps in turn of {steps} keys."
    )?;
    for resident in plan.length.of([1_000_000, 10_000_000], [100_000, 1_000_000]) {
        let (resident, charge) = (resident.to_string(), charge().to_string());
        let mut question = vec![MANY, plan.length.word(), &resident, &charge];
        question.extend(plan.peers.0.iter().map(String::as_str));
        let said = child::ask(&question)?;
        let columns = BATCHES
            .map(|batch| if batch == 1 { "one by one".to_owned() } else { format!("{batch} at once") });
        let mut table = Table::new(out, &format!("{resident} resident"), &columns)?;
        for row in said.lines() {
            let mut cells = row.split('\t');
            let name = cells.next().unwrap_or_default();
            table.row(name, &cells.collect::<Vec<_>>())?;
        }
    }
    Ok(())
}

/// In the child: a line for each cache, its name and its cells.
pub(super) fn answer(question: &[&str]) -> Option<io::Result<String>> {
    let [MANY, length, resident, charge, peers @ ..] = question else { return None };
    charge_is(charge.parse().ok()?);
    let length = Length::of_word(length)?;
    let wanted = Wanted::of(peers);
    Some(Ok(measure(length, resident.parse().ok()?, &wanted)))
}

/// Laps, and keys in each.
#[derive(Clone, Copy, Debug)]
struct Pace {
    steps: usize,
    laps: usize,
}

impl Pace {
    fn of(length: Length) -> Self {
        length.of(Self { steps: 1_280_000, laps: 5 }, Self { steps: 64_000, laps: 3 })
    }
}

fn measure(length: Length, resident: usize, wanted: &Wanted) -> String {
    let Pace { steps, laps } = Pace::of(length);
    let _held = Held::before(length);
    let peers: Vec<(&str, Box<dyn Batched>)> = BATCHED
        .iter()
        .filter(|(name, _)| wanted.includes(name))
        .map(|(name, make)| (*name, make(resident)))
        .collect();
    peers.iter().for_each(|(_, peer)| (0..resident as u64).for_each(|number| peer.store(number)));
    let mut dice = Dice::new(11);
    let mut times = vec![[const { Vec::new() }; BATCHES.len()]; peers.len()];
    for _ in 0..laps {
        for (at, batch) in BATCHES.iter().enumerate() {
            // New ones each lap, so that no cache of the processor knows them.
            let numbers: Vec<u64> = (0..steps).map(|_| dice.below(resident) as u64).collect();
            for ((_, peer), times) in peers.iter().zip(&mut times) {
                times[at].extend(lap(&**peer, &numbers, *batch));
            }
        }
    }
    let row = |(name, times): (&str, &[Vec<[f64; 2]>; BATCHES.len()])| {
        std::iter::once(name.to_owned())
            .chain(times.iter().map(|laps| cell(laps)))
            .collect::<Vec<_>>()
            .join("\t")
    };
    let names = peers.iter().map(|(name, _)| *name);
    names.zip(&times).map(row).collect::<Vec<_>>().join("\n")
}

/// Nanoseconds a key, wall and CPU.
#[allow(clippy::cast_precision_loss, reason = "counts of steps are far below 2^53")]
fn lap(peer: &dyn Batched, numbers: &[u64], batch: usize) -> Option<[f64; 2]> {
    let (began, cpu) = (Instant::now(), cpu::of_thread());
    let mut right = 0;
    if batch == 1 {
        right += peer.right_one_by_one(numbers);
    } else {
        for numbers in numbers.chunks(batch) {
            right += peer.right_at_once(numbers)?;
        }
    }
    let took = [began.elapsed(), cpu::of_thread() - cpu];
    assert_eq!(right, numbers.len(), "all are resident");
    Some(took.map(|took| took.as_secs_f64() * 1e9 / numbers.len() as f64))
}

fn cell(laps: &[[f64; 2]]) -> String {
    if laps.is_empty() {
        return "-".to_owned();
    }
    let [wall, cpu] = [0, 1].map(|part| median(laps.iter().map(|lap| lap[part]).collect()));
    format!("{wall:.0} / {cpu:.0}")
}

fn right_one_by_one(peer: &impl Peer, numbers: &[u64]) -> usize {
    numbers.iter().filter(|number| peer.holds(&sample::key(**number), **number) == Some(true)).count()
}

fn keys(numbers: &[u64]) -> Vec<Key> {
    numbers.iter().map(|number| sample::key(*number)).collect()
}

impl Batched for Session {
    fn store(&self, number: u64) {
        self.set(&sample::key(number), &sample::value(number));
    }

    fn right_one_by_one(&self, numbers: &[u64]) -> usize {
        right_one_by_one(self, numbers)
    }

    #[allow(clippy::expect_used, reason = "a refusal would be measured as speed")]
    fn right_at_once(&self, numbers: &[u64]) -> Option<usize> {
        let items = self.session.get_many(&keys(numbers)).expect("the session may read");
        let right = |(item, number): (&Option<keyway::Item>, &u64)| {
            item.as_ref().is_some_and(|item| sample::belongs(item.value(), *number))
        };
        Some(items.iter().zip(numbers).filter(|pair| right(*pair)).count())
    }
}

impl Batched for Engine<{ sample::KEY }> {
    fn store(&self, number: u64) {
        self.set(&sample::key(number), &sample::value(number));
    }

    fn right_one_by_one(&self, numbers: &[u64]) -> usize {
        right_one_by_one(self, numbers)
    }

    fn right_at_once(&self, numbers: &[u64]) -> Option<usize> {
        let found = self.0.get_many(&keys(numbers));
        let pairs = found.iter().zip(numbers);
        Some(
            pairs
                .filter(|(held, number)| {
                    held.as_ref().is_some_and(|it| sample::belongs(it.value(), **number))
                })
                .count(),
        )
    }
}

impl Batched for Quick<{ sample::KEY }> {
    fn store(&self, number: u64) {
        self.set(&sample::key(number), &sample::value(number));
    }

    fn right_one_by_one(&self, numbers: &[u64]) -> usize {
        right_one_by_one(self, numbers)
    }

    fn right_at_once(&self, _numbers: &[u64]) -> Option<usize> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_batches_find_the_right_values() {
        let numbers: Vec<u64> = (0..1000).collect();
        for (name, make) in BATCHED {
            let peer = make(1000);
            numbers.iter().for_each(|number| peer.store(*number));
            for batch in BATCHES {
                assert!(lap(&*peer, &numbers, batch).is_some() || name == YARDSTICK);
            }
        }
    }

    #[test]
    fn a_child_tells_of_the_caches_that_it_is_asked_for() {
        let said = answer(&[MANY, "quick", "1000", "180", "keyway session", "quick_cache"]).unwrap().unwrap();
        let rows: Vec<Vec<&str>> = said.lines().map(|row| row.split('\t').collect()).collect();
        assert_eq!(rows.iter().map(|row| row[0]).collect::<Vec<_>>(), ["keyway session", "quick_cache"]);
        assert!(rows.iter().all(|row| row.len() == 1 + BATCHES.len()));
        // It knows no such call.
        assert!(rows[0].iter().all(|cell| *cell != "-") && rows[1][2..].iter().all(|cell| *cell == "-"));
        assert!(answer(&["some", "quick", "1000", "180"]).is_none());
    }
}
