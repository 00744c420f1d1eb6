//! The front of a storage request whose value is still coming.

use super::{
    answer::Asked,
    header::{HEADER_LEN, Header, REQUEST_MAGIC},
    limits::Limits,
    opcode::{Loudness, Opcode, Verb},
    parse::{admit, over_limit},
    request::{How, stored_as},
};
use keyway::{Expiry, MAX_KEY, Version};

/// The front of a set, add or replace: all of it but the value.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Front<'a> {
    pub(crate) asked: Asked,
    pub(crate) loudness: Loudness,
    pub(crate) how: How,
    pub(crate) key: &'a [u8],
    pub(crate) flags: u32,
    pub(crate) expiry: Expiry,
    pub(crate) given: Option<Version>,
    /// What has come of the value.
    pub(crate) value: &'a [u8],
    /// How many bytes the value will have; within the limits.
    pub(crate) value_len: usize,
    /// Bytes of the whole frame.
    pub(crate) frame_len: usize,
}

/// Bytes by which the front of any such request has come, whatever its key.
pub(crate) const FRONT_MAX: usize = HEADER_LEN + 8 + MAX_KEY;

impl<'a> Front<'a> {
    /// The front of the request that begins here, if it is one and would be let in whole. Whatever else there is to say
    /// about the bytes, `parse` will.
    pub(crate) fn read(input: &'a [u8], limits: &Limits) -> Option<Self> {
        let header = Header::read(input).filter(|_| input.first() == Some(&REQUEST_MAGIC))?;
        let Opcode { verb, loudness } = admit(&header, limits).ok()?;
        if over_limit(verb, &header, limits) {
            return None;
        }
        let how = match verb {
            Verb::Set => How::Set,
            Verb::Add => How::Add,
            Verb::Replace => How::Replace,
            _ => return None,
        };
        let front_len = HEADER_LEN + header.front_len();
        let (front, value) = input.split_at_checked(front_len)?;
        let (extras, key) = front.get(HEADER_LEN..)?.split_at_checked(header.extras_len)?;
        let (flags, expiry) = stored_as(extras);
        Some(Self {
            asked: Asked { opcode: header.opcode, opaque: header.opaque },
            loudness,
            how,
            key,
            flags,
            expiry,
            given: Version::from_number(header.cas),
            value: value.get(..header.value_len()).unwrap_or(value),
            value_len: header.value_len(),
            frame_len: header.frame_len(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Gate;

    const LIMITS: Limits = Limits { gate: Gate::Open, value_max: 100 };

    /// A set of flags 5 and expiry 0 that announces a value of so many bytes.
    fn set(value_len: u8) -> Vec<u8> {
        let mut bytes = vec![REQUEST_MAGIC, 0x01, 0, 3, 8, 0, 0, 0, 0, 0, 0, 11 + value_len];
        bytes.extend([0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 7]);
        bytes.extend([0, 0, 0, 5, 0, 0, 0, 0]);
        bytes.extend(b"key");
        bytes
    }

    #[test]
    fn the_front_says_all_but_the_value() {
        let input = [&set(100)[..], b"begins"].concat();
        let front = Front::read(&input, &LIMITS).unwrap();
        assert_eq!((front.key, front.flags, front.value), (&b"key"[..], 5, &b"begins"[..]));
        assert_eq!((front.value_len, front.frame_len, front.asked.opaque), (100, 24 + 11 + 100, 9));
        assert_eq!((front.how, front.loudness), (How::Set, Loudness::Loud));
        assert_eq!(front.given.map(Version::number), Some(7));
    }

    #[test]
    fn what_would_not_be_let_in_or_is_not_yet_there_has_no_front() {
        let whole = set(100);
        assert!(Front::read(&whole, &Limits { gate: Gate::Closed, ..LIMITS }).is_none());
        assert!(Front::read(&set(101), &LIMITS).is_none());
        (0..whole.len()).for_each(|len| assert!(Front::read(&whole[..len], &LIMITS).is_none(), "{len}"));
        for (at, byte) in [(0, 0x81), (1, 0x0e), (1, 0x77), (4, 9)] {
            let mut other = whole.clone();
            other[at] = byte;
            assert!(Front::read(&other, &LIMITS).is_none(), "{at}: {byte:#x}");
        }
    }
}
