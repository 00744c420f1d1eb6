//! The hasher that is taken if none is given.

use std::{fmt, hash::BuildHasher};

/// Hashes keys with a secret of its own, so that nobody can choose keys that collide.
///
/// ```
/// use keyway::engine::RandomState;
/// use std::hash::BuildHasher;
///
/// let one = RandomState::default();
/// assert_eq!(one.hash_one("key"), one.clone().hash_one("key"));
/// assert_ne!(one.hash_one("key"), RandomState::default().hash_one("key"));
/// ```
#[derive(Clone)]
pub struct RandomState(ahash::RandomState);

impl Default for RandomState {
    fn default() -> Self {
        let random = std::hash::RandomState::new();
        let part = |number: u64| random.hash_one(number);
        Self(ahash::RandomState::with_seeds(part(1), part(2), part(3), part(4)))
    }
}

impl BuildHasher for RandomState {
    type Hasher = ahash::AHasher;

    #[inline]
    fn build_hasher(&self) -> Self::Hasher {
        self.0.build_hasher()
    }
}

impl fmt::Debug for RandomState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RandomState").finish_non_exhaustive()
    }
}
