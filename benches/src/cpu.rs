//! CPU time: unlike the clock on the wall it does not run while the machine does something else.

use nix::unistd::Pid;
use rustix::time::{ClockId, clock_gettime};
use std::{io, time::Duration};

/// Of all threads of this process, those that ended included.
pub(crate) fn of_process() -> Duration {
    read(ClockId::ProcessCPUTime)
}

/// Of the calling thread.
pub(crate) fn of_thread() -> Duration {
    read(ClockId::ThreadCPUTime)
}

/// Of all threads of another process, those that ended included; to the nanosecond, where `/proc` tells hundredths of a second.
pub(crate) fn of_child(process: u32) -> io::Result<Duration> {
    let process = i32::try_from(process).map_err(io::Error::other)?;
    let time = nix::time::clock_getcpuclockid(Pid::from_raw(process))?.now()?;
    Ok(time.into())
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
    /// What `/proc` says, in hundredths of a second.
    fn hundredths(process: u32) -> u64 {
        let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
        let after_name = stat.rsplit_once(')').unwrap().1;
        after_name.split_whitespace().skip(11).take(2).map(|it| it.parse::<u64>().unwrap()).sum()
    }

    #[test]
    fn a_childs_is_what_the_kernel_accounts_to_it_and_stands_still_while_it_sleeps() {
        let work = "i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done; echo; exec sleep 60";
        let mut child = std::process::Command::new("sh")
            .args(["-c", work])
            .stdout(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        io::Read::read_exact(child.stdout.as_mut().unwrap(), &mut [0]).unwrap();
        std::thread::sleep(Duration::from_millis(50));
        let (first, hundredths) = (of_child(child.id()).unwrap(), hundredths(child.id()));
        std::thread::sleep(Duration::from_millis(100));
        let second = of_child(child.id()).unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(first > Duration::from_millis(20), "{first:?}");
        assert!(first.as_millis().abs_diff(u128::from(hundredths) * 10) <= 20, "{first:?}, {hundredths}");
        assert!(second - first < Duration::from_millis(5), "{first:?}, {second:?}");
    }

    #[test]
    fn who_is_not_there_has_none() {
        let mut child = std::process::Command::new("true").spawn().unwrap();
        child.wait().unwrap();
        assert!(of_child(child.id()).is_err());
    }
}
