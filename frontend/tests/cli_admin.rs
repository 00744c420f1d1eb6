//! `keyway admin` and `keyway user revoke` against a running `keyway serve`.
#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    reason = "a test fails by panicking, and its frames are small"
)]

mod cli_command;
mod serving;

use cli_command::{Ended, Place};
use rustix::process::Signal;
use serving::{AUTH_FAILURE, Client, STALE, SUCCESS, Serving, add};
use std::{fs, os::unix::fs::PermissionsExt};

const FORBIDDEN: u16 = 0x24;
const SOCKET: &str = "keyway-admin.sock";

fn start() -> (Place, Serving, String) {
    let place = Place::new();
    add(&place, "ada", "pencil");
    add(&place, "bob", "crayon");
    let (serving, said) = Serving::start(&place, "-p 0 -v --admin-socket keyway-admin.sock");
    serving_socket(&place);
    (place, serving, said.address)
}

/// It is there a moment after the server listens.
fn serving_socket(place: &Place) {
    serving::wait_until(|| place.path(SOCKET).exists(), || "there is no socket".to_owned());
}

fn logged_in(address: &str, name: &str, password: &str) -> Client {
    let mut client = Client::connect(address);
    assert_eq!(client.login(name, password), SUCCESS);
    assert_eq!(client.set("k", b"v"), SUCCESS);
    client
}

fn done(place: &Place, line: &str) -> Ended {
    let ended = place.run(line, "");
    assert_eq!(ended.code, Some(0), "{line}: {ended:?}");
    ended
}

/// The first word of the line with this in it.
fn first_word(text: &str, having: &str) -> String {
    let line = text.lines().find(|line| line.contains(having)).unwrap();
    line.split(' ').next().unwrap().to_owned()
}

#[test]
fn a_user_is_revoked_from_the_command_line_and_logs_in_again() {
    let (place, serving, address) = start();
    let (mut ada, mut bob) = (logged_in(&address, "ada", "pencil"), logged_in(&address, "bob", "crayon"));
    done(&place, "user revoke ada");
    assert_eq!(ada.get("k"), STALE);
    assert_eq!(bob.get("k"), SUCCESS);
    logged_in(&address, "ada", "pencil");
    let unknown = place.run("user revoke eve", "");
    assert_eq!(unknown.code, Some(1), "{unknown:?}");
    assert!(unknown.stderr.contains("no such user") || unknown.stderr.contains("user"), "{unknown:?}");
    assert_eq!(serving.end(Signal::TERM).0, Some(0));
    assert!(!place.path(SOCKET).exists(), "it goes with the server");
}

#[test]
fn sessions_are_listed_and_ended_one_by_one() {
    let (place, serving, address) = start();
    let (mut ada, mut bob) = (logged_in(&address, "ada", "pencil"), logged_in(&address, "bob", "crayon"));
    let listed = done(&place, "admin sessions").stdout;
    assert_eq!(listed.lines().count(), 2, "{listed}");
    assert!(listed.contains("by=\"PLAIN 1\"") && listed.contains("from=127.0.0.1:"), "{listed}");
    let bobs = first_word(&listed, " bob ");
    done(&place, &format!("admin revoke session {bobs}"));
    assert_eq!((bob.get("k"), ada.get("k")), (STALE, SUCCESS));
    assert_eq!(place.run(&format!("admin revoke session {bobs}"), "").code, Some(1), "it has gone");

    let json = done(&place, "admin sessions --json").stdout;
    assert!(json.lines().all(|line| line.starts_with("{\"session\":{\"id\":")), "{json}");
    done(&place, "admin revoke role read-write");
    assert_eq!(ada.get("k"), STALE);
    let mut ada = logged_in(&address, "ada", "pencil");
    done(&place, "admin revoke credential ada 1");
    assert_eq!(ada.get("k"), STALE);
    let mut ada = logged_in(&address, "ada", "pencil");
    done(&place, "admin revoke before 2020-01-01T00:00:00Z");
    assert_eq!(ada.get("k"), SUCCESS);
    done(&place, "admin revoke before 2999-01-01T00:00:00Z");
    assert_eq!(ada.get("k"), STALE);
    drop(serving);
}

