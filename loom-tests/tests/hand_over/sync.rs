//! What stands for the channel and the waker of a server's threads in these models.

use loom::sync::{Condvar, Mutex};
use std::{collections::VecDeque, convert::Infallible, io};

pub(crate) use loom::sync::Arc;

/// A box of mail: each piece comes out once, in the order in which it went in.
#[derive(Debug)]
struct Channel<T> {
    mail: Mutex<Mail<T>>,
}

#[derive(Debug)]
struct Mail<T> {
    queue: VecDeque<T>,
    /// Whether somebody may still take it.
    received: bool,
}

#[derive(Debug)]
pub(crate) struct Sender<T>(Arc<Channel<T>>);

#[derive(Debug)]
pub(crate) struct Receiver<T>(Arc<Channel<T>>);

/// The receiver is gone, or has nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Nothing;

pub(crate) fn unbounded<T>() -> (Sender<T>, Receiver<T>) {
    let mail = Mutex::new(Mail { queue: VecDeque::new(), received: true });
    let channel = Arc::new(Channel { mail });
    (Sender(Arc::clone(&channel)), Receiver(channel))
}

impl<T> Sender<T> {
    pub(crate) fn send(&self, piece: T) -> Result<(), Nothing> {
        let mut mail = self.0.mail.lock().unwrap();
        if !mail.received {
            return Err(Nothing);
        }
        mail.queue.push_back(piece);
        Ok(())
    }
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Receiver<T> {
    pub(crate) fn try_recv(&self) -> Result<T, Nothing> {
        self.0.mail.lock().unwrap().queue.pop_front().ok_or(Nothing)
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        let mut mail = self.0.mail.lock().unwrap();
        mail.received = false;
        let left = std::mem::take(&mut mail.queue);
        drop(mail);
        drop(left);
    }
}

/// What a thread sleeps on: rings that come while nobody sleeps are kept, however many as one, until the next sleep; and
/// what its waker has rung is lost when the waker is closed, as an event of a closed file is.
#[derive(Clone, Debug)]
pub(crate) struct Registry(Arc<Bell>);

#[derive(Debug)]
struct Bell {
    rung: Mutex<bool>,
    rings: Condvar,
}

impl Registry {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Bell { rung: Mutex::new(false), rings: Condvar::new() }))
    }

    /// Sleeps until the next ring. Where nobody will ever ring, loom says that all threads sleep.
    pub(crate) fn poll(&self) {
        let mut rung = self.0.rung.lock().unwrap();
        while !*rung {
            rung = self.0.rings.wait(rung).unwrap();
        }
        *rung = false;
    }

    fn set(&self, rung: bool) {
        *self.0.rung.lock().unwrap() = rung;
        self.0.rings.notify_one();
    }
}

/// The number of an event, as mio has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Token(pub(crate) usize);

#[derive(Debug)]
pub(crate) struct Waker(Registry);

impl Waker {
    pub(crate) fn new(registry: &Registry, _: Token) -> io::Result<Self> {
        Ok(Self(registry.clone()))
    }

    pub(crate) fn wake(&self) -> Result<(), Infallible> {
        self.0.set(true);
        Ok(())
    }
}

impl Drop for Waker {
    fn drop(&mut self) {
        self.0.set(false);
    }
}
