//! What stands before an item's bytes, packed: twelve bytes, twenty with count and length, so that the allocator's own eight and an
//! item of 16 + 100 bytes make 144.

use crate::sync::{AtomicU32, Ordering};

/// Flags that are not 0 take four bytes behind the value; `rest` says whether they are there.
///
/// The version, 53 bits of it in two parts, suffices for 28 years of ten million writes a second.
#[derive(Debug)]
pub(super) struct Header {
    slot: AtomicU32,
    version_low: AtomicU32,
    /// The version's high 21 bits, then `FLAGGED`, two bits that count uses, and eight of the key's length.
    rest: AtomicU32,
}

const VERSION_HIGH: u32 = (1 << 21) - 1;
const FLAGGED: u32 = 1 << 21;
const USES_SHIFT: u32 = 22;
const USES: u32 = 0b11 << USES_SHIFT;
const KEY_LEN_SHIFT: u32 = 24;

/// Whether an item carries flags other than 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flags {
    Zero,
    Stored,
}

// Every access is Relaxed. Version, flags and the key's length are written once, before the item is published under its stripe's
// lock; the slot under that lock, for readers under it. `rest` is also written by hits under the shared lock: they
// change nothing but the count of uses, and may lose one against each other.
#[expect(clippy::cast_possible_truncation, reason = "the parts of a word are what is wanted")]
impl Header {
    #[inline]
    pub(super) fn new(key_len: u8, flags: Flags, version: u64) -> Self {
        let flagged = if flags == Flags::Stored { FLAGGED } else { 0 };
        let rest = u32::from(key_len) << KEY_LEN_SHIFT | flagged | high(version);
        Self {
            slot: AtomicU32::new(0),
            version_low: AtomicU32::new(version as u32),
            rest: AtomicU32::new(rest),
        }
    }

    pub(super) fn copied(&self) -> Self {
        Self::new(self.key_len() as u8, self.flags(), self.version())
    }

    #[inline]
    fn rest(&self) -> u32 {
        self.rest.load(Ordering::Relaxed)
    }

    #[inline]
    pub(super) fn key_len(&self) -> usize {
        self.key_len_and_flags().0
    }

    #[inline]
    pub(super) fn flags(&self) -> Flags {
        self.key_len_and_flags().1
    }

    /// In one look.
    #[inline]
    pub(super) fn key_len_and_flags(&self) -> (usize, Flags) {
        let rest = self.rest();
        ((rest >> KEY_LEN_SHIFT) as usize, if rest & FLAGGED == 0 { Flags::Zero } else { Flags::Stored })
    }

    #[inline]
    pub(super) fn version(&self) -> u64 {
        let high = u64::from(self.rest() & VERSION_HIGH);
        high << u32::BITS | u64::from(self.version_low.load(Ordering::Relaxed))
    }

    /// Before the item is published.
    pub(super) fn number(&self, version: u64) {
        self.version_low.store(version as u32, Ordering::Relaxed);
        self.rest.store(self.rest() & !VERSION_HIGH | high(version), Ordering::Relaxed);
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
        ((self.rest() & USES) >> USES_SHIFT) as u8
    }

    #[inline]
    pub(super) fn count_uses(&self, uses: u8) {
        let uses = u32::from(uses) << USES_SHIFT & USES;
        self.rest.store(self.rest() & !USES | uses, Ordering::Relaxed);
    }
}

/// What a header has of a version beside its low 32 bits.
#[inline]
fn high(version: u64) -> u32 {
    (version >> u32::BITS) as u32 & VERSION_HIGH
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
