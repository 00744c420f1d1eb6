//! What real clients sent to memcached, sent to a dialogue: the answers that have only one right form are the
//! recorded ones, byte for byte.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

mod conversation;

use conversation::{Line, Reply, cache, replies};
use keyway::{Cache, Role, Rounds, Verifier};
use keyway_frontend::{Door, Policy};
use std::sync::Arc;

const LIST: &str = "802000000000000000000000000000000000000000000000";
const LIBMEMCACHED_LIST: &str = "802000000000000000000000000200000000000000000000";
const PLAIN_LOGIN: &str =
    "802100050000000000000013000000000000000000000000504c41494e0074657374657200736563726574";
const PLAIN_WELCOME: &str = "81210000000000000000000d00000000000000000000000041757468656e74696361746564";
const LIBMEMCACHED_SCRAM: &str = "8021000d0000000000000043000200000000000000000000534352414d2d5348412d3235366e2c613d\
    7465737465722c6e3d7465737465722c723d4b6c6c3471396168526265513854794d315773642b6866564443716e50626757";

fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> = hex.bytes().filter(u8::is_ascii_hexdigit).collect();
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    digits.chunks(2).map(byte).collect()
}

fn line() -> (Cache, Line) {
    let cache = cache();
    let verifier = Verifier::derive("secret", Rounds::new(4096).unwrap()).unwrap();
    cache.users().add_verifier("tester", verifier, Role::ReadWrite).unwrap();
    let line = Line::to(&Arc::new(Door::new(cache.clone(), Policy::default())));
    (cache, line)
}

/// The same answer but for the version, which is this cache's own.
#[track_caller]
fn same_but_for_the_version(line: &mut Line, request: &str, answer: &str) {
    let mut back = line.send(&bytes(request));
    let mut recorded = bytes(answer);
    assert_ne!(back[16..24], [0; 8]);
    back[16..24].fill(0);
    recorded[16..24].fill(0);
    assert_eq!(back, recorded);
}

#[test]
fn bmemcached_lists_logs_in_sets_and_gets() {
    let (_cache, mut line) = line();
    let list = replies(&line.send(&bytes(LIST))).remove(0);
    assert!(list.text().split(' ').any(|name| name == "PLAIN"), "bmemcached gives up without it");
    assert_eq!(line.send(&bytes(PLAIN_LOGIN)), bytes(PLAIN_WELCOME));
    same_but_for_the_version(
        &mut line,
        "80010001080000000000000a00000000000000000000000000000000000000006b76",
        "8101000000000000000000000000000000000000000004f4",
    );
    same_but_for_the_version(
        &mut line,
        "8000000100000000000000010000000000000000000000006b",
        "8100000004000000000000050000000000000000000004f40000000076",
    );
}

#[test]
fn memjs_tells_its_answers_apart_by_opaque() {
    let (_cache, mut line) = line();
    line.send(&bytes(LIST));
    assert_eq!(line.send(&bytes(PLAIN_LOGIN)), bytes(PLAIN_WELCOME));
    same_but_for_the_version(
        &mut line,
        "80010001080000000000000a00000001000000000000000000000000000000006b76",
        "8101000000000000000000000000000100000000000004f6",
    );
    same_but_for_the_version(
        &mut line,
        "8000000100000000000000010000000200000000000000006b",
        "8100000004000000000000050000000200000000000004f60000000076",
    );
}

#[test]
fn dalli_asks_for_the_version_right_after_its_login_and_stores_with_flags() {
    let (cache, mut line) = line();
    line.send(&bytes(LIST));
    assert_eq!(line.send(&bytes(PLAIN_LOGIN)), bytes(PLAIN_WELCOME));
    let version = replies(&line.send(&bytes("800b00000000000000000000000000000000000000000000"))).remove(0);
    assert!(version.status == 0 && version.text().starts_with("1.6.18"), "the version that was recorded");
    same_but_for_the_version(
        &mut line,
        "80010001080000000000001400000000000000000000000000000001000000006b040849220676063a064554",
        "8101000000000000000000000000000000000000000004f5",
    );
    let item = cache.login("tester", "secret").unwrap().get("k").unwrap().unwrap();
    assert_eq!((item.flags(), item.value()), (1, &b"\x04\x08I\"\x06v\x06:\x06ET"[..]));
}

#[test]
fn libmemcached_names_itself_twice_and_gets_a_challenge_to_its_own_nonce() {
    let (_cache, mut line) = line();
    let list = replies(&line.send(&bytes(LIBMEMCACHED_LIST))).remove(0);
    assert_eq!((list.opaque, list.text().split(' ').next()), (0x20000, Some("SCRAM-SHA-256")));
    let challenge = replies(&line.send(&bytes(LIBMEMCACHED_SCRAM))).remove(0);
    let Reply { opcode, status, opaque, cas, .. } = challenge;
    assert_eq!((opcode, status, opaque, cas), (0x21, 0x21, 0x20000, 0));
    let text = challenge.text();
    assert!(text.starts_with("r=Kll4q9ahRbeQ8TyM1Wsd+hfVDCqnPbgW") && text.ends_with(",i=4096"), "{text}");
}

#[test]
fn a_recorded_proof_is_worth_nothing_in_another_conversation() {
    let (_cache, mut line) = line();
    line.send(&bytes(LIBMEMCACHED_SCRAM));
    let recorded = "8022000d0000000000000091000200000000000000000000534352414d2d5348412d323536633d626978685058526c\
        6333526c6369773d2c723d4b6c6c3471396168526265513854794d315773642b6866564443716e50626757503248634652334c313346\
        666749706a506f4637662b316667785836577a32782c703d3070435033426857734d5a2f6c7665782f79597a78307970476c6e533866\
        7631354e38";
    // The recording shows the beginning only; the rest of the proof is filled up to the announced length.
    let mut replayed = bytes(recorded);
    replayed.resize(24 + 0x91, b'A');
    let reply = replies(&line.send(&replayed)).remove(0);
    assert_eq!((reply.status, reply.text().as_str()), (0x20, "Auth failure."));
    assert!(!line.is_open() && !line.closed);
}
