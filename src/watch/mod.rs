//! What goes on in a cache, for an operator who looks on: which keys are evicted and missed, and which are used most.
//!
//! You need it when a cache does worse than it should: misses that ought to be hits, evictions of what is still wanted, or one key on
//! which everything hangs. [`Cache::stats`](crate::Cache::stats) says that it is so, and this says which keys it is about.
//!
//! A [`Watcher`] is had from [`Cache::watch`](crate::Cache::watch), and a [`KeySampler`] from
//! [`Cache::sample_keys`](crate::Cache::sample_keys). Both show keys of all namespaces, so they are for whoever owns the cache: a
//! server hands them to its admins alone. Who logs in is told by the [audit](crate::audit).
//!
//! ```
//! use keyway::{Cache, Config, Role, Users, watch::Topic};
//!
//! let cache = Cache::new(Config::new(1 << 20), Users::new())?;
//! cache.users().add_trusted("app", Role::ReadWrite)?;
//! let session = cache.session_for("app")?;
//!
//! let mut misses = cache.watch(Topic::Misses);
//! assert!(session.get("greeting")?.is_none());
//! let seen = misses.take();
//! assert_eq!((&*seen.sightings[0].key, seen.dropped), (&b"greeting"[..], 0));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What it costs
//!
//! While nobody looks on, one load beside others and a branch for each verb, and nothing more for an eviction. While somebody does, a key
//! is copied into a ring of fixed size by whoever finds that free at once. Nobody ever waits for a watcher: what found the ring in
//! use, or was overwritten before it was taken, is [counted](Seen::dropped). Evictions are noted under the lock of their
//! stripe, for want of another moment at which their keys are known; that copies 250 bytes at most, asks for no memory, and
//! calls nothing of the watcher's.

mod counters;
mod hot_keys;
mod lookout;
mod ring;
mod sampler;
mod stream;
mod watcher;

#[cfg(not(loom))]
#[cfg(test)]
mod tests;

pub use hot_keys::{HotKey, HotKeys};
pub(crate) use lookout::{Lookout, Lookouts, Observed, Post};
pub use sampler::{KeySampler, SamplingAlready};
pub use watcher::{Seen, Sighting, Topic, Watcher};
