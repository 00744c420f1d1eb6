//! Namespaces of version 3.

use super::{
    Lines, Problem,
    limits::{self, RawLimits},
};
use crate::users_file::NamespaceRecord;
use serde::Deserialize;
use toml::{Spanned, Value};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawNamespace {
    pub(super) name: Spanned<String>,
    reserve: Option<Spanned<Value>>,
    reserve_items: Option<Spanned<Value>>,
    ceiling: Option<Spanned<Value>>,
    ceiling_items: Option<Spanned<Value>>,
    limits: Option<RawLimits>,
}

impl RawNamespace {
    pub(super) fn check(&self, at: &Lines<'_>) -> Result<NamespaceRecord, Problem> {
        let whose = format!("namespace {:?}", self.name.get_ref());
        let mut record = NamespaceRecord::new(self.name.get_ref());
        record.reserve = limits::bytes(at, &whose, self.reserve.as_ref())?.unwrap_or(0);
        record.reserve_items = limits::count(at, &whose, self.reserve_items.as_ref())?.unwrap_or(0);
        record.ceiling = limits::bytes(at, &whose, self.ceiling.as_ref())?;
        record.ceiling_items = limits::count(at, &whose, self.ceiling_items.as_ref())?;
        if let Some(raw) = &self.limits {
            record.limits = raw.check(at, &whose)?;
        }
        match record.fault() {
            Some(fault) => Err(at.problem(self.name.span(), format!("{whose}: {fault}"))),
            None => Ok(record),
        }
    }
}
