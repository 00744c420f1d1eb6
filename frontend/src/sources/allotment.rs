//! What a user gets beside roles: a namespace and limits, as a source or the settings say them.

use super::pool::Trouble;
use crate::size;
use keyway::{Limits, Namespace, SourcedUser};
use serde::Deserialize;
use toml::Value;

/// What users get of whom the source says nothing else.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Allotment {
    /// `None`: the main key space.
    pub(super) namespace: Option<String>,
    pub(super) limits: Limits,
}

/// The key `limits` of a table, with the keys that it has in a users file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawLimits {
    connections: Option<Value>,
    operations_per_second: Option<Value>,
    bytes_per_second: Option<Value>,
    value: Option<Value>,
}

/// A number or a text that bounds something, wherever it was read.
#[derive(Clone, Copy, Debug)]
pub(super) enum Said<'a> {
    Number(i64),
    Text(&'a str),
    Other,
}

const EXPECTED_COUNT: &str = "a number is to be whole";
const NOTHING: &str = "a limit is 1 at least; leave it out, or NULL, for none";

impl Allotment {
    /// What the settings say.
    pub(super) fn new(namespace: Option<&str>, limits: Option<&RawLimits>) -> Result<Self, String> {
        let namespace = namespace.map(named).transpose().map_err(|error| format!("`namespace`: {error}"))?;
        let limits = limits.map_or_else(|| Ok(Limits::default()), RawLimits::check)?;
        Ok(Self { namespace, limits })
    }

    /// A user who gets it.
    pub(super) fn give(self, user: SourcedUser) -> SourcedUser {
        let mut user = user;
        user.namespace = self.namespace;
        user.limits = self.limits;
        user
    }
}

impl RawLimits {
    fn check(&self) -> Result<Limits, String> {
        let mut limits = Limits::default();
        limits.connections = read("connections", self.connections.as_ref(), count)?;
        limits.operations_per_second =
            read("operations_per_second", self.operations_per_second.as_ref(), count)?;
        limits.bytes_per_second = read("bytes_per_second", self.bytes_per_second.as_ref(), bytes)?;
        limits.value = read("value", self.value.as_ref(), bytes)?;
        Ok(limits)
    }
}

fn read(
    key: &str,
    value: Option<&Value>,
    meaning: impl Fn(Said<'_>) -> Result<u64, &'static str>,
) -> Result<Option<u64>, String> {
    let said = |value| match value {
        &Value::Integer(number) => Said::Number(number),
        Value::String(text) => Said::Text(text),
        _ => Said::Other,
    };
    let limit = value.map(|value| meaning(said(value))).transpose();
    limit.map_err(|error| format!("`limits`, {key}: {error}"))
}

/// A name that a namespace can have. What cannot be one may be anything: it is not repeated.
pub(super) fn named(text: &str) -> Result<String, &'static str> {
    match Namespace::check_name(text) {
        Ok(()) => Ok(text.to_owned()),
        Err(_) => Err("a namespace's name has 1 to 64 bytes of text without blanks and control characters"),
    }
}

/// A limit that is a number of something.
pub(super) fn count(said: Said<'_>) -> Result<u64, &'static str> {
    match said {
        Said::Number(number) => bound(u64::try_from(number).ok(), EXPECTED_COUNT),
        Said::Text(text) => bound(text.parse().ok(), EXPECTED_COUNT),
        Said::Other => Err(EXPECTED_COUNT),
    }
}

/// A limit that is a size.
pub(super) fn bytes(said: Said<'_>) -> Result<u64, &'static str> {
    match said {
        Said::Number(number) => bound(u64::try_from(number).ok(), size::EXPECTED),
        Said::Text(text) => bound(size::read(text), size::EXPECTED),
        Said::Other => Err(size::EXPECTED),
    }
}

fn bound(number: Option<u64>, expected: &'static str) -> Result<u64, &'static str> {
    match number {
        None => Err(expected),
        Some(0) => Err(NOTHING),
        Some(number) => Ok(number),
    }
}

/// What the source says, as something that cannot be used.
pub(super) fn unusable(what: &str, why: &str) -> Trouble {
    Trouble::Unusable(format!("{what}: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(namespace: Option<&str>, limits: &str) -> Result<Allotment, String> {
        let limits: RawLimits = toml::from_str(limits).map_err(|error| error.to_string())?;
        Allotment::new(namespace, Some(&limits))
    }

    #[test]
    fn limits_are_said_as_in_a_users_file() {
        let text =
            "connections = 100\noperations_per_second = 10000\nbytes_per_second = '10MiB'\nvalue = 65536";
        let mut limits = Limits::default();
        limits.connections = Some(100);
        limits.operations_per_second = Some(10_000);
        limits.bytes_per_second = Some(10 << 20);
        limits.value = Some(64 << 10);
        assert_eq!(of(Some("shop"), text), Ok(Allotment { namespace: Some("shop".to_owned()), limits }));
        assert_eq!(Allotment::new(None, None), Ok(Allotment::default()));
    }

    #[test]
    fn what_is_no_limit_and_no_name_is_refused_and_not_repeated() {
        for (namespace, limits, says) in [
            (Some("a s3cret"), "", "`namespace`"),
            (Some(""), "", "`namespace`"),
            (None, "connections = 0", "`limits`, connections: a limit is 1 at least"),
            (None, "connections = -1", "whole"),
            (None, "connections = 1.5", "whole"),
            (None, "operations_per_second = '1MiB'", "whole"),
            (None, "bytes_per_second = 's3cret'", "units"),
            (None, "value = '0KiB'", "1 at least"),
            (None, "values = 1", "unknown field"),
        ] {
            let error = of(namespace, limits).unwrap_err();
            assert!(error.contains(says) && !error.contains("s3cret"), "{limits}: {error}");
        }
    }
}
