//! Each verb on the wire: what its answers look like on success, on a miss and on an error, aloud and quietly.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

mod conversation;

use conversation::{Ask, Line, ask, cache, get, noop, open_door, set, step_of, stored_as};
use keyway::{Cache, Clock, Config, Role, Users};
use std::time::Duration;

const TTL: [u8; 4] = [0, 0, 0x0e, 0x10];

/// A request, extras, key and value of its answer, whether the answer names a version, and its quiet twin.
type Success = (Ask, [Vec<u8>; 3], bool, Option<u8>);

/// Every verb that can succeed on the item `n`, which is "5" with flags 7.
fn successes() -> Vec<Success> {
    let flags = 7_u32.to_be_bytes().to_vec();
    let (none, five, key) = (Vec::new, || b"5".to_vec(), || b"n".to_vec());
    let nothing = || [none(), none(), none()];
    let on = |opcode: u8| ask(opcode).key("n");
    vec![
        (on(0x00), [flags.clone(), none(), five()], true, None),
        (on(0x0c), [flags.clone(), key(), five()], true, None),
        (on(0x1c).extras(TTL), [flags.clone(), none(), none()], true, None),
        (on(0x1d).extras(TTL), [flags.clone(), none(), five()], true, None),
        (on(0x23).extras(TTL), [flags, key(), five()], true, None),
        (on(0x01).extras(stored_as(7, 0)).value("6"), nothing(), true, Some(0x11)),
        (ask(0x02).key("new").extras(stored_as(7, 0)).value("6"), nothing(), true, Some(0x12)),
        (on(0x03).extras(stored_as(7, 0)), nothing(), true, Some(0x13)),
        (on(0x04), nothing(), false, Some(0x14)),
        (on(0x05).extras(step_of(2, 0, 0)), [none(), none(), 7_u64.to_be_bytes().to_vec()], true, Some(0x15)),
        (on(0x06).extras(step_of(2, 0, 0)), [none(), none(), 3_u64.to_be_bytes().to_vec()], true, Some(0x16)),
        (on(0x0e).value("5"), nothing(), true, Some(0x19)),
        (on(0x0f), nothing(), true, Some(0x1a)),
        (ask(0x08), nothing(), false, Some(0x18)),
        (ask(0x08).extras([0; 4]), nothing(), false, Some(0x18)),
        (ask(0x08).extras(TTL), nothing(), false, Some(0x18)),
        (ask(0x0a), nothing(), false, None),
    ]
}

fn quietly(ask: &Ask, opcode: u8) -> Vec<u8> {
    let mut bytes = ask.bytes();
    bytes[1] = opcode;
    bytes
}

fn line_with_n() -> (Line, u64) {
    let mut line = Line::open();
    let stored = line.one(&ask(0x01).key("n").value("5").extras(stored_as(7, 0)));
    assert_eq!(stored.status, 0);
    (line, stored.cas)
}

#[test]
fn every_success_has_its_shape_and_repeats_opcode_and_opaque() {
    for (request, [extras, key, value], versioned, _) in successes() {
        let (mut line, _) = line_with_n();
        let request = request.opaque(0xfeed_f00d);
        let reply = line.one(&request);
        assert_eq!((reply.status, reply.opaque), (0, 0xfeed_f00d), "{request:?}");
        assert_eq!(reply.opcode, request.bytes()[1]);
        assert_eq!((reply.extras, reply.key, reply.value), (extras, key, value), "{request:?}");
        assert_eq!(reply.cas != 0, versioned, "{request:?}");
        assert_eq!(line.one(&noop()).status, 0);
    }
}

#[test]
fn every_quiet_twin_does_the_same_and_says_nothing_of_it() {
    for (request, _, _, quiet) in successes() {
        let Some(quiet) = quiet else { continue };
        let (mut loud, _) = line_with_n();
        let (mut line, _) = line_with_n();
        loud.one(&request);
        assert_eq!(line.send(&quietly(&request, quiet)), b"", "{request:?}");
        for key in ["n", "new"] {
            let (said, done) = (loud.one(&get(key)), line.one(&get(key)));
            assert_eq!((said.status, &said.extras, &said.value), (done.status, &done.extras, &done.value));
        }
    }
}

#[test]
fn a_quiet_hit_is_answered_under_its_own_opcode() {
    for (loud, quiet) in [(0x00, 0x09), (0x0c, 0x0d), (0x1d, 0x1e), (0x23, 0x24)] {
        let (mut line, cas) = line_with_n();
        let extras = if loud >= 0x1d { &TTL[..] } else { &[] };
        let heard = line.one(&ask(loud).key("n").extras(extras));
        let whispered = line.one(&ask(quiet).key("n").extras(extras));
        assert_eq!(whispered.opcode, quiet);
        assert_eq!((heard.cas, whispered.cas), (cas, cas), "a look does not change the version");
        assert_eq!(
            (heard.extras, heard.key, heard.value),
            (whispered.extras, whispered.key, whispered.value)
        );
    }
}

