//! One connection and its client, who reads everything at once, beside what the reference says.

use crate::{
    conversation::{Reply, replies},
    pipe::Pipe,
    reference::{Reference, Store, VALUE_MAX},
};
use keyway::Cache;
use keyway_frontend::{Connection, Desk, Dialogue, Door, Entrance, Policy, Turn};
use std::{collections::BTreeSet, sync::Arc};

/// Turns that one piece of input may lead to: far more than any needs.
const PATIENCE: usize = 100_000;

/// What a connection may keep before login, in bytes: one read of 4 KiB behind a login of as much, and answers of about 4 KiB
/// with room to grow.
pub(crate) const LOCKED_MAX: usize = 20 << 10;

/// The same after login: one read of 16 KiB behind a frame of as much, and answers of 64 KiB with room to grow.
pub(crate) const OPEN_MAX: usize = 160 << 10;

/// Opcodes with the status that they were answered with.
pub type Outcomes = BTreeSet<(u8, u16)>;

/// The connection.
#[derive(Debug)]
pub(super) struct Line {
    connection: Connection<Pipe>,
    desk: Desk,
    over: bool,
    /// Whether anybody ever was logged in: what was read then may be kept for longer.
    was_open: bool,
    reference: Reference,
    store: Store,
    /// The last answers, those of one batch.
    heard: Vec<Reply>,
    outcomes: Outcomes,
}

impl Line {
    /// A connection at this door, whose peer takes so many bytes ahead of its reading.
    pub(super) fn to(cache: &Cache, entrance: Entrance, reference: Reference, window: usize) -> Self {
        let mut policy = Policy::default();
        policy.max_item = VALUE_MAX;
        let door = Arc::new(Door::new(cache.clone(), policy).through(entrance));
        Self {
            connection: Connection::new(Pipe::new(window), Dialogue::new(door, 0)),
            desk: Desk::new(),
            over: false,
            was_open: reference.is_open(),
            reference,
            store: Store::default(),
            heard: Vec::new(),
            outcomes: Outcomes::new(),
        }
    }

    /// Sends bytes in pieces of this size, and compares what comes back.
    pub(super) fn say(&mut self, bytes: &[u8], piece: usize) -> &[Reply] {
        self.reference.sends(bytes);
        let mut back = Vec::new();
        for piece in bytes.chunks(piece.max(1)) {
            if self.over {
                break;
            }
            self.connection.transport_mut().send(piece);
            self.connection.note_readable();
            self.settle(&mut back);
        }
        self.heard = replies(&back);
        self.heard.iter().for_each(|reply| self.reference.receives(reply.clone()));
        self.outcomes.extend(self.heard.iter().map(|reply| (reply.opcode, reply.status)));
        self.reference.conclude(&mut self.store);
        if !self.reference.is_unsure() {
            assert_eq!(self.reference.is_closed(), self.is_closed(), "hung up, or not");
        }
        &self.heard
    }

    /// Lets time pass for the reference; the cache's clock is the story's to move.
    pub(super) fn pass(&mut self, seconds: u64) {
        self.store.pass(seconds);
    }

    /// What was answered so far.
    pub(super) fn into_outcomes(self) -> Outcomes {
        self.outcomes
    }

    pub(super) fn is_closed(&self) -> bool {
        self.connection.transport().output_ended()
    }

    /// Whether there is nothing more to be compared.
    pub(super) fn is_over(&self) -> bool {
        self.is_closed() || self.reference.is_unsure()
    }

    pub(super) fn is_open(&self) -> bool {
        self.reference.is_open()
    }

    fn settle(&mut self, back: &mut Vec<u8>) {
        for _ in 0..PATIENCE {
            let turn = self.connection.turn(&mut self.desk).expect("the pipe does not fail");
            let bound = if self.was_open || self.connection.is_past_login() { OPEN_MAX } else { LOCKED_MAX };
            self.was_open |= self.connection.is_past_login();
            let buffered = self.connection.buffered();
            assert!(buffered <= bound, "{buffered} bytes are kept");
            let pipe = self.connection.transport_mut();
            back.extend(pipe.take(usize::MAX));
            let writable = pipe.has_become_writable();
            if writable {
                self.connection.note_writable();
            }
            match turn {
                Turn::Rest if !writable => return,
                Turn::Rest | Turn::Again | Turn::Leave => {}
                Turn::Verify(attempt) => {
                    self.connection
                        .verdict(attempt.verify(), &mut self.desk)
                        .expect("the pipe does not fail");
                }
                Turn::Over => {
                    self.over = true;
                    return;
                }
            }
        }
        panic!("it never comes to rest");
    }
}
