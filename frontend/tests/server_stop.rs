//! A server stops in good order: what was received is answered, and nobody holds it up.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::cast_possible_truncation)] // what fails here fails the test

mod raw;

use keyway::{Role, Rounds, Verifier};
use keyway_frontend::Server;
use raw::{Client, PASSWORD, cache, cache_of_ada, get, noop, plain, serve, serve_openly, set};
use std::{
    io::{Read, Write},
    net::TcpStream,
    thread,
    time::{Duration, Instant},
};

/// "About five seconds at most", and what a busy machine may add.
const AT_THE_LATEST: Duration = Duration::from_secs(20);

/// Stops it, which must not take much longer than is promised.
#[track_caller]
fn stop(server: Server) {
    let start = Instant::now();
    server.stop();
    assert!(start.elapsed() < AT_THE_LATEST, "{:?}", start.elapsed());
}

#[test]
fn a_stop_answers_what_was_received() {
    let server = serve_openly(&cache());
    let mut client = Client::to(&server);
    assert_eq!(client.one(&noop()).status, 0);
    let count = 1000;
    let asks: Vec<u8> = (0..count).flat_map(|n| noop().opaque(n).bytes()).collect();
    client.send(&asks);
    stop(server);
    (0..count).for_each(|n| assert_eq!(client.reply().opaque, n));
    client.wait_for_end();
}

#[test]
fn a_stop_waits_for_a_verification_under_way() {
    let cache = cache();
    let verifier = Verifier::derive(PASSWORD, Rounds::default()).unwrap();
    cache.users().add_verifier("ada", verifier, Role::ReadWrite).unwrap();
    let server = serve(&cache, |_| {});
    let mut client = Client::to(&server);
    assert_eq!(client.one(&raw::ask(0x0b)).status, 0);
    client.send(&[plain("ada", PASSWORD).bytes(), set("k", "v").bytes()].concat());
    stop(server);
    assert_eq!((client.reply().status, client.reply().status), (0, 0));
    client.wait_for_end();
}

#[test]
fn a_stop_is_not_held_up_by_a_peer_that_does_not_read() {
    let server = serve_openly(&cache());
    let mut deaf = Client::to(&server);
    assert_eq!(deaf.one(&set("k", vec![b'x'; 1 << 20])).status, 0);
    (0..64).for_each(|_| deaf.send(&get("k").bytes()));
    // Returns at all, with the client still there.
    stop(server);
    drop(deaf);
}

#[test]
fn clients_that_come_and_go_while_it_stops_hold_nothing_up() {
    for _ in 0..5 {
        let server = serve_openly(&cache());
        let address = server.addresses()[0];
        let visitors: Vec<_> = (0..4)
            .map(|_| {
                thread::spawn(move || {
                    while let Ok(mut socket) = TcpStream::connect(address) {
                        drop(socket.write_all(&noop().bytes()));
                        drop(socket.read(&mut [0; 24]));
                    }
                })
            })
            .collect();
        assert_eq!(Client::to(&server).one(&noop()).status, 0);
        stop(server);
        visitors.into_iter().for_each(|visitor| visitor.join().unwrap());
    }
}

#[test]
fn a_stop_is_not_held_up_by_a_peer_that_sends_and_reads_for_ever() {
    let server = serve_openly(&cache());
    let mut busy = Client::to(&server);
    assert_eq!(busy.one(&noop()).status, 0);
    let mut reading = busy.socket.try_clone().unwrap();
    let reader = thread::spawn(move || std::io::copy(&mut reading, &mut std::io::sink()));
    let asks = noop().bytes().repeat(1000);
    let sender = thread::spawn(move || while busy.socket.write_all(&asks).is_ok() {});
    thread::sleep(Duration::from_millis(50));
    stop(server);
    sender.join().unwrap();
    // Reset or ended, whichever it saw first.
    let _ = reader.join().unwrap();
}

#[test]
fn a_stop_leaves_undone_what_has_not_come_whole() {
    let cache = cache();
    let server = serve_openly(&cache);
    let pieces = [20, 30, 200_000].map(|len| {
        let mut client = Client::to(&server);
        assert_eq!(client.one(&noop()).status, 0);
        client.send(&set("half", vec![1; 300_000]).bytes()[..len]);
        client
    });
    stop(server);
    for mut client in pieces {
        client.wait_for_end();
    }
    assert_eq!(cache.stats().items, 0);
}

#[test]
fn a_stop_ends_logins_that_are_under_way_or_wait() {
    let server = serve(&cache_of_ada(), |config| {
        config.guesses_per_name = 1;
        config.guesses_per_address = 1;
    });
    let mut silent = Client::to(&server);
    assert_eq!(silent.one(&raw::ask(0x0b)).status, 0);
    let mut dialogue = Client::to(&server);
    let _begun = dialogue.begin_scram("ada");
    assert_eq!(Client::to(&server).one(&plain("ada", "wrong")).status, 0x20);
    let mut waiting = Client::to(&server);
    assert_eq!(waiting.one(&raw::ask(0x0b)).status, 0);
    waiting.send(&plain("ada", "wrong").bytes());
    thread::sleep(Duration::from_millis(50));
    stop(server);
    silent.wait_for_end();
    dialogue.wait_for_end();
    let mut rest = Vec::new();
    // Put off or left without an answer, but not let wait for one.
    let _ = waiting.socket.read_to_end(&mut rest);
    assert!(raw::replies(&rest).iter().all(|reply| reply.status == 0x86));
}

/// What a stop of one server does to those who share its cache: nothing.
#[test]
fn a_stop_disturbs_neither_another_server_nor_sessions_of_the_process() {
    let cache = cache_of_ada();
    cache.users().add_trusted("app", Role::ReadWrite).unwrap();
    let session = cache.session_for("app").unwrap();
    let staying = serve(&cache, |_| {});
    let mut there = Client::of_ada(&staying);
    for round in 0..10 {
        let server = serve(&cache, |config| config.policy.threads = 2);
        let mut here = Client::of_ada(&server);
        assert_eq!(here.one(&set("k", round.to_string())).status, 0);
        here.send(&get("k").bytes().repeat(100));
        stop(server);
        (0..100).for_each(|_| assert_eq!(here.reply().text(), round.to_string()));
        here.wait_for_end();
        assert_eq!(there.one(&get("k")).text(), round.to_string());
        assert_eq!(session.get("k").unwrap().unwrap().value(), round.to_string().as_bytes());
    }
    assert!(staying.is_running());
}