#[test]
fn every_miss_has_its_status_text_and_silence() {
    let on = |opcode: u8| ask(opcode).key("absent");
    // Request, status, text, and the quiet twin with whether that twin keeps silent.
    let misses = [
        (on(0x00), 0x01, "Not found", Some((0x09, true))),
        (on(0x0c), 0x01, "", Some((0x0d, true))),
        (on(0x1c).extras(TTL), 0x01, "Not found", None),
        (on(0x1d).extras(TTL), 0x01, "Not found", Some((0x1e, true))),
        (on(0x23).extras(TTL), 0x01, "", Some((0x24, true))),
        (on(0x03).extras(stored_as(0, 0)), 0x01, "Not found", Some((0x13, false))),
        (on(0x01).extras(stored_as(0, 0)).cas(9), 0x01, "Not found", Some((0x11, false))),
        (on(0x02).extras(stored_as(0, 0)).cas(9), 0x01, "Not found", Some((0x12, false))),
        (on(0x04), 0x01, "Not found", Some((0x14, false))),
        (on(0x04).cas(9), 0x01, "Not found", Some((0x14, false))),
        (on(0x05).extras(step_of(1, 0, u32::MAX)), 0x01, "Not found", Some((0x15, false))),
        (on(0x06).extras(step_of(1, 0, u32::MAX)), 0x01, "Not found", Some((0x16, false))),
        (on(0x0e).value("x"), 0x05, "Not stored.", Some((0x19, false))),
        (on(0x0f).value("x"), 0x05, "Not stored.", Some((0x1a, false))),
    ];
    for (request, status, text, quiet) in misses {
        let mut line = Line::open();
        let reply = line.one(&request);
        assert_eq!((reply.status, reply.text().as_str(), reply.cas), (status, text, 0), "{request:?}");
        // In place of a text, the miss of a getk has the key.
        assert_eq!(reply.key, if text.is_empty() { &b"absent"[..] } else { b"" }, "{request:?}");
        assert_eq!(line.status(&get("absent")), 1, "{request:?} stored nothing");
        if let Some((quiet, silent)) = quiet {
            let back = conversation::replies(&line.send(&quietly(&request, quiet)));
            let statuses: Vec<_> = back.iter().map(|reply| (reply.opcode, reply.status)).collect();
            assert_eq!(statuses, if silent { vec![] } else { vec![(quiet, status)] }, "{request:?}");
        }
    }
}

#[test]
fn every_error_is_answered_also_to_the_quiet_twin() {
    let other = u64::MAX;
    let errors = [
        (ask(0x02).key("n").extras(stored_as(0, 0)), 0x12, 0x02, "Data exists for key."),
        (set("n", "x").cas(other), 0x11, 0x02, "Data exists for key."),
        (ask(0x02).key("n").extras(stored_as(0, 0)).cas(other), 0x12, 0x02, "Data exists for key."),
        (ask(0x03).key("n").extras(stored_as(0, 0)).cas(other), 0x13, 0x02, "Data exists for key."),
        (ask(0x04).key("n").cas(other), 0x14, 0x02, "Data exists for key."),
        (ask(0x05).key("n").extras(step_of(1, 0, 0)).cas(other), 0x15, 0x02, "Data exists for key."),
        (ask(0x0e).key("n").value("x").cas(other), 0x19, 0x02, "Data exists for key."),
        (ask(0x0f).key("n").value("x").cas(1), 0x1a, 0x02, "Data exists for key."),
        (
            ask(0x06).key("text").extras(step_of(1, 0, 0)),
            0x16,
            0x06,
            "Non-numeric server-side value for incr or decr",
        ),
    ];
    for (request, quiet, status, text) in errors {
        let (mut line, _) = line_with_n();
        line.say(&[set("filler", "moves the version away from 1"), set("n", "5"), set("text", "five")]);
        let reply = line.one(&request);
        assert_eq!((reply.status, reply.text().as_str(), reply.cas), (status, text, 0), "{request:?}");
        let reply = conversation::replies(&line.send(&quietly(&request, quiet))).remove(0);
        assert_eq!((reply.opcode, reply.status, reply.text().as_str()), (quiet, status, text), "{request:?}");
        assert_eq!(line.one(&get("n")).value, b"5", "{request:?} changed nothing");
    }
}

#[test]
fn the_right_version_stores_and_an_add_with_it_does_not() {
    let (mut line, cas) = line_with_n();
    assert_eq!(line.status(&ask(0x02).key("n").extras(stored_as(0, 0)).cas(cas)), 0x02);
    for request in [set("n", "6"), ask(0x03).key("n").extras(stored_as(0, 0)).value("7")] {
        let present = line.one(&get("n")).cas;
        let reply = line.one(&request.cas(present));
        assert_eq!(reply.status, 0);
        assert_ne!(reply.cas, present);
    }
    let present = line.one(&get("n")).cas;
    assert_eq!(line.status(&ask(0x0e).key("n").value("7").cas(present)), 0);
    let present = line.one(&get("n")).cas;
    assert_eq!(line.status(&ask(0x05).key("n").extras(step_of(1, 0, 0)).cas(present)), 0);
    let present = line.one(&get("n")).cas;
    assert_eq!(line.one(&get("n")).value, b"78");
    assert_eq!(line.status(&ask(0x04).key("n").cas(present)), 0);
    assert_eq!(line.status(&get("n")), 1);
}

