//! What a token is to be good for.

use super::super::{
    rules::{Effect, Rule, Rules},
    verb::Verbs,
};
use std::{num::NonZero, time::Duration};

/// What a token is to be good for: what it may do, for how long, and for how many logins. Whatever it says, a token is never
/// worth more than who minted it.
///
/// ```
/// # use keyway::{Cache, Config, Role, Users};
/// use keyway::{TokenScope, Verb};
/// use std::time::Duration;
///
/// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
/// # cache.users().add_trusted("app", Role::ReadWrite)?;
/// let scope = TokenScope::of(Verb::Read | Verb::Write)
///     .under("jobs/")
///     .lasting(Duration::from_secs(15 * 60))
///     .for_uses(1)
///     .labelled("thumbnails");
/// let token = cache.users().mint("app", scope)?;
/// let job = cache.login("app", token.reveal())?;
/// job.set("jobs/7", "done")?;
/// assert!(job.get("users/7").is_err() && cache.login("app", token.reveal()).is_err()); // that was its one use
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct TokenScope {
    pub(super) rules: Rules,
    pub(super) lifetime: Duration,
    pub(super) uses: Option<NonZero<u32>>,
    pub(super) label: String,
}

impl TokenScope {
    /// So long a token counts unless something else is said: an hour. Whoever works longer is given another one, and one that
    /// was forgotten somewhere is soon worth nothing.
    ///
    /// ```
    /// assert_eq!(keyway::TokenScope::LIFETIME.as_secs(), 3600);
    /// ```
    pub const LIFETIME: Duration = Duration::from_secs(60 * 60);

    /// What a label has at most, in bytes.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, TokenError, TokenScope, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # cache.users().add_trusted("fleet", Role::ReadWrite)?;
    /// let label = "w".repeat(TokenScope::MAX_LABEL + 1);
    /// assert_eq!(cache.users().mint("fleet", TokenScope::all().labelled(label)).err(), Some(TokenError::BadLabel));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub const MAX_LABEL: usize = 64;

    /// All that its maker may, as often as one likes, for [`LIFETIME`](Self::LIFETIME).
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, TokenScope, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # cache.users().add_trusted("fleet", Role::ReadWrite)?;
    /// let token = cache.users().mint("fleet", TokenScope::all())?;
    /// assert!(cache.login("fleet", token.reveal())?.set("job", "done").is_ok());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn all() -> Self {
        Self::of(Verbs::ALL)
    }

    /// These verbs, for every key.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, TokenScope, Users, Verb};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # cache.users().add_trusted("fleet", Role::ReadWrite)?;
    /// let token = cache.users().mint("fleet", TokenScope::of(Verb::Read))?;
    /// assert!(cache.login("fleet", token.reveal())?.set("job", "done").is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn of(verbs: impl Into<Verbs>) -> Self {
        Self::by([Rule::allow(verbs)])
    }

    /// What these rules allow.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, Rule, Rules, TokenScope, Users, Verb};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # cache.users().add_trusted("fleet", Role::ReadWrite)?;
    /// let scope = TokenScope::by([Rule::allow(Verb::Read), Rule::deny(Verb::Read).under("secret/")]);
    /// let token = cache.users().mint("fleet", scope)?;
    /// let session = cache.login("fleet", token.reveal())?;
    /// assert!(session.get("job").is_ok() && session.get("secret/job").is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn by(rules: impl Into<Rules>) -> Self {
        Self { rules: rules.into(), lifetime: Self::LIFETIME, uses: None, label: String::new() }
    }

    /// The same for those keys only that begin with these bytes; verbs that are not about one key are left out.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, TokenScope, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # cache.users().add_trusted("fleet", Role::ReadWrite)?;
    /// let token = cache.users().mint("fleet", TokenScope::all().under("jobs/7/"))?;
    /// let session = cache.login("fleet", token.reveal())?;
    /// assert!(session.set("jobs/7/state", "done").is_ok() && session.set("jobs/8/state", "done").is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn under(self, prefix: impl AsRef<[u8]>) -> Self {
        let rules = self.rules.iter().filter_map(|rule| below(rule, prefix.as_ref()));
        Self { rules: rules.collect(), ..self }
    }

    /// For so long from when it is minted on; no login from then on, and the sessions that it opened end. Longer than the
    /// clock can tell: until it is revoked.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, TokenScope, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # cache.users().add_trusted("fleet", Role::ReadWrite)?;
    /// use std::time::Duration;
    ///
    /// let token = cache.users().mint("fleet", TokenScope::all().lasting(Duration::ZERO))?;
    /// assert!(cache.login("fleet", token.reveal()).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn lasting(self, lifetime: Duration) -> Self {
        Self { lifetime, ..self }
    }

    /// For so many logins, at least one. A login that is refused takes none. The sessions that it opened go on.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, TokenScope, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # cache.users().add_trusted("fleet", Role::ReadWrite)?;
    /// let token = cache.users().mint("fleet", TokenScope::all().for_uses(1))?;
    /// assert!(cache.login("fleet", token.reveal()).is_ok());
    /// assert!(cache.login("fleet", token.reveal()).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn for_uses(self, uses: u32) -> Self {
        Self { uses: Some(NonZero::new(uses).unwrap_or(NonZero::<u32>::MIN)), ..self }
    }

    /// What it is for, as it is listed: at most [`MAX_LABEL`](Self::MAX_LABEL) bytes of text without control characters.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, TokenScope, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # cache.users().add_trusted("fleet", Role::ReadWrite)?;
    /// cache.users().mint("fleet", TokenScope::all().labelled("worker 7"))?;
    /// assert_eq!(cache.users().tokens()[0].label, "worker 7");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn labelled(self, label: impl Into<String>) -> Self {
        Self { label: label.into(), ..self }
    }
}

