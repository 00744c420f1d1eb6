//! `keyway import`: users from elsewhere, by the real command.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod cli_command;

use cli_command::{Ended, Place};
use keyway::{Rounds, Verifier};
use std::{fs, path::Path};

const PWDB: &str = "ada:s3cret:ignored\ngrace@vm:one\ngrace@other:two\n";

fn recorded_sasldb() -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recorded/sasldb2").display().to_string()
}

fn lines(ended: &Ended) -> Vec<&str> {
    ended.stdout.lines().collect()
}

fn logs_in(place: &Place, name: &str, password: &str) -> bool {
    place.run(&format!("user check {name}"), &format!("{password}\n")).code == Some(0)
}

#[test]
fn users_of_a_sasldb_log_in_with_the_passwords_that_they_had() {
    let place = Place::new();
    let ended = place.run(&format!("import sasldb {} --realm only=vm", recorded_sasldb()), "");
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(lines(&ended), [r#"add "ada""#, r#"add "grace""#, r#"add "long""#]);
    assert!(ended.stderr.contains(r#""grace" is of realm "elsewhere""#), "{ended:?}");
    for (name, password) in [("ada", "s3cret"), ("grace", r"p@ss:w\rd"), ("long", &"long".repeat(200))] {
        assert!(logs_in(&place, name, password), "{name}");
        assert!(!logs_in(&place, name, "another"), "{name}");
    }
}

#[test]
fn a_dry_run_says_the_same_and_changes_nothing() {
    let place = Place::new();
    fs::write(place.path("pwdb"), PWDB).unwrap();
    let ended = place.run("import pwdb pwdb --realm keep --dry-run", "");
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(
        lines(&ended),
        [r#"would add "ada""#, r#"would add "grace@other""#, r#"would add "grace@vm""#]
    );
    assert!(!place.path("keyway-users.toml").exists());
    assert!(!format!("{ended:?}").contains("s3cret"));
}

#[test]
fn a_name_with_two_passwords_is_left_out_aloud_and_the_others_come() {
    let place = Place::new();
    fs::write(place.path("pwdb"), PWDB).unwrap();
    let ended = place.run("import pwdb pwdb", "");
    assert_eq!((ended.code, lines(&ended)), (Some(1), vec![r#"add "ada""#]));
    assert!(ended.stderr.contains(r#""grace" comes with different passwords"#), "{ended:?}");
    assert!(logs_in(&place, "ada", "s3cret"));
}

#[test]
fn users_that_are_there_keep_their_passwords_unless_told_otherwise() {
    let place = Place::new();
    place.run("user add ada --role admin --password-stdin", "older\n");
    fs::write(place.path("authfile"), "ada:new:er\n").unwrap();
    let kept = place.run("import authfile authfile", "");
    assert_eq!((kept.code, lines(&kept)), (Some(0), vec![r#"keep "ada""#]));
    assert!(logs_in(&place, "ada", "older"));
    let replaced = place.run("import authfile authfile --existing replace", "");
    assert_eq!((replaced.code, lines(&replaced)), (Some(0), vec![r#"change the password of "ada""#]));
    assert!(logs_in(&place, "ada", "new:er"));
    assert_eq!(place.run("user list", "").stdout, "ada  admin\n");
}

#[test]
fn verifiers_of_postgresql_are_taken_as_they_are() {
    let place = Place::new();
    let verifier = Verifier::derive("s3cret", Rounds::MIN).unwrap().to_string();
    fs::write(place.path("pg"), format!("ada|{verifier}\nold|md5c0ffee\n")).unwrap();
    let ended = place.run("import postgres pg --role read-only", "");
    assert_eq!((ended.code, lines(&ended)), (Some(0), vec![r#"add "ada""#]));
    assert!(logs_in(&place, "ada", "s3cret"));
    assert!(fs::read_to_string(place.path("keyway-users.toml")).unwrap().contains(&verifier));
    assert_eq!(place.run("user list", "").stdout, "ada  read-only\n");
}

/// `abc`, as htpasswd -B and htpasswd -s write it, and as Redis does; and `abd` as Redis does.
const BCRYPT: &str = "$2y$06$If6bvum7DFjUnE9p2uDeDu0YHzrHM6tf.iqN8.yx.jNN1ILEf7h0i";
const SHA: &str = "{SHA}qZk+NkcGgWq6PiVxeFDCbJzQ2J0=";
const REDIS: [&str; 2] = [
    "#ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    "#a52d159f262b2c6ddb724a61840befc36eb30c88877a4030b65cbe86298449c9",
];

#[test]
fn users_of_apache_log_in_with_the_passwords_that_they_had() {
    let place = Place::new();
    let file = format!("ada:{BCRYPT}\ngrace:{SHA}\nold:$apr1$NRZ2BLmY$5vFzbMxm\n");
    fs::write(place.path("htpasswd"), file).unwrap();
    let ended = place.run("import htpasswd htpasswd", "");
    assert_eq!((ended.code, lines(&ended)), (Some(0), vec![r#"add "ada""#, r#"add "grace""#]), "{ended:?}");
    assert!(ended.stderr.contains("$apr1$") && !ended.stderr.contains("NRZ2BLmY"), "{ended:?}");
    for name in ["ada", "grace"] {
        assert!(logs_in(&place, name, "abc") && !logs_in(&place, name, "abd"), "{name}");
    }
}

#[test]
fn users_of_redis_log_in_with_each_of_their_passwords() {
    let place = Place::new();
    let [one, other] = REDIS;
    let file = format!(
        "user default on nopass ~* +@all\nuser ada on {one} {other} >s3cret ~* +@all\nuser gone off {one}\n"
    );
    fs::write(place.path("users.acl"), file).unwrap();
    let ended = place.run("import redis-acl users.acl --role admin", "");
    assert_eq!((ended.code, lines(&ended)), (Some(0), vec![r#"add "ada""#]), "{ended:?}");
    for told in ["nopass", "\"gone\" is off"] {
        assert!(ended.stderr.contains(told), "{ended:?}");
    }
    for password in ["abc", "abd", "s3cret"] {
        assert!(logs_in(&place, "ada", password), "{password}");
    }
    assert!(!logs_in(&place, "ada", "abe"));
    assert_eq!(place.run("user credentials ada", "").stdout.lines().count(), 1 + 3);
    assert_eq!(place.run("user list", "").stdout, "ada  admin\n");
    // Once more, in place of those: labels are never used again.
    place.run("import redis-acl users.acl --existing replace", "");
    assert!(place.run("user credentials ada", "").stdout.contains("\n4 "));
    assert!(logs_in(&place, "ada", "abc"));
}

#[test]
fn what_cannot_be_read_is_refused_and_says_what_to_do() {
    let place = Place::new();
    fs::write(place.path("text"), "no users here\n").unwrap();
    for (line, hint) in [
        ("import sasldb text", "neither a hash file"),
        ("import pwdb text", "line 1: no colon"),
        ("import postgres text", "line 1"),
        ("import htpasswd text", "line 1: no colon"),
        ("import redis-acl text", "line 1: not `user`"),
        ("import pwdb missing", "cannot read missing"),
    ] {
        let ended = place.run(line, "");
        assert_eq!(ended.code, Some(1), "{line}");
        assert!(ended.stderr.contains(hint), "{line}: {ended:?}");
    }
    assert!(!place.path("keyway-users.toml").exists());
    assert_eq!(place.run("import pwdb text --realm drop", "").code, Some(2));
}
