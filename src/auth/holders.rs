//! How many users have which roles.

use super::roles::Roles;
use std::collections::BTreeMap;

/// How many users have each set of roles that somebody has: far fewer sets than users.
#[derive(Debug, Default)]
pub(super) struct Holders(BTreeMap<Roles, usize>);

impl Holders {
    pub(super) fn add(&mut self, roles: &Roles) {
        match self.0.get_mut(roles) {
            Some(count) => *count += 1,
            None => drop(self.0.insert(roles.clone(), 1)),
        }
    }

    pub(super) fn subtract(&mut self, roles: &Roles) {
        let Some(count) = self.0.get_mut(roles) else { return };
        *count -= 1;
        if *count == 0 {
            self.0.remove(roles);
        }
    }

    /// How many have this role, beside others or alone.
    pub(super) fn of(&self, role: &str) -> usize {
        self.0.iter().filter(|(roles, _)| roles.contains(role)).map(|(_, count)| count).sum()
    }
}

impl<'a> FromIterator<&'a Roles> for Holders {
    fn from_iter<I: IntoIterator<Item = &'a Roles>>(users: I) -> Self {
        let mut holders = Self::default();
        users.into_iter().for_each(|roles| holders.add(roles));
        holders
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_has_several_counts_for_each_of_them() {
        let (one, both): (Roles, Roles) = (["a"].into(), ["a", "b"].into());
        let mut holders = Holders::from_iter([&one, &both, &both]);
        assert_eq!(["a", "b", "c"].map(|role| holders.of(role)), [3, 2, 0]);
        holders.subtract(&both);
        holders.subtract(&one);
        assert_eq!(["a", "b"].map(|role| holders.of(role)), [1, 1]);
        holders.subtract(&both);
        assert!(holders.0.is_empty());
    }
}
