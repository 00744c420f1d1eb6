//! The caches, each with room for a number of equal entries.

mod exact_lru;
mod keyway;
mod published;
pub(super) mod weighted;

/// A cache that is read through.
pub(super) trait Peer {
    fn name(&self) -> &'static str;
    fn holds(&mut self, key: u32) -> bool;
    fn store(&mut self, key: u32);

    /// Whether the key is there; it is afterwards.
    fn access(&mut self, key: u32) -> bool {
        let found = self.holds(key);
        if !found {
            self.store(key);
        }
        found
    }
}

/// So many entries to a stripe at least.
const FEWEST_IN_A_STRIPE: usize = 512;
const MOST_STRIPES: usize = 64;

/// The stripes that Keyway has by default on four cores with so many entries: on fewer, 32 at most.
pub(super) fn stripes_for(entries: usize) -> usize {
    1 << (entries / FEWEST_IN_A_STRIPE).clamp(1, MOST_STRIPES).ilog2()
}

/// All of them, with room for this many entries. The exact LRU comes first, Keyway last.
pub(super) fn all(room: usize) -> Vec<Box<dyn Peer>> {
    vec![
        Box::new(exact_lru::ExactLru::with_room_for(room)),
        Box::new(published::Quick::with_room_for(room)),
        Box::new(published::Moka::with_room_for(room)),
        Box::new(published::Foyer::with_room_for(room)),
        Box::new(published::TinyUfo::with_room_for(room)),
        Box::new(keyway::Keyway::with_room_for(room)),
    ]
}
