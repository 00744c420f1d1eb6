//! The table of one workload.

use super::laps::{Lap, Laps};
use crate::{
    engine::{
        peers::{ENTRANTS, YARDSTICK},
        plan::{Plan, Shown},
        workload::Workload,
    },
    median,
    table::Table,
};
use std::io::{self, Write};

/// Laps of several starts, each cache's together; in the order in which caches are shown.
pub(super) fn together(starts: Vec<Vec<Laps>>) -> Vec<Laps> {
    let mut starts = starts.into_iter();
    let mut all = starts.next().unwrap_or_default();
    for raced in starts {
        for more in raced {
            let Some(laps) = all.iter_mut().find(|laps| laps.name == more.name) else { continue };
            laps.by_threads.iter_mut().zip(more.by_threads).for_each(|(laps, more)| laps.extend(more));
        }
    }
    all.sort_by_key(|laps| ENTRANTS.iter().position(|it| it.name == laps.name));
    all
}

pub(super) fn write_table(
    workload: &Workload,
    plan: &Plan,
    raced: &[Laps],
    out: &mut dyn Write,
) -> io::Result<()> {
    let yardstick = raced.iter().find(|laps| laps.name == YARDSTICK);
    let mut columns: Vec<String> = plan.threads.iter().map(|it| format!("{it} threads")).collect();
    columns.extend((plan.shown == Shown::WallAndCpu).then(|| "CPU".to_owned()));
    let mut table = Table::new(out, workload.name, &columns)?;
    for laps in raced {
        table.row(&laps.name, &laps.cells(yardstick, workload, plan.shown))?;
    }
    Ok(())
}

impl Laps {
    fn cells(&self, yardstick: Option<&Self>, workload: &Workload, shown: Shown) -> Vec<String> {
        let yardstick = yardstick.filter(|it| it.name != self.name);
        let mut cells: Vec<String> = (0..self.by_threads.len())
            .map(|at| {
                let laps = &self.by_threads[at];
                let speed = match yardstick {
                    Some(other) => format!("{:.2}", ratio(&other.by_threads[at], laps, |lap| lap.wall)),
                    None => format!("{:.2} M/s", 1000.0 / of(laps, |lap| lap.wall)),
                };
                let hits = (workload.reads() > 0).then(|| format!(" ({:.0})", hits(laps)));
                speed + &hits.unwrap_or_default()
            })
            .collect();
        if shown == Shown::WallAndCpu {
            let cpu = |laps: &Self| mean(laps.by_threads.iter().map(|laps| of(laps, |lap| lap.cpu)));
            cells.push(match yardstick {
                Some(other) => format!("{:.2}", cpu(other) / cpu(self)),
                None => format!("{:.0} ns", cpu(self)),
            });
        }
        cells
    }
}

fn of(laps: &[Lap], part: fn(&Lap) -> f64) -> f64 {
    median(laps.iter().map(part).collect())
}

/// Lap by lap, since neighbouring laps are disturbed alike; then the median.
fn ratio(of: &[Lap], to: &[Lap], part: fn(&Lap) -> f64) -> f64 {
    median(of.iter().zip(to).map(|(of, to)| part(of) / part(to)).collect())
}

#[allow(clippy::cast_precision_loss, reason = "there are some few")]
fn mean(values: impl ExactSizeIterator<Item = f64>) -> f64 {
    let count = values.len() as f64;
    values.sum::<f64>() / count
}

#[allow(clippy::cast_precision_loss, reason = "counts of steps are far below 2^53")]
fn hits(laps: &[Lap]) -> f64 {
    let sum = |part: fn(&Lap) -> u64| laps.iter().map(part).sum::<u64>() as f64;
    sum(|lap| lap.reads.hits) * 100.0 / sum(|lap| lap.reads.all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::walk::Reads;

    fn laps<const N: usize>(walls: [f64; N]) -> Vec<Lap> {
        walls.map(|wall| Lap { wall, cpu: wall, reads: Reads { all: 4, hits: 3 } }).to_vec()
    }

    #[test]
    fn ratios_are_taken_lap_by_lap() {
        // The machine was ten times slower in one lap, for both.
        assert!((ratio(&laps([2.0, 20.0, 4.0]), &laps([1.0, 10.0, 1.0]), |lap| lap.wall) - 2.0).abs() < 1e-9);
        assert!((hits(&laps([1.0; 3])) - 75.0).abs() < 1e-9);
        assert!((mean([1.0, 2.0, 6.0].into_iter()) - 3.0).abs() < 1e-9);
    }

    #[test]
    fn starts_come_together_by_name() {
        let of = |name: &str, walls| Laps { name: name.to_owned(), by_threads: vec![laps::<2>(walls)] };
        let all = together(vec![
            vec![of("moka", [1.0, 2.0]), of("quick_cache", [3.0, 4.0])],
            vec![of("quick_cache", [7.0, 8.0]), of("moka", [5.0, 6.0])],
        ]);
        assert_eq!(all.iter().map(|laps| &*laps.name).collect::<Vec<_>>(), ["quick_cache", "moka"]);
        assert_eq!(all[0].by_threads, [laps([3.0, 4.0, 7.0, 8.0])]);
        assert_eq!(all[1].by_threads, [laps([1.0, 2.0, 5.0, 6.0])]);
    }
}
