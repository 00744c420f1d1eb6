//! Waiting for what takes another thread some nanoseconds, unless it is not running.

/// One wait, step by step.
#[derive(Debug, Default)]
pub(crate) struct Waiting {
    #[cfg(not(any(loom, shuttle)))]
    steps: u32,
}

#[cfg(not(any(loom, shuttle)))]
impl Waiting {
    /// Some microseconds: longer than any read takes, and most writes.
    const SPINS: u32 = 128;

    /// Goes on soon; false, and at once, after a while.
    pub(crate) fn spin(&mut self) -> bool {
        let spins = self.steps < Self::SPINS;
        if spins {
            self.steps += 1;
            std::hint::spin_loop();
        }
        spins
    }

    /// Goes on soon; after a while, lets other threads have this core first.
    pub(crate) fn wait(&mut self) {
        if !self.spin() {
            std::thread::yield_now();
        }
    }
}

#[cfg(loom)]
impl Waiting {
    #[allow(clippy::unused_self, reason = "the face of the other one")]
    pub(crate) fn wait(&mut self) {
        loom::thread::yield_now();
    }
}

#[cfg(shuttle)]
impl Waiting {
    #[allow(clippy::unused_self, reason = "the face of the other one")]
    pub(crate) fn wait(&mut self) {
        shuttle::thread::yield_now();
    }
}
