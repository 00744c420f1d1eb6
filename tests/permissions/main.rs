//! Random rules, prefixes, roles, narrowed sessions and revocations beside a naive model of permissions: each verb of each
//! session is refused exactly when the model says so, and a refusal is the same whether or not there is an item.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod naive;

use keyway::{
    Cache, Config, Delta, Effect, Expiry, MAX_KEY, Refusal, Role, Roles, Rule, Rules, Session, Users, Verb,
    Verbs,
};
use naive::{Holder, answer};
use proptest::{collection::vec, prelude::*, sample::subsequence};

const USERS: usize = 2;
const OWN: [&str; 3] = ["one", "two", "three"];
/// Of these, prefixes and keys are made, so that they nest.
const PARTS: [&[u8]; 6] = [b"a", b"b", b"ab", b"\0", b"\xff", b"\xff\xfe"];

#[derive(Clone, Debug)]
enum Op {
    Define(usize, Vec<Rule>),
    Remove(usize),
    SetRoles(usize, Vec<usize>),
    Narrow(prop::sample::Index, Vec<Rule>),
    Revoke(usize),
    Open(usize),
    Do(prop::sample::Index, Vec<u8>),
}

/// Up to 250 bytes, any, and often the front of another.
fn key() -> impl Strategy<Value = Vec<u8>> {
    let parts = vec(prop::sample::select(&PARTS[..]), 1..5).prop_map(|parts| parts.concat());
    prop_oneof![
        8 => parts,
        1 => vec(any::<u8>(), 1..=MAX_KEY),
        1 => (1..=MAX_KEY).prop_map(|len| vec![b'a'; len]),
    ]
}

fn rules() -> impl Strategy<Value = Vec<Rule>> {
    let verbs =
        || subsequence(Verb::ALL.to_vec(), 0..=9).prop_map(|verbs| verbs.into_iter().collect::<Verbs>());
    let prefix = || prop_oneof![1 => Just(Vec::new()), 4 => key()];
    let rule = (any::<bool>(), verbs(), prefix()).prop_map(|(allow, verbs, prefix)| {
        if allow { Rule::allow(verbs) } else { Rule::deny(verbs) }.under(prefix)
    });
    vec(rule, 0..6)
}

fn op() -> impl Strategy<Value = Op> {
    let session = any::<prop::sample::Index>;
    prop_oneof![
        3 => (0..OWN.len(), rules()).prop_map(|(role, rules)| Op::Define(role, rules)),
        1 => (0..OWN.len()).prop_map(Op::Remove),
        3 => (0..USERS, subsequence((0..OWN.len() + 3).collect::<Vec<_>>(), 0..=3)).prop_map(|(user, roles)| Op::SetRoles(user, roles)),
        2 => (session(), rules()).prop_map(|(session, rules)| Op::Narrow(session, rules)),
        1 => (0..USERS).prop_map(Op::Revoke),
        1 => (0..USERS).prop_map(Op::Open),
        16 => (session(), key()).prop_map(|(session, key)| Op::Do(session, key)),
    ]
}

struct Pair {
    cache: Cache,
    /// Looks whether there is an item.
    observer: Session,
    defined: [Option<Vec<Rule>>; OWN.len()],
    roles: [Vec<usize>; USERS],
    epochs: [u32; USERS],
    sessions: Vec<(Session, Holder)>,
}

fn name_of_role(number: usize) -> &'static str {
    OWN.get(number).copied().unwrap_or_else(|| Role::ALL[number - OWN.len()].name())
}

fn name_of_user(number: usize) -> String {
    format!("user{number}")
}

impl Pair {
    fn new() -> Self {
        let mut config = Config::new(1 << 20);
        config.stripes = 1;
        let cache = Cache::new(config, Users::new()).unwrap();
        cache.users().add_trusted("observer", Role::Admin).unwrap();
        for user in 0..USERS {
            cache.users().add_trusted(&name_of_user(user), Roles::default()).unwrap();
        }
        let observer = cache.session_for("observer").unwrap();
        let (defined, roles, epochs) = Default::default();
        let mut pair = Self { cache, observer, defined, roles, epochs, sessions: Vec::new() };
        (0..USERS).for_each(|user| pair.open(user));
        pair
    }

    fn open(&mut self, user: usize) {
        let holder = Holder { user, epoch: self.epochs[user], narrowed: Vec::new() };
        self.sessions.push((self.cache.session_for(&name_of_user(user)).unwrap(), holder));
    }

    fn rules_of(&self, user: usize) -> Vec<Rule> {
        let of = |number: &usize| match self.defined.get(*number) {
            Some(defined) => defined.clone().unwrap_or_default(),
            None => vec![Rule::allow(Role::ALL[number - OWN.len()].verbs())],
        };
        self.roles[user].iter().flat_map(of).collect()
    }

