//! How the threads of a server hand things over, under the orders of their steps: the frontend's own mailboxes, dealing and
//! tickets, over the channel and the waker of `sync.rs`. The loops around them are these models' own, as short as the
//! server's are in what counts: sleep, take all mail, end when told so.
//!
//! `RUSTFLAGS="--cfg loom" cargo test --release -p loom-tests --target-dir target/loom`

#![allow(clippy::unwrap_used, dead_code, reason = "a test may panic, and uses its own part of the frontend")]
#![cfg(loom)]

#[path = "../../../frontend/src/server/mail.rs"]
mod mail;
#[path = "../../../frontend/src/server/mailbox.rs"]
mod mailbox;
#[path = "../../../frontend/src/server/roster.rs"]
mod roster;
mod sync;

use loom::thread::{self, JoinHandle};
use mail::{Mail, Workers};
use mailbox::{Mailbox, Post, mailbox};
use roster::{Roster, Ticket};
use sync::{Arc, Registry};

/// So many times a thread is interrupted where it need not wait, at most: with more, some of these take longer than all other
/// models together. Every fault that they were tried against shows with two.
const INTERRUPTIONS: usize = 4;

fn explore(claim: impl Fn() + Send + Sync + 'static) {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(INTERRUPTIONS);
    model.check(claim);
}

/// What stands for a socket: its number, and the count of those that have not been closed.
#[derive(Debug)]
struct Socket {
    number: usize,
    open: Arc<()>,
}

impl Socket {
    fn new(number: usize, open: &Arc<()>) -> Self {
        Self { number, open: Arc::clone(open) }
    }
}

type Letter = Mail<Socket, usize>;

/// A thread that is told things, and what wakes it.
struct Desk<T> {
    registry: Registry,
    mailbox: Mailbox<T>,
}

fn desk<T>() -> (Post<T>, Desk<T>) {
    let registry = Registry::new();
    let (post, mailbox) = mailbox(&registry, Ticket::MAIL).unwrap();
    (post, Desk { registry, mailbox })
}

/// A worker as far as its mail goes; the numbers of the connections that it seated.
fn work(desk: Desk<Letter>) -> Vec<usize> {
    let (mut seated, mut roster) = (Vec::new(), Roster::default());
    let mut stopping = false;
    while !stopping {
        desk.registry.poll();
        while let Some(letter) = desk.mailbox.take() {
            match letter {
                Mail::Arrival(socket) => {
                    assert!(!stopping, "dealt a connection after the order to stop");
                    seated.push(socket.number);
                    let ticket = roster.next_ticket().unwrap();
                    roster.seat(ticket, socket);
                }
                Mail::Verdict { .. } | Mail::Pulse => {}
                Mail::Stop => stopping = true,
            }
        }
    }
    seated
}

fn worker() -> (Post<Letter>, JoinHandle<Vec<usize>>) {
    let (post, desk) = desk();
    (post, thread::spawn(move || work(desk)))
}

/// Two workers, who get three connections while the server stops right behind them.
#[test]
fn a_socket_that_was_dealt_is_seated_once_before_its_worker_ends() {
    explore(|| {
        let open = Arc::new(());
        let ((first, ones), (second, others)) = (worker(), worker());
        let mut workers = Workers::new(vec![first, second]);
        (0..3).for_each(|number| workers.deal(Socket::new(number, &open)));
        drop(workers);
        assert_eq!(ones.join().unwrap(), [0, 2]);
        assert_eq!(others.join().unwrap(), [1]);
        assert_eq!(Arc::strong_count(&open), 1, "whatever was dealt has been closed");
    });
}

/// A connection for a worker that has ended, in whichever way, is closed and not kept.
#[test]
fn a_socket_for_a_worker_that_has_ended_is_closed() {
    explore(|| {
        let open = Arc::new(());
        let (post, desk) = desk::<Letter>();
        let dies = thread::spawn(move || drop(desk));
        post.send(Mail::Arrival(Socket::new(0, &open)));
        dies.join().unwrap();
        assert_eq!(Arc::strong_count(&open), 1);
    });
}

/// The acceptor, who may be told to stop by the server and by a thread that panics, at once.
#[test]
fn a_stop_is_never_missed() {
    explore(|| {
        let open = Arc::new(());
        let (to_worker, works) = worker();
        let (stop, desk) = desk::<()>();
        let accepts = thread::spawn(move || {
            let mut workers = Workers::new(vec![to_worker]);
            workers.deal(Socket::new(0, &open));
            while desk.mailbox.take().is_none() {
                desk.registry.poll();
            }
        });
        // Gone as soon as it has sent: what it rang must be heard all the same.
        stop.clone().send(());
        stop.send(());
        drop(stop);
        accepts.join().unwrap();
        assert_eq!(works.join().unwrap(), [0]);
    });
}

/// Who was told what.
#[derive(Debug, Default)]
struct Guest {
    number: usize,
    told: Option<usize>,
}

/// A connection asks for a verdict and may have gone when it comes; then another sits in its place.
#[test]
fn row_44_a_verdict_reaches_who_asked_or_nobody() {
    explore(|| {
        let (post, desk) = desk::<Letter>();
        let mut roster = Roster::default();
        let asking = roster.next_ticket().unwrap();
        roster.seat(asking, Guest { number: 0, told: None });
        let verifier = post.clone();
        let verifies = thread::spawn(move || verifier.send(Mail::Verdict { ticket: asking, outcome: 0 }));
        let leaves = thread::spawn(move || post.send(Mail::Stop));

        // The worker: at the order to leave, who asked makes room for somebody else.
        let (mut letters, mut stayed) = (0, true);
        while letters < 2 {
            desk.registry.poll();
            while let Some(letter) = desk.mailbox.take() {
                letters += 1;
                match letter {
                    Mail::Verdict { ticket, outcome } => {
                        let guest = roster.find(ticket);
                        assert_eq!(
                            guest.is_some(),
                            stayed,
                            "it reaches who asked for as long as it is there"
                        );
                        guest.into_iter().for_each(|guest| guest.told = Some(outcome));
                    }
                    Mail::Stop => {
                        let gone = roster.remove(asking).unwrap();
                        assert!(gone.told.is_none_or(|outcome| outcome == gone.number));
                        stayed = false;
                        let next = roster.next_ticket().unwrap();
                        roster.seat(next, Guest { number: 1, told: None });
                    }
                    Mail::Arrival(_) | Mail::Pulse => unreachable!(),
                }
            }
        }
        assert!(roster.iter_mut().all(|(_, guest)| guest.told.is_none()), "the verdict on somebody else");
        verifies.join().unwrap();
        leaves.join().unwrap();
    });
}
