//! What a connection has until it is logged in is given back before its client can know that it is: who reads the answer and connects
//! again at once finds the place free.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod raw;

use keyway_frontend::{Connection, Desk, Dialogue, Door, Transport, Turn};
use raw::{PASSWORD, ask, cache_of_ada, plain};
use std::{
    io::{self, ErrorKind, Read, Write},
    sync::{Arc, Weak},
};

/// Requests on their way in, and whether the place was still held when each piece of the answers was written.
struct Watched {
    requests: Vec<u8>,
    place: Weak<()>,
    held: Vec<bool>,
}

impl Read for Watched {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let count = self.requests.len().min(room.len());
        if count == 0 {
            return Err(ErrorKind::WouldBlock.into());
        }
        room[..count].copy_from_slice(&self.requests[..count]);
        self.requests.drain(..count);
        Ok(count)
    }
}

impl Write for Watched {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.held.push(self.place.strong_count() > 0);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Transport for Watched {
    fn end_output(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Whether the place was held at each write, from a first answer on that says nothing of a login.
fn held_while_written(password: &str) -> Vec<bool> {
    let door = Arc::new(Door::new(cache_of_ada(), Default::default()));
    let (place, mut desk) = (Arc::new(()), Desk::new());
    let transport = Watched { requests: ask(0x0b).bytes(), place: Arc::downgrade(&place), held: Vec::new() };
    let mut connection = Connection::new(transport, Dialogue::new(door, 0).holding_until_login(place));
    while matches!(connection.turn(&mut desk).unwrap(), Turn::Again) {}
    connection.transport_mut().requests = plain("ada", password).bytes();
    connection.note_readable();
    loop {
        match connection.turn(&mut desk).unwrap() {
            Turn::Again => {}
            Turn::Verify(attempt) => connection.verdict(attempt.verify(), &mut desk).unwrap(),
            _ => break,
        }
    }
    connection.transport().held.clone()
}

#[test]
fn a_place_is_free_before_the_answer_to_a_login_is_written() {
    assert_eq!(held_while_written(PASSWORD), [true, false]);
}

#[test]
fn a_refused_login_gives_nothing_back() {
    assert_eq!(held_while_written("wrong"), [true, true]);
}
