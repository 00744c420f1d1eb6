//! Logging in over the wire: what each message is answered, and where it leaves the connection.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

mod conversation;
#[path = "conversation/scram.rs"]
mod scram;

use conversation::{
    Ask, Line, PASSWORD, Reply, add_user, ask, cache, get, locked_door, noop, open_door, plain, replies, set,
};
use keyway::{Mechanism, Role};
use keyway_frontend::{Advance, Dialogue, Door, Entrance, MAX_LOGIN_FAILURES, Next, Outbox, PutOff};
use std::sync::Arc;

const SCRAM: &str = "SCRAM-SHA-256";

fn locked() -> Line {
    Line::to(&locked_door().1)
}

fn step(mechanism: &str, message: impl AsRef<[u8]>) -> Ask {
    ask(0x22).key(mechanism).value(message)
}

fn good() -> Ask {
    plain("ada", PASSWORD)
}

fn bad() -> Ask {
    plain("ada", "crayon")
}

fn statuses(line: &mut Line, asks: &[Ask]) -> Vec<u16> {
    line.say(asks).iter().map(|reply| reply.status).collect()
}

#[track_caller]
fn welcome(reply: &Reply) {
    assert_eq!((reply.status, reply.text().as_str(), reply.cas), (0, "Authenticated", 0));
    assert!(reply.extras.is_empty() && reply.key.is_empty());
}

#[track_caller]
fn refused(reply: &Reply) {
    assert_eq!((reply.status, reply.text().as_str()), (0x20, "Auth failure."));
}

/// Goes through SCRAM as libmemcached does, up to the server's signature.
fn scram_to_signature(line: &mut Line, user: &str, password: &str) -> (Reply, String) {
    let (gs2, bare) = (format!("n,a={user},"), format!("n={user},r=clientnonce"));
    let first = line.one(&ask(0x21).key(SCRAM).value(format!("{gs2}{bare}")));
    assert_eq!(first.status, 0x21, "also for a user who does not exist");
    let last = scram::client_final(&gs2, &bare, &first.text(), password);
    (line.one(&step(SCRAM, last.message)), last.signature)
}

#[test]
fn the_offer_is_listed_in_its_order_before_and_after_login() {
    let mut line = locked();
    let before = line.one(&ask(0x20));
    assert_eq!((before.status, before.text().as_str()), (0, "SCRAM-SHA-256 PLAIN"));
    welcome(&line.one(&good()));
    assert_eq!(line.one(&ask(0x20)), before);
}

#[test]
fn row_61_listing_keeps_the_login() {
    let mut line = locked();
    assert_eq!(statuses(&mut line, &[good(), ask(0x20), noop(), set("k", "v")]), [0, 0, 0, 0]);
}

#[test]
fn plain_logs_in_with_the_first_message_or_with_a_step() {
    let mut line = locked();
    welcome(&line.one(&good()));
    assert!(line.is_open());
    let mut line = locked();
    let prompt = line.one(&ask(0x21).key("plain"));
    assert_eq!((prompt.status, prompt.value.len()), (0x21, 0));
    welcome(&line.one(&step("PLAIN", format!("ada\0ada\0{PASSWORD}"))));
    assert_eq!(line.status(&noop()), 0);
}

#[test]
fn row_09_plain_with_parts_missing_empty_or_too_many_is_refused() {
    let good = format!("\0ada\0{PASSWORD}");
    let messages = [
        "ada".to_owned(),
        "\0ada".to_owned(),
        "\0ada\0".to_owned(),
        format!("\0\0{PASSWORD}"),
        format!("{good}\0"),
        format!("{good}\0more"),
        format!("bob{good}"),
        "\0ada\0wrong".to_owned(),
        format!("\0nobody\0{PASSWORD}"),
        format!("\0ADA\0{PASSWORD}"),
    ];
    for message in messages {
        let mut line = locked();
        refused(&line.one(&ask(0x21).key("PLAIN").value(&message)));
        assert!(!line.closed && !line.is_open(), "{message:?}");
        assert_eq!(statuses(&mut line, &[noop(), noop()]), [0x20], "{message:?}");
        assert!(line.closed);
    }
}

