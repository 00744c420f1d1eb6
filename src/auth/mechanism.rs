//! The SASL mechanisms by name.

use std::fmt;

/// A SASL mechanism that Keyway speaks.
///
/// ```
/// use keyway::Mechanism;
///
/// assert_eq!(Mechanism::from_name(b"scram-sha-256"), Some(Mechanism::ScramSha256));
/// assert_eq!(Mechanism::Plain.name(), "PLAIN");
/// assert_eq!(Mechanism::from_name(b"ANONYMOUS"), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Mechanism {
    /// SCRAM-SHA-256 (RFC 5802, RFC 7677): the password never travels, and the client learns that the server knows
    /// it too. Costs the server a few hashes.
    ScramSha256,
    /// PLAIN (RFC 4616): the password travels as it is, so offer it where nobody can listen. Costs the server a
    /// whole derivation, milliseconds of CPU.
    Plain,
}

impl Mechanism {
    /// All of them, strongest first.
    pub const ALL: [Self; 2] = [Self::ScramSha256, Self::Plain];

    /// Its registered name, as a list of mechanisms shows it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::ScramSha256 => "SCRAM-SHA-256",
            Self::Plain => "PLAIN",
        }
    }

    /// The mechanism of this name, in upper or lower case.
    #[must_use]
    pub fn from_name(name: &[u8]) -> Option<Self> {
        Self::ALL.into_iter().find(|mechanism| mechanism.name().as_bytes().eq_ignore_ascii_case(name))
    }
}

impl fmt::Display for Mechanism {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_found_in_any_case_and_only_whole() {
        for mechanism in Mechanism::ALL {
            assert_eq!(Mechanism::from_name(mechanism.name().as_bytes()), Some(mechanism));
            assert_eq!(Mechanism::from_name(mechanism.name().to_lowercase().as_bytes()), Some(mechanism));
        }
        for wrong in ["", "PLAI", "PLAIN ", "SCRAM-SHA-1", "SCRAM-SHA-256-PLUS"] {
            assert_eq!(Mechanism::from_name(wrong.as_bytes()), None, "{wrong:?}");
        }
    }
}
