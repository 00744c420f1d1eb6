//! Connections to a source, and whether it answers.

use keyway::{SourceError, UserError};
use std::{
    collections::VecDeque,
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// Pauses between two tries while a source does not answer: doubled from the first to the last. The last is short enough that
/// logins go on within seconds of its return, and a try every five seconds burdens nobody.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LAST_PAUSE: Duration = Duration::from_secs(5);

/// Connections that are kept while nobody uses them. There are never more than callers at once, and those are the threads that
/// verify passwords.
const MOST_IDLE: usize = 16;

/// What cannot be used is told anew after so long, and so many such things are known apart: a client that tries again and again
/// fills no log.
const COMPLAIN_AGAIN: Duration = Duration::from_secs(600);
const MOST_COMPLAINTS: usize = 64;

/// Why a piece of work on a connection failed.
#[derive(Debug)]
pub(super) enum Trouble {
    /// The connection is gone; over a new one it may work at once.
    Lost(String),
    /// No answer in time, or none to be had now.
    Silent(String),
    /// An answer that cannot be used. The connection is as good as before.
    Unusable(String),
}

/// Connections of one kind to one source.
pub(super) struct Pool<C> {
    /// Which source, for the log.
    name: &'static str,
    /// In what time a caller has its answer, so how long others leave the one alone who looks whether it answers again.
    limit: Duration,
    idle: Mutex<Vec<C>>,
    health: Mutex<Health>,
}

/// What the log was told last.
#[derive(Debug, Default)]
struct Health {
    down: Option<Down>,
    /// What could not be used of late, and when that was told.
    complaints: VecDeque<(String, Instant)>,
}

#[derive(Debug)]
struct Down {
    pause: Duration,
    /// Until then nobody asks.
    until: Instant,
}

impl<C> Pool<C> {
    /// No connection yet.
    pub(super) fn new(name: &'static str, limit: Duration) -> Self {
        Self { name, limit, idle: Mutex::default(), health: Mutex::default() }
    }

    /// Does `work` over a connection, one that is there or a new one. Work whose connection turns out to have been lost is
    /// done once more over a new one, so it must be harmless to do twice.
    pub(super) fn with<T>(
        &self,
        open: impl Fn() -> Result<C, Trouble>,
        mut work: impl FnMut(&mut C) -> Result<T, Trouble>,
    ) -> Result<T, SourceError> {
        self.admit(Instant::now())?;
        let outcome = self.attempt(&open, &mut work);
        self.report(outcome, Instant::now())
    }

    fn attempt<T>(
        &self,
        open: &impl Fn() -> Result<C, Trouble>,
        work: &mut impl FnMut(&mut C) -> Result<T, Trouble>,
    ) -> Result<T, Trouble> {
        let kept = locked(&self.idle).pop();
        if let Some(connection) = kept {
            match self.try_on(connection, work) {
                Err(Trouble::Lost(_)) => {}
                outcome => return outcome,
            }
        }
        self.try_on(open()?, work)
    }

    fn try_on<T>(
        &self,
        mut connection: C,
        work: &mut impl FnMut(&mut C) -> Result<T, Trouble>,
    ) -> Result<T, Trouble> {
        let outcome = work(&mut connection);
        if matches!(outcome, Ok(_) | Err(Trouble::Unusable(_))) {
            let mut idle = locked(&self.idle);
            if idle.len() < MOST_IDLE {
                idle.push(connection);
            }
        }
        outcome
    }

    /// While the source is down, lets one caller through after each pause.
    fn admit(&self, now: Instant) -> Result<(), SourceError> {
        match &mut locked(&self.health).down {
            Some(down) if now < down.until => {
                Err(SourceError::Unavailable(format!("{}: it is tried again in a moment", self.name)))
            }
            Some(down) => {
                down.until = now + self.limit;
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// Keeps account, and tells the log what is new.
    fn report<T>(&self, outcome: Result<T, Trouble>, now: Instant) -> Result<T, SourceError> {
        let name = self.name;
        let mut health = locked(&self.health);
        let outcome = match outcome {
            Err(Trouble::Lost(why) | Trouble::Silent(why)) => {
                // What was kept is most likely no better.
                locked(&self.idle).clear();
                let pause = health.down.as_ref().map_or(FIRST_PAUSE, |down| (down.pause * 2).min(LAST_PAUSE));
                if health.down.replace(Down { pause, until: now + pause }).is_none() {
                    tracing::warn!(
                        source = name,
                        "the source of users does not answer: {why}; users whom it knew go on for the time that is set"
                    );
                }
                return Err(SourceError::Unavailable(format!("{name}: {why}")));
            }
            Err(Trouble::Unusable(why)) => {
                if health.is_new(&why, now) {
                    tracing::error!(source = name, "the source of users answers what cannot be used: {why}");
                }
                Err(SourceError::Unusable(format!("{name}: {why}")))
            }
            Ok(found) => Ok(found),
        };
        if health.down.take().is_some() {
            tracing::info!(source = name, "the source of users answers again");
        }
        outcome
    }

    /// Tells the log of a user whom an answer does not let in.
    pub(super) fn complain_of(&self, user: &str, why: &UserError) {
        let (source, what) = (self.name, format!("user {user:?}: {why}"));
        if locked(&self.health).is_new(&what, Instant::now()) {
            tracing::error!(source, "the source of users answers what cannot be used: {what}");
        }
    }
}

impl Health {
    /// Whether the log was not told of it a short while ago.
    fn is_new(&mut self, what: &str, now: Instant) -> bool {
        self.complaints.retain(|(_, told)| now.saturating_duration_since(*told) < COMPLAIN_AGAIN);
        if self.complaints.iter().any(|(other, _)| other == what) {
            return false;
        }
        if self.complaints.len() == MOST_COMPLAINTS {
            self.complaints.pop_front();
        }
        self.complaints.push_back((what.to_owned(), now));
        true
    }
}

impl<C> fmt::Debug for Pool<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool").field("name", &self.name).finish_non_exhaustive()
    }
}

/// A thread that panicked left a list of whole connections or a whole state.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    /// A connection that says which one it is.
    fn opening(opened: &Cell<u32>) -> impl Fn() -> Result<u32, Trouble> {
        || {
            opened.set(opened.get() + 1);
            Ok(opened.get())
        }
    }

    #[test]
    fn a_connection_is_kept_and_one_that_was_lost_is_replaced_at_once() {
        let (pool, opened) = (Pool::new("test", Duration::ZERO), Cell::new(0));
        for _ in 0..3 {
            assert_eq!(pool.with(opening(&opened), |number| Ok(*number)), Ok(1));
        }
        let found = pool.with(opening(&opened), |number| match number {
            1 => Err(Trouble::Lost("closed".into())),
            other => Ok(*other),
        });
        assert_eq!(found, Ok(2));
        let complaint = pool.with(opening(&opened), |_| Err::<(), _>(Trouble::Unusable("no column".into())));
        assert_eq!(complaint, Err(SourceError::Unusable("test: no column".into())));
        assert_eq!(pool.with(opening(&opened), |number| Ok(*number)), Ok(2), "it was not the connection");
    }

    #[test]
    fn while_it_is_down_one_caller_tries_after_each_pause_and_the_pause_grows() {
        let pool = Pool::<()>::new("test", Duration::from_millis(10));
        let start = Instant::now();
        let fail = |now| pool.report(Err::<(), _>(Trouble::Silent("refused".into())), now);
        let mut now = start;
        for pause in [250, 500, 1000, 2000, 4000, 5000, 5000].map(Duration::from_millis) {
            assert!(fail(now).is_err());
            let just_before = now + pause - Duration::from_millis(1);
            assert!(matches!(pool.admit(just_before), Err(SourceError::Unavailable(_))), "{pause:?}");
            now += pause;
            assert_eq!(pool.admit(now), Ok(()), "{pause:?}");
            assert!(pool.admit(now).is_err(), "another one, while the first looks");
        }
        assert!(pool.report(Ok(()), now).is_ok());
        assert_eq!(pool.admit(now), Ok(()), "up again");
    }

    #[test]
    fn a_complaint_is_told_once_in_ten_minutes_and_only_so_many_are_kept() {
        let (mut health, start) = (Health::default(), Instant::now());
        assert!(health.is_new("a", start) && health.is_new("b", start));
        assert!(!health.is_new("a", start) && !health.is_new("b", start), "each is known apart");
        assert!(!health.is_new("a", start + COMPLAIN_AGAIN - Duration::from_millis(1)));
        assert!(health.is_new("a", start + COMPLAIN_AGAIN));
        for number in 0..1000 {
            assert!(health.is_new(&number.to_string(), start + COMPLAIN_AGAIN));
        }
        assert_eq!(health.complaints.len(), MOST_COMPLAINTS);
    }

    #[test]
    fn what_was_kept_from_before_it_went_down_is_not_used_after() {
        let (pool, opened) = (Pool::new("test", Duration::ZERO), Cell::new(0));
        assert_eq!(pool.with(opening(&opened), |number| Ok(*number)), Ok(1));
        assert!(pool.with(opening(&opened), |_| Err::<(), _>(Trouble::Silent("nothing".into()))).is_err());
        std::thread::sleep(FIRST_PAUSE);
        assert_eq!(pool.with(opening(&opened), |number| Ok(*number)), Ok(2));
    }
}
