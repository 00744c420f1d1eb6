//! How many threads can run at the same time.

/// Of this process, as far as the system says; at least 1.
#[cfg(not(any(loom, shuttle)))]
pub(crate) fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// Models do the same on each machine.
#[cfg(any(loom, shuttle))]
pub(crate) fn cores() -> usize {
    1
}
