//! The threads that derive keys from passwords, behind a bounded queue.

use super::{
    derivations::Derivations,
    guesses::{Guess, Guesses},
    limits::VERIFIER_NICE,
    mail::Mail,
    mailbox::Post,
    places::Place,
    roster::Ticket,
    threads::{self, StopAccepting},
    worker::{Verdict, WorkerMail},
};
use crossbeam_channel::{Receiver, Sender, bounded};
use keyway::Attempt;
use std::{
    io,
    sync::{Arc, Weak},
    thread::JoinHandle,
    time::Instant,
};

/// A password to verify and where to send the outcome.
struct Job {
    attempt: Attempt,
    guess: Guess,
    /// Its address's, until it is derived.
    place: Place,
    asker: Weak<()>,
    ticket: Ticket,
    reply: Post<WorkerMail>,
    queued: Instant,
}

/// Kept by whoever waits for a verdict. Once it is dropped, nobody does, and what has not been begun is not derived.
#[derive(Debug)]
pub(super) struct Asker(#[expect(dead_code, reason = "its end is what is noticed")] Arc<()>);

/// The way into the queue; every worker has one.
#[derive(Clone, Debug)]
pub(super) struct Verifiers {
    queue: Sender<Job>,
    derivations: Arc<Derivations>,
}

/// The queue is full, or nobody reads it any more; the attempt was dropped.
#[derive(Debug)]
pub(super) struct QueueFull;

/// The threads, and the other end of the queue.
#[derive(Debug)]
pub(super) struct VerifierPool {
    queue: Receiver<Job>,
    derivations: Arc<Derivations>,
    guesses: Arc<Guesses>,
    threads: Vec<JoinHandle<()>>,
}

impl Verifiers {
    /// Queues an attempt; the outcome goes to `reply` as [`Mail::Verdict`] with this ticket, if it is still asked for then.
    pub(super) fn submit(
        &self,
        attempt: Attempt,
        guess: Guess,
        place: Place,
        ticket: Ticket,
        reply: Post<WorkerMail>,
    ) -> Result<Asker, QueueFull> {
        let asked = Arc::new(());
        let asker = Arc::downgrade(&asked);
        let job = Job { attempt, guess, place, asker, ticket, reply, queued: Instant::now() };
        self.derivations.note_queued();
        self.queue.try_send(job).map(|()| Asker(asked)).map_err(|_| {
            self.derivations.take_back_queued();
            QueueFull
        })
    }
}

impl VerifierPool {
    /// Makes a queue with as many places as are said there, and no thread yet.
    pub(super) fn new(derivations: Arc<Derivations>, guesses: Arc<Guesses>) -> (Verifiers, Self) {
        let (sender, receiver) = bounded(derivations.places);
        let submit = Verifiers { queue: sender, derivations: Arc::clone(&derivations) };
        (submit, Self { queue: receiver, derivations, guesses, threads: Vec::new() })
    }

    /// Adds a thread. It ends when every [`Verifiers`] is gone and the queue is empty.
    pub(super) fn add_thread(&mut self, acceptor: Post<StopAccepting>, life: Arc<()>) -> io::Result<()> {
        let (queue, guesses) = (self.queue.clone(), Arc::clone(&self.guesses));
        let derivations = Arc::clone(&self.derivations);
        let name = format!("keyway-verifier-{}", self.threads.len());
        self.threads.push(threads::spawn(name, acceptor, move || {
            let _life = life;
            // Linux keeps this for each thread. Where it cannot be had, the queue and the guesses are what limits.
            if let Err(error) = rustix::process::setpriority_process(None, VERIFIER_NICE) {
                tracing::warn!(%error, "a verifier thread keeps its ordinary priority");
            }
            for Job { attempt, guess, place, asker, ticket, reply, queued } in queue {
                derivations.note_begun();
                if asker.strong_count() == 0 {
                    guesses.give_back(guess);
                    derivations.note_ended();
                    continue;
                }
                let begun = Instant::now();
                derivations.waits.observe(begun.saturating_duration_since(queued));
                let verified = attempt.verify();
                derivations.durations.observe(begun.elapsed());
                derivations.note_ended();
                drop(place);
                reply.send(Mail::Verdict { ticket, outcome: Verdict { guess, verified } });
            }
        })?);
        Ok(())
    }

    pub(super) fn is_running(&self) -> bool {
        !self.threads.iter().any(JoinHandle::is_finished)
    }

    /// Waits for the threads, once the workers are gone. What still waits in the queue has nobody to tell.
    pub(super) fn join(&mut self) {
        while self.queue.try_recv().is_ok() {}
        for thread in self.threads.drain(..) {
            // A panic has been reported where it happened.
            let _reported = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        histogram::Observed,
        server::{mailbox::mailbox, places::Places},
    };
    use keyway::{Cache, Config, Mechanism, Step, Users};
    use mio::{Poll, Token};
    use std::{net::IpAddr, time::Instant};

    fn attempt(cache: &Cache) -> Attempt {
        match cache.exchange(Mechanism::Plain).step(b"\0ada\0pencil") {
            Step::Verify(attempt) => attempt,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_nobody_asks_for_any_more_is_not_derived_and_was_no_guess() {
        let cache = Cache::new(Config::new(1 << 20), Users::new()).unwrap();
        let (now, peer) = (Instant::now(), IpAddr::from([192, 0, 2, 1]).into());
        let (guesses, places) = (Arc::new(Guesses::new(3, 3, now)), Places::new(9, 3));
        let derivations = Arc::new(Derivations::new(1, 9));
        let (verifiers, mut pool) = VerifierPool::new(Arc::clone(&derivations), Arc::clone(&guesses));
        let poll = Poll::new().unwrap();
        let (reply, mailbox) = mailbox::<WorkerMail>(poll.registry(), Token(0)).unwrap();
        let mut askers: Vec<Asker> = (0..3)
            .map(|number| {
                let (guess, place) = (guesses.admit("ada", peer, now).unwrap(), places.take(peer).unwrap());
                let ticket = Ticket::for_tests(number);
                verifiers.submit(attempt(&cache), guess, place, ticket, reply.clone()).unwrap()
            })
            .collect();
        assert!(guesses.admit("ada", peer, now).is_none() && places.take(peer).is_err());
        drop(askers.remove(1));

        let acceptor_poll = Poll::new().unwrap();
        let (acceptor, _stop) = crate::server::mailbox::mailbox(acceptor_poll.registry(), Token(0)).unwrap();
        assert_eq!((derivations.waiting(), derivations.under_way()), (3, 0));
        pool.add_thread(acceptor, Arc::new(())).unwrap();
        drop(verifiers);
        pool.threads.drain(..).for_each(|thread| thread.join().unwrap());
        let told: Vec<_> = std::iter::from_fn(|| mailbox.take())
            .map(|mail| match mail {
                Mail::Verdict { ticket, outcome } => (ticket, outcome.verified.is_ok()),
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!((derivations.waiting(), derivations.under_way()), (0, 0));
        assert_eq!(Observed::of([&derivations.durations]).count(), 2);
        assert_eq!(told, [(Ticket::for_tests(0), false), (Ticket::for_tests(2), false)]);
        assert!(guesses.admit("ada", peer, now).is_some(), "its guess was given back");
        assert!(guesses.admit("ada", peer, now).is_none(), "and only its");
        let room: Vec<_> = (0..4).map_while(|_| places.take(peer).ok()).collect();
        assert_eq!(room.len(), 3, "each place came back");
    }
}
