//! What stands before an item's bytes, packed: sixteen bytes, so that an item of 20 + 100 bytes is one of 152, which every
//! allocator has a size for.

use crate::{
    core::{Deadline, Ordinal},
    sync::{AtomicU8, AtomicU16, AtomicU32, AtomicU64, Ordering},
};

/// Flags that are not 0 take four bytes before the key; `bits` says whether they are there.
///
/// The version, 53 bits of it, suffices for 28 years of ten million writes a second.
#[derive(Debug)]
pub(super) struct Header {
    /// The version's low 48 bits over the deadline's high 16.
    word: AtomicU64,
    slot: AtomicU32,
    deadline_low: AtomicU16,
    /// The version's high 5 bits, `FLAGGED`, and 2 bits that count hits.
    bits: AtomicU8,
    key_len: u8,
}

const USES: u8 = 0b11;
const FLAGGED: u8 = 0b100;
const VERSION_SHIFT: u32 = 3;
const HALF: u32 = 16;
const HALF_MASK: u64 = 0xffff;
const VERSION_LOW_BITS: u32 = 48;

/// Whether an item carries flags other than 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flags {
    Zero,
    Stored,
}

// Every access is Relaxed. Version and flags are written once, before the item is published under its stripe's lock;
// slot and deadline under that lock, for readers under it. `bits` is also written by hits under the shared lock: they
// change nothing but the count of uses, and may lose one against each other.
#[expect(clippy::cast_possible_truncation, reason = "the parts of a word are what is wanted")]
impl Header {
    pub(super) fn new(key_len: u8, flags: Flags, deadline: Deadline) -> Self {
        let deadline = deadline.to_bits();
        Self {
            word: AtomicU64::new(u64::from(deadline >> HALF)),
            slot: AtomicU32::new(0),
            deadline_low: AtomicU16::new(deadline as u16),
            bits: AtomicU8::new(if flags == Flags::Stored { FLAGGED } else { 0 }),
            key_len,
        }
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
        high << VERSION_LOW_BITS | self.word.load(Ordering::Relaxed) >> HALF
    }

    /// Before the item is published.
    pub(super) fn number(&self, ordinal: Ordinal) {
        let version = ordinal.number();
        let deadline = self.word.load(Ordering::Relaxed) & HALF_MASK;
        self.word.store(version << HALF | deadline, Ordering::Relaxed);
        let low = self.bits.load(Ordering::Relaxed) & (USES | FLAGGED);
        let high = ((version >> VERSION_LOW_BITS) as u8) << VERSION_SHIFT;
        self.bits.store(high | low, Ordering::Relaxed);
    }

    #[inline]
    pub(super) fn deadline(&self) -> Deadline {
        let high = (self.word.load(Ordering::Relaxed) & HALF_MASK) as u32;
        Deadline::from_bits(high << HALF | u32::from(self.deadline_low.load(Ordering::Relaxed)))
    }

    pub(super) fn redate(&self, deadline: Deadline) {
        let bits = deadline.to_bits();
        let version = self.word.load(Ordering::Relaxed) & !HALF_MASK;
        self.word.store(version | u64::from(bits >> HALF), Ordering::Relaxed);
        self.deadline_low.store(bits as u16, Ordering::Relaxed);
    }

    #[inline]
    pub(super) fn slot(&self) -> u32 {
        self.slot.load(Ordering::Relaxed)
    }

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
    use crate::core::Time;

    #[test]
    fn each_part_keeps_to_itself() {
        let header = Header::new(250, Flags::Stored, Deadline::at(Time(0xdead_beef)));
        let number = (1 << 53) - 2;
        header.number(Ordinal::with_number(number));
        header.settle_in(u32::MAX);
        header.count_uses(3);
        assert_eq!((header.version(), header.deadline()), (number, Deadline::at(Time(0xdead_beef))));
        header.redate(Deadline::at(Time(0x0bad_f00d)));
        header.count_uses(1);
        assert_eq!((header.version(), header.deadline()), (number, Deadline::at(Time(0x0bad_f00d))));
        assert_eq!((header.uses(), header.slot(), header.key_len()), (1, u32::MAX, 250));
        assert_eq!(header.flags(), Flags::Stored);
    }
}
