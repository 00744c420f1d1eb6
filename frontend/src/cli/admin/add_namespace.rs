//! `keyway admin add-namespace`.

use crate::cli::serve::size;
use clap::Args;
use keyway_frontend::admin::AdminRequest;
use std::num::NonZero;

/// A namespace, and what it is promised.
#[derive(Args, Debug)]
pub(super) struct AddNamespace {
    /// What it is to be called
    name: String,
    /// Bytes that are reserved for it, such as 64m
    #[arg(long, value_name = "SIZE", value_parser = bytes, default_value = "0")]
    reserve: u64,
    /// Items that are reserved for it, whatever their size
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    reserve_items: u64,
    /// The most bytes that it may hold, such as 256m [default: what the others leave]
    #[arg(long, value_name = "SIZE", value_parser = some_bytes)]
    ceiling: Option<NonZero<u64>>,
    /// The most items that it may hold [default: as many as fit]
    #[arg(long, value_name = "NUMBER")]
    ceiling_items: Option<NonZero<u64>>,
}

impl AddNamespace {
    pub(super) fn request(&self) -> AdminRequest {
        let Self { name, reserve, reserve_items, ceiling, ceiling_items } = self;
        AdminRequest::AddNamespace {
            namespace: name.clone(),
            reserve: *reserve,
            reserve_items: *reserve_items,
            ceiling: *ceiling,
            ceiling_items: *ceiling_items,
        }
    }
}

const EXPECTED: &str = "a size is a number of bytes, or of units as in 512k, 100m or 2g";

fn bytes(text: &str) -> Result<u64, &'static str> {
    size::count(text, "kmg").ok_or(EXPECTED)
}

fn some_bytes(text: &str) -> Result<NonZero<u64>, &'static str> {
    NonZero::new(bytes(text)?).ok_or("what it may hold is 1 at least; leave it out for no bound")
}
