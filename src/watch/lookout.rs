//! Where the stores of a cache look whether anybody watches, and tell what they see.

use super::{
    Topic,
    sampler::Sampler,
    stream::{Position, Stream},
};
use crate::sync::{AtomicU64, Mutex, Ordering, StdArc, Weak};
use std::fmt;

const EVICTIONS: u64 = 1;
const MISSES: u64 = 2;
const USES: u64 = 4;
/// What is wanted by whoever watches.
const WATCHED: u64 = EVICTIONS | MISSES | USES;
/// Verbs are to be counted before they are carried out: nobody watches for it, but it stands in the word that each verb looks at, so
/// that where nothing is limited nobody looks twice.
const LIMITED: u64 = 8;

/// What a verb did with a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Observed {
    /// It used it in any way but a get that found nothing.
    Used,
    /// It was a get that found nothing.
    Missed,
}

/// A store that is told what it is to look out for.
pub(crate) trait Post: Send + Sync {
    fn lookout(&self) -> &Lookout;
}

/// One store's. What is wanted stands in it and not behind a pointer: that is looked at with each verb.
pub(crate) struct Lookout {
    /// As wide as what sessions look at beside it. What is watched, and whether there are limits.
    wanted: AtomicU64,
    /// Of the store's namespace.
    name: StdArc<str>,
    all: StdArc<Lookouts>,
}

/// Those of all stores of a cache, and who is told.
pub(crate) struct Lookouts {
    posts: Mutex<Vec<Weak<dyn Post>>>,
    evictions: Stream,
    misses: Stream,
    sampler: Sampler,
}

impl Lookout {
    pub(crate) fn new(name: &str, all: &StdArc<Lookouts>) -> Self {
        Self { wanted: AtomicU64::new(0), name: StdArc::from(name), all: all.clone() }
    }

    /// Of the store's namespace; empty for the main key space.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Whether anybody wants to know of verbs or evictions.
    #[inline]
    pub(crate) fn is_on(&self) -> bool {
        // Relaxed: a hint. Who watches is told of what is done after it was seen, and owed nothing before.
        self.wants(WATCHED)
    }

    /// Whether anybody does, or anything is limited.
    #[inline]
    pub(crate) fn is_busy(&self) -> bool {
        // Relaxed: see `is_on` and `limit`.
        self.wanted.load(Ordering::Relaxed) != 0
    }

    /// Whether anything is limited.
    #[inline]
    pub(crate) fn is_limited(&self) -> bool {
        self.wants(LIMITED)
    }

    /// Has verbs be counted from now on.
    pub(crate) fn limit(&self) {
        // Relaxed: a setting; each verb goes by what it sees.
        self.wanted.fetch_or(LIMITED, Ordering::Relaxed);
    }

    /// Has verbs be counted no more.
    pub(crate) fn lift_limits(&self) {
        // Relaxed: see `limit`.
        self.wanted.fetch_and(!LIMITED, Ordering::Relaxed);
    }

    fn watch_for(&self, wanted: u64) {
        // Relaxed: see `is_on`. Against `limit`, which may come between.
        let told = self
            .wanted
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |before| Some(before & !WATCHED | wanted));
        debug_assert!(told.is_ok(), "the closure never declines");
    }

    #[inline]
    fn wants(&self, what: u64) -> bool {
        // Relaxed: see `is_on`.
        self.wanted.load(Ordering::Relaxed) & what != 0
    }

    /// Tells of a verb. Not to be called under a lock.
    pub(crate) fn observe(&self, key: &[u8], what: Observed) {
        if what == Observed::Missed && self.wants(MISSES) {
            self.all.misses.note(&self.name, key, None);
        }
        if self.wants(USES) {
            self.all.sampler.note(&self.name, key);
        }
    }

    /// Whether anybody wants to know of evictions.
    #[inline]
    pub(crate) fn is_told_of_evictions(&self) -> bool {
        self.wants(EVICTIONS)
    }

    /// Tells of an item that is evicted. It waits for nothing, asks for no memory and calls nobody, so it may be called under a
    /// stripe's lock.
    pub(crate) fn evicted(&self, key: &[u8], bytes: usize) {
        if self.wants(EVICTIONS) {
            self.all.evictions.note(&self.name, key, Some(bytes));
        }
    }
}

impl Lookouts {
    pub(crate) fn new() -> Self {
        Self {
            posts: Mutex::new(Vec::new()),
            evictions: Stream::new(),
            misses: Stream::new(),
            sampler: Sampler::new(),
        }
    }

    /// One store more is told what to look out for.
    pub(crate) fn post(&self, post: Weak<dyn Post>) {
        let mut posts = self.posts.lock();
        posts.retain(|post| post.strong_count() > 0);
        posts.push(post);
        self.tell(&posts);
    }

    pub(super) fn stream(&self, topic: Topic) -> &Stream {
        match topic {
            Topic::Evictions => &self.evictions,
            Topic::Misses => &self.misses,
        }
    }

    pub(super) fn sampler(&self) -> &Sampler {
        &self.sampler
    }

    pub(super) fn join(&self, topic: Topic) -> Position {
        self.change(|| self.stream(topic).join())
    }

    pub(super) fn leave(&self, topic: Topic) {
        self.change(|| self.stream(topic).leave());
    }

    /// Changes who watches, and tells all stores what is wanted then.
    pub(super) fn change<T>(&self, how: impl FnOnce() -> T) -> T {
        let posts = self.posts.lock();
        let done = how();
        self.tell(&posts);
        done
    }

    /// Under the lock, so that what is wanted last is told last.
    fn tell(&self, posts: &[Weak<dyn Post>]) {
        let bit = |is_wanted: bool, bit: u64| if is_wanted { bit } else { 0 };
        let wanted = bit(self.evictions.is_followed(), EVICTIONS)
            | bit(self.misses.is_followed(), MISSES)
            | bit(self.sampler.is_on(), USES);
        for post in posts.iter().filter_map(Weak::upgrade) {
            post.lookout().watch_for(wanted);
        }
    }
}

impl fmt::Debug for Lookout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lookout")
            .field("name", &self.name)
            .field("is_on", &self.is_on())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Lookouts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lookouts").finish_non_exhaustive()
    }
}
