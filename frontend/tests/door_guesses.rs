//! Guesses by SCRAM count as those by PLAIN do: over real sockets, with clients that reconnect for each.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod raw;

use hmac::{Hmac, KeyInit, Mac};
use keyway::{Mechanism, Role};
use keyway_frontend::{Server, ServerConfig};
use md5::Md5;
use raw::{Client, PASSWORD, PATIENCE, ask, cache_of_ada, get, plain, serve, set, user_in_each_form};
use std::time::{Duration, Instant};

/// Half of what a guess over the limit is made to wait: whoever was answered sooner did not wait.
const A_WAIT: Duration = Duration::from_secs(1);

fn guesses(config: &mut ServerConfig, per_name: u32, per_address: u32) {
    config.guesses_per_name = per_name;
    config.guesses_per_address = per_address;
}

/// A new connection's guess: the status, and whether it was made to wait.
fn by_scram(server: &Server, name: &str, password: &str) -> (u16, bool) {
    let mut client = Client::to(server);
    let start = Instant::now();
    (client.log_in_by_scram(name, password), start.elapsed() > A_WAIT)
}

/// From another address of the loopback.
fn from_elsewhere(server: &Server) -> Client {
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    socket.bind(&std::net::SocketAddr::from(([127, 0, 0, 2], 0)).into()).unwrap();
    socket.connect(&server.addresses()[0].into()).unwrap();
    let client = Client { socket: socket.into() };
    client.socket.set_read_timeout(Some(PATIENCE)).unwrap();
    client
}

#[test]
fn row_63_who_reconnects_does_not_go_on_guessing_by_scram() {
    let server = serve(&cache_of_ada(), |config| guesses(config, 3, 30));
    for _ in 0..3 {
        assert_eq!(by_scram(&server, "ada", "wrong"), (0x20, false));
    }
    assert_eq!(by_scram(&server, "ada", "wrong"), (0x86, true));
    // Not even a right one, or the answer would tell that it is right.
    let mut client = Client::to(&server);
    assert_eq!(client.log_in_by_scram("ada", PASSWORD), 0x86);
    assert_eq!(client.one(&ask(0x0b)).status, 0, "the connection can go on");
    // Row 64: it is nobody else's trouble.
    assert_eq!(from_elsewhere(&server).log_in_by_scram("ada", PASSWORD), 0);
}

#[test]
fn row_63_nor_under_many_names() {
    let server = serve(&cache_of_ada(), |config| guesses(config, 2, 3));
    for name in ["ada", "bob", "cid"] {
        assert_eq!(by_scram(&server, name, "wrong"), (0x20, false), "{name}");
    }
    assert_eq!(by_scram(&server, "dan", "wrong"), (0x86, true));
}

#[test]
fn neither_a_realm_nor_another_spelling_is_another_name() {
    for names in
        [["ada", "ada@here", "ada@there"], ["ada", "a\u{ad}da", "ad\u{ad}a@x"], ["eve", "e\u{ad}ve", "eve@x"]]
    {
        let [first, second, third] = names;
        let server = serve(&cache_of_ada(), |config| guesses(config, 2, 30));
        assert_eq!(by_scram(&server, first, "wrong"), (0x20, false));
        assert_eq!(Client::to(&server).one(&plain(second, "wrong")).status, 0x20);
        assert_eq!(by_scram(&server, third, "wrong"), (0x86, true), "{third}");
        assert_eq!(Client::to(&server).one(&plain(third, "wrong")).status, 0x86, "{third}");
    }
}

#[test]
fn names_that_exist_and_names_that_do_not_are_limited_alike() {
    let server = serve(&cache_of_ada(), |config| guesses(config, 2, 30));
    for name in ["ada", "eve"] {
        let tried = (0..3).map(|_| by_scram(&server, name, "wrong")).collect::<Vec<_>>();
        assert_eq!(tried, [(0x20, false), (0x20, false), (0x86, true)], "{name}");
    }
}

