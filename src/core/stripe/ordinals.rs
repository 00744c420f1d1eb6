//! The numbers of a stripe's writes.

use super::Stripe;
use crate::core::{
    entry::{Entry, Ordinal},
    policy::Growth,
};

/// Numbers of writes that this stripe has drawn and not used yet.
#[derive(Debug, Default)]
pub(super) struct Ordinals {
    last: u64,
    end: u64,
    /// How many entries there were when they were drawn.
    entries: usize,
}

impl<E: Entry> Stripe<E> {
    /// The next number of a write. They are drawn a block at a time, so that no word is written by every write of every
    /// stripe; they never repeat.
    #[inline]
    pub(in crate::core) fn next_ordinal(
        &mut self,
        draw: impl FnOnce(Growth) -> std::ops::Range<u64>,
    ) -> Ordinal {
        if self.ordinals.last == self.ordinals.end {
            self.draw_ordinals(draw);
        }
        self.ordinals.last += 1;
        Ordinal(self.ordinals.last)
    }

    #[cold]
    fn draw_ordinals(&mut self, draw: impl FnOnce(Growth) -> std::ops::Range<u64>) {
        let (entries, before) = (self.len(), self.ordinals.entries);
        let growth =
            Growth { entries: entries.cast_signed() - before.cast_signed(), evicted: self.counts.evicted };
        let block = draw(growth);
        self.ordinals = Ordinals { last: block.start, end: block.end, entries };
    }
}
