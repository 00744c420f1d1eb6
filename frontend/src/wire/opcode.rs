//! Opcodes: each a verb, said aloud or by its quiet twin.

/// What a request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verb {
    Get,
    /// `get`, and the answer repeats the key.
    GetK,
    Set,
    Add,
    Replace,
    Delete,
    Incr,
    Decr,
    Append,
    Prepend,
    Touch,
    /// Get and touch.
    Gat,
    /// Get and touch, and the answer repeats the key.
    GatK,
    Flush,
    Noop,
    Version,
    Quit,
    Stat,
    ListMechs,
    Auth,
    Step,
}

/// Whether the usual outcome is answered. Errors always are, and so is a quiet get that finds something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Loudness {
    Loud,
    /// The usual outcome (a miss for a get, success for everything else) is not answered.
    Quiet,
}

/// A verb and its loudness.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Opcode {
    pub(crate) verb: Verb,
    pub(crate) loudness: Loudness,
}

impl Opcode {
    /// What the byte asks for; `None` for one that nobody here knows. 0x1b (verbosity) is one of these: documents
    /// list it, but memcached itself does not know it, and a client has no business with a server's log.
    pub(crate) fn from_byte(byte: u8) -> Option<Self> {
        let (verb, loudness) = match byte {
            0x00 => (Verb::Get, Loudness::Loud),
            0x01 => (Verb::Set, Loudness::Loud),
            0x02 => (Verb::Add, Loudness::Loud),
            0x03 => (Verb::Replace, Loudness::Loud),
            0x04 => (Verb::Delete, Loudness::Loud),
            0x05 => (Verb::Incr, Loudness::Loud),
            0x06 => (Verb::Decr, Loudness::Loud),
            0x07 => (Verb::Quit, Loudness::Loud),
            0x08 => (Verb::Flush, Loudness::Loud),
            0x09 => (Verb::Get, Loudness::Quiet),
            0x0a => (Verb::Noop, Loudness::Loud),
            0x0b => (Verb::Version, Loudness::Loud),
            0x0c => (Verb::GetK, Loudness::Loud),
            0x0d => (Verb::GetK, Loudness::Quiet),
            0x0e => (Verb::Append, Loudness::Loud),
            0x0f => (Verb::Prepend, Loudness::Loud),
            0x10 => (Verb::Stat, Loudness::Loud),
            0x11 => (Verb::Set, Loudness::Quiet),
            0x12 => (Verb::Add, Loudness::Quiet),
            0x13 => (Verb::Replace, Loudness::Quiet),
            0x14 => (Verb::Delete, Loudness::Quiet),
            0x15 => (Verb::Incr, Loudness::Quiet),
            0x16 => (Verb::Decr, Loudness::Quiet),
            0x17 => (Verb::Quit, Loudness::Quiet),
            0x18 => (Verb::Flush, Loudness::Quiet),
            0x19 => (Verb::Append, Loudness::Quiet),
            0x1a => (Verb::Prepend, Loudness::Quiet),
            0x1c => (Verb::Touch, Loudness::Loud),
            0x1d => (Verb::Gat, Loudness::Loud),
            0x1e => (Verb::Gat, Loudness::Quiet),
            0x20 => (Verb::ListMechs, Loudness::Loud),
            0x21 => (Verb::Auth, Loudness::Loud),
            0x22 => (Verb::Step, Loudness::Loud),
            0x23 => (Verb::GatK, Loudness::Loud),
            0x24 => (Verb::GatK, Loudness::Quiet),
            _ => return None,
        };
        Some(Self { verb, loudness })
    }
}

impl Verb {
    /// Whether it may run on a connection that nobody has logged in on.
    pub(crate) fn runs_before_login(self) -> bool {
        matches!(self, Self::Version | Self::ListMechs | Self::Auth | Self::Step)
    }

    /// Whether its key is that of an item.
    pub(crate) fn looks_up(self) -> bool {
        !matches!(
            self,
            Self::Flush
                | Self::Noop
                | Self::Version
                | Self::Quit
                | Self::Stat
                | Self::ListMechs
                | Self::Auth
                | Self::Step
        )
    }

    /// Whether it is part of a login, so that its payload is secret and its failure counts as a failed login.
    pub(crate) fn carries_a_login(self) -> bool {
        matches!(self, Self::Auth | Self::Step)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thirty_five_opcodes_are_known_and_no_two_mean_the_same() {
        let known: Vec<Opcode> = (0..=u8::MAX).filter_map(Opcode::from_byte).collect();
        assert_eq!(known.len(), 35);
        for (at, opcode) in known.iter().enumerate() {
            assert!(!known[..at].contains(opcode), "{opcode:?}");
        }
    }

    #[test]
    fn what_answers_on_success_with_more_than_a_header_has_no_quiet_twin_that_swallows_it() {
        for verb in
            [Verb::Stat, Verb::Version, Verb::Noop, Verb::Touch, Verb::ListMechs, Verb::Auth, Verb::Step]
        {
            let quiet = Opcode { verb, loudness: Loudness::Quiet };
            assert!((0..=u8::MAX).filter_map(Opcode::from_byte).all(|known| known != quiet), "{verb:?}");
        }
    }
}
