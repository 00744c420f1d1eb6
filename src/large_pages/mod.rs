//! Memory in which entries lie, put on large pages of the system. A look-up in a large cache waits for memory three or four times, and
//! each time for the tables that say where that memory is, too: of large pages the processor needs few.
//!
//! The library asks for memory by the program's allocator alone, so where entries lie is looked up afterwards: a survey of all of them
//! tells how much of each region of 2 MiB is theirs, and regions that have enough are promoted, one after the other.

#[cfg(all(test, not(any(loom, shuttle))))]
mod tests;

use crate::core::{Promotion, REGION, Region, Survey, SurveyFrom, can_promote};
use ahash::{AHashMap, AHashSet};

/// How far a cache's memory has come to be on large pages of the system: `maintain_large_pages` of a cache goes on from there.
///
/// One for each cache, kept by whoever looks after it, on a thread that may wait for the system. What it gives is in
/// `docs/performance-memory.md`: up to half as many operations again where a cache is far larger than the processor's own memory, by
/// the machine and by what is asked of it.
///
/// It works on Linux 6.1 and later with ordinary pages of 4 KiB, whatever the program's allocator is and whether or not the system
/// gives large pages to who does not ask. Elsewhere, and without the feature `large-pages`, nothing is done.
///
/// ```
/// use keyway::{Cache, Config, LargePages, Users};
///
/// let cache = Cache::new(Config::new(64 << 20), Users::new())?;
/// let mut pages = LargePages::new();
/// while !pages.is_settled() {
///     cache.maintain(); // a few times a second, on a thread of its own
///     cache.maintain_large_pages(&mut pages);
/// }
/// assert_eq!(pages.promoted(), 0); // it holds nothing yet
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct LargePages {
    can_promote: bool,
    stage: Stage,
    /// Bytes of the cache's in each region, as far as this survey has come.
    found: AHashMap<Region, usize>,
    /// Not to be asked for again for a while: on large pages, until an allocator gives some of it back, or refused.
    asked: AHashSet<Region>,
    surveys: usize,
    promoted: usize,
    refused: usize,
}

/// What the next call does.
#[derive(Debug)]
enum Stage {
    /// Surveys go on in the cache's part of this number, from there.
    Survey { part: usize, from: SurveyFrom },
    /// Regions that have enough of the cache's, those with most last, and whether any of this survey's was promoted.
    Promote { regions: Vec<Region>, any: bool },
    /// So many calls do nothing.
    Rest { calls: usize },
}

/// Pages of the index that a call surveys.
const SURVEYED: usize = 256;
/// Regions that a call promotes. Each costs as long as it takes to copy 2 MiB, and to find room for them.
const PROMOTED: usize = 8;
/// A region is promoted if so much of it is the cache's: of its rest nothing is known, but that it is resident.
const ENOUGH: usize = REGION / 4;
/// After a survey that led to nothing, so many calls do nothing.
const RESTS: usize = 64;
/// After so many surveys all regions are looked at again.
const FORGETS: usize = 16;

