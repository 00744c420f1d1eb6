//! What changes by itself while `keyway serve` runs: passwords that retire, weak hashes that give way, and what is noted of
//! their use.
#![allow(
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    reason = "a test fails by panicking, and its frames are small"
)]

mod cli_command;
mod serving;

use cli_command::Place;
use rustix::process::Signal;
use serving::{AUTH_FAILURE, Client, FILE, STALE, SUCCESS, Serving, add, wait_until};
use std::{fs, thread, time::Duration};

/// SHA-256 of `abc`, as Redis keeps it.
const WEAK: &str = "#ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

fn logged_in(address: &str, password: &str) -> Client {
    let mut client = Client::connect(address);
    assert_eq!(client.login("ada", password), SUCCESS);
    assert_eq!(client.set("k", b"v"), SUCCESS);
    client
}

#[test]
fn an_old_password_retires_by_itself_and_takes_its_own_sessions_with_it() {
    let place = Place::new();
    add(&place, "ada", "pencil");
    let (serving, said) = Serving::start(&place, "-p 0 -v");
    let mut old = logged_in(&said.address, "pencil");
    let rotated = place.run("user rotate ada --grace 4s --password-stdin", "crayon");
    assert_eq!(rotated.code, Some(0), "{}", rotated.stderr);
    serving.logged("users file read again");
    let mut new = logged_in(&said.address, "crayon");
    assert_eq!(old.get("k"), SUCCESS, "the grace is not over");
    wait_until(|| old.get("k") == STALE, || serving.log());
    assert_eq!(Client::connect(&said.address).login("ada", "pencil"), AUTH_FAILURE);
    assert_eq!(new.get("k"), SUCCESS);
    assert_eq!(Client::connect(&said.address).login("ada", "crayon"), SUCCESS);
    assert_eq!(serving.end(Signal::TERM).0, Some(0));
}

#[test]
fn a_weak_hash_gives_way_in_the_file_too_and_a_reload_does_not_bring_it_back() {
    let place = Place::new();
    let text = format!(
        "version = 2\nmock_key = \"{KEY}\"\n[[user]]\nname = \"ada\"\nrole = \"read-write\"\n\
         [[user.credential]]\nlabel = \"redis\"\nverifiers = [\"{WEAK}\"]\n"
    );
    fs::write(place.path(FILE), text).unwrap();
    let (serving, said) = Serving::start(&place, "-p 0");
    assert_eq!(Client::connect(&said.address).login("ada", "abd"), AUTH_FAILURE);
    assert!(fs::read_to_string(place.path(FILE)).unwrap().contains(WEAK), "a wrong password changes nothing");
    let mut session = logged_in(&said.address, "abc");
    // At once, before the server has come to write it.
    serving.signal(Signal::HUP);
    let stored = || fs::read_to_string(place.path(FILE)).unwrap();
    wait_until(|| !stored().contains(WEAK), || serving.log());
    let now = stored();
    assert!(now.contains("label = \"redis\"") && now.contains("SCRAM-SHA-256$65536:"), "{now}");
    // The server sees the file that it wrote itself, and another one.
    add(&place, "bob", "brush");
    wait_until(|| Client::connect(&said.address).login("bob", "brush") == SUCCESS, || serving.log());
    assert_eq!(session.get("k"), SUCCESS, "the session went on: {}", serving.log());
    assert!(!stored().contains(WEAK));
    assert_eq!(place.run("user check ada", "abc").code, Some(0));
}

#[test]
fn a_file_that_cannot_be_written_costs_nobody_a_login() {
    let place = Place::new();
    let text = format!(
        "version = 2\nmock_key = \"{KEY}\"\n[[user]]\nname = \"ada\"\nrole = \"read-write\"\n\
         [[user.credential]]\nlabel = \"redis\"\nverifiers = [\"{WEAK}\"]\n"
    );
    fs::write(place.path(FILE), text).unwrap();
    // In the way of what would be put in the file's place.
    fs::create_dir(place.path(format!(".{FILE}.new"))).unwrap();
    let (serving, said) = Serving::start(&place, "-p 0");
    let mut session = logged_in(&said.address, "abc");
    serving.logged("weak password hashes stay in it");
    assert!(fs::read_to_string(place.path(FILE)).unwrap().contains(WEAK));
    assert_eq!(session.get("k"), SUCCESS);
    assert_eq!(Client::connect(&said.address).login("ada", "abc"), SUCCESS);
    assert_eq!(serving.end(Signal::TERM).0, Some(0));
}

#[test]
fn the_operator_sees_after_an_orderly_end_which_password_was_used() {
    let place = Place::new();
    add(&place, "ada", "pencil");
    place.run("user rotate ada --grace 1h --password-stdin", "crayon");
    let before = fs::read(place.path(FILE)).unwrap();
    let (serving, said) = Serving::start(&place, "-p 0");
    logged_in(&said.address, "crayon");
    assert_eq!(serving.end(Signal::TERM).0, Some(0));
    let table = place.run("user credentials ada", "").stdout;
    let used = |label: &str| {
        let row = table.lines().find(|line| line.starts_with(label)).unwrap();
        row.matches("Z").count()
    };
    // Created and expires; created and last used.
    assert_eq!((used("1"), used("2")), (2, 2), "{table}");
    assert!(table.lines().nth(1).unwrap().contains("  -  "), "{table}");
    assert_eq!(fs::read(place.path(FILE)).unwrap(), before, "the users file is not touched for that");
    // Another run that nobody uses keeps what was noted.
    let (again, _) = Serving::start(&place, "-p 0");
    thread::sleep(Duration::from_millis(100));
    assert_eq!(again.end(Signal::TERM).0, Some(0));
    assert_eq!(place.run("user credentials ada", "").stdout, table);
}
