//! What a worker is told, and the workers as their acceptor sees them.

use super::{mailbox::Post, roster::Ticket};

/// What a worker is told.
#[derive(Debug)]
pub(super) enum Mail<Arrival, Outcome> {
    /// A new connection.
    Arrival(Arrival),
    /// The outcome of a verification that the connection with this ticket asked for.
    Verdict {
        /// Who asked; may have gone.
        ticket: Ticket,
        /// What came out.
        outcome: Outcome,
    },
    /// Say that you are there.
    Pulse,
    /// Answer what was received, then end. No arrival comes after it.
    Stop,
}

/// The workers' mailboxes, in turn. Dropped, and that is when the acceptor ends in whichever way, it tells them all
/// to stop: so no worker outlives the acceptor, and none is dealt a connection after its order to stop.
#[derive(Debug)]
pub(super) struct Workers<Arrival, Outcome> {
    posts: Vec<Post<Mail<Arrival, Outcome>>>,
    next: usize,
}

impl<Arrival, Outcome> Workers<Arrival, Outcome> {
    pub(super) fn new(posts: Vec<Post<Mail<Arrival, Outcome>>>) -> Self {
        Self { posts, next: 0 }
    }

    pub(super) fn deal(&mut self, arrival: Arrival) {
        if let Some(post) = self.posts.get(self.next) {
            post.send(Mail::Arrival(arrival));
        }
        self.next = (self.next + 1) % self.posts.len().max(1);
    }
}

impl<Arrival, Outcome> Drop for Workers<Arrival, Outcome> {
    fn drop(&mut self) {
        for post in &self.posts {
            post.send(Mail::Stop);
        }
    }
}
