//! In process: Keyway through a session, beside other caches.

pub mod instructions;
mod peers;
mod race;
mod workload;

pub use race::{Lap, race};
pub use workload::{Scale, WORKLOADS, Workload};
