//! How a request ended, in the protocol's numbers and in memcached's texts.

use keyway::{Limit, Refusal};

/// How a request ended. What memcached has no number for has Couchbase's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    Done,
    NotFound,
    Exists,
    TooLarge,
    Invalid,
    NotStored,
    NotNumeric,
    /// The session was ended from outside; the client may log in again on the same connection.
    Stale,
    /// A login was refused, or a command came before one.
    AuthFailed,
    /// The answer carries a challenge.
    AuthContinue,
    /// The role does not include the verb.
    NoPrivilege,
    UnknownCommand,
    NoMemory,
    /// The user, or its namespace, is over its limit of bytes that come in; this and the next three may work a moment later.
    LimitedIn,
    /// It is over its limit of bytes that go out.
    LimitedOut,
    /// It has as many connections as it may have.
    LimitedConnections,
    /// It is over its limit of commands.
    LimitedOperations,
    /// It may work a moment later.
    TemporaryFailure,
}

impl Status {
    /// The number in the answer's header.
    pub(crate) fn code(self) -> u16 {
        match self {
            Self::Done => 0x00,
            Self::NotFound => 0x01,
            Self::Exists => 0x02,
            Self::TooLarge => 0x03,
            Self::Invalid => 0x04,
            Self::NotStored => 0x05,
            Self::NotNumeric => 0x06,
            Self::Stale => 0x1f,
            Self::AuthFailed => 0x20,
            Self::AuthContinue => 0x21,
            Self::NoPrivilege => 0x24,
            Self::LimitedIn => 0x30,
            Self::LimitedOut => 0x31,
            Self::LimitedConnections => 0x32,
            Self::LimitedOperations => 0x33,
            Self::UnknownCommand => 0x81,
            Self::NoMemory => 0x82,
            Self::TemporaryFailure => 0x86,
        }
    }

    /// The text that is an error answer's value; clients compare some of them. Empty where a status has none.
    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::Done | Self::AuthContinue => "",
            Self::NotFound => "Not found",
            Self::Exists => "Data exists for key.",
            Self::TooLarge => "Too large.",
            Self::Invalid => "Invalid arguments",
            Self::NotStored => "Not stored.",
            Self::NotNumeric => "Non-numeric server-side value for incr or decr",
            Self::Stale => "Stale authentication, log in again",
            Self::AuthFailed => "Auth failure.",
            Self::NoPrivilege => "No privilege",
            Self::LimitedIn => "Rate limit: network ingress",
            Self::LimitedOut => "Rate limit: network egress",
            Self::LimitedConnections => "Rate limit: max connections",
            Self::LimitedOperations => "Rate limit: max commands",
            Self::UnknownCommand => "Unknown command",
            Self::NoMemory => "Out of memory",
            Self::TemporaryFailure => "Temporary failure",
        }
    }
}

impl From<Refusal> for Status {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Revoked => Self::Stale,
            Refusal::Forbidden => Self::NoPrivilege,
            // Whose limit it is shows in the audit: a client waits, either way.
            Refusal::Limited { what, scope: _ } => match what {
                Limit::BytesIn => Self::LimitedIn,
                Limit::BytesOut => Self::LimitedOut,
                Limit::Connections => Self::LimitedConnections,
                Limit::Operations => Self::LimitedOperations,
            },
            Refusal::BadKey { .. } => Self::Invalid,
            Refusal::NotFound => Self::NotFound,
            Refusal::Exists => Self::Exists,
            Refusal::NotStored => Self::NotStored,
            Refusal::NotNumeric => Self::NotNumeric,
            Refusal::TooLarge { .. } => Self::TooLarge,
            Refusal::NoRoom => Self::NoMemory,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use keyway::LimitScope;

    /// The texts that memcached has too, as clients compare some of them, and the numbers.
    #[test]
    fn a_refusal_has_the_number_and_the_text_that_clients_know_it_by() {
        let limited = |what| Refusal::Limited { what, scope: LimitScope::User };
        let table = [
            (Refusal::Revoked, 0x1f, "Stale authentication, log in again"),
            (Refusal::Forbidden, 0x24, "No privilege"),
            (limited(Limit::BytesIn), 0x30, "Rate limit: network ingress"),
            (limited(Limit::BytesOut), 0x31, "Rate limit: network egress"),
            (limited(Limit::Connections), 0x32, "Rate limit: max connections"),
            (limited(Limit::Operations), 0x33, "Rate limit: max commands"),
            (Refusal::BadKey { len: 251 }, 0x04, "Invalid arguments"),
            (Refusal::NotFound, 0x01, "Not found"),
            (Refusal::Exists, 0x02, "Data exists for key."),
            (Refusal::NotStored, 0x05, "Not stored."),
            (Refusal::NotNumeric, 0x06, "Non-numeric server-side value for incr or decr"),
            (Refusal::TooLarge { limit: 1 }, 0x03, "Too large."),
            (Refusal::NoRoom, 0x82, "Out of memory"),
        ];
        for (refusal, code, text) in table {
            let status = Status::from(refusal);
            assert_eq!((status.code(), status.text()), (code, text), "{refusal}");
        }
    }
}
