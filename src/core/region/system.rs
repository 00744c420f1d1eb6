//! What is asked of the system: optional (feature `large-pages`), and of Linux alone, where ordinary pages are of 4 KiB. What it gives is
//! in `docs/performance-memory.md`.
#![cfg_attr(
    all(feature = "large-pages", target_os = "linux"),
    allow(unsafe_code, reason = "see the SAFETY comments")
)]

use super::{BYTES, Promotion};

const PAGE: usize = 4096;
/// Ordinary pages in a large one.
pub(super) const PAGES: usize = BYTES / PAGE;

/// Whether there is any use in asking.
#[cfg(all(feature = "large-pages", target_os = "linux"))]
pub(crate) fn can_promote() -> bool {
    // SAFETY: it takes a number and gives one.
    let page = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    usize::try_from(page) == Ok(PAGE)
}

/// How many ordinary pages of the region that begins at this address are resident. `None` if not all of it is mapped.
#[cfg(all(feature = "large-pages", target_os = "linux"))]
pub(super) fn resident(begins: usize) -> Option<usize> {
    let mut pages = [0_u8; PAGES];
    // SAFETY: the system looks at its own tables of the addresses, at no memory there, and says so if nothing is mapped. It writes one
    // byte for each page of `BYTES`, which is as many as `pages` has.
    let answer =
        unsafe { libc::mincore(std::ptr::without_provenance_mut(begins), BYTES, pages.as_mut_ptr().cast()) };
    (answer == 0).then(|| pages.iter().filter(|page| **page & 1 == 1).count())
}

/// Has the system put the region that begins at this address on one large page, now. Who reads or writes there meanwhile waits.
#[cfg(all(feature = "large-pages", target_os = "linux"))]
pub(super) fn collapse(begins: usize) -> Promotion {
    /// Of Linux 6.1 and later; the same on each target, but some that have other sizes of pages.
    const MADV_COLLAPSE: libc::c_int = 25;
    // SAFETY: it changes on which pages memory is, and not what is in it: whoever uses it, of this library or not, cannot tell. What is
    // not mapped, or is no plain memory of this process's, is refused.
    let answer = unsafe { libc::madvise(std::ptr::without_provenance_mut(begins), BYTES, MADV_COLLAPSE) };
    if answer == 0 {
        return Promotion::Done;
    }
    match std::io::Error::last_os_error().raw_os_error() {
        Some(libc::EINVAL) => Promotion::Refused,
        Some(libc::ENOMEM) => Promotion::NoneFree,
        _ => Promotion::Busy,
    }
}

#[cfg(not(all(feature = "large-pages", target_os = "linux")))]
pub(crate) fn can_promote() -> bool {
    false
}

#[cfg(not(all(feature = "large-pages", target_os = "linux")))]
pub(super) fn resident(_: usize) -> Option<usize> {
    None
}

#[cfg(not(all(feature = "large-pages", target_os = "linux")))]
pub(super) fn collapse(_: usize) -> Promotion {
    Promotion::Refused
}
