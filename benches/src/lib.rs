//! Keyway measured beside its peers: the engine beside caches that run in process, the server beside memcached.

pub mod engine;
pub mod hits;
pub mod net;

mod allocator;
mod asked;
mod cpu;
mod dice;
mod median;
mod percentiles;
mod resident;
mod sample;
mod table;

pub use asked::{Length, Wanted};
pub use median::median;
