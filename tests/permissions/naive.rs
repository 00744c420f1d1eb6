//! What is allowed, said so that it is obviously right: every rule is looked at each time, and all that has ended is kept.

use keyway::{Effect, Refusal, Rule, Verb};
use std::collections::HashSet;

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

/// What can be ended by itself: sessions and tokens, by their numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Thing {
    Session(usize),
    Token(usize),
}

/// What a session or a token holds by.
#[derive(Clone, Debug, Default)]
pub(crate) struct Holder {
    pub(crate) user: usize,
    /// How often the user had been revoked.
    pub(crate) epoch: u32,
    /// Through which sessions and tokens it came, itself the last.
    pub(crate) through: Vec<Thing>,
    /// What it has less than its user, by each of them that took something away.
    pub(crate) less: Vec<Less>,
}

/// What one narrowing, or one token's scope, leaves.
#[derive(Clone, Debug)]
pub(crate) struct Less {
    pub(crate) rules: Vec<Rule>,
    /// Nothing beside what begins so, and nothing that is about no key.
    pub(crate) prefix: Option<Vec<u8>>,
}

impl Less {
    fn allows(&self, verb: Verb, key: Option<&[u8]>) -> bool {
        let below = match &self.prefix {
            None => true,
            Some(prefix) => key.is_some_and(|key| key.starts_with(prefix)),
        };
        below && allows(&self.rules, verb, key)
    }
}

impl Holder {
    pub(crate) fn narrowed(&self, by: Thing, less: Less) -> Self {
        let mut holder = self.opened(by);
        holder.less.push(less);
        holder
    }

    pub(crate) fn opened(&self, by: Thing) -> Self {
        let mut holder = self.clone();
        holder.through.push(by);
        holder
    }

    pub(crate) fn stands(&self, epoch: u32, ended: &HashSet<Thing>) -> bool {
        self.epoch == epoch && !self.through.iter().any(|thing| ended.contains(thing))
    }

    /// The prefixes of all rules that decide, each of which is also a key.
    pub(crate) fn edges<'a>(&'a self, user: &'a [Rule]) -> impl Iterator<Item = &'a [u8]> {
        let less = self.less.iter().flat_map(|less| &less.rules);
        let own = self.less.iter().filter_map(|less| less.prefix.as_deref());
        user.iter().chain(less).filter_map(Rule::prefix).chain(own)
    }

    /// What it answers, while it stands, to verbs that need all of `verbs`, where these are the user's rules.
    pub(crate) fn answer(&self, user: &[Rule], verbs: &[Verb], key: Option<&[u8]>) -> Result<(), Refusal> {
        let all = |verb: &Verb| allows(user, *verb, key) && self.less.iter().all(|it| it.allows(*verb, key));
        if verbs.iter().all(all) { Ok(()) } else { Err(Refusal::Forbidden) }
    }
}
