//! The server: sockets, threads and deadlines around [`Connection`](crate::Connection)s. The only files that name mio.
//!
//! One thread accepts and deals connections to the workers, each an event loop of its own (`accept`, `worker`). Passwords are verified on threads apart (`verifiers`), and one more keeps the cache up (`upkeep`). Threads talk by mail (`mailbox`) and share
//! no lock. A stop goes the way of the connections: the acceptor ends and tells the workers, who answer what was
//! received and end; the verifiers end when no worker is left to ask them (`threads` says what a panic does).

mod accept;
mod config;
mod deadlines;
mod error;
mod guesses;
mod guest;
mod held;
mod limits;
mod listeners;
mod mail;
mod mailbox;
mod places;
mod roster;
mod seats;
mod sync;
mod threads;
mod throttle;
mod upkeep;
mod verifiers;
mod worker;

pub use config::ServerConfig;
pub use error::ServerError;

use crate::{Door, status::StatusBoard};
use accept::Acceptor;
use guesses::Guesses;
use keyway::{
    Cache,
    audit::{Event, Origin},
};
use mail::Workers;
use mailbox::Post;
use places::Places;
use seats::{Room, Seats};
use std::{io, net::SocketAddr, sync::Arc, thread::JoinHandle, time::Instant};
use threads::StopAccepting;
use tracing::{error, info};
use upkeep::{Lease, Upkeep};
use verifiers::VerifierPool;
use worker::{Shared, Worker};

/// A running server. Dropping it stops it, as [`stop`](Self::stop) does.
///
/// It serves one cache, beside any other server of the same cache and the sessions of the process itself, which
/// a stop does not disturb.
#[derive(Debug)]
pub struct Server {
    addresses: Vec<SocketAddr>,
    acceptor: Post<StopAccepting>,
    /// The acceptor's, the workers' and that of the upkeep.
    threads: Vec<JoinHandle<()>>,
    upkeep: Option<Lease>,
    verifiers: VerifierPool,
    board: StatusBoard,
    cache: Cache,
}

impl Server {
    /// Listens, starts the threads and returns once connections are accepted.
    ///
    /// # Errors
    /// A setting that cannot work, an address that cannot be listened on, or threads that the system does not give.
    pub fn start(cache: Cache, config: ServerConfig) -> Result<Self, ServerError> {
        config.check()?;
        let listeners = listeners::listen(&config.listen)?;
        let addresses: Vec<_> = listeners.iter().map(|(_, address)| *address).collect();
        announce(&addresses, &config);

        let (threads, share) = (config.policy.threads, config.share_of_derivations());
        let room = Room {
            seats: config.policy.max_connections,
            strangers: config.strangers,
            strangers_per_address: config.strangers_per_address,
        };
        let guesses = Guesses::new(config.guesses_per_address, config.guesses_per_name, Instant::now());
        let guesses = Arc::new(guesses);
        let (submit, verifiers) = VerifierPool::new(config.verifier_queue, Arc::clone(&guesses));
        let door = Arc::new(Door::new(cache.clone(), config.policy));
        let board = StatusBoard::of(Arc::clone(&door));
        let seats = Seats::new(room);
        let shared = Shared {
            door,
            verifiers: submit,
            // The queue bounds them in all.
            derivations: Places::new(usize::MAX, share),
            guesses,
            login_deadline: config.login_deadline,
        };
        let workers: io::Result<Vec<_>> =
            (0..threads).map(|thread| Worker::new(shared.clone(), thread)).collect();
        let (workers, posts) = workers.map_err(ServerError::Resources)?.into_iter().unzip();
        let (acceptor, post) =
            Acceptor::new(listeners, Workers::new(posts), seats).map_err(ServerError::Resources)?;

        // From here on a failure drops the server, which stops the threads that run already.
        let (upkeep, lease) = Upkeep::of(cache.clone());
        let started = Event::ServerStarted { addresses: addresses.as_slice().into() };
        cache.audit().record(&Origin::here(), started);
        let mut server = Self {
            addresses,
            acceptor: post,
            threads: Vec::new(),
            upkeep: Some(lease),
            verifiers,
            board,
            cache,
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

    /// Where it listens, with the ports that were chosen where the configuration said 0, in its order.
    #[must_use]
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// Where what it does can be looked at.
    #[must_use]
    pub fn status_board(&self) -> &StatusBoard {
        &self.board
    }

    /// Whether all of its threads run. If one has failed, which a log entry explains, the server stops by itself.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.verifiers.is_running() && !self.threads.iter().any(JoinHandle::is_finished)
    }

    /// Accepts nothing more, answers what was received, closes the connections and waits for the threads: for
    /// about five seconds at most, and none if nothing is under way.
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
            self.verifiers.add_thread(self.acceptor.clone())?;
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
        let stop = self.acceptor.clone();
        self.threads.push(threads::spawn(name, self.acceptor.clone(), move || {
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
        self.acceptor.send(StopAccepting);
        self.upkeep = None;
        for thread in self.threads.drain(..) {
            // A panic has been reported where it happened.
            let _reported = thread.join();
        }
        self.verifiers.join();
        info!(addresses = ?self.addresses, "server stopped");
        self.cache.audit().settle();
        let stopped = Event::ServerStopped { addresses: self.addresses.as_slice().into() };
        self.cache.audit().record(&Origin::here(), stopped);
    }
}

fn announce(addresses: &[SocketAddr], config: &ServerConfig) {
    let mechanisms: Vec<_> = config.policy.mechanisms.iter().map(|mechanism| mechanism.name()).collect();
    let anonymous = config.policy.anonymous.is_some();
    info!(?addresses, ?mechanisms, anonymous, threads = config.policy.threads, "server listens");
}
