//! In process: Keyway, through a session and as the engine on its own, beside other caches.

mod burst;
mod growth;
pub mod instructions;
mod latency;
mod pauses;
mod peers;
mod plan;
mod race;
mod table;
mod workload;

pub use burst::burst;
pub use growth::growth;
pub use latency::latency;
pub use plan::{Length, Plan, Shown, Wanted};
pub use race::race;
