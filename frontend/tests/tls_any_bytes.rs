//! Whatever comes in place of TLS, or in the middle of it: nobody panics, no turn is without end, and nothing is answered in the
//! clear.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::cast_possible_truncation,
    reason = "a test that cannot go on fails"
)]

mod raw;
mod tls;

use keyway_frontend::{Connection, Desk, Dialogue, Door, Policy, Tls, TlsStream, Transport, Turn};
use proptest::{prelude::*, sample::Index};
use rustls::{ClientConnection, pki_types::ServerName, version::TLS13};
use std::{
    collections::VecDeque,
    io::{self, ErrorKind, Read, Write},
    sync::{Arc, LazyLock},
};
use tls::House;

/// Turns after which a connection that goes on and on is stuck.
const ENOUGH: usize = 100_000;

/// The server's end of a line in memory.
#[derive(Debug, Default)]
struct Wire {
    to_server: VecDeque<u8>,
    to_client: Vec<u8>,
    client_ended: bool,
}

impl Read for Wire {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        if self.to_server.is_empty() && !self.client_ended {
            return Err(ErrorKind::WouldBlock.into());
        }
        self.to_server.read(room)
    }
}

impl Write for Wire {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.to_client.extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Transport for Wire {
    fn end_output(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct Place {
    tls: Tls,
    cache: keyway::Cache,
    door: Arc<Door>,
    client: Arc<rustls::ClientConfig>,
}

static PLACE: LazyLock<Place> = LazyLock::new(|| {
    let house = House::new();
    let client = Arc::new(house.client_config(None, &[&TLS13]));
    let cache = raw::cache_of_ada();
    let door = Door::new(cache.clone(), Policy::default());
    Place { tls: house.tls(), cache, door: Arc::new(door), client }
});

type Server = Connection<TlsStream<Wire>>;

fn server() -> Server {
    let stream = PLACE.tls.accept(Wire::default()).unwrap();
    Connection::new(stream, Dialogue::new(Arc::clone(&PLACE.door), 0))
}

/// Turns until there is nothing to do. Whether the connection is over.
fn drive(server: &mut Server, desk: &mut Desk) -> bool {
    server.note_readable();
    server.note_writable();
    for _ in 0..ENOUGH {
        match server.turn(desk) {
            Ok(Turn::Rest) => return false,
            Ok(Turn::Again | Turn::Leave) => {}
            Ok(Turn::Verify(attempt)) => {
                if server.verdict(attempt.verify(), desk).is_err() {
                    return true;
                }
            }
            Ok(Turn::Over) | Err(_) => return true,
        }
    }
    panic!("a connection without end");
}

fn feed(server: &mut Server, bytes: &[u8]) {
    server.transport_mut().socket_mut().to_server.extend(bytes);
}

/// Records of TLS only: handshake, alert, change of cipher, data.
fn is_tls(mut bytes: &[u8]) -> bool {
    while let [kind, 3, 0..=4, high, low, rest @ ..] = bytes {
        let len = usize::from(u16::from_be_bytes([*high, *low]));
        if !(0x14..=0x17).contains(kind) || rest.len() < len {
            return false;
        }
        bytes = &rest[len..];
    }
    bytes.is_empty()
}

/// A client whose handshake is done with this server, by bytes that are carried by hand.
fn shake_hands(server: &mut Server, desk: &mut Desk) -> ClientConnection {
    let name = ServerName::try_from("localhost").unwrap();
    let mut client = ClientConnection::new(PLACE.client.clone(), name).unwrap();
    while client.is_handshaking() || client.wants_write() {
        let mut out = Vec::new();
        while client.wants_write() {
            client.write_tls(&mut out).unwrap();
        }
        feed(server, &out);
        assert!(!drive(server, desk));
        let back = std::mem::take(&mut server.transport_mut().socket_mut().to_client);
        let mut back = back.as_slice();
        while !back.is_empty() {
            client.read_tls(&mut back).unwrap();
            client.process_new_packets().unwrap();
        }
    }
    client
}

#[derive(Clone, Debug)]
enum Change {
    Set(Index, u8),
    Remove(Index),
    Insert(Index, Vec<u8>),
    Cut(Index),
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        (any::<Index>(), any::<u8>()).prop_map(|(at, byte)| Change::Set(at, byte)),
        any::<Index>().prop_map(Change::Remove),
        (any::<Index>(), proptest::collection::vec(any::<u8>(), 1..40))
            .prop_map(|(at, bytes)| Change::Insert(at, bytes)),
        any::<Index>().prop_map(Change::Cut),
    ]
}

fn change_all(mut bytes: Vec<u8>, changes: &[Change]) -> Vec<u8> {
    for change in changes {
        if bytes.is_empty() {
            return bytes;
        }
        match change {
            Change::Set(at, byte) => {
                let at = at.index(bytes.len());
                bytes[at] = *byte;
            }
            Change::Remove(at) => drop(bytes.remove(at.index(bytes.len()))),
            Change::Insert(at, more) => {
                let at = at.index(bytes.len());
                bytes.splice(at..at, more.iter().copied());
            }
            Change::Cut(at) => bytes.truncate(at.index(bytes.len())),
        }
    }
    bytes
}

fn greeting() -> Vec<u8> {
    let name = ServerName::try_from("localhost").unwrap();
    let mut client = ClientConnection::new(PLACE.client.clone(), name).unwrap();
    let mut out = Vec::new();
    client.write_tls(&mut out).unwrap();
    out
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn bytes_in_place_of_a_greeting_end_in_nothing_said(
        bytes in proptest::collection::vec(any::<u8>(), 0..5000),
        changes in proptest::collection::vec(change(), 1..6),
        is_greeting in any::<bool>(),
        pieces in 1_usize..2000,
    ) {
        let bytes = if is_greeting { change_all(greeting(), &changes) } else { bytes };
        let (mut server, mut desk) = (server(), Desk::new());
        let over = bytes.chunks(pieces).any(|piece| {
            feed(&mut server, piece);
            drive(&mut server, &mut desk)
        });
        prop_assert!(!server.is_open());
        server.transport_mut().socket_mut().client_ended = true;
        server.note_ended();
        prop_assert!(over || drive(&mut server, &mut desk));
        prop_assert!(is_tls(&server.transport().socket().to_client));
    }

    /// Of a client that has logged in: requests in records that were changed on the way.
    #[test]
    fn records_that_were_changed_on_the_way_change_no_request(
        changes in proptest::collection::vec(change(), 1..4),
        len in 0_usize..40_000,
    ) {
        let (mut server, mut desk) = (server(), Desk::new());
        let mut client = shake_hands(&mut server, &mut desk);
        let mut sealed = |asks: &[raw::Ask]| {
            let mut out = Vec::new();
            for bytes in asks.iter().flat_map(raw::Ask::bytes).collect::<Vec<_>>().chunks(4000) {
                client.writer().write_all(bytes).unwrap();
                while client.wants_write() {
                    client.write_tls(&mut out).unwrap();
                }
            }
            out
        };
        let login = sealed(&[raw::plain("ada", raw::PASSWORD)]);
        feed(&mut server, &login);
        prop_assert!(!drive(&mut server, &mut desk) && server.is_open());
        let right = sealed(&[raw::set("k", vec![7; len]), raw::get("k"), raw::noop()]);
        let changed = change_all(right, &changes);
        feed(&mut server, &changed);
        let over = drive(&mut server, &mut desk);
        server.transport_mut().socket_mut().client_ended = true;
        server.note_ended();
        prop_assert!(over || drive(&mut server, &mut desk));
        prop_assert!(is_tls(&server.transport().socket().to_client));
        // Nothing was stored but what was sent.
        let stored = PLACE.cache.session_for("ada").unwrap().get("k").unwrap();
        prop_assert!(stored.is_none_or(|item| item.iter().all(|byte| *byte == 7)));
    }
}
