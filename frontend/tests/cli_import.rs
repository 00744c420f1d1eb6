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

#[test]
fn what_cannot_be_read_is_refused_and_says_what_to_do() {
    let place = Place::new();
    fs::write(place.path("text"), "no users here\n").unwrap();
    for (line, hint) in [
        ("import sasldb text", "neither a hash file"),
        ("import pwdb text", "line 1: no colon"),
        ("import postgres text", "line 1"),
        ("import pwdb missing", "cannot read missing"),
    ] {
        let ended = place.run(line, "");
        assert_eq!(ended.code, Some(1), "{line}");
        assert!(ended.stderr.contains(hint), "{line}: {ended:?}");
    }
    assert!(!place.path("keyway-users.toml").exists());
    assert_eq!(place.run("import pwdb text --realm drop", "").code, Some(2));
}
