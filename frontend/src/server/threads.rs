//! The server's threads: named, and none of them dies unnoticed.

use super::mailbox::Post;
use std::{
    io,
    thread::{self, JoinHandle},
};
use tracing::error;

/// The order to stop taking connections, which is how every stop begins.
#[derive(Clone, Copy, Debug)]
pub(super) struct StopAccepting;

/// Starts a thread whose panic stops the whole server.
///
/// A panic is a mistake of ours that nobody has thought through, and a server that lost an event loop would look
/// healthy while every n-th connection hangs. So the door closes, in good order where the other threads can, and the
/// process with its in-process users goes on.
pub(super) fn spawn(
    name: String,
    acceptor: Post<StopAccepting>,
    body: impl FnOnce() + Send + 'static,
) -> io::Result<JoinHandle<()>> {
    thread::Builder::new().name(name).spawn(move || {
        let _alarm = Alarm { acceptor };
        body();
    })
}

struct Alarm {
    acceptor: Post<StopAccepting>,
}

impl Drop for Alarm {
    fn drop(&mut self) {
        if thread::panicking() {
            let name = thread::current().name().unwrap_or_default().to_owned();
            error!(thread = name, "a thread of the server panicked; the server stops");
            self.acceptor.send(StopAccepting);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::mailbox::mailbox;
    use mio::{Poll, Token};

    #[test]
    fn a_panic_orders_the_stop_and_a_normal_end_does_not() {
        let poll = Poll::new().unwrap();
        let (post, mailbox) = mailbox(poll.registry(), Token(0)).unwrap();
        spawn("calm".into(), post.clone(), || ()).unwrap().join().unwrap();
        assert!(mailbox.take().is_none());
        let hasty = spawn("hasty".into(), post, || panic!("on purpose")).unwrap();
        assert!(hasty.join().is_err());
        assert!(mailbox.take().is_some());
    }
}
