//! Asking the processor to fetch memory that will be read or written soon: optional (feature
//! `prefetch`). What it gives is in `docs/performance-tried.md`.
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
/// To be asked for once for some lines: `offered` looks at two words of memory.
#[derive(Clone, Copy, Debug)]
pub(super) struct FetchToWrite(());

impl FetchToWrite {
    /// `None` where the processor does not say that it can: some of the first x86-64 ones refuse the instruction.
    #[inline]
    pub(super) fn offered() -> Option<Self> {
        #[cfg(all(feature = "prefetch", target_arch = "x86_64", not(any(loom, shuttle))))]
        if *HAS_PREFETCHW {
            return Some(Self(()));
        }
        None
    }

    /// Any address will do.
    #[inline]
    pub(super) fn line<T>(self, address: *const T) {
        #[cfg(all(feature = "prefetch", target_arch = "x86_64", not(any(loom, shuttle))))]
        // SAFETY: the processor has the instruction, and as for `prefetch`, it changes nothing that the program can tell and never
        // faults. As text, since the intrinsic comes to a read where the target does not promise it.
        unsafe {
            std::arch::asm!("prefetchw [{}]", in(reg) address, options(nostack, preserves_flags, readonly));
        }
        #[cfg(not(all(feature = "prefetch", target_arch = "x86_64", not(any(loom, shuttle)))))]
        let _ = address;
    }
}

#[cfg(all(feature = "prefetch", target_arch = "x86_64", not(any(loom, shuttle))))]
crate::sync::global! {
    static HAS_PREFETCHW: bool = has_prefetchw();
}

/// What the processor says: bit 8 of the third register of leaf 8000_0001. valgrind says no, so counts of instructions are without.
#[cfg(all(feature = "prefetch", target_arch = "x86_64", not(any(loom, shuttle))))]
fn has_prefetchw() -> bool {
    use std::arch::x86_64::__cpuid;
    const LAST: u32 = 0x8000_0000;
    __cpuid(LAST).eax > LAST && __cpuid(LAST + 1).ecx & 1 << 8 != 0
}

pub(crate) const CACHE_LINE: usize = 64;

/// Begins to fetch what this thing is likely to own, for who is about to drop it: where its first words lead, whatever they are. An
/// allocator that takes memory back goes there, and to its own note right before it. Nothing for things that own nothing.
#[inline]
pub(crate) fn prefetch_owned<T>(thing: &T) {
    #[cfg(all(feature = "prefetch", target_arch = "x86_64", not(any(loom, shuttle))))]
    {
        const WORD: usize = size_of::<u64>();
        /// All of a `String`, a `Vec`, a boxed slice, or of what such a thing is part of.
        const FOLLOWED: usize = 4;
        /// Where a program's memory can be: what is below is lengths and the like, what is above the system's.
        const HEAP: std::ops::Range<u64> = 1 << 20..1 << 47;
        if !std::mem::needs_drop::<T>() || align_of::<T>() < WORD {
            return;
        }
        let words = std::ptr::from_ref(thing).cast::<u64>();
        for at in 0..FOLLOWED.min(size_of::<T>() / WORD) {
            let word: u64;
            // SAFETY: it reads an aligned word within the thing, which is there as long as its reference. As text, since the bytes may
            // be padding, or in a cell that another thread just writes: to the processor they are some number.
            unsafe {
                std::arch::asm!(
                    "mov {word}, qword ptr [{from}]",
                    word = out(reg) word,
                    from = in(reg) words.wrapping_add(at),
                    options(nostack, preserves_flags, readonly)
                );
            }
            if HEAP.contains(&word)
                && let Ok(address) = usize::try_from(word)
            {
                let owned = std::ptr::without_provenance::<u8>(address);
                prefetch(owned.wrapping_sub(WORD));
                prefetch(owned.wrapping_add(CACHE_LINE - WORD));
            }
        }
    }
    #[cfg(not(all(feature = "prefetch", target_arch = "x86_64", not(any(loom, shuttle)))))]
    let _ = thing;
}

/// As `prefetch`, of what is behind the line at this address, up to so many bytes from there.
#[inline]
pub(super) fn prefetch_rest<T>(address: *const T, bytes: usize) {
    let last = bytes.saturating_sub(1);
    (CACHE_LINE..last).step_by(CACHE_LINE).for_each(|at| prefetch(address.wrapping_byte_add(at)));
    prefetch(address.wrapping_byte_add(last));
}

/// As `prefetch`, of so many bytes from this address on, a line's worth at least.
#[inline]
pub(super) fn prefetch_bytes<T>(address: *const T, bytes: usize) {
    prefetch(address);
    if bytes > CACHE_LINE {
        prefetch_rest(address, bytes);
    }
}

#[cfg(all(test, feature = "prefetch", target_arch = "x86_64", not(any(loom, shuttle))))]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};

    #[test]
    fn what_anything_owns_can_be_fetched_whatever_it_is_and_it_stays_as_it_was() {
        fn fetched<T: Clone + PartialEq + std::fmt::Debug>(thing: &T) {
            let before = thing.clone();
            prefetch_owned(thing);
            assert_eq!(*thing, before);
        }
        fetched(&"text".to_owned());
        fetched(&vec![1_u8, 2]);
        fetched(&Vec::<u64>::new());
        fetched(&None::<String>);
        fetched(&Some(Box::new(7)));
        fetched(&(1_u8, "with padding".to_owned()));
        // What looks like an address and is none, or the system's.
        fetched(&(u64::MAX, (1_u64 << 46) + 1, (1_u64 << 20) + 3, String::new()));
        fetched(&[0_u8; 3]);
        fetched(&());
        let shared = Arc::new(Mutex::new("in a cell".to_owned()));
        prefetch_owned(&shared);
        prefetch_owned(&*shared);
        assert_eq!(shared.lock().ok().as_deref().map(String::as_str), Some("in a cell"));
    }
}