/// What is left of a rule where the keys begin with `prefix`.
fn below(rule: &Rule, prefix: &[u8]) -> Option<Rule> {
    let own = rule.prefix().unwrap_or_default();
    match rule.effect() {
        // What is denied stays denied.
        Effect::Deny => Some(rule.clone()),
        Effect::Allow if own.starts_with(prefix) => Some(rule.clone()),
        Effect::Allow if prefix.starts_with(own) => Some(rule.clone().under(prefix)),
        Effect::Allow => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::Verb;

    fn allows(scope: &TokenScope, verb: Verb, key: &str) -> bool {
        scope.rules.allow(verb, Some(key.as_bytes()))
    }

    #[test]
    fn a_prefix_leaves_of_each_rule_what_lies_below_it() {
        let rules = Rules::from([
            Rule::allow(Verb::Read | Verb::Stats),
            Rule::allow(Verb::Write).under("a/b/"),
            Rule::allow(Verb::Delete).under("z/"),
            Rule::deny(Verb::Read).under("a/secret/"),
        ]);
        let scope = TokenScope::by(rules).under("a/");
        assert!(allows(&scope, Verb::Read, "a/x") && !allows(&scope, Verb::Read, "b"));
        assert!(allows(&scope, Verb::Write, "a/b/x") && !allows(&scope, Verb::Write, "a/x"));
        assert!(!allows(&scope, Verb::Delete, "z/x") && !allows(&scope, Verb::Delete, "a/x"));
        assert!(!allows(&scope, Verb::Read, "a/secret/x"));
        assert!(!scope.rules.allow(Verb::Stats, None), "it is about no key");
    }

    #[test]
    fn prefixes_add_up() {
        let scope = TokenScope::of(Verb::Read).under("a/").under("a/b/");
        assert!(allows(&scope, Verb::Read, "a/b/c") && !allows(&scope, Verb::Read, "a/c"));
        let nothing = TokenScope::of(Verb::Read).under("a/").under("b/");
        assert!(!allows(&nothing, Verb::Read, "a/") && !allows(&nothing, Verb::Read, "b/"));
    }

    #[test]
    fn a_token_has_one_use_at_least() {
        assert_eq!(TokenScope::all().for_uses(0).uses, NonZero::new(1));
    }
}