#[test]
fn a_token_is_minted_used_listed_and_taken_back() {
    let (place, serving, address) = start();
    let minted =
        done(&place, "admin mint ada --verbs read,write --prefix jobs/ --for 10min --uses 2 --label batch");
    let token = minted.stdout.trim();
    assert!(token.starts_with("kwt_") && token.len() == 40 && minted.stdout.lines().count() == 1);
    let mut worker = Client::connect(&address);
    assert_eq!(Client::connect(&address).login("bob", token), AUTH_FAILURE, "it is ada's");
    assert_eq!(worker.login("ada", token), SUCCESS);
    assert_eq!((worker.set("jobs/1", b"x"), worker.set("k", b"x")), (SUCCESS, FORBIDDEN));
    serving.logged(&format!("token={}", &token[4..12]));
    let listed = done(&place, "admin tokens").stdout;
    assert!(listed.contains("label=\"batch\"") && listed.contains("uses=1"), "{listed}");
    assert!(
        !listed.contains(&token[12..]) && !serving.log().contains(&token[12..]),
        "the secret is shown once"
    );
    let id = first_word(&listed, " ada ");
    done(&place, &format!("admin revoke token {id}"));
    assert_eq!(worker.get("jobs/1"), STALE);
    assert_eq!(worker.login("ada", token), AUTH_FAILURE);
    serving.logged("reason=BadToken");
    assert_eq!(place.run(&format!("admin revoke token {token}"), "").code, Some(1), "a whole token is no id");
}

#[test]
fn users_and_roles_are_shown_and_changed_until_the_file_says_otherwise() {
    let (place, serving, address) = start();
    let mut ada = logged_in(&address, "ada", "pencil");
    assert!(
        done(&place, "admin users")
            .stdout
            .starts_with("ada  roles=read-write  connections=1  credentials=1  from=own\n")
    );
    assert_eq!(done(&place, "admin roles").stdout, "");
    done(&place, "admin set-roles ada read-only");
    assert_eq!((ada.set("k", b"w"), ada.get("k")), (FORBIDDEN, SUCCESS));
    done(&place, "admin set-limits ada --value 1 --connections 7");
    assert!(
        done(&place, "admin users").stdout.contains("  limit-connections=7  limit-value=1  connections=1  ")
    );
    let unknown = place.run("admin set-namespace ada shop", "");
    assert!(unknown.code == Some(1) && unknown.stderr.contains("no namespace \"shop\""), "{unknown:?}");
    assert_eq!(ada.get("k"), SUCCESS, "nothing was changed");
    let unknown = place.run("admin set-namespace-limits shop --value 1", "");
    assert!(unknown.code == Some(1) && unknown.stderr.contains("no namespace \"shop\""), "{unknown:?}");
    done(&place, "admin set-namespace ada");
    assert_eq!(ada.get("k"), SUCCESS, "she was there already");
    done(&place, "admin remove-user bob");
    assert_eq!(Client::connect(&address).login("bob", "crayon"), AUTH_FAILURE);
    serving.signal(Signal::HUP);
    serving.logged("users file read again");
    assert_eq!(ada.set("k", b"w"), SUCCESS);
    logged_in(&address, "bob", "crayon");
}

