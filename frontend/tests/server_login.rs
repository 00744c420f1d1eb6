//! Logging in over real sockets: mechanisms, splits, deadlines, a full queue, and sessions that end.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::cast_possible_truncation)] // what fails here fails the test

mod raw;

use raw::{Client, PASSWORD, add_user, ask, cache_of_ada, get, noop, plain, serve, set};
use std::{thread, time::Duration};

const VERSION: u8 = 0x0b;

#[test]
fn plain_and_scram_both_open_the_door() {
    let server = serve(&cache_of_ada(), |config| config.policy.threads = 2);
    let mut by_plain = Client::to(&server);
    assert_eq!(by_plain.one(&plain("ada", PASSWORD)).text(), "Authenticated");
    assert_eq!(by_plain.one(&set("k", "v")).status, 0);
    let mut by_scram = Client::to(&server);
    assert_eq!(by_scram.log_in_by_scram("ada", PASSWORD), 0);
    assert_eq!(by_scram.one(&get("k")).value, b"v");
}

#[test]
fn a_refused_login_leaves_the_connection_usable() {
    let server = serve(&cache_of_ada(), |_| {});
    let mut client = Client::to(&server);
    // In one segment: the version waits behind the verification.
    let both = [plain("ada", "wrong").bytes(), ask(VERSION).bytes()].concat();
    client.send(&both);
    assert_eq!(client.reply().status, 0x20);
    assert_eq!(client.reply().status, 0);
    assert_eq!(client.log_in_by_scram("ada", "wrong"), 0x20);
    assert_eq!(client.one(&plain("ada", PASSWORD)).status, 0);
}

#[test]
fn what_was_sent_behind_a_login_is_answered_after_it() {
    let server = serve(&cache_of_ada(), |_| {});
    let mut client = Client::to(&server);
    let mut bytes = plain("ada", PASSWORD).bytes();
    // More than is read at once before login.
    let count = 1000;
    (0..count).for_each(|n| bytes.extend(set("k", "v").opaque(n).bytes()));
    client.send(&bytes);
    client.half_close();
    assert_eq!(client.reply().status, 0);
    for n in 0..count {
        let reply = client.reply();
        assert_eq!((reply.status, reply.opaque), (0, n));
    }
    client.wait_for_end();
}

#[test]
fn a_command_before_login_is_refused_and_the_answer_survives_the_close() {
    let server = serve(&cache_of_ada(), |_| {});
    let mut client = Client::to(&server);
    // Still being sent when the server hangs up.
    client.send(&set("k", vec![b'x'; 1 << 20]).bytes());
    let reply = client.reply();
    assert_eq!((reply.status, reply.text().as_str()), (0x20, "Auth failure."));
    client.wait_for_end();
}

#[test]
fn generic_a_conversation_may_be_split_at_every_byte() {
    let server = serve(&cache_of_ada(), |_| {});
    let talk = [plain("ada", PASSWORD).bytes(), set("k", "v").bytes(), get("k").bytes()].concat();
    // Lets each piece be read alone; if it is not, this case only repeats an easier one.
    let pause = || thread::sleep(Duration::from_millis(1));
    for at in 1..talk.len() {
        let mut client = Client::to(&server);
        client.send(&talk[..at]);
        pause();
        client.send(&talk[at..]);
        let statuses = [client.reply().status, client.reply().status, client.reply().status];
        assert_eq!(statuses, [0, 0, 0], "split at {at}");
    }
    let mut client = Client::to(&server);
    for byte in &talk {
        client.send(std::slice::from_ref(byte));
        pause();
    }
    assert_eq!([client.reply().status, client.reply().status, client.reply().status], [0, 0, 0]);
}

#[test]
fn who_does_not_log_in_in_time_is_hung_up_on() {
    let deadline = Duration::from_millis(200);
    let server = serve(&cache_of_ada(), |config| config.login_deadline = deadline);
    let mut silent = Client::to(&server);
    let mut slow = Client::to(&server);
    slow.send(&plain("ada", PASSWORD).bytes()[..10]);
    let mut refused = Client::to(&server);
    assert_eq!(refused.one(&plain("ada", "wrong")).status, 0x20);
    for client in [&mut silent, &mut slow, &mut refused] {
        client.wait_for_end();
    }
}

#[test]
fn who_is_logged_in_outlives_the_deadline_until_the_session_ends() {
    let cache = cache_of_ada();
    let deadline = Duration::from_secs(2);
    let server = serve(&cache, |config| config.login_deadline = deadline);
    let mut client = Client::of_ada(&server);
    thread::sleep(deadline + deadline / 4);
    assert_eq!(client.one(&noop()).status, 0);
    cache.users().revoke("ada").unwrap();
    assert_eq!(client.one(&get("k")).status, 0x1f);
    client.wait_for_end();
}

