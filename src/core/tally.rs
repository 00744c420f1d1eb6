//! Which counters a thread counts its hits and misses in. By thread and not by key: a counter beside the lock of a hot key would be
//! one more line that all its readers fight for.

#[cfg(not(any(loom, shuttle)))]
crate::sync::thread_local! {
    /// Nobody reads it; where it lies tells threads apart.
    static HERE: u8 = const { 0 };
}

/// One of `count`, a power of two: mostly another one for each thread.
#[cfg(not(any(loom, shuttle)))]
#[inline]
pub(super) fn of_this_thread(count: usize) -> usize {
    const ODD: usize = 0x9e37_79b9;
    let address = HERE.with(|here| std::ptr::from_ref(here).addr());
    // Threads' own variables lie at least a page apart.
    ((address >> 12).wrapping_mul(ODD) >> 16) & (count - 1)
}

/// Models do the same on each run.
#[cfg(any(loom, shuttle))]
pub(super) fn of_this_thread(_: usize) -> usize {
    0
}
