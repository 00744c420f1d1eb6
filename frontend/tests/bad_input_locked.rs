//! Bytes that no honest client sends, on a connection that nobody has logged in on, and what is kept of them. Named after
//! their rows in the list of known attacks where they have one.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

mod conversation;

use conversation::{Ask, Line, PASSWORD, ask, get, header, locked_door, noop, plain, replies, set};
use keyway_frontend::{Advance, Dialogue, Door, Next, Outbox};
use std::sync::{Arc, LazyLock};

/// One door for all of it: a user's password costs time to derive, and nothing here changes the cache.
fn door() -> &'static Arc<Door> {
    static DOOR: LazyLock<Arc<Door>> = LazyLock::new(|| locked_door().1);
    &DOOR
}

fn locked() -> Line {
    Line::to(door())
}

/// A refusal, after which nothing more is read.
#[track_caller]
fn closes_with(bytes: &[u8], status: u16) {
    let mut line = locked();
    let sent = [bytes, &plain("ada", PASSWORD).bytes()].concat();
    let back = replies(&line.send(&sent));
    assert_eq!(back.iter().map(|reply| reply.status).collect::<Vec<_>>(), [status]);
    assert!(line.closed && !line.is_open());
}

#[test]
fn every_other_opcode_is_refused_by_its_header_and_closes() {
    for opcode in (0..=u8::MAX).filter(|opcode| ![0x0b, 0x20, 0x21, 0x22].contains(opcode)) {
        // Also where key, extras or body would be refused after login: that is not looked at yet.
        for (extras, key, body) in [(0, 0, 0), (8, 1, 10), (3, 251, 254), (0, 1, u32::MAX), (0, 65535, 65535)]
        {
            closes_with(&header(opcode, extras, key, body), 0x20);
        }
        closes_with(&header(opcode, 0, 2, 1), 0x81);
    }
}

#[test]
fn the_refusal_is_the_one_that_memcached_sends_to_the_byte() {
    let back = locked().send(&get("x").opaque(0x0102_0301).bytes());
    let expected = b"\x81\0\0\0\0\0\0\x20\0\0\0\x0d\x01\x02\x03\x01\0\0\0\0\0\0\0\0Auth failure.";
    assert_eq!(back, expected);
}

#[test]
fn lengths_that_no_login_has_close() {
    closes_with(&header(0x21, 0, 0, 10), 0x04);
    closes_with(&header(0x21, 4, 5, 20), 0x04);
    closes_with(&header(0x22, 0, 251, 251), 0x04);
    closes_with(&header(0x0b, 0, 0, 1), 0x04);
    closes_with(&header(0x20, 0, 1, 1), 0x04);
}

#[test]
fn row_10_a_login_that_is_too_long_is_dropped_as_it_comes_and_the_next_one_may_work() {
    let table = [
        (ask(0x21).key("PLAIN").value(vec![0; 2 << 20]), 0x82),
        (ask(0x21).key("PLAIN").value(vec![b'x'; 4092]), 0x82),
        (ask(0x21).key([b'M'; 33]).value("payload"), 0x04),
        (ask(0x22).key([b'M'; 250]).value(vec![0; 100_000]), 0x04),
    ];
    for (request, status) in table {
        let mut line = locked();
        let mut back = Vec::new();
        for part in request.bytes().chunks(1000) {
            back.extend(line.send(part));
            assert!(line.unread() < 24);
        }
        let statuses: Vec<u16> = replies(&back).iter().map(|reply| reply.status).collect();
        assert_eq!(statuses, [status]);
        assert_eq!(line.status(&plain("ada", PASSWORD)), 0);
    }
}

#[test]
fn row_29_no_more_than_four_kib_of_anything_is_kept_before_login() {
    // The announcement alone is enough to be refused.
    closes_with(&header(0x01, 8, 3, 2_147_483_646), 0x20);
    let longest: Ask = ask(0x21).key("PLAIN").value(vec![b'x'; 4091]);
    let bytes = longest.bytes();
    let mut line = locked();
    assert_eq!(line.send(&bytes[..bytes.len() - 1]), b"");
    assert_eq!(line.unread(), 24 + 4095);
    assert_eq!(replies(&line.send(&bytes[bytes.len() - 1..]))[0].status, 0x20);
    assert_eq!(line.unread(), 0);
}

#[test]
fn row_38_a_client_that_never_logs_in_and_never_reads_is_read_no_further() {
    for request in [ask(0x0b), ask(0x20)] {
        let mut dialogue = Dialogue::new(door().clone(), 0);
        let mut out = Outbox::default();
        let input = request.bytes().repeat(100_000);
        let Advance { consumed, next } = dialogue.advance(&input, &mut out);
        assert!(matches!(next, Next::Write), "{next:?}");
        assert!(out.len() < 5 << 10 && consumed < 8 << 10, "{} {consumed}", out.len());
        let Advance { consumed, next } = dialogue.advance(&input, &mut out);
        assert!(matches!((consumed, next), (0, Next::Write)));
    }
}

#[test]
fn nothing_behind_a_refused_command_is_run() {
    let (cache, door) = locked_door();
    let mut line = Line::to(&door);
    let sent =
        [noop(), plain("ada", PASSWORD), set("k", "v")].iter().flat_map(Ask::bytes).collect::<Vec<_>>();
    assert_eq!(replies(&line.send(&sent)).len(), 1);
    assert!(line.closed);
    assert!(cache.login("ada", PASSWORD).unwrap().get("k").unwrap().is_none());
}
