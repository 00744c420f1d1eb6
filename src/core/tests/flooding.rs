//! Keys that somebody chose so that they collide. Named after its row in the list of known attacks.

use super::*;
use ahash::RandomState;
use std::collections::HashSet;

const STRIPES: usize = 16;

fn keyed(seed: u64) -> Engine<Number, RandomState> {
    let hasher = RandomState::with_seeds(seed, seed + 1, seed + 2, seed + 3);
    let engine = Engine::new(1 << 20, Tables::Charged, STRIPES, hasher, ());
    engine.unwrap_or_else(|| panic!("the budget is too small"))
}

/// Where a key goes: the stripe, and some bits of the place in its index.
fn place(engine: &Engine<Number, RandomState>, key: &str) -> (usize, usize) {
    let hash = engine.hash_bytes(key.as_bytes());
    (hash.stripe(STRIPES), hash.short().low_bits() % 64)
}

#[test]
fn row_68_keys_that_collide_under_one_hash_key_do_not_under_another() {
    let (known, ours) = (keyed(1), keyed(100));
    let chosen: Vec<String> = (0..)
        .map(|number| format!("user:{number}"))
        .filter(|key| place(&known, key) == (3, 5))
        .take(256)
        .collect();
    let spread = |engine| {
        let places: Vec<_> = chosen.iter().map(|key| place(engine, key)).collect();
        let fullest =
            (0..STRIPES).map(|stripe| places.iter().filter(|place| place.0 == stripe).count()).max();
        (fullest.unwrap_or(0), places.into_iter().collect::<HashSet<_>>().len())
    };
    assert_eq!(spread(&known), (256, 1));
    let (fullest, places) = spread(&ours);
    // Of 256 balls, sixteen fall into each of sixteen bins, and 226 of 1,024 places are taken.
    assert!(fullest < 40 && places > 180, "{fullest} in one stripe, {places} places");
}
