//! Each mechanism over the wire, as its clients speak it: what is listed, what is answered, and that neither listing nor a good
//! login ever ends a session that another mechanism opened.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

mod conversation;
#[path = "conversation/scram.rs"]
mod scram;

use conversation::{Ask, Line, PASSWORD, add_user, ask, cache, get, noop, plain, set, user_in_each_form};
use hmac::{Hmac, KeyInit, Mac};
use keyway::{Cache, Mechanism, Role};
use keyway_frontend::{Door, Entrance, Policy, ServerFinal};
use md5::Md5;
use scram::{Final, client_final, client_final_512};
use std::sync::Arc;

/// A cache where ada can log in by every mechanism.
fn adas() -> Cache {
    let cache = cache();
    cache.users().add_record(user_in_each_form("ada", Role::ReadWrite)).unwrap();
    cache
}

fn door_of(cache: &Cache, server_final: ServerFinal) -> Arc<Door> {
    let mut entrance = Entrance::default();
    entrance.mechanisms = Mechanism::ALL.to_vec();
    entrance.server_final = server_final;
    Arc::new(Door::new(cache.clone(), Default::default()).through(entrance))
}

fn door() -> Arc<Door> {
    door_of(&adas(), ServerFinal::Step)
}

fn step(mechanism: &str, message: impl AsRef<[u8]>) -> Ask {
    ask(0x22).key(mechanism).value(message)
}

/// How SCRAM goes with the hash function of this mechanism.
fn last_of(mechanism: &str) -> fn(&str, &str, &str, &str) -> Final {
    if mechanism.contains("512") { client_final_512 } else { client_final }
}

/// Up to what the server says to the client's last message.
fn scram_to_verdict(line: &mut Line, mechanism: &str, password: &str) -> (u16, String, String) {
    let (gs2, bare) = ("n,a=ada,", "n=ada,r=clientnonce");
    let first = line.one(&ask(0x21).key(mechanism).value(format!("{gs2}{bare}")));
    assert_eq!(first.status, 0x21);
    let last = last_of(mechanism)(gs2, bare, &first.text(), password);
    let verdict = line.one(&step(mechanism, last.message));
    (verdict.status, verdict.text(), last.signature)
}

