//! Logins and denials, counted by what they were: for metrics, which want sums and no single events.

use super::{Event, Kind, Name, Term};
use crate::sync::{MODELLED, Mutex};
use std::collections::BTreeMap;

/// Kinds of denials that are told apart; the rest is counted as of roles that are called as [`OTHERS`]. Verbs and reasons are few;
/// only roles are as many as somebody defines.
const MOST: usize = 1024;

/// What the roles are called of which there are too many.
const OTHERS: &str = "others";

/// So many logins ended in one way.
///
/// ```
/// use keyway::{Cache, Config, Role, Users};
///
/// let cache = Cache::new(Config::new(1 << 20), Users::new())?;
/// cache.users().add_trusted("app", Role::ReadOnly)?;
/// let _session = cache.session_for("app")?;
/// let counted = cache.audit().login_counts()[0];
/// assert_eq!((counted.mechanism.map(|it| it.as_str()), counted.reason, counted.count), (Some("trusted"), None, 1));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LoginCount {
    /// [`Kind::LoggedIn`], [`Kind::LoginFailed`] or [`Kind::LoginPutOff`].
    pub kind: Kind,
    /// By which mechanism, or `password` or `trusted`, as in [`Event::LoggedIn`]; `None` where none was named that is offered.
    pub mechanism: Option<Term>,
    /// Why it was not let in; `None` if it was.
    pub reason: Option<Term>,
    /// How many.
    pub count: u64,
}

/// So many verbs were refused to sessions of users with these roles for one reason.
///
/// ```
/// use keyway::{Cache, Config, Role, Users};
///
/// let cache = Cache::new(Config::new(1 << 20), Users::new())?;
/// cache.users().add_trusted("reader", Role::ReadOnly)?;
/// assert!(cache.session_for("reader")?.flush().is_err());
/// let denied = &cache.audit().denial_counts()[0];
/// assert_eq!((denied.roles.as_str(), denied.count), ("read-only", 1));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DenialCount {
    /// The names of the user's roles at that time, with commas; empty for a user who is gone. `others` beyond so many.
    pub roles: Name,
    /// Which verb.
    pub verb: Term,
    /// Why: `Forbidden`, `Revoked`, `Limited` or, by the namespace's limits, `NamespaceLimited`.
    pub reason: Term,
    /// How many.
    pub count: u64,
}

/// Kind, mechanism, reason.
type Login = (Kind, Option<Term>, Option<Term>);

/// Verb and reason, and how many.
type Denied = ((Term, Term), u64);

/// A list for each. None of their locks is held for longer than a look-up, and only where somebody logs in or is refused.
///
/// Models count nothing here: no claim rests on it, and each lock would be one step more to interleave.
#[derive(Debug)]
pub(super) struct Breakdown {
    /// As many as the program has words for.
    logins: Mutex<Vec<(Login, u64)>>,
    /// By roles.
    denials: Mutex<BTreeMap<Box<str>, Vec<Denied>>>,
}

impl Breakdown {
    pub(super) fn new() -> Self {
        Self { logins: Mutex::new(Vec::new()), denials: Mutex::new(BTreeMap::new()) }
    }

    pub(super) fn login(&self, kind: Kind, mechanism: Option<Term>, reason: Option<Term>) {
        if !MODELLED {
            count(&mut self.logins.lock(), (kind, mechanism, reason));
        }
    }

    /// An event that somebody else than this library tells of.
    pub(super) fn told(&self, event: &Event) {
        match event {
            Event::LoggedIn { mechanism, .. } => self.login(event.kind(), Some(*mechanism), None),
            Event::LoginFailed { mechanism, reason, .. } => {
                self.login(event.kind(), *mechanism, Some(*reason));
            }
            Event::LoginPutOff { mechanism, reason, .. } => {
                self.login(event.kind(), Some(*mechanism), Some(*reason));
            }
            _ => {}
        }
    }

    pub(super) fn denial(&self, roles: &str, verb: Term, reason: Term) {
        if MODELLED {
            return;
        }
        let mut denials = self.denials.lock();
        let known = if denials.contains_key(roles) || denials.len() < MOST { roles } else { OTHERS };
        match denials.get_mut(known) {
            Some(counts) => count(counts, (verb, reason)),
            None => count(denials.entry(known.into()).or_default(), (verb, reason)),
        }
    }

    pub(super) fn logins(&self) -> Vec<LoginCount> {
        let as_told = |&((kind, mechanism, reason), count): &_| LoginCount { kind, mechanism, reason, count };
        self.logins.lock().iter().map(as_told).collect()
    }

    pub(super) fn denials(&self) -> Vec<DenialCount> {
        let mut told = Vec::new();
        for (roles, counts) in self.denials.lock().iter() {
            let roles = Name::new(roles);
            for &((verb, reason), count) in counts {
                told.push(DenialCount { roles: roles.clone(), verb, reason, count });
            }
        }
        told
    }
}

fn count<K: PartialEq>(counts: &mut Vec<(K, u64)>, what: K) {
    match counts.iter_mut().find(|(known, _)| *known == what) {
        Some((_, count)) => *count += 1,
        None => counts.push((what, 1)),
    }
}

#[cfg(all(test, not(any(loom, shuttle))))]
mod tests {
    use super::*;

    #[test]
    fn each_way_to_end_is_counted_apart_and_roles_are_bounded() {
        let breakdown = Breakdown::new();
        let (plain, wrong) = (Some(Term::new("PLAIN")), Some(Term::new("WrongPassword")));
        for _ in 0..2 {
            breakdown.login(Kind::LoginFailed, plain, wrong);
        }
        breakdown.login(Kind::LoggedIn, plain, None);
        let counts: Vec<_> = breakdown.logins().iter().map(|it| (it.kind, it.reason, it.count)).collect();
        assert_eq!(counts, [(Kind::LoginFailed, wrong, 2), (Kind::LoggedIn, None, 1)]);

        let (verb, reason) = (Term::new("write"), Term::new("Forbidden"));
        for number in 0..2 * MOST {
            breakdown.denial(&format!("role-{number}"), verb, reason);
        }
        breakdown.denial("role-7", verb, reason);
        let denials = breakdown.denials();
        let of = |roles: &str| denials.iter().find(|it| it.roles.as_str() == roles).map(|it| it.count);
        assert_eq!((of("role-7"), of("role-9"), of(OTHERS)), (Some(2), Some(1), Some(MOST as u64)));
        assert_eq!(denials.len(), MOST + 1);
    }
}
