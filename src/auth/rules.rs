//! What is allowed for which keys: a list of rules, and what it comes to for any one key.

use super::{role::Role, roles::Roles, sampled::Sampled, verb::Verbs};
use std::{collections::BTreeMap, fmt};

/// Whether a rule gives or takes.
///
/// ```
/// use keyway::{Effect, Rule, Verb};
///
/// assert_eq!(Rule::allow(Verb::Read).effect(), Effect::Allow);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(clippy::exhaustive_enums, reason = "a rule gives or takes")]
pub enum Effect {
    /// It gives.
    Allow,
    /// It takes, whatever else gives.
    Deny,
}

/// One line of [`Rules`]: verbs that are allowed or denied, for every key or for those with a prefix.
///
/// ```
/// use keyway::{Effect, Rule, Verb};
///
/// let rule = Rule::deny(Verb::Delete).under("archive/");
/// assert_eq!(rule.effect(), Effect::Deny);
/// assert_eq!(rule.prefix(), Some(&b"archive/"[..]));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Rule {
    effect: Effect,
    verbs: Verbs,
    prefix: Box<[u8]>,
}

impl Rule {
    /// Allows these verbs for every key.
    ///
    /// ```
    /// use keyway::{Rule, Rules, Verb};
    ///
    /// let readers = Rules::from([Rule::allow(Verb::Read)]);
    /// assert!(readers.allow(Verb::Read, None) && !readers.allow(Verb::Write, None));
    /// ```
    #[must_use]
    pub fn allow(verbs: impl Into<Verbs>) -> Self {
        Self { effect: Effect::Allow, verbs: verbs.into(), prefix: Box::default() }
    }

    /// Denies these verbs for every key, whatever allows them.
    ///
    /// ```
    /// use keyway::{Rule, Rules, Verb};
    ///
    /// let rules = Rules::from([Rule::allow(Verb::Read), Rule::deny(Verb::Read).under("secret/")]);
    /// assert!(rules.allow(Verb::Read, Some(b"news")) && !rules.allow(Verb::Read, Some(b"secret/plan")));
    /// ```
    #[must_use]
    pub fn deny(verbs: impl Into<Verbs>) -> Self {
        Self { effect: Effect::Deny, ..Self::allow(verbs) }
    }

    /// The same for those keys only that begin with these bytes. Of verbs that are not about one key
    /// ([`Verb::has_key`](crate::Verb::has_key)), such a rule allows none, and it denies them altogether: who may not delete below a
    /// prefix and may not flush there either must not flush at all. An empty prefix is none.
    ///
    /// ```
    /// use keyway::{Rule, Rules, Verb};
    ///
    /// let rules = Rules::from([Rule::allow(Verb::Read).under("reports/")]);
    /// assert!(rules.allow(Verb::Read, Some(b"reports/7")) && !rules.allow(Verb::Read, Some(b"report")));
    /// ```
    #[must_use]
    pub fn under(self, prefix: impl AsRef<[u8]>) -> Self {
        Self { prefix: prefix.as_ref().into(), ..self }
    }

    /// Whether it allows or denies.
    ///
    /// ```
    /// use keyway::{Effect, Rule, Verb};
    ///
    /// assert_eq!(Rule::deny(Verb::Read).effect(), Effect::Deny);
    /// ```
    #[must_use]
    pub fn effect(&self) -> Effect {
        self.effect
    }

    /// What it allows or denies.
    ///
    /// ```
    /// use keyway::{Rule, Verb};
    ///
    /// assert!(Rule::allow(Verb::Read | Verb::Touch).verbs().contains(Verb::Touch));
    /// ```
    #[must_use]
    pub fn verbs(&self) -> Verbs {
        self.verbs
    }

    /// With what the keys begin that it is for; `None`: it is for every key.
    ///
    /// ```
    /// use keyway::{Rule, Verb};
    ///
    /// assert_eq!(Rule::allow(Verb::Read).under("reports/").prefix(), Some(&b"reports/"[..]));
    /// assert_eq!(Rule::allow(Verb::Read).prefix(), None);
    /// ```
    #[must_use]
    pub fn prefix(&self) -> Option<&[u8]> {
        Some(&*self.prefix).filter(|prefix| !prefix.is_empty())
    }
}

