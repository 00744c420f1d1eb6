//! What can be done to a cache: the one list of operations that random tests and the fuzz target share.

/// An operation. Where it names a version or a key, it names it by its part in the story, so that random ones meet.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(fuzzing, derive(arbitrary::Arbitrary))]
pub(crate) enum Op {
    Get(Key),
    Set { key: Key, body: Body, flags: u32, ttl: Ttl, given: Given },
    Add { key: Key, body: Body, flags: u32, ttl: Ttl, given: Given },
    Replace { key: Key, body: Body, flags: u32, ttl: Ttl, given: Given },
    Cas { key: Key, body: Body, given: Given },
    Append { key: Key, body: Body, given: Given },
    Prepend { key: Key, body: Body, given: Given },
    Incr { key: Key, amount: u64, initial: Option<(u64, Ttl)>, given: Given },
    Decr { key: Key, amount: u64, initial: Option<(u64, Ttl)>, given: Given },
    Touch { key: Key, ttl: Ttl },
    GetAndTouch { key: Key, ttl: Ttl },
    Delete { key: Key, given: Given },
    Flush,
    FlushLater(Ttl),
    Pass(Seconds),
    Maintain,
}

/// One of a few keys, some of them as long as can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Key(pub(crate) u8);

/// How many keys there are.
pub(crate) const KEYS: u8 = 40;

impl Key {
    pub(crate) fn bytes(self) -> Vec<u8> {
        let len = if self.0.is_multiple_of(8) { keyway::MAX_KEY } else { 1 };
        vec![self.0; len]
    }
}

/// What is stored.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(fuzzing, derive(arbitrary::Arbitrary))]
pub(crate) enum Body {
    /// So many letters, no two values of the same ones until the alphabet is through.
    Letters(Len),
    /// What a counter can go on from.
    Number(u64),
}

/// The length of a value; some are over the limit.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Len(pub(crate) u16);

/// The longest value that is tried.
pub(crate) const LEN_MAX: u16 = 5000;

/// When an entry ends. The seconds end half a second late and the clock moves by whole ones, so that the exactness of
/// the clock (a sixteenth of a second) does not matter.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(fuzzing, derive(arbitrary::Arbitrary))]
pub(crate) enum Ttl {
    Never,
    AtOnce,
    InThePast,
    After(Seconds),
}

/// A few seconds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seconds(pub(crate) u8);

/// The longest time, in seconds.
pub(crate) const SECONDS_MAX: u8 = 20;

/// Which version the caller asks for.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(fuzzing, derive(arbitrary::Arbitrary))]
pub(crate) enum Given {
    /// Any will do.
    Any,
    /// The one that is there; where nothing is there, the last one that was.
    Last,
    /// The first one that the key ever had.
    First,
}
