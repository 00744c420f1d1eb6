//! The index against a map, and its announcements against what it then holds.

mod slabs;

use super::{Hashes, Index, Place, Run, Slab, Supply};
use crate::core::{Hash, hash::ShortHash};
use std::{cell::Cell, collections::HashMap};

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

fn sorted(numbers: impl Iterator<Item = u64>) -> Vec<u64> {
    let mut numbers = numbers.collect::<Vec<_>>();
    numbers.sort_unstable();
    numbers
}

/// How often a page was moving when everything was looked at.
fn check(rounds: usize, largest: usize, hash_of: impl Fn(&u64) -> ShortHash + Copy) -> usize {
    check_with(&(), rounds, largest, hash_of)
}

fn check_with(
    supply: &impl Supply,
    rounds: usize,
    largest: usize,
    hash_of: impl Fn(&u64) -> ShortHash + Copy,
) -> usize {
    #[expect(clippy::borrowed_box, reason = "the index hands out what it holds")]
    let hash_in = |entry: &Box<u64>| hash_of(entry);
    let mut index = Numbers::new();
    let mut model = HashMap::new();
    let (mut random, mut seen_moving) = (Random(3), 0);
    for round in 0..rounds {
        // It fills, and empties again.
        let size = if round < rounds / 2 { largest } else { largest / 20 };
        let number = random.next() % (2 * largest as u64);
        let hash = hash_of(&number);
        let mut home = index.home(hash);
        let found = index.look_up(home, hash, |entry| **entry == number).map(|(place, _)| place);
        assert_eq!(found.is_some(), model.contains_key(&number));
        match found {
            None if model.len() < size => {
                let before = index.allocated();
                let announced = index.growth(home);
                if announced > 0 {
                    index.grow(home, &hash_in, supply);
                    home = index.home(hash);
                }
                index.insert(home, hash, Box::new(number));
                assert!(index.allocated() <= before + announced, "more than was announced");
                model.insert(number, ());
                if index.is_moving() {
                    let before = index.allocated();
                    let freed = index.move_on(&hash_in);
                    assert_eq!(index.allocated(), before - freed);
                } else if let Some(cost) = index.due_split() {
                    let before = index.allocated();
                    index.split(supply);
                    assert!(index.allocated() <= before + cost, "more than was announced");
                }
            }
            Some(place) if model.len() > size || round % 2 == 0 => {
                assert_eq!(index.remove(home, place).map(|(entry, _)| *entry), Some(number));
                model.remove(&number);
                let before = index.allocated();
                let freed = index.tidy(home, &hash_in, supply);
                assert_eq!(index.allocated(), before - freed);
            }
            Some(place) => {
                // As a write does: mostly it is there already, now and then there is no room.
                index.bring_home(home, hash, place);
                let found = index.look_up(home, hash, |entry| **entry == number).map(|(place, _)| place);
                let Some(place) = found else { panic!("{number} was there") };
                let replaced = index.at_mut(place).map(|entry| std::mem::replace(entry, Box::new(number)));
                assert_eq!(replaced.as_deref(), Some(&number));
            }
            None => {}
        }
        assert_eq!(index.len(), model.len());
        if round % 997 == 0 {
            let entries = (0..index.pages()).flat_map(|page| index.entries_of(page, hash_in));
            assert_eq!(sorted(entries.map(|entry| **entry)), sorted(model.keys().copied()));
            seen_moving += usize::from(index.is_moving());
        }
    }
    for number in model.keys() {
        let hash = hash_of(number);
        assert!(index.look_up(index.home(hash), hash, |entry| **entry == *number).is_some());
    }
    seen_moving
}

#[test]
fn it_does_what_a_map_would() {
    check(200_000, 40, spread);
    assert!(check(400_000, 6_000, spread) > 0, "entries are found on their way, too");
}

#[test]
fn hashes_that_hardly_differ_only_make_it_slow() {
    check(20_000, 300, |number| ShortHash::from_bits(u32::try_from(number % 3).unwrap_or(0)));
}

/// More of them than half of a page's room, when it is split: all of them stay together.
#[test]
fn hashes_that_are_all_alike_only_make_it_slow() {
    assert!(check(12_000, 2_000, |_| ShortHash::from_bits(0x1234_5678)) > 0);
    check(12_000, 2_000, |number| ShortHash::from_bits(u32::try_from(number % 3).unwrap_or(0) << 30));
}

