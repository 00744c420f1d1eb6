//! A server's life: starting, seats, upkeep, and sharing a cache. How it stops is in `server_stop.rs`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::cast_possible_truncation)] // what fails here fails the test

mod raw;

use keyway::{Cache, Clock, Config, Role, Users};
use keyway_frontend::{Server, ServerConfig, ServerError};
use raw::{Client, cache, cache_of_ada, eventually, get, noop, serve, serve_openly, set};
use std::{
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
        config.listen = vec![config.listen[0].clone(); 2];
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
        config.listen = vec![free_port().into()];
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
        config.listen = vec![address.into()];
        config.listen[0].entrance.anonymous = Some(session);
    });
    assert_eq!(Client::to(&again).one(&get("k")).value, b"v");
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
