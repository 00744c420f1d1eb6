//! Keyway measured beside its peers: the engine beside caches that run in process, the server beside memcached.

pub mod engine;
pub mod hits;
pub mod net;

mod allocator;
mod cpu;
mod dice;
mod median;
mod percentiles;
mod resident;
mod sample;

pub use median::median;
