//! A role as a users file has it.

use keyway::{Effect, MAX_KEY, Rule, Rules, Verbs};
use std::{fmt, str::FromStr};

/// A role, as a users file describes it.
///
/// ```
/// use keyway::{Rule, Rules, Verb};
/// use keyway_frontend::{RoleRecord, Sample};
///
/// let rules = Rules::from_iter([Rule::allow(Verb::Read).under("reports/")]);
/// let mut reporter = RoleRecord::new("reporter", rules);
/// reporter.audit = Sample::new(0.01);
/// let mut file = keyway_frontend::UsersFile::empty()?;
/// file.set_role(reporter)?;
/// assert_eq!(file.role("reporter")?.audit.map(Sample::part), Some(0.01));
/// # Ok::<(), keyway_frontend::UsersFileError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct RoleRecord {
    /// The name; not that of a role that is built in.
    pub name: String,
    /// What it allows and denies.
    pub rules: Rules,
    /// Which part of its users' reads and writes the audit is told of.
    pub audit: Option<Sample>,
}

impl RoleRecord {
    /// One of which no reads and writes are sampled.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, Rounds, Rule, Rules, UserError, Users, Verb, Verifier};
    /// # use keyway_frontend::{NamespaceRecord, RoleRecord, Sample, UsersFile};
    /// let reporter = RoleRecord::new("reporter", Rules::from_iter([Rule::allow(Verb::Read).under("reports/")]));
    /// assert_eq!((reporter.rules.iter().count(), reporter.audit), (1, None));
    /// ```
    #[must_use]
    pub fn new(name: impl Into<String>, rules: Rules) -> Self {
        Self { name: name.into(), rules, audit: None }
    }

    /// The rules as a cache takes them, which knows by them what to sample.
    pub(super) fn sampled_rules(&self) -> Rules {
        match self.audit {
            Some(sample) => self.rules.clone().sample(sample.part()),
            None => self.rules.clone(),
        }
    }

    /// What is wrong with it, if anything is.
    pub(super) fn fault(&self) -> Option<String> {
        self.rules.iter().find_map(rule_fault)
    }

    /// With the rules in the order in which a file has them.
    pub(super) fn settled(self) -> Self {
        let of = |effect: Effect| self.rules.iter().filter(move |rule| rule.effect() == effect).cloned();
        Self { rules: of(Effect::Allow).chain(of(Effect::Deny)).collect(), ..self }
    }
}

/// What no operator can have meant by a rule.
pub(super) fn rule_fault(rule: &Rule) -> Option<String> {
    let without_key = rule.verbs().minus(Verbs::WITH_KEY);
    match rule.prefix() {
        _ if rule.verbs().is_empty() => Some("a rule without verbs; name some or leave it out".to_owned()),
        Some(prefix) if prefix.len() > MAX_KEY => {
            Some(format!("no key is as long as this prefix; it has at most {MAX_KEY} bytes"))
        }
        Some(_) if rule.effect() == Effect::Allow && !without_key.is_empty() => {
            Some(format!("{without_key} is about no key, so allow it without a prefix"))
        }
        _ => None,
    }
}

/// A part of all, more than none: `sample:0.01` is one of a hundred.
///
/// ```
/// use keyway_frontend::Sample;
///
/// assert_eq!(Sample::new(0.25).map(Sample::part), Some(0.25));
/// assert!(Sample::new(0.0).is_none());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Sample(f64);

impl Sample {
    /// `None` if it is not above 0 and at most 1.
    ///
    /// ```
    /// use keyway_frontend::Sample;
    ///
    /// assert_eq!(Sample::new(0.01).map(|sample| sample.to_string()).as_deref(), Some("sample:0.01"));
    /// assert!(Sample::new(1.5).is_none() && Sample::new(f64::NAN).is_none());
    /// ```
    #[must_use]
    pub fn new(part: f64) -> Option<Self> {
        (part > 0.0 && part <= 1.0).then_some(Self(part))
    }

    /// Above 0, and at most 1.
    ///
    /// ```
    /// use keyway_frontend::Sample;
    ///
    /// assert_eq!("sample:0.5".parse().map(Sample::part), Ok(0.5));
    /// ```
    #[must_use]
    pub fn part(self) -> f64 {
        self.0
    }
}

impl fmt::Display for Sample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sample:{}", self.0)
    }
}

/// The text is no sample.
///
/// ```
/// use keyway_frontend::{NoSample, Sample};
///
/// assert!("sample:0.01".parse::<Sample>().is_ok());
/// assert_eq!("sample:2".parse::<Sample>(), Err(NoSample));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoSample;

impl fmt::Display for NoSample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("what is told to the audit reads \"sample:0.01\", with a number above 0 and at most 1")
    }
}

impl std::error::Error for NoSample {}

impl FromStr for Sample {
    type Err = NoSample;

    fn from_str(text: &str) -> Result<Self, NoSample> {
        let part = text.strip_prefix("sample:").and_then(|part| part.parse().ok());
        part.and_then(Self::new).ok_or(NoSample)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_is_more_than_none_and_at_most_all() {
        for text in ["sample:0.01", "sample:1", "sample:0.5"] {
            assert_eq!(text.parse::<Sample>().map(|sample| sample.to_string()), Ok(text.to_owned()));
        }
        for text in
            ["", "0.5", "sample:", "sample:0", "sample:-1", "sample:1.01", "sample:NaN", "sample:inf", "all"]
        {
            assert_eq!(text.parse::<Sample>(), Err(NoSample), "{text}");
        }
    }
}
