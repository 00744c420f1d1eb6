//! CPU time: unlike the clock on the wall it does not run while the machine does something else.

use rustix::time::{ClockId, clock_gettime};
use std::time::Duration;

/// Of all threads of this process, those that ended included.
pub(crate) fn of_process() -> Duration {
    read(ClockId::ProcessCPUTime)
}

/// Of the calling thread.
pub(crate) fn of_thread() -> Duration {
    read(ClockId::ThreadCPUTime)
}

fn read(clock: ClockId) -> Duration {
    let time = clock_gettime(clock);
    Duration::new(u64::try_from(time.tv_sec).unwrap_or(0), u32::try_from(time.tv_nsec).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_stands_still_while_the_thread_sleeps() {
        let before = of_thread();
        std::thread::sleep(Duration::from_millis(50));
        assert!(of_thread() - before < Duration::from_millis(25));
    }
}
