//! What a write does ahead, while it waits for its own line of the index: fetch what an insert will write elsewhere, and where a
//! thread writes to a stripe alone, evict.

use super::Stripe;
use crate::core::{
    entry::Entry,
    hash::ShortHash,
    index::Home,
    order::List,
    prefetch::{CACHE_LINE, FetchToWrite, PREFETCHES, prefetch_bytes},
    round::Round,
    time::Now,
};

/// After so many evictions a stripe looks anew whether it has its part.
const LOOKED_AFTER: u64 = 8;

impl<E: Entry> Stripe<E> {
    /// Where each insert evicts: begins to fetch what one writes beside its line of the index, and where what goes for it is. Another
    /// core wrote most of it last, and an insert would learn where it is, and ask for it, one line after the other. Of a thread that writes here alone, what its writes before have noted comes first.
    #[inline]
    pub(in crate::core) fn fetch_for_insert(&mut self, home: Home) {
        if !PREFETCHES || self.stock == 0 {
            return;
        }
        if self.is_restock_due() {
            self.noted.fetch(Self::FETCHED);
        }
        let fetch = FetchToWrite::offered();
        if let Some(next) = self.next_victim() {
            self.fetch_where_it_is(next, fetch);
        }
        let Some(fetch) = fetch else { return };
        // Where most entries come, and go.
        self.order.queue(List::Probation).fetch_ends(fetch);
        self.index.fetch_for_insert(home, fetch);
        if E::SPARED
            && let Some(spare) = self.spares.first()
        {
            let address = spare.address();
            (0..E::REMADE).step_by(CACHE_LINE).for_each(|at| fetch.line(address.wrapping_add(at)));
        }
    }

    /// The second step for what this write is about to evict: its line of the index was asked for by `fetch_for_insert`, and leads
    /// to the entry, which comes while the write looks at its own line.
    #[inline]
    pub(in crate::core) fn fetch_victim(&self) {
        if PREFETCHES && let Some(next) = self.next_victim() {
            self.fetch_found(next);
        }
    }

    /// What an insert is likely to evict, where each evicts one: not where some are evicted at once, nor where a thread that writes
    /// here alone has evicted ahead.
    #[inline]
    fn next_victim(&self) -> Option<ShortHash> {
        if E::SPARED || self.stock == 0 || self.writers.is_one() { None } else { self.next_to_go }
    }

    /// What goes after an eviction from this queue, noted for `next_victim`. Who evicts has it at hand; whoever writes next, on another
    /// core perhaps, would have to wait for the queue and then for the place in it.
    #[inline]
    pub(super) fn note_next_to_go(&mut self, list: List) {
        if PREFETCHES && !E::SPARED && !self.writers.is_one() {
            self.next_to_go = self.order.queue(list).behind_oldest(0);
        }
    }

    #[cfg(all(test, not(loom), feature = "prefetch", target_arch = "x86_64"))]
    pub(in crate::core) fn next_to_go(&self) -> Option<ShortHash> {
        self.next_to_go
    }

    /// Where the entry and the line are that one thread's next write fetches.
    #[cfg(all(test, not(loom), feature = "prefetch", target_arch = "x86_64"))]
    pub(in crate::core) fn noted(&self) -> [Option<usize>; 2] {
        self.noted.addresses()
    }

    /// Where the line is in which an entry with this hash is at home.
    #[cfg(all(test, not(loom), feature = "prefetch", target_arch = "x86_64"))]
    pub(in crate::core) fn home_in_memory(&self, hash: ShortHash) -> Option<usize> {
        self.index.line_in_memory(self.index.home(hash)).map(<*const u8>::addr)
    }

    /// Evicts one entry for those that come next, in place of a spare that was used or of bytes that were spent; for who waits for
    /// memory to come anyway. Not one with this hash, which is about to be written to; and only for a thread that writes here alone:
    /// what it fetches now for its next writes would be at the wrong core for another's.
    #[inline]
    pub(in crate::core) fn restock<N: Now>(&mut self, hash: ShortHash, round: &mut Round<'_, E, N>) {
        if self.is_restock_due() {
            self.evict_ahead(hash, round);
        }
    }

    #[inline]
    fn is_restock_due(&self) -> bool {
        let at_hand = if E::SPARED { self.spares.len() } else { self.pocket };
        at_hand < self.stock && self.writers.is_one()
    }

    #[inline(never)]
    fn evict_ahead<N: Now>(&mut self, hash: ShortHash, round: &mut Round<'_, E, N>) {
        let charge = if E::SPARED { self.spares.first().map_or(0, Entry::charge) } else { self.stock };
        // Not where there are bytes to be had, or others are to be asked for theirs.
        if charge <= self.pocket || round.budget.has(charge) {
            return;
        }
        let is_time_to_look = self.counts.evicted.is_multiple_of(LOOKED_AFTER);
        if round.budget.is_shared() || is_time_to_look && self.holds_little(charge, round) {
            self.stock = 0;
            return;
        }
        let list = self.hand(round.regime);
        let Some((entry, cause)) = self.victim(list, |its, _| its == hash, round, |_| true) else { return };
        if E::SPARED {
            self.spares.push(entry);
        } else {
            self.stock = entry.charge();
            self.let_go(entry, cause, round);
        }
    }

    /// Whether others have more than this stripe, with its spares of so many bytes each.
    fn holds_little<N>(&self, bytes: usize, round: &Round<'_, E, N>) -> bool {
        self.holds(round) + self.spares.len() * bytes < round.budget.fair_part()
    }

    /// The hand went past one of this queue, for a thread that writes here alone: fetches what was noted of those that it comes to next,
    /// if this write has not, and notes more. The line of one, which leads to that entry when it is two steps nearer; or if it is not
    /// at home there, to another line, and from that in another step to the entry. For one that was spared as for one that goes, so
    /// that nearly all have been fetched when the hand is there.
    #[inline(never)]
    pub(super) fn fetch_ahead(&mut self, list: List) {
        if !PREFETCHES || !self.writers.is_one() {
            return;
        }
        self.noted.fetch(Self::FETCHED);
        let queue = self.order.queue(list);
        let (first, second, fourth) =
            (queue.behind_oldest(0), queue.behind_oldest(1), queue.behind_oldest(3));
        if self.is_next_away
            && let Some(hash) = first
            && let Some(entry) = self.index.likely_away(self.index.home(hash), hash)
        {
            prefetch_bytes(entry.address(), Self::FETCHED);
        }
        self.is_next_away = false;
        if let Some(hash) = second {
            let home = self.index.home(hash);
            match self.index.likely(home, hash) {
                Some(entry) => self.noted.note_entry(entry.address()),
                None => {
                    self.is_next_away = true;
                    self.index.prefetch_line_away(home, hash);
                }
            }
        }
        if let Some(line) = fourth.and_then(|hash| self.index.line_in_memory(self.index.home(hash))) {
            self.noted.note_line(line);
        }
    }
}
