//! The last entries, by their numbers.

use super::{Entry, Event, Origin, Recent, Sequence};
use std::{collections::VecDeque, time::SystemTime};

/// The last entries. Their numbers follow each other without gaps, up to `last`.
pub(super) struct Ring {
    entries: VecDeque<Entry>,
    most: usize,
    last: u64,
}

impl Ring {
    pub(super) fn new(most: usize) -> Self {
        Self { entries: VecDeque::new(), most, last: 0 }
    }

    pub(super) fn last(&self) -> Sequence {
        Sequence::new(self.last)
    }

    /// Numbers an entry and keeps it. What has to go for it is returned, to be dropped outside of the lock.
    #[must_use]
    pub(super) fn push(&mut self, at: SystemTime, origin: Origin, event: Event) -> Option<Entry> {
        self.last += 1;
        let entry = Entry { sequence: self.last(), at, origin, event };
        if self.most == 0 {
            return Some(entry);
        }
        let gone = if self.entries.len() == self.most { self.entries.pop_front() } else { None };
        self.entries.push_back(entry);
        gone
    }

    /// Keeps no more than `most` from now on; what is over it is returned.
    #[must_use]
    pub(super) fn hold(&mut self, most: usize) -> VecDeque<Entry> {
        self.most = most;
        let over = self.entries.len().saturating_sub(most);
        let kept = self.entries.split_off(over);
        std::mem::replace(&mut self.entries, kept)
    }

    /// Adds to what a reader has, at most so many entries.
    pub(super) fn read(&self, recent: &mut Recent, most: usize) {
        let first = self.last - self.entries.len() as u64 + 1;
        let next = recent.last.number() + 1;
        recent.missed += first.saturating_sub(next);
        let from = usize::try_from(next.saturating_sub(first)).unwrap_or(usize::MAX);
        let before = recent.entries.len();
        recent.entries.extend(self.entries.iter().skip(from).take(most).cloned());
        recent.last = match recent.entries.get(before..).and_then(<[Entry]>::last) {
            Some(entry) => entry.sequence,
            // All that there was has been overwritten or was never kept.
            None => self.last(),
        };
    }
}
