//! Answers, laid out as clients read them and put into the outbox.

use super::{
    header::{AnswerHeader, Header},
    request::Echo,
    status::Status,
};
use crate::Outbox;
use keyway::{Counter, Item, Version};

/// What an answer repeats of its request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) opcode: u8,
    pub(crate) opaque: u32,
}

impl Asked {
    /// Of the request that begins here, if its header is there.
    pub(crate) fn read(input: &[u8]) -> Option<Self> {
        Header::read(input).map(|header| Self { opcode: header.opcode, opaque: header.opaque })
    }
}

/// The way to answer one request.
#[derive(Debug)]
pub(crate) struct Answer<'o> {
    asked: Asked,
    out: &'o mut Outbox,
}

impl<'o> Answer<'o> {
    /// To this request, into this outbox.
    pub(crate) fn to(asked: Asked, out: &'o mut Outbox) -> Self {
        Self { asked, out }
    }

    /// The status, with its text as the value.
    pub(crate) fn refuse(&mut self, status: Status) {
        self.frame(status, 0, [b"", b"", status.text().as_bytes()]);
    }

    /// Done, and nothing to say about it.
    pub(crate) fn done(&mut self) {
        self.frame(Status::Done, 0, [b"", b"", b""]);
    }

    /// Done, and the item has this version now.
    pub(crate) fn stored(&mut self, version: Version) {
        self.frame(Status::Done, version.number(), [b"", b"", b""]);
    }

    /// A value that is text.
    pub(crate) fn text(&mut self, value: &str) {
        self.frame(Status::Done, 0, [b"", b"", value.as_bytes()]);
    }

    /// What the client must answer to go on logging in.
    pub(crate) fn challenge(&mut self, value: &[u8]) {
        self.frame(Status::AuthContinue, 0, [b"", b"", value]);
    }

    /// Logged in.
    pub(crate) fn authenticated(&mut self, value: &[u8]) {
        self.frame(Status::Done, 0, [b"", b"", value]);
    }

    /// One line of statistics. No name and no text end the list.
    pub(crate) fn stat(&mut self, name: &str, text: &str) {
        self.frame(Status::Done, 0, [b"", name.as_bytes(), text.as_bytes()]);
    }

    /// A counter's value, in 8 bytes.
    pub(crate) fn counter(&mut self, counter: Counter) {
        self.frame(Status::Done, counter.version.number(), [b"", b"", &counter.value.to_be_bytes()]);
    }

    /// An item without its value.
    pub(crate) fn touched(&mut self, item: &Item) {
        self.frame(Status::Done, item.version().number(), [&item.flags().to_be_bytes(), b"", b""]);
    }

    /// The same for who may not look at it.
    pub(crate) fn touched_unseen(&mut self) {
        self.frame(Status::Done, 0, [&0_u32.to_be_bytes(), b"", b""]);
    }

    /// A miss; where the key was asked for, it comes back in the text's place.
    pub(crate) fn missed(&mut self, key: &[u8], echo: Echo) {
        match echo {
            Echo::Value => self.refuse(Status::NotFound),
            Echo::KeyAndValue => self.frame(Status::NotFound, 0, [b"", key, b""]),
        }
    }

    /// An item.
    pub(crate) fn hit(&mut self, item: Item, echo: Echo) {
        let flags = item.flags().to_be_bytes();
        let key = match echo {
            Echo::Value => &[],
            Echo::KeyAndValue => item.key(),
        };
        if self.front(Status::Done, item.version().number(), [&flags, key], item.value().len()) {
            self.out.push_item(item);
        }
    }

    fn frame(&mut self, status: Status, cas: u64, [extras, key, value]: [&[u8]; 3]) {
        if self.front(status, cas, [extras, key], value.len()) {
            self.out.push(value);
        }
    }

    /// Everything in front of the value. A value that the header cannot announce (the wire has 32 bits for a body;
    /// a program in the same process may store more) is refused instead, and then this is false.
    fn front(&mut self, status: Status, cas: u64, [extras, key]: [&[u8]; 2], value_len: usize) -> bool {
        let lengths = (
            u8::try_from(extras.len()),
            u16::try_from(key.len()),
            u32::try_from(extras.len() + key.len() + value_len),
        );
        let (Ok(extras_len), Ok(key_len), Ok(body_len)) = lengths else {
            self.refuse(Status::TooLarge);
            return false;
        };
        let Asked { opcode, opaque } = self.asked;
        let header = AnswerHeader { opcode, status, extras_len, key_len, body_len, opaque, cas };
        self.out.push(&header.bytes());
        self.out.push(extras);
        self.out.push(key);
        true
    }
}
