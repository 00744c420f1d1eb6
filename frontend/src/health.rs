//! Whether a server is alive, and whether it is ready: what orchestrators and load balancers ask for.
//!
//! - `/healthz`: alive. All threads run, and each event loop got to its mail within [`STUCK_AFTER`], or it is stopping as it was told to.
//!   Where it is not, a restart helps.
//! - `/readyz`: ready. Alive, and not told to stop: connections are welcome.
//!
//! Both are answered by the thread of the HTTP server, so also where every event loop hangs; both are open to everybody and say
//! nothing but this.

use crate::{
    ServerView,
    http::{Access, HttpStatus, Response, Routes},
    server::Stage,
};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

/// An event loop that has not answered for so long is stuck: its longest piece of work takes some milliseconds.
///
/// ```
/// use keyway::{Cache, Config, Users};
/// use keyway_frontend::{STUCK_AFTER, Server, ServerConfig};
///
/// let mut config = ServerConfig::new(Default::default());
/// config.listen = vec![([127, 0, 0, 1], 0).into()];
/// let server = Server::start(Cache::new(Config::new(1 << 20), Users::new())?, config)?;
/// assert!(server.view().event_loops_owing().iter().all(|owing| *owing < STUCK_AFTER));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub const STUCK_AFTER: Duration = Duration::from_secs(5);

/// How a server is.
///
/// ```
/// use keyway::{Cache, Config, Users};
/// use keyway_frontend::{Health, Server, ServerConfig, http::Routes};
///
/// let cache = Cache::new(Config::new(1 << 20), Users::new())?;
/// let mut config = ServerConfig::new(Default::default());
/// # config.listen = vec![std::net::SocketAddr::from(([127, 0, 0, 1], 0)).into()];
/// let server = Server::start(cache, config)?;
/// let health = Health::of(server.view());
/// assert!(health.alive().is_ok() && health.ready().is_ok());
///
/// let mut routes = Routes::new();
/// health.clone().serve_at(&mut routes);
/// health.leave(); // load balancers see it before the doors close
/// assert!(health.alive().is_ok() && health.ready().is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Health {
    server: ServerView,
    leaving: Arc<AtomicBool>,
}

impl Health {
    /// Of this server.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Mechanism, Role, Users};
    /// # use keyway_frontend::{Policy, Server, ServerConfig, client::{Client, Credentials}};
    /// # use std::time::Duration;
    /// # let users = Users::new();
    /// # users.add("ada", "pencil", Role::ReadWrite)?;
    /// # users.add_trusted("app", Role::ReadWrite)?;
    /// # let cache = Cache::new(Config::new(1 << 20), users)?;
    /// # let mut config = ServerConfig::new(Policy::default());
    /// # config.listen = vec![([127, 0, 0, 1], 0).into()];
    /// # let server = Server::start(cache.clone(), config)?;
    /// # let (address, patience) = (server.addresses()[0], Duration::from_secs(5));
    /// # use keyway_frontend::Health;
    /// let health = Health::of(server.view());
    /// assert_eq!(health.ready(), Ok(()));
    /// server.stop();
    /// assert!(health.ready().is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn of(server: ServerView) -> Self {
        Self { server, leaving: Arc::default() }
    }

    /// From now on it is not ready, though it still serves.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Mechanism, Role, Users};
    /// # use keyway_frontend::{Policy, Server, ServerConfig, client::{Client, Credentials}};
    /// # use std::time::Duration;
    /// # let users = Users::new();
    /// # users.add("ada", "pencil", Role::ReadWrite)?;
    /// # users.add_trusted("app", Role::ReadWrite)?;
    /// # let cache = Cache::new(Config::new(1 << 20), users)?;
    /// # let mut config = ServerConfig::new(Policy::default());
    /// # config.listen = vec![([127, 0, 0, 1], 0).into()];
    /// # let server = Server::start(cache.clone(), config)?;
    /// # let (address, patience) = (server.addresses()[0], Duration::from_secs(5));
    /// # use keyway_frontend::Health;
    /// let health = Health::of(server.view());
    /// health.leave();
    /// assert!(health.ready().is_err()); // so no more connections are sent here,
    /// assert!(Client::connect(address, patience).is_ok()); // and those that come are served
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn leave(&self) {
        // Relaxed: a flag that nothing is ordered by.
        self.leaving.store(true, Ordering::Relaxed);
    }

    /// Whether it is alive.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Mechanism, Role, Users};
    /// # use keyway_frontend::{Policy, Server, ServerConfig, client::{Client, Credentials}};
    /// # use std::time::Duration;
    /// # let users = Users::new();
    /// # users.add("ada", "pencil", Role::ReadWrite)?;
    /// # users.add_trusted("app", Role::ReadWrite)?;
    /// # let cache = Cache::new(Config::new(1 << 20), users)?;
    /// # let mut config = ServerConfig::new(Policy::default());
    /// # config.listen = vec![([127, 0, 0, 1], 0).into()];
    /// # let server = Server::start(cache.clone(), config)?;
    /// # let (address, patience) = (server.addresses()[0], Duration::from_secs(5));
    /// # use keyway_frontend::Health;
    /// let health = Health::of(server.view());
    /// assert_eq!(health.alive(), Ok(()));
    /// server.stop();
    /// assert_eq!(health.alive(), Err("the server has stopped".to_owned()));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// What is wrong, in words.
    pub fn alive(&self) -> Result<(), String> {
        match self.server.stage() {
            Stage::Running => stuck(&self.server.event_loops_owing()),
            Stage::Stopping => Ok(()),
            Stage::Failed => Err("a thread of the server has ended; its log says why".to_owned()),
            Stage::Stopped => Err("the server has stopped".to_owned()),
        }
    }

    /// Whether it is ready for connections.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Mechanism, Role, Users};
    /// # use keyway_frontend::{Policy, Server, ServerConfig, client::{Client, Credentials}};
    /// # use std::time::Duration;
    /// # let users = Users::new();
    /// # users.add("ada", "pencil", Role::ReadWrite)?;
    /// # users.add_trusted("app", Role::ReadWrite)?;
    /// # let cache = Cache::new(Config::new(1 << 20), users)?;
    /// # let mut config = ServerConfig::new(Policy::default());
    /// # config.listen = vec![([127, 0, 0, 1], 0).into()];
    /// # let server = Server::start(cache.clone(), config)?;
    /// # let (address, patience) = (server.addresses()[0], Duration::from_secs(5));
    /// # use keyway_frontend::Health;
    /// let health = Health::of(server.view());
    /// health.leave();
    /// assert_eq!(health.ready(), Err("the server is stopping".to_owned()));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// What is wrong, in words.
    pub fn ready(&self) -> Result<(), String> {
        // Relaxed: see `leave`.
        if self.leaving.load(Ordering::Relaxed) || self.server.stage() == Stage::Stopping {
            return Err("the server is stopping".to_owned());
        }
        self.alive()
    }

    /// Answers `/healthz` and `/readyz`: 200 and `ok`, or 503 and what is wrong.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Mechanism, Role, Users};
    /// # use keyway_frontend::{Policy, Server, ServerConfig, client::{Client, Credentials}};
    /// # use std::time::Duration;
    /// # let users = Users::new();
    /// # users.add("ada", "pencil", Role::ReadWrite)?;
    /// # users.add_trusted("app", Role::ReadWrite)?;
    /// # let cache = Cache::new(Config::new(1 << 20), users)?;
    /// # let mut config = ServerConfig::new(Policy::default());
    /// # config.listen = vec![([127, 0, 0, 1], 0).into()];
    /// # let server = Server::start(cache.clone(), config)?;
    /// # let (address, patience) = (server.addresses()[0], Duration::from_secs(5));
    /// # use keyway_frontend::{Health, http::Routes};
    /// let mut routes = Routes::new();
    /// Health::of(server.view()).serve_at(&mut routes);
    /// assert_eq!(routes.paths().collect::<Vec<_>>(), ["/healthz", "/readyz"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn serve_at(self, routes: &mut Routes) {
        let too = self.clone();
        routes.add("/healthz", Access::Everybody, move |_| told(self.alive()));
        routes.add("/readyz", Access::Everybody, move |_| told(too.ready()));
    }
}

