//! `keyway doctor` alone: the users file and the machine, by the real command.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod cli_command;

use cli_command::{Ended, Place};
use keyway::{Credential, Role, Rounds, UserRecord, Verifier};
use keyway_frontend::UsersFile;
use std::{
    fs::{self, File, Permissions},
    net::TcpListener,
    os::unix::fs::PermissionsExt,
    time::{Duration, SystemTime},
};

const FILE: &str = "keyway-users.toml";

fn place_of_ada() -> Place {
    let place = Place::new();
    let added = place.run("user add ada --password-stdin", "pencil\n");
    assert_eq!(added.code, Some(0), "{added:?}");
    place
}

/// On a port that is free.
fn doctor(place: &Place, more: &str) -> Ended {
    let port = TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
    place.run(format!("doctor -p {port} {more}").trim_end(), "")
}

fn set_mode(place: &Place, name: &str, mode: u32) {
    fs::set_permissions(place.path(name), Permissions::from_mode(mode)).unwrap();
}

/// There is a line of this level that has this in it.
#[track_caller]
fn says(ended: &Ended, level: &str, text: &str) {
    let found = ended.stdout.lines().any(|line| line.starts_with(level) && line.contains(text));
    assert!(found, "no {level} with {text:?}: {ended:?}");
}

#[test]
fn a_house_in_order_has_no_errors_and_no_warnings() {
    let ended = doctor(&place_of_ada(), "");
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""), "{ended:?}");
    assert!(!ended.stdout.contains("warning"), "{ended:?}");
    says(
        &ended,
        "note",
        "SCRAM-SHA-512 is offered but not listed, because nothing is stored for it of \"ada\"",
    );
    says(&ended, "ok", "who can log in can do so by SCRAM-SHA-256");
    for text in ["mode 0600", "users: 1", "open files", "clock", "is free"] {
        says(&ended, "ok", text);
    }
}

#[test]
fn modes_that_let_others_in_are_found() {
    let place = place_of_ada();
    set_mode(&place, FILE, 0o644);
    let readable = doctor(&place, "");
    assert_eq!(readable.code, Some(0), "a warning is no failure: {readable:?}");
    says(&readable, "warning", "mode 0644: others can read it");
    assert!(readable.stdout.contains("; fix: chmod 600 "), "{readable:?}");

    set_mode(&place, FILE, 0o660);
    let writable = doctor(&place, "");
    assert_eq!((writable.code, writable.stderr.as_str()), (Some(1), "keyway: 1 error\n"));
    says(&writable, "error", "others than its owner can write it");

    set_mode(&place, FILE, 0o600);
    set_mode(&place, "", 0o777);
    let replaceable = doctor(&place, "");
    assert_eq!(replaceable.code, Some(1));
    says(&replaceable, "error", "mode 0777: everybody on this machine can put another users file in place");
    set_mode(&place, "", 0o770);
    says(&doctor(&place, ""), "warning", "its group");
    set_mode(&place, "", 0o1777);
    assert_eq!(doctor(&place, "").code, Some(0), "with the sticky bit nobody replaces another's file");
    set_mode(&place, "", 0o700);
}

/// Whoever can replace the link can replace the file.
#[test]
fn the_directory_of_a_link_counts_as_well() {
    let place = place_of_ada();
    fs::create_dir(place.path("open")).unwrap();
    set_mode(&place, "open", 0o777);
    std::os::unix::fs::symlink(place.path(FILE), place.path("open/link")).unwrap();
    let ended = doctor(&place, "--users open/link");
    assert_eq!(ended.code, Some(1));
    says(&ended, "error", "/open has mode 0777");
    assert_eq!(ended.stdout.matches("has mode 0777").count(), 1, "each directory once: {ended:?}");
    // Above it as well: whoever can write there puts another directory in its place.
    fs::create_dir_all(place.path("open/deep")).unwrap();
    std::os::unix::fs::symlink(place.path(FILE), place.path("open/deep/link")).unwrap();
    says(&doctor(&place, "--users open/deep/link"), "error", "/open has mode 0777");
}

