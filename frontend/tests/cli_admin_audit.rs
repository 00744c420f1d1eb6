//! What `keyway serve --audit` tells of `keyway admin`: each act once, done or not, with whose process asked for it.
#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    reason = "a test fails by panicking, and its frames are small"
)]

mod cli_command;
mod serving;

use cli_command::Place;
use rustix::process::{Signal, geteuid};
use serde_json::Value as Json;
use serving::{Client, SUCCESS, Serving, add, wait_until};
use std::{fs, process::Stdio};

const SOCKET: &str = "keyway-admin.sock";

/// What is asked in this order, by what the audit calls the act, with whom or what it is about; and why it is not done.
const ACTS: [(&str, &str, &str, Option<&str>); 33] = [
    ("set-role clerk --allow read,write", "define role", "clerk", None),
    ("set-role admin --allow read", "define role", "admin", Some("BuiltInRole")),
    ("set-role two,names --allow read", "define role", "two,names", Some("BadRoleName")),
    ("set-roles ada clerk", "set roles", "ada", None),
    ("set-roles ada nothing", "set roles", "ada", Some("UnknownRole")),
    ("set-roles eve clerk", "set roles", "eve", Some("UnknownUser")),
    ("remove-role clerk", "remove role", "clerk", None),
    ("remove-role clerk", "remove role", "clerk", Some("UnknownRole")),
    ("remove-role admin", "remove role", "admin", Some("BuiltInRole")),
    ("add-namespace shop --reserve 1m", "add namespace", "shop", None),
    ("add-namespace shop", "add namespace", "shop", Some("NamespaceExists")),
    ("add-namespace big --reserve 100g", "add namespace", "big", Some("ReservedBeyondBudget")),
    ("add-namespace low --reserve 1m --ceiling 1", "add namespace", "low", Some("CeilingBelowReserve")),
    ("set-namespace-limits shop --value 10", "set namespace limits", "shop", None),
    ("set-namespace-limits none --value 10", "set namespace limits", "none", Some("UnknownNamespace")),
    ("set-namespace ada shop", "set namespace", "ada", None),
    ("set-namespace ada none", "set namespace", "ada", Some("UnknownNamespace")),
    ("set-namespace eve shop", "set namespace", "eve", Some("UnknownUser")),
    ("set-limits ada --operations-per-second 9", "set limits", "ada", None),
    ("set-limits eve --value 9", "set limits", "eve", Some("UnknownUser")),
    ("remove-namespace shop", "remove namespace", "shop", None),
    ("remove-namespace shop", "remove namespace", "shop", Some("UnknownNamespace")),
    ("mint bob --label batch", "mint", "bob", None),
    ("mint eve", "mint", "eve", Some("UnknownUser")),
    ("revoke session 999", "revoke session", "999", Some("UnknownSession")),
    ("revoke user bob", "revoke user", "bob", None),
    ("revoke user eve", "revoke user", "eve", Some("UnknownUser")),
    ("revoke role nothing", "revoke role", "nothing", Some("UnknownRole")),
    ("revoke credential bob 1", "revoke credential", "bob", None),
    ("revoke credential bob 9", "revoke credential", "bob", Some("UnknownLabel")),
    ("revoke token AAAAAAAA", "revoke token", "AAAAAAAA", Some("UnknownToken")),
    ("remove-user bob", "remove user", "bob", None),
    ("remove-user bob", "remove user", "bob", Some("UnknownUser")),
];

/// Runs it to the end, and says as which process.
fn ask(place: &Place, line: &str, succeeds: bool) -> String {
    let mut command = place.command(&format!("admin {line}"));
    let asked = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let pid = asked.id();
    let output = asked.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(i32::from(!succeeds)), "{line}");
    format!("uid:{}/pid:{pid}", geteuid().as_raw())
}

/// Those of these events, in order.
fn told(place: &Place, events: &[&str]) -> Vec<Json> {
    let text = fs::read_to_string(place.path("audit.json")).unwrap();
    let lines = text.lines().map(|line| serde_json::from_str::<Json>(line).unwrap());
    lines.filter(|line| events.iter().any(|event| line["event"] == *event)).collect()
}

