//! Any bytes at all, in any pieces: nothing panics, nothing is kept that need not be, and what comes out is well formed.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

mod conversation;

use conversation::{Line, cache, header, open_door, replies};
use keyway::Role;
use keyway_frontend::Door;
use proptest::prelude::*;
use std::sync::{Arc, LazyLock};

/// Frames that are nearly right, which get further than noise does.
fn nearly_right() -> impl Strategy<Value = Vec<u8>> {
    (
        0..0x28_u8,
        prop_oneof![Just(0_u8), Just(4), Just(8), Just(20), any::<u8>()],
        0..8_u16,
        -2..40_i64,
        any::<[u8; 8]>(),
    )
        .prop_map(|(opcode, extras, key, value, bytes)| {
            let body = u32::try_from((i64::from(extras) + i64::from(key) + value).max(0)).unwrap();
            let mut frame = header(opcode, extras, key, body);
            frame[16..24].copy_from_slice(&bytes);
            frame.extend(bytes.iter().cycle().take(body as usize));
            frame
        })
}

fn input() -> impl Strategy<Value = Vec<u8>> {
    let noise = prop::collection::vec(any::<u8>(), 0..100);
    let magic = noise.clone().prop_map(|noise| [vec![0x80], noise].concat());
    prop::collection::vec(prop_oneof![8 => nearly_right(), 1 => noise, 1 => magic], 1..12)
        .prop_map(|frames| frames.concat())
}

static LOCKED: LazyLock<Arc<Door>> = LazyLock::new(|| conversation::locked_door().1);

proptest! {
    #[test]
    fn any_bytes_on_an_open_connection_do_no_harm(input in input(), piece in 1..200_usize) {
        let door = open_door(&cache(), Role::Admin);
        let mut line = Line::to(&door);
        let mut back = Vec::new();
        for bytes in input.chunks(piece) {
            back.extend(line.send(bytes));
            if !line.closed {
                // The largest frame of an open connection: a set of the largest value that is let in.
                prop_assert!(line.unread() < 24 + 8 + 250 + (1 << 20));
            }
        }
        replies(&back);
    }

    #[test]
    fn any_bytes_before_login_open_nothing_and_little_of_them_is_kept(input in input(), piece in 1..200_usize) {
        let mut line = Line::to(&LOCKED);
        let mut back = Vec::new();
        for bytes in input.chunks(piece) {
            back.extend(line.send(bytes));
            if !line.closed {
                prop_assert!(line.unread() < 24 + 4096);
            }
        }
        prop_assert!(!line.is_open());
        for reply in replies(&back) {
            let known = [0x00, 0x04, 0x20, 0x21, 0x81, 0x82];
            prop_assert!(known.contains(&reply.status), "{:?}", reply);
            prop_assert!(reply.status != 0 || [0x0b, 0x20].contains(&reply.opcode), "{:?}", reply);
        }
    }
}
