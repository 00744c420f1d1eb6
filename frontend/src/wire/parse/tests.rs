//! What each frame is taken for, by its header alone wherever that is enough.

use super::*;
use crate::wire::{How, Loudness};
use proptest::prelude::*;

const OPEN: Limits = Limits { gate: Gate::Open, value_max: 1000 };
const LOCKED: Limits = Limits { gate: Gate::Closed, value_max: 1000 };

/// A header with an opaque and a CAS of its own.
fn header(opcode: u8, extras: u8, key: u16, body: u32) -> Vec<u8> {
    let mut bytes = vec![REQUEST_MAGIC, opcode];
    bytes.extend(key.to_be_bytes());
    bytes.extend([extras, 0xff, 0xff, 0xff]);
    bytes.extend(body.to_be_bytes());
    bytes.extend([0xde, 0xad, 0xbe, 0xef]);
    bytes.extend(7_u64.to_be_bytes());
    bytes
}

#[track_caller]
fn refused(input: &[u8], limits: &Limits) -> (Option<u16>, Then) {
    match parse(input, limits) {
        Parsed::Bad(bad) => (bad.status.map(Status::code), bad.then),
        other => panic!("taken for {other:?}"),
    }
}

#[test]
fn a_header_that_is_refused_is_refused_without_its_body() {
    let cases = [
        ("more key than body", header(0x0e, 0, 250, 0), 0x81),
        ("more extras than body", header(0x01, 255, 1, 9), 0x81),
        ("body beyond a signed int", header(0x12, 8, 1, 0xffff_ffe8), 0x04),
        ("body over 1 GiB", header(0x01, 8, 1, (1 << 30) + 1), 0x04),
        ("key of 251", header(0x00, 0, 251, 251), 0x04),
        ("key of 251 for an unknown opcode", header(0x77, 0, 251, 251), 0x04),
        ("key of 65535", header(0x09, 0, 65535, 65535), 0x04),
        ("get without a key", header(0x00, 0, 0, 0), 0x04),
        ("get with a value", header(0x00, 0, 1, 2), 0x04),
        ("get with extras", header(0x00, 4, 1, 5), 0x04),
        ("set with short extras", header(0x01, 4, 1, 5), 0x04),
        ("set with long extras", header(0x01, 0x30, 1, 0x31), 0x04),
        ("touch with a value", header(0x1c, 4, 1, 6), 0x04),
        ("flush with 3 bytes of delay", header(0x08, 3, 0, 3), 0x04),
        ("noop with a body", header(0x0a, 0, 0, 1), 0x04),
        ("stat with extras", header(0x10, 4, 0, 4), 0x04),
        ("auth without a mechanism", header(0x21, 0, 0, 5), 0x04),
        ("auth with extras", header(0x21, 4, 5, 20), 0x04),
        ("mechanism of 251", header(0x21, 0, 251, 251), 0x04),
    ];
    for (what, input, status) in cases {
        assert_eq!(refused(&input, &OPEN), (Some(status), Then::Close), "{what}");
    }
}

#[test]
fn a_frame_whose_length_is_beyond_doubt_is_skipped_exactly() {
    let cases = [
        ("unknown opcode without a body", header(0x77, 0, 0, 0), 0x81, 24),
        ("unknown opcode with a body", header(0x77, 3, 5, 100), 0x81, 124),
        ("verbosity", header(0x1b, 4, 0, 4), 0x81, 28),
        ("mechanism of 33", header(0x21, 0, 33, 40), 0x04, 64),
        ("login of more than 4 KiB", header(0x21, 0, 5, 4097), 0x82, 4121),
        ("step of 2 MiB", header(0x22, 0, 5, 2 << 20), 0x82, 24 + (2 << 20)),
        ("add over the limit", header(0x02, 8, 1, 8 + 1 + 1001), 0x03, 24 + 1010),
        ("append over the limit", header(0x0e, 0, 1, 1 + 1001), 0x03, 24 + 1002),
    ];
    for (what, input, status, len) in cases {
        assert_eq!(refused(&input, &OPEN), (Some(status), Then::Skip(len)), "{what}");
    }
}

#[test]
fn before_login_only_what_leads_to_a_login_passes_and_lengths_are_looked_at_first() {
    for opcode in 0..=u8::MAX {
        let bare = header(opcode, 0, 0, 0);
        match (opcode, parse(&bare, &LOCKED)) {
            (0x0b | 0x20, Parsed::Request { len: 24, .. }) => {}
            (0x21 | 0x22, Parsed::Bad(bad)) => assert_eq!(bad.status, Some(Status::Invalid)),
            (_, Parsed::Bad(bad)) => {
                assert_eq!((bad.status, bad.then), (Some(Status::AuthFailed), Then::Close), "{opcode:#x}");
            }
            (_, other) => panic!("{opcode:#x} was taken for {other:?}"),
        }
        let contradicting = header(opcode, 0, 2, 1);
        assert_eq!(refused(&contradicting, &LOCKED), (Some(0x81), Then::Close), "{opcode:#x}");
    }
    // Neither the key nor the announced length is looked at before login is.
    assert_eq!(refused(&header(0x01, 8, 251, 2_147_483_646), &LOCKED), (Some(0x20), Then::Close));
    assert_eq!(refused(&header(0x21, 0, 5, 2_147_483_646), &LOCKED), (Some(0x04), Then::Close));
}

