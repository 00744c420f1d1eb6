//! Limits, and how often they were in the way, as operators are told of them.

use keyway::{LimitRefusals, Limits};
use serde::{Deserialize, Serialize};
use std::num::NonZero;

/// How much a user may do, or all users of a namespace together, of each thing apart. None: as much as there is.
///
/// ```
/// # use std::num::NonZero;
/// use keyway_frontend::admin::LimitsRow;
///
/// let row: LimitsRow = serde_json::from_str(r#"{"connections": 100}"#)?;
/// assert_eq!((row.connections, row.value), (NonZero::new(100), None));
/// assert!(serde_json::from_str::<LimitsRow>(r#"{"connections": 0}"#).is_err());
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(clippy::exhaustive_structs, reason = "whoever asks for limits names each")]
pub struct LimitsRow {
    /// Connections that are logged in at a time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connections: Option<NonZero<u64>>,
    /// Verbs in a second.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operations_per_second: Option<NonZero<u64>>,
    /// Bytes of values in a second, each way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes_per_second: Option<NonZero<u64>>,
    /// The largest value, in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<NonZero<u64>>,
}

impl LimitsRow {
    pub(crate) fn is_none(&self) -> bool {
        *self == Self::default()
    }
}

impl From<Limits> for LimitsRow {
    fn from(limits: Limits) -> Self {
        // Code may have set none at all, which nothing here can say: the least there is.
        let shown =
            |limit: Option<u64>| limit.map(|limit| NonZero::new(limit).unwrap_or(NonZero::<u64>::MIN));
        Self {
            connections: shown(limits.connections),
            operations_per_second: shown(limits.operations_per_second),
            bytes_per_second: shown(limits.bytes_per_second),
            value: shown(limits.value),
        }
    }
}

impl From<LimitsRow> for Limits {
    fn from(row: LimitsRow) -> Self {
        let mut limits = Self::default();
        limits.connections = row.connections.map(u64::from);
        limits.operations_per_second = row.operations_per_second.map(u64::from);
        limits.bytes_per_second = row.bytes_per_second.map(u64::from);
        limits.value = row.value.map(u64::from);
        limits
    }
}

/// How often limits were in the way, of each thing apart. Counters, which begin with the user or the namespace.
///
/// ```
/// use keyway::LimitRefusals;
/// use keyway_frontend::status::RefusedRow;
///
/// let row = RefusedRow::from(LimitRefusals::default());
/// assert_eq!((row.connections, serde_json::to_string(&row)?.as_str()), (0, "{}"));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct RefusedRow {
    /// Logins that would have been a connection too many.
    #[serde(skip_serializing_if = "is_zero")]
    pub connections: u64,
    /// Verbs that would have been too many in a second.
    #[serde(skip_serializing_if = "is_zero")]
    pub operations: u64,
    /// Verbs that would have moved bytes in, while too many had come.
    #[serde(skip_serializing_if = "is_zero")]
    pub bytes_in: u64,
    /// Verbs that would have moved bytes out, while too many had gone.
    #[serde(skip_serializing_if = "is_zero")]
    pub bytes_out: u64,
}

impl RefusedRow {
    pub(crate) fn is_none(&self) -> bool {
        *self == Self::default()
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde asks it")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

impl From<LimitRefusals> for RefusedRow {
    fn from(refused: LimitRefusals) -> Self {
        let LimitRefusals { connections, operations, bytes_in, bytes_out, .. } = refused;
        Self { connections, operations, bytes_in, bytes_out }
    }
}
