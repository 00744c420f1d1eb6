//! Conversations that a fuzzer makes up: any bytes are one.

mod line;
pub mod locked;
pub mod open;
mod words;

pub use line::Outcomes;