#[test]
fn scram_sends_its_signature_as_a_challenge_and_is_not_over_before_the_empty_step() {
    let mut line = locked();
    let (signed, expected) = scram_to_signature(&mut line, "ada", PASSWORD);
    assert_eq!((signed.status, signed.text()), (0x21, expected));
    assert!(!line.is_open());
    welcome(&line.one(&step(SCRAM, "")));
    assert!(line.is_open());

    // Whoever leaves out the empty step is not logged in.
    let mut line = locked();
    scram_to_signature(&mut line, "ada", PASSWORD);
    refused(&line.one(&noop()));
    assert!(line.closed);
}

#[test]
fn scram_refuses_a_wrong_password_and_an_unknown_user_at_the_same_point() {
    for (user, password) in [("ada", "crayon"), ("nobody", PASSWORD)] {
        let mut line = locked();
        refused(&scram_to_signature(&mut line, user, password).0);
        assert!(!line.closed && !line.is_open());
        // One failure ends the exchange: the same message again is out of place.
        refused(&line.one(&step(SCRAM, "")));
    }
}

#[test]
fn a_login_and_what_depends_on_it_may_come_in_one_piece() {
    let mut line = locked();
    assert_eq!(statuses(&mut line, &[good(), set("k", "v"), get("k")]), [0, 0, 0]);
    let mut line = locked();
    assert_eq!(statuses(&mut line, &[bad(), ask(0x0b), good(), noop()]), [0x20, 0, 0, 0]);
}

#[test]
fn while_a_password_is_verified_nothing_behind_it_is_taken() {
    let (_cache, door) = locked_door();
    let mut dialogue = Dialogue::new(door, 0);
    let mut out = Outbox::default();
    let login = good().opaque(7).bytes();
    let input = [login.clone(), noop().bytes()].concat();
    let Advance { consumed, next } = dialogue.advance(&input, &mut out);
    let Next::Verify(attempt) = next else { panic!("{next:?}") };
    assert_eq!((consumed, out.len(), attempt.claimed_name()), (login.len(), 0, "ada"));
    for _ in 0..2 {
        let Advance { consumed, next } = dialogue.advance(&noop().bytes(), &mut out);
        assert!(matches!((consumed, next), (0, Next::Read { frame: 24 })));
    }
    assert!(out.is_empty() && !dialogue.is_open());
    dialogue.verdict(attempt.verify(), &mut out);
    assert!(dialogue.is_open());
    let mut back = Vec::new();
    out.write_to(&mut back).unwrap();
    let reply = replies(&back).remove(0);
    welcome(&reply);
    assert_eq!((reply.opcode, reply.opaque), (0x21, 7));
}

#[test]
fn a_verification_that_cannot_start_is_put_off_and_counts_as_no_failure() {
    let (_cache, door) = locked_door();
    let mut dialogue = Dialogue::new(door, 0);
    let mut out = Outbox::default();
    for _ in 0..10 {
        let Advance { next, .. } = dialogue.advance(&good().bytes(), &mut out);
        assert!(matches!(next, Next::Verify(_)), "{next:?}");
        dialogue.verdict_unavailable(PutOff::TooManyGuesses, &mut out);
        let mut back = Vec::new();
        out.write_to(&mut back).unwrap();
        let reply = replies(&back).remove(0);
        assert_eq!((reply.status, reply.text().as_str()), (0x86, "Temporary failure"));
    }
    assert!(!dialogue.is_open());
}

#[test]
fn a_verdict_that_nobody_waits_for_opens_nothing() {
    let (cache, door) = locked_door();
    let mut dialogue = Dialogue::new(door, 0);
    let mut out = Outbox::default();
    dialogue.verdict(cache.login("ada", PASSWORD).map(Into::into), &mut out);
    dialogue.verdict_unavailable(PutOff::TooManyGuesses, &mut out);
    assert!(!dialogue.is_open() && out.is_empty());
}

