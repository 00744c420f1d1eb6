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
    let entries = plan.items.map_or_else(|| plan.length.of(50_000_000, 500_000), |items| items as u64);
    writeln!(
        out,
        "Growth from empty to {entries} entries of 8 + 8 bytes, one thread, each set by the clock on the wall and in CPU time."
    )?;
    writeln!(
        out,
        "The controls are no caches: one looks at the clocks for as long, one fills as much memory, and reads {READS} lines of it with"
    )?;
    writeln!(out, "each entry, anywhere. What they see is the machine's.")?;
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
/// About as many lines does a set go to while Keyway's index grows: its own, and those of the entries that move.
const READS: usize = 20;
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
        for _ in 0..READS {
            let piece = &pieces[dice.below(pieces.len())];
            sum = sum.wrapping_add(piece[dice.below(piece.len())]);
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
