//! Sessions and tokens that end while their clients are in the middle of a pipeline, against the real server over a socket.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::cast_possible_truncation)] // what fails here fails the test

mod raw;

use keyway::{Cache, LiveSession, OpenedBy, Role, TokenScope, Verb};
use keyway_frontend::Server;
use raw::{Client, PASSWORD, add_user, ask, cache_of_ada, get, noop, plain, serve, set, step_of};
use std::{
    io::{Read, Write},
    thread,
    time::{Duration, SystemTime},
};

const STALE: u16 = 0x1f;
const REFUSED: u16 = 0x20;
const FORBIDDEN: u16 = 0x24;

/// Steps of a counter, on and on, by a client who is let wait: so a revocation falls into the middle of them.
fn steps(client: &Client) -> thread::JoinHandle<()> {
    let mut sending = client.socket.try_clone().unwrap();
    let steps = ask(0x05).key("n").extras(step_of(1, 1, 0)).bytes().repeat(400_000);
    // It may be hung up on.
    thread::spawn(move || drop(sending.write_all(&steps)))
}

fn counter(cache: &Cache) -> Vec<u8> {
    cache.session_for("observer").unwrap().get("n").unwrap().unwrap().value().to_vec()
}

/// The live session at the other end of this connection.
fn session_of(cache: &Cache, client: &Client) -> LiveSession {
    let here = client.socket.local_addr().ok().map(keyway::audit::Peer::from);
    let mut sessions = cache.users().sessions(None, 1000).into_iter();
    sessions.find(|session| session.origin.peer() == here).expect("it is listed with its address")
}

/// Ends a session in the middle of its pipeline by `revoke`: what comes before is answered, the next command hears 0x1f, and no
/// write lands once `revoke` has returned.
fn ends_a_pipeline(cache: &Cache, connect: impl Fn() -> Client, revoke: impl Fn(&Client)) {
    // The server hangs up on who sends on and on. Where this machine is so busy that it does so before the last answers were
    // taken, they are lost with the connection.
    let heard = (0..20).any(|_| hears_that_it_is_over(cache, connect(), &revoke));
    assert!(heard, "nobody was told");
}

/// Whether the last answers came.
fn hears_that_it_is_over(cache: &Cache, mut client: Client, revoke: impl Fn(&Client)) -> bool {
    let sender = steps(&client);
    (0..1000).for_each(|_| assert_eq!(client.reply().status, 0));
    revoke(&client);
    let then = counter(cache);
    let mut back = Vec::new();
    let ended = client.socket.read_to_end(&mut back);
    sender.join().unwrap();
    assert_eq!(counter(cache), then, "nothing landed after the revocation");
    let whole = whole_answers(&back);
    let groups: Vec<_> = whole.chunk_by(|one, next| one == next).map(|it| (it[0], it.len())).collect();
    match groups[..] {
        [(0, _), (STALE, 1), (REFUSED, 1)] => ended.is_ok(),
        [(0, _)] | [(0, _), (STALE, 1)] => false,
        _ => panic!("{groups:x?}"),
    }
}

/// The statuses of the answers that came whole.
fn whole_answers(mut bytes: &[u8]) -> Vec<u16> {
    let mut statuses = Vec::new();
    while let Some(header) = bytes.get(..24) {
        let body = u32::from_be_bytes([header[8], header[9], header[10], header[11]]) as usize;
        let Some(rest) = bytes.get(24 + body..) else { break };
        statuses.push(u16::from_be_bytes([header[6], header[7]]));
        bytes = rest;
    }
    statuses
}

fn size_of(reply: &raw::Reply) -> usize {
    24 + reply.extras.len() + reply.key.len() + reply.value.len()
}

fn setup() -> (Cache, Server) {
    let cache = cache_of_ada();
    add_user(&cache, "observer", Role::ReadOnly);
    let server = serve(&cache, |config| config.policy.threads = 2);
    (cache, server)
}

fn by_token(cache: &Cache, server: &Server, scope: TokenScope) -> Client {
    let token = cache.users().mint("ada", scope).unwrap();
    let mut client = Client::to(server);
    assert_eq!(client.one(&plain("ada", token.reveal())).status, 0);
    client
}

#[test]
fn one_session_ends_in_its_pipeline_and_another_of_the_same_user_goes_on() {
    let (cache, server) = setup();
    let of_ada = || Client::of_ada(&server);
    let mut other = Client::of_ada(&server);
    ends_a_pipeline(&cache, of_ada, |client| {
        assert!(cache.users().revoke_session(session_of(&cache, client).id));
    });
    assert_eq!(other.one(&get("n")).status, 0);
}

