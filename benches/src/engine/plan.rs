//! How much is measured, and what of it.

use crate::asked::{Length, Wanted};
use clap::ValueEnum;

/// What is to be measured.
#[derive(Clone, Debug)]
pub struct Plan {
    /// How long it may take.
    pub length: Length,
    /// Items that are resident, or that there is room for, in races, latency and promotion, if it is said.
    pub items: Option<usize>,
    /// Numbers of threads for the races.
    pub threads: Vec<usize>,
    /// How often each race is started anew, each time with another cache first.
    pub starts: usize,
    /// Caches.
    pub peers: Wanted,
    /// Workloads of the races.
    pub workloads: Wanted,
    /// When keys are made in races.
    pub keys: Keys,
    /// What the races show.
    pub shown: Shown,
    /// How long the long run is, if it is said.
    pub seconds: Option<u32>,
    /// MiB that the long run stores in a second at most, if it is said.
    pub pace: Option<u64>,
}

/// What the races show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// Steps a second by the clock on the wall.
    Wall,
    /// Beside that, CPU time a step: less noisy where other work goes on.
    WallAndCpu,
}

/// When the key of a step is made, and the value if it stores one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Keys {
    /// Right before the step, byte by byte. Who then reads eight bytes of it at once waits until those have left the processor's store
    /// buffer, and so until the step before is done: one step hardly overlaps another.
    Made,
    /// Some dozens of steps before: steps overlap as far as the cache lets them.
    AtHand,
}

impl Keys {
    /// As a child process is told it.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Made => "made",
            Self::AtHand => "at-hand",
        }
    }

    /// `None` if that is none.
    pub(super) fn of_word(word: &str) -> Option<Self> {
        [Self::Made, Self::AtHand].into_iter().find(|keys| keys.word() == word)
    }
}
