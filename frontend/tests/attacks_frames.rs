//! Frames that have broken other servers, against the real one over a socket. Named after their rows in the list of
//! known attacks; the sans-IO tests of `bad_input*.rs` try more variants of each.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::cast_possible_truncation)] // what fails here fails the test

mod raw;

use keyway_frontend::Server;
use raw::{Client, ask, cache, get, noop, replies, serve_openly, set};
use std::io::Read;

/// A request header that may say anything, with so many bytes of junk behind it.
fn frame(opcode: u8, extras: u8, key: u16, body: u32, junk: usize) -> Vec<u8> {
    let mut bytes = vec![0x80, opcode];
    bytes.extend(key.to_be_bytes());
    bytes.extend([extras, 0, 0, 0]);
    bytes.extend(body.to_be_bytes());
    bytes.extend([0; 12]);
    bytes.resize(bytes.len() + junk, b'A');
    bytes
}

/// All that comes back before the server closes.
fn until_closed(server: &Server, bytes: &[u8]) -> Vec<u16> {
    let mut client = Client::to(server);
    client.send(bytes);
    let mut back = Vec::new();
    client.socket.read_to_end(&mut back).unwrap();
    replies(&back).iter().map(|reply| reply.status).collect()
}

/// It is refused with this and closed, what stands behind it is not run, and others notice nothing.
#[track_caller]
fn closes_with(bytes: &[u8], status: u16) {
    let server = serve_openly(&cache());
    let mut other = Client::to(&server);
    assert_eq!(other.one(&set("k", "mine")).status, 0);
    let sent = [bytes, &set("k", "stolen").bytes()].concat();
    assert_eq!(until_closed(&server, &sent), [status]);
    assert_eq!(other.one(&get("k")).value, b"mine");
    assert!(server.is_running());
}

#[test]
fn row_01_body_negative_as_a_signed_number() {
    closes_with(&frame(0x12, 8, 1, 0xffff_ffe8, 1000), 0x04);
}

#[test]
fn row_05_append_with_body_shorter_than_key() {
    closes_with(&frame(0x1a, 0, 0xfa, 0, 1024), 0x81);
}

#[test]
fn row_06_set_with_negative_body() {
    closes_with(&frame(0x02, 8, 0xfa, 0xffff_ffd0, 1024), 0x04);
}

#[test]
fn row_07_mechanism_longer_than_body() {
    closes_with(&frame(0x21, 0, 32, 1, 1024), 0x81);
}

#[test]
fn row_08_huge_key_at_the_end_of_input() {
    closes_with(&frame(0x02, 8, 0xffff, 0xffff + 8, 0), 0x04);
}

#[test]
fn row_20_extras_longer_than_any_request_has() {
    closes_with(&frame(0x01, 0x30, 0, 0x1000, 100), 0x04);
}

#[test]
fn row_27_length_beyond_the_limit_is_never_resynchronised() {
    closes_with(&frame(0x01, 8, 1, 0x8000_0000, 0), 0x04);
}

#[test]
fn row_60_another_protocol_is_hung_up_on_without_a_byte() {
    let server = serve_openly(&cache());
    for bytes in [&b"POST / HTTP/1.1\r\n\r\n"[..], b"get k\r\n", b"\x81\0\0\0", b"\x16\x03\x01"] {
        assert_eq!(until_closed(&server, bytes), [], "{}", bytes.escape_ascii());
    }
}

#[test]
fn generic_key_lengths_out_of_range_close() {
    closes_with(&frame(0x00, 0, 0, 0, 0), 0x04);
    closes_with(&frame(0x00, 0, 251, 251, 251), 0x04);
    closes_with(&frame(0x00, 0, 0xffff, 0xffff, 0), 0x04);
}

#[test]
fn generic_opaque_comes_back_and_data_type_is_ignored() {
    let server = serve_openly(&cache());
    let mut client = Client::to(&server);
    let mut bytes = noop().opaque(0xdead_beef).bytes();
    bytes[5] = 0xff;
    client.send(&bytes);
    assert_eq!(client.reply().opaque, 0xdead_beef);
    let unknown = client.one(&ask(0xff).key("key").value("value").opaque(7));
    assert_eq!((unknown.status, unknown.opaque), (0x81, 7));
    assert_eq!(client.one(&noop()).status, 0);
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
