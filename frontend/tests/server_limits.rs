//! What a user or a tenant is refused who asks for too much, over a socket.
#![allow(clippy::unwrap_used, clippy::expect_used)] // what fails here fails the test

mod raw;

use keyway::{Cache, Limits, Namespace, Role};
use keyway_frontend::Server;
use raw::{Client, PASSWORD, add_user, ask, cache_of_ada, get, noop, plain, serve, set};

const BYTES_IN: u16 = 0x30;
const BYTES_OUT: u16 = 0x31;
const CONNECTIONS: u16 = 0x32;
const OPERATIONS: u16 = 0x33;
const TOO_LARGE: u16 = 0x03;

fn limited(set: impl FnOnce(&mut Limits)) -> (Cache, Server) {
    let cache = cache_of_ada();
    let mut limits = Limits::default();
    set(&mut limits);
    cache.users().set_limits("ada", limits).unwrap();
    let server = serve(&cache, |_| {});
    (cache, server)
}

#[test]
fn commands_beyond_the_rate_are_refused_and_the_connection_goes_on() {
    let (_cache, server) = limited(|it| it.operations_per_second = Some(5));
    let mut client = Client::of_ada(&server);
    let asks: Vec<_> = (0..50).map(|_| get("k")).collect();
    let statuses = client.statuses(&asks);
    let served = statuses.iter().filter(|status| **status == 1).count();
    assert!((5..=10).contains(&served), "{statuses:x?}");
    assert_eq!(statuses.iter().filter(|status| **status == OPERATIONS).count(), 50 - served);
    // Quiet ones are told too, and what is no verb of the cache is not counted.
    assert_eq!(client.statuses(&[ask(0x09).key("k"), noop()]), [OPERATIONS, 0]);
    raw::eventually("it may go on", || client.one(&get("k")).status == 1);
}

#[test]
fn bytes_beyond_the_rate_are_refused_each_way() {
    let (_cache, server) = limited(|it| it.bytes_per_second = Some(1000));
    let mut client = Client::of_ada(&server);
    let large = "x".repeat(100_000);
    assert_eq!(client.one(&set("k", &large)).status, 0);
    assert_eq!(client.one(&set("j", "x")).status, BYTES_IN);
    assert_eq!(client.one(&get("k")).status, 0);
    assert_eq!(client.one(&get("k")).status, BYTES_OUT);
}

#[test]
fn a_value_beyond_the_limit_is_refused_however_it_comes() {
    let (cache, server) = limited(|it| it.value = Some(10_000));
    let mut client = Client::of_ada(&server);
    for len in [10_001, 50_000, 500_000] {
        assert_eq!(client.one(&set("k", "older")).status, 0);
        assert_eq!(client.one(&set("k", "x".repeat(len))).status, TOO_LARGE, "{len}");
        assert_eq!(client.one(&get("k")).status, 1, "nobody goes on reading what was to be replaced");
    }
    assert_eq!(client.one(&set("k", "x".repeat(10_000))).status, 0);
    assert_eq!(cache.stats().items, 1);
}

#[test]
fn so_many_connections_are_logged_in_at_a_time() {
    let (cache, server) = limited(|it| it.connections = Some(2));
    let mut held = vec![Client::of_ada(&server), Client::of_ada(&server)];
    let mut third = Client::to(&server);
    assert_eq!(third.log_in_by_scram("ada", PASSWORD), CONNECTIONS);
    // No guess was wrong, so it may be asked as often as one likes.
    for _ in 0..20 {
        assert_eq!(third.one(&plain("ada", PASSWORD)).status, CONNECTIONS);
    }
    assert_eq!(third.one(&plain("ada", "guess")).status, 0x20, "only who has the password is told");
    held.pop();
    raw::eventually("there is room", || third.one(&plain("ada", PASSWORD)).status == 0);
    assert_eq!(cache.users().session_count(), 2);
    // Who logs in again on the same connection needs no other place.
    assert_eq!(third.one(&plain("ada", PASSWORD)).status, 0);
    assert_eq!(third.log_in_by_scram("ada", PASSWORD), 0);
}

