//! What a sample says of the keys that are used most. A use is a get that was allowed, or any other verb with a key, whatever became
//! of it.

use std::time::Duration;

/// What a sample says of the keys that are used most.
///
/// ```
/// # use keyway::{Cache, Config, Role, Users, watch::Topic};
/// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
/// # cache.users().add_trusted("app", Role::ReadWrite)?;
/// # let session = cache.session_for("app")?;
/// let sampler = cache.sample_keys()?;
/// for _ in 0..1000 {
///     session.get("the front page")?;
/// }
/// let hot = sampler.hottest(3);
/// assert!(hot.sampled > 0 && hot.keys.len() == 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct HotKeys {
    /// The one that is used most first.
    pub keys: Vec<HotKey>,
    /// Uses of all keys that were drawn and counted.
    pub sampled: u64,
    /// Uses of all keys a second, as estimated.
    pub per_second: f64,
    /// How long it was sampled.
    pub lasted: Duration,
}

/// A key that is used often.
///
/// ```
/// # use keyway::{Cache, Config, Role, Users, watch::Topic};
/// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
/// # cache.users().add_trusted("app", Role::ReadWrite)?;
/// # let session = cache.session_for("app")?;
/// let sampler = cache.sample_keys()?;
/// for _ in 0..1000 {
///     session.get("the front page")?;
/// }
/// let hottest = &sampler.hottest(1).keys[0];
/// assert_eq!(hottest.key.escape_ascii().to_string(), "the front page");
/// assert!(hottest.least_share <= hottest.share && hottest.share <= 1.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct HotKey {
    /// The namespace; empty for the main key space.
    pub namespace: String,
    /// The key: any bytes, so it is to be escaped where it is shown.
    pub key: Box<[u8]>,
    /// Its part of all uses that were sampled, from 0 to 1: at most this,
    pub share: f64,
    /// and at least this.
    pub least_share: f64,
    /// Uses a second, as estimated by `share`.
    pub per_second: f64,
}