#[test]
fn a_file_that_is_missing_broken_or_empty_is_told_and_the_rest_is_looked_at() {
    let place = place_of_ada();
    let missing = doctor(&place, "--users nowhere");
    assert_eq!(missing.code, Some(1));
    says(&missing, "error", "nowhere does not exist; fix: keyway user add");
    says(&missing, "ok", "is free");
    fs::write(place.path(FILE), "version = 99\n").unwrap();
    says(&doctor(&place, ""), "error", "version 99");
    fs::remove_file(place.path(FILE)).unwrap();
    let none = doctor(&place, "");
    assert_eq!(none.code, Some(0));
    says(&none, "note", "there is no users file");
    place.run("user add ada --password-stdin", "pencil\n");
    place.run("user remove ada", "");
    says(&doctor(&place, ""), "warning", "has no users");
}

#[test]
fn a_file_from_the_future_and_too_many_connections_are_warned_of() {
    let place = place_of_ada();
    let file = File::options().write(true).open(place.path(FILE)).unwrap();
    file.set_modified(SystemTime::now() + Duration::from_secs(3600)).unwrap();
    let ended = doctor(&place, "-c 4000000000");
    assert_eq!(ended.code, Some(0), "{ended:?}");
    says(&ended, "warning", "this clock is behind");
    says(&ended, "warning", "4000000000 connections need 4000000064");
}

