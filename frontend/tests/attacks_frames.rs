//! Frames that have broken other servers, against the real one over a socket. Named after their rows in the list of
//! known attacks.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::cast_possible_truncation)] // what fails here fails the test

mod raw;

use keyway_frontend::Server;
use raw::{Client, ask, cache, cache_of_ada, get, header, noop, serve, serve_openly, set};

/// A request header that may say anything, with so many bytes of junk behind it.
fn frame(opcode: u8, extras: u8, key: u16, body: u32, junk: usize) -> Vec<u8> {
    [header(opcode, extras, key, body), vec![b'A'; junk]].concat()
}

/// The statuses of all that comes back before the server closes.
#[track_caller]
fn until_closed(server: &Server, bytes: &[u8]) -> Vec<u16> {
    let mut client = Client::to(server);
    client.send(bytes);
    client.statuses_until_closed()
}

/// Each is refused with this and closed, what stands behind it is not run, and others notice nothing.
#[track_caller]
fn close_with(frames: &[Vec<u8>], status: u16) {
    let server = serve_openly(&cache());
    let mut other = Client::to(&server);
    assert_eq!(other.one(&set("k", "mine")).status, 0);
    for frame in frames {
        let sent = [&frame[..], &set("k", "stolen").bytes()].concat();
        assert_eq!(until_closed(&server, &sent), [status], "{}", frame[..24].escape_ascii());
    }
    assert_eq!(other.one(&get("k")).value, b"mine");
    assert!(server.is_running());
}

/// The same before login, where most are refused for that alone.
#[track_caller]
fn close_strangers_with(frames: &[Vec<u8>], status: u16) {
    let server = serve(&cache_of_ada(), |_| {});
    for frame in frames {
        assert_eq!(until_closed(&server, frame), [status], "{}", frame[..24].escape_ascii());
    }
    assert_eq!(Client::of_ada(&server).one(&noop()).status, 0);
}

#[test]
fn row_01_a_body_that_is_negative_as_a_signed_number_closes() {
    let add_quietly = frame(0x12, 8, 1, 0xffff_ffe8, 1000);
    close_with(std::slice::from_ref(&add_quietly), 0x04);
    close_strangers_with(&[add_quietly], 0x20);
    close_strangers_with(&[frame(0x21, 0, 5, 0xffff_ffe8, 1000)], 0x04);
}

#[test]
fn row_05_an_append_whose_key_is_longer_than_its_body_closes() {
    close_with(&[0x0e, 0x0f, 0x19, 0x1a].map(|opcode| frame(opcode, 0, 0xfa, 0, 1024)), 0x81);
}

#[test]
fn row_06_a_storage_request_with_a_negative_body_closes() {
    let stores = [0x01, 0x02, 0x03, 0x11, 0x12, 0x13];
    close_with(&stores.map(|opcode| frame(opcode, 8, 0xfa, 0xffff_ffd0, 1024)), 0x04);
}

#[test]
fn row_07_a_mechanism_longer_than_its_body_closes() {
    let login = frame(0x21, 0, 32, 1, 1024);
    close_with(std::slice::from_ref(&login), 0x81);
    close_strangers_with(&[login, frame(0x22, 0, 32, 1, 1024)], 0x81);
}

#[test]
fn row_08_a_huge_key_at_the_end_of_the_input_closes() {
    let with_keys = [0x00, 0x01, 0x02, 0x09, 0x0d, 0x77];
    close_with(&with_keys.map(|opcode| frame(opcode, 0, 65535, 65535 + 8, 0)), 0x04);
    close_with(&with_keys.map(|opcode| frame(opcode, 0, 251, 251, 0)), 0x04);
    close_with(&[frame(0x02, 8, 0xffff, 0xffff + 8, 0)], 0x04);
}

#[test]
fn row_20_extras_longer_than_any_request_has_close() {
    close_with(&[frame(0x01, 0x30, 0, 0x1000, 100), frame(0x01, 0xff, 1, 0x1000, 100)], 0x04);
}

#[test]
fn row_27_what_follows_a_length_beyond_the_limit_is_never_run() {
    close_with(&[frame(0x01, 8, 1, 0x8000_0000, 0), frame(0x77, 0, 0, (1 << 30) + 1, 0)], 0x04);
}

