//! The SASL mechanisms by name.

use super::scram_hash::ScramHash;
use std::fmt;

/// A SASL mechanism that Keyway speaks.
///
/// ```
/// use keyway::Mechanism;
///
/// assert_eq!(Mechanism::from_name(b"scram-sha-256"), Some(Mechanism::ScramSha256));
/// assert_eq!(Mechanism::from_name(b"SCRAM-SHA512"), Some(Mechanism::ScramSha512));
/// assert_eq!(Mechanism::Plain.name(), "PLAIN");
/// assert_eq!(Mechanism::from_name(b"ANONYMOUS"), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Mechanism {
    /// SCRAM-SHA-512-PLUS: as SCRAM-SHA-512, bound to the channel as SCRAM-SHA-256-PLUS is.
    ScramSha512Plus,
    /// SCRAM-SHA-256-PLUS (RFC 5802, section 6; RFC 9266): as SCRAM-SHA-256, and the proof counts on this channel of TLS alone, so that
    /// nobody who got in between can hand it on. Served by what is stored for SCRAM-SHA-256. Takes a
    /// [`Channel`](crate::Channel) that has [`tls_exporter`](crate::Channel::tls_exporter).
    ScramSha256Plus,
    /// SCRAM-SHA-512 (RFC 5802 with another hash function): as SCRAM-SHA-256, for users for whom its own verifier is stored.
    ScramSha512,
    /// SCRAM-SHA-256 (RFC 5802, RFC 7677): the password never travels, and the client learns that the server knows
    /// it too. Costs the server a few hashes.
    ScramSha256,
    /// EXTERNAL (RFC 4422, appendix A): no password; who the client is was proven by the layer below, by a certificate or by the
    /// uid of a unix socket's peer. Takes a [`Channel`](crate::Channel) that has an [`identity`](crate::Channel::identity), one of
    /// whose names is one of a user's ([`UserRecord::external`](crate::UserRecord::external)).
    External,
    /// PLAIN (RFC 4616): the password travels as it is, so offer it where nobody can listen. Costs the server a
    /// whole derivation, milliseconds of CPU.
    Plain,
    /// CRAM-MD5 (RFC 2195): for clients that have nothing better. The password does not travel, but whoever listens can try
    /// passwords at one hash each, the server proves nothing, and what it has to store is as good as the password. So a user
    /// needs a [`CramMd5Secret`](crate::CramMd5Secret), which none has by itself, and a listener offers it only if told to.
    CramMd5,
}

impl Mechanism {
    /// All of them, strongest first. CRAM-MD5 comes last, for what it makes a server store.
    ///
    /// ```
    /// use keyway::Mechanism;
    ///
    /// let place = |mechanism| Mechanism::ALL.iter().position(|it| *it == mechanism);
    /// assert!(place(Mechanism::ScramSha256Plus) < place(Mechanism::ScramSha256));
    /// assert!(place(Mechanism::ScramSha256) < place(Mechanism::Plain));
    /// ```
    pub const ALL: [Self; 7] = [
        Self::ScramSha512Plus,
        Self::ScramSha256Plus,
        Self::ScramSha512,
        Self::ScramSha256,
        Self::External,
        Self::Plain,
        Self::CramMd5,
    ];

