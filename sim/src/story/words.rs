//! Requests made of a fuzzer's bytes: mostly well formed, a few keys, so that they meet; and some that are not.

use crate::conversation::{Ask, ask, step_of, stored_as};
use arbitrary::{Arbitrary, Result, Unstructured};

/// Each opcode that means something.
const OPCODES: [u8; 35] = [
    0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f, 0x10,
    0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18, 0x19, 0x1a, 0x1c, 0x1d, 0x1e, 0x20, 0x21, 0x22, 0x23,
    0x24,
];

/// Names of statistics, and one that is none.
const GROUPS: [&str; 11] = [
    "",
    "settings",
    "items",
    "slabs",
    "sizes",
    "conns",
    "reset",
    "detail on",
    "detail off",
    "detail dump",
    "what",
];

/// How many keys there are.
const KEYS: u8 = 5;

/// One of a few keys, one of them as long as can be.
pub(crate) fn key(input: &mut Unstructured<'_>) -> Result<Vec<u8>> {
    let key = input.int_in_range(0..=KEYS - 1)?;
    Ok(if key == 0 { vec![b'k'; 250] } else { vec![b'a' + key] })
}

/// Seconds as the wire has them.
fn expiry(input: &mut Unstructured<'_>) -> Result<u32> {
    Ok(match input.arbitrary::<u8>()? {
        seconds @ 0..=20 => seconds.into(),
        21..=28 => 60 * 60 * 24 * 30 + 1,
        29..=36 => u32::MAX,
        37..=44 => input.arbitrary()?,
        _ => 0,
    })
}

fn value(input: &mut Unstructured<'_>) -> Result<Vec<u8>> {
    Ok(match input.arbitrary::<u8>()? % 16 {
        0 => vec![b'l'; input.int_in_range(0..=20_100)?],
        1 => vec![b'm'; input.int_in_range(3900..=4200)?],
        2..=5 => input.arbitrary::<u64>()?.to_string().into_bytes(),
        6 => {
            let len = input.int_in_range(0..=24)?;
            input.bytes(len.min(input.len()))?.into()
        }
        short => vec![b'a' + short; usize::from(short)],
    })
}

/// Which version a request gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Arbitrary)]
pub(crate) enum Given {
    Any,
    /// Again, so that most give none.
    None,
    /// The one that the key's item was last seen with.
    Last,
    /// The one that the key's item was first seen with.
    First,
    Wild(u16),
}

/// A request before it is known which versions there are.
#[derive(Debug)]
pub(crate) struct Draft {
    pub(crate) ask: Ask,
    pub(crate) key: Vec<u8>,
    pub(crate) given: Given,
    /// A byte of the header that is another, by its place.
    pub(crate) slip: Option<(usize, u8)>,
}

impl Arbitrary<'_> for Draft {
    fn arbitrary(input: &mut Unstructured<'_>) -> Result<Self> {
        let number = input.arbitrary::<u8>()?;
        let opcode =
            OPCODES.get(usize::from(number % 64)).copied().unwrap_or(if number & 1 == 0 { 0 } else { 0x11 });
        let mut request = ask(opcode);
        let mut about = Vec::new();
        let mut given = Given::Any;
        if !matches!(opcode, 0x07 | 0x17 | 0x0a | 0x0b | 0x08 | 0x18 | 0x10 | 0x20 | 0x21 | 0x22) {
            about = key(input)?;
            given = input.arbitrary()?;
            request = request.key(&about);
        }
        request = match opcode {
            0x01..=0x03 | 0x11..=0x13 => request
                .extras(stored_as(input.arbitrary::<u8>()?.into(), expiry(input)?))
                .value(value(input)?),
            0x05 | 0x06 | 0x15 | 0x16 => {
                let delta = if input.arbitrary()? { input.arbitrary()? } else { 1 };
                request.extras(step_of(delta, input.arbitrary::<u16>()?.into(), expiry(input)?))
            }
            0x08 | 0x18 if input.arbitrary()? => request.extras(expiry(input)?.to_be_bytes()),
            0x0e | 0x0f | 0x19 | 0x1a => request.value(value(input)?),
            0x10 => request.key(input.choose(&GROUPS)?),
            0x1c..=0x1e | 0x23 | 0x24 => request.extras(expiry(input)?.to_be_bytes()),
            _ => request,
        };
        let slip = match input.arbitrary::<u8>()? {
            place @ 0..=23 => Some((place.into(), input.arbitrary()?)),
            _ => None,
        };
        Ok(Self { ask: request, key: about, given, slip })
    }
}

impl Draft {
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut bytes = self.ask.bytes();
        if let Some((place, byte)) = self.slip {
            bytes[place] = byte;
        }
        bytes
    }
}
