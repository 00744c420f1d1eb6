//! A running server seen from outside.

use super::{
    derivations::Derivations,
    mail::Mail,
    mailbox::Post,
    pace::{Pace, Timed},
    pulse::Pulse,
    worker::WorkerMail,
};
use crate::{Door, histogram::Observed, tally::Counts};
use std::{
    sync::{
        Arc, Weak,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

/// A running server seen from outside: for metrics, health checks and whoever else looks at it from another thread. Cheap to
/// clone; it does not keep the server running, and stays valid when that has stopped.
///
/// ```
/// # use keyway::{Cache, Config, Users};
/// # use keyway_frontend::{Policy, Server, ServerConfig};
/// # let mut config = ServerConfig::new(Policy::default());
/// # config.listen = vec![([127, 0, 0, 1], 0).into()];
/// let server = Server::start(Cache::new(Config::new(1 << 20), Users::new())?, config)?;
/// let view = server.view();
/// assert!(view.is_running() && view.connections() == 0);
/// server.stop();
/// assert!(!view.is_running());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct ServerView {
    seen: Arc<Seen>,
}

/// How far a server has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    Running,
    /// A thread has ended that nobody had told to.
    Failed,
    /// It was told to stop, and answers what it has received.
    Stopping,
    Stopped,
}

/// What a server has of this.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) door: Arc<Door>,
    pub(super) vitals: Arc<[Vitals]>,
    pub(super) posts: Vec<Post<WorkerMail>>,
    pub(super) derivations: Arc<Derivations>,
    pub(super) stopping: Arc<AtomicBool>,
    /// Each thread has one, and so has the server.
    pub(super) lives: Weak<()>,
    pub(super) threads: usize,
}

/// Of one event loop.
#[derive(Debug, Default)]
pub(super) struct Vitals {
    pub(super) pulse: Pulse,
    pub(super) pace: Pace,
}

impl ServerView {
    pub(super) fn new(seen: Seen) -> Self {
        Self { seen: Arc::new(seen) }
    }

    /// Whether it takes connections and all of its threads run. Not so from the moment on at which it is told to stop.
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
    /// let view = server.view();
    /// assert!(view.is_running());
    /// drop(server);
    /// assert!(!view.is_running());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.stage() == Stage::Running
    }

    pub(crate) fn stage(&self) -> Stage {
        // Acquire: partner is the store in the server's drop. Where it stops, threads end after that: who sees one missing without
        // it has seen a failure. (The count is a relaxed load of the standard library's: at worst one look in the middle of a stop
        // is told of a failure.)
        let lives = self.seen.lives.strong_count();
        let stopping = self.seen.stopping.load(Ordering::Acquire);
        match (stopping, lives) {
            (true, 0) => Stage::Stopped,
            (true, _) => Stage::Stopping,
            (false, lives) if lives > self.seen.threads => Stage::Running,
            (false, _) => Stage::Failed,
        }
    }

    /// Connections open now.
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
    /// let mut client = Client::connect(address, patience)?;
    /// client.version()?; // so it has been let in
    /// assert_eq!(server.view().connections(), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn connections(&self) -> u64 {
        self.seen.door.connections()
    }

    /// For how long each event loop has owed an answer to a question that one of these calls asked; an answer takes
    /// microseconds, so more than some tens of milliseconds between two calls means that it is stuck. Asks those anew that owe
    /// none, and waits for nothing.
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
    /// let view = server.view();
    /// assert_eq!(view.event_loops_owing().len() as u64, server.status_board().status().event_loops);
    /// // An idle loop answers within microseconds, so sooner or later a look finds that it owes nothing.
    /// while view.event_loops_owing().iter().any(|owing| !owing.is_zero()) {
    ///     std::thread::yield_now();
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn event_loops_owing(&self) -> Vec<Duration> {
        let now = Instant::now();
        let ask = |(vitals, post): (&Vitals, &Post<WorkerMail>)| {
            if vitals.pulse.ask(now) {
                post.send(Mail::Pulse);
            }
            vitals.pulse.owed(now)
        };
        self.seen.vitals.iter().zip(&self.seen.posts).map(ask).collect()
    }

    pub(crate) fn door(&self) -> &Door {
        &self.seen.door
    }

    /// Since the server began, whatever `stats reset` was asked for.
    pub(crate) fn counts(&self) -> Counts {
        self.seen.door.counts_ever()
    }

    /// Of each event loop.
    pub(crate) fn connections_by_loop(&self) -> impl Iterator<Item = u64> {
        (0..self.seen.vitals.len()).map(|thread| self.seen.door.tally(thread).connections())
    }

    /// Of one turn in [`TIMED_ONE_IN`](super::pace::TIMED_ONE_IN).
    pub(crate) fn turns(&self) -> Observed {
        Observed::of(self.seen.vitals.iter().map(|vitals| &vitals.pace.turns))
    }

    /// Of those of these turns that had one request.
    pub(crate) fn requests(&self, timed: Timed) -> Observed {
        Observed::of(self.seen.vitals.iter().map(|vitals| vitals.pace.requests(timed)))
    }

    pub(crate) fn derivation_threads(&self) -> usize {
        self.seen.derivations.threads
    }

    pub(crate) fn derivation_places(&self) -> usize {
        self.seen.derivations.places
    }

    pub(crate) fn derivations_waiting(&self) -> u64 {
        self.seen.derivations.waiting()
    }

    pub(crate) fn derivations_under_way(&self) -> u64 {
        self.seen.derivations.under_way()
    }

    pub(crate) fn derivation_waits(&self) -> Observed {
        Observed::of([&self.seen.derivations.waits])
    }

    pub(crate) fn derivation_durations(&self) -> Observed {
        Observed::of([&self.seen.derivations.durations])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Policy,
        server::{mailbox::mailbox, roster::Ticket},
    };
    use keyway::{Cache, Config, Users};
    use mio::Poll;

    #[test]
    fn an_event_loop_that_reads_no_mail_owes_an_answer_and_gets_one_question_only() {
        let poll = Poll::new().unwrap();
        let (post, mailbox) = mailbox::<WorkerMail>(poll.registry(), Ticket::MAIL).unwrap();
        let cache = Cache::new(Config::new(1 << 20), Users::new()).unwrap();
        let life = Arc::new(());
        let view = ServerView::new(Seen {
            door: Arc::new(Door::new(cache, Policy::default())),
            vitals: [Vitals::default()].into_iter().collect(),
            posts: vec![post],
            derivations: Arc::new(Derivations::new(1, 1)),
            stopping: Arc::default(),
            lives: Arc::downgrade(&life),
            threads: 0,
        });
        assert!(view.is_running());
        assert_eq!(view.event_loops_owing(), [Duration::ZERO]);
        std::thread::sleep(Duration::from_millis(20));
        assert!(view.event_loops_owing()[0] >= Duration::from_millis(20));
        assert!(matches!(mailbox.take(), Some(Mail::Pulse)) && mailbox.take().is_none());
        view.seen.vitals[0].pulse.answer();
        assert_eq!(view.event_loops_owing(), [Duration::ZERO]);
        assert!(matches!(mailbox.take(), Some(Mail::Pulse)));
        let second = Arc::clone(&life);
        drop(life);
        assert_eq!(view.stage(), Stage::Running);
        view.seen.stopping.store(true, Ordering::Release);
        assert_eq!(view.stage(), Stage::Stopping);
        drop(second);
        assert_eq!(view.stage(), Stage::Stopped);
        view.seen.stopping.store(false, Ordering::Release);
        assert_eq!(view.stage(), Stage::Failed);
    }
}