#[test]
fn another_first_byte_is_hung_up_on_at_once_and_without_an_answer() {
    for input in [&b"\x81"[..], b"\0", b"\x08", b"G", b"POST / HTTP/1.1\r\n", b"get x\r\n", b"\x16\x03\x01"] {
        for limits in [&OPEN, &LOCKED] {
            assert_eq!(refused(input, limits), (None, Then::Close), "{}", input.escape_ascii());
        }
    }
    assert!(matches!(parse(b"", &OPEN), Parsed::Incomplete { needed: 24 }));
    assert!(matches!(parse(b"\x80", &OPEN), Parsed::Incomplete { needed: 24 }));
}

#[test]
fn a_set_over_the_limit_waits_for_its_key_and_not_for_its_value() {
    let mut input = header(0x11, 8, 3, 8 + 3 + 1001);
    input.extend([0; 8]);
    input.extend(b"ke");
    assert!(matches!(parse(&input, &OPEN), Parsed::Incomplete { needed: 35 }));
    input.extend(b"y");
    match parse(&input, &OPEN) {
        Parsed::Request { frame, len, .. } => {
            assert_eq!(len, 24 + 8 + 3 + 1001);
            assert_eq!(frame.opcode.loudness, Loudness::Quiet);
            assert!(matches!(frame.request, Request::Oversized { key: b"key" }));
        }
        other => panic!("taken for {other:?}"),
    }
}

#[test]
fn a_value_of_just_the_limit_is_taken() {
    let mut input = header(0x01, 8, 1, 8 + 1 + 1000);
    input.extend(vec![b'k'; 8 + 1 + 1000]);
    match parse(&input, &OPEN) {
        Parsed::Request { asked, frame, len } => {
            assert_eq!(asked, Asked { opcode: 0x01, opaque: 0xdead_beef });
            assert_eq!(len, input.len());
            assert!(matches!(frame.request, Request::Store { how: How::Set, key: b"k", .. }));
        }
        other => panic!("taken for {other:?}"),
    }
}

#[test]
fn a_login_of_just_the_limit_is_taken_also_before_login() {
    let mut input = header(0x21, 0, 5, 4096);
    input.extend(b"PLAIN");
    input.extend(vec![b'x'; 4091]);
    match parse(&input, &LOCKED) {
        Parsed::Request { frame: Frame { request: Request::Auth { mechanism, message }, .. }, .. } => {
            assert_eq!(mechanism, b"PLAIN");
            assert_eq!(message.0.len(), 4091);
        }
        other => panic!("taken for {other:?}"),
    }
}

fn frames() -> impl Strategy<Value = Vec<u8>> {
    let lengths = prop_oneof![0..12_u32, 0..5000_u32, any::<u32>()];
    let frame = (any::<u8>(), 0..10_u8, 0..300_u16, lengths, any::<[u8; 32]>()).prop_map(
        |(opcode, extras, key, body, tail)| {
            let mut bytes = header(opcode, extras, key, body);
            bytes.extend(tail);
            bytes
        },
    );
    prop_oneof![frame, prop::collection::vec(any::<u8>(), 0..64)]
}

proptest! {
    #[test]
    fn any_bytes_are_one_of_three_things_and_each_makes_progress(input in frames(), locked in any::<bool>()) {
        let limits = if locked { LOCKED } else { OPEN };
        match parse(&input, &limits) {
            // More than is there, or the caller would wait for ever; and never more than a frame may have.
            Parsed::Incomplete { needed } => {
                prop_assert!(needed > input.len());
                let most = if locked { LOGIN_BODY_MAX } else { LOGIN_BODY_MAX.max(1000 + 8 + MAX_KEY) };
                prop_assert!(needed <= HEADER_LEN + most);
            }
            Parsed::Request { len, .. } => prop_assert!(len >= HEADER_LEN),
            Parsed::Bad(BadFrame { then: Then::Skip(len), .. }) => {
                prop_assert!((HEADER_LEN..=HEADER_LEN + BODY_MAX).contains(&len));
            }
            Parsed::Bad(BadFrame { then: Then::Close, .. }) => {}
        }
    }
}

#[test]
fn the_corpus_of_the_fuzz_target_frame_is_taken_apart_the_same_way_in_any_pieces() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/seeds/frame");
    let mut told = 0;
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        println!("{}", path.display());
        claims::check(&std::fs::read(path).unwrap());
        told += 1;
    }
    assert!(told >= 8, "there is a corpus");
}
