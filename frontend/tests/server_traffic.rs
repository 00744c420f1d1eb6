//! Traffic over real sockets: pipelines, large values, and peers that do not play along.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::cast_possible_truncation)] // what fails here fails the test

mod raw;

use raw::{Client, cache, get, noop, serve, serve_openly, set};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

const MIB: usize = 1 << 20;

/// Values that fill every socket buffer on the way many times over.
const UNREAD: u32 = 64;

fn large_value() -> Vec<u8> {
    (0..MIB).map(|at| (at % 251) as u8).collect()
}

/// Asks for a large value many times and does not read.
fn deaf_client(server: &keyway_frontend::Server) -> Client {
    let mut client = Client::seated(server);
    assert_eq!(client.one(&set("large", large_value())).status, 0);
    let asks: Vec<u8> = (0..UNREAD).flat_map(|n| get("large").opaque(n).bytes()).collect();
    client.send(&asks);
    client
}

#[test]
fn generic_ten_thousand_requests_in_one_go_are_answered_in_order() {
    let server = serve_openly(&cache());
    let mut client = Client::to(&server);
    let count = 10_000;
    let asks: Vec<u8> = (0..count)
        .flat_map(|n| [set(format!("k{n}"), n.to_string()).opaque(n), get(format!("k{n}")).opaque(n)])
        .flat_map(|ask| ask.bytes())
        .collect();
    // In the background: who sends without reading may be made to wait.
    let mut sender = client.socket.try_clone().unwrap();
    let sending = thread::spawn(move || std::io::Write::write_all(&mut sender, &asks).unwrap());
    for n in 0..count {
        let (stored, found) = (client.reply(), client.reply());
        assert_eq!((stored.status, stored.opaque), (0, n));
        assert_eq!((found.text(), found.opaque), (n.to_string(), n));
    }
    sending.join().unwrap();
}

#[test]
fn large_values_arrive_whole_however_they_are_cut() {
    let server = serve_openly(&cache());
    let mut client = Client::to(&server);
    let value = &large_value()[..MIB - 1000];
    for piece in [MIB, 100_000, 1371] {
        let bytes = [set("k", value).bytes(), noop().bytes()].concat();
        bytes.chunks(piece).for_each(|bytes| client.send(bytes));
        assert_eq!((client.reply().status, client.reply().status), (0, 0));
        assert!(client.one(&get("k")).value == value, "in pieces of {piece}");
    }
}

#[test]
fn a_value_over_the_limit_is_refused_and_the_connection_goes_on() {
    let server = serve_openly(&cache());
    let mut client = Client::to(&server);
    client.send(&set("k", vec![0; 4 * MIB]).bytes());
    assert_eq!(client.reply().status, 0x03);
    assert_eq!(client.one(&noop()).status, 0);
}

#[test]
fn who_does_not_read_stalls_nobody_else_and_gets_everything_later() {
    let server = serve_openly(&cache());
    let mut deaf = deaf_client(&server);
    let mut other = Client::to(&server);
    for n in 0..100 {
        assert_eq!(other.one(&set("k", n.to_string())).status, 0);
        assert_eq!(other.one(&get("k")).text(), n.to_string());
    }
    let value = large_value();
    for n in 0..UNREAD {
        let reply = deaf.reply();
        assert_eq!((reply.status, reply.opaque), (0, n));
        assert!(reply.value == value);
    }
    assert_eq!(deaf.one(&noop()).status, 0);
}

#[test]
fn who_asks_without_pause_leaves_room_for_others() {
    let server = serve_openly(&cache());
    let over = Arc::new(AtomicBool::new(false));
    let hog = Client::to(&server);
    let mut reading = hog.socket.try_clone().unwrap();
    let reader = thread::spawn(move || std::io::copy(&mut reading, &mut std::io::sink()));
    let sender = thread::spawn({
        let (over, mut hog) = (Arc::clone(&over), hog);
        let asks: Vec<u8> = (0..4000).flat_map(|_| noop().bytes()).collect();
        move || {
            while !over.load(Ordering::Relaxed) {
                hog.send(&asks);
            }
            hog.half_close();
        }
    });
    let mut other = Client::to(&server);
    (0..200).for_each(|_| assert_eq!(other.one(&noop()).status, 0));
    over.store(true, Ordering::Relaxed);
    sender.join().unwrap();
    reader.join().unwrap().unwrap();
}

#[test]
fn generic_after_a_half_close_everything_is_answered() {
    let server = serve_openly(&cache());
    let mut client = deaf_client(&server);
    client.half_close();
    for n in 0..UNREAD {
        assert_eq!(client.reply().opaque, n);
    }
    client.wait_for_end();
}

#[test]
fn generic_a_reset_in_the_middle_of_an_answer_ends_only_that_connection() {
    let cache = cache();
    let server = serve(&cache, |config| {
        raw::open(config, &cache);
        config.policy.max_connections = 2;
    });
    let mut other = Client::to(&server);
    for _ in 0..5 {
        // Closing with answers unread resets the connection. Its seat is free again, or the next one finds none.
        drop(deaf_client(&server));
        assert_eq!(other.one(&noop()).status, 0);
    }
}