/// What is allowed, for every key or by how a key begins. A verb is allowed if a rule allows it and none denies it; what no
/// rule names is refused.
///
/// ```
/// use keyway::{Rule, Rules, Verb};
///
/// let reporter = Rules::from([
///     Rule::allow(Verb::Stats),
///     Rule::allow(Verb::Read).under("reports/"),
///     Rule::deny(Verb::Read).under("reports/secret/"),
/// ]);
/// assert!(reporter.allow(Verb::Read, Some(b"reports/today")));
/// assert!(!reporter.allow(Verb::Read, Some(b"reports/secret/plans")));
/// assert!(!reporter.allow(Verb::Read, Some(b"orders/1")));
/// assert!(reporter.allow(Verb::Stats, None));
/// ```
#[derive(Clone)]
pub struct Rules {
    list: Vec<Rule>,
    /// One for each prefix, and the first for the empty one; sorted.
    entries: Box<[Entry]>,
    everywhere: Verbs,
    sampled: Sampled,
    /// Which roles of a user they came of; those of one role alone, and those of a scope, of none.
    roles: Roles,
}

/// What comes of all rules for keys that begin with this prefix and with no longer one.
#[derive(Clone)]
struct Entry {
    /// Of the prefix: what the search compares first, without a look at other memory.
    head: u64,
    prefix: Box<[u8]>,
    verbs: Verbs,
    /// The entry of the longest prefix that this prefix begins with. The first is its own.
    parent: usize,
}

impl Rules {
    /// What these rules come to; their order does not matter.
    ///
    /// ```
    /// use keyway::{Rule, Rules, Verb};
    ///
    /// let rules = Rules::new(vec![Rule::allow(Verb::Read), Rule::allow(Verb::Touch).under("leases/")]);
    /// assert_eq!(rules.iter().count(), 2);
    /// ```
    #[must_use]
    pub fn new(rules: impl IntoIterator<Item = Rule>) -> Self {
        let list: Vec<Rule> = rules.into_iter().collect();
        let entries = compile(&list);
        let everywhere = entries.iter().fold(Verbs::ALL, |all, entry| all.and(entry.verbs));
        Self { list, entries, everywhere, sampled: Sampled::NONE, roles: Roles::default() }
    }

    /// Whether all of these verbs are allowed for this key; without one, whether they are for every key.
    ///
    /// ```
    /// use keyway::{Rule, Rules, Verb};
    ///
    /// let rules = Rules::from([Rule::allow(Verb::Read | Verb::Write).under("a/"), Rule::allow(Verb::Read)]);
    /// assert!(rules.allow(Verb::Read, None) && rules.allow(Verb::Write, Some(b"a/1")));
    /// assert!(!rules.allow(Verb::Write, None));
    /// ```
    #[must_use]
    pub fn allow(&self, verbs: impl Into<Verbs>, key: Option<&[u8]>) -> bool {
        let verbs = verbs.into();
        let held = match key {
            // A verb that is about no key is never allowed by how a key begins.
            Some(key) => self.everywhere | self.of(key).and(Verbs::WITH_KEY),
            None => self.everywhere,
        };
        held.contains_all(verbs)
    }

