//! The index against a map, and its announcements against what it then holds.

use super::{Index, Place};
use crate::core::{Hash, hash::ShortHash};
use std::collections::HashMap;

struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.0 ^ self.0 >> 29
    }
}

/// Entries are numbers; the hash of each is made from it alone.
type Numbers = Index<Box<u64>>;

/// As evenly as chance would have it, and no more so.
fn spread(number: &u64) -> ShortHash {
    let mixed = (number ^ number >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    Hash::new(mixed ^ mixed >> 31).short()
}

#[expect(clippy::borrowed_box, reason = "the index hands out what it holds")]
fn spread_in(number: &Box<u64>) -> ShortHash {
    spread(number)
}

fn check(rounds: usize, largest: usize, hash_of: impl Fn(&u64) -> ShortHash + Copy) {
    #[expect(clippy::borrowed_box, reason = "the index hands out what it holds")]
    let hash_in = |entry: &Box<u64>| hash_of(entry);
    let mut index = Numbers::new();
    let mut model = HashMap::new();
    let mut random = Random(3);
    for round in 0..rounds {
        // It fills, and empties again.
        let size = if round < rounds / 2 { largest } else { largest / 20 };
        let number = random.next() % (2 * largest as u64);
        let hash = hash_of(&number);
        let mut home = index.home(hash);
        let found = index.find(home, hash, |entry| **entry == number).map(|(place, _)| place);
        assert_eq!(found.is_some(), model.contains_key(&number));
        match found {
            None if model.len() < size => {
                let before = index.allocated();
                let announced = index.growth(home);
                if announced > 0 {
                    index.grow(home, &hash_in);
                    home = index.home(hash);
                }
                index.insert(home, hash, Box::new(number));
                assert_eq!(index.allocated(), before + announced);
                model.insert(number, ());
                if let Some(cost) = index.due_split() {
                    let before = index.allocated();
                    index.split(&hash_in);
                    assert!(index.allocated() <= before + cost, "more than was announced");
                }
            }
            Some(place) if model.len() > size || round % 2 == 0 => {
                assert_eq!(index.remove(home, place).map(|(entry, _)| *entry), Some(number));
                model.remove(&number);
                let before = index.allocated();
                let freed = index.tidy(home, &hash_in);
                assert_eq!(index.allocated(), before - freed);
            }
            Some(place) => {
                // As a write does: mostly it is there already, now and then there is no room.
                index.bring_home(hash, place);
                let found = index.find(home, hash, |entry| **entry == number).map(|(place, _)| place);
                let Some(place) = found else { panic!("{number} was there") };
                let replaced = index.at_mut(place).map(|entry| std::mem::replace(entry, Box::new(number)));
                assert_eq!(replaced.as_deref(), Some(&number));
            }
            None => {}
        }
        assert_eq!(index.len(), model.len());
    }
    for number in model.keys() {
        let hash = hash_of(number);
        assert!(index.find(index.home(hash), hash, |entry| **entry == *number).is_some());
    }
    let all: usize = (0..index.pages()).map(|page| index.entries_of(page).count()).sum();
    assert_eq!(all, model.len());
}

#[test]
fn it_does_what_a_map_would() {
    check(200_000, 40, spread);
    check(400_000, 6_000, spread);
}

#[test]
fn hashes_that_hardly_differ_only_make_it_slow() {
    check(20_000, 300, |number| ShortHash::from_bits(u32::try_from(number % 3).unwrap_or(0)));
}

fn add(index: &mut Numbers, number: u64) {
    let hash = spread(&number);
    if index.growth(index.home(hash)) > 0 {
        index.grow(index.home(hash), &spread_in);
    }
    index.insert(index.home(hash), hash, Box::new(number));
    if index.due_split().is_some() {
        index.split(&spread_in);
    }
}

fn place_of(index: &Numbers, number: u64) -> Option<Place> {
    let hash = spread(&number);
    index.find(index.home(hash), hash, |entry| **entry == number).map(|(place, _)| place)
}

/// The part of so many that is not at home.
fn displaced(index: &Numbers, of: u64) -> f64 {
    index.displaced(|entry| spread(entry)) as f64 / of as f64
}

/// Each of these out, others in, as a cache does that is full.
fn churn(index: &mut Numbers, numbers: std::ops::Range<u64>, others: u64) {
    for number in numbers {
        let hash = spread(&number);
        let home = index.home(hash);
        assert!(place_of(index, number).and_then(|place| index.remove(home, place)).is_some());
        add(index, number + others);
    }
}

#[test]
fn a_full_index_is_mostly_entries_and_they_are_mostly_at_home() {
    const LEN: u64 = 100_000;
    let mut index = Numbers::new();
    (0..LEN).for_each(|number| add(&mut index, number));
    let per_entry = index.allocated() as f64 / LEN as f64;
    assert!(per_entry < 20.0, "{per_entry} bytes an entry, ghosts included");
    let filled = displaced(&index, LEN);
    assert!(filled < 0.08, "filled: {filled}");
    churn(&mut index, 0..3 * LEN, LEN);
    let churned = displaced(&index, LEN);
    assert!(churned < 0.16, "after three rounds: {churned}");
}

#[test]
fn entries_that_are_brought_home_are_found_there_unless_it_is_full() {
    const LEN: u64 = 100_000;
    let mut index = Numbers::new();
    (0..LEN).for_each(|number| add(&mut index, number));
    churn(&mut index, 0..3 * LEN, LEN);
    assert!(displaced(&index, LEN) > 0.08, "long churn leaves many elsewhere");
    for number in 3 * LEN..4 * LEN {
        let hash = spread(&number);
        let Some(place) = place_of(&index, number) else { panic!("{number} is there") };
        index.bring_home(hash, place);
        assert!(place_of(&index, number).is_some(), "{number} is still there");
    }
    let left = displaced(&index, LEN);
    assert!(left < 0.03, "all were asked home, and these found it full: {left}");
    let known = index.known_away().map(|known| known as f64 / LEN as f64);
    assert_eq!(known, Some(left), "homes know who is elsewhere");
}
