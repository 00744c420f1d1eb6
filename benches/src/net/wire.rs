//! Packets of the memcached binary protocol, as far as a load needs them.

use std::io;

pub(super) const GET: u8 = 0x00;
pub(super) const SET: u8 = 0x01;
pub(super) const NOOP: u8 = 0x0a;
pub(super) const GETKQ: u8 = 0x0d;
pub(super) const AUTH: u8 = 0x21;
pub(super) const STEP: u8 = 0x22;

pub(super) const OK: u16 = 0x00;
pub(super) const NOT_FOUND: u16 = 0x01;
pub(super) const AUTH_FAILED: u16 = 0x20;
pub(super) const CONTINUE: u16 = 0x21;
pub(super) const BUSY: u16 = 0x85;
pub(super) const TEMPORARY: u16 = 0x86;

pub(super) const HEADER: usize = 24;
const REQUEST: u8 = 0x80;
const RESPONSE: u8 = 0x81;
/// Flags and expiry of a set: none.
pub(super) const SET_EXTRAS: [u8; 8] = [0; 8];

/// What is to be sent, without its length fields.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Request<'a> {
    pub(super) opcode: u8,
    /// Comes back with the answer.
    pub(super) opaque: u32,
    pub(super) extras: &'a [u8],
    pub(super) key: &'a [u8],
    /// Bytes of the value; whoever sends the request appends them behind it.
    pub(super) value_len: usize,
}

impl Request<'_> {
    /// Appends everything up to the value.
    #[allow(clippy::cast_possible_truncation, reason = "keys and extras are short, values far below 4 GiB")]
    pub(super) fn append(&self, out: &mut Vec<u8>) {
        let body = self.extras.len() + self.key.len() + self.value_len;
        let mut header = [0; HEADER];
        header[0] = REQUEST;
        header[1] = self.opcode;
        header[2..4].copy_from_slice(&(self.key.len() as u16).to_be_bytes());
        header[4] = self.extras.len() as u8;
        header[8..12].copy_from_slice(&(body as u32).to_be_bytes());
        header[12..16].copy_from_slice(&self.opaque.to_be_bytes());
        out.extend_from_slice(&header);
        out.extend_from_slice(self.extras);
        out.extend_from_slice(self.key);
    }
}

/// A packet of a server.
#[derive(Clone, Copy, Debug)]
pub(super) struct Answer<'a> {
    pub(super) opcode: u8,
    pub(super) status: u16,
    pub(super) opaque: u32,
    /// Without extras and key.
    pub(super) value: &'a [u8],
}

impl<'a> Answer<'a> {
    /// The first packet of these bytes and its length, if it is there as a whole.
    ///
    /// # Errors
    /// If this is not a packet of a server.
    pub(super) fn read(bytes: &'a [u8]) -> io::Result<Option<(Self, usize)>> {
        let Some(header) = bytes.first_chunk::<HEADER>() else { return Ok(None) };
        let short = |at: usize| usize::from(u16::from_be_bytes([header[at], header[at + 1]]));
        let long =
            |at: usize| u32::from_be_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]);
        let (before_value, body) = (short(2) + usize::from(header[4]), long(8) as usize);
        if header[0] != RESPONSE || before_value > body {
            return Err(io::Error::other(format!("not a packet of a server: {header:02x?}")));
        }
        let Some(value) = bytes.get(HEADER + before_value..HEADER + body) else { return Ok(None) };
        let status = u16::from_be_bytes([header[6], header[7]]);
        Ok(Some((Self { opcode: header[1], status, opaque: long(12), value }, HEADER + body)))
    }

    /// An error that shows what came instead of what.
    pub(super) fn not(&self, expected: &str) -> io::Error {
        let Self { opcode, status, opaque, value } = self;
        let start = &value[..value.len().min(32)];
        io::Error::other(format!(
            "expected {expected}, got opcode {opcode:#04x}, status {status:#04x}, opaque {opaque}, {} bytes that start with {start:02x?}",
            value.len()
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packet(opcode: u8, extras: &[u8], key: &[u8], value: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        Request { opcode, opaque: 0xdead, extras, key, value_len: value.len() }.append(&mut out);
        out.extend_from_slice(value);
        out
    }

    #[test]
    fn a_request_is_the_documented_bytes() {
        let expected = b"\x80\x01\0\x01\x08\0\0\0\0\0\0\x0b\0\0\xde\xad\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0kvv";
        assert_eq!(packet(SET, &SET_EXTRAS, b"k", b"vv"), expected);
    }

    #[test]
    fn an_answer_is_read_once_it_is_whole() {
        let mut bytes = packet(GETKQ, &[0; 4], b"key", b"value");
        bytes[0] = RESPONSE;
        bytes[7] = 0x21;
        for end in 0..bytes.len() {
            assert!(Answer::read(&bytes[..end]).unwrap().is_none(), "{end}");
        }
        let len = bytes.len();
        bytes.push(RESPONSE);
        let (answer, read) = Answer::read(&bytes).unwrap().unwrap();
        assert_eq!((answer.opcode, answer.status, answer.opaque), (GETKQ, CONTINUE, 0xdead));
        assert_eq!((answer.value, read), (&b"value"[..], len));
    }

    #[test]
    fn what_no_server_sends_is_an_error() {
        let request = packet(GET, &[], b"key", &[]);
        assert!(Answer::read(&request).is_err());
        let mut longer_key_than_body = request;
        longer_key_than_body[0] = RESPONSE;
        longer_key_than_body[3] = 9;
        assert!(Answer::read(&longer_key_than_body).is_err());
    }
}
