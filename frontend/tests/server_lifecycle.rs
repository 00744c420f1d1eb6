//! A server's life: starting, seats, upkeep, sharing a cache, and stopping in good order.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::cast_possible_truncation)] // what fails here fails the test

mod raw;

use keyway::{Cache, Clock, Config, Role, Rounds, Users, Verifier};
use keyway_frontend::{Server, ServerConfig, ServerError};
use raw::{Client, PASSWORD, cache, cache_of_ada, eventually, get, noop, plain, serve, serve_openly, set};
use std::{
    io::Read,
    net::{SocketAddr, TcpStream},
    thread,
    time::Duration,
};

fn free_port() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 0))
}

#[test]
fn every_address_leads_to_the_same_cache() {
    let cache = cache();
    let server = serve(&cache, |config| {
        raw::open(config, &cache);
        config.listen = vec![free_port(), free_port()];
        config.policy.threads = 2;
    });
    assert!(server.is_running());
    let [first, second] = *server.addresses() else { panic!("two addresses") };
    assert_ne!(first, second);
    let mut client = Client::to(&server);
    assert_eq!(client.one(&set("k", "v")).status, 0);
    let mut other = Client { socket: TcpStream::connect(second).unwrap() };
    assert_eq!(other.one(&get("k")).value, b"v");
}

#[test]
fn settings_that_cannot_work_are_refused_before_anything_starts() {
    let start = |adjust: fn(&mut ServerConfig)| {
        let mut config = ServerConfig::new(Default::default());
        config.listen = vec![free_port()];
        adjust(&mut config);
        Server::start(cache(), config)
    };
    let settings: [fn(&mut ServerConfig); 3] = [
        |config| config.listen.clear(),
        |config| config.policy.threads = 0,
        |config| config.verifier_threads = 0,
    ];
    for adjust in settings {
        assert!(matches!(start(adjust), Err(ServerError::Config(_))));
    }
    assert!(start(|_| {}).is_ok());
}

#[test]
fn two_servers_share_a_cache_and_end_apart() {
    let cache = cache_of_ada();
    let (first, second) = (serve(&cache, |_| {}), serve(&cache, |_| {}));
    let mut here = Client::of_ada(&first);
    let mut there = Client::of_ada(&second);
    assert_eq!(here.one(&set("k", "v")).status, 0);
    assert_eq!(there.one(&get("k")).value, b"v");
    first.stop();
    here.wait_for_end();
    assert_eq!(there.one(&get("k")).value, b"v");
}

#[test]
fn one_connection_too_many_is_closed_and_a_free_seat_is_given_again() {
    let cache = cache();
    let server = serve(&cache, |config| {
        raw::open(config, &cache);
        config.policy.max_connections = 2;
    });
    let mut seated = [Client::to(&server), Client::to(&server)];
    seated.iter_mut().for_each(|client| assert_eq!(client.one(&noop()).status, 0));
    Client::to(&server).wait_for_end();
    let [mut staying, leaving] = seated;
    drop(leaving);
    let _next = Client::seated(&server);
    assert_eq!(staying.one(&noop()).status, 0);
}

#[test]
fn a_stop_answers_what_was_received() {
    let server = serve_openly(&cache());
    let mut client = Client::to(&server);
    assert_eq!(client.one(&noop()).status, 0);
    let count = 1000;
    let asks: Vec<u8> = (0..count).flat_map(|n| noop().opaque(n).bytes()).collect();
    client.send(&asks);
    server.stop();
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
    server.stop();
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
    server.stop();
    drop(deaf);
}

#[test]
fn after_a_stop_the_port_is_free_and_the_cache_goes_on() {
    let cache = cache();
    let server = serve_openly(&cache);
    let address = server.addresses()[0];
    let mut client = Client::to(&server);
    assert_eq!(client.one(&set("k", "v")).status, 0);
    drop(server);
    client.wait_for_end();
    assert!(TcpStream::connect(address).is_err());

    let session = cache.session_for("guest").unwrap();
    assert_eq!(session.get("k").unwrap().unwrap().value(), b"v");
    let again = serve(&cache, |config| {
        config.listen = vec![address];
        config.policy.anonymous = Some(session);
    });
    assert_eq!(Client::to(&again).one(&get("k")).value, b"v");
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
                        drop(std::io::Write::write_all(&mut socket, &noop().bytes()));
                        drop(socket.read(&mut [0; 24]));
                    }
                })
            })
            .collect();
        assert_eq!(Client::to(&server).one(&noop()).status, 0);
        server.stop();
        visitors.into_iter().for_each(|visitor| visitor.join().unwrap());
    }
}

#[test]
fn the_server_gives_the_cache_its_upkeep() {
    let clock = Clock::manual();
    let mut config = Config::new(8 << 20);
    config.clock = clock.clone();
    let cache = Cache::new(config, Users::new()).unwrap();
    let server = serve_openly(&cache);
    let mut client = Client::to(&server);
    let expiring = set("k", "v").extras([0, 0, 0, 0, 0, 0, 0, 2]);
    assert_eq!(client.one(&expiring).status, 0);
    assert_eq!(cache.stats().items, 1);
    clock.advance(Duration::from_secs(10));
    eventually("the expired item is gone though nobody asked for it", || cache.stats().items == 0);
}

#[test]
fn servers_that_come_and_go_cost_sessions_in_process_nothing() {
    let cache = cache_of_ada();
    cache.users().add_trusted("app", Role::ReadWrite).unwrap();
    let session = cache.session_for("app").unwrap();
    let (done, is_done) = std::sync::mpsc::channel::<()>();
    let beside = cache.clone();
    let servers = thread::spawn(move || {
        for _ in 0..10 {
            let (first, second) = (serve(&beside, |_| {}), serve(&beside, |_| {}));
            let mut client = Client::of_ada(&first);
            assert_eq!(client.one(&get("counter")).status, 0);
            first.stop();
            second.stop();
        }
        drop(done);
    });
    session.set("counter", "0").unwrap();
    let mut count = 0;
    while is_done.try_recv() != Err(std::sync::mpsc::TryRecvError::Disconnected) {
        count += 1;
        assert_eq!(session.incr("counter", 1).unwrap().value, count);
        assert!(session.get("counter").unwrap().is_some());
    }
    servers.join().unwrap();
    assert!(count > 0);
    assert_eq!(cache.stats().evictions, 0);
}
