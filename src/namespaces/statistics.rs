//! Statistics by namespace.

use super::Namespace;
use crate::Stats;

/// What a namespace was promised, holds, and did.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct NamespaceStats {
    /// What it was promised.
    pub namespace: Namespace,
    /// What it holds and did.
    pub stats: Stats,
}
