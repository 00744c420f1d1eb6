//! In process: Keyway, through a session and as the engine on its own, beside other caches.

mod beside;
mod burst;
mod child;
mod expiring;
mod growth;
pub mod instructions;
mod latency;
mod long_run;
mod many;
mod memory;
mod neighbours;
mod pauses;
mod peers;
mod plan;
mod promotion;
mod race;
mod revocation;
mod scattered;
mod upkeep;
mod walk;
mod workload;

pub use burst::burst;
pub use child::answer;
pub use growth::growth;
pub use latency::latency;
pub use long_run::long_run;
pub use many::many;
pub use memory::memory;
pub use neighbours::neighbours;
pub use plan::{Keys, Plan, Shown};
pub use promotion::promotion;
pub use race::race;
pub use revocation::revocation;
