//! The 24 bytes in front of every request and every answer.

use super::status::Status;

/// Bytes of a header, of either direction.
pub(crate) const HEADER_LEN: usize = 24;

/// First byte of every request.
pub(crate) const REQUEST_MAGIC: u8 = 0x80;

/// First byte of every answer.
const ANSWER_MAGIC: u8 = 0x81;

/// A request's header. Data type and vbucket mean nothing here and are ignored, as memcached does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    /// Not yet looked up: it may be one that nobody knows.
    pub(crate) opcode: u8,
    pub(crate) extras_len: usize,
    pub(crate) key_len: usize,
    /// Extras, key and value together.
    pub(crate) body_len: usize,
    /// The client's own number, which the answer repeats.
    pub(crate) opaque: u32,
    /// 0 where the client does not care.
    pub(crate) cas: u64,
}

impl Header {
    /// The header at the front of `input`, if all its bytes are there. The magic is the caller's to check.
    pub(crate) fn read(input: &[u8]) -> Option<Self> {
        let bytes: &[u8; HEADER_LEN] = input.first_chunk()?;
        let [_, opcode, k0, k1, extras_len, _, _, _, b0, b1, b2, b3, o0, o1, o2, o3, cas @ ..] = *bytes;
        let body_len = u32::from_be_bytes([b0, b1, b2, b3]);
        Some(Self {
            opcode,
            extras_len: extras_len.into(),
            key_len: u16::from_be_bytes([k0, k1]).into(),
            body_len: usize::try_from(body_len).unwrap_or(usize::MAX),
            opaque: u32::from_be_bytes([o0, o1, o2, o3]),
            cas: u64::from_be_bytes(cas),
        })
    }

    /// Bytes of extras and key.
    pub(crate) fn front_len(&self) -> usize {
        self.extras_len + self.key_len
    }

    /// Bytes of the value; 0 where the lengths contradict each other.
    pub(crate) fn value_len(&self) -> usize {
        self.body_len.saturating_sub(self.front_len())
    }

    /// Bytes of the whole frame, this header included.
    pub(crate) fn frame_len(&self) -> usize {
        self.body_len.saturating_add(HEADER_LEN)
    }
}

/// The lengths of an answer's parts and what its header says beside them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AnswerHeader {
    pub(crate) opcode: u8,
    pub(crate) status: Status,
    pub(crate) extras_len: u8,
    pub(crate) key_len: u16,
    pub(crate) body_len: u32,
    pub(crate) opaque: u32,
    pub(crate) cas: u64,
}

impl AnswerHeader {
    /// As it goes over the wire.
    pub(crate) fn bytes(self) -> [u8; HEADER_LEN] {
        let [k0, k1] = self.key_len.to_be_bytes();
        let [s0, s1] = self.status.code().to_be_bytes();
        let [b0, b1, b2, b3] = self.body_len.to_be_bytes();
        let [o0, o1, o2, o3] = self.opaque.to_be_bytes();
        let [c0, c1, c2, c3, c4, c5, c6, c7] = self.cas.to_be_bytes();
        [
            ANSWER_MAGIC,
            self.opcode,
            k0,
            k1,
            self.extras_len,
            0,
            s0,
            s1,
            b0,
            b1,
            b2,
            b3,
            o0,
            o1,
            o2,
            o3,
            c0,
            c1,
            c2,
            c3,
            c4,
            c5,
            c6,
            c7,
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_is_read_from_its_own_bytes() {
        let mut bytes = [0; HEADER_LEN];
        for (at, byte) in (0..).zip(bytes.iter_mut()) {
            *byte = at;
        }
        let header = Header::read(&bytes).unwrap();
        assert_eq!(header.opcode, 1);
        assert_eq!(header.key_len, 0x0203);
        assert_eq!(header.extras_len, 4);
        assert_eq!(header.body_len, 0x0809_0a0b);
        assert_eq!(header.opaque, 0x0c0d_0e0f);
        assert_eq!(header.cas, 0x1011_1213_1415_1617);
        assert_eq!(Header::read(&bytes[..23]), None);
    }

    #[test]
    fn an_answer_header_has_each_field_in_its_place() {
        let header = AnswerHeader {
            opcode: 0x0c,
            status: Status::AuthFailed,
            extras_len: 4,
            key_len: 0x0203,
            body_len: 0x0405_0607,
            opaque: 0x0809_0a0b,
            cas: 0x1011_1213_1415_1617,
        };
        let expected = [
            0x81, 0x0c, 2, 3, 4, 0, 0, 0x20, 4, 5, 6, 7, 8, 9, 10, 11, 0x10, 0x11, 0x12, 0x13, 0x14, 0x15,
            0x16, 0x17,
        ];
        assert_eq!(header.bytes(), expected);
    }
}
