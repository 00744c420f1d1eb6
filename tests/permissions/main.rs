//! Random rules, prefixes, roles, narrowed sessions, tokens, namespaces and revocations beside a naive model of permissions: each
//! verb of each session is refused exactly when the model says so, each token logs in exactly when it says so, and a refusal is
//! the same whether or not there is an item.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod each_verb;
mod naive;
mod op;
mod pair;

use keyway::{Effect, Rule, Verb};
use pair::Pair;
use proptest::{collection::vec, prelude::*};

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn each_verb_is_refused_exactly_when_a_naive_model_says_so(ops in vec(op::op(), 1..100)) {
        let mut pair = Pair::new();
        for op in ops {
            pair.run(op);
            pair.who_stands_is_who_ought_to();
        }
    }
}

#[test]
fn the_model_denies_and_allows_both() {
    let rules = [Rule::allow(Verb::Read).under("a"), Rule::deny(Verb::Read).under("ab")];
    assert!(naive::allows(&rules, Verb::Read, Some(b"a")) && !naive::allows(&rules, Verb::Read, Some(b"ab")));
    assert!(!naive::allows(&rules, Verb::Read, Some(b"b")) && !naive::allows(&rules, Verb::Read, None));
    assert_eq!(rules[1].effect(), Effect::Deny);
}
