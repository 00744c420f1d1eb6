//! Conversations that a fuzzer makes up: any bytes are one.

pub mod exchange;
mod line;
pub mod locked;
mod messages;
pub mod open;
mod versions;
mod words;

pub use line::Outcomes;
pub(crate) use line::{LOCKED_MAX, OPEN_MAX};
pub(crate) use versions::Versions;
pub(crate) use words::{Draft, Given};
