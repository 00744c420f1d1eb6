//! What a server does at a moment, for people who look on: the status page, `keyway top`, and their scripts.
//!
//! A [`Status`] has counters and gauges. Rates are made of two of them by whoever looks ([`Rates::between`]), so any number of
//! readers can look as often as they like and none of them resets anything. A [`StatusBoard`] makes them.
//!
//! What is told names users, their addresses and what they claimed to be called, never a key, a value or a password. It is for
//! operators: the admin socket tells it, and the status page where that was asked for.

mod board;
mod page;
mod rates;
mod refusals;
mod snapshot;

pub use board::StatusBoard;
pub use page::{add_page, add_status};
pub use rates::Rates;
pub use snapshot::{
    Connections, Memory, NamespaceStatus, RecentRefusal, Refusals, Requests, Status, UserSessions, Users,
};
