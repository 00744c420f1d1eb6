//! A look-up, in two steps: its line of the index is asked for before anything else that is not hashing, and what is not about the entry
//! is done while that comes; what is left behind the entry is little. So a processor that waits for an entry sees the line that
//! the next look-up asks for, if it knows that one's key by then.

use super::{
    Engine, Entry, Hash, Now, Watch,
    biased_lock::Reading,
    stripe::Stripe,
    tally::{Outcome, Tally},
};
use std::hash::BuildHasher;

/// A look-up that has begun: it reads under the lock of its stripe until it is taken or dropped.
#[derive(Debug)]
#[must_use = "it has found nothing yet"]
pub(crate) struct LookUp<'a, E, S, W> {
    engine: &'a Engine<E, S, W>,
    stripe: Reading<'a, Stripe<E>>,
    hash: Hash,
}

/// What a look-up goes to first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum By {
    Filter,
    /// For who has it at hand: a filter would be one more to wait for.
    Line,
}

impl<E: Entry, S: BuildHasher, W: Watch<E>> Engine<E, S, W> {
    /// Begins to look up the entry with this hash. Nothing is known of it until it is taken: whoever may have to refuse does so before.
    #[inline(always)]
    pub(crate) fn look_up(&self, hash: Hash) -> LookUp<'_, E, S, W> {
        self.signposts.fetch(hash.stripe(self.stripes.len()), hash.short());
        self.look_up_fetched(hash)
    }

    /// As `look_up`, for who has fetched the line.
    #[inline(always)]
    pub(super) fn look_up_fetched(&self, hash: Hash) -> LookUp<'_, E, S, W> {
        LookUp { engine: self, stripe: self.stripe_of(hash).lock.read(), hash }
    }
}

impl<E: Entry, S: BuildHasher, W: Watch<E>> LookUp<'_, E, S, W> {
    #[inline]
    pub(crate) fn hash(&self) -> Hash {
        self.hash
    }

    /// What `take` takes of the entry for which `is_it` holds, if it is there and has not expired. Both are asked under the lock.
    #[inline(always)]
    pub(crate) fn take<T>(
        self,
        is_it: impl Fn(&E) -> bool,
        now: &impl Now,
        take: impl FnOnce(&E) -> T,
    ) -> Option<T> {
        self.take_by(By::Filter, is_it, now, take)
    }

    /// As `take`.
    #[inline(always)]
    pub(super) fn take_by<T>(
        self,
        by: By,
        is_it: impl Fn(&E) -> bool,
        now: &impl Now,
        take: impl FnOnce(&E) -> T,
    ) -> Option<T> {
        let Self { engine, stripe, hash } = self;
        let home = stripe.home(hash);
        let tally = Tally::of_this_thread(&engine.tallies);
        let referee = engine.referee.as_ref().filter(|referee| referee.sees(hash));
        let latest = now.latest();
        let found = match by {
            // An entry of before a due flush is gone, whether or not somebody has cleared the stripe yet.
            _ if stripe.flush_is_due(|| now.now()) => None,
            By::Filter => stripe.look_up(home, hash, is_it),
            By::Line => stripe.find(home, hash, is_it).map(|(_, entry)| entry),
        };
        let count = |outcome| {
            tally.count(outcome);
            if let Some(referee) = referee {
                referee.note_asked(hash, outcome == Outcome::Hit);
            }
        };
        let Some(entry) = found.filter(|entry| entry.lives(latest, now)) else {
            drop(stripe);
            count(Outcome::Miss);
            return None;
        };
        stripe.note_use(entry, || engine.regime());
        let taken = take(entry);
        drop(stripe);
        count(Outcome::Hit);
        Some(taken)
    }
}
