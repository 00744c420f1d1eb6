//! Signals: SIGTERM and SIGINT end the server in order, SIGHUP reads the users file again.

use crate::cli::failure::Failure;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use std::{
    process,
    sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel},
    thread,
    time::Duration,
};

/// What somebody wants of the server.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Wish {
    /// End in order.
    Stop,
    /// Read the users file again.
    Reload,
}

/// The signals of this process, caught from when this is made.
#[derive(Debug)]
pub(super) struct Signals(Receiver<Wish>);

impl Signals {
    /// Catches them.
    pub(super) fn catch() -> Result<Self, Failure> {
        let cannot = |error| Failure::refused(format_args!("cannot catch signals: {error}"));
        let caught = signal_hook::iterator::Signals::new([SIGTERM, SIGINT, SIGHUP]).map_err(cannot)?;
        let (sender, receiver) = channel();
        thread::Builder::new()
            .name("signals".to_owned())
            .spawn(move || pass_on(caught, &sender))
            .map_err(cannot)?;
        Ok(Self(receiver))
    }

    /// The next wish, or `None` when there was none for so long.
    pub(super) fn wait(&self, at_most: Duration) -> Option<Wish> {
        match self.0.recv_timeout(at_most) {
            Ok(wish) => Some(wish),
            Err(RecvTimeoutError::Timeout) => None,
            // The thread that catches them is gone: a server that no signal can end is worse than one that
            // ended.
            Err(RecvTimeoutError::Disconnected) => Some(Wish::Stop),
        }
    }
}

fn pass_on(mut caught: signal_hook::iterator::Signals, wishes: &Sender<Wish>) {
    let mut stopping = false;
    for signal in caught.forever() {
        let wish = if signal == SIGHUP { Wish::Reload } else { Wish::Stop };
        if wish == Wish::Stop && stopping {
            // Asked twice: at once.
            process::exit(1);
        }
        stopping |= wish == Wish::Stop;
        if wishes.send(wish).is_err() {
            return;
        }
    }
}
