//! The keys under which keys are hashed: another one for each store, so that nobody can choose keys that meet in another's.

/// Where the keys of hashes come from: from the system, or for tests from a fixed one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HashKeys {
    fixed: Option<[u64; 4]>,
}

/// The system gave no random bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NoRandomness;

impl HashKeys {
    pub(crate) fn new(fixed: Option<[u64; 4]>) -> Self {
        Self { fixed }
    }

    /// For the store of this name: at random, or from the fixed key and the name.
    pub(crate) fn draw(&self, name: &str) -> Result<ahash::RandomState, NoRandomness> {
        let key = match self.fixed {
            Some(key) if name.is_empty() => key,
            Some([a, b, c, d]) => [a ^ ahash::RandomState::with_seeds(a, b, c, d).hash_one(name), b, c, d],
            None => random_key()?,
        };
        let [a, b, c, d] = key;
        Ok(ahash::RandomState::with_seeds(a, b, c, d))
    }
}

/// Keys that clients choose must not be able to meet in one stripe or bucket, hence a key from the system.
fn random_key() -> Result<[u64; 4], NoRandomness> {
    let mut key = [0; 4];
    for part in &mut key {
        *part = getrandom::u64().map_err(|_| NoRandomness)?;
    }
    Ok(key)
}
