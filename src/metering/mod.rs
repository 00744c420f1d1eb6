//! How much may be done, and how much of it was: by a user, and in a namespace, whoever's the sessions are.
//!
//! There is no lock: each rate is one word. What is not limited is not counted, connections aside.

mod bucket;
mod limits;
mod meter;
mod meters;
mod refused;
#[cfg(not(any(loom, shuttle)))]
#[cfg(test)]
mod tests;

pub use limits::Limits;
pub(crate) use meter::{Load, Meter};
pub(crate) use meters::Meters;
pub use refused::LimitRefusals;

/// Where sessions work: what they do there is counted together.
pub(crate) trait Metered {
    /// Where it is counted.
    fn meter(&self) -> &Meter;

    /// Whether anything is limited there, now. Each verb asks.
    fn is_limited(&self) -> bool;
}