#[test]
fn a_second_login_changes_who_it_is_and_a_failed_one_leaves_nobody() {
    let (cache, door) = locked_door();
    add_user(&cache, "eve", Role::ReadOnly);
    let mut line = Line::to(&door);
    assert_eq!(statuses(&mut line, &[good(), set("k", "v")]), [0, 0]);
    assert_eq!(statuses(&mut line, &[plain("eve", PASSWORD), get("k"), set("k", "w")]), [0, 0, 0x24]);
    refused(&line.one(&bad()));
    assert!(!line.is_open());
    refused(&line.one(&get("k")));
    assert!(line.closed);
}

#[test]
fn row_04_whatever_way_a_login_is_refused_nobody_is_logged_in_behind_it() {
    let refusals = [
        bad(),
        ask(0x21).key("ANONYMOUS"),
        ask(0x21).key("PLAIN").value("garbage"),
        ask(0x21).key("PLAIN").value(vec![0; 5000]),
        ask(0x21).key([b'M'; 33]),
        ask(0x21).key(SCRAM).value("n,,garbage"),
        step("PLAIN", "x"),
        step("PLAIN", vec![0; 5000]),
    ];
    for refusal in refusals {
        let mut line = locked();
        welcome(&line.one(&good()));
        assert_ne!(line.status(&refusal), 0);
        assert!(!line.is_open() && !line.closed, "{refusal:?}");
        refused(&line.one(&get("k")));
        assert!(line.closed);
    }
    // A challenge and a password under verification are no login either.
    for unfinished in [ask(0x21).key("PLAIN"), ask(0x21).key(SCRAM).value("n,,n=ada,r=clientnonce")] {
        let mut line = locked();
        welcome(&line.one(&good()));
        assert_eq!(line.status(&unfinished), 0x21);
        refused(&line.one(&get("k")));
    }
}

#[test]
fn row_63_five_refused_logins_end_the_connection_whatever_is_in_between() {
    assert_eq!(MAX_LOGIN_FAILURES, 5);
    let failures = [
        bad(),
        plain("nobody", PASSWORD),
        ask(0x21).key("ANONYMOUS"),
        step("PLAIN", "\0ada\0pencil"),
        ask(0x21).key("PLAIN").value(vec![0; 5000]),
    ];
    let mut line = locked();
    for failure in &failures[..4] {
        assert_eq!(statuses(&mut line, &[failure.clone(), good(), ask(0x0b)]), [0x20, 0, 0]);
    }
    assert_eq!(statuses(&mut line, &[failures[4].clone(), good()]), [0x82]);
    assert!(line.closed && !line.is_open());

    let mut line = locked();
    assert_eq!(statuses(&mut line, &vec![bad(); 9]), [0x20; 5]);
    assert!(line.closed);
}

#[test]
fn row_04_a_failed_login_after_a_malformed_one_is_still_a_failed_login() {
    let mut line = locked();
    refused(&line.one(&ask(0x21).key("PLAIN").value("garbage")));
    refused(&line.one(&bad()));
    refused(&line.one(&get("k")));
    assert!(line.closed);
}

#[test]
fn row_11_a_step_without_a_login_under_way_is_refused_and_the_connection_goes_on() {
    let mut line = locked();
    refused(&line.one(&step("PLAIN", format!("\0ada\0{PASSWORD}"))));
    refused(&line.one(&step(SCRAM, "")));
    welcome(&line.one(&good()));
    // After a login there is none under way either, and whoever sends one is logged out.
    refused(&line.one(&step("PLAIN", "")));
    assert!(!line.is_open() && !line.closed);
}

#[test]
fn a_step_of_another_mechanism_ends_the_login() {
    let mut line = locked();
    assert_eq!(line.status(&ask(0x21).key("PLAIN")), 0x21);
    refused(&line.one(&step(SCRAM, format!("\0ada\0{PASSWORD}"))));
    refused(&line.one(&step("PLAIN", format!("\0ada\0{PASSWORD}"))));
}

#[test]
fn a_new_login_during_one_starts_over_and_a_command_during_one_closes() {
    let mut line = locked();
    assert_eq!(line.status(&ask(0x21).key(SCRAM).value("n,,n=ada,r=clientnonce")), 0x21);
    welcome(&line.one(&good()));
    for command in [noop(), get("k"), ask(0x07), ask(0x17), ask(0x77), ask(0x09).key("k")] {
        let mut line = locked();
        assert_eq!(line.status(&ask(0x21).key("PLAIN")), 0x21);
        assert_eq!(statuses(&mut line, &[ask(0x0b), ask(0x20)]), [0, 0], "these do not disturb it");
        assert_eq!(statuses(&mut line, &[command.clone(), good()]), [0x20], "{command:?}");
        assert!(line.closed);
    }
}

