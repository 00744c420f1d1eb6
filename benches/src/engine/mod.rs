//! In process: Keyway, through a session and as the engine on its own, beside other caches.

pub mod instructions;
mod peers;
mod plan;
mod race;
mod table;
mod workload;

pub use plan::{Length, Plan, Shown, Wanted};
pub use race::race;
