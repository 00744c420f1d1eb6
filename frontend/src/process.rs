//! What the system says of this process. Linux tells it in files; elsewhere nothing is told.

use std::{
    fs,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

/// What the system says of this process.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Process {
    /// CPU time in its own code.
    pub(crate) user: Duration,
    /// CPU time in the system's.
    pub(crate) system: Duration,
    pub(crate) resident_bytes: u64,
    pub(crate) virtual_bytes: u64,
    pub(crate) threads: u64,
    /// When it began, in seconds since 1970.
    pub(crate) started: f64,
}

impl Process {
    /// As it is now, if the system tells.
    pub(crate) fn look() -> Option<Self> {
        let stat = fs::read_to_string("/proc/self/stat").ok()?;
        let uptime = fs::read_to_string("/proc/uptime").ok()?;
        let uptime: f64 = uptime.split(' ').next()?.parse().ok()?;
        let now = SystemTime::now().duration_since(UNIX_EPOCH).ok()?;
        let page = rustix::param::page_size() as u64;
        Self::read(&stat, rustix::param::clock_ticks_per_second(), page, now.as_secs_f64() - uptime)
    }

    /// From the fields of proc(5), of which the second, a name in brackets, may have anything in it.
    fn read(stat: &str, hertz: u64, page: u64, booted: f64) -> Option<Self> {
        let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_ascii_whitespace().collect();
        // The first of these is the third.
        let field = |number: usize| fields.get(number - 3)?.parse::<u64>().ok();
        let ticks = |count: u64| Duration::from_micros(count.saturating_mul(1_000_000) / hertz.max(1));
        Some(Self {
            user: ticks(field(14)?),
            system: ticks(field(15)?),
            threads: field(20)?,
            started: booted + ticks(field(22)?).as_secs_f64(),
            virtual_bytes: field(23)?,
            resident_bytes: field(24)?.saturating_mul(page),
        })
    }
}

/// Open files, connections included.
pub(crate) fn open_files() -> Option<usize> {
    // Since Linux 6.2 that is the folder's size. To list them takes microseconds for each.
    let size = fs::metadata("/proc/self/fd").ok()?.len();
    if size > 0 {
        return usize::try_from(size).ok();
    }
    // The one by which they are listed is among them.
    Some(fs::read_dir("/proc/self/fd").ok()?.count().saturating_sub(1))
}

/// Open files that it may have; `None` if there is no limit.
pub(crate) fn most_open_files() -> Option<u64> {
    rustix::process::getrlimit(rustix::process::Resource::Nofile).current
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fields_are_those_of_proc_5_whatever_the_name_is() {
        let stat =
            "7 (a) b (c)) S 1 7 7 0 -1 4194560 1 2 3 4 250 50 0 0 20 0 9 0 1000 8192 3 18446744073709551615";
        let process = Process::read(stat, 100, 4096, 100.5).unwrap();
        assert_eq!((process.user, process.system), (Duration::from_millis(2500), Duration::from_millis(500)));
        assert_eq!((process.threads, process.virtual_bytes, process.resident_bytes), (9, 8192, 3 * 4096));
        assert!((process.started - 110.5).abs() < 1e-9);
        assert!(Process::read("7 (a) S 1", 100, 4096, 0.0).is_none());
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn this_process_is_told_of() {
        let process = Process::look().unwrap();
        assert!(process.resident_bytes > 100_000 && process.virtual_bytes >= process.resident_bytes);
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs_f64();
        assert!(process.started <= now + 1.0 && process.started > now - 3600.0, "{}", process.started);
        assert!(open_files().unwrap() >= 3);
    }
}
