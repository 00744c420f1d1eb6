//! The server: sockets, threads and deadlines around [`Connection`](crate::Connection)s. The only files that name mio.
//!
//! One thread accepts and deals connections to the workers, each an event loop of its own (`accept`, `worker`). Passwords are verified on threads apart (`verifiers`), and one more keeps the cache up (`upkeep`). Threads talk by mail (`mailbox`) and share
//! no lock. A stop goes the way of the connections: the acceptor ends and tells the workers, who answer what was
//! received and end; the verifiers end when no worker is left to ask them (`threads` says what a panic does).

mod accept;
mod bounds;
mod config;
mod deadlines;
mod derivations;
mod error;
mod guesses;
mod guest;
mod held;
mod identity;
mod limits;
mod listener;
mod mail;
mod mailbox;
mod network;
mod pace;
mod places;
mod pulse;
mod roster;
mod seats;
mod stream;
mod sync;
mod threads;
mod throttle;
mod turns;
mod upkeep;
mod verifiers;
mod view;
mod worker;

pub use config::ServerConfig;
pub use error::ServerError;
pub use listener::{Endpoint, LeftOut, ListenAddress, Listener, Listening, Way};
#[cfg(unix)]
pub use listener::{InheritedSocket, UnixEndpoint};
pub(crate) use pace::Timed;
pub use view::ServerView;
pub(crate) use view::Stage;

use crate::{Door, status::StatusBoard};
use accept::Acceptor;
use bounds::Bounds;
use derivations::Derivations;
use guesses::Guesses;
use keyway::{
    Cache,
    audit::{Event, Origin},
};
use mail::Workers;
use mailbox::Post;
use places::Places;
use seats::Seats;
use std::{
    io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
    time::Instant,
};
use threads::StopAccepting;
use tracing::{error, info};
use upkeep::{Lease, Upkeep};
use verifiers::VerifierPool;
use view::{Seen, Vitals};
use worker::{Shared, Worker};

/// A running server. Dropping it stops it, as [`stop`](Self::stop) does.
///
/// It serves one cache, beside any other server of the same cache and the sessions of the process itself, which
/// a stop does not disturb.
///
/// ```
/// use keyway::{Cache, Config, Role, Users};
/// use keyway_frontend::{Policy, Server, ServerConfig};
///
/// let users = Users::new();
/// users.add("worker", "a long passphrase", Role::ReadWrite)?;
/// let cache = Cache::new(Config::new(64 << 20), users)?;
///
/// let mut config = ServerConfig::new(Policy::default());
/// config.listen = vec![std::net::SocketAddr::from(([127, 0, 0, 1], 0)).into()];
/// let server = Server::start(cache, config)?;
/// assert!(server.is_running() && server.addresses()[0].port() != 0);
/// server.stop();
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Server {
    listeners: Vec<Listening>,
    addresses: Vec<SocketAddr>,
    acceptor: Post<StopAccepting>,
    /// The acceptor's, the workers' and that of the upkeep.
    threads: Vec<JoinHandle<()>>,
    upkeep: Option<Lease>,
    bounds: Bounds,
    verifiers: VerifierPool,
    board: StatusBoard,
    cache: Cache,
    /// Set when it is dropped.
    stopping: Arc<AtomicBool>,
    /// Each thread has one more, for as long as it runs.
    life: Arc<()>,
    view: ServerView,
}