#[test]
fn a_fast_hash_is_warned_of() {
    let place = place_of_ada();
    let hash = "a075d17f3d453073853f813838c15b8023b8c487038436354fe599c3942e1f95";
    fs::write(place.path("acl"), format!("user grace on #{hash} ~* +@all\n")).unwrap();
    let imported = place.run("import redis-acl acl", "");
    assert_eq!(imported.code, Some(0), "{imported:?}");
    let ended = doctor(&place, "--mechanisms PLAIN");
    assert_eq!(ended.code, Some(0), "{ended:?}");
    says(&ended, "warning", r#"one fast hash is between a copy of the file and the passwords of "grace""#);
}

#[test]
fn few_iterations_are_noted() {
    let place = place_of_ada();
    let verifier = Verifier::derive("pencil", Rounds::MIN).unwrap();
    fs::write(place.path("pg"), format!("grace|{verifier}\n")).unwrap();
    assert_eq!(place.run("import postgres pg", "").code, Some(0));
    let ended = doctor(&place, "");
    assert_eq!(ended.code, Some(0));
    says(&ended, "note", r#"passwords of "grace""#);
}

/// The passwords of one user: label, seconds from now to its beginning, seconds from now to its end, and whether it has the
/// salt of the one before.
fn passwords(place: &Place, name: &str, passwords: &[(&str, Option<i64>, Option<i64>, bool)]) {
    let at = |seconds: i64| {
        let now = SystemTime::now();
        let span = Duration::from_secs(seconds.unsigned_abs());
        if seconds < 0 { now - span } else { now + span }
    };
    let mut last: Option<Verifier> = None;
    let credentials = passwords.iter().map(|(label, begin, end, beside)| {
        let verifier = match last.take().filter(|_| *beside) {
            Some(last) => last.derive_beside("crayon").unwrap(),
            None => Verifier::derive("pencil", Rounds::default()).unwrap(),
        };
        last = Some(verifier.clone());
        let mut credential = Credential::new(*label, verifier);
        (credential.not_before, credential.expires) = (begin.map(at), end.map(at));
        credential
    });
    let credentials = credentials.collect();
    let record = UserRecord::with_credentials(name, Role::ReadOnly, credentials);
    UsersFile::edit(&place.path(FILE), |file| file.add_record(record)).unwrap();
}

#[test]
fn passwords_that_do_not_count_or_soon_will_not_are_told() {
    let place = place_of_ada();
    passwords(&place, "gone", &[("1", None, Some(-60), false)]);
    passwords(&place, "early", &[("1", Some(3600), None, false)]);
    passwords(&place, "ending", &[("1", None, Some(3600), false)]);
    passwords(&place, "rotated", &[("1", None, Some(3600), false), ("2", None, None, true)]);
    let ended = doctor(&place, "");
    assert_eq!(ended.code, Some(0), "{ended:?}");
    says(&ended, "warning", r#"no password counts now of "early", "gone""#);
    says(&ended, "warning", r#"within a week the last password ends of "ending""#);
    let warned = |line: &str| line.starts_with("warning") && line.contains("rotated");
    assert!(!ended.stdout.lines().any(warned), "{ended:?}");
}

#[test]
fn passwords_of_different_salts_are_told_for_scram_shows_one() {
    let place = place_of_ada();
    passwords(&place, "grace", &[("1", None, None, false), ("2", None, None, false)]);
    says(
        &doctor(&place, ""),
        "warning",
        r#"several passwords count of "grace", with salts of their own: by SCRAM-SHA-256"#,
    );
    assert!(!doctor(&place, "--mechanisms PLAIN").stdout.contains("salts"));
}

#[test]
fn a_mechanism_that_clients_take_and_users_lack_is_an_error() {
    let place = place_of_ada();
    let ended = doctor(&place, "--mechanisms SCRAM-SHA-512,PLAIN");
    assert_eq!(ended.code, Some(1));
    says(
        &ended,
        "error",
        r#"nothing is stored for SCRAM-SHA-512 of "ada"; clients on libsasl2 take it and try no other"#,
    );
    assert_eq!(doctor(&place, "--mechanisms PLAIN").code, Some(0));
    let ended = doctor(&place, "--mechanisms PLAIN,CRAM-MD5");
    assert_eq!(ended.code, Some(0));
    says(&ended, "note", "CRAM-MD5 is offered but not listed");
    says(&doctor(&place, "--mechanisms CRAM-MD5"), "error", "nothing is stored for CRAM-MD5");
    assert!(ended_with_fix(&doctor(&place, "--mechanisms CRAM-MD5"), "--for SCRAM-SHA-256,CRAM-MD5"));
    place.run("user passwd ada --password-stdin --for SCRAM-SHA-256,CRAM-MD5", "pencil\n");
    let stored = doctor(&place, "--mechanisms CRAM-MD5");
    assert_eq!(stored.code, Some(0), "{stored:?}");
    says(&stored, "note", r#"what is stored for CRAM-MD5 of "ada" is as good as the password"#);
}

fn ended_with_fix(ended: &Ended, fix: &str) -> bool {
    ended.stdout.lines().any(|line| line.starts_with("error") && line.contains(fix))
}

#[test]
fn an_address_that_is_taken_or_open_is_told() {
    let place = place_of_ada();
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || listener.incoming().map_while(Result::ok).for_each(drop));
    let taken = place.run(&format!("doctor -p {port}"), "");
    assert_eq!(taken.code, Some(1));
    says(&taken, "error", "is in use by something else");
    let open = doctor(&place, "-l 0.0.0.0");
    assert_eq!(open.code, Some(0));
    says(&open, "note", "PLAIN is not offered there");
    let alone = doctor(&place, "-l 0.0.0.0 --mechanisms PLAIN");
    assert_eq!(alone.code, Some(1));
    says(&alone, "error", "nothing else is");
    assert!(!doctor(&place, "-l 0.0.0.0 --mechanisms SCRAM-SHA-256").stdout.contains("PLAIN is not"));
    says(&doctor(&place, "-l 192.0.2.77"), "error", "this machine has no such address");
}

#[test]
fn findings_are_json_if_asked_for() {
    let place = place_of_ada();
    set_mode(&place, FILE, 0o644);
    let ended = doctor(&place, "--json");
    let levels: Vec<String> = ended
        .stdout
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
        .inspect(|finding| assert_eq!(finding["level"] == "warning", finding["fix"].is_string(), "{finding}"))
        .map(|finding| finding["level"].as_str().unwrap().to_owned())
        .collect();
    assert!(levels.contains(&"warning".to_owned()) && levels.contains(&"ok".to_owned()), "{ended:?}");
}

#[test]
fn lines_that_mean_nothing_are_refused() {
    let place = place_of_ada();
    for line in [
        "doctor --user ada",
        "doctor localhost -p 7",
        "doctor localhost:0",
        "doctor localhost --password-file f",
        "doctor localhost --user ada secret",
        "doctor explain 0000000000",
    ] {
        assert_eq!(place.run(line, "").code, Some(2), "{line}");
    }
}