fn digest(challenge: &str, password: &str) -> String {
    let mut mac = Hmac::<Md5>::new_from_slice(password.as_bytes()).unwrap();
    mac.update(challenge.as_bytes());
    mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A login by this mechanism as a client with the password does it; the status that it ends with.
fn log_in(line: &mut Line, mechanism: &str, password: &str) -> u16 {
    match mechanism {
        "PLAIN" => line.status(&plain("ada", password)),
        "CRAM-MD5" => {
            let challenge = line.one(&ask(0x21).key(mechanism));
            assert_eq!(challenge.status, 0x21);
            let answer = format!("ada {}", digest(&challenge.text(), password));
            line.status(&step(mechanism, answer))
        }
        _ => match scram_to_verdict(line, mechanism, password) {
            (0x21, ..) => line.status(&step(mechanism, "")),
            (status, ..) => status,
        },
    }
}

const NAMES: [&str; 6] =
    ["SCRAM-SHA-512", "SCRAM-SHA-256", "SCRAM-SHA512", "scram-sha256", "PLAIN", "CRAM-MD5"];

#[test]
fn each_mechanism_lets_in_who_has_the_password_and_nobody_else() {
    let door = door();
    for name in NAMES {
        let mut line = Line::to(&door);
        assert_eq!((log_in(&mut line, name, "crayon"), line.is_open()), (0x20, false), "{name}");
        assert_eq!((log_in(&mut line, name, PASSWORD), line.is_open()), (0, true), "{name}");
        assert_eq!(line.status(&set("k", name)), 0, "{name}");
        assert_eq!(line.one(&get("k")).text(), name);
    }
}

#[test]
fn row_61_neither_a_list_nor_another_good_login_ends_a_session() {
    let door = door();
    for first in NAMES {
        let mut line = Line::to(&door);
        assert_eq!(log_in(&mut line, first, PASSWORD), 0);
        for second in NAMES {
            let listed = line.one(&ask(0x20));
            assert_eq!(listed.text(), "SCRAM-SHA-512 SCRAM-SHA-256 PLAIN CRAM-MD5");
            assert_eq!(line.status(&set("k", "v")), 0, "{first}, then a list");
            assert_eq!(log_in(&mut line, second, PASSWORD), 0);
            assert_eq!(line.status(&get("k")), 0, "{first}, then {second}");
        }
    }
}

#[test]
fn row_04_a_login_that_is_not_through_leaves_nobody_logged_in() {
    let door = door();
    for name in NAMES {
        let mut line = Line::to(&door);
        assert_eq!(log_in(&mut line, name, PASSWORD), 0);
        assert_eq!(log_in(&mut line, name, "crayon"), 0x20);
        assert_eq!((line.status(&get("k")), line.closed), (0x20, true), "{name}");
        let mut line = Line::to(&door);
        assert_eq!(log_in(&mut line, name, PASSWORD), 0);
        assert_eq!(line.status(&ask(0x21).key(name)), 0x21);
        assert_eq!((line.status(&noop()), line.closed), (0x20, true), "{name}: a challenge is no login");
    }
}

#[test]
fn an_alias_is_the_mechanism_itself_also_in_the_next_step() {
    let door = door();
    let mut line = Line::to(&door);
    let (gs2, bare) = ("n,,", "n=ada,r=clientnonce");
    let first = line.one(&ask(0x21).key("SCRAM-SHA512").value(format!("{gs2}{bare}")));
    let last = client_final_512(gs2, bare, &first.text(), PASSWORD);
    assert_eq!(line.status(&step("SCRAM-SHA-512", last.message)), 0x21);
    assert_eq!(line.status(&step("SCRAM-SHA512", "")), 0);
    let mut line = Line::to(&door);
    assert_eq!(line.status(&ask(0x21).key("SCRAM-SHA512").value(format!("{gs2}{bare}"))), 0x21);
    assert_eq!(line.status(&step("SCRAM-SHA-256", "")), 0x20, "with the other hash it is another one");
}

#[test]
fn the_signature_goes_out_in_a_step_or_with_success_as_the_policy_says() {
    let cache = adas();
    for name in ["SCRAM-SHA-512", "SCRAM-SHA-256"] {
        let mut line = Line::to(&door_of(&cache, ServerFinal::Step));
        let (status, said, signature) = scram_to_verdict(&mut line, name, PASSWORD);
        assert_eq!((status, said, line.is_open()), (0x21, signature, false));
        let welcome = line.one(&step(name, ""));
        assert_eq!((welcome.status, welcome.text().as_str(), line.is_open()), (0, "Authenticated", true));

        let mut line = Line::to(&door_of(&cache, ServerFinal::Success));
        let (status, said, signature) = scram_to_verdict(&mut line, name, PASSWORD);
        assert_eq!((status, said, line.is_open()), (0, signature, true));
        assert_eq!(line.status(&set("k", "v")), 0);
        // What a client that did not notice sends next is out of place, and ends the session.
        assert_eq!(line.status(&step(name, "")), 0x20);
        let (status, said, _) = scram_to_verdict(&mut line, name, "crayon");
        assert_eq!((status, said.as_str(), line.is_open()), (0x20, "Auth failure.", false));
    }
    // The others have no such message.
    let mut line = Line::to(&door_of(&cache, ServerFinal::Success));
    for name in ["PLAIN", "CRAM-MD5"] {
        assert_eq!(log_in(&mut line, name, PASSWORD), 0);
    }
    assert_eq!(line.one(&plain("ada", PASSWORD)).text(), "Authenticated");
}

#[test]
fn cram_md5_begins_with_the_servers_challenge_and_its_answer_is_a_guess() {
    let door = door();
    let mut line = Line::to(&door);
    let challenge = line.one(&ask(0x21).key("CRAM-MD5")).text();
    assert!(challenge.starts_with('<') && challenge.ends_with("@keyway>"), "{challenge}");
    let answer = format!("ada {}", digest(&challenge, PASSWORD));
    assert_eq!(line.status(&step("CRAM-MD5", &answer)), 0);
    // Once more, and to another challenge.
    assert_eq!(line.status(&step("CRAM-MD5", &answer)), 0x20);
    assert_eq!(line.status(&ask(0x21).key("CRAM-MD5")), 0x21);
    assert_eq!(line.status(&step("CRAM-MD5", &answer)), 0x20);
    assert_eq!(line.status(&ask(0x21).key("CRAM-MD5").value(&answer)), 0x20, "the client may not begin");
}

#[test]
fn cram_md5_is_not_offered_unless_it_is_named() {
    let door = Arc::new(Door::new(adas(), Policy::default()));
    let mut line = Line::to(&door);
    assert_eq!(line.one(&ask(0x20)).text(), "SCRAM-SHA-512 SCRAM-SHA-256 PLAIN");
    assert_eq!(line.status(&ask(0x21).key("CRAM-MD5")), 0x20);
}

/// Clients take the strongest of the list and do not try the next.
#[test]
fn sha_512_is_listed_once_everybody_can_log_in_by_it_and_taken_before() {
    let cache = adas();
    let door = door_of(&cache, ServerFinal::Step);
    let listed = || Line::to(&door).one(&ask(0x20)).text();
    assert_eq!(listed(), "SCRAM-SHA-512 SCRAM-SHA-256 PLAIN CRAM-MD5");
    add_user(&cache, "bob", Role::ReadOnly);
    assert_eq!(listed(), "SCRAM-SHA-256 PLAIN CRAM-MD5");
    assert_eq!(log_in(&mut Line::to(&door), "SCRAM-SHA-512", PASSWORD), 0);
    cache.users().remove("bob").unwrap();
    assert_eq!(listed(), "SCRAM-SHA-512 SCRAM-SHA-256 PLAIN CRAM-MD5");
    add_user(&cache, "bob", Role::ReadOnly);
    let listed_of = |mechanisms: &[Mechanism]| {
        let mut entrance = Entrance::default();
        entrance.mechanisms = mechanisms.to_vec();
        Line::to(&Arc::new(Door::new(cache.clone(), Default::default()).through(entrance)))
            .one(&ask(0x20))
            .text()
    };
    // Where the other one is not offered there is nothing to mislead from.
    assert_eq!(listed_of(&[Mechanism::ScramSha512]), "SCRAM-SHA-512");
    assert_eq!(listed_of(&[Mechanism::ScramSha512, Mechanism::Plain]), "SCRAM-SHA-512 PLAIN");
    // As in the configuration of many a memcached, whose users have nothing for CRAM-MD5 here.
    assert_eq!(listed_of(&[Mechanism::Plain, Mechanism::CramMd5]), "PLAIN");
    cache.users().remove("bob").unwrap();
    assert_eq!(listed_of(&[Mechanism::Plain, Mechanism::CramMd5]), "PLAIN CRAM-MD5");
}
