//! Over the network: `keyway serve` beside memcached, each with one thread on one core and the load on the other.

mod client;
mod load;
mod servers;

pub use load::{LOADS, Load, Scale};
pub use servers::{Running, keyway, memcached};
