//! What a random story is made of: operations on the generic cache.

/// One operation.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(fuzzing, derive(arbitrary::Arbitrary))]
pub(crate) enum Op {
    Get(Key),
    Peek(Key),
    GetMany([Key; 3]),
    Insert {
        key: Key,
        weight: Weight,
    },
    InsertFor {
        key: Key,
        weight: Weight,
        time: Seconds,
    },
    InsertIfAbsent {
        key: Key,
        weight: Weight,
    },
    Set {
        key: Key,
        weight: Weight,
        time: Option<Seconds>,
    },
    Remove(Key),
    /// If its weight is odd.
    RemoveIf(Key),
    Compute {
        key: Key,
        to: To,
    },
    /// It is loaded if it is not there, and something happens meanwhile.
    Load {
        key: Key,
        weight: Weight,
        meanwhile: Meanwhile,
    },
    Touch {
        key: Key,
        time: Seconds,
    },
    /// It is pinned, or no longer.
    Pin(Key),
    /// What has an odd weight goes.
    Retain,
    Clear,
    /// All of it is looked at, by iteration and by a dump.
    LookAtAll,
    /// It is saved, and restored into another cache.
    Reopen(Limit),
    Resize(Limit),
    Pass(Seconds),
    Maintain,
}

/// What an entry is computed to be.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(fuzzing, derive(arbitrary::Arbitrary))]
pub(crate) enum To {
    Keep,
    Remove,
    Put(Weight),
}

/// What happens while a loader runs.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(fuzzing, derive(arbitrary::Arbitrary))]
pub(crate) enum Meanwhile {
    Nothing,
    /// The loader fails.
    Fails,
    Removed,
    Inserted(Weight),
    InsertedAndRemoved(Weight),
    Cleared,
    Retained,
}

/// One of a few keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Key(pub(crate) u8);

/// How many keys there are.
pub(crate) const KEYS: u8 = 24;

/// What a value weighs; some are over the limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Weight(pub(crate) u8);

/// The heaviest value that is tried.
pub(crate) const WEIGHT_MAX: u8 = 60;

/// What a cache may hold.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limit(pub(crate) u16);

/// The highest limit that is tried: room for all keys, however heavy.
pub(crate) const LIMIT_MAX: u16 = KEYS as u16 * WEIGHT_MAX as u16;

/// A few seconds. Entries end half a second late and the clock moves by whole ones, so that the exactness of the clock does not
/// matter.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seconds(pub(crate) u8);

/// The longest time, in seconds.
pub(crate) const SECONDS_MAX: u8 = 20;
