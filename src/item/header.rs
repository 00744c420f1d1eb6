//! What stands before an item's bytes, packed: twelve bytes, twenty with count and length, so that the allocator's own eight and an
//! item of 16 + 100 bytes make 144.

use crate::sync::{AtomicU8, AtomicU16, AtomicU32, Ordering};

/// Flags that are not 0 take four bytes behind the value; `bits` says whether they are there.
///
/// The version, 53 bits of it in three parts, suffices for 28 years of ten million writes a second.
#[derive(Debug)]
pub(super) struct Header {
    slot: AtomicU32,
    version_low: AtomicU32,
    version_middle: AtomicU16,
    /// The version's high 5 bits, `FLAGGED`, and 2 bits that count hits.
    bits: AtomicU8,
    key_len: u8,
}

const USES: u8 = 0b11;
const FLAGGED: u8 = 0b100;
const VERSION_SHIFT: u32 = 3;
const MIDDLE: u32 = 32;
const HIGH: u32 = 48;

/// Whether an item carries flags other than 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flags {
    Zero,
    Stored,
}

// Every access is Relaxed. Version and flags are written once, before the item is published under its stripe's lock;
// the slot under that lock, for readers under it. `bits` is also written by hits under the shared lock: they
// change nothing but the count of uses, and may lose one against each other.
#[expect(clippy::cast_possible_truncation, reason = "the parts of a word are what is wanted")]
impl Header {
    #[inline]
    pub(super) fn new(key_len: u8, flags: Flags, version: u64) -> Self {
        let flagged = if flags == Flags::Stored { FLAGGED } else { 0 };
        Self {
            slot: AtomicU32::new(0),
            version_low: AtomicU32::new(version as u32),
            version_middle: AtomicU16::new((version >> MIDDLE) as u16),
            bits: AtomicU8::new(((version >> HIGH) as u8) << VERSION_SHIFT | flagged),
            key_len,
        }
    }

    pub(super) fn copied(&self) -> Self {
        Self::new(self.key_len, self.flags(), self.version())
    }

    #[inline]
    pub(super) fn key_len(&self) -> usize {
        usize::from(self.key_len)
    }

    #[inline]
    pub(super) fn flags(&self) -> Flags {
        if self.bits.load(Ordering::Relaxed) & FLAGGED == 0 { Flags::Zero } else { Flags::Stored }
    }

    pub(super) fn version(&self) -> u64 {
        let high = u64::from(self.bits.load(Ordering::Relaxed) >> VERSION_SHIFT);
        let middle = u64::from(self.version_middle.load(Ordering::Relaxed));
        high << HIGH | middle << MIDDLE | u64::from(self.version_low.load(Ordering::Relaxed))
    }

    /// Before the item is published.
    pub(super) fn number(&self, version: u64) {
        self.version_low.store(version as u32, Ordering::Relaxed);
        self.version_middle.store((version >> MIDDLE) as u16, Ordering::Relaxed);
        let others = self.bits.load(Ordering::Relaxed) & (USES | FLAGGED);
        self.bits.store(((version >> HIGH) as u8) << VERSION_SHIFT | others, Ordering::Relaxed);
    }

    #[inline]
    pub(super) fn slot(&self) -> u32 {
        self.slot.load(Ordering::Relaxed)
    }

    #[inline]
    pub(super) fn settle_in(&self, slot: u32) {
        self.slot.store(slot, Ordering::Relaxed);
    }

    #[inline]
    pub(super) fn uses(&self) -> u8 {
        self.bits.load(Ordering::Relaxed) & USES
    }

    #[inline]
    pub(super) fn count_uses(&self, uses: u8) {
        let others = self.bits.load(Ordering::Relaxed) & !USES;
        self.bits.store(others | (uses & USES), Ordering::Relaxed);
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn each_part_keeps_to_itself() {
        let number = (1 << 53) - 2;
        let header = Header::new(250, Flags::Stored, number);
        assert_eq!(header.version(), number);
        header.number(0x000a_bcde_f012_3456);
        assert_eq!(header.version(), 0x000a_bcde_f012_3456);
        header.number(number);
        header.settle_in(u32::MAX);
        header.count_uses(3);
        assert_eq!(header.version(), number);
        header.count_uses(1);
        assert_eq!(header.version(), number);
        assert_eq!((header.uses(), header.slot(), header.key_len()), (1, u32::MAX, 250));
        assert_eq!(header.flags(), Flags::Stored);
    }
}