/// What a server says of its event loops, each of which has owed an answer for so long.
fn stuck(owing: &[Duration]) -> Result<(), String> {
    match owing.iter().position(|owing| *owing >= STUCK_AFTER) {
        Some(number) => {
            Err(format!("event loop {number} has not answered for {} seconds", STUCK_AFTER.as_secs()))
        }
        None => Ok(()),
    }
}

fn told(verdict: Result<(), String>) -> Response {
    match verdict {
        Ok(()) => Response::text("ok\n"),
        Err(why) => Response::text(why + "\n").with_status(HttpStatus::ServiceUnavailable),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Server, ServerConfig};
    use keyway::{Cache, Config, Users};
    use std::{net::SocketAddr, time::Instant};

    #[test]
    fn an_event_loop_that_owes_an_answer_for_long_is_named() {
        assert_eq!(stuck(&[]), Ok(()));
        assert_eq!(stuck(&[Duration::ZERO, STUCK_AFTER - Duration::from_millis(1)]), Ok(()));
        let told = stuck(&[Duration::ZERO, STUCK_AFTER]).unwrap_err();
        assert_eq!(told, "event loop 1 has not answered for 5 seconds");
    }

    #[test]
    fn a_server_is_ready_until_it_leaves_and_alive_until_it_has_stopped() {
        let cache = Cache::new(Config::new(1 << 20), Users::new()).unwrap();
        let mut config = ServerConfig::new(crate::Policy::default());
        config.listen = vec![SocketAddr::from(([127, 0, 0, 1], 0)).into()];
        config.policy.threads = 2;
        let server = Server::start(cache, config).unwrap();
        let health = Health::of(server.view());
        assert_eq!((health.alive(), health.ready()), (Ok(()), Ok(())));
        // They answer: what they owe does not grow.
        let (view, start) = (server.view(), Instant::now());
        while view.event_loops_owing() != [Duration::ZERO; 2] {
            assert!(start.elapsed() < Duration::from_secs(60), "{:?}", view.event_loops_owing());
            std::thread::sleep(Duration::from_millis(20));
        }
        health.leave();
        assert_eq!((health.alive(), health.ready()), (Ok(()), Err("the server is stopping".to_owned())));
        server.stop();
        assert_eq!(health.alive(), Err("the server has stopped".to_owned()));
        assert!(Health::of(view).ready().is_err());
    }
}