#[test]
fn counters_start_at_their_initial_value_wrap_upwards_and_stop_at_zero() {
    let mut line = Line::open();
    let incr = |delta, initial| ask(0x05).key("c").extras(step_of(delta, initial, 0));
    assert_eq!(line.one(&incr(5, 40)).value, 40_u64.to_be_bytes());
    assert_eq!(line.one(&incr(2, 0)).value, 42_u64.to_be_bytes());
    assert_eq!(line.one(&get("c")).value, b"42");
    assert_eq!(line.one(&ask(0x06).key("c").extras(step_of(100, 0, 0))).value, 0_u64.to_be_bytes());
    assert_eq!(line.status(&set("c", "18446744073709551615")), 0);
    assert_eq!(line.one(&incr(2, 0)).value, 1_u64.to_be_bytes());
}

#[test]
fn expiry_is_read_as_memcached_reads_it() {
    let clock = Clock::manual();
    let mut config = Config::new(64 << 20);
    config.clock = clock.clone();
    let cache = Cache::new(config, Users::new()).unwrap();
    let mut line = Line::to(&open_door(&cache, Role::ReadWrite));
    for (key, seconds) in [("never", 0), ("soon", 60), ("gone", 2_592_001), ("far", u32::MAX)] {
        let request = ask(0x01).key(key).extras(stored_as(0, seconds));
        assert_eq!(line.status(&request), 0);
    }
    assert_eq!(line.status(&get("gone")), 1);
    assert_eq!(line.status(&get("soon")), 0);
    assert_eq!(line.status(&ask(0x1c).key("never").extras(60_u32.to_be_bytes())), 0);
    assert_eq!(line.status(&ask(0x05).key("made").extras(step_of(1, 1, 60))), 0);
    clock.advance(Duration::from_secs(62));
    let statuses = ["never", "soon", "made", "far"].map(|key| line.status(&get(key)));
    assert_eq!(statuses, [1, 1, 1, 0]);
}

#[test]
fn a_flush_takes_what_was_there_and_a_later_one_waits() {
    let clock = Clock::manual();
    let mut config = Config::new(64 << 20);
    config.clock = clock.clone();
    let cache = Cache::new(config, Users::new()).unwrap();
    let mut line = Line::to(&open_door(&cache, Role::ReadWrite));
    line.one(&set("a", "1"));
    assert_eq!(line.status(&ask(0x08)), 0);
    line.one(&set("b", "2"));
    assert_eq!([line.status(&get("a")), line.status(&get("b"))], [1, 0]);
    assert_eq!(line.status(&ask(0x08).extras(10_u32.to_be_bytes())), 0);
    assert_eq!(line.status(&get("b")), 0);
    clock.advance(Duration::from_secs(12));
    assert_eq!(line.status(&get("b")), 1);
}

#[test]
fn quit_says_goodbye_and_its_quiet_twin_does_not_and_neither_runs_what_follows() {
    for (opcode, said) in [(0x07, vec![0]), (0x17, vec![])] {
        let mut line = Line::open();
        let replies = line.say(&[ask(opcode), noop()]);
        assert_eq!(replies.iter().map(|reply| reply.status).collect::<Vec<_>>(), said);
        assert!(line.closed);
    }
}

#[test]
fn keys_and_values_are_any_bytes_and_a_value_may_be_empty() {
    let mut line = Line::open();
    for key in [&b"a b\r\n\0\xff"[..], &[0; 250], b"\x80\x00"] {
        for value in [&b""[..], b"\r\nEND\r\n\0", &[0x80; 5000], &[1; 100_000]] {
            assert_eq!(line.status(&set(key, value)), 0);
            let reply = line.one(&ask(0x0c).key(key));
            assert!(reply.key == key && reply.value == value);
        }
    }
}

#[test]
fn data_type_and_vbucket_of_a_request_mean_nothing() {
    let (mut line, _) = line_with_n();
    let mut request = get("n").bytes();
    request[5..8].fill(0xff);
    let reply = conversation::replies(&line.send(&request)).remove(0);
    assert_eq!((reply.status, reply.value.as_slice()), (0, &b"5"[..]));
}

#[test]
fn ten_thousand_pipelined_requests_are_answered_in_order() {
    let cache = cache();
    let mut line = Line::to(&open_door(&cache, Role::ReadWrite));
    line.one(&set("k", vec![b'v'; 100]));
    let asks: Vec<Ask> = (0..10_000).map(|opaque| get("k").opaque(opaque)).collect();
    let replies = line.say(&asks);
    assert!(replies.iter().map(|reply| reply.opaque).eq(0..10_000));
    assert!(replies.iter().all(|reply| reply.value == [b'v'; 100]));
}