#[test]
fn guesses_by_both_mechanisms_count_together() {
    let server = serve(&cache_of_ada(), |config| guesses(config, 2, 2));
    assert_eq!(by_scram(&server, "ada", "wrong"), (0x20, false));
    assert_eq!(Client::to(&server).one(&plain("ada", "wrong")).status, 0x20);
    assert_eq!(by_scram(&server, "ada", "wrong"), (0x86, true));
    assert_eq!(Client::to(&server).one(&plain("ada", "wrong")).status, 0x86);
}

/// The same by CRAM-MD5, which takes no derivation of anybody.
fn by_cram_md5(server: &Server, name: &str, digest: impl FnOnce(&str) -> String) -> (u16, bool) {
    let mut client = Client::to(server);
    let challenge = client.one(&ask(0x21).key("CRAM-MD5"));
    assert_eq!(challenge.status, 0x21);
    let answer = format!("{name} {}", digest(&challenge.text()));
    let start = Instant::now();
    (client.one(&ask(0x22).key("CRAM-MD5").value(answer)).status, start.elapsed() > A_WAIT)
}

#[test]
fn guesses_by_cram_md5_are_guesses_and_right_answers_are_none() {
    let cache = cache_of_ada();
    cache.users().add_record(user_in_each_form("bob", Role::ReadOnly)).unwrap();
    let server = serve(&cache, |config| {
        guesses(config, 2, 30);
        config.listen[0].entrance.mechanisms = Mechanism::ALL.to_vec();
    });
    let right = |challenge: &str| {
        let mut mac = Hmac::<Md5>::new_from_slice(PASSWORD.as_bytes()).unwrap();
        mac.update(challenge.as_bytes());
        mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
    };
    let wrong = |_: &str| "0".repeat(32);
    for _ in 0..5 {
        assert_eq!(by_cram_md5(&server, "bob", right), (0, false));
        assert_eq!(by_cram_md5(&server, "bob", |_| "malformed".to_owned()), (0x20, false));
    }
    // One who has nothing stored for it, and one who does not exist, are guessed at as well.
    for name in ["bob", "ada", "eve"] {
        let tried = [(); 3].map(|()| by_cram_md5(&server, name, wrong));
        assert_eq!(tried, [(0x20, false), (0x20, false), (0x86, true)], "{name}");
    }
    assert_eq!(by_cram_md5(&server, "bob", right), (0x86, true), "nor is it told that this one is right");
    assert_eq!(by_scram(&server, "ada", PASSWORD), (0x86, true), "the others count them, too");
}

#[test]
fn a_right_proof_uses_up_no_guess_and_neither_does_a_message_that_is_none() {
    let server = serve(&cache_of_ada(), |config| guesses(config, 1, 1));
    for _ in 0..20 {
        assert_eq!(by_scram(&server, "ada", PASSWORD), (0, false));
        let mut client = Client::to(&server);
        let first = ask(0x21).key("SCRAM-SHA-256").value("n,,n=ada,r=nonce");
        assert_eq!(client.one(&first).status, 0x21);
        assert_eq!(client.one(&ask(0x22).key("SCRAM-SHA-256").value("c=biws,p=AAAA")).status, 0x20);
    }
    let mut client = Client::to(&server);
    assert_eq!(client.log_in_by_scram("ada", "wrong"), 0x20, "one was left");
    assert_eq!(from_elsewhere(&server).log_in_by_scram("ada", PASSWORD), 0);
}

#[test]
fn who_waits_with_a_proof_holds_up_nobody() {
    let server = serve(&cache_of_ada(), |config| guesses(config, 1, 1));
    let mut open = Client::of_ada(&server);
    assert_eq!(by_scram(&server, "ada", "wrong"), (0x20, false));
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| by_scram(&server, "ada", "wrong"));
        let (start, mut served) = (Instant::now(), 0);
        while start.elapsed() < A_WAIT {
            assert_eq!((open.one(&set("k", "v")).status, open.one(&get("k")).status), (0, 0));
            served += 1;
        }
        assert!(served > 100, "{served} in a second");
        assert_eq!(waiting.join().unwrap(), (0x86, true));
    });
}
