//! Which users come of what a file has.

use super::{Entry, Found, Realms, Secret};
use std::{collections::BTreeMap, fmt};

/// Which users come of what a file has.
///
/// ```
/// use keyway_frontend::import::{Format, Plan, Realms};
///
/// let found = Format::Htpasswd.read(b"ada:$apr1$salt$hash\ngrace:{SHA}fEqNCco3Yq9h5ZUglD3CZJT4lBs=\n")?;
/// let plan = Plan::of(found, &Realms::Strip);
/// assert_eq!(plan.users[0].name, "grace");
/// assert_eq!(plan.passed_over.len(), 1);
/// # Ok::<(), keyway_frontend::import::ImportError>(())
/// ```
#[derive(Debug, Default)]
pub struct Plan {
    /// One for each name, sorted by name.
    pub users: Vec<User>,
    /// What was passed over, in words without secrets.
    pub passed_over: Vec<String>,
    /// Names that come more than once with different passwords, such as from two realms. Nobody can say which one is meant: they are no
    /// users of the plan.
    pub ambiguous: Vec<String>,
}

/// A user to be.
///
/// ```
/// use keyway_frontend::import::{Format, Plan, Realms, Secret};
///
/// let plan = Plan::of(Format::Pwdb.read(b"ada:pencil\n")?, &Realms::Strip);
/// assert!(plan.users[0].name == "ada" && matches!(plan.users[0].secret, Secret::Password(_)));
/// # Ok::<(), keyway_frontend::import::ImportError>(())
/// ```
pub struct User {
    /// What the user logs in as.
    pub name: String,
    /// What is known of the password.
    pub secret: Secret,
}

impl Plan {
    /// What comes of a file with this policy about realms.
    ///
    /// ```
    /// use keyway_frontend::import::{Format, Plan, Realms};
    ///
    /// let plan = Plan::of(Format::Pwdb.read(b"ada:pencil\neve:one\neve:other\n")?, &Realms::Strip);
    /// assert_eq!(plan.users.iter().map(|user| user.name.as_str()).collect::<Vec<_>>(), ["ada"]);
    /// assert_eq!(plan.ambiguous, ["eve"]); // which of the two is it?
    /// # Ok::<(), keyway_frontend::import::ImportError>(())
    /// ```
    #[must_use]
    pub fn of(found: Found, realms: &Realms) -> Self {
        let mut plan = Self { passed_over: found.passed_over, ..Self::default() };
        let mut by_name: BTreeMap<String, Vec<Secret>> = BTreeMap::new();
        for entry in found.entries {
            match realms.name_of(&entry) {
                Some(name) => by_name.entry(name).or_default().push(entry.secret),
                None => plan.passed_over.push(of_another_realm(&entry)),
            }
        }
        for (name, mut secrets) in by_name {
            let Some(secret) = secrets.pop() else { continue };
            if secrets.iter().all(|other| secret.is_same_as(other)) {
                plan.users.push(User { name, secret });
            } else {
                plan.ambiguous.push(name);
            }
        }
        plan
    }
}

fn of_another_realm(entry: &Entry) -> String {
    match &entry.realm {
        Some(realm) => format!("{:?} is of realm {realm:?}", entry.name),
        None => format!("{:?} is of no realm", entry.name),
    }
}

impl Secret {
    fn is_same_as(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Password(one), Self::Password(other)) => one == other,
            (Self::Form(one), Self::Form(other)) => one.to_string() == other.to_string(),
            (Self::AnyOf(one), Self::AnyOf(other)) => {
                one.len() == other.len() && one.iter().zip(other).all(|(one, other)| one.is_same_as(other))
            }
            _ => false,
        }
    }
}

impl fmt::Debug for User {
    /// Without the secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("User").field("name", &self.name).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;
    use crate::import::Format;

    fn plan(realms: &str) -> (Vec<String>, usize, Vec<String>) {
        let text = b"ada@one:same\nada@two:same\ngrace@one:1\ngrace@two:2\nalan:x\n";
        let plan = Plan::of(Format::Pwdb.read(text).unwrap(), &realms.parse().unwrap());
        (plan.users.into_iter().map(|it| it.name).collect(), plan.passed_over.len(), plan.ambiguous)
    }

    #[test]
    fn realms_go_or_stay_or_choose() {
        let names = |names: &[&str]| names.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>();
        assert_eq!(plan("strip"), (names(&["ada", "alan"]), 0, names(&["grace"])));
        let kept = names(&["ada@one", "ada@two", "alan", "grace@one", "grace@two"]);
        assert_eq!(plan("keep"), (kept, 0, vec![]));
        assert_eq!(plan("only=two"), (names(&["ada", "grace"]), 3, vec![]));
        for bad in ["", "drop", "only", "only="] {
            assert!(bad.parse::<Realms>().is_err(), "{bad}");
        }
    }
}