    /// The same, and tells the audit of this part of what is done by them with keys, chosen at random: 0.01 for one of a hundred,
    /// 1 for all, 0 for none. Of several roles the largest part counts. What is sampled costs some 100 ns, and other verbs of
    /// the same users a few.
    ///
    /// ```
    /// use keyway::{Cache, Config, Role, Rules, Users, audit::Kind};
    ///
    /// let users = Users::new();
    /// users.define_role("watched", Rules::from(Role::ReadWrite).sample(1.0))?;
    /// users.add_trusted("app", ["watched"])?;
    /// let cache = Cache::new(Config::new(1 << 20), users)?;
    /// let app = cache.session_for("app")?;
    /// app.set("k", "v")?;
    /// assert!(app.get("k")?.is_some());
    /// assert_eq!(cache.audit().counts().of(Kind::Sampled), 2);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn sample(self, part: f64) -> Self {
        Self { sampled: Sampled::part(part), ..self }
    }

    /// Which part of what is done by them is told to the audit, as it was asked for.
    pub(super) fn sampled(&self) -> Sampled {
        self.sampled
    }

    /// The roles that they came of.
    pub(super) fn roles(&self) -> &Roles {
        &self.roles
    }

    /// As what these roles come to together.
    pub(super) fn come_of(self, roles: Roles, sampled: Sampled) -> Self {
        Self { sampled, roles, ..self }
    }

    /// What is allowed for every key.
    ///
    /// ```
    /// use keyway::{Rule, Rules, Verb};
    ///
    /// let rules = Rules::from([Rule::allow(Verb::Read), Rule::allow(Verb::Touch).under("leases/")]);
    /// assert!(rules.everywhere().contains(Verb::Read) && !rules.everywhere().contains(Verb::Touch));
    /// ```
    #[must_use]
    pub fn everywhere(&self) -> Verbs {
        self.everywhere
    }

    /// The rules that it was made of.
    ///
    /// ```
    /// use keyway::{Rule, Rules, Verb};
    ///
    /// let rules = Rules::from([Rule::allow(Verb::Read)]);
    /// assert_eq!(rules.iter().next().map(|rule| rule.verbs()), Some(Verb::Read.into()));
    /// ```
    pub fn iter(&self) -> impl Iterator<Item = &Rule> {
        self.list.iter()
    }

    /// Whether some verb is allowed for some keys and not for others.
    pub(super) fn depend_on_key(&self) -> bool {
        let everywhere = self.everywhere.and(Verbs::WITH_KEY);
        self.entries.iter().any(|entry| entry.verbs.and(Verbs::WITH_KEY) != everywhere)
    }

    /// What is allowed for this key. A few comparisons for thousands of prefixes: it is asked under a lock.
    fn of(&self, key: &[u8]) -> Verbs {
        // Between a prefix of the key and the key itself, whatever is sorted there begins with that prefix. So the longest
        // one is the last entry that is not behind the key, or one that this begins with.
        let head = head_of(key);
        let behind = self
            .entries
            .partition_point(|entry| entry.head < head || entry.head == head && *entry.prefix <= *key);
        let mut entry = &self.entries[behind.saturating_sub(1)];
        let shared = entry.prefix.iter().zip(key).take_while(|(one, other)| one == other).count();
        while entry.prefix.len() > shared {
            entry = &self.entries[entry.parent];
        }
        entry.verbs
    }
}

/// The first eight bytes as a number, with zeros for those that are not there: where two differ, they are in the order of what
/// they are the heads of.
fn head_of(bytes: &[u8]) -> u64 {
    let mut head = [0; 8];
    head.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
    u64::from_be_bytes(head)
}

fn compile(list: &[Rule]) -> Box<[Entry]> {
    let mut by_prefix = BTreeMap::from([(&[][..], (Verbs::NONE, Verbs::NONE))]);
    for rule in list {
        let (allowed, denied) = by_prefix.entry(&rule.prefix).or_default();
        let side = match rule.effect {
            Effect::Allow => allowed,
            Effect::Deny => denied,
        };
        *side = *side | rule.verbs;
    }
    let mut entries = Vec::with_capacity(by_prefix.len());
    // The entries that the next prefix may begin with, with what is allowed and denied there.
    let mut above: Vec<(usize, &[u8], Verbs, Verbs)> = Vec::new();
    for (prefix, (allowed, denied)) in by_prefix {
        while above.pop_if(|(_, shorter, ..)| !prefix.starts_with(shorter)).is_some() {}
        let (parent, _, allowed_above, denied_above) =
            above.last().copied().unwrap_or((0, &[], Verbs::NONE, Verbs::NONE));
        let (allowed, denied) = (allowed | allowed_above, denied | denied_above);
        above.push((entries.len(), prefix, allowed, denied));
        entries.push(Entry {
            head: head_of(prefix),
            prefix: prefix.into(),
            verbs: allowed.minus(denied),
            parent,
        });
    }
    entries.into()
}

/// They allow nothing.
impl Default for Rules {
    fn default() -> Self {
        Self::new([])
    }
}

impl From<Role> for Rules {
    fn from(role: Role) -> Self {
        Self::from([Rule::allow(role.verbs())])
    }
}

impl<const N: usize> From<[Rule; N]> for Rules {
    fn from(rules: [Rule; N]) -> Self {
        Self::new(rules)
    }
}

impl FromIterator<Rule> for Rules {
    fn from_iter<I: IntoIterator<Item = Rule>>(rules: I) -> Self {
        Self::new(rules)
    }
}

/// Of the same rules in the same order, sampled alike.
impl PartialEq for Rules {
    fn eq(&self, other: &Self) -> bool {
        self.list == other.list && self.sampled == other.sampled
    }
}

impl Eq for Rules {}