    /// Its registered name, as a list of mechanisms shows it.
    ///
    /// ```
    /// use keyway::Mechanism;
    ///
    /// assert_eq!(Mechanism::ScramSha512Plus.name(), "SCRAM-SHA-512-PLUS");
    /// assert_eq!(Mechanism::from_name(b"EXTERNAL").map(Mechanism::name), Some("EXTERNAL"));
    /// ```
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::ScramSha512Plus => "SCRAM-SHA-512-PLUS",
            Self::ScramSha256Plus => "SCRAM-SHA-256-PLUS",
            Self::ScramSha512 => "SCRAM-SHA-512",
            Self::ScramSha256 => "SCRAM-SHA-256",
            Self::External => "EXTERNAL",
            Self::Plain => "PLAIN",
            Self::CramMd5 => "CRAM-MD5",
        }
    }

    /// What Couchbase's clients call it. Taken, and never listed.
    fn alias(self) -> Option<&'static str> {
        match self {
            Self::ScramSha512 => Some("SCRAM-SHA512"),
            Self::ScramSha256 => Some("SCRAM-SHA256"),
            Self::ScramSha512Plus | Self::ScramSha256Plus | Self::External | Self::Plain | Self::CramMd5 => {
                None
            }
        }
    }

    /// SCRAM's hash function, with -PLUS or without; `None` for all else.
    ///
    /// ```
    /// use keyway::{Mechanism, ScramHash};
    ///
    /// assert_eq!(Mechanism::ScramSha512Plus.scram_hash(), Some(ScramHash::Sha512));
    /// assert_eq!(Mechanism::CramMd5.scram_hash(), None);
    /// ```
    #[must_use]
    pub fn scram_hash(self) -> Option<ScramHash> {
        match self {
            Self::ScramSha512Plus | Self::ScramSha512 => Some(ScramHash::Sha512),
            Self::ScramSha256Plus | Self::ScramSha256 => Some(ScramHash::Sha256),
            Self::External | Self::Plain | Self::CramMd5 => None,
        }
    }

    /// Whether it binds to the channel: those with -PLUS.
    ///
    /// ```
    /// use keyway::Mechanism;
    ///
    /// assert!(Mechanism::ScramSha256Plus.binds());
    /// assert_eq!(Mechanism::ScramSha256.bound(), Some(Mechanism::ScramSha256Plus));
    /// assert_eq!(Mechanism::ScramSha256Plus.unbound(), Mechanism::ScramSha256);
    /// assert_eq!(Mechanism::Plain.bound(), None);
    /// ```
    #[must_use]
    pub fn binds(self) -> bool {
        matches!(self, Self::ScramSha512Plus | Self::ScramSha256Plus)
    }

    /// The same that binds to the channel, if there is one.
    ///
    /// ```
    /// use keyway::Mechanism;
    ///
    /// assert_eq!(Mechanism::ScramSha512.bound(), Some(Mechanism::ScramSha512Plus));
    /// assert_eq!(Mechanism::External.bound(), None);
    /// ```
    #[must_use]
    pub fn bound(self) -> Option<Self> {
        self.scram_hash().map(|hash| match hash {
            ScramHash::Sha512 => Self::ScramSha512Plus,
            ScramHash::Sha256 => Self::ScramSha256Plus,
        })
    }

    /// The same that binds to nothing: what has to be stored of a password is the same for both.
    ///
    /// ```
    /// use keyway::Mechanism;
    ///
    /// assert_eq!(Mechanism::ScramSha512Plus.unbound(), Mechanism::ScramSha512);
    /// assert_eq!(Mechanism::Plain.unbound(), Mechanism::Plain);
    /// ```
    #[must_use]
    pub fn unbound(self) -> Self {
        self.scram_hash().map_or(self, Self::from)
    }

    /// The mechanism of this name, in upper or lower case. `SCRAM-SHA512` and `SCRAM-SHA256`, as some clients write, will do.
    ///
    /// ```
    /// use keyway::Mechanism;
    ///
    /// assert_eq!(Mechanism::from_name(b"plain"), Some(Mechanism::Plain));
    /// assert_eq!(Mechanism::from_name(b"SCRAM-SHA256"), Some(Mechanism::ScramSha256)); // as Couchbase's clients have it
    /// assert_eq!(Mechanism::from_name(b"SCRAM-SHA-1"), None);
    /// ```
    #[must_use]
    pub fn from_name(name: &[u8]) -> Option<Self> {
        let is = |known: &str| known.as_bytes().eq_ignore_ascii_case(name);
        Self::ALL.into_iter().find(|mechanism| is(mechanism.name()) || mechanism.alias().is_some_and(is))
    }
}

/// SCRAM by its hash function.
impl From<ScramHash> for Mechanism {
    fn from(hash: ScramHash) -> Self {
        match hash {
            ScramHash::Sha512 => Self::ScramSha512,
            ScramHash::Sha256 => Self::ScramSha256,
        }
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
        for wrong in [
            "",
            "PLAI",
            "PLAIN ",
            "SCRAM-SHA-1",
            "SCRAM-SHA1",
            "SCRAM-SHA-256-PLU",
            "SCRAM-SHA256-PLUS",
            "CRAM-MD5 ",
        ] {
            assert_eq!(Mechanism::from_name(wrong.as_bytes()), None, "{wrong:?}");
        }
    }

    #[test]
    fn an_alias_is_taken_and_not_shown() {
        for (alias, mechanism) in
            [("SCRAM-SHA512", Mechanism::ScramSha512), ("scram-sha256", Mechanism::ScramSha256)]
        {
            assert_eq!(Mechanism::from_name(alias.as_bytes()), Some(mechanism));
            assert_ne!(mechanism.name().to_lowercase(), alias.to_lowercase());
        }
    }
}
