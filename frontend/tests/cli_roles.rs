//! `keyway role` and the roles of `keyway user`, by the real command and with a real server.
#![allow(
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    reason = "a test fails by panicking, and its frames are small"
)]

mod cli_command;
mod serving;

use cli_command::Place;
use serving::{Client, FILE, SUCCESS, Serving, wait_until};
use std::fs;

const FORBIDDEN: u16 = 0x24;
const NOT_FOUND: u16 = 0x01;

fn add(place: &Place, line: &str) {
    let added = place.run(&format!("user add {line} --password-stdin"), "pencil");
    assert_eq!(added.code, Some(0), "{added:?}");
}

#[test]
fn a_role_is_made_shown_given_changed_and_removed() {
    let place = Place::new();
    let made = place.run(
        r"role set reporter --allow read@reports/ --allow stats --deny read,write@reports/secret\x00 --audit sample:0.01",
        "",
    );
    assert_eq!((made.code, &*made.stdout), (Some(0), ""), "{made:?}");
    assert!(made.stderr.contains("added role \"reporter\""), "{made:?}");
    add(&place, "ada --role reporter --role read-only");
    add(&place, "bob");
    let shown = place.run("role show reporter", "");
    assert_eq!(
        shown.stdout,
        "allow read@reports/\nallow stats\ndeny read,write@reports/secret\\x00\naudit sample:0.01\nuser ada\n"
    );
    assert_eq!(place.run("role show read-only", "").stdout, "allow read,stats\nuser ada\n");
    assert_eq!(
        place.run("role list", "").stdout,
        "read-only   users: 1\nread-write  users: 1\nadmin       users: 0\nreporter    users: 1\n"
    );
    assert_eq!(place.run("user list", "").stdout, "ada  read-only, reporter\nbob  read-write\n");
    assert!(place.run("user check ada", "pencil").stdout.contains("(read-only, reporter)"));

    let text = fs::read_to_string(place.path(FILE)).unwrap();
    assert!(text.contains("prefix = \"reports/secret\\u0000\""), "{text}");
    let kept = place.run("role remove reporter", "");
    assert_eq!(kept.code, Some(1));
    assert!(kept.stderr.contains("user \"ada\" has the role"), "{kept:?}");
    assert!(place.run("role set reporter --allow read", "").stderr.contains("changed role"));
    assert_eq!(place.run("user role ada read-only", "").code, Some(0));
    assert_eq!(place.run("role remove reporter", "").code, Some(0));
    assert_eq!(place.run("user list", "").stdout, "ada  read-only\nbob  read-write\n");
}

#[test]
fn what_cannot_be_meant_is_refused_and_changes_nothing() {
    let place = Place::new();
    add(&place, "ada");
    let before = fs::read_to_string(place.path(FILE)).unwrap();
    let table = [
        ("role set admin --allow read", 1, "built in"),
        ("role set x --allow get", 2, "a verb is one of read,write"),
        ("role set x --allow read@", 2, "every key"),
        ("role set x --allow stats@a", 1, "about no key"),
        ("role set x --audit all", 2, "sample:0.01"),
        ("role set a,b --allow read", 1, "commas"),
        ("role show nobody", 1, "keyway role list"),
        ("role remove nobody", 1, "keyway role list"),
        ("role remove admin", 1, "built in"),
        ("user role ada nobody", 1, "keyway role set"),
        ("user role ada", 2, "ROLES"),
        ("user role eve admin", 1, "no user \"eve\""),
        ("user add bob --role nobody --generate", 1, "keyway role set"),
        ("user add bob --namespace nowhere --generate", 1, "\"nowhere\""),
    ];
    for (line, code, fragment) in table {
        let ended = place.run(line, "");
        assert_eq!(ended.code, Some(code), "{line}: {ended:?}");
        assert!(ended.stderr.contains(fragment) && ended.stdout.is_empty(), "{line}: {ended:?}");
    }
    assert_eq!(fs::read_to_string(place.path(FILE)).unwrap(), before);
}

#[test]
fn a_file_with_a_role_that_is_not_there_is_named_by_check_and_by_the_doctor() {
    let place = Place::new();
    add(&place, "ada");
    let text = fs::read_to_string(place.path(FILE)).unwrap().replace("[\"read-write\"]", "[\"reporter\"]");
    fs::write(place.path(FILE), text).unwrap();
    for (line, stdin) in [("user check ada", "pencil"), ("doctor", "")] {
        let ended = place.run(line, stdin);
        let told = format!("{}{}", ended.stdout, ended.stderr);
        assert_eq!(ended.code, Some(1), "{told}");
        assert!(
            told.contains("role \"reporter\" is not known") && told.contains("keyway role set"),
            "{told}"
        );
    }
}

#[test]
fn a_role_that_nobody_has_and_a_user_who_may_do_nothing_are_told_by_the_doctor() {
    let place = Place::new();
    place.run("role set idle --allow read", "");
    place.run("role set nothing --deny read", "");
    add(&place, "ada --role nothing --role read-only");
    let told = place.run("doctor", "").stdout;
    assert!(told.contains("nobody has the role \"idle\""), "{told}");
    assert!(!told.contains("may do nothing"), "{told}");
    place.run("user role ada nothing", "");
    let told = place.run("doctor", "").stdout;
    assert!(told.contains("ada") && told.contains("may do nothing"), "{told}");
}

#[test]
fn a_changed_role_counts_on_a_running_server_and_ends_no_session() {
    let place = Place::new();
    place.run("role set reporter --allow read,write@reports/", "");
    add(&place, "ada --role reporter");
    let (serving, said) = Serving::start(&place, "-p 0");
    let mut ada = Client::connect(&said.address);
    assert_eq!(ada.login("ada", "pencil"), SUCCESS);
    assert_eq!(ada.set("reports/1", b"1"), SUCCESS);
    assert_eq!((ada.get("orders/1"), ada.set("orders/1", b"1")), (FORBIDDEN, FORBIDDEN));
    // A refused add does not tell whether there is an item: row 71 of the attacks.
    let extras = [0; 8];
    assert_eq!(ada.ask(0x02, &extras, "orders/1", b"1"), ada.ask(0x02, &extras, "orders/2", b"1"));

    place.run("role set reporter --allow read@reports/ --allow read@orders/", "");
    wait_until(|| ada.set("reports/1", b"2") == FORBIDDEN, || serving.log());
    assert_eq!((ada.get("reports/1"), ada.get("orders/1")), (SUCCESS, NOT_FOUND));
    place.run("user role ada read-write", "");
    wait_until(|| ada.set("orders/1", b"2") == SUCCESS, || serving.log());
    assert_eq!(ada.get("reports/1"), SUCCESS, "the same session, all along");
}
