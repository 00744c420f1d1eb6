//! What is allowed, said so that it is obviously right: every rule is looked at each time.

use keyway::{Effect, Refusal, Rule, Verb};

/// A rule allows it and none denies it. What is about no key is allowed by rules for every key alone, and denied by any.
pub(crate) fn allows(rules: &[Rule], verb: Verb, key: Option<&[u8]>) -> bool {
    let fits = |rule: &&Rule| {
        let prefix = rule.prefix().unwrap_or_default();
        let fits = match key {
            Some(key) => key.starts_with(prefix),
            None => prefix.is_empty() || rule.effect() == Effect::Deny,
        };
        fits && rule.verbs().contains(verb)
    };
    let mut named = rules.iter().filter(fits);
    named.clone().any(|rule| rule.effect() == Effect::Allow)
        && !named.any(|rule| rule.effect() == Effect::Deny)
}

/// A session: whether its user's epoch is still its own, and what it was narrowed by.
#[derive(Clone, Default)]
pub(crate) struct Holder {
    pub(crate) user: usize,
    pub(crate) epoch: u32,
    pub(crate) narrowed: Vec<Vec<Rule>>,
}

/// What a session answers to verbs that need all of `verbs`.
pub(crate) fn answer(
    holder: &Holder,
    epoch: u32,
    user: &[Rule],
    verbs: &[Verb],
    key: Option<&[u8]>,
) -> Result<(), Refusal> {
    let all = |rules: &[Rule]| verbs.iter().all(|verb| allows(rules, *verb, key));
    if holder.epoch != epoch {
        Err(Refusal::Revoked)
    } else if all(user) && holder.narrowed.iter().all(|rules| all(rules)) {
        Ok(())
    } else {
        Err(Refusal::Forbidden)
    }
}
