//! What a write notes for the next one of the same thread, which fetches it as its first step.

use crate::core::prefetch::{prefetch, prefetch_bytes};
use std::{num::NonZeroUsize, ptr::without_provenance};

/// Where in memory what goes soon is. It is not asked for as soon as that is known, but when the next write asks for its own line: a
/// processor may not go past a prefetch before it has found the address in the system's tables, which are far away as well, but it
/// looks several up at once (`docs/performance-tried.md`, "A prefetch waits as well"). Nothing here is ever followed, so it may be out
/// of date.
#[derive(Debug, Default)]
pub(super) struct Noted {
    /// An entry.
    entry: Option<NonZeroUsize>,
    /// The line of the index that leads to another one.
    line: Option<NonZeroUsize>,
}

impl Noted {
    #[inline]
    pub(super) fn note_entry(&mut self, entry: *const u8) {
        self.entry = NonZeroUsize::new(entry.addr());
    }

    #[inline]
    pub(super) fn note_line(&mut self, line: *const u8) {
        self.line = NonZeroUsize::new(line.addr());
    }

    /// Begins to fetch what is noted, once; so many bytes of the entry.
    #[inline]
    pub(super) fn fetch(&mut self, bytes: usize) {
        let Self { entry, line } = std::mem::take(self);
        if let Some(line) = line {
            prefetch(without_provenance::<u8>(line.get()));
        }
        if let Some(entry) = entry {
            prefetch_bytes(without_provenance::<u8>(entry.get()), bytes);
        }
    }

    #[cfg(all(test, not(loom), feature = "prefetch", target_arch = "x86_64"))]
    pub(super) fn addresses(&self) -> [Option<usize>; 2] {
        [self.entry, self.line].map(|address| address.map(NonZeroUsize::get))
    }
}
