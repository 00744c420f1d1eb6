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

fn of_process(process: &str) -> io::Result<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status"))?;
    in_status(&status).ok_or_else(|| io::Error::other("the kernel does not say what is resident"))
}

fn in_status(status: &str) -> Option<u64> {
    let rest = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: u64 = rest.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes << 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_read_from_the_kernels_lines() {
        assert_eq!(in_status("VmPeak:\t    9 kB\nVmRSS:\t    1208 kB\nThreads:\t1\n"), Some(1208 << 10));
        assert_eq!(in_status("Threads:\t1\n"), None);
    }

    #[test]
    fn what_was_written_is_resident() {
        let before = bytes().unwrap();
        // Far more than other tests may give back meanwhile.
        let written = vec![1_u8; 256 << 20];
        assert!(bytes().unwrap() > before + (64 << 20), "{}", written.len());
    }
}
