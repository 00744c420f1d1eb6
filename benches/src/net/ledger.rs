//! What each key may hold while several connections write: every value that is read is compared with it.

use super::values::Value;

/// Rounds begin when all answers are in, so a key holds what it held at the begin of the round or what the round writes.
#[derive(Debug)]
pub(super) struct Ledger {
    round: u32,
    len: usize,
    keys: Vec<Entry>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Entry {
    /// The round of what is replaced by what was sent last.
    before: u32,
    /// The round of what was sent last.
    sent: u32,
    /// The round of what was last said to be stored.
    stored: u32,
}

/// What was known of a key when it was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Known {
    /// This round's value is stored, so no other may come.
    Stored,
    Older,
}

impl Ledger {
    /// So many keys that hold their first values, each of this length.
    pub(super) fn filled(keys: u32, len: usize) -> Self {
        Self { round: 0, len, keys: vec![Entry::default(); keys as usize] }
    }

    pub(super) fn keys(&self) -> u32 {
        u32::try_from(self.keys.len()).unwrap_or(u32::MAX)
    }

    pub(super) fn value_len(&self) -> usize {
        self.len
    }

    /// To be called when nothing is under way.
    pub(super) fn begin_round(&mut self) {
        self.round += 1;
    }

    /// The value to be sent for this key.
    pub(super) fn sending(&mut self, number: u32) -> Value {
        let entry = &mut self.keys[number as usize];
        if entry.sent != self.round {
            *entry = Entry { before: entry.sent, sent: self.round, ..*entry };
        }
        Value { number, round: self.round, len: self.len }
    }

    /// The server said that it stored it.
    pub(super) fn stored(&mut self, number: u32) {
        self.keys[number as usize].stored = self.round;
    }

    pub(super) fn known(&self, number: u32) -> Known {
        let fresh = self.round > 0 && self.keys[number as usize].stored == self.round;
        if fresh { Known::Stored } else { Known::Older }
    }

    /// Whether a key that was asked for when this was known may hold these bytes.
    pub(super) fn allows(&self, number: u32, known: Known, bytes: &[u8]) -> bool {
        let entry = self.keys[number as usize];
        let is = |round| Value { number, round, len: self.len }.is(bytes);
        let replaced = known == Known::Older && entry.sent == self.round && is(entry.before);
        is(entry.sent) || replaced
    }

    /// Whether these bytes are the newest of the key; when nothing is under way, nothing else may be there.
    pub(super) fn newest(&self, number: u32, bytes: &[u8]) -> bool {
        Value { number, round: self.keys[number as usize].sent, len: self.len }.is(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(round: u32) -> Vec<u8> {
        let mut out = Vec::new();
        Value { number: 3, round, len: 100 }.append(&mut out);
        out
    }

    fn allowed(ledger: &Ledger, known: Known) -> Vec<u32> {
        (0..4).filter(|round| ledger.allows(3, known, &bytes(*round))).collect()
    }

    #[test]
    fn a_key_holds_its_first_value_until_another_is_sent() {
        let mut ledger = Ledger::filled(5, 100);
        ledger.begin_round();
        assert_eq!(ledger.known(3), Known::Older);
        assert_eq!(allowed(&ledger, Known::Older), [0]);
        ledger.sending(3);
        assert_eq!(allowed(&ledger, ledger.known(3)), [0, 1]);
    }

    #[test]
    fn after_it_is_stored_the_old_value_is_wrong_for_who_asks_later_only() {
        let mut ledger = Ledger::filled(5, 100);
        (0..2).for_each(|_| ledger.begin_round());
        let earlier = ledger.known(3);
        ledger.sending(3);
        ledger.stored(3);
        assert_eq!(allowed(&ledger, earlier), [0, 2]);
        assert_eq!(allowed(&ledger, ledger.known(3)), [2]);
    }

    #[test]
    fn between_rounds_the_newest_alone_is_right() {
        let mut ledger = Ledger::filled(5, 100);
        ledger.begin_round();
        ledger.sending(3);
        ledger.sending(3);
        ledger.stored(3);
        assert!(ledger.newest(3, &bytes(1)) && !ledger.newest(3, &bytes(0)));
        ledger.begin_round();
        assert_eq!(allowed(&ledger, ledger.known(3)), [1]);
        ledger.sending(3);
        assert_eq!(allowed(&ledger, ledger.known(3)), [1, 2]);
    }
}
