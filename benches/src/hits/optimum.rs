//! Belady's optimum: what is needed again last goes first.

use super::Trace;
use std::collections::BTreeSet;

/// Hits with room for so many keys.
pub(super) fn hits(trace: &Trace, room: usize) -> usize {
    let accesses = &trace.accesses;
    let mut next = vec![usize::MAX; accesses.len()];
    let mut seen = vec![usize::MAX; trace.keys];
    for (at, key) in accesses.iter().enumerate().rev() {
        next[at] = std::mem::replace(&mut seen[*key as usize], at);
    }
    // Of each key that is held, when it is needed again.
    let mut needed = vec![None; trace.keys];
    let mut held = BTreeSet::new();
    let mut hits = 0;
    for (at, key) in accesses.iter().enumerate() {
        if let Some(was) = needed[*key as usize].take() {
            held.remove(&(was, *key));
            hits += 1;
        }
        held.insert((next[at], *key));
        needed[*key as usize] = Some(next[at]);
        if held.len() > room
            && let Some((_, out)) = held.pop_last()
        {
            needed[out as usize] = None;
        }
    }
    hits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loop_keeps_what_fits_but_one() {
        // Of 10 keys in a loop, 3 of 4 places can stay; the first round misses.
        let accesses = (0..1000).map(|at| at % 10).collect();
        let trace = Trace { name: "loop".into(), keys: 10, accesses, sizes: [1; 10].into() };
        let hits = hits(&trace, 4);
        assert!((290..=400).contains(&hits), "{hits}");
    }
}
