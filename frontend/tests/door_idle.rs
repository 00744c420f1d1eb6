//! Connections that are silent after their login, over real sockets.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod raw;

use keyway_frontend::{Server, ServerConfig, ServerError};
use raw::{Client, ask, cache, cache_of_ada, get, noop, open, serve, set};
use std::{
    thread,
    time::{Duration, Instant},
};

const IDLE: Duration = Duration::from_secs(1);

/// A quarter of the time, and what a busy machine may be late.
const GRACE: Duration = Duration::from_secs(3);

fn impatient(config: &mut ServerConfig) {
    config.policy.idle_timeout = Some(IDLE);
}

/// A number or a text of `stats`.
fn stat(client: &mut Client, group: &str, name: &str) -> String {
    client.send(&ask(0x10).key(group).bytes());
    let mut found = None;
    loop {
        let reply = client.reply();
        if reply.key.is_empty() {
            return found.expect("it has a line");
        }
        if reply.key == name.as_bytes() {
            found = Some(reply.text());
        }
    }
}

#[test]
fn who_is_silent_is_hung_up_on_and_counted_and_who_speaks_stays() {
    let server = serve(&cache_of_ada(), impatient);
    let start = Instant::now();
    let mut silent = Client::of_ada(&server);
    let mut half = Client::of_ada(&server);
    half.send(&set("k", "v").bytes()[..20]);
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut speaking = Client::of_ada(&server);
            while start.elapsed() < 3 * IDLE {
                assert_eq!(speaking.one(&set("k", "v")).status, 0);
                thread::sleep(IDLE / 4);
            }
            raw::eventually("both are counted", || stat(&mut speaking, "", "idle_kicks") == "2");
            assert_eq!(stat(&mut speaking, "", "curr_connections"), "1");
        });
        for client in [&mut silent, &mut half] {
            client.wait_for_end();
            let after = start.elapsed();
            assert!((IDLE..IDLE + GRACE).contains(&after), "{after:?}");
        }
    });
}

#[test]
fn one_request_a_second_is_enough_to_be_kept_by_two_seconds() {
    let cache = cache();
    let server = serve(&cache, |config| {
        open(config, &cache);
        config.policy.idle_timeout = Some(2 * IDLE);
    });
    let mut client = Client::to(&server);
    for _ in 0..6 {
        assert_eq!(client.one(&get("absent")).status, 1);
        thread::sleep(IDLE);
    }
    assert_eq!(stat(&mut client, "", "idle_kicks"), "0");
    let start = Instant::now();
    client.wait_for_end();
    assert!(start.elapsed() >= 2 * IDLE, "without a login, too, and not too early");
}

#[test]
fn strangers_have_their_own_deadline() {
    let server = serve(&cache_of_ada(), impatient);
    let mut stranger = Client::to(&server);
    thread::sleep(2 * IDLE);
    assert_eq!(stranger.one(&ask(0x0b)).status, 0);
}

#[test]
fn by_default_it_is_for_ever_and_the_settings_say_so() {
    let server = serve(&cache_of_ada(), |_| {});
    let mut client = Client::of_ada(&server);
    assert_eq!(stat(&mut client, "settings", "idle_timeout"), "0");
    thread::sleep(3 * IDLE);
    assert_eq!(client.one(&noop()).status, 0);
    let server = serve(&cache_of_ada(), impatient);
    assert_eq!(stat(&mut Client::of_ada(&server), "settings", "idle_timeout"), "1");
}

#[test]
fn no_time_at_all_is_refused() {
    let mut config = ServerConfig::new(Default::default());
    config.listen = vec![([127, 0, 0, 1], 0).into()];
    config.policy.idle_timeout = Some(Duration::ZERO);
    let error = Server::start(cache(), config).expect_err("nobody could stay");
    assert!(matches!(error, ServerError::Config(_)) && error.to_string().contains("`policy.idle_timeout`"));
}
