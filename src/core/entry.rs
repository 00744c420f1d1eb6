//! What the engine asks of the things that it stores.

use super::time::{Deadline, Now, Time};

/// A thing that the engine stores: a counted handle on one allocation, so that a reader keeps it alive after the
/// engine has let go of it. The engine's notes on it are kept in that allocation, so that a hit touches nothing else.
///
/// Slot, deadline and `uses` are written under the exclusive lock of the entry's stripe; hits write under the shared
/// one, and may lose a count against each other.
pub(crate) trait Entry: Clone {
    /// Whether what was evicted waits as a spare, so that those that come next are made in its memory. Nobody watches such
    /// entries leave. Of others, only what leaves by a write is there for what that write stores.
    const SPARED: bool = false;
    /// So many bytes of it are fetched before an entry is made in the memory of the one whose place it takes, or that goes for it; 0
    /// where entries hardly ever are.
    const REMADE: usize = 0;

    /// What it takes of the budget. It never changes.
    fn charge(&self) -> usize;

    /// Where its notes are in memory, for `prefetch`.
    fn address(&self) -> *const u8;

    /// Bytes of memory that it takes, as far as that can be told.
    fn footprint(&self) -> usize {
        self.charge()
    }

    /// Begins to fetch what it owns elsewhere, for who is about to drop it.
    #[inline]
    fn prefetch_owned(&self) {}

    /// Where the stripe keeps its place in the order.
    fn slot(&self) -> u32;
    fn settle_in(&self, slot: u32);

    /// When it ends. Hits may move that on, and not back: the order's own copy may be too early, never too late.
    fn deadline(&self) -> Deadline;

    /// Moves the deadline.
    ///
    /// # Errors
    /// If its memory has no place for one: then it is to be `redated`.
    fn redate(&self, deadline: Deadline) -> Result<(), NoPlace>;

    /// What it would take of the budget with a place for a deadline.
    fn redated_charge(&self) -> usize {
        self.charge()
    }

    /// The same entry with this deadline, in other memory. `None` if the allocator gives nothing.
    fn redated(&self, _: Deadline) -> Option<Self> {
        None
    }

    /// Hits that count since the eviction hand last passed, up to `USES_MAX`.
    fn uses(&self) -> u8;
    fn count_uses(&self, uses: u8);

    #[inline]
    fn has_expired(&self, now: &impl Now) -> bool {
        let deadline = self.deadline();
        !deadline.is_none() && now.is_past(deadline)
    }

    /// Whether it has not expired, for who knows how late it can be at most.
    #[inline]
    fn lives(&self, latest: Time, now: &impl Now) -> bool {
        let deadline = self.deadline();
        deadline.is_after(latest) || !now.is_past(deadline)
    }

    /// Whether it must not be evicted now.
    #[inline]
    fn pinned(&self) -> bool {
        false
    }
}

/// The memory of an entry has no place for a deadline.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NoPlace;

/// Enough to tell a hot entry from one that was read once; a hot one is soon not written any more, and one that is no longer
/// wanted is soon let go.
pub(crate) const USES_MAX: u8 = 2;

/// The number of a write that stores an entry: unique over the engine's life, never 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ordinal(pub(super) u64);

impl Ordinal {
    pub(crate) fn number(self) -> u64 {
        self.0
    }

    #[cfg(all(test, not(loom)))]
    pub(crate) fn with_number(number: u64) -> Self {
        Self(number)
    }
}

/// An entry to be: it is made when there is room for it, and once.
pub(crate) trait Recipe<E> {
    /// What the entry will take of the budget.
    fn charge(&self) -> usize;

    /// Makes it in the memory of an older one of the same charge, if it fits there exactly, nobody else holds that, and nobody is to be
    /// told that it leaves. Under the stripe's exclusive lock, where nobody can begin to hold it.
    fn remake(&self, older: &mut E, ordinal: Ordinal) -> bool;

    /// As `remake`, if what the new one takes of the budget more or less than the older one has been settled.
    #[inline]
    fn remake_paid(&self, older: &mut E, ordinal: Ordinal) -> bool {
        self.remake(older, ordinal)
    }

    /// Makes it. `None` if the allocator gives nothing.
    fn make(&self, ordinal: Ordinal) -> Option<E>;
}

/// An entry that is there already.
impl<E: Entry> Recipe<E> for &E {
    #[inline]
    fn charge(&self) -> usize {
        Entry::charge(*self)
    }

    #[inline]
    fn remake(&self, _: &mut E, _: Ordinal) -> bool {
        false
    }

    #[inline]
    fn make(&self, _: Ordinal) -> Option<E> {
        Some((*self).clone())
    }
}

impl<E: Entry> Recipe<E> for E {
    #[inline]
    fn charge(&self) -> usize {
        Entry::charge(self)
    }

    #[inline]
    fn remake(&self, _: &mut E, _: Ordinal) -> bool {
        false
    }

    #[inline]
    fn make(&self, _: Ordinal) -> Option<E> {
        Some(self.clone())
    }
}

/// What a write wants done about the entry that it found, or about its absence.
#[derive(Debug)]
pub(crate) enum Change<R> {
    /// Leave it.
    Keep,
    /// Store this one, in place of what is there.
    Put(R),
    /// Move the deadline of what is there.
    Redate(Deadline),
    /// Remove what is there.
    Remove,
}

/// Why the cache let go of an entry.
///
/// ```
/// use keyway::engine::{Builder, Cause};
/// use std::sync::mpsc;
///
/// let (sender, causes) = mpsc::channel();
/// let builder = Builder::with_entries(100).listener(move |_, cause| sender.send(cause).expect("somebody listens"));
/// let cache = builder.build()?;
/// cache.insert("colour", "red")?;
/// cache.insert("colour", "green")?;
/// cache.remove("colour");
/// assert_eq!(causes.try_iter().collect::<Vec<_>>(), [Cause::Replaced, Cause::Removed]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub enum Cause {
    /// It made room for others.
    Evicted,
    /// Its time was over.
    Expired,
    /// Another value took its place.
    Replaced,
    /// Somebody removed it, or flushed the cache.
    Removed,
}

impl Cause {
    /// Whether the cache let go of it by itself, to make room or because its time was over; else somebody replaced or removed it.
    ///
    /// ```
    /// use keyway::engine::Cause;
    ///
    /// let by_itself = [Cause::Evicted, Cause::Expired, Cause::Replaced, Cause::Removed].map(Cause::was_evicted);
    /// assert_eq!(by_itself, [true, true, false, false]);
    /// ```
    #[must_use]
    pub fn was_evicted(self) -> bool {
        matches!(self, Self::Evicted | Self::Expired)
    }
}