impl fmt::Debug for Rules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.list).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::{super::verb::Verb, *};

    #[test]
    fn the_longest_prefixes_add_up_and_a_denial_overrides() {
        let rules = Rules::from([
            Rule::allow(Verb::Read).under("a/"),
            Rule::allow(Verb::Write).under("a/b/"),
            Rule::deny(Verb::Read).under("a/b/c"),
            Rule::allow(Verb::Read).under("a/b/c/d"),
            Rule::allow(Verb::Stats),
        ]);
        let held = |key: &str| {
            let held = Verb::ALL.into_iter().filter(|verb| rules.allow(*verb, Some(key.as_bytes())));
            held.collect::<Verbs>().to_string()
        };
        assert_eq!(["", "a", "b/", "a0", "z"].map(held), ["stats"; 5]);
        assert_eq!(["a/", "a/a", "a/b", "a/b0", "a/c/"].map(held), ["read,stats"; 5]);
        assert_eq!(["a/b/", "a/b/b", "a/b/d"].map(held), ["read,write,stats"; 3]);
        assert_eq!(["a/b/c", "a/b/cc", "a/b/c/d", "a/b/c/d/e"].map(held), ["write,stats"; 4]);
        assert!(rules.depend_on_key());
        assert_eq!(rules.everywhere(), Verb::Stats.into());
    }

    #[test]
    fn prefixes_that_begin_alike_are_told_apart() {
        let long = Rules::from([
            Rule::allow(Verb::Read).under("12345678a"),
            Rule::allow(Verb::Touch).under("12345678c"),
            Rule::allow(Verb::Write).under("a"),
            Rule::allow(Verb::Delete).under("a\0"),
        ]);
        let held = |key: &[u8]| long.of(key).to_string();
        assert_eq!(
            [&b"12345678a1"[..], b"12345678b", b"12345678c", b"12345678"].map(held),
            ["read", "", "touch", ""]
        );
        assert_eq!(
            [&b"a"[..], b"a\0", b"a\0\0", b"ab", b"b"].map(held),
            ["write", "write,delete", "write,delete", "write", ""]
        );
        assert_eq!((head_of(b"\x01\x02"), head_of(b"123456789")), (0x0102 << 48, head_of(b"12345678")));
    }

    #[test]
    fn a_rule_says_what_it_was_made_of() {
        let rule = Rule::deny(Verb::Read | Verb::Touch).under([0, 255]);
        assert_eq!((rule.effect(), rule.verbs()), (Effect::Deny, Verb::Read | Verb::Touch));
        assert_eq!((rule.prefix(), Rule::allow(Verb::Read).prefix()), (Some(&[0, 255][..]), None));
        let rules = Rules::from([rule.clone(), Rule::allow(Verb::Read)]);
        assert_eq!(rules.iter().collect::<Vec<_>>(), [&rule, &Rule::allow(Verb::Read)]);
        assert_ne!(rules, Rules::from([rule]));
        assert_eq!(rules, rules.iter().cloned().collect());
        assert_eq!(format!("{rules:?}").matches("Deny").count(), 1);
    }

    #[test]
    fn what_is_about_no_key_is_allowed_for_every_key_or_not_at_all() {
        let below = Rules::from([Rule::allow(Verbs::ALL).under("a")]);
        assert_eq!(below.everywhere(), Verbs::NONE);
        assert!(below.allow(Verb::Read, Some(b"a")) && !below.allow(Verb::FlushOwn, Some(b"a")));
        let spared = Rules::from([Rule::allow(Verbs::ALL), Rule::deny(Verb::FlushOwn).under("a")]);
        assert!(!spared.allow(Verb::FlushOwn, None) && !spared.allow(Verb::FlushOwn, Some(b"b")));
        assert!(!spared.depend_on_key() && spared.allow(Verb::Admin, None));
    }

    #[test]
    fn rules_for_every_key_alone_do_not_depend_on_one() {
        for role in Role::ALL {
            let rules = Rules::from(role);
            assert_eq!((rules.everywhere(), rules.depend_on_key()), (role.verbs(), false));
        }
        let empty_prefix = Rules::from([Rule::allow(Verb::Read).under("")]);
        assert!(empty_prefix.allow(Verb::Read, None) && empty_prefix.iter().all(|it| it.prefix().is_none()));
        assert_eq!(Rules::default().everywhere(), Verbs::NONE);
        let as_if_none = Rules::from([Rule::allow(Verb::Read), Rule::allow(Verb::Read).under("a")]);
        assert!(!as_if_none.depend_on_key());
    }
}
