//! How a thread that sleeps in its poll gets mail: new connections, verdicts, and the order to stop.
//!
//! What must hold: mail that was sent is read before the receiver sleeps again. The sender puts it in first and wakes
//! second; the receiver empties the box after every poll. The box itself is not bounded: what goes into it is, by the
//! seats of the server and by the verifiers' queue.

use super::sync::{Arc, Receiver, Registry, Sender, Token, Waker, unbounded};
use std::io;
use tracing::error;

/// The receiving end.
#[derive(Debug)]
pub(super) struct Mailbox<T> {
    receiver: Receiver<T>,
    /// Keeps the waker alive: if its last owner were a sender that leaves right after sending, the wake-up would be
    /// closed away before it is seen.
    _waker: Arc<Waker>,
}

/// A sending end; clones send to the same box.
#[derive(Debug)]
pub(super) struct Post<T> {
    sender: Sender<T>,
    waker: Arc<Waker>,
}

/// A mailbox for the thread that polls `registry`, where mail shows as an event with `token`.
pub(super) fn mailbox<T>(registry: &Registry, token: Token) -> io::Result<(Post<T>, Mailbox<T>)> {
    let (sender, receiver) = unbounded();
    let waker = Arc::new(Waker::new(registry, token)?);
    Ok((Post { sender, waker: Arc::clone(&waker) }, Mailbox { receiver, _waker: waker }))
}

impl<T> Mailbox<T> {
    /// The oldest piece of mail, if there is any. Does not wait.
    pub(super) fn take(&self) -> Option<T> {
        self.receiver.try_recv().ok()
    }
}

impl<T> Post<T> {
    /// Sends and wakes. Mail for a thread that has ended is dropped, as it would be had it come a moment earlier.
    pub(super) fn send(&self, mail: T) {
        if self.sender.send(mail).is_err() {
            return;
        }
        if let Err(error) = self.waker.wake() {
            error!(%error, "a thread could not be woken; it will find its mail at its next event");
        }
    }
}

impl<T> Clone for Post<T> {
    fn clone(&self) -> Self {
        Self { sender: self.sender.clone(), waker: Arc::clone(&self.waker) }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use mio::{Events, Poll};
    use std::thread;

    #[test]
    fn a_sleeper_is_woken_and_finds_all_mail_in_order() {
        let mut poll = Poll::new().unwrap();
        let (post, mailbox) = mailbox::<u32>(poll.registry(), Token(7)).unwrap();
        let sender = thread::spawn(move || (0..100).for_each(|n| post.send(n)));
        let (mut events, mut received) = (Events::with_capacity(4), Vec::new());
        while received.len() < 100 {
            // No time-out: a lost wake-up would hang here.
            poll.poll(&mut events, None).unwrap();
            received.extend(std::iter::from_fn(|| mailbox.take()));
        }
        sender.join().unwrap();
        assert_eq!(received, (0..100).collect::<Vec<_>>());
    }

    #[test]
    fn mail_for_the_departed_is_dropped() {
        let poll = Poll::new().unwrap();
        let (post, mailbox) = mailbox::<Arc<()>>(poll.registry(), Token(7)).unwrap();
        drop(mailbox);
        let mail = Arc::new(());
        post.send(Arc::clone(&mail));
        assert_eq!(Arc::strong_count(&mail), 1);
    }
}
