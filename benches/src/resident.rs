//! Resident memory of a process, as the kernel accounts for it.

use std::{fs, io};

/// Bytes of this process.
pub(crate) fn bytes() -> io::Result<u64> {
    of_process("self")
}

/// Bytes of another one.
pub(crate) fn of_child(process: u32) -> io::Result<u64> {
    of_process(&process.to_string())
}

/// The most bytes that another one ever had.
pub(crate) fn most_of_child(process: u32) -> io::Result<u64> {
    read(&process.to_string(), MOST)
}

const NOW: &str = "VmRSS:";
const MOST: &str = "VmHWM:";

fn of_process(process: &str) -> io::Result<u64> {
    read(process, NOW)
}

fn read(process: &str, line: &str) -> io::Result<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status"))?;
    in_status(&status, line).ok_or_else(|| io::Error::other("the kernel does not say what is resident"))
}

fn in_status(status: &str, name: &str) -> Option<u64> {
    let rest = status.lines().find_map(|line| line.strip_prefix(name))?;
    let kibibytes: u64 = rest.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes << 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_read_from_the_kernels_lines() {
        let status = "VmPeak:\t    9 kB\nVmHWM:\t    1300 kB\nVmRSS:\t    1208 kB\nThreads:\t1\n";
        assert_eq!(in_status(status, NOW), Some(1208 << 10));
        assert_eq!(in_status(status, MOST), Some(1300 << 10));
        assert_eq!(in_status("Threads:\t1\n", NOW), None);
    }

    #[test]
    fn what_was_written_is_resident() {
        let before = bytes().unwrap();
        // Far more than other tests may give back meanwhile.
        let written = vec![1_u8; 256 << 20];
        assert!(bytes().unwrap() > before + (64 << 20), "{}", written.len());
    }
}
