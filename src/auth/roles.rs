//! Which roles a user has, by name.

use super::{role::Role, user_error::UserError};
use std::fmt;

/// The names of the roles of a user: one or several, or none, which allows nothing. Several allow what any of them allows and
/// none of them denies.
///
/// ```
/// use keyway::{Role, Roles};
///
/// let roles = Roles::from(["reporter", "read-only"]);
/// assert_eq!(roles.to_string(), "read-only, reporter");
/// assert_eq!(Roles::from(Role::Admin), Roles::from(["admin"]));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Roles(Box<[Box<str>]>);

impl Roles {
    /// The longest name of a role, in bytes.
    ///
    /// ```
    /// use keyway::Roles;
    ///
    /// assert!(Roles::check_name(&"r".repeat(Roles::MAX_NAME)).is_ok());
    /// assert!(Roles::check_name(&"r".repeat(Roles::MAX_NAME + 1)).is_err());
    /// ```
    pub const MAX_NAME: usize = 64;

    /// The names, sorted.
    ///
    /// ```
    /// use keyway::Roles;
    ///
    /// let roles = Roles::from(["reporter", "read-only", "reporter"]);
    /// assert_eq!(roles.names().collect::<Vec<_>>(), ["read-only", "reporter"]); // each once
    /// ```
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|name| &**name)
    }

    /// Whether this one is among them.
    ///
    /// ```
    /// use keyway::{Role, Roles};
    ///
    /// let roles = Roles::from(Role::ReadOnly);
    /// assert!(roles.contains("read-only") && !roles.contains("admin"));
    /// ```
    #[must_use]
    pub fn contains(&self, name: &str) -> bool {
        self.names().any(|known| known == name)
    }

    /// Whether there is none.
    ///
    /// ```
    /// use keyway::{Cache, Config, Refusal, Roles, Users};
    ///
    /// let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// assert!(Roles::default().is_empty());
    /// cache.users().add_trusted("idler", Roles::default())?; // who may do nothing at all
    /// assert_eq!(cache.session_for("idler")?.get("k").err(), Some(Refusal::Forbidden));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a role can be called so: 1 to [`MAX_NAME`](Self::MAX_NAME) bytes of text without blanks, commas and control
    /// characters, since roles are listed with commas.
    ///
    /// ```
    /// use keyway::{Roles, UserError};
    ///
    /// assert_eq!(Roles::check_name("night-shift"), Ok(()));
    /// assert_eq!(Roles::check_name("night, shift"), Err(UserError::BadRoleName("night, shift".to_owned())));
    /// ```
    ///
    /// # Errors
    ///
    /// [`UserError::BadRoleName`].
    pub fn check_name(name: &str) -> Result<(), UserError> {
        let unfit = |character: char| character.is_whitespace() || character.is_control() || character == ',';
        if name.is_empty() || name.len() > Self::MAX_NAME || name.contains(unfit) {
            return Err(UserError::BadRoleName(name.to_owned()));
        }
        Ok(())
    }
}

impl From<Role> for Roles {
    fn from(role: Role) -> Self {
        Self::from([role.name()])
    }
}

impl<S: Into<Box<str>>, const N: usize> From<[S; N]> for Roles {
    fn from(names: [S; N]) -> Self {
        names.into_iter().collect()
    }
}

impl<S: Into<Box<str>>> FromIterator<S> for Roles {
    fn from_iter<I: IntoIterator<Item = S>>(names: I) -> Self {
        let mut names: Vec<Box<str>> = names.into_iter().map(Into::into).collect();
        names.sort_unstable();
        names.dedup();
        Self(names.into())
    }
}

/// The names, with commas.
impl fmt::Display for Roles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, name) in self.names().enumerate() {
            f.write_str(if number == 0 { "" } else { ", " })?;
            f.write_str(name)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_has_a_name_that_can_be_listed() {
        for good in ["a", "read-only", "Größe", &"x".repeat(64)] {
            assert_eq!(Roles::check_name(good), Ok(()));
        }
        for bad in ["", "a b", "a,b", "a\n", "a\u{7f}", &"x".repeat(65)] {
            assert_eq!(Roles::check_name(bad), Err(UserError::BadRoleName(bad.to_owned())));
        }
    }

    #[test]
    fn roles_are_a_set() {
        let roles = Roles::from(["b", "a", "b"]);
        assert_eq!(roles.names().collect::<Vec<_>>(), ["a", "b"]);
        assert!(roles.contains("a") && !roles.contains("c") && !roles.is_empty());
        assert!(Roles::default().is_empty());
    }
}
