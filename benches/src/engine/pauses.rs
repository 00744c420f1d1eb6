//! Long single operations, and whether it was they that took long or the machine that did something else.

use crate::cpu;
use crate::table::Table;
use std::{
    fmt, io,
    time::{Duration, Instant},
};

/// From where on an operation is long.
const LONG: [Duration; 3] =
    [Duration::from_micros(100), Duration::from_micros(250), Duration::from_millis(1)];
/// What is in a row's cells.
pub(super) const COLUMNS: [&str; 7] = [
    "mean, ns",
    "over 100 µs: wall / CPU",
    "over 250 µs",
    "over 1 ms",
    "largest, µs: wall / CPU",
    "run, s: wall / CPU",
    "preempted",
];

/// Operations of one thread, by the clock on the wall and by the thread's CPU time. CPU time stands still while the kernel runs
/// another thread on the processor, but not while it works for this one, nor always while a hypervisor runs another machine.
#[derive(Clone, Debug, Default)]
pub(super) struct Pauses {
    pub(super) operations: u64,
    wall: Spread,
    cpu: Spread,
    /// How often an operation took long on the wall and less than half as long in CPU time.
    preempted: u64,
}

#[derive(Clone, Debug, Default)]
struct Spread {
    over: [u64; LONG.len()],
    largest: Duration,
    all: Duration,
}

impl Spread {
    fn add(&mut self, took: Duration) {
        for (count, long) in self.over.iter_mut().zip(LONG) {
            *count += u64::from(took > long);
        }
        self.largest = self.largest.max(took);
        self.all += took;
    }
}

impl Pauses {
    fn add(&mut self, wall: Duration, cpu: Duration) {
        // By the thread's clock an operation can take milliseconds more than went by on the wall, mostly one in which the thread
        // was switched: 148 µs were said to be 2.2 ms. One thread cannot work for longer than that.
        let cpu = cpu.min(wall);
        self.operations += 1;
        self.wall.add(wall);
        self.cpu.add(cpu);
        self.preempted += u64::from(wall > LONG[0] && cpu < wall / 2);
    }

    /// How long it all took.
    pub(super) fn time(&self) -> Duration {
        self.wall.all
    }

    pub(super) fn row(&self, name: &str, table: &mut Table<'_>) -> io::Result<()> {
        let both = |part: &dyn Fn(&Spread) -> String| format!("{} / {}", part(&self.wall), part(&self.cpu));
        let over = |at: usize| both(&|spread| spread.over[at].to_string());
        let cells = [
            (self.wall.all.as_nanos() / u128::from(self.operations.max(1))).to_string(),
            over(0),
            over(1),
            over(2),
            both(&|spread| spread.largest.as_micros().to_string()),
            both(&|spread| format!("{:.1}", spread.all.as_secs_f64())),
            self.preempted.to_string(),
        ];
        table.row(name, &cells)
    }
}

/// Looks at both clocks after each operation of one thread. The looks are in what it sees, some hundred nanoseconds each.
pub(super) struct Watch {
    at: Instant,
    cpu: Duration,
    pub(super) pauses: Pauses,
}

impl Watch {
    pub(super) fn start() -> Self {
        Self { at: Instant::now(), cpu: cpu::of_thread(), pauses: Pauses::default() }
    }

    /// What was done since the last look was one operation.
    pub(super) fn note(&mut self) {
        let (at, cpu) = (Instant::now(), cpu::of_thread());
        self.pauses.add(at - self.at, cpu.saturating_sub(self.cpu));
        (self.at, self.cpu) = (at, cpu);
    }
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch").field("pauses", &self.pauses).finish_non_exhaustive()
    }
}

/// The control: a thread that does nothing but look at the clocks for so long. What it sees is the machine's.
pub(super) fn control(time: Duration) -> Pauses {
    let mut watch = Watch::start();
    while watch.pauses.wall.all < time {
        watch.note();
    }
    watch.pauses
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_operations_are_told_from_preemptions() {
        let mut pauses = Pauses::default();
        let micros = Duration::from_micros;
        pauses.add(micros(1), micros(1));
        pauses.add(micros(300), micros(290));
        pauses.add(micros(4000), micros(2));
        assert_eq!((pauses.wall.over, pauses.cpu.over), ([2, 2, 1], [1, 1, 0]));
        assert_eq!((pauses.wall.largest, pauses.cpu.largest), (micros(4000), micros(290)));
        assert_eq!((pauses.preempted, pauses.operations), (1, 3));
    }

    #[test]
    fn no_operation_takes_more_cpu_time_than_went_by() {
        let mut pauses = Pauses::default();
        pauses.add(Duration::from_micros(50), Duration::from_millis(5));
        assert_eq!((pauses.cpu.over, pauses.cpu.largest), ([0; 3], Duration::from_micros(50)));
    }

    #[test]
    fn a_sleep_is_long_on_the_wall_alone() {
        let mut watch = Watch::start();
        std::thread::sleep(Duration::from_millis(20));
        watch.note();
        assert_eq!((watch.pauses.wall.over[2], watch.pauses.preempted), (1, 1));
    }
}