#[test]
fn a_user_a_role_a_password_and_a_time_end_pipelines() {
    let (cache, server) = setup();
    let of_ada = || Client::of_ada(&server);
    let users = cache.users();
    ends_a_pipeline(&cache, of_ada, |_| users.revoke("ada").unwrap());
    ends_a_pipeline(&cache, of_ada, |_| {
        assert_eq!(users.revoke_role("read-write"), Ok(1));
    });
    ends_a_pipeline(&cache, of_ada, |_| users.revoke_credential("ada", "1").unwrap());
    ends_a_pipeline(&cache, of_ada, |_| {
        let between = SystemTime::now();
        users.revoke_before(between);
    });
    let mut client = Client::of_ada(&server);
    let before = session_of(&cache, &client).opened;
    users.revoke_before(before);
    assert_eq!(client.one(&get("n")).status, 0, "it was opened then, and not before");
    users.revoke_before(before + Duration::from_millis(1));
    assert_eq!(client.one(&get("n")).status, STALE);
}

#[test]
fn a_token_ends_the_pipelines_of_its_sessions() {
    let (cache, server) = setup();
    let with_token = || by_token(&cache, &server, TokenScope::all());
    ends_a_pipeline(&cache, with_token, |_| {
        let token = cache.users().tokens()[0].id;
        cache.users().revoke_token(token).unwrap();
    });
    ends_a_pipeline(&cache, with_token, |_| cache.users().revoke("ada").unwrap());
    ends_a_pipeline(&cache, with_token, |client| {
        assert!(cache.users().revoke_session(session_of(&cache, client).id));
    });
    let token = cache.users().mint("ada", TokenScope::all()).unwrap();
    cache.users().revoke_token(token.id()).unwrap();
    assert_eq!(Client::to(&server).one(&plain("ada", token.reveal())).status, REFUSED);
}

#[test]
fn a_token_s_time_ends_its_session_without_a_word_of_the_client() {
    let (cache, server) = setup();
    let scope = TokenScope::all().lasting(Duration::from_millis(1500));
    let mut client = by_token(&cache, &server, scope);
    assert_eq!(client.one(&get("n")).status, 1);
    raw::eventually("the time is over", || cache.users().sessions(None, 9).iter().all(|it| it.ended));
    assert_eq!(client.one(&get("n")).status, STALE);
}

#[test]
fn a_worker_may_do_what_its_token_says_and_its_maker_may() {
    let (cache, server) = setup();
    let mut client = by_token(&cache, &server, TokenScope::of(Verb::Read | Verb::Write).under("jobs/"));
    assert_eq!(
        client.statuses(&[set("jobs/1", "x"), get("jobs/1"), set("k", "x"), get("k")]),
        [0, 0, FORBIDDEN, FORBIDDEN]
    );
    // Quiet commands too.
    let quiet_set = ask(0x11).key("k").extras([0; 8]).value("x");
    assert_eq!(client.statuses(&[quiet_set]), [FORBIDDEN]);
    cache.users().set_roles("ada", Role::ReadOnly).unwrap();
    assert_eq!(client.statuses(&[get("jobs/1"), set("jobs/1", "y")]), [0, FORBIDDEN]);
}

#[test]
fn tokens_are_nobody_s_guesses_and_cost_no_derivation() {
    let cache = cache_of_ada();
    let server = serve(&cache, |config| {
        config.guesses_per_name = 1;
        config.guesses_per_address = 1;
        // Nobody is there to derive.
        config.derivations_per_address = Some(1);
        config.policy.login_attempts = 200;
    });
    let token = cache.users().mint("ada", TokenScope::all()).unwrap();
    let mut wrong = token.reveal().to_owned();
    wrong.replace_range(38.., if wrong.ends_with("AA") { "BB" } else { "AA" });
    let mut client = Client::to(&server);
    for _ in 0..100 {
        assert_eq!(client.one(&plain("ada", &wrong)).status, REFUSED);
        assert_eq!(client.one(&plain("ada", token.reveal())).status, 0);
    }
    assert_eq!(Client::to(&server).one(&plain("ada", "guess")).status, REFUSED, "the one guess is left");
}

#[test]
fn who_is_in_from_where_and_how_much_is_listed() {
    let (cache, server) = setup();
    let mut client = Client::of_ada(&server);
    let asks = [set("k", "value"), get("k"), noop()];
    let sent: usize = asks.iter().map(|ask| ask.bytes().len()).sum();
    let back: usize = asks.iter().map(|ask| size_of(&client.one(ask))).sum();
    // The last turn is counted behind its answer.
    raw::eventually("all is counted", || session_of(&cache, &client).traffic.bytes_in >= sent as u64);
    let seen = session_of(&cache, &client);
    assert_eq!((seen.user.as_str(), seen.ended), ("ada", false));
    let OpenedBy::Password { mechanism, credential } = &seen.by else { panic!("{seen:?}") };
    assert_eq!((mechanism.name(), credential.as_str()), ("PLAIN", "1"));
    let count = (seen.traffic.requests, seen.traffic.bytes_out);
    assert!((3..=4).contains(&count.0) && count.1 >= back as u64, "{seen:?}");

    let mut by_scram = Client::to(&server);
    assert_eq!(by_scram.log_in_by_scram("ada", PASSWORD), 0);
    assert!(
        matches!(session_of(&cache, &by_scram).by, OpenedBy::Password { mechanism, .. } if mechanism.name() == raw::SCRAM)
    );
    let count = cache.users().session_count();
    drop((client, by_scram));
    raw::eventually("they have gone", || cache.users().session_count() == count - 2);
}
