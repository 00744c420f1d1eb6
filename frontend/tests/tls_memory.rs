//! What a connection inside of TLS costs, by an allocator that counts: while it is idle, after it moved large values, and before
//! anybody has logged in.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::cast_possible_truncation,
    clippy::print_stderr,
    reason = "a test that cannot go on fails"
)]

mod raw;
mod tls;

use keyway_frontend::Server;
use raw::{PASSWORD, cache_of_ada, eventually, get, plain, serve, set};
use rustls::version::TLS13;
use std::{io::Write, net::TcpStream, sync::Arc, time::Duration};
use tls::{House, TlsClient, by_tls};

#[global_allocator]
static ALLOCATOR: dhat::Alloc = dhat::Alloc;

/// So many that what the server has once does not count.
const CONNECTIONS: usize = 200;

/// Idle, in bytes: some 420 are what each connection has. `docs/tls.md` names it.
const IDLE: usize = 8_400;

/// Bytes that were asked of the allocator for who has not logged in, at most. `docs/security.md` names it.
const STRANGER: usize = 20 << 10;

const LARGE: usize = 100_000;

fn allocated() -> usize {
    dhat::HeapStats::get().curr_bytes
}

/// What each of these costs once nothing moves.
#[track_caller]
fn each(what: &str, start: usize, most: usize) {
    let now = || allocated().saturating_sub(start) / CONNECTIONS;
    eventually(what, || now() <= most);
    std::thread::sleep(Duration::from_millis(200));
    eprintln!("{what}: {} bytes each", now());
}

/// Without the client's own memory: the server does not learn that it has forgotten its keys.
fn socket_of(client: TlsClient) -> TcpStream {
    client.0.into_parts().1
}

#[test]
fn a_connection_by_tls_costs_what_the_guide_says() {
    let _counting = dhat::Profiler::builder().testing().build();
    let (house, cache) = (House::new(), cache_of_ada());
    cache.audit().hold(0);
    let server = serve(&cache, |config| {
        config.login_deadline = Duration::from_secs(30);
        by_tls(config, house.tls());
    });
    let config = Arc::new(house.client_config(None, &[&TLS13]));
    let connect = || TlsClient::connect(server.addresses()[0], config.clone()).unwrap();
    let log_in = |mut client: TlsClient| {
        assert_eq!(client.one(&plain("ada", PASSWORD)).status, 0);
        client
    };
    // What is made on first use is there after this.
    let mut first = log_in(connect());
    assert_eq!(first.one(&set("k", vec![7; LARGE])).status, 0);
    assert_eq!(first.one(&get("k")).value.len(), LARGE);
    let mut sockets: Vec<TcpStream> = Vec::with_capacity(CONNECTIONS);
    let start = allocated();

    sockets.extend((0..CONNECTIONS).map(|_| socket_of(log_in(connect()))));
    each("logged in and idle", start, IDLE);
    sockets.clear();
    each("gone", start, 200);

    sockets.extend((0..CONNECTIONS).map(|_| {
        let mut client = log_in(connect());
        assert_eq!(client.one(&set("k", vec![7; LARGE])).status, 0);
        assert_eq!(client.one(&get("k")).value.len(), LARGE);
        socket_of(client)
    }));
    each("idle after large values", start, IDLE);
    sockets.clear();
    each("gone again", start, 200);

    sockets.extend((0..CONNECTIONS).map(|_| socket_of(connect())));
    each("a stranger whose handshake is done", start, STRANGER);
    sockets.clear();
    each("gone once more", start, 200);

    strangers(&server, start);
}

/// Those who send most of a greeting that never ends: as much as is taken.
fn strangers(server: &Server, start: usize) {
    let mut message = vec![1, 0, 0xea, 0x60, 3, 3];
    message.resize(16_000, 0);
    let mut bytes = Vec::new();
    for piece in message.chunks(4000) {
        bytes.extend([0x16, 3, 1, (piece.len() >> 8) as u8, piece.len() as u8]);
        bytes.extend(piece);
    }
    bytes.truncate(16 << 10);
    let before = allocated() - start;
    let mut crowd = Vec::new();
    for _ in 0..CONNECTIONS {
        let mut socket = TcpStream::connect(server.addresses()[0]).unwrap();
        socket.write_all(&bytes).unwrap();
        crowd.push(socket);
    }
    std::thread::sleep(Duration::from_millis(500));
    each("a stranger in the middle of a greeting", start + before, STRANGER);
}
