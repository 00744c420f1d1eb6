//! Caches beside each other, in several workloads.

mod laps;
mod shown;
mod told;

use super::{
    child,
    peers::{ENTRANTS, Kind, YARDSTICK, charge, charge_is, held_of},
    plan::{Keys, Plan, Shown},
    scattered::Held,
    workload::{Scale, WORKLOADS, Workload},
};
use crate::asked::{Length, Wanted};
use laps::{Laps, Start};
use std::io::{self, Write};

/// Asks a child for this.
const RACE: &str = "race";

/// Millions of steps a second, beside quick_cache.
///
/// # Errors
/// If the table cannot be written or a child process fails.
pub fn race(plan: &Plan, out: &mut dyn Write) -> io::Result<()> {
    let scale = Scale::of(plan);
    writeln!(
        out,
        "Races: 20-byte keys, 100-byte values; {} items resident, or room for so many of ten",
        scale.room
    )?;
    writeln!(
        out,
        "times as many keys. {} laps in turn of {} steps, all threads together, of each of {} starts.",
        scale.laps, scale.steps, plan.starts
    )?;
    writeln!(
        out,
        "Millions of steps a second for {YARDSTICK}; for the others the median of their ratios to it, lap by lap;"
    )?;
    writeln!(
        out,
        "in brackets hits in % of gets. CPU: nanoseconds a step, mean over the numbers of threads; more than 1 is less CPU."
    )?;
    writeln!(
        out,
        "{}",
        match plan.keys {
            Keys::Made => "Each key is made right before its step.",
            Keys::AtHand => "Keys and values are at hand before their steps.",
        }
    )?;
    write_held(plan, scale, out)?;
    for workload in WORKLOADS.iter().filter(|workload| plan.workloads.includes(workload.name)) {
        let starts = (0..plan.starts).map(|number| ask(workload, plan, Start { number, of: plan.starts }));
        let raced = shown::together(starts.collect::<io::Result<_>>()?);
        shown::write_table(workload, plan, &raced, out)?;
    }
    Ok(())
}

/// A child: each start has a process of its own. What caches leave behind would be found by those of the next one, freed memory and, of
/// who was on large pages, such pages too.
fn ask(workload: &Workload, plan: &Plan, start: Start) -> io::Result<Vec<Laps>> {
    let question = question(workload, plan, start);
    let question: Vec<&str> = question.iter().map(String::as_str).collect();
    let said = child::ask(&question)?;
    told::heard(&said).ok_or_else(|| io::Error::other(format!("the races' child said {said:?}")))
}

fn question(workload: &Workload, plan: &Plan, start: Start) -> Vec<String> {
    let threads: Vec<String> = plan.threads.iter().map(ToString::to_string).collect();
    let mut question = vec![
        RACE.to_owned(),
        workload.name.to_owned(),
        start.number.to_string(),
        start.of.to_string(),
        charge().to_string(),
        plan.length.word().to_owned(),
        plan.keys.word().to_owned(),
        plan.items.map_or_else(String::new, |items| items.to_string()),
        threads.join(","),
    ];
    question.extend(plan.peers.0.iter().cloned());
    question
}

/// In the child: the laps of one start.
pub(super) fn answer(question: &[&str]) -> Option<io::Result<String>> {
    let [RACE, workload, number, of, charge, length, keys, items, threads, peers @ ..] = question else {
        return None;
    };
    let workload = WORKLOADS.iter().find(|it| it.name == *workload)?;
    let start = Start { number: number.parse().ok()?, of: of.parse().ok()? };
    charge_is(charge.parse().ok()?);
    let plan = Plan {
        length: Length::of_word(length)?,
        items: items.parse().ok(),
        threads: threads.split(',').map(str::parse).collect::<Result<_, _>>().ok()?,
        starts: start.of,
        peers: Wanted::of(peers),
        workloads: Wanted::default(),
        keys: Keys::of_word(keys)?,
        shown: Shown::Wall,
        seconds: None,
        pace: None,
    };
    let _held = Held::before(plan.length);
    Some(Ok(told::told(&laps::run(workload, &plan, start))))
}

/// Capacity is equal when the caches say so; this is how many stay.
fn write_held(plan: &Plan, scale: Scale, out: &mut dyn Write) -> io::Result<()> {
    let room = scale.room / 10;
    write!(out, "\nHeld with room for {room}, after twice as many:")?;
    for entrant in ENTRANTS.iter().filter(|it| it.kind == Kind::Cache && plan.peers.includes(it.name)) {
        write!(out, " {} {};", entrant.name, held_of(&*(entrant.make)(room), 2 * room as u64))?;
    }
    writeln!(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_child_tells_of_all_that_it_is_asked_for_each_start_with_another_first() {
        let plan = Plan {
            length: Length::Quick,
            items: Some(1000),
            threads: vec![2, 1],
            starts: 2,
            peers: Wanted::of(&["=quick_cache", "=moka"]),
            workloads: Wanted::default(),
            keys: Keys::AtHand,
            shown: Shown::WallAndCpu,
            seconds: None,
            pace: None,
        };
        let told = |number| {
            let question = question(&WORKLOADS[3], &plan, Start { number, of: 2 });
            let question: Vec<&str> = question.iter().map(String::as_str).collect();
            told::heard(&answer(&question).unwrap().unwrap()).unwrap()
        };
        for (number, names) in [["quick_cache", "moka"], ["moka", "quick_cache"]].iter().enumerate() {
            let told = told(number);
            assert_eq!(told.iter().map(|laps| &*laps.name).collect::<Vec<_>>(), names);
            assert!(told.iter().all(|laps| laps.by_threads.iter().map(Vec::len).eq([3, 3])), "{told:?}");
        }
        assert!(answer(&["race", "nothing"]).is_none());
    }
}
