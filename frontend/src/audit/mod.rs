//! The audit in a file: each entry of the ring becomes a line of JSON.
//!
//! The ring of the library is the queue. A thread of its own follows it by the entries' numbers (`writer`) and writes what came
//! (`json`) to a file that may be moved away under it, or to stderr (`output`). Nobody waits for it: where it does not keep up, or
//! the disk takes nothing, entries are lost, counted, and told.

mod destination;
mod error;
mod json;
mod output;
mod writer;

pub use destination::AuditDestination;
pub use error::AuditError;
pub use writer::{AuditSettings, AuditWriter};