#[test]
fn roles_are_defined_and_removed_over_the_socket_and_count_at_the_next_command() {
    let (place, serving, address) = start();
    let mut ada = logged_in(&address, "ada", "pencil");
    done(&place, r"admin set-role clerk --allow read --allow write@jobs/ --deny read@\xff");
    let listed = done(&place, "admin roles").stdout;
    assert!(listed.starts_with("clerk") && listed.contains("allow write under"), "{listed}");
    done(&place, "admin set-roles ada clerk");
    assert_eq!((ada.set("jobs/1", b"w"), ada.set("k", b"w"), ada.get("k")), (SUCCESS, FORBIDDEN, SUCCESS));
    done(&place, "admin set-role clerk --allow write");
    assert_eq!((ada.set("k", b"w"), ada.get("k")), (SUCCESS, FORBIDDEN));
    done(&place, "admin remove-role clerk");
    assert_eq!((ada.set("k", b"w"), ada.get("k")), (FORBIDDEN, FORBIDDEN));
    assert_eq!(place.run("admin remove-role clerk", "").code, Some(1), "it is gone");
    for name in ["admin", "two,names"] {
        let refused = place.run(&format!("admin set-role {name} --allow read"), "");
        assert_eq!(refused.code, Some(1), "{refused:?}");
    }
    serving.logged("an operator defined a role role=\"clerk\"");

    done(&place, "admin set-role clerk --allow write");
    done(&place, "admin add-namespace shop");
    serving.signal(Signal::HUP);
    serving.logged("users file read again");
    assert_eq!(done(&place, "admin roles").stdout, "", "the file names none");
    assert!(!done(&place, "admin namespaces").stdout.contains("shop"));
}

#[test]
fn namespaces_are_made_and_removed_over_the_socket() {
    let (place, serving, address) = start();
    done(&place, "admin add-namespace shop --reserve 1m --reserve-items 7 --ceiling 2m --ceiling-items 100");
    let listed = done(&place, "admin namespaces").stdout;
    let said = ["shop", "reserve=1048576", "reserve-items=7", "ceiling=2097152", "ceiling-items=100"];
    assert!(said.iter().all(|part| listed.contains(part)), "{listed}");
    done(&place, "admin set-namespace ada shop");
    let (mut ada, mut bob) = (logged_in(&address, "ada", "pencil"), logged_in(&address, "bob", "crayon"));
    assert_eq!((ada.set("mine", b"w"), bob.get("mine")), (SUCCESS, 1));
    for wrong in ["shop", "other --reserve 1m --ceiling 1", "other --reserve 100g"] {
        let refused = place.run(&format!("admin add-namespace {wrong}"), "");
        assert_eq!(refused.code, Some(1), "{wrong}: {refused:?}");
    }
    done(&place, "admin remove-namespace shop");
    assert_eq!((ada.get("mine"), bob.get("k")), (STALE, SUCCESS));
    assert_eq!(Client::connect(&address).login("ada", "pencil"), AUTH_FAILURE, "there is nowhere to work");
    assert_eq!(place.run("admin remove-namespace shop", "").code, Some(1), "it is gone");
    serving.logged("an operator removed a namespace namespace=\"shop\"");
}

#[test]
fn row_41_only_the_owner_reaches_the_socket_and_none_is_there_unless_asked_for() {
    let (place, serving, _) = start();
    let mode = fs::symlink_metadata(place.path(SOCKET)).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let second = place.run("serve -p 0 --admin-socket keyway-admin.sock", "");
    assert_eq!(second.code, Some(1), "{second:?}");
    assert!(second.stderr.contains("another server listens"), "{second:?}");
    drop(serving);
    // Killed, so the socket is still there, and nobody listens.
    assert!(place.path(SOCKET).exists());
    let nobody = place.run("admin sessions", "");
    assert!(nobody.code == Some(1) && nobody.stderr.contains("--admin-socket"), "{nobody:?}");
    let (serving, _) = Serving::start(&place, "-p 0 --admin-socket keyway-admin.sock");
    serving_socket(&place);
    serving::wait_until(|| place.run("admin users", "").code == Some(0), || serving.log());
    drop(serving);
    fs::remove_file(place.path(SOCKET)).unwrap();
    let (_serving, _) = Serving::start(&place, "-p 0");
    assert!(!place.path(SOCKET).exists());
}
