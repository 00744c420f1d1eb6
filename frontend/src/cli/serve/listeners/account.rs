//! System users and groups, by name or number.

use nix::unistd::{Group, User};
use std::fmt;

/// What is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    User,
    Group,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::User => "user",
            Self::Group => "group",
        })
    }
}

/// The number of a system user or group, that may be one already.
pub(super) fn id(kind: Kind, name: &str) -> Result<u32, String> {
    if let Ok(id) = name.parse() {
        return Ok(id);
    }
    let found = match kind {
        Kind::User => User::from_name(name).map(|user| user.map(|user| user.uid.as_raw())),
        Kind::Group => Group::from_name(name).map(|group| group.map(|group| group.gid.as_raw())),
    };
    match found {
        Ok(Some(id)) => Ok(id),
        Ok(None) => Err(format!("this machine has no {kind} {name:?}; name one that it has, or its number")),
        Err(error) => Err(format!("the {kind} {name:?} cannot be looked up: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers_are_found() {
        assert_eq!(id(Kind::User, "root"), Ok(0));
        assert_eq!(id(Kind::Group, "root"), Ok(0));
        assert_eq!(id(Kind::User, "4711"), Ok(4711));
        assert!(id(Kind::User, "nobody-has-this-name").is_err());
        assert!(id(Kind::Group, "").is_err());
    }
}
