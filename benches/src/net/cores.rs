//! Which core does what: the servers have one, the load another.

use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
use std::io;

const SERVERS: usize = 0;
const LOAD: usize = 1;

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
        let both = move_to(SERVERS).and_then(|()| move_to(LOAD));
        if both.is_ok() { Self::Apart } else { Self::Shared }
    }

    /// Does this on the core of the servers: processes that it starts stay there.
    ///
    /// # Errors
    /// What it returns.
    pub(super) fn on_the_servers<T>(self, start: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
        if self == Self::Shared {
            return start();
        }
        move_to(SERVERS)?;
        let started = start();
        move_to(LOAD)?;
        started
    }
}

fn move_to(core: usize) -> io::Result<()> {
    let mut cores = CpuSet::new();
    cores.set(core);
    sched_setaffinity(None, &cores)?;
    let taken = sched_getaffinity(None)?;
    if taken.is_set(core) && taken.count() == 1 { Ok(()) } else { Err(io::ErrorKind::Unsupported.into()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_started_process_stays_on_the_servers_core() {
        let Cores::Apart = Cores::take_apart() else { return };
        let run =
            || std::process::Command::new("grep").args(["Cpus_allowed_list", "/proc/self/status"]).output();
        let theirs = Cores::Apart.on_the_servers(run).unwrap().stdout;
        assert_eq!(theirs, b"Cpus_allowed_list:\t0\n");
        assert_eq!(run().unwrap().stdout, b"Cpus_allowed_list:\t1\n");
    }
}
