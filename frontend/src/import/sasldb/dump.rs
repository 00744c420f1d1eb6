//! What `db_dump` prints, with or without `-p`: a header of `name=value` lines, `HEADER=END`, lines of key and value in turn that
//! begin with a blank, `DATA=END`.

use super::Record;
use crate::import::ImportError;
use zeroize::Zeroizing;

const FIRST: &[u8] = b"VERSION=";

/// How bytes are written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Written {
    /// Two hexadecimal digits each.
    Bytes,
    /// As they are, but for a backslash and two digits where that is not possible, and two backslashes for one.
    Print,
}

/// `None` if it is no dump.
pub(super) fn records(bytes: &[u8]) -> Option<Result<Vec<Record>, ImportError>> {
    bytes.starts_with(FIRST).then(|| read(bytes))
}

fn read(bytes: &[u8]) -> Result<Vec<Record>, ImportError> {
    let mut written = Written::Bytes;
    let mut lines = bytes.split(|byte| *byte == b'\n').zip(1..);
    for (line, _) in lines.by_ref() {
        match line {
            b"format=print" => written = Written::Print,
            b"HEADER=END" => break,
            _ => {}
        }
    }
    let mut records = Vec::new();
    let mut key = None;
    for (text, line) in lines {
        let Some(text) = text.strip_prefix(b" ") else {
            return match (text, key) {
                (b"DATA=END", None) => Ok(records),
                _ => Err(ImportError::Line { line, what: "neither a record nor the end of the data" }),
            };
        };
        let bytes =
            written.read(text).ok_or(ImportError::Line { line, what: "not as db_dump writes bytes" })?;
        match key.take() {
            None => key = Some(bytes),
            Some(key) => records.push(Record { key, value: Zeroizing::new(bytes) }),
        }
    }
    Err(ImportError::UnreadableDatabase { what: "the dump ends before its DATA=END" })
}

impl Written {
    fn read(self, text: &[u8]) -> Option<Vec<u8>> {
        // No more than the text: it does not grow, and leaves no parts of a secret behind.
        let mut bytes = Vec::with_capacity(text.len());
        let mut rest = text;
        while let [first, after @ ..] = rest {
            rest = match (self, first, after) {
                (Self::Print, b'\\', [b'\\', after @ ..]) => {
                    bytes.push(b'\\');
                    after
                }
                (Self::Print, b'\\', [high, low, after @ ..]) | (Self::Bytes, high, [low, after @ ..]) => {
                    bytes.push(digit(*high)? << 4 | digit(*low)?);
                    after
                }
                (Self::Print, b'\\', _) | (Self::Bytes, ..) => return None,
                (Self::Print, byte, after) => {
                    bytes.push(*byte);
                    after
                }
            };
        }
        Some(bytes)
    }
}

fn digit(text: u8) -> Option<u8> {
    char::from(text).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}