/// A server whose `ada` and `bob` work in the namespace `shop`, which has these limits, and `eve` in the main key space.
fn limited_shop(set: impl FnOnce(&mut Limits)) -> (Cache, Server) {
    let cache = cache_of_ada();
    let mut shop = Namespace::new("shop");
    set(&mut shop.limits);
    cache.namespaces().add(shop).unwrap();
    for user in ["bob", "eve"] {
        add_user(&cache, user, Role::ReadWrite);
    }
    for user in ["ada", "bob"] {
        cache.users().set_namespace(user, Some("shop")).unwrap();
    }
    let server = serve(&cache, |_| {});
    (cache, server)
}

fn client_of(server: &Server, user: &str) -> Client {
    let mut client = Client::to(server);
    assert_eq!(client.one(&plain(user, PASSWORD)).status, 0, "{user}");
    client
}

#[test]
fn a_tenant_s_users_share_its_rate_and_nobody_else_pays_for_it() {
    let (cache, server) = limited_shop(|it| it.operations_per_second = Some(5));
    let [mut ada, mut bob, mut eve] = ["ada", "bob", "eve"].map(|user| client_of(&server, user));
    let asks: Vec<_> = (0..50).map(|_| get("k")).collect();
    let statuses = ada.statuses(&asks);
    let served = statuses.iter().filter(|status| **status == 1).count();
    assert!((5..=10).contains(&served), "{statuses:x?}");
    assert_eq!(statuses.iter().filter(|status| **status == OPERATIONS).count(), 50 - served);
    let refused = bob.statuses(&asks).iter().filter(|status| **status == OPERATIONS).count();
    assert!(refused >= 45, "she has used it up for him: {refused}");
    assert_eq!(
        bob.statuses(&[ask(0x09).key("k"), noop()])[1],
        0,
        "what is no verb of the cache is not counted"
    );
    assert_eq!(eve.statuses(&asks), vec![1; 50]);
    raw::eventually("both may go on", || bob.one(&get("k")).status == 1);
    cache.namespaces().set_limits("shop", Limits::default()).unwrap();
    assert_eq!(
        (ada.statuses(&asks), bob.statuses(&asks)),
        (vec![1; 50], vec![1; 50]),
        "lifted for the next command"
    );
}

#[test]
fn bytes_and_values_of_a_tenant_are_bounded_whoever_sends_them() {
    let (_cache, server) = limited_shop(|it| (it.bytes_per_second, it.value) = (Some(1000), Some(200_000)));
    let (mut ada, mut bob) = (client_of(&server, "ada"), client_of(&server, "bob"));
    assert_eq!(bob.one(&set("k", "x".repeat(200_001))).status, TOO_LARGE);
    assert_eq!(ada.one(&set("k", "x".repeat(200_000))).status, 0);
    assert_eq!(bob.one(&set("j", "x")).status, BYTES_IN);
    assert_eq!(bob.one(&get("k")).status, 0);
    assert_eq!(ada.one(&get("k")).status, BYTES_OUT);
}

#[test]
fn so_many_connections_of_a_tenant_are_logged_in_at_a_time() {
    let (cache, server) = limited_shop(|it| it.connections = Some(2));
    let mut held = vec![client_of(&server, "ada"), client_of(&server, "bob")];
    let mut third = Client::to(&server);
    assert_eq!(third.log_in_by_scram("bob", PASSWORD), CONNECTIONS);
    // No guess was wrong, so it may be asked as often as one likes.
    for _ in 0..20 {
        assert_eq!(third.one(&plain("ada", PASSWORD)).status, CONNECTIONS);
    }
    assert_eq!(third.one(&plain("ada", "guess")).status, 0x20, "only who has the password is told");
    let _eve = client_of(&server, "eve");
    held.pop();
    raw::eventually("there is room", || third.one(&plain("ada", PASSWORD)).status == 0);
    assert_eq!(third.one(&plain("bob", PASSWORD)).status, 0, "on the same connection");
    assert_eq!(cache.namespaces().stats()[1].connections, 2);
    drop((held, third));
    raw::eventually("all places come back", || cache.namespaces().stats()[1].connections == 0);
}
