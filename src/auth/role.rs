//! What a user may do.

use std::{fmt, str::FromStr};

/// What a user may do. Anything that a role does not name is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Role {
    /// `get` and statistics. Not `touch` nor `get_and_touch`: they move an expiry.
    ReadOnly,
    /// Every data verb, `flush` included: who may delete each item may delete them all.
    ReadWrite,
    /// What `ReadWrite` may, and acts on the server itself, such as resetting statistics.
    Admin,
}

/// What a verb needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Need {
    /// Look at items.
    Read,
    /// Change items.
    Write,
    /// Act on the cache or its server as a whole.
    Administer,
}

impl Need {
    /// Its name in the audit.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Administer => "admin",
        }
    }
}

impl Role {
    /// All of them, least first.
    pub const ALL: [Self; 3] = [Self::ReadOnly, Self::ReadWrite, Self::Admin];

    /// The name that users files and the command line use.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::ReadOnly => "read-only",
            Self::ReadWrite => "read-write",
            Self::Admin => "admin",
        }
    }

    pub(crate) fn allows(self, need: Need) -> bool {
        match need {
            Need::Read => true,
            Need::Write => self >= Self::ReadWrite,
            Need::Administer => self >= Self::Admin,
        }
    }

    pub(crate) fn to_bits(self) -> u64 {
        match self {
            Self::ReadOnly => 0,
            Self::ReadWrite => 1,
            Self::Admin => 2,
        }
    }

    /// Unknown bits read as the least role, so that a mistake fails closed.
    pub(crate) fn from_bits(bits: u64) -> Self {
        match bits {
            2 => Self::Admin,
            1 => Self::ReadWrite,
            _ => Self::ReadOnly,
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The text is no role's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownRole;

impl fmt::Display for UnknownRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a role is read-only, read-write or admin")
    }
}

impl std::error::Error for UnknownRole {}

impl FromStr for Role {
    type Err = UnknownRole;

    fn from_str(text: &str) -> Result<Self, UnknownRole> {
        Self::ALL.into_iter().find(|role| role.name() == text).ok_or(UnknownRole)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_allows_what_it_names_and_nothing_else() {
        let table = [
            (Role::ReadOnly, [true, false, false]),
            (Role::ReadWrite, [true, true, false]),
            (Role::Admin, [true, true, true]),
        ];
        for (role, allowed) in table {
            let said = [Need::Read, Need::Write, Need::Administer].map(|need| role.allows(need));
            assert_eq!(said, allowed, "{role}");
            assert_eq!(Role::from_bits(role.to_bits()), role);
            assert_eq!(role.name().parse(), Ok(role));
        }
        assert_eq!("root".parse::<Role>(), Err(UnknownRole));
        assert_eq!(Role::from_bits(77), Role::ReadOnly);
    }
}
