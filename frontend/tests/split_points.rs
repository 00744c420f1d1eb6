//! However the input is cut into pieces, the output is the same to the byte (but for the numbers of versions, which
//! every cache gives in its own way).
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

mod conversation;

use conversation::{Ask, Line, Reply, ask, cache, get, header, noop, replies, set, step_of, stored_as};
use keyway::Role;
use keyway_frontend::{Door, Entrance, Policy};
use std::sync::Arc;

/// The longest value here, in bytes: small, so that there can be a cut at every byte of what is over it.
const MAX_ITEM: usize = 4200;

/// Every kind of request in one conversation, the refused ones too. (Only `stats` without a name is missing: its
/// answer tells the time.)
fn transcript() -> Vec<u8> {
    let ttl = 3600_u32.to_be_bytes();
    let store = |opcode: u8| ask(opcode).key("k").extras(stored_as(3, 0)).value("value");
    let step = |opcode: u8| ask(opcode).key("n").extras(step_of(1, 40, 0));
    // These two tell bytes, and what a stripe's index takes depends on where the keys fall: so while nothing is stored.
    let mut asks: Vec<Ask> = vec![
        ask(0x10).key("items"),
        ask(0x10).key("slabs"),
        noop(),
        ask(0x0b),
        get("k"),
        ask(0x09).key("k"),
        ask(0x0c).key("k"),
        ask(0x0d).key("k"),
    ];
    asks.extend([0x02, 0x12, 0x01, 0x11, 0x03, 0x13].map(store));
    asks.extend([0x00, 0x09, 0x0c, 0x0d, 0x0e, 0x0f, 0x19, 0x1a].map(|opcode| ask(opcode).key("k")));
    asks.extend([0x1c, 0x1d, 0x1e, 0x23, 0x24].map(|opcode| ask(opcode).key("k").extras(ttl)));
    asks.extend([0x05, 0x06, 0x15, 0x16].map(step));
    asks.extend([set("k", "x").cas(1), set("large", vec![b'l'; 4200]), get("large"), get("k")]);
    asks.extend(
        ["settings", "sizes", "conns", "detail dump", "reset", "what"].map(|group| ask(0x10).key(group)),
    );
    asks.extend([ask(0x20), ask(0x77).key("key").extras([1; 7]).value("unknown"), ask(0x1b)]);
    // Over the limit: refused, and the old value gone.
    asks.extend([
        set("k", vec![b'x'; MAX_ITEM + 1]),
        get("k"),
        ask(0x0e).key("n").value(vec![b'x'; MAX_ITEM + 1]),
    ]);
    asks.extend([0x14, 0x04, 0x04].map(|opcode| ask(opcode).key("n")));
    asks.extend([ask(0x08), ask(0x18), ask(0x08).extras(ttl), get("large")]);
    let mut bytes: Vec<u8> =
        (0..).zip(asks).flat_map(|(opaque, ask): (u32, Ask)| ask.opaque(opaque).bytes()).collect();
    // The last one closes: what follows must not run, in whatever piece it comes.
    bytes.extend(header(0x00, 0, 251, 251));
    bytes.extend(noop().bytes());
    bytes
}

/// Each version, which every cache numbers in its own way, replaced by the order in which it first appeared.
fn renumbered(bytes: &[u8]) -> Vec<Reply> {
    let mut seen = vec![0];
    let mut replies = replies(bytes);
    for reply in &mut replies {
        let order = seen.iter().position(|cas| *cas == reply.cas).unwrap_or(seen.len());
        if order == seen.len() {
            seen.push(reply.cas);
        }
        reply.cas = order as u64;
    }
    replies
}

fn line() -> Line {
    let cache = cache();
    cache.users().add_trusted("guest", Role::Admin).unwrap();
    let mut policy = Policy::default();
    policy.max_item = MAX_ITEM;
    let mut entrance = Entrance::default();
    entrance.anonymous = Some(cache.session_for("guest").unwrap());
    Line::to(&Arc::new(Door::new(cache, policy).through(entrance)))
}

#[test]
fn every_split_in_two_gives_the_same_bytes() {
    let input = transcript();
    let whole = renumbered(&line().send(&input));
    assert!(whole.len() > 60);
    for at in 0..=input.len() {
        let mut line = line();
        let mut back = line.send(&input[..at]);
        back.extend(line.send(&input[at..]));
        assert!(line.closed);
        assert_eq!(renumbered(&back), whole, "cut at byte {at}");
    }
}

#[test]
fn byte_by_byte_and_in_uneven_pieces_gives_the_same_bytes() {
    let input = transcript();
    let whole = renumbered(&line().send(&input));
    for piece in [1, 2, 3, 7, 23, 24, 25, 100, 1001, 4096] {
        let mut line = line();
        let back: Vec<u8> = input.chunks(piece).flat_map(|bytes| line.send(bytes)).collect();
        assert_eq!(renumbered(&back), whole, "in pieces of {piece}");
    }
}
