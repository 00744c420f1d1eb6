//! Which lengths of extras, key and value fit each verb.

use super::{header::Header, opcode::Verb};

/// The lengths that fit a verb.
struct Shape {
    extras: Extras,
    key: Presence,
    value: Presence,
}

/// Bytes in front of the key.
enum Extras {
    /// This many.
    Exactly(usize),
    /// This many, or none.
    UpTo(usize),
}

/// Whether a part must, may or must not have bytes.
enum Presence {
    Absent,
    Optional,
    Needed,
}

impl Presence {
    fn fits(&self, len: usize) -> bool {
        match self {
            Self::Absent => len == 0,
            Self::Optional => true,
            Self::Needed => len > 0,
        }
    }
}

const NOTHING: Shape = Shape { extras: Extras::Exactly(0), key: Presence::Absent, value: Presence::Absent };
const KEY: Shape = Shape { key: Presence::Needed, ..NOTHING };

fn shape(verb: Verb) -> Shape {
    match verb {
        Verb::Get | Verb::GetK | Verb::Delete => KEY,
        Verb::Set | Verb::Add | Verb::Replace => {
            Shape { extras: Extras::Exactly(8), value: Presence::Optional, ..KEY }
        }
        Verb::Append | Verb::Prepend | Verb::Auth | Verb::Step => Shape { value: Presence::Optional, ..KEY },
        Verb::Incr | Verb::Decr => Shape { extras: Extras::Exactly(20), ..KEY },
        Verb::Touch | Verb::Gat | Verb::GatK => Shape { extras: Extras::Exactly(4), ..KEY },
        Verb::Flush => Shape { extras: Extras::UpTo(4), ..NOTHING },
        Verb::Stat => Shape { key: Presence::Optional, ..NOTHING },
        Verb::Noop | Verb::Version | Verb::Quit | Verb::ListMechs => NOTHING,
    }
}

/// Whether the header's lengths fit the verb. The header alone decides, so nothing of the body is waited for.
pub(crate) fn fits(verb: Verb, header: &Header) -> bool {
    let shape = shape(verb);
    let extras = match shape.extras {
        Extras::Exactly(len) => header.extras_len == len,
        Extras::UpTo(len) => header.extras_len == len || header.extras_len == 0,
    };
    extras && shape.key.fits(header.key_len) && shape.value.fits(header.value_len())
}