impl Server {
    /// Listens, starts the threads and returns once connections are accepted.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Users};
    /// # use keyway_frontend::{Policy, Server, ServerConfig};
    /// # let mut config = ServerConfig::new(Policy::default());
    /// # config.listen = vec![([127, 0, 0, 1], 0).into()];
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// let server = Server::start(cache, config.clone())?;
    /// assert!(std::net::TcpStream::connect(server.addresses()[0]).is_ok());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// A setting that cannot work, an address that cannot be listened on, or threads that the system does not give.
    pub fn start(cache: Cache, config: ServerConfig) -> Result<Self, ServerError> {
        config.check()?;
        let (threads, share) = (config.policy.threads, config.share_of_derivations());
        let opened = listener::open(config.listen)?;
        let listeners: Vec<_> = opened.iter().map(|open| open.listening.clone()).collect();
        announce(&listeners, config.policy.threads);

        let guesses = Guesses::new(config.guesses_per_address, config.guesses_per_name, Instant::now());
        let guesses = Arc::new(guesses);
        let derivations = Arc::new(Derivations::new(config.verifier_threads, config.verifier_queue));
        let (submit, verifiers) = VerifierPool::new(Arc::clone(&derivations), Arc::clone(&guesses));
        let door = Arc::new(Door::new(cache.clone(), config.policy));
        let board = StatusBoard::of(Arc::clone(&door));
        let doors = opened.into_iter().map(|mut open| {
            let entrance = std::mem::take(&mut open.entrance);
            let door = door.through(entrance);
            let door = match &open.listening.address {
                ListenAddress::Unix(path) => door.in_file(path),
                ListenAddress::Tcp(_) => door,
            };
            (open, Arc::new(door))
        });
        let doors = doors.collect();
        let bounds = Bounds {
            door: Arc::clone(&door),
            strangers: Places::new(config.strangers, config.strangers_per_address),
            guesses: Arc::clone(&guesses),
            // The queue bounds them in all.
            derivations: Places::new(usize::MAX, share),
        };
        let seats = Seats::new(Arc::clone(&bounds.strangers));
        let shared = Shared {
            door,
            verifiers: submit,
            derivations: Arc::clone(&bounds.derivations),
            guesses,
            login_deadline: config.login_deadline,
            vitals: (0..threads).map(|_| Vitals::default()).collect(),
        };
        let workers: io::Result<Vec<_>> =
            (0..threads).map(|thread| Worker::new(shared.clone(), thread)).collect();
        let (workers, posts): (Vec<_>, Vec<_>) = workers.map_err(ServerError::Resources)?.into_iter().unzip();
        let (stopping, life) = (Arc::new(AtomicBool::new(false)), Arc::new(()));
        let view = ServerView::new(Seen {
            door: Arc::clone(&shared.door),
            vitals: Arc::clone(&shared.vitals),
            posts: posts.clone(),
            derivations,
            stopping: Arc::clone(&stopping),
            lives: Arc::downgrade(&life),
            // Besides them, the acceptor and the upkeep.
            threads: threads + config.verifier_threads + 2,
        });
        let (acceptor, post) =
            Acceptor::new(doors, Workers::new(posts), seats).map_err(ServerError::Resources)?;

        // From here on a failure drops the server, which stops the threads that run already.
        let (upkeep, lease) = Upkeep::of(cache.clone());
        let started = Event::ServerStarted { addresses: names(&listeners) };
        cache.audit().record(&Origin::here(), started);
        let mut server = Self {
            addresses: listeners.iter().filter_map(|listening| listening.address.tcp()).collect(),
            listeners,
            acceptor: post,
            threads: Vec::new(),
            upkeep: Some(lease),
            bounds,
            verifiers,
            cache,
            stopping,
            life,
            view,
            board,
        };
        drop(shared);
        server
            .spawn("keyway-upkeep".to_owned(), || {
                upkeep.run();
                Ok(())
            })
            .map_err(ServerError::Resources)?;
        server.start_threads(acceptor, workers, config.verifier_threads).map_err(ServerError::Resources)?;
        Ok(server)
    }

