//! A server with a source of users that is slow, hangs or is down: whoever is logged in notices nothing.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::cast_possible_truncation)] // what fails here fails the test

mod raw;

use keyway::{
    Cache, Config, Role, Rounds, SourceError, SourceTerms, SourcedUser, UserSource, Users, Verifier,
};
use keyway_frontend::Server;
use raw::{Client, PASSWORD, ask, get, plain, serve, set};
use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant},
};

const SUCCESS: u16 = 0x00;
const AUTH_FAILURE: u16 = 0x20;
const CONTINUE: u16 = 0x21;
const TEMPORARY: u16 = 0x86;

/// Knows `grace`, unless it is told otherwise. Looking takes until the door is open.
#[derive(Clone, Debug)]
struct Doorkeeper {
    door: Arc<Mutex<()>>,
    state: Arc<Mutex<State>>,
    verifier: Verifier,
}

#[derive(Debug, Default)]
struct State {
    down: bool,
    gone: bool,
    asked: usize,
}

impl UserSource for Doorkeeper {
    fn find(&self, name: &str) -> Result<Option<SourcedUser>, SourceError> {
        self.state().asked += 1;
        drop(self.close());
        let state = self.state();
        if state.down {
            return Err(SourceError::Unavailable("it is down".to_owned()));
        }
        let user = || SourcedUser::stored(Role::ReadWrite, [self.verifier.clone().into()]);
        Ok((name == "grace" && !state.gone).then(user))
    }
}

impl Doorkeeper {
    fn new() -> Self {
        let verifier = Verifier::derive(PASSWORD, Rounds::MIN).unwrap();
        Self { door: Arc::default(), state: Arc::default(), verifier }
    }

    fn close(&self) -> MutexGuard<'_, ()> {
        self.door.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }
}

/// A server of `ada`, whom code added, and of whom the doorkeeper knows; with one event loop and one thread that verifies.
fn server(fresh: Duration) -> (Cache, Server, Doorkeeper) {
    let doorkeeper = Doorkeeper::new();
    let users = Users::new();
    users.add_verifier("ada", doorkeeper.verifier.clone(), Role::ReadWrite).unwrap();
    let mut terms = SourceTerms::default();
    terms.fresh = fresh;
    users.draw_from(doorkeeper.clone(), terms);
    let cache = Cache::new(Config::new(4 << 20), users).unwrap();
    let server = serve(&cache, |config| {
        config.policy.threads = 1;
        config.verifier_threads = 1;
        config.guesses_per_name = 1000;
        config.guesses_per_address = 1000;
    });
    (cache, server, doorkeeper)
}

#[test]
fn while_the_source_hangs_the_event_loop_serves_on() {
    let (_cache, server, doorkeeper) = server(Duration::ZERO);
    let mut ada = Client::of_ada(&server);
    let closed = doorkeeper.close();
    let mut waiting: Vec<Client> = (0..5).map(|_| Client::to(&server)).collect();
    for (number, client) in waiting.iter_mut().enumerate() {
        let first = ask(0x21).key("SCRAM-SHA-256").value("n,,n=grace,r=fyko+d2lbb");
        client.send(&if number % 2 == 0 { plain("grace", PASSWORD) } else { first }.bytes());
    }
    raw::eventually("the first one is looked up", || doorkeeper.state().asked == 1);
    let start = Instant::now();
    for number in 0..200 {
        assert_eq!(ada.one(&set(format!("k{number}"), "v")).status, SUCCESS);
    }
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    // And so does one who comes now and need not be looked up, by a mechanism that derives nothing.
    let mut other = Client::to(&server);
    let begun = other.one(&ask(0x21).key("SCRAM-SHA-256").value("n,,n=ada,r=fyko+d2lbb"));
    assert_eq!(begun.status, CONTINUE);
    assert_eq!(doorkeeper.state().asked, 1, "it still hangs");
    drop(closed);
    for (number, client) in waiting.iter_mut().enumerate() {
        assert_eq!(client.reply().status, if number % 2 == 0 { SUCCESS } else { CONTINUE });
    }
}

