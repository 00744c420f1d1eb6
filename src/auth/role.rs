//! The roles that are always there.

use super::verb::{Verb, Verbs};
use std::{fmt, str::FromStr};

/// A role that is always there; others are defined by [`Users::define_role`](crate::Users::define_role). Anything that a role
/// does not name is refused.
///
/// ```
/// use keyway::{Role, Roles};
///
/// assert_eq!("read-only".parse(), Ok(Role::ReadOnly));
/// assert_eq!(Roles::from(Role::Admin).to_string(), "admin");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Role {
    /// `get` and statistics. Not `touch` nor `get_and_touch`: they move an expiry.
    ReadOnly,
    /// Every data verb, `flush` included: who may delete each item may delete them all. Other namespaces stay out of reach.
    ReadWrite,
    /// What `ReadWrite` may, for all namespaces, and acts on the server itself, such as resetting statistics.
    Admin,
}

impl Role {
    /// All of them, least first.
    ///
    /// ```
    /// use keyway::Role;
    ///
    /// assert!(Role::ALL.is_sorted_by(|less, more| more.verbs().contains_all(less.verbs())));
    /// ```
    pub const ALL: [Self; 3] = [Self::ReadOnly, Self::ReadWrite, Self::Admin];

    /// The name that users files and the command line use.
    ///
    /// ```
    /// use keyway::Role;
    ///
    /// assert!(Role::ALL.into_iter().all(|role| role.name().parse() == Ok(role)));
    /// ```
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::ReadOnly => "read-only",
            Self::ReadWrite => "read-write",
            Self::Admin => "admin",
        }
    }

    /// What it allows, for every key.
    ///
    /// ```
    /// use keyway::{Role, Verb};
    ///
    /// assert!(Role::ReadOnly.verbs().contains(Verb::Read) && !Role::ReadOnly.verbs().contains(Verb::Touch));
    /// assert!(Role::ReadWrite.verbs().contains(Verb::FlushOwn) && !Role::ReadWrite.verbs().contains(Verb::FlushAll));
    /// ```
    #[must_use]
    pub fn verbs(self) -> Verbs {
        let reads = Verb::Read | Verb::Stats;
        match self {
            Self::ReadOnly => reads,
            Self::ReadWrite => reads | Verbs::WITH_KEY | Verb::FlushOwn,
            Self::Admin => Verbs::ALL,
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The text is no role's name.
///
/// ```
/// use keyway::{Role, UnknownRole};
///
/// assert_eq!("read-write".parse(), Ok(Role::ReadWrite));
/// assert_eq!("root".parse::<Role>(), Err(UnknownRole));
/// ```
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
            (Role::ReadOnly, "read,stats"),
            (Role::ReadWrite, "read,write,delete,arithmetic,touch,flush-own,stats"),
            (Role::Admin, "read,write,delete,arithmetic,touch,flush-own,stats,flush-all,admin"),
        ];
        for (role, allowed) in table {
            assert_eq!(role.verbs().to_string(), allowed, "{role}");
            assert_eq!((role.name().parse(), role.to_string().as_str()), (Ok(role), role.name()));
        }
        assert_eq!("root".parse::<Role>(), Err(UnknownRole));
        assert!(
            Role::ALL.iter().all(|role| UnknownRole.to_string().contains(role.name())),
            "it says what there is"
        );
    }
}
