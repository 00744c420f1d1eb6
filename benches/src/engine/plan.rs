//! How much is measured, and what of it.

use crate::asked::{Length, Wanted};

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