/// Each page has memory of its own.
impl Supply for () {
    fn run(&self, _: usize, _: usize) -> Option<Run> {
        None
    }

    fn gap(&self, _: usize) -> Option<Run> {
        None
    }

    fn gap_beside(&self, _: &Slab, _: usize) -> Option<Run> {
        None
    }
}

fn add(index: &mut Numbers, number: u64) {
    add_by(index, number, &spread_in, &());
}

fn add_by(index: &mut Numbers, number: u64, hashes: &impl Hashes<Box<u64>>, supply: &impl Supply) {
    let hash = spread(&number);
    if index.growth(index.home(hash)) > 0 {
        index.grow(index.home(hash), hashes, supply);
    }
    index.insert(index.home(hash), hash, Box::new(number));
    if index.is_moving() {
        index.move_on(hashes);
    } else if index.due_split().is_some() {
        index.split(supply);
    }
}

#[test]
fn no_insert_goes_to_many_entries_however_much_it_grows() {
    let (asked, mut most, mut all) = (Cell::new(0), 0, 0);
    #[expect(clippy::borrowed_box, reason = "the index hands out what it holds")]
    let counted = |entry: &Box<u64>| {
        asked.set(asked.get() + 1);
        spread(entry)
    };
    let mut index = Numbers::new();
    for number in 0..300_000 {
        add_by(&mut index, number, &counted, &());
        all += asked.get();
        most = most.max(asked.take());
    }
    assert!(all > 600_000, "it has grown: {all} moved");
    assert!(most <= 32, "one went to {most}");
}

fn place_of(index: &Numbers, number: u64) -> Option<Place> {
    let hash = spread(&number);
    index.look_up(index.home(hash), hash, |entry| **entry == number).map(|(place, _)| place)
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
fn homes_hold_until_pages_built_is_another() {
    const LEN: u64 = 20_000;
    let mut index = Numbers::new();
    let homes = |index: &Numbers| (0..64).map(|number| index.home(spread(&number))).collect::<Vec<_>>();
    let (mut before, mut built, mut moved) = (homes(&index), index.pages_built(), 0);
    let mut check = |index: &Numbers| {
        if index.pages_built() == built {
            assert_eq!(homes(index), before);
        } else {
            moved += usize::from(homes(index) != before);
            (before, built) = (homes(index), index.pages_built());
        }
    };
    for number in 0..LEN {
        add(&mut index, number);
        check(&index);
    }
    for number in 0..LEN {
        let (hash, place) = (spread(&number), place_of(&index, number));
        let Some((_, true)) = place.and_then(|place| index.remove(index.home(hash), place)) else { continue };
        index.tidy(index.home(hash), &spread_in, &());
        check(&index);
    }
    assert!(moved > 50, "pages came and went: {moved}");
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
        index.bring_home(index.home(hash), hash, place);
        assert!(place_of(&index, number).is_some(), "{number} is still there");
    }
    let left = displaced(&index, LEN);
    assert!(left < 0.04, "all were asked home, and these found it full: {left}");
    let known = index.known_away().map(|known| known as f64 / LEN as f64);
    assert_eq!(known, Some(left), "homes know who is elsewhere");
}

#[test]
fn most_look_ups_for_what_is_not_there_go_to_no_line() {
    const LEN: u64 = 100_000;
    let mut index = Numbers::new();
    (0..LEN).for_each(|number| add(&mut index, number));
    let gone_on = |index: &Numbers, numbers: std::ops::Range<u64>| {
        let may_have = |number: &u64| index.may_have(index.home(spread(number)), spread(number));
        numbers.filter(may_have).count() as f64 / LEN as f64
    };
    let filled = gone_on(&index, 10 * LEN..11 * LEN);
    assert!(filled < 0.25, "filled: {filled}");
    churn(&mut index, 0..3 * LEN, LEN);
    let churned = gone_on(&index, 10 * LEN..11 * LEN);
    assert!(churned < 0.35, "what has gone is hardly told of any more: {churned}");
    assert_eq!(gone_on(&index, 3 * LEN..4 * LEN), 1.0, "what is there is never missed");
}