#[test]
fn a_revoked_session_ends_at_its_next_command_and_may_log_in_again() {
    let cache = cache_of_ada();
    let server = serve(&cache, |_| {});
    let mut client = Client::of_ada(&server);
    assert_eq!(client.one(&set("k", "v")).status, 0);
    cache.users().revoke("ada").unwrap();
    assert_eq!(client.one(&set("k", "late")).status, 0x1f);
    assert_eq!(client.one(&plain("ada", PASSWORD)).status, 0);
    assert_eq!(client.one(&get("k")).value, b"v");
}

/// From 127.0.0.`host`.
fn client_at(server: &keyway_frontend::Server, host: u8) -> Client {
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    socket.bind(&std::net::SocketAddr::from(([127, 0, 0, host], 0)).into()).unwrap();
    socket.connect(&server.addresses()[0].into()).unwrap();
    Client { socket: socket.into() }
}

#[test]
fn with_the_verifiers_busy_a_login_is_put_off_and_works_later() {
    let server = serve(&cache_of_ada(), |config| {
        config.verifier_threads = 1;
        config.verifier_queue = 1;
        config.guesses_per_name = 1_000_000;
        config.guesses_per_address = 1_000_000;
    });
    // Wrong passwords always cost a derivation, and each address may have one under way. That two are under way when a third comes depends on the machine, so
    // a burst that was worked off too fast is followed by another.
    let refused = (0..100).find_map(|_| {
        let mut burst: Vec<_> = (1..=40).map(|host| client_at(&server, host)).collect();
        burst.iter_mut().for_each(|client| client.send(&plain("ada", "wrong").bytes()));
        let statuses: Vec<_> = burst.iter_mut().map(|client| client.reply().status).collect();
        assert!(statuses.iter().all(|status| [0x20, 0x86].contains(status)), "{statuses:x?}");
        let place = statuses.iter().position(|status| *status == 0x86)?;
        Some(burst.swap_remove(place))
    });
    let mut client = refused.expect("one thread and one place cannot take forty logins at once");
    raw::eventually("the queue has a place", || client.one(&plain("ada", PASSWORD)).status == 0);
    assert_eq!(client.one(&noop()).status, 0);
}

#[test]
fn users_added_while_the_server_runs_count_at_once() {
    let cache = cache_of_ada();
    let server = serve(&cache, |_| {});
    let mut client = Client::to(&server);
    assert_eq!(client.one(&plain("bob", PASSWORD)).status, 0x20);
    add_user(&cache, "bob", keyway::Role::ReadOnly);
    assert_eq!(client.one(&plain("bob", PASSWORD)).status, 0);
    assert_eq!(client.one(&set("k", "v")).status, 0x24);
}

#[test]
fn row_63_an_address_without_guesses_waits_and_is_put_off_and_remembered_passwords_go_on() {
    let cache = cache_of_ada();
    let server = serve(&cache, |config| {
        config.guesses_per_name = 2;
        config.guesses_per_address = 2;
    });
    // Right passwords use up nothing.
    (0..20).for_each(|_| assert_eq!(Client::to(&server).one(&plain("ada", PASSWORD)).status, 0));
    let mut statuses: Vec<_> =
        (0..2).map(|_| Client::to(&server).one(&plain("ada", "wrong")).status).collect();
    let mut guesser = Client::to(&server);
    guesser.send(&plain("ada", "wrong").bytes());
    // While that one waits, and though nothing is left for the address.
    assert_eq!(Client::to(&server).one(&plain("ada", PASSWORD)).status, 0);
    statuses.push(guesser.reply().status);
    assert_eq!(statuses, [0x20, 0x20, 0x86]);
    assert_eq!(guesser.one(&plain("ada", PASSWORD)).status, 0, "the connection can go on");
}

#[test]
fn who_waits_for_a_guess_is_let_in_once_the_password_is_remembered() {
    let cache = cache_of_ada();
    let server = serve(&cache, |config| {
        config.guesses_per_name = 1;
        config.guesses_per_address = 1;
    });
    assert_eq!(Client::to(&server).one(&plain("ada", "wrong")).status, 0x20);
    let mut waiting = Client::to(&server);
    waiting.send(&plain("ada", PASSWORD).bytes());
    cache.login("ada", PASSWORD).unwrap();
    assert_eq!(waiting.reply().status, 0);
}
