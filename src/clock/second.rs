//! The second that the system's wall clock shows, where asking for it costs next to nothing.
#![cfg_attr(
    all(target_os = "linux", target_env = "gnu", target_arch = "x86_64"),
    allow(unsafe_code, reason = "see the SAFETY comment; what it gives is in docs/performance-tried.md")
)]

/// Some seconds are told from all others that are less than a century away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Second(pub(super) u32);

impl Second {
    /// The present one. `None` where to ask for it may cost as much as to ask for the time, and in models.
    #[inline]
    pub(super) fn now() -> Option<Self> {
        #[cfg(all(target_os = "linux", target_env = "gnu", target_arch = "x86_64", not(any(loom, shuttle))))]
        {
            // SAFETY: without a place to write the time to, it writes nothing. Here it is one load of a page of the system's.
            let seconds = unsafe { libc::time(std::ptr::null_mut()) };
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the low bits tell")]
            Some(Self(seconds as u32))
        }
        #[cfg(not(all(
            target_os = "linux",
            target_env = "gnu",
            target_arch = "x86_64",
            not(any(loom, shuttle))
        )))]
        None
    }
}
