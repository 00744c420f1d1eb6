//! What lies free in the allocator's heaps: it is joined, and goes back to the system.
#![allow(unsafe_code, reason = "see the SAFETY comment; what it gives is in docs/performance-network.md")]

use crate::cli::output;
use std::time::{Duration, Instant};

/// Trimming may take one part in so many of the time: an event loop that needs memory meanwhile may have to wait for it.
const SHARE: u32 = 50;
/// Between two of them at least.
const APART: Duration = Duration::from_millis(100);

/// When the allocator was last asked, and for how long it is let be.
#[derive(Debug)]
pub(super) struct Trim {
    not_before: Instant,
}

impl Trim {
    pub(super) fn new() -> Self {
        Self { not_before: Instant::now() }
    }

    /// Gives whole pages of free memory back, wherever they lie, unless that was done lately.
    pub(super) fn give_back(&mut self) {
        let start = Instant::now();
        if start >= self.not_before {
            give_back();
            let took = start.elapsed();
            tracing::debug!(?took, "asked the allocator to give back what is free");
            self.not_before = start + (took * SHARE).max(APART);
        }
    }
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn give_back() {
    unsafe extern "C" {
        // SAFETY: as malloc_trim(3) has it: takes a number, may be called by any thread at any time, and changes nothing but what
        // is free. Another allocator in its place, if one is preloaded, brings its own or leaves this one to do nothing.
        safe fn malloc_trim(pad: usize) -> std::ffi::c_int;
    }
    malloc_trim(0);
}

/// Other allocators have ways of their own.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn give_back() {}

/// From now on, pieces that are given back are joined with their neighbours at once, small ones as well. glibc keeps those of up to
/// 128 bytes apart, and joins all of them, millions once much has expired, when somebody gives back a larger one: that took seconds
/// under its lock, and whoever it was waited. To be called before any thread is started.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
pub(super) fn join_at_once() {
    const M_MXFAST: std::ffi::c_int = 1;
    unsafe extern "C" {
        // SAFETY: as mallopt(3) has it: takes two numbers, of which this pair says up to which size pieces are kept apart. It is no
        // function for several threads at once: see above. Another allocator in its place is not concerned.
        safe fn mallopt(parameter: std::ffi::c_int, value: std::ffi::c_int) -> std::ffi::c_int;
    }
    if mallopt(M_MXFAST, 0) == 0 {
        output::complain(
            &"WARNING: the allocator keeps small pieces apart: where millions of small values expire at once, it may pause",
        );
    }
}

/// Other allocators have ways of their own.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub(super) fn join_at_once() {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_not_done_again_at_once() {
        let mut trim = Trim::new();
        trim.give_back();
        let next = trim.not_before;
        trim.give_back();
        assert_eq!(trim.not_before, next);
        assert!(next >= Instant::now() + APART / 2);
    }
}
