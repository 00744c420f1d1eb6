//! The threads that derive keys from passwords, behind a bounded queue.

use super::{
    guesses::Guess,
    limits::VERIFIER_NICE,
    mail::Mail,
    mailbox::Post,
    roster::Ticket,
    threads::{self, StopAccepting},
    worker::{Verdict, WorkerMail},
};
use crossbeam_channel::{Receiver, Sender, bounded};
use keyway::Attempt;
use std::{io, thread::JoinHandle};

/// A password to verify and where to send the outcome.
struct Job {
    attempt: Attempt,
    guess: Guess,
    ticket: Ticket,
    reply: Post<WorkerMail>,
}

/// The way into the queue; every worker has one.
#[derive(Clone, Debug)]
pub(super) struct Verifiers {
    queue: Sender<Job>,
}

/// The queue is full, or nobody reads it any more; the attempt was dropped.
#[derive(Debug)]
pub(super) struct QueueFull;

/// The threads, and the other end of the queue.
#[derive(Debug)]
pub(super) struct VerifierPool {
    queue: Receiver<Job>,
    threads: Vec<JoinHandle<()>>,
}

impl Verifiers {
    /// Queues an attempt; the outcome goes to `reply` as [`Mail::Verdict`] with this ticket.
    pub(super) fn submit(
        &self,
        attempt: Attempt,
        guess: Guess,
        ticket: Ticket,
        reply: Post<WorkerMail>,
    ) -> Result<(), QueueFull> {
        self.queue.try_send(Job { attempt, guess, ticket, reply }).map_err(|_| QueueFull)
    }
}

impl VerifierPool {
    /// Makes a queue with this many places, and no thread yet.
    pub(super) fn new(places: usize) -> (Verifiers, Self) {
        let (sender, receiver) = bounded(places);
        (Verifiers { queue: sender }, Self { queue: receiver, threads: Vec::new() })
    }

    /// Adds a thread. It ends when every [`Verifiers`] is gone and the queue is empty.
    pub(super) fn add_thread(&mut self, acceptor: Post<StopAccepting>) -> io::Result<()> {
        let queue = self.queue.clone();
        let name = format!("keyway-verifier-{}", self.threads.len());
        self.threads.push(threads::spawn(name, acceptor, move || {
            // Linux keeps this for each thread. Where it cannot be had, the queue and the guesses are what limits.
            if let Err(error) = rustix::process::setpriority_process(None, VERIFIER_NICE) {
                tracing::warn!(%error, "a verifier thread keeps its ordinary priority");
            }
            for Job { attempt, guess, ticket, reply } in queue {
                reply.send(Mail::Verdict { ticket, outcome: Verdict { guess, verified: attempt.verify() } });
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