    /// Where it listens and what it offers there, with the ports that were chosen where the configuration said 0, in its order.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Users};
    /// # use keyway_frontend::{Policy, Server, ServerConfig};
    /// # let mut config = ServerConfig::new(Policy::default());
    /// # config.listen = vec![([127, 0, 0, 1], 0).into()];
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// let server = Server::start(cache, config.clone())?;
    /// assert_eq!(server.listeners()[0].address.tcp(), Some(server.addresses()[0]));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn listeners(&self) -> &[Listening] {
        &self.listeners
    }

    /// The addresses of those that are reached by TCP.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Users};
    /// # use keyway_frontend::{Policy, Server, ServerConfig};
    /// # let mut config = ServerConfig::new(Policy::default());
    /// # config.listen = vec![([127, 0, 0, 1], 0).into()];
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// let server = Server::start(cache, config.clone())?;
    /// assert_ne!(server.addresses()[0].port(), 0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// Where what it does can be looked at.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Users};
    /// # use keyway_frontend::{Policy, Server, ServerConfig};
    /// # let mut config = ServerConfig::new(Policy::default());
    /// # config.listen = vec![([127, 0, 0, 1], 0).into()];
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// let server = Server::start(cache, config.clone())?;
    /// assert_eq!(server.status_board().status().connections.open, 0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn status_board(&self) -> &StatusBoard {
        &self.board
    }

    /// Bounds connections, strangers, guesses and derivations from now on as this configuration does: `policy.max_connections`,
    /// `strangers`, `strangers_per_address`, `guesses_per_name`, `guesses_per_address` and `derivations_per_address`. Everything else
    /// in it is for a server that starts. Whoever is in stays in, also where there are more of them than may come now.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Users};
    /// # use keyway_frontend::{Policy, Server, ServerConfig};
    /// # let mut config = ServerConfig::new(Policy::default());
    /// # config.listen = vec![([127, 0, 0, 1], 0).into()];
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// let server = Server::start(cache, config.clone())?;
    /// config.policy.max_connections = 10;
    /// server.bound(&config)?;
    /// assert_eq!(server.status_board().status().connections.limit, 10);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// A setting that cannot work, as for [`start`](Self::start); nothing was changed then.
    pub fn bound(&self, config: &ServerConfig) -> Result<(), ServerError> {
        config.check()?;
        self.bounds.set(config);
        Ok(())
    }

    /// Whether all of its threads run. If one has failed, which a log entry explains, the server stops by itself.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Users};
    /// # use keyway_frontend::{Policy, Server, ServerConfig};
    /// # let mut config = ServerConfig::new(Policy::default());
    /// # config.listen = vec![([127, 0, 0, 1], 0).into()];
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// let server = Server::start(cache, config.clone())?;
    /// assert!(server.is_running());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.verifiers.is_running() && !self.threads.iter().any(JoinHandle::is_finished)
    }

    /// It seen from outside, for other threads.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Users};
    /// # use keyway_frontend::{Policy, Server, ServerConfig};
    /// # let mut config = ServerConfig::new(Policy::default());
    /// # config.listen = vec![([127, 0, 0, 1], 0).into()];
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// let server = Server::start(cache, config.clone())?;
    /// let view = server.view();
    /// server.stop();
    /// assert!(!view.is_running());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn view(&self) -> ServerView {
        self.view.clone()
    }

    /// Accepts nothing more, answers what was received, closes the connections and waits for the threads: for
    /// about five seconds at most, and none if nothing is under way.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Users};
    /// # use keyway_frontend::{Policy, Server, ServerConfig};
    /// # let mut config = ServerConfig::new(Policy::default());
    /// # config.listen = vec![([127, 0, 0, 1], 0).into()];
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// let server = Server::start(cache, config.clone())?;
    /// let address = server.addresses()[0];
    /// server.stop();
    /// assert!(std::net::TcpStream::connect(address).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn stop(self) {
        drop(self);
    }

    fn start_threads(
        &mut self,
        acceptor: Acceptor,
        workers: Vec<Worker>,
        verifiers: usize,
    ) -> io::Result<()> {
        for _ in 0..verifiers {
            self.verifiers.add_thread(self.acceptor.clone(), Arc::clone(&self.life))?;
        }
        for (thread, worker) in workers.into_iter().enumerate() {
            self.spawn(format!("keyway-worker-{thread}"), || worker.run())?;
        }
        self.spawn("keyway-acceptor".to_owned(), || acceptor.run())
    }

    fn spawn(
        &mut self,
        name: String,
        body: impl FnOnce() -> io::Result<()> + Send + 'static,
    ) -> io::Result<()> {
        let (stop, life) = (self.acceptor.clone(), Arc::clone(&self.life));
        self.threads.push(threads::spawn(name, self.acceptor.clone(), move || {
            let _life = life;
            if let Err(error) = body() {
                error!(%error, "a thread of the server failed; the server stops");
                stop.send(StopAccepting);
            }
        })?);
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Release: partner is the load in `ServerView::is_running`.
        self.stopping.store(true, Ordering::Release);
        self.acceptor.send(StopAccepting);
        self.upkeep = None;
        for thread in self.threads.drain(..) {
            // A panic has been reported where it happened.
            let _reported = thread.join();
        }
        self.verifiers.join();
        info!(listeners = ?names(&self.listeners), "server stopped");
        self.cache.audit().settle();
        let stopped = Event::ServerStopped { addresses: names(&self.listeners) };
        self.cache.audit().record(&Origin::here(), stopped);
    }
}

fn announce(listeners: &[Listening], threads: usize) {
    for listening in listeners {
        info!(threads, "listens at {listening}");
    }
}

fn names(listeners: &[Listening]) -> Box<[Box<str>]> {
    listeners.iter().map(|listening| listening.address.to_string().into()).collect()
}
