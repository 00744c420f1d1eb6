//! What the front of a stream of requests is, by the protocol's tables alone.

/// What the front of the input is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Front {
    /// More must come first.
    Unfinished,
    /// Not this protocol: hung up on without a byte.
    Foreign,
    /// Answered with this status, then hung up on.
    Fatal(Head, u16),
    /// Answered with this status, and this many bytes from its first are dropped.
    Skipped(Head, u16, usize),
    /// A whole request; or a set over the limit as far as its key, whose value is to be dropped.
    Whole(Request),
}

/// What an answer repeats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) opcode: u8,
    pub(super) opaque: u32,
}

/// A request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Request {
    pub(super) head: Head,
    pub(super) cas: u64,
    pub(super) extras: Vec<u8>,
    pub(super) key: Vec<u8>,
    pub(super) value: Vec<u8>,
    /// Bytes of the whole frame.
    pub(super) len: usize,
    /// Bytes of it that are carried out: all, or those in front of an oversized value.
    pub(super) needed: usize,
    /// Whether it is a set whose value is over the limit.
    pub(super) oversized: bool,
}

/// Bytes of a header.
const HEADER: usize = 24;
/// The longest key in bytes.
const KEY_MAX: usize = 250;
/// The longest body in bytes that is skipped rather than hung up on.
const BODY_MAX: usize = 1 << 30;
/// The longest name of a mechanism in bytes.
const MECHANISM_MAX: usize = 32;
/// The longest body of a login in bytes.
pub(super) const LOGIN_MAX: usize = 4 << 10;

/// The loud opcode that this one is the quiet twin of, or itself.
pub(super) fn loud(opcode: u8) -> u8 {
    match opcode {
        0x09 => 0x00,
        0x0d => 0x0c,
        0x11..=0x16 => opcode - 0x10,
        0x17 => 0x07,
        0x18 => 0x08,
        0x19 | 0x1a => opcode - 0x0b,
        0x1e => 0x1d,
        0x24 => 0x23,
        loud => loud,
    }
}

/// Whether anybody knows the opcode.
fn known(opcode: u8) -> bool {
    matches!(opcode, 0x00..=0x1a | 0x1c..=0x1e | 0x20..=0x24)
}

/// Which lengths of extras, and of key and value, an opcode may have.
fn lengths_fit(opcode: u8, extras: usize, key: usize, value: usize) -> bool {
    match loud(opcode) {
        0x00 | 0x04 | 0x0c => extras == 0 && key > 0 && value == 0,
        0x01..=0x03 => extras == 8 && key > 0,
        0x05 | 0x06 => extras == 20 && key > 0 && value == 0,
        0x07 | 0x0a | 0x0b | 0x20 => extras == 0 && key == 0 && value == 0,
        0x08 => (extras == 0 || extras == 4) && key == 0 && value == 0,
        0x0e | 0x0f | 0x21 | 0x22 => extras == 0 && key > 0,
        0x10 => extras == 0 && value == 0,
        0x1c | 0x1d | 0x23 => extras == 4 && key > 0 && value == 0,
        _ => false,
    }
}

/// Cuts the next request off, in the order in which memcached checks.
pub(super) fn front(input: &[u8], logged_in: bool, value_max: usize) -> Front {
    match input.first() {
        None => return Front::Unfinished,
        Some(0x80) => {}
        Some(_) => return Front::Foreign,
    }
    if input.len() < HEADER {
        return Front::Unfinished;
    }
    let number = |from: usize, len: usize| {
        input[from..from + len].iter().fold(0_u64, |number, byte| number << 8 | u64::from(*byte))
    };
    let length = |from: usize, len: usize| usize::try_from(number(from, len)).unwrap();
    let head = Head { opcode: input[1], opaque: u32::from_be_bytes(input[12..16].try_into().unwrap()) };
    let (key, extras, body) = (length(2, 2), length(4, 1), length(8, 4));
    if key + extras > body {
        return Front::Fatal(head, 0x81);
    }
    let (value, len) = (body - key - extras, HEADER + body);
    if !logged_in && !matches!(head.opcode, 0x0b | 0x20 | 0x21 | 0x22) {
        return Front::Fatal(head, 0x20);
    }
    if body > BODY_MAX || key > KEY_MAX {
        return Front::Fatal(head, 0x04);
    }
    if !known(head.opcode) {
        return Front::Skipped(head, 0x81, len);
    }
    if !lengths_fit(head.opcode, extras, key, value) {
        return Front::Fatal(head, 0x04);
    }
    let login = matches!(head.opcode, 0x21 | 0x22);
    if login && key > MECHANISM_MAX {
        return Front::Skipped(head, 0x04, len);
    }
    if login && body > LOGIN_MAX {
        return Front::Skipped(head, 0x82, len);
    }
    let oversized = !login && value > value_max;
    if oversized && loud(head.opcode) != 0x01 {
        return Front::Skipped(head, 0x03, len);
    }
    let needed = if oversized { HEADER + extras + key } else { len };
    if input.len() < needed {
        return Front::Unfinished;
    }
    let (extras, rest) = input[HEADER..needed].split_at(extras);
    let (key, value) = rest.split_at(key);
    Front::Whole(Request {
        head,
        cas: number(16, 8),
        extras: extras.into(),
        key: key.into(),
        value: value.into(),
        len,
        needed,
        oversized,
    })
}
