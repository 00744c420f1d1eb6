//! What happens between verbs, at random.

use super::pair::{NAMESPACES, OWN, USERS};
use keyway::{MAX_KEY, Rule, Verb, Verbs};
use proptest::{
    collection::vec,
    prelude::*,
    sample::{Index, subsequence},
};

/// Of these, prefixes and keys are made, so that they nest.
const PARTS: [&[u8]; 6] = [b"a", b"b", b"ab", b"\0", b"\xff", b"\xff\xfe"];

/// What a token is minted for.
#[derive(Clone, Debug)]
pub(crate) struct Scope {
    pub(crate) rules: Vec<Rule>,
    pub(crate) prefix: Option<Vec<u8>>,
    pub(crate) uses: Option<u32>,
    pub(crate) seconds: u64,
}

/// Sessions and tokens are named by an index into those that there are.
#[derive(Clone, Debug)]
pub(crate) enum Op {
    Define(usize, Vec<Rule>),
    Undefine(usize),
    SetRoles(usize, Vec<usize>),
    /// The user goes, and another one of the same name comes.
    Succeed(usize),
    SetNamespace(usize, Option<usize>),
    /// A namespace that is there goes; one that is not comes.
    Turn(usize),
    Open(usize),
    Narrow(Index, Vec<Rule>),
    Mint(Index, Scope),
    /// By trusted code.
    MintFor(usize, Scope),
    LogIn(Index),
    Wait(u64),
    /// What is over goes.
    Upkeep,
    /// The session is dropped.
    HangUp(Index),
    Revoke(usize),
    RevokeRole(usize),
    RevokeSession(Index),
    /// As a connection does at its next command.
    RevokeSessionAndHangUp(Index),
    RevokeToken(Index),
    RevokeAll,
    Do(Index, Vec<u8>),
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
    // Some allow everything at first, so that there is something to deny.
    (any::<bool>(), vec(rule, 0..6)).prop_map(|(all, rules)| {
        let first = all.then(|| Rule::allow(Verbs::ALL));
        first.into_iter().chain(rules).collect()
    })
}

fn scope() -> impl Strategy<Value = Scope> {
    // Short, so that there is something below it.
    let prefix = prop::sample::select(&PARTS[..]).prop_map(<[u8]>::to_vec);
    (rules(), prop::option::of(prop_oneof![3 => prefix, 1 => key()]), prop::option::of(1_u32..3), 1_u64..40)
        .prop_map(|(rules, prefix, uses, seconds)| Scope { rules, prefix, uses, seconds })
}

pub(crate) fn op() -> impl Strategy<Value = Op> {
    let one = any::<Index>;
    let user = || 0..USERS;
    let roles = || subsequence((0..OWN.len() + 3).collect::<Vec<_>>(), 0..=3);
    prop_oneof![
        3 => (0..OWN.len(), rules()).prop_map(|(role, rules)| Op::Define(role, rules)),
        1 => (0..OWN.len()).prop_map(Op::Undefine),
        3 => (user(), roles()).prop_map(|(user, roles)| Op::SetRoles(user, roles)),
        1 => user().prop_map(Op::Succeed),
        1 => (user(), prop::option::of(0..NAMESPACES.len())).prop_map(|(user, name)| Op::SetNamespace(user, name)),
        1 => (0..NAMESPACES.len()).prop_map(Op::Turn),
        2 => user().prop_map(Op::Open),
        3 => (one(), rules()).prop_map(|(session, rules)| Op::Narrow(session, rules)),
        3 => (one(), scope()).prop_map(|(session, scope)| Op::Mint(session, scope)),
        1 => (user(), scope()).prop_map(|(user, scope)| Op::MintFor(user, scope)),
        4 => one().prop_map(Op::LogIn),
        2 => (1_u64..30).prop_map(Op::Wait),
        1 => Just(Op::Upkeep),
        1 => one().prop_map(Op::HangUp),
        1 => user().prop_map(Op::Revoke),
        1 => (0..OWN.len() + 3).prop_map(Op::RevokeRole),
        1 => one().prop_map(Op::RevokeSession),
        1 => one().prop_map(Op::RevokeSessionAndHangUp),
        1 => one().prop_map(Op::RevokeToken),
        1 => Just(Op::RevokeAll),
        24 => (one(), key()).prop_map(|(session, key)| Op::Do(session, key)),
    ]
}
