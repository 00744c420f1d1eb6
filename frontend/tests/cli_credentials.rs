//! `keyway user rotate`, `credentials` and `credential`: several passwords of one user, by the real command.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod cli_command;

use cli_command::{Ended, Place};
use std::fs;

const FILE: &str = "keyway-users.toml";

/// Ada with the password `pencil`.
fn ada() -> Place {
    let place = Place::new();
    done(&place, "user add ada --password-stdin", "pencil");
    place
}

fn done(place: &Place, line: &str, stdin: &str) -> Ended {
    let ended = place.run(line, stdin);
    assert_eq!(ended.code, Some(0), "{line}: {ended:?}");
    ended
}

fn logs_in(place: &Place, password: &str) -> bool {
    place.run("user check ada", password).code == Some(0)
}

/// Labels with their states, by label.
fn states(place: &Place) -> Vec<(String, String)> {
    let table = done(place, "user credentials ada", "").stdout;
    let row = |line: &str| {
        let mut cells = line.split("  ").map(str::trim).filter(|cell| !cell.is_empty());
        (cells.next().unwrap().to_owned(), cells.last().unwrap().to_owned())
    };
    let mut states: Vec<_> = table.lines().skip(1).map(row).collect();
    states.sort();
    states
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(label, state)| ((*label).to_owned(), (*state).to_owned())).collect()
}

#[test]
fn a_rotation_prints_the_new_password_once_and_the_old_one_goes_on() {
    let place = ada();
    let ended = done(&place, "user rotate ada --grace 24h", "");
    let password = ended.stdout.strip_suffix('\n').unwrap();
    assert_eq!(password.len(), 32, "160 bits at 5 a character");
    assert!(logs_in(&place, password) && logs_in(&place, "pencil"));
    assert_eq!(states(&place), pairs(&[("1", "counts"), ("2", "counts")]));
    let text = fs::read_to_string(place.path(FILE)).unwrap();
    assert_eq!(text.matches("\nexpires = 2").count(), 1, "{text}");
    assert!(!text.contains(password));
    // One derivation, and one challenge of SCRAM, serve both.
    let salts: Vec<&str> = text.lines().filter_map(|line| line.split('$').nth(1)).skip(1).collect();
    assert_eq!((salts.len(), salts[0]), (2, salts[1]), "{text}");
}

#[test]
fn a_password_for_plain_alone_is_argon2id_and_so_is_the_one_that_follows() {
    let place = Place::new();
    done(&place, "user add ada --plain-only --password-stdin", "pencil");
    done(&place, "user rotate ada --grace 1h --password-stdin", "crayon");
    let text = fs::read_to_string(place.path(FILE)).unwrap();
    assert_eq!(
        (text.matches("$argon2id$v=19$m=19456,t=2,p=1$").count(), text.matches("$65536").count()),
        (2, 0)
    );
    assert!(logs_in(&place, "pencil") && logs_in(&place, "crayon") && !logs_in(&place, "chalk"));
}

#[test]
fn a_rotation_without_grace_is_over_at_once() {
    let place = ada();
    done(&place, "user rotate ada --grace 0s --password-stdin --label crayons", "crayon");
    assert!(logs_in(&place, "crayon") && !logs_in(&place, "pencil"));
    assert_eq!(states(&place), pairs(&[("crayons", "counts")]));
}

#[test]
fn passwords_are_added_ended_and_removed_by_their_labels() {
    let place = ada();
    done(&place, "user credential add ada --label laptop --password-stdin", "crayon");
    done(&place, "user credential add ada --not-before 2999-01-01 --password-stdin", "chalk");
    done(&place, "user credential add ada --label past --expires 2001-01-01 --password-stdin", "ink");
    assert_eq!(
        states(&place),
        pairs(&[("1", "counts"), ("2", "not yet"), ("laptop", "counts"), ("past", "expired")])
    );
    let able = |place: &Place| ["pencil", "crayon", "chalk", "ink"].map(|password| logs_in(place, password));
    assert_eq!(able(&place), [true, true, false, false]);

    done(&place, "user credential expire ada laptop 2001-01-01T00:00:00Z", "");
    done(&place, "user credential expire ada past never", "");
    assert_eq!(able(&place), [true, false, false, true]);
    done(&place, "user credential remove ada 1", "");
    assert_eq!(able(&place), [false, false, false, true]);
}

#[test]
fn a_user_whose_passwords_are_over_is_told_so() {
    let place = Place::new();
    done(&place, "user add ada --expires 2001-01-01 --password-stdin", "pencil");
    let refused = place.run("user check ada", "pencil");
    assert_eq!(refused.code, Some(1));
    assert!(refused.stderr.contains("keyway user credentials ada"), "{refused:?}");
}

#[test]
fn what_cannot_be_done_says_what_can() {
    let place = ada();
    let table = [
        ("user credential remove ada 1", 1, "only credential"),
        ("user credential remove ada 7", 1, "no credential \"7\""),
        ("user credential remove eve 1", 1, "no user \"eve\""),
        ("user credential expire ada 1 soon", 2, "2026-12-01T18:00:00Z"),
        ("user credential add ada --label 1", 1, "already"),
        ("user credential add ada --not-before 2030-01-01 --expires 2029-01-01", 1, "before it begins"),
        ("user credentials eve", 1, "no user \"eve\""),
        ("user rotate eve --grace 1h", 1, "no user \"eve\""),
        ("user rotate ada", 2, "--grace"),
        ("user rotate ada --grace forever", 2, "24h"),
    ];
    let before = fs::read(place.path(FILE)).unwrap();
    for (line, code, fragment) in table {
        let ended = place.run(line, "x");
        assert_eq!(ended.code, Some(code), "{line}: {ended:?}");
        assert!(ended.stderr.contains(fragment), "{line}: {ended:?}");
    }
    assert_eq!(fs::read(place.path(FILE)).unwrap(), before, "nothing of that changed the file");
}
