//! The caches, each with room for so many bytes of values of different sizes. Keyway's is its engine, with a limit of weight, so that
//! tables take nothing from anybody.

use super::Peer;
use foyer_memory::{Cache as FoyerCache, CacheBuilder, S3FifoConfig};
use lru::LruCache;
use std::sync::Arc;

/// What all of them are made with.
#[derive(Clone)]
pub(in crate::hits) struct Room {
    pub(in crate::hits) bytes: usize,
    /// About so many entries of a mean size.
    pub(in crate::hits) entries: usize,
    /// Of each key.
    pub(in crate::hits) sizes: Arc<[u32]>,
}

impl Room {
    fn size(&self, key: u32) -> u32 {
        self.sizes.get(key as usize).copied().unwrap_or(1)
    }
}

/// All of them. The exact LRU comes first, Keyway last.
pub(in crate::hits) fn all(room: &Room) -> Vec<Box<dyn Peer>> {
    vec![
        Box::new(ExactLru {
            held: LruCache::unbounded_with_hasher(ahash::RandomState::new()),
            bytes: 0,
            room: room.clone(),
        }),
        Box::new(Quick::new(room.clone())),
        Box::new(Moka::new(room.clone())),
        Box::new(Foyer::new(room.clone())),
        Box::new(TinyUfo(tinyufo::TinyUfo::new(room.bytes, room.entries), room.clone())),
        Box::new(Keyway::new(room.clone(), super::stripes_for(room.entries))),
    ]
}

/// What was used last stays, as far as the bytes go.
struct ExactLru {
    held: LruCache<u32, (), ahash::RandomState>,
    bytes: usize,
    room: Room,
}

impl Peer for ExactLru {
    fn name(&self) -> &'static str {
        "exact LRU"
    }

    fn holds(&mut self, key: u32) -> bool {
        self.held.get(&key).is_some()
    }

    fn store(&mut self, key: u32) {
        self.held.put(key, ());
        self.bytes += self.room.size(key) as usize;
        while self.bytes > self.room.bytes
            && let Some((out, ())) = self.held.pop_lru()
        {
            self.bytes -= self.room.size(out) as usize;
        }
    }
}

#[derive(Clone)]
struct BySize;

impl quick_cache::Weighter<u32, u32> for BySize {
    fn weight(&self, _: &u32, size: &u32) -> u64 {
        u64::from(*size)
    }
}

struct Quick(quick_cache::unsync::Cache<u32, u32, BySize>, Room);

impl Quick {
    fn new(room: Room) -> Self {
        Self(quick_cache::unsync::Cache::with_weighter(room.entries, room.bytes as u64, BySize), room)
    }
}

impl Peer for Quick {
    fn name(&self) -> &'static str {
        "quick_cache"
    }

    fn holds(&mut self, key: u32) -> bool {
        self.0.get(&key).is_some()
    }

    fn store(&mut self, key: u32) {
        self.0.insert(key, self.1.size(key));
    }
}

struct Moka {
    cache: moka::sync::Cache<u32, u32>,
    since: u32,
    room: Room,
}

impl Moka {
    fn new(room: Room) -> Self {
        let builder = moka::sync::Cache::builder().max_capacity(room.bytes as u64);
        Self { cache: builder.weigher(|_, size| *size).build(), since: 0, room }
    }
}

impl Peer for Moka {
    fn name(&self) -> &'static str {
        "moka"
    }

    fn holds(&mut self, key: u32) -> bool {
        self.since += 1;
        if self.since == super::published::MOKA_UPKEEP {
            self.since = 0;
            self.cache.run_pending_tasks();
        }
        self.cache.get(&key).is_some()
    }

    fn store(&mut self, key: u32) {
        self.cache.insert(key, self.room.size(key));
    }
}

struct Foyer(FoyerCache<u32, u32>, Room);

impl Foyer {
    fn new(room: Room) -> Self {
        let shards = if room.entries < 1024 { 1 } else { 8 };
        let builder = CacheBuilder::new(room.bytes).with_shards(shards);
        let builder = builder.with_weighter(|_: &u32, size: &u32| *size as usize);
        Self(builder.with_eviction_config(S3FifoConfig::default()).build(), room)
    }
}

impl Peer for Foyer {
    fn name(&self) -> &'static str {
        "foyer s3fifo"
    }

    fn holds(&mut self, key: u32) -> bool {
        self.0.get(&key).is_some()
    }

    fn store(&mut self, key: u32) {
        self.0.insert(key, self.1.size(key));
    }
}

struct TinyUfo(tinyufo::TinyUfo<u32, ()>, Room);

impl Peer for TinyUfo {
    fn name(&self) -> &'static str {
        "tinyufo"
    }

    fn holds(&mut self, key: u32) -> bool {
        self.0.get(&key).is_some()
    }

    fn store(&mut self, key: u32) {
        self.0.put(key, (), u16::try_from(self.1.size(key)).unwrap_or(u16::MAX));
    }
}

pub(in crate::hits) struct Keyway {
    cache: keyway::engine::Cache<u32, u32>,
    room: Room,
}

impl Keyway {
    pub(in crate::hits) fn new(room: Room, stripes: usize) -> Self {
        let built = keyway::engine::Builder::with_weight(room.bytes, |_: &u32, size: &u32| *size as usize)
            .stripes(stripes)
            .build();
        let Ok(cache) = built else { panic!("a cache of {} bytes", room.bytes) };
        Self { cache, room }
    }
}

impl Peer for Keyway {
    fn name(&self) -> &'static str {
        "Keyway"
    }

    fn holds(&mut self, key: u32) -> bool {
        self.cache.get(&key).is_some()
    }

    fn store(&mut self, key: u32) {
        let stored = self.cache.insert(key, self.room.size(key));
        assert!(
            stored.is_ok() || self.room.size(key) as usize > self.room.bytes / 2,
            "room for half of it all"
        );
    }
}