impl LargePages {
    /// Nothing is known yet.
    ///
    /// ```
    /// use keyway::{LargePages, engine::Cache};
    ///
    /// let cache = Cache::with_entries(100)?;
    /// cache.insert("a", 1)?;
    /// let mut pages = LargePages::new();
    /// cache.maintain_large_pages(&mut pages);
    /// # assert_eq!(pages.refused(), 0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn new() -> Self {
        Self {
            can_promote: can_promote(),
            stage: Stage::Survey { part: 0, from: SurveyFrom::default() },
            found: AHashMap::new(),
            asked: AHashSet::new(),
            surveys: 0,
            promoted: 0,
            refused: 0,
        }
    }

    /// Regions of 2 MiB that the system says are on a large page now; one that is looked at again counts again.
    ///
    /// ```
    /// assert_eq!(keyway::LargePages::new().promoted(), 0);
    /// ```
    #[must_use]
    pub fn promoted(&self) -> usize {
        self.promoted
    }

    /// Times that the system would not. It is asked again after some surveys.
    ///
    /// ```
    /// assert_eq!(keyway::LargePages::new().refused(), 0);
    /// ```
    #[must_use]
    pub fn refused(&self) -> usize {
        self.refused
    }

    /// Whether the last survey of the whole cache led to nothing more, or nothing can be done here. The next calls do nothing for a while;
    /// then everything is surveyed again.
    ///
    /// ```
    /// use keyway::{LargePages, engine::Cache};
    ///
    /// let cache = Cache::with_entries(100)?;
    /// cache.insert("a", 1)?;
    /// let mut pages = LargePages::new();
    /// while !pages.is_settled() {
    ///     cache.maintain_large_pages(&mut pages);
    /// }
    /// cache.maintain_large_pages(&mut pages);
    /// assert!(pages.is_settled()); // it looks again after some more calls
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn is_settled(&self) -> bool {
        !self.can_promote || matches!(self.stage, Stage::Rest { .. })
    }

    /// One call's worth of work for the cache that has these parts.
    pub(crate) fn go_on(&mut self, parts: &[&dyn Survey]) {
        if !self.can_promote {
            return;
        }
        let next = match std::mem::replace(&mut self.stage, Stage::Rest { calls: 0 }) {
            Stage::Survey { part, from } => self.survey(parts, part, from),
            Stage::Promote { regions, any } => self.promote(regions, any),
            Stage::Rest { calls: 0 } => Stage::Survey { part: 0, from: SurveyFrom::default() },
            Stage::Rest { calls } => Stage::Rest { calls: calls - 1 },
        };
        self.stage = next;
    }

    fn survey(&mut self, parts: &[&dyn Survey], mut number: usize, mut from: SurveyFrom) -> Stage {
        let mut note = |address: *const u8, bytes: usize| {
            let sum = self.found.entry(Region::of(address)).or_default();
            *sum = sum.saturating_add(bytes);
        };
        for _ in 0..SURVEYED {
            let Some(part) = parts.get(number) else { return self.conclude() };
            match part.survey(from, &mut note) {
                Some(next) => from = next,
                None => (number, from) = (number + 1, SurveyFrom::default()),
            }
        }
        Stage::Survey { part: number, from }
    }

    /// At the end of a survey.
    fn conclude(&mut self) -> Stage {
        self.surveys += 1;
        if self.surveys.is_multiple_of(FORGETS) {
            self.asked.clear();
        }
        let enough =
            self.found.drain().filter(|(region, bytes)| *bytes >= ENOUGH && !self.asked.contains(region));
        let mut regions: Vec<_> = enough.map(|(region, bytes)| (bytes, region)).collect();
        regions.sort_unstable();
        Stage::Promote { regions: regions.into_iter().map(|(_, region)| region).collect(), any: false }
    }

    fn promote(&mut self, mut regions: Vec<Region>, mut any: bool) -> Stage {
        for region in regions.drain(regions.len().saturating_sub(PROMOTED)..).rev() {
            match region.promote() {
                Promotion::Done => {
                    self.asked.insert(region);
                    self.promoted += 1;
                    any = true;
                }
                Promotion::Sparse => {}
                Promotion::Busy => self.refused += 1,
                Promotion::NoneFree => {
                    self.refused += 1;
                    return Stage::Rest { calls: RESTS };
                }
                Promotion::Refused => {
                    self.asked.insert(region);
                    self.refused += 1;
                }
            }
        }
        match (regions.is_empty(), any) {
            (false, _) => Stage::Promote { regions, any },
            (true, true) => Stage::Survey { part: 0, from: SurveyFrom::default() },
            (true, false) => Stage::Rest { calls: RESTS },
        }
    }
}

impl Default for LargePages {
    fn default() -> Self {
        Self::new()
    }
}
