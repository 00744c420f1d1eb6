//! Requests as a client writes them, and answers as it reads them.

use zeroize::Zeroizing;

pub(super) const GET: u8 = 0x00;
pub(super) const VERSION: u8 = 0x0b;
pub(super) const LIST_MECHANISMS: u8 = 0x20;
pub(super) const AUTH: u8 = 0x21;
pub(super) const STEP: u8 = 0x22;

pub(super) const SUCCESS: u16 = 0x00;
pub(super) const NOT_FOUND: u16 = 0x01;
/// The answer has a challenge.
pub(super) const CONTINUE: u16 = 0x21;

pub(super) const HEADER_LEN: usize = 24;
const REQUEST_MAGIC: u8 = 0x80;
const ANSWER_MAGIC: u8 = 0x81;

/// Bytes of the largest answer that is read: the largest item that memcached can be told to take is not larger.
const BODY_MAX: usize = 1 << 30;

/// A request without extras, overwritten when dropped, since it may carry a password. `None` if key or value are longer
/// than a header can say.
pub(super) fn request(opcode: u8, key: &[u8], value: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let [k0, k1] = u16::try_from(key.len()).ok()?.to_be_bytes();
    let [b0, b1, b2, b3] = u32::try_from(key.len() + value.len()).ok()?.to_be_bytes();
    let mut bytes = Zeroizing::new(Vec::with_capacity(HEADER_LEN + key.len() + value.len()));
    bytes.extend([REQUEST_MAGIC, opcode, k0, k1, 0, 0, 0, 0, b0, b1, b2, b3]);
    bytes.extend([0; 12]);
    bytes.extend_from_slice(key);
    bytes.extend_from_slice(value);
    Some(bytes)
}

/// The lengths and the status in an answer's header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct AnswerHeader {
    pub(super) status: u16,
    /// Bytes of extras and key, in front of the value.
    pub(super) front_len: usize,
    /// Bytes of extras, key and value.
    pub(super) body_len: usize,
}

impl AnswerHeader {
    /// `None`: this is no answer to a request with that opcode.
    pub(super) fn read(bytes: &[u8; HEADER_LEN], opcode: u8) -> Option<Self> {
        let [magic, answered, k0, k1, extras_len, _, s0, s1, b0, b1, b2, b3, ..] = *bytes;
        let front_len = usize::from(u16::from_be_bytes([k0, k1])) + usize::from(extras_len);
        let body_len = usize::try_from(u32::from_be_bytes([b0, b1, b2, b3])).ok()?;
        let fits =
            magic == ANSWER_MAGIC && answered == opcode && front_len <= body_len && body_len <= BODY_MAX;
        fits.then_some(Self { status: u16::from_be_bytes([s0, s1]), front_len, body_len })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_the_documented_bytes() {
        let expected = b"\x80\x21\0\x05\0\0\0\0\0\0\0\x0b\0\0\0\0\0\0\0\0\0\0\0\0PLAIN\0ada\0s";
        assert_eq!(request(AUTH, b"PLAIN", b"\0ada\0s").unwrap().as_slice(), expected);
        assert_eq!(request(GET, &[b'k'; 1 << 16], b""), None);
    }

    #[test]
    fn what_is_no_answer_to_the_question_is_found() {
        let mut bytes = *b"\x81\0\0\x03\x04\0\0\x20\0\0\0\x0c\0\0\0\0\0\0\0\0\0\0\0\0";
        let header = AnswerHeader { status: 0x20, front_len: 7, body_len: 12 };
        assert_eq!(AnswerHeader::read(&bytes, GET), Some(header));
        assert_eq!(AnswerHeader::read(&bytes, AUTH), None);
        bytes[3] = 9;
        assert_eq!(AnswerHeader::read(&bytes, GET), None, "more in front of the value than there is");
        assert_eq!(AnswerHeader::read(b"HTTP/1.1 400 Bad Request", GET), None);
    }
}