#[test]
fn a_login_by_scram_goes_through_a_look_up() {
    let (_cache, server, doorkeeper) = server(Duration::ZERO);
    let bare = "n=grace,r=fyko+d2lbb";
    let mut client = Client::to(&server);
    let begun = client.one(&ask(0x21).key("SCRAM-SHA-256").value(format!("n,,{bare}")));
    let last = raw::client_final("n,,", bare, &begun.text(), PASSWORD);
    let proven = client.one(&ask(0x22).key("SCRAM-SHA-256").value(&last.message));
    assert_eq!((proven.status, proven.text()), (CONTINUE, last.signature));
    assert_eq!(client.one(&ask(0x22).key("SCRAM-SHA-256")).status, SUCCESS);
    assert_eq!(client.one(&set("k", "v")).status, SUCCESS);
    assert_eq!(doorkeeper.state().asked, 1);
}

#[test]
fn while_the_source_is_down_those_it_knew_come_in_and_others_may_try_again() {
    let (_cache, server, doorkeeper) = server(Duration::ZERO);
    let mut before = Client::to(&server);
    assert_eq!(before.one(&plain("grace", PASSWORD)).status, SUCCESS);
    doorkeeper.state().down = true;
    assert_eq!(before.one(&set("k", "v")).status, SUCCESS);
    let mut client = Client::to(&server);
    assert_eq!(client.one(&plain("grace", PASSWORD)).status, SUCCESS);
    // More often than wrong passwords may be tried on one connection: none was found wrong.
    for (name, password) in [("grace", "wrong"), ("eve", PASSWORD), ("eve", "wrong"), ("bob", "x")].repeat(3)
    {
        assert_eq!(client.one(&plain(name, password)).status, TEMPORARY, "{name}");
    }
    assert_eq!(client.one(&get("k")).status, AUTH_FAILURE, "and nobody is logged in");
    let mut client = Client::to(&server);
    let begun = client.one(&ask(0x21).key("SCRAM-SHA-256").value("n,,n=eve,r=fyko+d2lbb"));
    assert_eq!(begun.status, CONTINUE, "who exists is not told");
    let last = raw::client_final("n,,", "n=eve,r=fyko+d2lbb", &begun.text(), "x");
    assert_eq!(client.one(&ask(0x22).key("SCRAM-SHA-256").value(last.message)).status, TEMPORARY);
    doorkeeper.state().down = false;
    assert_eq!(client.one(&plain("eve", PASSWORD)).status, AUTH_FAILURE);
    assert_eq!(client.one(&plain("grace", PASSWORD)).status, SUCCESS);
}

#[test]
fn whoever_the_source_does_not_know_any_more_loses_the_session_at_the_next_look() {
    let (cache, server, doorkeeper) = server(Duration::from_secs(1000));
    let mut client = Client::to(&server);
    assert_eq!(client.one(&plain("grace", PASSWORD)).status, SUCCESS);
    assert_eq!(client.one(&set("k", "v")).status, SUCCESS);
    doorkeeper.state().gone = true;
    assert_eq!(client.one(&get("k")).status, SUCCESS, "not looked yet");
    // Elsewhere, as a server does it, while the client goes on.
    let users = cache.users().clone();
    thread::spawn(move || users.look_again()).join().unwrap().unwrap();
    assert_eq!(client.one(&get("k")).status, 0x1f);
    assert_eq!(client.one(&plain("grace", PASSWORD)).status, AUTH_FAILURE);
}

#[test]
fn wrong_passwords_run_out_also_while_the_source_is_down() {
    let doorkeeper = Doorkeeper::new();
    doorkeeper.state().down = true;
    let users = Users::new();
    users.draw_from(doorkeeper.clone(), SourceTerms::default());
    let cache = Cache::new(Config::new(4 << 20), users).unwrap();
    let server = serve(&cache, |config| config.guesses_per_name = 3);
    for _ in 0..3 {
        assert_eq!(Client::to(&server).one(&plain("grace", "guess")).status, TEMPORARY);
    }
    let asked = doorkeeper.state().asked;
    assert_eq!(asked, 3);
    assert_eq!(Client::to(&server).one(&plain("grace", "guess")).status, TEMPORARY);
    assert_eq!(doorkeeper.state().asked, asked, "held back, and not looked up");
}
