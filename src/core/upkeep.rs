//! What is done to all stripes in turn: flushes and maintenance.

use super::{
    Deadline, Engine, Entry, Now, Watch,
    haul::Haul,
    index::Outgrown,
    order::Cursor,
    queue::Effort,
    round::Round,
    stripe::{Cleared, Stripe},
};
use std::{hash::BuildHasher, ops::DerefMut};

/// `maintain` holds a stripe's lock for no more than so much: some ten microseconds.
const PER_LOCK: Effort = Effort { blocks: 512, entries: 64 };
/// So many stripes take turns in what `maintain` does.
const IN_TURN: usize = 4;

/// Maintenance's way through one stripe.
struct Walk {
    stripe: usize,
    /// Where the next visit goes on; none at the end.
    from: Option<Cursor>,
    /// Whether the last visit left pages of the index sparse.
    is_untidy: bool,
}

impl Walk {
    fn of(stripe: usize) -> Self {
        Self { stripe, from: Some(Cursor::START), is_untidy: false }
    }
}

impl<E: Entry, S: BuildHasher, W: Watch<E>> Engine<E, S, W> {
    /// Everything stored so far is gone when this returns. Stripe by stripe; `admit` is asked under each lock.
    pub(crate) fn flush<X>(&self, admit: impl Fn() -> Result<(), X>) -> Result<(), X> {
        for (number, guarded) in self.stripes.iter().enumerate() {
            let cleared = {
                let mut stripe = guarded.lock.write();
                admit()?;
                let cleared = stripe.clear();
                self.renew_signposts(number, &mut stripe);
                self.note_cleared(number, &cleared);
                cleared
            };
            cleared.release(&self.budget);
            self.watch.deliver(number);
        }
        self.budget.give_back_slabs();
        Ok(())
    }

    /// At `deadline`, everything stored until then is gone. It takes the place of an earlier order; none calls it
    /// off.
    pub(crate) fn flush_at<X>(
        &self,
        deadline: Deadline,
        now: &impl Now,
        admit: impl Fn() -> Result<(), X>,
    ) -> Result<(), X> {
        for number in 0..self.stripes.len() {
            let mut stripe = self.up_to_date(number, now);
            admit()?;
            stripe.flush_at(deadline);
        }
        Ok(())
    }

    /// Gives back the memory of all expired entries, holding each lock for a bounded time.
    ///
    /// It goes through all stripes, and from each it takes as much as makes a portion of all of them: what was stored together lies
    /// together in memory, and an allocator takes back neighbours several times as fast. Few stripes take turns in that: their
    /// pages of the index are few enough that the processor knows where in memory they are, and whoever waits for one of them
    /// gets in while the others have their turns. What has gone is charged until its memory has gone too. Pages of the index
    /// become smaller after all that, and so once and not step by step.
    pub(crate) fn maintain(&self, now: &impl Now) {
        let untidy = self.sweep_all(now);
        self.tidy(untidy);
        self.give_back_slabs();
        self.budget.promote_a_slab();
    }

    /// The stripes in which pages were left sparse.
    fn sweep_all(&self, now: &impl Now) -> Vec<usize> {
        let mut walks: Vec<_> = (0..self.stripes.len()).map(Walk::of).collect();
        let mut haul = Haul::new(&self.budget);
        while walks.iter().any(|walk| walk.from.is_some()) {
            let visits = haul.visits(walks.len(), PER_LOCK.entries as usize);
            for group in walks.chunks_mut(IN_TURN) {
                self.sweep_in_turn(group, visits, now, &mut haul);
            }
            haul.drop_all();
        }
        walks.into_iter().filter(|walk| walk.is_untidy).map(|walk| walk.stripe).collect()
    }

    /// So many visits to each of these stripes.
    fn sweep_in_turn(&self, group: &mut [Walk], visits: usize, now: &impl Now, haul: &mut Haul<'_, E>) {
        for _ in 0..visits {
            group.iter_mut().for_each(|walk| self.sweep_stripe(walk, now, haul));
        }
    }

    /// One visit, if the walk has not ended.
    fn sweep_stripe(&self, walk: &mut Walk, now: &impl Now, haul: &mut Haul<'_, E>) {
        let Some(from) = walk.from else { return };
        let limbo = haul.hand_out();
        let mut round = Round::with_limbo(now, &self.budget, self.eviction_watch(), self.regime(), limbo);
        let mut stripe = self.up_to_date(walk.stripe, &round.now);
        walk.from = stripe.sweep_as_upkeep(from, PER_LOCK, &mut round);
        walk.is_untidy = stripe.may_be_sparse();
        let surplus = stripe.take_surplus(&self.budget);
        self.leave(walk.stripe, stripe, &mut round.limbo);
        haul.take_back(round.limbo, surplus);
    }

    fn tidy(&self, mut untidy: Vec<usize>) {
        while !untidy.is_empty() {
            untidy.retain(|number| {
                let mut stripe = self.stripes[*number].lock.write();
                let outgrown = stripe.shrink_some(&self.budget);
                self.renew_signposts(*number, &mut stripe);
                let more = stripe.may_be_sparse();
                if let Some(outgrown) = outgrown {
                    self.let_go(outgrown, stripe);
                }
                more
            });
        }
    }

    /// Drops what a page had after its stripe's lock, if the budget allows for both forms of it so long. It can take seconds: glibc
    /// joins all small pieces that ten million entries left when somebody frees a larger one.
    fn let_go(&self, outgrown: Outgrown<E>, stripe: impl DerefMut<Target = Stripe<E>>) {
        let less = self.budget.price(outgrown.less);
        // What was noted of a page that was moving has gone as well, so there may be less by more than its lines.
        let all = self.budget.price(outgrown.bytes()).max(less);
        let both = self.budget.take(all - less);
        let held = if both {
            drop(stripe);
            None
        } else {
            Some(stripe)
        };
        drop(outgrown);
        drop(held);
        self.budget.give(if both { all } else { less });
    }

    /// Under the lock: a flush removes each entry.
    pub(super) fn note_cleared(&self, stripe: usize, cleared: &Cleared<E>) {
        if self.watch.is_watching() {
            let removed = super::entry::Cause::Removed;
            cleared.entries().for_each(|entry| self.watch.note(stripe, entry.clone(), removed));
        }
    }
}
