//! What a server does at a moment, for people who look on: the status page, `keyway top`, and their scripts.
//!
//! You need it for a view of your own of what the status page shows; for graphs over days, take [`metrics`](crate::metrics).
//!
//! ```
//! use keyway::{Cache, Config, Users};
//! use keyway_frontend::{Policy, Server, ServerConfig, status::Rates};
//!
//! let mut config = ServerConfig::new(Policy::default());
//! config.listen = vec![([127, 0, 0, 1], 0).into()];
//! let server = Server::start(Cache::new(Config::new(1 << 20), Users::new())?, config)?;
//! let (earlier, later) = (server.status_board().status(), server.status_board().status());
//! assert_eq!((later.memory.items, Rates::between(&earlier, &later).gets), (0, 0.0));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! A [`Status`] has counters and gauges. Rates are made of two of them by whoever looks ([`Rates::between`]), so any number of
//! readers can look as often as they like and none of them resets anything. A [`StatusBoard`] makes them.
//!
//! What is told names users, their addresses and what they claimed to be called, never a key, a value or a password. It is for
//! operators: the admin socket tells it, and the status page where that was asked for.

mod board;
mod limits;
mod page;
mod rates;
mod refusals;
mod snapshot;

pub use board::StatusBoard;
pub use limits::{LimitsRow, RefusedRow};
pub use page::{add_page, add_status};
pub use rates::Rates;
pub use snapshot::{
    Connections, Memory, NamespaceStatus, RecentRefusal, Refusals, Requests, Status, UserSessions, Users,
};
