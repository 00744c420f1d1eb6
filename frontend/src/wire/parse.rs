//! From input bytes to one request, in three outcomes: not all there yet, a request, or a frame to be refused.

use super::{
    answer::Asked,
    header::{HEADER_LEN, Header, REQUEST_MAGIC},
    limits::{BODY_MAX, Gate, LOGIN_BODY_MAX, Limits, MECHANISM_MAX},
    opcode::{Opcode, Verb},
    request::{Frame, Request},
    shape,
    status::Status,
};
use keyway::MAX_KEY;

/// What the front of the input is.
#[derive(Debug)]
pub(crate) enum Parsed<'a> {
    /// Not enough to decide; not an error.
    Incomplete {
        /// How many bytes are needed, counted from the first.
        needed: usize,
    },
    /// A request. `len` is the whole frame's, in bytes, and may reach beyond the input: what is missing then is a
    /// value that nobody wants, to be skipped as it comes.
    Request { asked: Asked, frame: Frame<'a>, len: usize },
    /// Refused by its header alone.
    Bad(BadFrame),
}

/// A frame that is refused by its header alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BadFrame {
    pub(crate) asked: Asked,
    /// `None` where the opcode is unknown, or where the bytes are not this protocol at all.
    pub(crate) verb: Option<Verb>,
    /// `None`: not worth an answer.
    pub(crate) status: Option<Status>,
    pub(crate) then: Then,
}

/// How to go on after a refused frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Then {
    /// Where the next frame begins is in doubt, or the client has no business here: hang up.
    Close,
    /// Its length is beyond doubt: drop this many bytes, counted from its first, and go on behind them.
    Skip(usize),
}

/// Reads one frame from the front of `input`. The order of the checks is memcached's, because clients and its own
/// tests see it: lengths that contradict each other, login, announced length, key, shape of the verb, size.
pub(crate) fn parse<'a>(input: &'a [u8], limits: &Limits) -> Parsed<'a> {
    if input.first().is_some_and(|&magic| magic != REQUEST_MAGIC) {
        return Parsed::Bad(NOT_THIS_PROTOCOL);
    }
    let Some(header) = Header::read(input) else {
        return Parsed::Incomplete { needed: HEADER_LEN };
    };
    let opcode = match admit(&header, limits) {
        Ok(opcode) => opcode,
        Err(bad) => return Parsed::Bad(bad),
    };
    let asked = Asked { opcode: header.opcode, opaque: header.opaque };
    let len = header.frame_len();
    if over_limit(opcode.verb, &header, limits) {
        // Only sets get here: whatever else is over its limit was refused by `admit`.
        let front = HEADER_LEN + header.front_len();
        let Some(front) = input.get(HEADER_LEN..front) else {
            return Parsed::Incomplete { needed: front };
        };
        let request = Request::read_oversized(&header, front);
        return Parsed::Request { asked, frame: Frame { opcode, request }, len };
    }
    let Some(body) = input.get(HEADER_LEN..len) else {
        return Parsed::Incomplete { needed: len };
    };
    Parsed::Request {
        asked,
        frame: Frame { opcode, request: Request::read(opcode.verb, &header, body) },
        len,
    }
}

/// No byte of an answer: whatever speaks to this port does not speak this protocol.
const NOT_THIS_PROTOCOL: BadFrame =
    BadFrame { asked: Asked { opcode: 0, opaque: 0 }, verb: None, status: None, then: Then::Close };

/// What the header alone says: the opcode of a frame that may go on, or why it may not.
pub(super) fn admit(header: &Header, limits: &Limits) -> Result<Opcode, BadFrame> {
    let opcode = Opcode::from_byte(header.opcode);
    let verb = opcode.map(|opcode| opcode.verb);
    let asked = Asked { opcode: header.opcode, opaque: header.opaque };
    let refuse = |status, then| Err(BadFrame { asked, verb, status: Some(status), then });
    if header.front_len() > header.body_len {
        return refuse(Status::UnknownCommand, Then::Close);
    }
    if limits.gate == Gate::Closed && !verb.is_some_and(Verb::runs_before_login) {
        return refuse(Status::AuthFailed, Then::Close);
    }
    if header.body_len > BODY_MAX || header.key_len > MAX_KEY {
        return refuse(Status::Invalid, Then::Close);
    }
    let behind = Then::Skip(header.frame_len());
    let Some(opcode) = opcode else {
        return refuse(Status::UnknownCommand, behind);
    };
    if !shape::fits(opcode.verb, header) {
        return refuse(Status::Invalid, Then::Close);
    }
    if opcode.verb.carries_a_login() {
        if header.key_len > MECHANISM_MAX {
            return refuse(Status::Invalid, behind);
        }
        if header.body_len > LOGIN_BODY_MAX {
            return refuse(Status::NoMemory, behind);
        }
    } else if opcode.verb != Verb::Set && over_limit(opcode.verb, header, limits) {
        return refuse(Status::TooLarge, behind);
    }
    Ok(opcode)
}

pub(super) fn over_limit(verb: Verb, header: &Header, limits: &Limits) -> bool {
    !verb.carries_a_login() && header.value_len() > limits.value_max
}

#[cfg(any(test, fuzzing))]
pub(crate) mod claims;
#[cfg(test)]
mod tests;
