//! `keyway admin set-limits` and `keyway admin set-namespace-limits`.

use clap::Args;
use keyway_frontend::admin::{AdminRequest, LimitsRow};
use std::num::NonZero;

/// Whose limits, and all that the user is to have.
#[derive(Args, Debug)]
pub(super) struct SetLimits {
    /// The exact name
    name: String,
    #[command(flatten)]
    limits: LimitOptions,
}

/// Which namespace's limits, and all that it is to have.
#[derive(Args, Debug)]
pub(super) struct SetNamespaceLimits {
    /// The namespace
    name: String,
    #[command(flatten)]
    limits: LimitOptions,
}

#[derive(Args, Debug)]
struct LimitOptions {
    /// Connections that are logged in at a time
    #[arg(long, value_name = "NUMBER")]
    connections: Option<NonZero<u64>>,
    /// Commands in a second
    #[arg(long, value_name = "NUMBER")]
    operations_per_second: Option<NonZero<u64>>,
    /// Bytes of values in a second, each way
    #[arg(long, value_name = "BYTES")]
    bytes_per_second: Option<NonZero<u64>>,
    /// The largest value
    #[arg(long, value_name = "BYTES")]
    value: Option<NonZero<u64>>,
}

impl LimitOptions {
    fn row(&self) -> LimitsRow {
        LimitsRow {
            connections: self.connections,
            operations_per_second: self.operations_per_second,
            bytes_per_second: self.bytes_per_second,
            value: self.value,
        }
    }
}

impl SetLimits {
    pub(super) fn request(&self) -> AdminRequest {
        AdminRequest::SetLimits { user: self.name.clone(), limits: self.limits.row() }
    }
}

impl SetNamespaceLimits {
    pub(super) fn request(&self) -> AdminRequest {
        AdminRequest::SetNamespaceLimits { namespace: self.name.clone(), limits: self.limits.row() }
    }
}
