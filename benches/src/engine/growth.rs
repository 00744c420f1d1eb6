//! The largest single set while a cache grows from empty.

use super::{
    pauses::{COLUMNS, Pauses, Watch, control},
    peers::{Engine, Map, Peer, Quick, Session, YARDSTICK},
    plan::Plan,
};
use crate::{dice::Dice, table::Table};
use std::io::{self, Write};

/// Keys and values of eight bytes.
const KEY: usize = 8;
/// More than one of those entries takes, also while tables are built anew.
const AMPLE: usize = 256;

type Maker = fn(u64) -> Box<dyn Peer<KEY>>;

/// None of them is told how much is to come, where it can be kept from it. The others make their tables for the full number at
/// the start or, as moka, need more memory than there is.
const GROWING: [(&str, Maker); 4] = [
    ("keyway session", |entries| {
        Box::new(Session::with_budget(usize::try_from(entries).unwrap_or(0) * AMPLE))
    }),
    ("keyway engine", |entries| {
        Box::new(Engine::<KEY>::with_room_for(usize::try_from(entries).unwrap_or(0) * 2))
    }),
    (YARDSTICK, |entries| Box::new(Quick::<KEY>::growing_to(entries * 2))),
    ("dashmap", |_| Box::new(Map::<KEY>::new())),
];

/// Growth on one thread, and after each cache the control for as long.
///
/// # Errors
/// If the table cannot be written.
///
/// # Panics
/// If a cache has not kept what was stored.
pub fn growth(plan: &Plan, out: &mut dyn Write) -> io::Result<()> {
    let entries: u64 = plan.length.of(50_000_000, 1_000_000);
    writeln!(
        out,
        "Growth from empty to {entries} entries of 8 + 8 bytes, one thread, each set by the clock on the wall and in CPU time."
    )?;
    writeln!(
        out,
        "The controls are no caches: one looks at the clocks for as long, one fills as much memory, and reads now and then as many"
    )?;
    writeln!(
        out,
        "lines of it as a cache does that makes a piece of its tables anew. What they see is the machine's."
    )?;
    let mut table = Table::new(out, "sets", &COLUMNS)?;
    for (name, make) in GROWING.iter().filter(|(name, _)| plan.peers.includes(name)) {
        let pauses = grow(&*make(entries), entries);
        pauses.row(name, &mut table)?;
        control(pauses.time()).row("control", &mut table)?;
    }
    fill_and_read(entries).row("control, memory", &mut table)?;
    Ok(())
}

fn grow(peer: &dyn Peer<KEY>, entries: u64) -> Pauses {
    let mut watch = Watch::start();
    for number in 0..entries {
        peer.set(&number.to_be_bytes(), &number.to_le_bytes());
        watch.note();
    }
    for number in (0..entries).step_by(997) {
        assert!(peer.holds(&number.to_be_bytes(), number).is_some(), "an entry was lost");
    }
    watch.pauses
}

/// What an entry is about in memory, in words.
const ENTRY: usize = 14;
/// As many entries come between two page splits of Keyway's index, and each split reads the entries of one or two pages and
/// their places in the order.
const BETWEEN_READS: u64 = 384;
const READS: usize = 3 * 384;
/// Words in a piece of memory that is asked for at once.
const PIECE: usize = 512 * ENTRY;

/// The control that takes memory and goes back to it.
fn fill_and_read(entries: u64) -> Pauses {
    let (mut pieces, mut dice, mut sum) = (Vec::<Vec<u64>>::new(), Dice::new(3), 0u64);
    let mut watch = Watch::start();
    for number in 0..entries {
        if pieces.last().is_none_or(|piece| piece.len() == PIECE) {
            pieces.push(Vec::with_capacity(PIECE));
        }
        if let Some(piece) = pieces.last_mut() {
            piece.extend([number; ENTRY]);
        }
        if number % BETWEEN_READS == 0 {
            for _ in 0..READS {
                let piece = &pieces[dice.below(pieces.len())];
                sum = sum.wrapping_add(piece[dice.below(piece.len())]);
            }
        }
        watch.note();
    }
    assert!(sum > 0 || entries < 2, "what was written is read");
    watch.pauses
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_keeps_all_that_it_grows_to() {
        for (_, make) in GROWING {
            assert_eq!(grow(&*make(20_000), 20_000).operations, 20_000);
        }
        assert_eq!(fill_and_read(20_000).operations, 20_000);
    }
}
