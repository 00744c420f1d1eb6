//! Which core does what: the servers have the first ones, mostly one, the load those after them.

use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
use std::{io, ops::Range, thread};

/// Where the servers have one.
const LOAD: Range<usize> = 1..2;

/// Whether server and load are kept apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cores {
    Apart,
    /// The system does not allow it, or there is only one.
    Shared,
}

impl Cores {
    /// Moves the calling thread to the core of the load.
    pub(super) fn take_apart() -> Self {
        let both = move_to(0..1).and_then(|()| move_to(LOAD));
        if both.is_ok() { Self::Apart } else { Self::Shared }
    }

    /// Does this on so many cores of the servers: processes that it starts stay there.
    ///
    /// # Errors
    /// What it returns.
    pub(super) fn on_the_servers<T>(
        self,
        count: usize,
        start: impl FnOnce() -> io::Result<T>,
    ) -> io::Result<T> {
        if self == Self::Shared {
            return start();
        }
        move_to(0..count)?;
        let started = start();
        move_to(count..count + 1)?;
        started
    }

    /// Moves the calling thread, one of the load's, to its core beyond those of the servers.
    ///
    /// # Errors
    /// If there is no such core.
    pub(super) fn beyond_the_servers(self, count: usize, thread: usize) -> io::Result<()> {
        if self == Self::Shared { Ok(()) } else { move_to(count + thread..count + thread + 1) }
    }

    /// How many cores the servers can have so that the load has as many.
    pub(super) fn for_the_servers(self) -> usize {
        // The calling thread has one of them, and that is all that it may use now.
        let all = (0..CpuSet::MAX_CPU).take_while(|core| {
            thread::scope(|it| it.spawn(move || move_to(*core..core + 1).is_ok()).join().unwrap_or(false))
        });
        if self == Self::Shared { 1 } else { all.count() / 2 }
    }
}

fn move_to(wanted: Range<usize>) -> io::Result<()> {
    let mut cores = CpuSet::new();
    wanted.clone().for_each(|core| cores.set(core));
    sched_setaffinity(None, &cores)?;
    let taken = sched_getaffinity(None)?;
    let all = wanted.clone().all(|core| taken.is_set(core)) && taken.count() as usize == wanted.len();
    if all { Ok(()) } else { Err(io::ErrorKind::Unsupported.into()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_started_process_stays_on_the_servers_core() {
        let Cores::Apart = Cores::take_apart() else { return };
        let run =
            || std::process::Command::new("grep").args(["Cpus_allowed_list", "/proc/self/status"]).output();
        let theirs = Cores::Apart.on_the_servers(1, run).unwrap().stdout;
        assert_eq!(theirs, b"Cpus_allowed_list:\t0\n");
        assert_eq!(run().unwrap().stdout, b"Cpus_allowed_list:\t1\n");
    }
}