#[test]
fn row_34_a_value_of_any_bytes_and_any_size_is_stored_or_refused() {
    let server = serve_openly(&cache());
    let mut client = Client::to(&server);
    for (len, status) in [(512 << 10, 0), (1 << 20, 0), ((1 << 20) + 1, 0x03), (3 << 20, 0x03)] {
        assert_eq!(client.statuses(&[set("k", vec![0x80; len]), noop()]), [status, 0], "{len}");
    }
}

/// Every opcode with lengths of every kind, on one connection each; what follows tells whether it is still in its place.
#[test]
fn row_35_lengths_that_do_not_fit_the_opcode_are_answered_or_close_and_never_hang() {
    let server = serve_openly(&cache());
    for opcode in 0..=u8::MAX {
        for (extras, key, value) in
            [(0, 0, 0), (0, 1, 0), (0, 1, 1), (4, 0, 0), (4, 1, 0), (8, 1, 1), (20, 1, 0), (255, 1, 9)]
        {
            let body = u32::from(extras) + u32::from(key) + value;
            let bytes = [frame(opcode, extras, key, body, body as usize), ask(0x0b).bytes()].concat();
            let mut client = Client::to(&server);
            client.send(&bytes);
            client.half_close();
            let answers = client.until_closed();
            let (version, rest) = match answers.split_last() {
                Some((last, rest)) if last.opcode == 0x0b && opcode != 0x0b => (Some(last), rest),
                _ => (None, &answers[..]),
            };
            assert!(rest.iter().all(|answer| answer.opcode == opcode), "{answers:?}");
            assert!(version.is_none_or(|version| version.status == 0));
            assert!(
                version.is_some() || !answers.is_empty() || [0x07, 0x17].contains(&opcode),
                "{opcode:#x}"
            );
        }
    }
}

#[test]
fn row_60_another_protocol_is_hung_up_on_without_a_byte() {
    let (open, locked) = (serve_openly(&cache()), serve(&cache_of_ada(), |_| {}));
    let greetings: [&[u8]; 8] = [
        b"POST / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"get k\r\n",
        b"set foo 0 0 1\r\n",
        b"P",
        b"\x81",
        b"\0",
        b"\xff\xff",
        b"\x16\x03\x01\x02",
    ];
    for bytes in greetings {
        for server in [&open, &locked] {
            assert_eq!(until_closed(server, bytes), [0_u16; 0], "{}", bytes.escape_ascii());
        }
        // Also behind a good request, and what comes after it is not run.
        let bytes = [&noop().bytes()[..], bytes, &noop().bytes()].concat();
        assert_eq!(until_closed(&open, &bytes), [0], "{}", bytes.escape_ascii());
    }
}

#[test]
fn generic_a_magic_that_is_not_a_request_closes() {
    let server = serve_openly(&cache());
    for magic in (0..=u8::MAX).filter(|magic| *magic != 0x80) {
        let mut bytes = noop().bytes();
        bytes[0] = magic;
        assert_eq!(until_closed(&server, &bytes), [0_u16; 0], "{magic:#x}");
    }
}

#[test]
fn generic_key_lengths_out_of_range_close() {
    let lengths = [0, 251, 65535];
    for opcode in [0x00, 0x04, 0x09, 0x0c, 0x0e] {
        close_with(&lengths.map(|key| frame(opcode, 0, key, key.into(), usize::from(key))), 0x04);
    }
}

#[test]
fn generic_opaque_comes_back_and_data_type_is_ignored() {
    let server = serve_openly(&cache());
    let mut client = Client::to(&server);
    let mut bytes = noop().opaque(0xdead_beef).bytes();
    bytes[5] = 0xff;
    client.send(&bytes);
    assert_eq!(client.reply().opaque, 0xdead_beef);
}

#[test]
fn generic_an_opcode_that_nobody_knows_is_skipped_to_the_byte() {
    let server = serve_openly(&cache());
    let mut client = Client::to(&server);
    for opcode in [0x77, 0xff] {
        let unknown = client.one(&ask(opcode).key("key").value("value").opaque(7));
        assert_eq!((unknown.opcode, unknown.status, unknown.opaque), (opcode, 0x81, 7));
        assert_eq!(client.one(&noop()).status, 0);
    }
}

#[test]
fn generic_a_quiet_request_that_fails_is_answered() {
    let server = serve_openly(&cache());
    let mut client = Client::to(&server);
    assert_eq!(client.one(&set("k", "v")).status, 0);
    let add_quietly = ask(0x12).key("k").extras([0; 8]).value("w");
    let reply = client.one(&add_quietly);
    assert_eq!((reply.opcode, reply.status), (0x12, 0x02));
}