    fn run(&mut self, op: Op) {
        let users = self.cache.users();
        match op {
            Op::Define(role, rules) => {
                users.define_role(OWN[role], rules.iter().cloned().collect()).unwrap();
                self.defined[role] = Some(rules);
            }
            Op::Remove(role) => {
                assert_eq!(users.remove_role(OWN[role]).is_ok(), self.defined[role].take().is_some());
            }
            Op::SetRoles(user, roles) => {
                let known = roles.iter().all(|role| self.defined.get(*role).is_none_or(Option::is_some));
                let names: Roles = roles.iter().map(|role| name_of_role(*role)).collect();
                assert_eq!(users.set_roles(&name_of_user(user), names).is_ok(), known);
                if known {
                    self.roles[user] = roles;
                }
            }
            Op::Narrow(session, rules) => {
                let (session, holder) = &self.sessions[session.index(self.sessions.len())];
                let mut holder = holder.clone();
                match session.narrow(rules.iter().cloned().collect()) {
                    Ok(session) => {
                        holder.narrowed.push(rules);
                        self.sessions.push((session, holder));
                    }
                    Err(Refusal::Revoked) => assert_ne!(holder.epoch, self.epochs[holder.user]),
                    Err(other) => assert!(other == Refusal::Forbidden && holder.narrowed.len() == 16),
                }
            }
            Op::Revoke(user) => {
                users.revoke(&name_of_user(user)).unwrap();
                self.epochs[user] += 1;
            }
            Op::Open(user) => self.open(user),
            Op::Do(session, key) => self.each_verb(session.index(self.sessions.len()), &key),
        }
    }

    fn each_verb(&self, number: usize, key: &[u8]) {
        let (session, holder) = &self.sessions[number];
        let rules = self.rules_of(holder.user);
        let expected = |verbs: &[Verb], key| answer(holder, self.epochs[holder.user], &rules, verbs, key);
        for there in [true, false] {
            for (verbs, verb) in VERBS {
                self.observer.flush().unwrap();
                if there {
                    self.observer.set(key, "1").unwrap();
                }
                let wanted = expected(verbs, verbs[0].has_key().then_some(key));
                match (verb(session, key), wanted) {
                    (Err(refused @ (Refusal::Revoked | Refusal::Forbidden)), wanted) => {
                        assert_eq!(Err(refused), wanted, "{verbs:?} {}", key.escape_ascii());
                        let item = self.observer.get(key).unwrap();
                        assert_eq!(
                            item.as_deref(),
                            there.then_some(&b"1"[..]),
                            "it was refused, and has acted"
                        );
                    }
                    (_, wanted) => assert_eq!(wanted, Ok(()), "{verbs:?} {}", key.escape_ascii()),
                }
            }
        }
        for verb in Verb::ALL {
            let everywhere = Rules::from_iter(rules.iter().cloned());
            assert_eq!(everywhere.allow(verb, None), naive::allows(&rules, verb, None), "{verb} {rules:?}");
            if verb.has_key() {
                assert_eq!(session.may(verb, Some(key)), expected(&[verb], Some(key)), "{verb}");
            } else {
                assert_eq!(session.may(verb, None), expected(&[verb], None), "{verb}");
            }
        }
        let holds = holder.epoch == self.epochs[holder.user];
        assert_eq!(session.standing().is_ok(), holds);
    }
}

type Act = fn(&Session, &[u8]) -> Result<(), Refusal>;

/// Each verb of a session, and what it needs.
const VERBS: &[(&[Verb], Act)] = &[
    (&[Verb::Read], |session, key| session.get(key).map(drop)),
    (&[Verb::Read], |session, key| session.get_many(&[key]).map(drop)),
    (&[Verb::Write], |session, key| session.set(key, "2").map(drop)),
    (&[Verb::Write], |session, key| session.add(key, "2").map(drop)),
    (&[Verb::Write], |session, key| session.replace(key, "2").map(drop)),
    (&[Verb::Write], |session, key| session.append(key, "2").map(drop)),
    (&[Verb::Write], |session, key| session.prepend(key, "2").map(drop)),
    (&[Verb::Write], |session, key| session.blank(key, 1, 0).map(drop)),
    (&[Verb::Write], |session, key| session.drop_replaced(key)),
    (&[Verb::Arithmetic], |session, key| session.incr(key, Delta::by(1).or_initial(1)).map(drop)),
    (&[Verb::Arithmetic], |session, key| session.decr(key, 1).map(drop)),
    (&[Verb::Touch], |session, key| session.touch(key, Expiry::Never).map(drop)),
    (&[Verb::Touch, Verb::Read], |session, key| session.get_and_touch(key, Expiry::Never).map(drop)),
    (&[Verb::Delete], |session, key| session.delete(key).map(drop)),
    (&[Verb::FlushOwn], |session, _| session.flush()),
    (&[Verb::FlushOwn], |session, _| session.flush_later(Expiry::Never)),
    (&[Verb::Admin], |session, _| session.may_administer()),
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn each_verb_is_refused_exactly_when_a_naive_model_says_so(ops in vec(op(), 1..80)) {
        let mut pair = Pair::new();
        ops.into_iter().for_each(|op| pair.run(op));
    }
}

#[test]
fn the_model_denies_and_allows_both() {
    let rules = [Rule::allow(Verb::Read).under("a"), Rule::deny(Verb::Read).under("ab")];
    assert!(naive::allows(&rules, Verb::Read, Some(b"a")) && !naive::allows(&rules, Verb::Read, Some(b"ab")));
    assert!(!naive::allows(&rules, Verb::Read, Some(b"b")) && !naive::allows(&rules, Verb::Read, None));
    assert_eq!(rules[1].effect(), Effect::Deny);
}
