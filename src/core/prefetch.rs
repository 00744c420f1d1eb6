//! Asking the processor to fetch memory that will be read or written soon: optional (feature
//! `prefetch`). What it gives is in `docs/performance.md`.
#![cfg_attr(
    all(feature = "prefetch", target_arch = "x86_64"),
    allow(unsafe_code, reason = "see the SAFETY comments")
)]

/// Whether `prefetch` does anything: if not, there is no use in finding out addresses for it.
pub(super) const PREFETCHES: bool = cfg!(all(feature = "prefetch", target_arch = "x86_64"));

/// Begins to fetch the cache line at this address, if the target can; otherwise does nothing. Any address will do.
#[inline]
pub(super) fn prefetch<T>(address: *const T) {
    #[cfg(all(feature = "prefetch", target_arch = "x86_64"))]
    {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: a prefetch reads nothing as far as the program can tell and never faults, whatever the address; the
        // instruction is part of SSE, which every x86-64 processor has.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(address.cast()) };
    }
    #[cfg(not(all(feature = "prefetch", target_arch = "x86_64")))]
    let _ = address;
}

/// As `prefetch`, for who will write there: the line is taken from whichever core wrote it last, so that the write need not ask again.
/// Nothing where the processor does not say that it can: some of the first x86-64 ones refuse the instruction.
#[inline]
pub(super) fn prefetch_to_write<T>(address: *const T) {
    #[cfg(all(feature = "prefetch", target_arch = "x86_64", not(any(loom, shuttle))))]
    if *HAS_PREFETCHW {
        // SAFETY: the processor has the instruction, and as for `prefetch`, it changes nothing that the program can tell and never
        // faults. As text, since the intrinsic comes to a read where the target does not promise it.
        unsafe {
            std::arch::asm!("prefetchw [{}]", in(reg) address, options(nostack, preserves_flags, readonly));
        }
    }
    #[cfg(not(all(feature = "prefetch", target_arch = "x86_64", not(any(loom, shuttle)))))]
    let _ = address;
}

#[cfg(all(feature = "prefetch", target_arch = "x86_64", not(any(loom, shuttle))))]
crate::sync::global! {
    static HAS_PREFETCHW: bool = has_prefetchw();
}

/// What the processor says: bit 8 of the third register of leaf 8000_0001.
#[cfg(all(feature = "prefetch", target_arch = "x86_64", not(any(loom, shuttle))))]
fn has_prefetchw() -> bool {
    use std::arch::x86_64::__cpuid;
    const LAST: u32 = 0x8000_0000;
    __cpuid(LAST).eax > LAST && __cpuid(LAST + 1).ecx & 1 << 8 != 0
}

pub(super) const CACHE_LINE: usize = 64;

/// As `prefetch`, of the two lines behind the one at this address: the rest of a small item.
#[inline]
pub(super) fn prefetch_behind<T>(address: *const T) {
    prefetch(address.wrapping_byte_add(CACHE_LINE));
    prefetch(address.wrapping_byte_add(2 * CACHE_LINE));
}
