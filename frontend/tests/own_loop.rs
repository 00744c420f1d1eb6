//! A connection is driven by any loop over any transport: here by a loop of one, over two queues of bytes of which one
//! takes and gives little at a time.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::cast_possible_truncation,
    reason = "a test that cannot go on fails"
)]

mod conversation;

use conversation::{Ask, ask, get, locked_door, noop, open_door, plain, replies, set};
use keyway::Role;
use keyway_frontend::{Connection, Desk, Dialogue, Transport, Turn};
use std::{
    collections::VecDeque,
    io::{self, ErrorKind, Read, Write},
};

/// Bytes that one read or write takes at most by default: fewer than a header has.
const MOUTHFUL: usize = 7;

/// The server's end of a line whose other end is the test.
#[derive(Debug)]
struct Wire {
    to_server: VecDeque<u8>,
    to_client: Vec<u8>,
    /// What can be written before the client reads.
    room: usize,
    client_ended: bool,
    server_ended: bool,
    mouthful: usize,
    writes: usize,
}

impl Default for Wire {
    fn default() -> Self {
        Self {
            to_server: VecDeque::new(),
            to_client: Vec::new(),
            room: 0,
            client_ended: false,
            server_ended: false,
            mouthful: MOUTHFUL,
            writes: 0,
        }
    }
}

impl Wire {
    /// A line with a reader, that moves so many bytes at a time.
    fn of(mouthful: usize) -> Self {
        Self { mouthful, room: usize::MAX, ..Self::default() }
    }
}

impl Read for Wire {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        if self.to_server.is_empty() && !self.client_ended {
            return Err(ErrorKind::WouldBlock.into());
        }
        let most = room.len().min(self.mouthful);
        self.to_server.read(&mut room[..most])
    }
}

impl Write for Wire {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = bytes.len().min(self.mouthful).min(self.room);
        if taken == 0 && !bytes.is_empty() {
            return Err(ErrorKind::WouldBlock.into());
        }
        self.room -= taken;
        self.writes += 1;
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
    for _ in 0..1_000_000 {
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
    let bytes: Vec<u8> = asks.iter().flat_map(Ask::bytes).collect();
    connection.transport_mut().to_server.extend(bytes);

    assert!(!connection.is_open());
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

/// An open connection over a line that moves so many bytes at a time.
fn open_connection(mouthful: usize, role: Role) -> (keyway::Cache, Connection<Wire>) {
    let cache = conversation::cache();
    let door = open_door(&cache, role);
    (cache, Connection::new(Wire::of(mouthful), Dialogue::new(door, 0)))
}

fn send(connection: &mut Connection<Wire>, asks: &[Ask]) {
    connection.transport_mut().to_server.extend(asks.iter().flat_map(Ask::bytes));
}

#[test]
fn large_values_arrive_whole_however_they_are_cut_and_leave_nothing_behind() {
    let large = |len: usize, seed: usize| -> Vec<u8> { (0..len).map(|at| (at * 31 + seed) as u8).collect() };
    for (mouthful, len) in
        [(7, 40_000), (1000, 100_000), (4096, 300_000), (16_384, 1 << 20), (usize::MAX, 1 << 20)]
    {
        let (cache, mut connection) = open_connection(mouthful, Role::ReadWrite);
        let mut desk = Desk::new();
        let flagged = ask(0x02).key("b").value(large(len, 2)).extras(conversation::stored_as(9, 0));
        send(
            &mut connection,
            &[
                noop(),
                set("a", large(len, 1)),
                get("a"),
                flagged.clone(),
                flagged,
                ask(0x11).key("c").value(large(len, 3)).extras(conversation::stored_as(0, 0)),
                ask(0x0e).key("small").value(large(len, 4)),
                set("a", large(len, 5)).cas(u64::MAX >> 20),
                get("b"),
                get("c"),
                ask(0x0b),
            ],
        );
        assert!(!drive(&mut connection, &mut desk));
        let answers = replies(&connection.transport().to_client);
        let statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
        assert_eq!(statuses, [0, 0, 0, 0, 2, 5, 2, 0, 0, 0], "{mouthful}");
        assert!(answers[2].value == large(len, 1) && answers[7].value == large(len, 2), "{mouthful}");
        assert!(answers[8].value == large(len, 3));
        assert_eq!(answers[7].extras, 9_u32.to_be_bytes());
        assert_eq!(connection.buffered(), 0);
        assert_eq!(cache.session_for("guest").unwrap().get("a").unwrap().unwrap().value(), large(len, 1));
    }
}

#[test]
fn a_large_value_costs_eight_times_what_was_sent_at_most_and_half_of_one_changes_nothing() {
    let (cache, mut connection) = open_connection(4096, Role::ReadWrite);
    let session = cache.session_for("guest").unwrap();
    session.set("k", "old").unwrap();
    let mut desk = Desk::new();
    let bytes = set("k", vec![1; 1 << 20]).bytes();
    let mut sent = 0;
    while sent + 4096 < bytes.len() {
        connection.transport_mut().to_server.extend(&bytes[sent..sent + 4096]);
        sent += 4096;
        assert!(!drive(&mut connection, &mut desk));
        assert!(connection.buffered() <= 8 * sent + (64 << 10), "{} held for {sent}", connection.buffered());
    }
    assert!(connection.is_open());
    assert_eq!(session.get("k").unwrap().unwrap().value(), b"old");
    connection.transport_mut().client_ended = true;
    assert!(drive(&mut connection, &mut desk));
    assert_eq!(session.get("k").unwrap().unwrap().value(), b"old");
}

#[test]
fn whoever_loses_the_session_or_the_right_while_a_large_value_comes_stores_nothing() {
    for (revoke, status) in [(true, 0x1f), (false, 0x24)] {
        let (cache, mut connection) = open_connection(4096, Role::ReadWrite);
        let mut desk = Desk::new();
        let bytes = set("k", vec![1; 200_000]).bytes();
        connection.transport_mut().to_server.extend(&bytes[..100_000]);
        assert!(!drive(&mut connection, &mut desk));
        if revoke {
            cache.users().revoke("guest").unwrap();
        } else {
            cache.users().set_roles("guest", Role::ReadOnly).unwrap();
        }
        connection.transport_mut().to_server.extend(&bytes[100_000..]);
        drive(&mut connection, &mut desk);
        assert_eq!(replies(&connection.transport().to_client)[0].status, status);
        assert_eq!(cache.stats().items, 0);
    }
}

#[test]
fn a_long_pipeline_takes_many_turns_and_each_is_a_bounded_piece() {
    let (_cache, mut connection) = open_connection(usize::MAX, Role::ReadWrite);
    let mut desk = Desk::new();
    send(&mut connection, &[set("k", vec![7; 100])]);
    send(&mut connection, &vec![get("k"); 2000]);
    let (mut turns, mut before) = (0, 0);
    loop {
        let turn = connection.turn(&mut desk).unwrap();
        let written = connection.transport().to_client.len() - before;
        before += written;
        assert!(written <= 128 * (24 + 4 + 100), "{written} bytes in one turn");
        turns += 1;
        match turn {
            Turn::Again => {}
            Turn::Rest => break,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(replies(&connection.transport().to_client).len(), 2001);
    assert!((2000 / 128..40).contains(&turns), "{turns} turns");
    assert!(connection.transport().writes <= turns, "one write a turn");
    assert_eq!(connection.buffered(), 0);
}