fn start() -> (Place, Serving, String) {
    let place = Place::new();
    add(&place, "ada", "pencil");
    add(&place, "bob", "crayon");
    let (serving, said) = Serving::start(&place, "-p 0 --audit audit.json --admin-socket keyway-admin.sock");
    wait_until(|| place.path(SOCKET).exists(), || "there is no socket".to_owned());
    (place, serving, said.address)
}

#[test]
fn each_act_of_an_operator_is_told_once_with_who_what_and_what_came_of_it() {
    let (place, serving, _) = start();
    let by = ACTS.map(|(line, _, _, why)| ask(&place, line, why.is_none()));
    assert_eq!(serving.end(Signal::TERM).0, Some(0));
    let told = told(&place, &["admin", "admin_failed"]);
    assert_eq!(told.len(), ACTS.len(), "{told:?}");
    for (((line, act, name, why), by), told) in ACTS.iter().zip(&by).zip(&told) {
        let asked = (told["act"].as_str(), told["peer"].as_str());
        assert_eq!(asked, (Some(*act), Some(by.as_str())), "{line}: {told}");
        assert!(told.get("user").is_none() && told.get("connection").is_none(), "{line}: {told}");
        match why {
            None => assert_eq!((&told["event"], &told["name"]), (&"admin".into(), &(*name).into()), "{line}"),
            Some(why) => assert_eq!(
                (&told["event"], &told["claimed"], &told["reason"]),
                (&"admin_failed".into(), &(*name).into(), &(*why).into()),
                "{line}"
            ),
        }
    }
}

#[test]
fn what_was_changed_is_told_beside_who_did_it() {
    let (place, serving, _) = start();
    for line in [
        "set-role clerk --allow read",
        "set-roles ada clerk",
        "add-namespace shop",
        "set-namespace-limits shop --value 10",
        "set-namespace ada shop",
        "set-limits ada --value 9",
        "remove-namespace shop",
        "remove-role clerk",
        "remove-user ada",
    ] {
        ask(&place, line, true);
    }
    assert_eq!(serving.end(Signal::TERM).0, Some(0));
    let told = told(&place, &["change", "admin"]);
    let words = |line: &Json| {
        let fields = ["event", "subject", "act", "name", "detail"];
        fields.iter().filter_map(|field| line[field].as_str()).collect::<Vec<_>>().join(" ")
    };
    let told: Vec<String> =
        told.iter().map(words).skip_while(|line| line.starts_with("change users")).collect();
    assert_eq!(
        told,
        [
            "change role added clerk",
            "admin define role clerk",
            "change user changed ada clerk",
            "admin set roles ada",
            "change namespace added shop",
            "admin add namespace shop",
            "change namespace changed shop",
            "admin set namespace limits shop",
            "change user changed ada namespace shop",
            "admin set namespace ada",
            "change user changed ada other limits",
            "admin set limits ada",
            "change namespace removed shop",
            "admin remove namespace shop",
            "change role removed clerk",
            "admin remove role clerk",
            "change user removed ada",
            "admin remove user ada",
        ]
    );
}

#[test]
fn a_session_that_is_ended_is_told_and_what_only_looks_is_not() {
    let (place, serving, address) = start();
    let mut ada = Client::connect(&address);
    assert_eq!(ada.login("ada", "pencil"), SUCCESS);
    for line in ["users", "roles", "namespaces", "tokens", "sessions"] {
        ask(&place, line, true);
    }
    let listed = place.run("admin sessions", "");
    let number = listed.stdout.split(' ').next().unwrap_or_else(|| panic!("{}", listed.stderr));
    let by = ask(&place, &format!("revoke session {number}"), true);
    ask(&place, "revoke before 2020-01-01T00:00:00Z", true);
    assert_eq!(serving.end(Signal::TERM).0, Some(0));
    let told = told(&place, &["admin", "admin_failed"]);
    let acts: Vec<_> = told.iter().map(|line| (line["act"].as_str(), line["name"].as_str())).collect();
    assert_eq!(acts, [(Some("revoke session"), Some(number)), (Some("revoke before"), None)]);
    assert_eq!(told[0]["peer"], by.as_str());
}
