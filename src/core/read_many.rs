//! Many reads at once: the cache lines of all are asked for before the first is read, so that their ways to memory
//! overlap instead of following each other.

use super::{Engine, Entry, Hash, Now, Watch, prefetch::PREFETCHES, read::By};
use arrayvec::ArrayVec;
use std::hash::BuildHasher;

/// So many keys go together: enough to overlap, and few enough that the first ones are still there when they are read.
const TOGETHER: usize = 32;

impl<E: Entry, S: BuildHasher, W: Watch<E>> Engine<E, S, W> {
    /// What a look-up takes of each of `keys`, in order, as of some moment of each one's own. `admit` is asked before each, under the
    /// same lock: a refusal says nothing about the key. The first one ends it.
    pub(crate) fn read_many<K, T, X>(
        &self,
        keys: &[K],
        hash_of: impl Fn(&K) -> Result<Hash, X>,
        is_it: impl Fn(&K, &E) -> bool,
        now: &impl Now,
        admit: impl Fn(&K) -> Result<(), X>,
        take: impl Fn(&E) -> T,
    ) -> Result<Vec<Option<T>>, X> {
        let mut found = Vec::with_capacity(keys.len());
        for keys in keys.chunks(TOGETHER) {
            let hashes = keys.iter().map(&hash_of).collect::<Result<ArrayVec<Hash, TOGETHER>, X>>()?;
            self.fetch(&hashes);
            for (key, hash) in keys.iter().zip(hashes) {
                let look_up = self.look_up_fetched(hash);
                admit(key)?;
                found.push(look_up.take_by(By::Line, |entry| is_it(key, entry), now, &take));
            }
        }
        Ok(found)
    }

    /// Begins to fetch what reads or writes of these keys will look at, and changes nothing.
    pub(crate) fn fetch_many<K>(&self, keys: &[K], hash_of: impl Fn(&K) -> Option<Hash>) {
        if PREFETCHES {
            for keys in keys.chunks(TOGETHER) {
                self.fetch(&keys.iter().filter_map(&hash_of).collect::<ArrayVec<Hash, TOGETHER>>());
            }
        }
    }

    #[inline]
    fn fetch(&self, hashes: &[Hash]) {
        if PREFETCHES {
            hashes.iter().for_each(|hash| {
                let stripe = self.stripe_of(*hash).lock.read();
                stripe.prefetch_line(stripe.home(*hash));
            });
            hashes.iter().for_each(|hash| self.stripe_of(*hash).lock.read().prefetch_entry(*hash));
        }
    }
}
