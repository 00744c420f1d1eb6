//! Bytes that no honest client sends, and what a connection that is logged in makes of them and keeps of them: what a
//! socket does not show. The frames that broke other servers come over one in `attacks_frames.rs`; what happens before
//! login is in `bad_input_locked.rs`.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

mod conversation;

use conversation::{Line, ask, cache, get, header, noop, open_door, replies, set, stored_as};
use keyway::Role;
use keyway_frontend::{Advance, Dialogue, Next, Outbox};

/// Sends bytes with two requests behind them; the answers' statuses, whether it closed, and what it kept.
#[track_caller]
fn outcome(bytes: &[u8]) -> (Vec<u16>, bool) {
    let mut line = Line::open();
    let sent = [bytes, &noop().bytes(), &get("k").bytes()].concat();
    let statuses = replies(&line.send(&sent)).iter().map(|reply| reply.status).collect();
    (statuses, line.closed)
}

fn junk(header: Vec<u8>, len: usize) -> Vec<u8> {
    [header, vec![b'A'; len]].concat()
}

/// A refusal, after which nothing more is read.
#[track_caller]
fn closes_with(bytes: &[u8], status: u16) {
    assert_eq!(outcome(bytes), (vec![status], true), "{}", bytes[..24].escape_ascii());
}

#[test]
fn row_35_lengths_that_do_not_fit_the_opcode_close_and_never_hang() {
    for opcode in 0..=u8::MAX {
        for (extras, key, value) in
            [(0, 0, 0), (0, 1, 0), (0, 1, 1), (4, 0, 0), (4, 1, 0), (8, 1, 1), (20, 1, 0), (255, 1, 9)]
        {
            let body = u32::from(extras) + u32::from(key) + value;
            let mut line = Line::open();
            let bytes = junk(header(opcode, extras, key, body), body as usize);
            let answered = replies(&line.send(&bytes));
            assert_eq!(line.unread(), 0, "{opcode:#x} {extras} {key} {value} still waits");
            assert!(answered.iter().all(|reply| reply.opcode == opcode));
            // Whatever it was, the connection is either over or in its place.
            if !line.closed {
                line.send(&ask(0x0b).bytes());
                assert!(!line.closed && line.unread() == 0);
            }
        }
    }
}

#[test]
fn an_unknown_opcode_is_skipped_to_the_byte() {
    for opcode in [0x1b, 0x1f, 0x25, 0x30, 0x3c, 0x77, 0xff] {
        for (extras, key, value) in [(0, 0, 0), (0, 5, 0), (4, 0, 0), (4, 5, 6), (255, 250, 70_000)] {
            let body = u32::from(extras) + u32::from(key) + value;
            let bytes = junk(header(opcode, extras, key, body), body as usize);
            assert_eq!(outcome(&bytes), (vec![0x81, 0, 1], false), "{opcode:#x} {extras} {key} {value}");
        }
    }
}

#[test]
fn a_get_or_touch_with_a_value_closes_and_its_value_is_not_run() {
    for (opcode, extras) in [(0x00, 0), (0x09, 0), (0x1c, 4), (0x1d, 4), (0x24, 4), (0x04, 0), (0x10, 0)] {
        let hidden = noop().bytes();
        let bytes = [
            header(opcode, extras, 1, u32::from(extras) + 1 + 24),
            vec![b'k'; usize::from(extras) + 1],
            hidden,
        ];
        closes_with(&bytes.concat(), 0x04);
    }
}

#[test]
fn a_set_that_is_too_large_removes_the_old_value_and_the_others_keep_it() {
    let over = vec![b'v'; (1 << 20) + 1];
    let on = |opcode: u8| ask(opcode).key("k").value(&over);
    let table = [
        (on(0x01).extras(stored_as(0, 0)), 1),
        (on(0x11).extras(stored_as(0, 0)), 1),
        (on(0x02).extras(stored_as(0, 0)), 0),
        (on(0x13).extras(stored_as(0, 0)), 0),
        (on(0x0e), 0),
        (on(0x1a), 0),
    ];
    for (request, left) in table {
        let mut line = Line::open();
        line.one(&set("k", "old"));
        let reply = line.one(&request.opaque(5));
        assert_eq!((reply.status, reply.text().as_str(), reply.opaque), (0x03, "Too large.", 5));
        assert_eq!(line.status(&get("k")), left);
    }
}

#[test]
fn what_is_refused_is_dropped_as_it_comes_and_not_kept() {
    let mut line = Line::open();
    let request = set("k", vec![0; 64 << 20]).bytes();
    let mut back = Vec::new();
    for part in request.chunks(1 << 16) {
        back.extend(line.send(part));
        assert_eq!(line.unread(), 0);
    }
    assert_eq!(replies(&back)[0].status, 0x03);
    assert_eq!(line.status(&noop()), 0);
}

#[test]
fn half_a_set_changes_nothing() {
    let cache = cache();
    let door = open_door(&cache, Role::ReadWrite);
    let mut line = Line::to(&door);
    line.one(&set("k", "old"));
    let request = set("k", "new value").bytes();
    assert_eq!(line.send(&request[..request.len() - 1]), b"");
    drop(line);
    assert_eq!(Line::to(&door).one(&get("k")).value, b"old");
}

/// What a client costs that asks for a value of this many bytes, again and again, and never reads: how much of its
/// input was taken, and how much output waits.
fn unread_output(value: usize) -> (usize, usize) {
    let door = open_door(&cache(), Role::ReadWrite);
    let mut setup = Line::to(&door);
    setup.one(&set("k", vec![1; value]));
    let mut dialogue = Dialogue::new(door, 0);
    let mut out = Outbox::default();
    let input: Vec<u8> = get("k").bytes().repeat(100_000);
    let mut taken = 0;
    // A call takes one turn's share; without writing there comes one that takes nothing.
    loop {
        let Advance { consumed, next } = dialogue.advance(&input[taken..], &mut out);
        assert!(matches!(next, Next::Write), "{next:?}");
        taken += consumed;
        if consumed == 0 {
            return (taken, out.len());
        }
    }
}

#[test]
fn row_17_38_a_client_that_never_reads_costs_bounded_output_and_is_read_no_further() {
    for value in [0, 100, 4096, 4097, 1 << 20] {
        let (consumed, waiting) = unread_output(value);
        assert!(consumed < 100 << 10, "{consumed} bytes of requests for {waiting} bytes of answers");
        assert!(waiting < (64 << 10) + 24 + 4 + value, "{waiting} bytes wait for values of {value}");
    }
}

#[test]
fn row_09_a_step_longer_than_its_auth_is_measured_by_itself() {
    let bytes =
        [ask(0x21).key("PLAIN"), ask(0x22).key("PLAIN").value([0; 4000])].map(|ask| ask.bytes()).concat();
    let mut line = Line::open();
    let statuses: Vec<u16> = replies(&line.send(&bytes)).iter().map(|reply| reply.status).collect();
    assert_eq!(statuses, [0x21, 0x20]);
    assert!(!line.is_open());
}