#[test]
fn row_15_a_mechanism_that_is_not_offered_is_refused_whatever_its_name() {
    let cache = cache();
    add_user(&cache, "ada", Role::ReadWrite);
    let mut entrance = Entrance::default();
    entrance.mechanisms = vec![Mechanism::ScramSha256];
    let door = Arc::new(Door::new(cache, Default::default()).through(entrance));
    for name in ["ANONYMOUS", "PLAIN", "LOGIN", "CRAM-MD5", "X", "SCRAM-SHA-256 ", "SCRAM-SHA-256-PLUS", "\0"]
    {
        let mut line = Line::to(&door);
        refused(&line.one(&ask(0x21).key(name).value(format!("\0ada\0{PASSWORD}"))));
        assert!(!line.closed && !line.is_open(), "{name}");
    }
}

#[test]
fn without_mechanisms_login_is_an_unknown_command_and_changes_nothing() {
    let cache = cache();
    cache.users().add_trusted("guest", Role::ReadWrite).unwrap();
    let mut entrance = Entrance::default();
    entrance.mechanisms = vec![];
    entrance.anonymous = Some(cache.session_for("guest").unwrap());
    let door = Arc::new(Door::new(cache, Default::default()).through(entrance));
    let mut line = Line::to(&door);
    let long = ask(0x21).key("PLAIN").value(vec![0; 5000]);
    let asks = [ask(0x20), good(), step("PLAIN", "x"), long, ask(0x21).key([b'x'; 33]), set("k", "v")];
    assert_eq!(statuses(&mut line, &asks), [0x81, 0x81, 0x81, 0x81, 0x81, 0]);
    let settings = line.say(&[ask(0x10).key("settings")]);
    assert!(settings.iter().any(|stat| stat.key == b"auth_enabled_sasl" && stat.value == b"no"));
}

#[test]
fn who_comes_as_a_guest_may_log_in_as_somebody_and_is_nobody_when_that_fails() {
    let cache = cache();
    add_user(&cache, "ada", Role::ReadWrite);
    let door = open_door(&cache, Role::ReadOnly);
    let mut line = Line::to(&door);
    assert_eq!(statuses(&mut line, &[set("k", "v"), good(), set("k", "v")]), [0x24, 0, 0]);
    let mut line = Line::to(&door);
    assert_eq!(statuses(&mut line, &[get("k"), bad(), get("k")]), [0, 0x20, 0x20]);
    assert!(line.closed);
}

/// The two counters of logins, asked for by somebody who logs in for it.
fn counted(door: &Arc<Door>) -> [String; 2] {
    let mut line = Line::to(door);
    line.one(&good());
    let stats = line.say(&[ask(0x10)]);
    [&b"auth_cmds"[..], b"auth_errors"]
        .map(|name| stats.iter().find(|stat| stat.key == name).map(Reply::text).unwrap())
}

#[test]
fn every_login_that_ended_is_counted_and_a_challenge_is_not() {
    let (_cache, door) = locked_door();
    assert_eq!(counted(&door), ["1", "0"]);
    let mut line = Line::to(&door);
    line.say(&[bad(), ask(0x21).key("NONE"), step("PLAIN", "x"), ask(0x21).key("PLAIN")]);
    assert_eq!(counted(&door), ["5", "3"]);
}

#[test]
fn row_65_a_new_password_ends_the_sessions_of_the_old_one() {
    let (cache, door) = locked_door();
    let mut line = Line::to(&door);
    assert_eq!(statuses(&mut line, &[good(), set("k", "v")]), [0, 0]);
    cache.users().set_password("ada", "ballpoint").unwrap();
    assert_eq!(
        statuses(&mut line, &[get("k"), good(), plain("ada", "ballpoint"), get("k")]),
        [0x1f, 0x20, 0, 0]
    );
}
