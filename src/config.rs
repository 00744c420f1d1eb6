//! What a cache is made with.

use crate::{
    Clock,
    store::{HashKeys, House, NoRandomness, Store},
    sync::{Arc, StdArc, cores},
    watch::{Lookout, Lookouts},
};
use std::{error::Error, fmt};

/// What a cache is made with.
///
/// ```
/// # use keyway::{Cache, Config, Users};
/// let mut config = Config::new(64 << 20);
/// config.max_value = 8 << 20;
/// let cache = Cache::new(config, Users::new())?;
/// assert_eq!((cache.budget(), cache.max_value()), (64 << 20, 8 << 20));
/// # Ok::<(), keyway::ConfigError>(())
/// ```
///
/// With the feature `serde` it can be read and written: `budget`, and, unless the defaults for that budget are wanted, `max_value`
/// and `stripes`. Clock and hash key are not among it.
#[derive(Clone, Debug)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(from = "Plain", into = "Plain")
)]
#[non_exhaustive]
pub struct Config {
    /// The most bytes that the cache asks of the allocator for items, their index and their order: a bound that holds
    /// at every moment. What the allocator adds of its own, and items that readers still hold after their eviction,
    /// are not in it.
    pub budget: usize,
    /// The largest value in bytes. At most half the budget, and in any case [`Item::MAX_VALUE`](crate::Item::MAX_VALUE); 1 MiB unless
    /// that is more than half of the budget.
    pub max_value: usize,
    /// Stripes: independent parts, each with a lock of its own. Rounded up to a power of two. The budget and the
    /// largest value do not depend on it. By default 16 for each core, and 32 at least; fewer for a budget that has less than 64 KiB for
    /// each, and more than 64 only where each has half a MiB.
    pub stripes: usize,
    /// Where the time is read.
    pub clock: Clock,
    /// A fixed key for the hash instead of a random one. Only for tests that need the same order each time: whoever
    /// knows it can choose keys that collide.
    pub fixed_hash_key: Option<[u64; 4]>,
}

/// The largest value that memcached stores by default, and so do we.
const MAX_VALUE: usize = 1 << 20;
impl Config {
    /// Defaults for this budget in bytes.
    ///
    /// ```
    /// use keyway::Config;
    ///
    /// assert_eq!(Config::new(64 << 20).max_value, 1 << 20);
    /// let little = Config::new(1 << 20);
    /// assert_eq!(little.max_value, 512 << 10); // half the budget, where that is less
    /// assert!(little.stripes < Config::new(64 << 20).stripes);
    /// ```
    #[must_use]
    pub fn new(budget: usize) -> Self {
        Self {
            budget,
            max_value: MAX_VALUE.min(budget / 2),
            stripes: Store::stripes_for(budget, cores()),
            clock: Clock::system(),
            fixed_hash_key: None,
        }
    }

    /// The store of the main key space, in a house of this budget; and what further ones are made with.
    pub(crate) fn open(self) -> Result<Opened, ConfigError> {
        let stripes = Store::rounded_stripes(self.stripes).ok_or(ConfigError::TooManyStripes)?;
        if self.max_value > self.budget / 2 {
            return Err(ConfigError::ValueOverHalf { half: self.budget / 2 });
        }
        let keys = HashKeys::new(self.fixed_hash_key);
        let hasher = keys.draw("").map_err(|NoRandomness| ConfigError::NoRandomness)?;
        let house = Arc::new(House::new(self.budget));
        let (max_value, clock) = (self.max_value, self.clock);
        let lookouts = StdArc::new(Lookouts::new());
        let lookout = Lookout::new("", &lookouts);
        let main = Store::within(&house, lookout, None, stripes, max_value, clock.clone(), hasher)
            .ok_or_else(|| ConfigError::BudgetTooSmall { least: Store::own_charge(stripes, 0) })?;
        Ok(Opened { house, main, lookouts, keys, clock, max_value })
    }
}

/// What a cache begins with.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) house: Arc<House>,
    pub(crate) main: Store,
    pub(crate) lookouts: StdArc<Lookouts>,
    pub(crate) keys: HashKeys,
    pub(crate) clock: Clock,
    pub(crate) max_value: usize,
}

/// What a file says of a configuration.
#[cfg(feature = "serde")]
#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Plain {
    budget: usize,
    max_value: Option<usize>,
    stripes: Option<usize>,
}

#[cfg(feature = "serde")]
impl From<Plain> for Config {
    fn from(Plain { budget, max_value, stripes }: Plain) -> Self {
        let default = Self::new(budget);
        let max_value = max_value.unwrap_or(default.max_value);
        Self { max_value, stripes: stripes.unwrap_or(default.stripes), ..default }
    }
}

#[cfg(feature = "serde")]
impl From<Config> for Plain {
    fn from(Config { budget, max_value, stripes, .. }: Config) -> Self {
        Self { budget, max_value: Some(max_value), stripes: Some(stripes) }
    }
}

/// The configuration cannot work.
///
/// ```
/// use keyway::{Cache, Config, ConfigError, Users};
///
/// let mut config = Config::new(16 << 20);
/// config.max_value = 9 << 20;
/// let error = Cache::new(config, Users::new()).unwrap_err();
/// assert_eq!(error, ConfigError::ValueOverHalf { half: 8 << 20 });
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConfigError {
    /// The budget does not even hold the empty stripes.
    BudgetTooSmall {
        /// What they need, in bytes.
        least: usize,
    },
    /// The largest value is over half the budget.
    ValueOverHalf {
        /// Half the budget, in bytes.
        half: usize,
    },
    /// More than 65,536 stripes.
    TooManyStripes,
    /// The system gave no random bytes for the hash key.
    NoRandomness,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BudgetTooSmall { least } => {
                write!(
                    f,
                    "the budget is too small: the stripes alone need {least} bytes; raise it or take fewer"
                )
            }
            Self::ValueOverHalf { half } => {
                write!(
                    f,
                    "the largest value may be half the budget, {half} bytes; lower it or raise the budget"
                )
            }
            Self::TooManyStripes => f.write_str("there can be 65,536 stripes at most; take fewer"),
            Self::NoRandomness => f.write_str("the system gave no random bytes for the hash key; try again"),
        }
    }
}

impl Error for ConfigError {}

#[cfg(all(test, feature = "serde", not(loom)))]
mod tests {
    #![allow(clippy::expect_used, reason = "a test may panic")]

    use super::*;

    #[test]
    fn a_configuration_is_read_with_the_defaults_of_its_budget() {
        let config: Config = toml::from_str("budget = 1048576\nstripes = 2").expect("well formed");
        let default = Config::new(1 << 20);
        assert_eq!((config.budget, config.max_value, config.stripes), (1 << 20, default.max_value, 2));
        let written = toml::to_string(&config).expect("plain");
        assert_eq!(written, "budget = 1048576\nmax_value = 524288\nstripes = 2\n");
        assert!(
            toml::from_str::<Config>("budget = 1\nfixed_hash_key = [1, 2, 3, 4]").is_err(),
            "never from a file"
        );
    }
}
