//! Who is in: the live sessions of these users, each with who opened it, when, by what and from where.
//!
//! A session pays for being listed when it is opened and when it ends, and for nothing in between: a verb goes by its account's
//! word alone. Ending one session sets a mark in it and has its account's verbs ask for such marks; they ask no longer when that
//! session has gone.

mod live;
mod registry;
mod seat;
#[cfg(not(loom))]
#[cfg(test)]
mod tests;
mod traffic;

pub(super) use live::{By, Live, since_1970};
pub use live::{OpenedBy, SessionId};
pub use registry::LiveSession;
pub(super) use registry::Registry;
pub(crate) use seat::Seat;
use traffic::Traffic;
pub use traffic::TrafficSeen;
