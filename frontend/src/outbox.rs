//! Answers on their way out: bytes, and counted references to large values.

use keyway::Item;
use std::{
    collections::VecDeque,
    fmt,
    io::{ErrorKind, IoSlice, Result, Write},
};

/// Values longer than this, in bytes, are written from the cache's own memory. Up to here copying costs less than an
/// entry of a vectored write and than keeping an item alive that may have been evicted meanwhile.
const PIN_ABOVE: usize = 2 << 10;

/// Buffer capacity, in bytes, that is kept when everything was written: what a full batch of answers grows a buffer
/// to, so that a busy event loop allocates none. More goes back to the allocator.
const KEEP_CAPACITY: usize = 128 << 10;

/// Slices of one vectored write: the system takes up to 1024, and beyond a few dozen the call itself no longer counts.
const SLICES: usize = 32;

/// Answers on their way out.
///
/// Headers and small values are copied into one contiguous buffer; a large value stays where it is and is only
/// counted, until the last byte of it was written. A new outbox owns no
/// buffer; an emptied one keeps what a batch of answers takes, so it is for a thread to have, and for a connection only
/// while it has something unsent.
///
/// ```
/// # use keyway::{Cache, Config, Role, Users};
/// # use keyway_frontend::{Dialogue, Door, Outbox, Policy};
/// # use std::sync::Arc;
/// # let users = Users::new();
/// # users.add("ada", "pencil", Role::ReadWrite)?;
/// # let door = Arc::new(Door::new(Cache::new(Config::new(1 << 20), users)?, Policy::default()));
/// let mut out = Outbox::default();
/// let mut noop = [0; 24];
/// (noop[0], noop[1]) = (0x80, 0x0a);
/// let _advance = Dialogue::new(door, 0).advance(&noop, &mut out);
/// let len = out.len();
///
/// let mut socket = Vec::new();
/// while !out.is_empty() {
///     out.write_to(&mut socket)?;
/// }
/// assert!(len >= 24 && socket.len() == len); // a header at least
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Default)]
pub struct Outbox {
    bytes: Vec<u8>,
    /// How far into `bytes` has been written.
    sent: usize,
    /// Large values, in the order they go out.
    pinned: VecDeque<Pinned>,
    /// How far into the first of `pinned` has been written.
    pinned_sent: usize,
    /// Bytes of all of `pinned`.
    pinned_len: usize,
}

/// A large value and its place.
#[derive(Debug)]
struct Pinned {
    /// It goes out when `bytes` has been written up to here.
    at: usize,
    item: Item,
}

impl fmt::Debug for Outbox {
    /// The bytes stay out: they are values, and what SCRAM says.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outbox").field("len", &self.len()).finish_non_exhaustive()
    }
}

