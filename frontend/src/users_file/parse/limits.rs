//! Numbers that bound something: counts, and sizes in bytes.

use super::{Lines, Problem};
use crate::size;
use keyway::Limits;
use serde::Deserialize;
use std::fmt::Display;
use toml::{Spanned, Value};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawLimits {
    connections: Option<Spanned<Value>>,
    operations_per_second: Option<Spanned<Value>>,
    bytes_per_second: Option<Spanned<Value>>,
    value: Option<Spanned<Value>>,
}

impl RawLimits {
    pub(super) fn check(&self, at: &Lines<'_>, whose: &dyn Display) -> Result<Limits, Problem> {
        let mut limits = Limits::default();
        limits.connections = count(at, whose, self.connections.as_ref())?;
        limits.operations_per_second = count(at, whose, self.operations_per_second.as_ref())?;
        limits.bytes_per_second = bytes(at, whose, self.bytes_per_second.as_ref())?;
        limits.value = bytes(at, whose, self.value.as_ref())?;
        Ok(limits)
    }
}

pub(super) fn count(
    at: &Lines<'_>,
    whose: &dyn Display,
    raw: Option<&Spanned<Value>>,
) -> Result<Option<u64>, Problem> {
    let number = |value: &Value| value.as_integer().and_then(|number| number.try_into().ok());
    bound(at, whose, raw, number, "must be a whole number")
}

pub(super) fn bytes(
    at: &Lines<'_>,
    whose: &dyn Display,
    raw: Option<&Spanned<Value>>,
) -> Result<Option<u64>, Problem> {
    let size = |value: &Value| match value {
        Value::String(text) => size::read(text),
        other => other.as_integer().and_then(|number| number.try_into().ok()),
    };
    bound(at, whose, raw, size, size::EXPECTED)
}

fn bound(
    at: &Lines<'_>,
    whose: &dyn Display,
    raw: Option<&Spanned<Value>>,
    read: impl Fn(&Value) -> Option<u64>,
    expected: &str,
) -> Result<Option<u64>, Problem> {
    let Some(raw) = raw else { return Ok(None) };
    // What is larger is not written as a TOML integer.
    let number = read(raw.get_ref()).filter(|number| i64::try_from(*number).is_ok());
    match number {
        None => Err(at.problem(raw.span(), format!("{whose}: {expected}"))),
        Some(0) => {
            Err(at.problem(raw.span(), format!("{whose}: a limit is 1 at least; leave it out for none")))
        }
        some => Ok(some),
    }
}
