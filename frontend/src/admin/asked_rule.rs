//! A rule of a role, as it is asked for over the socket: `{"effect": "allow", "verbs": ["read"], "prefix": "reports/"}`.

use keyway::{MAX_KEY, Rule, Verb, Verbs};
use serde::{Deserialize, Serialize};

/// A rule of a role.
///
/// ```
/// use keyway_frontend::admin::AskedRule;
///
/// let text = r#"{"effect":"deny","verbs":["delete"],"prefix":"archive/"}"#;
/// let asked: AskedRule = serde_json::from_str(text)?;
/// assert_eq!(asked, AskedRule::from(&keyway::Rule::deny(keyway::Verb::Delete).under("archive/")));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct AskedRule {
    /// Whether it allows or denies.
    pub effect: AskedEffect,
    /// The names of the verbs.
    pub verbs: Vec<String>,
    /// With what the keys begin that it is for; none: for every key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prefix: Option<AskedPrefix>,
}

/// Whether a rule gives or takes.
///
/// ```
/// use keyway_frontend::admin::AskedEffect;
///
/// assert_eq!(serde_json::to_string(&AskedEffect::Allow)?, r#""allow""#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(clippy::exhaustive_enums, reason = "a rule gives or takes")]
pub enum AskedEffect {
    /// It gives.
    Allow,
    /// It takes, whatever else gives.
    Deny,
}

/// A prefix: text, or its bytes where it is none.
///
/// ```
/// use keyway_frontend::admin::AskedPrefix;
///
/// assert_eq!(serde_json::to_string(&AskedPrefix::from(&b"jobs/"[..]))?, r#""jobs/""#);
/// assert_eq!(serde_json::to_string(&AskedPrefix::from(&[255, 0][..]))?, "[255,0]");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
#[expect(clippy::exhaustive_enums, reason = "bytes are text or they are not")]
pub enum AskedPrefix {
    /// Text.
    Text(String),
    /// Any bytes.
    Bytes(Vec<u8>),
}

impl AskedRule {
    /// The rule, or what is wrong with it.
    pub(super) fn rule(&self) -> Result<Rule, String> {
        let verbs = self.verbs.iter().map(|name| name.parse::<Verb>());
        let verbs = verbs.collect::<Result<Verbs, _>>().map_err(|error| error.to_string())?;
        let prefix = match &self.prefix {
            None => &[][..],
            Some(AskedPrefix::Text(text)) => text.as_bytes(),
            Some(AskedPrefix::Bytes(bytes)) => bytes,
        };
        if verbs.is_empty() {
            return Err("a rule without verbs; name some or leave it out".to_owned());
        }
        if prefix.len() > MAX_KEY {
            return Err(format!("no key is as long as this prefix; it has at most {MAX_KEY} bytes"));
        }
        let rule = match self.effect {
            AskedEffect::Allow => Rule::allow(verbs),
            AskedEffect::Deny => Rule::deny(verbs),
        };
        Ok(rule.under(prefix))
    }
}

impl From<&Rule> for AskedRule {
    fn from(rule: &Rule) -> Self {
        let effect = match rule.effect() {
            keyway::Effect::Allow => AskedEffect::Allow,
            keyway::Effect::Deny => AskedEffect::Deny,
        };
        let verbs = rule.verbs().iter().map(|verb| verb.name().to_owned()).collect();
        Self { effect, verbs, prefix: rule.prefix().map(AskedPrefix::from) }
    }
}

impl From<&[u8]> for AskedPrefix {
    fn from(bytes: &[u8]) -> Self {
        match str::from_utf8(bytes) {
            Ok(text) => Self::Text(text.to_owned()),
            Err(_) => Self::Bytes(bytes.to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_is_asked_for_as_it_is() {
        for rule in [
            Rule::allow(Verb::Read | Verb::FlushOwn),
            Rule::deny(Verb::Write).under("jobs/"),
            Rule::allow(Verb::Touch).under([255, 0]),
        ] {
            let asked = serde_json::to_string(&AskedRule::from(&rule)).unwrap();
            assert_eq!(serde_json::from_str::<AskedRule>(&asked).unwrap().rule(), Ok(rule), "{asked}");
        }
    }

    #[test]
    fn a_rule_that_nobody_can_mean_is_refused() {
        let long = Rule::allow(Verb::Read).under([b'a'; MAX_KEY + 1]);
        for (rule, why) in [(Rule::deny(Verbs::NONE), "without verbs"), (long, "at most 250 bytes")] {
            let refused = AskedRule::from(&rule).rule();
            assert!(refused.as_ref().is_err_and(|error| error.contains(why)), "{refused:?}");
        }
        let mut unknown = AskedRule::from(&Rule::allow(Verb::Read));
        unknown.verbs.push("get".to_owned());
        assert!(unknown.rule().is_err());
    }
}