impl Outbox {
    /// Bytes still to be written.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, Users};
    /// # use keyway_frontend::{Dialogue, Door, Outbox, Policy};
    /// # use std::sync::Arc;
    /// # let users = Users::new();
    /// # users.add("ada", "pencil", Role::ReadWrite)?;
    /// # let door = Arc::new(Door::new(Cache::new(Config::new(1 << 20), users)?, Policy::default()));
    /// # let frame = |opcode: u8, key: &[u8], value: &[u8]| {
    /// #     let mut frame = vec![0x80, opcode, 0, key.len() as u8, 0, 0, 0, 0];
    /// #     frame.extend(((key.len() + value.len()) as u32).to_be_bytes());
    /// #     frame.extend([&[0; 12], key, value].concat());
    /// #     frame
    /// # };
    /// let mut out = Outbox::default();
    /// let _advance = Dialogue::new(door, 0).advance(&frame(0x0b, b"", b""), &mut out); // a version
    /// let before = out.len();
    /// let mut little = [0; 10];
    /// assert!(out.write_to(&mut &mut little[..]).is_err()); // no more room
    /// assert_eq!(out.len(), before - 10);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn len(&self) -> usize {
        self.bytes.len() - self.sent + self.pinned_len - self.pinned_sent
    }

    /// Whether nothing is to be written.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, Users};
    /// # use keyway_frontend::{Dialogue, Door, Outbox, Policy};
    /// # use std::sync::Arc;
    /// # let users = Users::new();
    /// # users.add("ada", "pencil", Role::ReadWrite)?;
    /// # let door = Arc::new(Door::new(Cache::new(Config::new(1 << 20), users)?, Policy::default()));
    /// # let frame = |opcode: u8, key: &[u8], value: &[u8]| {
    /// #     let mut frame = vec![0x80, opcode, 0, key.len() as u8, 0, 0, 0, 0];
    /// #     frame.extend(((key.len() + value.len()) as u32).to_be_bytes());
    /// #     frame.extend([&[0; 12], key, value].concat());
    /// #     frame
    /// # };
    /// let mut out = Outbox::default();
    /// let mut dialogue = Dialogue::new(door, 0);
    /// let _advance = dialogue.advance(&frame(0x0b, b"", b"")[..12], &mut out);
    /// assert!(out.is_empty()); // half a request has no answer
    /// let _advance = dialogue.advance(&frame(0x0b, b"", b""), &mut out);
    /// assert!(!out.is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes of memory that its own buffers take, not counting the large values it refers to.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, Users};
    /// # use keyway_frontend::{Dialogue, Door, Outbox, Policy};
    /// # use std::sync::Arc;
    /// # let users = Users::new();
    /// # users.add("ada", "pencil", Role::ReadWrite)?;
    /// # let door = Arc::new(Door::new(Cache::new(Config::new(1 << 20), users)?, Policy::default()));
    /// # let frame = |opcode: u8, key: &[u8], value: &[u8]| {
    /// #     let mut frame = vec![0x80, opcode, 0, key.len() as u8, 0, 0, 0, 0];
    /// #     frame.extend(((key.len() + value.len()) as u32).to_be_bytes());
    /// #     frame.extend([&[0; 12], key, value].concat());
    /// #     frame
    /// # };
    /// let mut out = Outbox::default();
    /// assert_eq!(out.capacity(), 0);
    /// let _advance = Dialogue::new(door, 0).advance(&frame(0x0b, b"", b""), &mut out);
    /// let held = out.capacity();
    /// out.write_to(&mut std::io::sink())?;
    /// assert!(held > 0 && out.capacity() == held); // it is kept for the next answer
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.bytes.capacity() + self.pinned.capacity() * size_of::<Pinned>()
    }

    /// Writes as much as the writer takes (vectored). `Ok(true)`: all gone; `Ok(false)`: the writer would block.
    /// `Interrupted` is retried.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, Users};
    /// # use keyway_frontend::{Dialogue, Door, Outbox, Policy};
    /// # use std::sync::Arc;
    /// # let users = Users::new();
    /// # users.add("ada", "pencil", Role::ReadWrite)?;
    /// # let door = Arc::new(Door::new(Cache::new(Config::new(1 << 20), users)?, Policy::default()));
    /// # let frame = |opcode: u8, key: &[u8], value: &[u8]| {
    /// #     let mut frame = vec![0x80, opcode, 0, key.len() as u8, 0, 0, 0, 0];
    /// #     frame.extend(((key.len() + value.len()) as u32).to_be_bytes());
    /// #     frame.extend([&[0; 12], key, value].concat());
    /// #     frame
    /// # };
    /// # use std::io::ErrorKind;
    /// let mut out = Outbox::default();
    /// let _advance = Dialogue::new(door, 0).advance(&frame(0x0b, b"", b""), &mut out); // a version
    /// let mut full: &mut [u8] = &mut [];
    /// assert_eq!(out.write_to(&mut full).unwrap_err().kind(), ErrorKind::WriteZero);
    /// let mut socket = Vec::new();
    /// assert!(out.write_to(&mut socket)?); // all of it is gone
    /// assert!(socket.starts_with(&[0x81, 0x0b]) && out.is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// The writer's own; [`ErrorKind::WriteZero`] if it takes nothing more. What it took before is not written twice.
    pub fn write_to(&mut self, writer: &mut impl Write) -> Result<bool> {
        while !self.is_empty() {
            let mut slices = [IoSlice::new(&[]); SLICES];
            let filled = self.gather(&mut slices);
            let taken = match slices.get(..filled).unwrap_or_default() {
                // A socket takes this by a shorter way.
                [one] => writer.write(one),
                several => writer.write_vectored(several),
            };
            match taken {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(taken) => self.discard(taken),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    self.compact();
                    return Ok(false);
                }
                Err(error) => return Err(error),
            }
        }
        self.reset();
        Ok(true)
    }

    /// What is left, in an outbox of just its size; this one is empty then and keeps its buffer. So a peer that does not
    /// read costs what it has not read, and not what others made the buffer grow to.
    pub(crate) fn take_rest(&mut self) -> Self {
        let sent = std::mem::take(&mut self.sent);
        let bytes = self.bytes.get(sent..).unwrap_or_default().to_vec();
        let pinned =
            self.pinned.drain(..).map(|Pinned { at, item }| Pinned { at: at - sent, item }).collect();
        self.bytes.clear();
        Self {
            bytes,
            sent: 0,
            pinned,
            pinned_sent: std::mem::take(&mut self.pinned_sent),
            pinned_len: std::mem::take(&mut self.pinned_len),
        }
    }

    /// Copies bytes to the end.
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// Puts an item's value at the end, by copy or by reference, whichever costs less.
    pub(crate) fn push_item(&mut self, item: Item) {
        let len = item.value().len();
        if len <= PIN_ABOVE {
            self.bytes.extend_from_slice(item.value());
        } else {
            self.pinned_len += len;
            self.pinned.push_back(Pinned { at: self.bytes.len(), item });
        }
    }

    /// Fills `slices` from the front with what comes next; returns how many it filled.
    fn gather<'a>(&'a self, slices: &mut [IoSlice<'a>]) -> usize {
        let mut free = slices.iter_mut();
        let mut filled = 0;
        let mut put = |part: &'a [u8]| {
            if part.is_empty() {
                return true;
            }
            let Some(slot) = free.next() else { return false };
            *slot = IoSlice::new(part);
            filled += 1;
            true
        };
        let mut from = self.sent;
        let mut skip = self.pinned_sent;
        for Pinned { at, item } in &self.pinned {
            let room = put(self.bytes.get(from..*at).unwrap_or_default())
                && put(item.value().get(skip..).unwrap_or_default());
            if !room {
                return filled;
            }
            from = *at;
            skip = 0;
        }
        put(self.bytes.get(from..).unwrap_or_default());
        filled
    }

    /// Forgets the first `taken` bytes of what `gather` showed.
    fn discard(&mut self, mut taken: usize) {
        while let Some(Pinned { at, item }) = self.pinned.front() {
            let bytes = taken.min(at - self.sent);
            self.sent += bytes;
            taken -= bytes;
            let left = item.value().len() - self.pinned_sent;
            if self.sent < *at || taken < left {
                self.pinned_sent += taken;
                return;
            }
            taken -= left;
            self.pinned_len -= item.value().len();
            self.pinned_sent = 0;
            self.pinned.pop_front();
        }
        self.sent += taken.min(self.bytes.len() - self.sent);
    }

    /// Gives up the written front of the buffer once it is the larger part, so that a reader who is always a little
    /// behind costs no more memory than what it has yet to read; each byte is moved at most once for each written.
    fn compact(&mut self) {
        if self.sent > self.bytes.len() / 2 {
            self.bytes.drain(..self.sent);
            for pinned in &mut self.pinned {
                pinned.at -= self.sent;
            }
            self.sent = 0;
        }
    }

    fn reset(&mut self) {
        self.bytes.clear();
        self.sent = 0;
        if self.capacity() > KEEP_CAPACITY {
            *self = Self::default();
        }
    }
}

#[cfg(test)]
mod tests;
