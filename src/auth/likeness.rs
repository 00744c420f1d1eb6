//! What strangers can see of users, and how often it is to be seen: so that names which do not exist look the same.

use super::{
    credential::Credential, mechanism::Mechanism, rounds::Rounds, scram_hash::ScramHash,
    stored_form::StoredForm,
};
use std::collections::BTreeMap;

/// What a stranger can see of a user whose passwords he does not know: which derivations a login takes, for each password
/// that counts now, the newest first. Each form with the number of its password.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Likeness(Box<[(u8, Shape)]>);

/// What can be seen of one stored form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Shape {
    pub(super) work: Work,
    /// Which of the user's salts for this kind of work it has, from 0.
    pub(super) salt: u8,
}

/// A kind of work, and how much of it. By which of several a password is judged: the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Work {
    /// Next to nothing, and the derivation of what takes its place. First, so that it does.
    Weak,
    Scram(ScramHash, Rounds),
    /// In KiB, passes and lanes.
    Argon2id {
        memory: u32,
        passes: u32,
        lanes: u32,
    },
    Bcrypt {
        cost: u8,
    },
    CramMd5,
}

impl Work {
    /// Whether it is done in a login by this mechanism.
    pub(super) fn serves(self, mechanism: Mechanism) -> bool {
        match self {
            Self::Scram(hash, _) => mechanism == Mechanism::Plain || mechanism.scram_hash() == Some(hash),
            Self::Argon2id { .. } | Self::Bcrypt { .. } | Self::Weak => mechanism == Mechanism::Plain,
            Self::CramMd5 => mechanism == Mechanism::CramMd5,
        }
    }
}

impl Likeness {
    /// Of a user with these credentials, all of which count.
    pub(super) fn of<'a>(credentials: impl Iterator<Item = &'a Credential>) -> Self {
        let mut seen: Vec<&StoredForm> = Vec::new();
        let mut shapes = Vec::new();
        for (number, credential) in (0..).zip(credentials) {
            for form in &credential.forms {
                shapes.push((number, Shape { work: form.work(), salt: salt(&mut seen, form) }));
            }
        }
        Self(shapes.into())
    }

    /// For each password, what is stored of it.
    pub(super) fn passwords(&self) -> impl Iterator<Item = impl Iterator<Item = Shape>> {
        self.0.chunk_by(|one, next| one.0 == next.0).map(|forms| forms.iter().map(|(_, shape)| *shape))
    }
}

/// Forms that share a derivation have one number; the others of a kind are counted.
fn salt<'a>(seen: &mut Vec<&'a StoredForm>, form: &'a StoredForm) -> u8 {
    let mut alike = seen.iter().filter(|other| other.is_of_the_kind_of(form)).zip(0..);
    if let Some((_, number)) = alike.clone().find(|(other, _)| other.shares_derivation_with(form)) {
        return number;
    }
    let number = alike.by_ref().last().map_or(0, |(_, last)| last + 1);
    seen.push(form);
    number
}

/// Of somebody who has what [`Users::add`](super::Users::add) gives.
impl Default for Likeness {
    fn default() -> Self {
        let shape = Shape { work: Work::Scram(ScramHash::Sha256, Rounds::default()), salt: 0 };
        Self([(0, shape)].into())
    }
}

/// How many users look like what.
///
/// An unknown name takes its likeness from here, at a place that is its own for ever. So unknown names show each likeness
/// as often as known ones do, and a rare one betrays nobody; with one likeness for all unknown names, whoever shows another
/// would be known to exist. Adding a user moves the borders a little, hence few names.
#[derive(Debug, Default)]
pub(super) struct Likenesses {
    users: BTreeMap<Likeness, u64>,
}

impl Likenesses {
    pub(super) fn add(&mut self, likeness: Likeness) {
        *self.users.entry(likeness).or_default() += 1;
    }

    pub(super) fn subtract(&mut self, likeness: &Likeness) {
        if let Some(users) = self.users.get_mut(likeness) {
            *users -= 1;
            if *users == 0 {
                self.users.remove(likeness);
            }
        }
    }

    /// Whether some user has a password that can be proven by the one mechanism and not by the other.
    pub(super) fn any_serves(&self, mechanism: Mechanism, and_not: Mechanism) -> bool {
        let serves = |forms: &[Shape], by| forms.iter().any(|shape| shape.work.serves(by));
        let passwords = self.users.keys().flat_map(Likeness::passwords);
        passwords
            .map(Iterator::collect::<Vec<_>>)
            .any(|forms| serves(&forms, mechanism) && !serves(&forms, and_not))
    }

    /// At this place among all users, as a fraction of 2^64. Without users, what the next user would get.
    pub(super) fn at(&self, place: u64) -> Likeness {
        let total: u128 = self.users.values().copied().map(u128::from).sum();
        let mut left = (u128::from(place) * total) >> u64::BITS;
        for (likeness, users) in &self.users {
            match left.checked_sub(u128::from(*users)) {
                Some(rest) => left = rest,
                None => return likeness.clone(),
            }
        }
        Likeness::default()
    }
}

#[cfg(not(loom))]
#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::Verifier;

    fn credential(verifier: Verifier) -> Credential {
        Credential::new("1", verifier)
    }

    fn derived(rounds: Rounds) -> Verifier {
        Verifier::derive("pencil", rounds).unwrap()
    }

    fn of(rounds: Rounds) -> Likeness {
        Likeness::of([credential(derived(rounds))].iter())
    }

    #[test]
    fn users_who_take_the_same_work_look_alike() {
        assert_eq!(of(Rounds::MIN), of(Rounds::MIN), "whatever their salts");
        assert_ne!(of(Rounds::MIN), of(Rounds::MAX));
        let first = derived(Rounds::MIN);
        let shared = [first.clone(), first.derive_beside("crayon").unwrap()].map(credential);
        let apart = [first, derived(Rounds::MIN)].map(credential);
        let (shared, apart) = (Likeness::of(shared.iter()), Likeness::of(apart.iter()));
        let salts =
            |likeness: &Likeness| likeness.passwords().flatten().map(|shape| shape.salt).collect::<Vec<_>>();
        assert_eq!((salts(&shared), salts(&apart)), (vec![0, 0], vec![0, 1]));
    }

    #[test]
    fn a_likeness_is_seen_as_often_as_users_have_it() {
        let mut tally = Likenesses::default();
        assert_eq!(tally.at(0), Likeness::default());
        assert_eq!(tally.at(u64::MAX), Likeness::default());
        tally.add(of(Rounds::MAX));
        for _ in 0..3 {
            tally.add(of(Rounds::MIN));
        }
        let least = (0..1000).filter(|place| tally.at((u64::MAX / 1000) * place) == of(Rounds::MIN)).count();
        assert!((749..=751).contains(&least), "three quarters, not {least} of 1000");
        tally.subtract(&of(Rounds::MAX));
        assert_eq!((tally.at(u64::MAX), tally.at(0)), (of(Rounds::MIN), of(Rounds::MIN)));
    }
}
