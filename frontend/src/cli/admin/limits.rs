//! `keyway admin set-limits`.

use clap::Args;
use keyway_frontend::admin::{AdminRequest, LimitsRow};
use std::num::NonZero;

/// Whose limits, and all that the user is to have.
#[derive(Args, Debug)]
pub(super) struct SetLimits {
    /// The exact name
    name: String,
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

impl SetLimits {
    pub(super) fn request(&self) -> AdminRequest {
        let Self { name, connections, operations_per_second, bytes_per_second, value } = self;
        let (connections, operations_per_second) = (*connections, *operations_per_second);
        let limits = LimitsRow {
            connections,
            operations_per_second,
            bytes_per_second: *bytes_per_second,
            value: *value,
        };
        AdminRequest::SetLimits { user: name.clone(), limits }
    }
}
