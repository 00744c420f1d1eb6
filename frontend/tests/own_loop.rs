//! A connection is driven by any loop over any transport: here by a loop of one, over two queues of bytes of which one
//! takes and gives little at a time.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

mod conversation;

use conversation::{ask, get, locked_door, noop, plain, replies, set};
use keyway_frontend::{Connection, Desk, Dialogue, Transport, Turn};
use std::{
    collections::VecDeque,
    io::{self, ErrorKind, Read, Write},
};

/// Bytes that one read or write takes at most: fewer than a header has.
const MOUTHFUL: usize = 7;

/// The server's end of a line whose other end is the test.
#[derive(Debug, Default)]
struct Wire {
    to_server: VecDeque<u8>,
    to_client: Vec<u8>,
    /// What can be written before the client reads.
    room: usize,
    client_ended: bool,
    server_ended: bool,
}

impl Read for Wire {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        if self.to_server.is_empty() && !self.client_ended {
            return Err(ErrorKind::WouldBlock.into());
        }
        let most = room.len().min(MOUTHFUL);
        self.to_server.read(&mut room[..most])
    }
}

impl Write for Wire {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = bytes.len().min(MOUTHFUL).min(self.room);
        if taken == 0 && !bytes.is_empty() {
            return Err(ErrorKind::WouldBlock.into());
        }
        self.room -= taken;
        self.to_client.extend(&bytes[..taken]);
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Transport for Wire {
    fn end_output(&mut self) -> io::Result<()> {
        self.server_ended = true;
        Ok(())
    }
}

/// Turns until there is nothing to do. Whether the connection is over.
fn drive(connection: &mut Connection<Wire>, desk: &mut Desk) -> bool {
    // The loop polls nothing, so it takes everything for ready before each turn.
    for _ in 0..10_000 {
        connection.note_readable();
        connection.note_writable();
        match connection.turn(desk).unwrap() {
            Turn::Rest if connection.transport().to_server.is_empty() => return false,
            Turn::Rest if connection.transport().room == 0 => return false,
            Turn::Rest | Turn::Again | Turn::Leave => {}
            Turn::Verify(attempt) => connection.verdict(attempt.verify(), desk).unwrap(),
            Turn::Over => return true,
        }
    }
    panic!("the connection never rests");
}

#[test]
fn a_loop_of_ones_own_takes_a_connection_from_login_to_its_end() {
    let (_cache, door) = locked_door();
    let mut desk = Desk::new();
    let mut connection = Connection::new(Wire::default(), Dialogue::new(door, 0));
    let asks = [plain("ada", conversation::PASSWORD), set("k", "value"), get("k"), noop(), ask(0x07)];
    let bytes: Vec<u8> = asks.iter().flat_map(conversation::Ask::bytes).collect();
    connection.transport_mut().to_server.extend(bytes);

    // The client does not read: the answers stay, and then nothing more is read.
    assert!(!drive(&mut connection, &mut desk));
    assert!(!connection.transport().to_server.is_empty());
    assert!(connection.buffered() > 0);

    connection.transport_mut().room = usize::MAX;
    assert!(!drive(&mut connection, &mut desk));
    let answers = replies(&connection.transport().to_client);
    assert_eq!(answers.iter().map(|answer| answer.status).collect::<Vec<_>>(), [0; 5]);
    assert_eq!(answers[2].value, b"value");
    assert!(connection.is_past_login() && connection.transport().server_ended);

    // It listens on until the client ends its side too.
    connection.transport_mut().client_ended = true;
    connection.note_ended();
    assert!(drive(&mut connection, &mut desk));
    assert_eq!(connection.buffered(), 0);
}
