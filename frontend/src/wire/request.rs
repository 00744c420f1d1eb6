//! What a request means, borrowed from the bytes it came in.

use super::{
    header::Header,
    opcode::{Opcode, Verb},
};
use keyway::{Delta, Draft, Expiry, Version};
use std::fmt;

/// An expiry of a counter that says "a missing counter is a miss, do not make one".
const NO_INITIAL: u32 = u32::MAX;

/// One whole request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Frame<'a> {
    pub(crate) opcode: Opcode,
    pub(crate) request: Request<'a>,
}

/// What a request means.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Request<'a> {
    Get {
        key: &'a [u8],
        echo: Echo,
    },
    Store {
        how: How,
        key: &'a [u8],
        draft: Draft<'a>,
        given: Option<Version>,
    },
    /// A set whose value is over the limit and will be skipped: the older value goes, so that nobody goes on
    /// reading what the client meant to replace.
    Oversized {
        key: &'a [u8],
    },
    Join {
        side: Side,
        key: &'a [u8],
        draft: Draft<'a>,
    },
    Delete {
        key: &'a [u8],
        given: Option<Version>,
    },
    Count {
        direction: Direction,
        key: &'a [u8],
        delta: Delta,
    },
    Touch {
        key: &'a [u8],
        expiry: Expiry,
    },
    GetAndTouch {
        key: &'a [u8],
        expiry: Expiry,
        echo: Echo,
    },
    /// `None`: now.
    Flush {
        when: Option<Expiry>,
    },
    Noop,
    Version,
    Quit,
    /// An empty name asks for the general ones.
    Stat {
        name: &'a [u8],
    },
    ListMechs,
    Auth {
        mechanism: &'a [u8],
        message: Hidden<'a>,
    },
    Step {
        mechanism: &'a [u8],
        message: Hidden<'a>,
    },
}

/// A login's payload: read in one place, and shown nowhere.
#[derive(Clone, Copy)]
pub(crate) struct Hidden<'a>(pub(crate) &'a [u8]);

impl fmt::Debug for Hidden<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hidden(..)")
    }
}

/// Whether the answer to a get repeats the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Echo {
    Value,
    KeyAndValue,
}

/// How a value is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum How {
    Set,
    Add,
    Replace,
}

/// Where bytes are joined to a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Front,
    Back,
}

/// Where a counter goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    Up,
    Down,
}

impl<'a> Request<'a> {
    /// Reads a body whose lengths fit the verb.
    pub(super) fn read(verb: Verb, header: &Header, body: &'a [u8]) -> Self {
        let (extras, rest) = body.split_at_checked(header.extras_len).unwrap_or((body, &[]));
        let (key, value) = rest.split_at_checked(header.key_len).unwrap_or((rest, &[]));
        let mut extras = Extras(extras);
        let given = Version::from_number(header.cas);
        match verb {
            Verb::Get => Self::Get { key, echo: Echo::Value },
            Verb::GetK => Self::Get { key, echo: Echo::KeyAndValue },
            Verb::Set => Self::store(How::Set, key, extras.draft(value), given),
            Verb::Add => Self::store(How::Add, key, extras.draft(value), given),
            Verb::Replace => Self::store(How::Replace, key, extras.draft(value), given),
            Verb::Append => Self::Join { side: Side::Back, key, draft: pinned(Draft::new(value), given) },
            Verb::Prepend => Self::Join { side: Side::Front, key, draft: pinned(Draft::new(value), given) },
            Verb::Delete => Self::Delete { key, given },
            Verb::Incr => Self::Count { direction: Direction::Up, key, delta: extras.delta(given) },
            Verb::Decr => Self::Count { direction: Direction::Down, key, delta: extras.delta(given) },
            Verb::Touch => Self::Touch { key, expiry: extras.expiry() },
            Verb::Gat => Self::GetAndTouch { key, expiry: extras.expiry(), echo: Echo::Value },
            Verb::GatK => Self::GetAndTouch { key, expiry: extras.expiry(), echo: Echo::KeyAndValue },
            Verb::Flush => Self::Flush { when: extras.delay() },
            Verb::Noop => Self::Noop,
            Verb::Version => Self::Version,
            Verb::Quit => Self::Quit,
            Verb::Stat => Self::Stat { name: key },
            Verb::ListMechs => Self::ListMechs,
            Verb::Auth => Self::Auth { mechanism: key, message: Hidden(value) },
            Verb::Step => Self::Step { mechanism: key, message: Hidden(value) },
        }
    }

    /// Reads the front of a set whose value is too long to be read.
    pub(super) fn read_oversized(header: &Header, front: &'a [u8]) -> Self {
        let key = front.get(header.extras_len..).unwrap_or_default();
        Self::Oversized { key }
    }

    fn store(how: How, key: &'a [u8], draft: Draft<'a>, given: Option<Version>) -> Self {
        Self::Store { how, key, draft: pinned(draft, given), given }
    }

    /// The key it is about, for the log; empty for the others. A mechanism's name and message are not keys.
    pub(crate) fn key(&self) -> &'a [u8] {
        match *self {
            Self::Get { key, .. }
            | Self::Store { key, .. }
            | Self::Oversized { key, .. }
            | Self::Join { key, .. }
            | Self::Delete { key, .. }
            | Self::Count { key, .. }
            | Self::Touch { key, .. }
            | Self::GetAndTouch { key, .. } => key,
            Self::Stat { name } => name,
            Self::Flush { .. } | Self::Noop | Self::Version | Self::Quit | Self::ListMechs => &[],
            Self::Auth { .. } | Self::Step { .. } => &[],
        }
    }
}

/// Flags and expiry of a storage request.
pub(super) fn stored_as(extras: &[u8]) -> (u32, Expiry) {
    let mut extras = Extras(extras);
    (u32::from_be_bytes(extras.take()), extras.expiry())
}

fn pinned(draft: Draft<'_>, given: Option<Version>) -> Draft<'_> {
    match given {
        Some(version) => draft.given(version),
        None => draft,
    }
}

/// Extras, taken from the front. Their length was checked before; missing bytes would read as 0.
struct Extras<'a>(&'a [u8]);

impl Extras<'_> {
    fn take<const N: usize>(&mut self) -> [u8; N] {
        let Some((taken, rest)) = self.0.split_first_chunk() else {
            return [0; N];
        };
        self.0 = rest;
        *taken
    }

    fn expiry(&mut self) -> Expiry {
        Expiry::from_memcached(u32::from_be_bytes(self.take()))
    }

    fn draft<'v>(&mut self, value: &'v [u8]) -> Draft<'v> {
        let flags = u32::from_be_bytes(self.take());
        Draft::new(value).flags(flags).expires(self.expiry())
    }

    fn delta(&mut self, given: Option<Version>) -> Delta {
        let amount = u64::from_be_bytes(self.take());
        let initial = u64::from_be_bytes(self.take());
        let expiry = u32::from_be_bytes(self.take());
        let delta = match expiry {
            NO_INITIAL => Delta::by(amount),
            seconds => Delta::by(amount).or_initial_expiring(initial, Expiry::from_memcached(seconds)),
        };
        match given {
            Some(version) => delta.given(version),
            None => delta,
        }
    }

    /// No delay and a delay of 0 both mean now.
    fn delay(&mut self) -> Option<Expiry> {
        match u32::from_be_bytes(self.take()) {
            0 => None,
            seconds => Some(Expiry::from_memcached(seconds)),
        }
    }
}
