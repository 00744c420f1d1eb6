//! The plain settings of a cache, as they stand in a configuration file.

use super::Builder;
use std::time::Duration;

/// The plain settings of a cache: what a configuration file can say. With the feature `serde` it can be read and written;
/// there, times are numbers of seconds, and everything but the limit may be left out.
///
/// ```toml
/// limit = 100000
/// time_to_live = 3600
/// time_to_idle = 0.5
/// ```
///
/// What is code stays with the [`Builder`]: how entries are weighed, a lifetime of one's own, the hasher, the clock and the listener.
///
/// ```
/// use keyway::engine::{Builder, Settings};
/// use std::time::Duration;
///
/// let mut settings = Settings::new(10_000);
/// settings.time_to_live = Some(Duration::from_secs(3600));
/// let cache = Builder::with_entries(settings.limit).settings(&settings).build()?;
/// cache.insert("greeting", "hello")?;
/// assert_eq!(cache.limit(), 10_000);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(deny_unknown_fields))]
#[non_exhaustive]
pub struct Settings {
    /// Entries, weight or bytes, as the [`Builder`] was begun.
    pub limit: usize,
    /// See [`Builder::stripes`]. `None`: as many as suit the limit.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub stripes: Option<usize>,
    /// See [`Builder::time_to_live`]. `None`: for ever.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none", with = "seconds"))]
    pub time_to_live: Option<Duration>,
    /// See [`Builder::time_to_idle`]. `None`: for ever.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none", with = "seconds"))]
    pub time_to_idle: Option<Duration>,
}

impl Settings {
    /// Defaults for this limit.
    ///
    /// ```
    /// use keyway::engine::Settings;
    ///
    /// let settings = Settings::new(10_000);
    /// assert_eq!((settings.limit, settings.stripes), (10_000, None));
    /// assert!(settings.time_to_live.is_none() && settings.time_to_idle.is_none());
    /// ```
    #[must_use]
    pub fn new(limit: usize) -> Self {
        Self { limit, stripes: None, time_to_live: None, time_to_idle: None }
    }
}

impl<K, V, S> Builder<K, V, S> {
    /// Takes limit, stripes and times from these settings, in the place of what was said before.
    ///
    /// ```
    /// use keyway::engine::{Builder, Settings};
    ///
    /// let mut settings = Settings::new(2);
    /// settings.stripes = Some(1);
    /// let cache = Builder::with_entries(1_000_000).settings(&settings).build()?; // the last word counts
    /// for number in 0..10 {
    ///     cache.insert(number, ())?;
    /// }
    /// assert!(cache.len() <= 2);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn settings(mut self, settings: &Settings) -> Self {
        let Settings { limit, stripes, time_to_live, time_to_idle } = *settings;
        (self.limit, self.stripes) = (limit, stripes);
        (self.live, self.idle) = (time_to_live, time_to_idle);
        self
    }
}

/// Times as numbers of seconds, with a fraction where there is one.
#[cfg(feature = "serde")]
mod seconds {
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};
    use std::time::Duration;

    #[expect(clippy::ref_option, reason = "serde calls it so")]
    pub(super) fn serialize<S: Serializer>(time: &Option<Duration>, to: S) -> Result<S::Ok, S::Error> {
        match time {
            Some(time) if time.subsec_nanos() == 0 => Some(time.as_secs()).serialize(to),
            time => time.map(|time| time.as_secs_f64()).serialize(to),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Duration>, D::Error> {
        let seconds = Option::<f64>::deserialize(from)?;
        let time = seconds.map(Duration::try_from_secs_f64).transpose();
        time.map_err(|error| D::Error::custom(format!("a time is a number of seconds, 0 or more: {error}")))
    }
}
