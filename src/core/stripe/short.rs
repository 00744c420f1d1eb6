//! What a write lacks when it cannot be paid.

use super::Stripe;
use crate::core::entry::Entry;

/// What could not be paid, after everything that may go has gone.
#[derive(Debug)]
#[must_use = "what it holds is to be given back"]
pub(in crate::core) struct Short {
    pub(in crate::core) lack: Lack,
    /// Bytes of the budget that are in nobody's pocket.
    pub(in crate::core) held: usize,
}

/// What is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::core) enum Lack {
    /// So many bytes.
    Bytes(usize),
    /// So many bytes, of which others are to be asked before anything goes from this stripe.
    BytesOfOthers(usize),
    /// The place of an entry.
    Place,
    /// It is not the budget that keeps it from being stored: no other stripe can help.
    Memory,
}

impl<E: Entry> Stripe<E> {
    pub(super) fn short(&mut self, cost: usize) -> Short {
        let held = std::mem::take(&mut self.pocket);
        Short { lack: Lack::Bytes(cost.saturating_sub(held)), held }
    }

    #[cold]
    pub(super) fn short_of_others(&mut self, cost: usize) -> Short {
        let held = std::mem::take(&mut self.pocket);
        Short { lack: Lack::BytesOfOthers(cost.saturating_sub(held)), held }
    }

    /// The allocator gave nothing, whatever the budget says.
    #[cold]
    pub(super) fn out_of_memory(&mut self) -> Short {
        Short { lack: Lack::Memory, held: std::mem::take(&mut self.pocket) }
    }
}
