//! Going over everything in the order in which it would go: the oldest first, a few places of one stripe at a time.
//!
//! All stripes are gone through in step, since what is as far from the end of its stripe is about as old. What has shown its
//! worth comes first, so that whoever stores the entries again in this order ends with what is more easily replaced.
//!
//! Entries move only when something is stored or removed, and then to the end of a queue. So main is gone through to where it ended
//! at first, then probation, then, a few times over, what has come to main since.

use super::{
    Engine, Entry, Now, Watch,
    order::List,
    queue::{Position, Queue},
};
use std::hash::BuildHasher;

/// Which of the two parts of a cache an entry is in.
///
/// ```
/// use keyway::engine::{Cache, Part};
///
/// let cache = Cache::with_entries(100)?;
/// cache.insert("new", ())?;
/// assert_eq!(cache.dump().next().map(|dumped| dumped.part), Some(Part::Probation));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Part {
    /// It is new, or was not wanted since it was: the next to go.
    #[default]
    Probation,
    /// It has shown its worth.
    Main,
}

impl Part {
    pub(super) fn list(self) -> List {
        match self {
            Self::Probation => List::Probation,
            Self::Main => List::Main,
        }
    }
}

/// A stripe is gone through in so many visits, within these bounds for the places that one visit looks at.
const VISITS: u32 = 32;
const PLACES_MIN: u32 = 16;
const PLACES_MAX: u32 = 256;

/// A part of a queue that is gone through, the oldest first: from one place on, and before another.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stretch {
    from: Position,
    end: Position,
}

impl Stretch {
    fn of(queue: &Queue) -> Self {
        let (from, end) = queue.ends();
        Self { from, end }
    }

    /// What has come to the queue since.
    fn since(self, queue: &Queue) -> Self {
        Self { from: self.end, end: queue.ends().1 }
    }

    fn len(self) -> u32 {
        self.from.up_to(self.end)
    }

    /// Takes up to so many places off its beginning; what went from the queue meanwhile costs none.
    pub(super) fn take(&mut self, places: u32, queue: &Queue) -> impl Iterator<Item = Position> + use<> {
        let (oldest, next) = queue.ends();
        let held = oldest.up_to(next);
        if self.end.up_to(next) > held {
            self.from = self.end;
        } else if self.from.up_to(next) > held {
            self.from = oldest;
        }
        let (from, taken) = (self.from, places.min(self.len()));
        self.from = from.plus(taken);
        (0..taken).map(move |step| from.plus(step))
    }
}

/// What is gone through, in turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lap {
    Main,
    Probation,
    /// What has come to main since the lap before; so many more such laps.
    Moved(u8),
}

/// Whoever goes on faster than writers move entries has caught up with them after a few laps.
const MOVED_LAPS: u8 = 8;

impl Lap {
    fn part(self) -> Part {
        if self == Self::Probation { Part::Probation } else { Part::Main }
    }

    fn next(self) -> Option<Self> {
        match self {
            Self::Main => Some(Self::Probation),
            Self::Probation => Some(Self::Moved(MOVED_LAPS)),
            Self::Moved(laps) => laps.checked_sub(1).map(Self::Moved),
        }
    }
}

/// How far a dump has come.
#[derive(Debug)]
pub(crate) struct DumpFrom {
    lap: Lap,
    /// Whose turn it is.
    stripe: usize,
    /// Some stripe has more to tell in this lap.
    more: bool,
    stripes: Vec<Visited>,
}

/// How far it has come in one stripe.
#[derive(Clone, Copy, Debug, Default)]
struct Visited {
    /// None until the first visit of a lap.
    left: Option<Stretch>,
    /// Looked at in one visit of this lap.
    places: u32,
    /// What the last lap of main was to go through.
    main: Option<Stretch>,
}

impl Visited {
    /// What this lap is to go through.
    fn begin(&mut self, lap: Lap, queue: &Queue) -> Stretch {
        let stretch = match (lap, self.main) {
            (Lap::Moved(_), Some(main)) => main.since(queue),
            _ => Stretch::of(queue),
        };
        self.places = (stretch.len() / VISITS).clamp(PLACES_MIN, PLACES_MAX);
        if lap != Lap::Probation {
            self.main = Some(stretch);
        }
        stretch
    }
}

impl<E: Entry, S: BuildHasher, W: Watch<E>> Engine<E, S, W> {
    pub(crate) fn begin_dump(&self) -> DumpFrom {
        let stripes = vec![Visited::default(); self.stripes.len()];
        DumpFrom { lap: Lap::Main, stripe: 0, more: false, stripes }
    }

    /// The live entries of the next few places, perhaps none. `None` at the end.
    pub(crate) fn dump(&self, from: &mut DumpFrom, now: &impl Now) -> Option<(Part, Vec<E>)> {
        let Some(visited) = from.stripes.get_mut(from.stripe) else {
            if !from.more {
                from.lap = from.lap.next()?;
                from.stripes.iter_mut().for_each(|visited| visited.left = None);
            }
            (from.stripe, from.more) = (0, false);
            return Some((from.lap.part(), Vec::new()));
        };
        let part = from.lap.part();
        let mut entries = Vec::new();
        if visited.left.is_none_or(|left| left.len() > 0) {
            let stripe = self.stripes[from.stripe].lock.read_rarely();
            let queue = stripe.queue(part.list());
            let mut left = match visited.left {
                Some(left) => left,
                None => visited.begin(from.lap, queue),
            };
            let places = left.take(visited.places, queue);
            if !stripe.flush_is_due(|| now.now()) {
                let found = places.filter_map(|place| stripe.held_at(part.list(), place));
                entries.extend(found.filter(|entry| !entry.has_expired(now)).cloned());
            }
            from.more |= left.len() > 0;
            visited.left = Some(left);
        }
        from.stripe += 1;
        Some((part, entries))
    }
}
