//! The naive cache: a map with room for everything, and versions as far as its client has been told.

use std::collections::{HashMap, HashSet};

/// The largest value in bytes, on the wire as well as in the cache: large enough for every way that a frame can be read and
/// a value can be written.
pub(crate) const VALUE_MAX: usize = 20_000;

/// Up to this, an expiry is so many seconds from now; beyond, a Unix time.
const RELATIVE_MAX: u32 = 60 * 60 * 24 * 30;

/// When something ends, in whole seconds since the story began. What ends after `n` seconds is gone at the first whole
/// second behind that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    Never,
    /// The first second at which it is gone.
    At(u64),
    /// A Unix time so near that fractions of a second would count.
    Unsure,
}

/// One item.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) value: Vec<u8>,
    pub(super) flags: u32,
    pub(super) end: End,
    /// What the client was told; nothing if it has not seen it.
    pub(super) version: Option<u64>,
}

/// Whether a version that a client gives is the one that an item has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Match {
    Yes,
    No,
    /// The client never saw the item's version, and gives a number out of the blue.
    Unsure,
}

/// The naive cache.
#[derive(Debug, Default)]
pub(crate) struct Store {
    entries: HashMap<Vec<u8>, Entry>,
    /// Each version that a client was ever told.
    told: HashSet<u64>,
    /// Seconds since the story began.
    now: u64,
    flush: Option<End>,
}

impl Store {
    /// Lets time pass.
    pub(crate) fn pass(&mut self, seconds: u64) {
        self.now += seconds;
    }

    pub(super) fn end(&self, expiry: u32) -> End {
        let unix = std::time::SystemTime::UNIX_EPOCH.elapsed().map_or(0, |since| since.as_secs());
        let near = unix.saturating_sub(u64::from(RELATIVE_MAX))..unix + 10 * u64::from(RELATIVE_MAX);
        match expiry {
            0 => End::Never,
            1..=RELATIVE_MAX => End::At(self.now + u64::from(expiry) + 1),
            time if near.contains(&u64::from(time)) => End::Unsure,
            time if u64::from(time) < near.start => End::At(self.now),
            _ => End::Never,
        }
    }

    fn settle(&mut self) {
        let now = self.now;
        let over = |end: End| matches!(end, End::At(end) if end <= now);
        if self.flush.take_if(|end| over(*end)).is_some() {
            self.entries.clear();
        }
        self.entries.retain(|_, entry| !over(entry.end));
    }

    pub(super) fn find(&mut self, key: &[u8]) -> Option<&mut Entry> {
        self.settle();
        self.entries.get_mut(key)
    }

    pub(super) fn compare(&mut self, key: &[u8], given: u64) -> Match {
        let told = self.told.contains(&given);
        match self.find(key).and_then(|entry| entry.version) {
            _ if given == 0 => Match::Yes,
            Some(version) if version == given => Match::Yes,
            // A version that was told belonged to something earlier, and versions never repeat.
            Some(_) => Match::No,
            None if told => Match::No,
            None => Match::Unsure,
        }
    }

    /// Puts an item there whose version nobody knows yet.
    pub(super) fn put(&mut self, key: &[u8], entry: Entry) {
        self.settle();
        self.entries.insert(key.into(), Entry { version: None, ..entry });
    }

    pub(super) fn remove(&mut self, key: &[u8]) {
        self.entries.remove(key);
    }

    /// Everything goes, and an order to flush later is called off.
    pub(super) fn flush(&mut self) {
        self.entries.clear();
        self.flush = None;
    }

    /// Everything goes at that time; it takes the place of an earlier order, unless that one was due.
    pub(super) fn flush_at(&mut self, end: End) {
        self.settle();
        self.flush = (end != End::Never).then_some(end);
    }

    /// The client is told an item's version: the one it knows, or one that was never told before.
    pub(super) fn tell(&mut self, key: &[u8], version: u64) {
        assert_ne!(version, 0, "a version that means none");
        let Some(entry) = self.entries.get_mut(key) else {
            // Its time is over already.
            self.told.insert(version);
            return;
        };
        match entry.version {
            Some(known) => assert_eq!(version, known, "the version of what did not change"),
            None => assert!(self.told.insert(version), "version {version} was told before"),
        }
        entry.version = Some(version);
    }
}

/// What a value counts as, if it is a number: blanks and a plus in front, digits of 64 bits, and a blank or a NUL before
/// anything else.
pub(super) fn number(value: &[u8]) -> Option<u64> {
    let blank = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\n' | 0x0c | b'\r');
    if value.len() > 20 {
        return None;
    }
    let mut rest = value;
    while rest.first().is_some_and(blank) {
        rest = &rest[1..];
    }
    if rest.first() == Some(&b'+') {
        rest = &rest[1..];
    }
    let (mut number, mut digits) = (0_u64, 0);
    while let Some(digit) = rest.first().filter(|byte| byte.is_ascii_digit()) {
        number = number.checked_mul(10)?.checked_add(u64::from(digit - b'0'))?;
        (digits, rest) = (digits + 1, &rest[1..]);
    }
    (digits > 0 && rest.first().is_none_or(|byte| blank(byte) || *byte == 0)).then_some(number)
}
