//! The fuzz targets' corpora, told again; and stories that dice make up.
#![allow(clippy::unwrap_used, reason = "a test may panic")]
#![allow(clippy::print_stdout, reason = "the test's own output shows which story failed")]

use keyway_sim::story;
use std::{fs, path::Path};

/// Each file of a corpus, by name.
fn corpus(target: &str) -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/seeds").join(target);
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().path())
        .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), fs::read(path).unwrap()))
        .collect();
    files.sort();
    assert!(files.len() >= 8, "there is a corpus: {}", files.len());
    files
}

/// What is told shows only if it fails.
fn replay<T, E>(target: &str, tell: impl Fn(&[u8]) -> T) -> T
where
    T: FromIterator<E> + IntoIterator<Item = E>,
{
    let told = corpus(target).into_iter().flat_map(|(name, bytes)| {
        println!("{target}/{name}");
        tell(&bytes)
    });
    told.collect()
}

/// Bytes that dice make up, the same each time.
fn made_up<T, E>(stories: u64, tell: impl Fn(&[u8]) -> T) -> T
where
    T: FromIterator<E> + IntoIterator<Item = E>,
{
    let told = (0..stories).flat_map(|seed| {
        println!("dice {seed}");
        let mut dice = fastrand::Rng::with_seed(seed);
        let bytes: Vec<u8> = (0..dice.usize(1..2000)).map(|_| dice.u8(..)).collect();
        tell(&bytes)
    });
    told.collect()
}

#[test]
fn the_corpus_of_open_is_told_as_the_reference_says() {
    replay("open", story::open::tell);
}

#[test]
fn the_corpus_of_locked_is_told_as_the_reference_says() {
    replay("locked", story::locked::tell);
}

/// Each mechanism, with a good end and with a bad one.
fn each_mechanism_both_ways(ends: &story::exchange::Ends) -> bool {
    story::exchange::MECHANISMS
        .iter()
        .all(|mechanism| [true, false].iter().all(|let_in| ends.contains(&(mechanism.name(), *let_in))))
}

#[test]
fn the_corpus_of_exchange_is_told_as_the_reference_says() {
    let ends = replay("exchange", story::exchange::tell);
    assert!(each_mechanism_both_ways(&ends), "little is told: {ends:?}");
}

#[test]
fn an_exchange_does_what_the_reference_says() {
    let ends = made_up(1000, story::exchange::tell);
    assert!(each_mechanism_both_ways(&ends), "little is told: {ends:?}");
}

#[test]
fn a_connection_after_login_does_what_the_reference_says() {
    let told = made_up(2000, story::open::tell);
    let expected = [
        (0x00, 0x00),
        (0x0d, 0x00),
        (0x01, 0x01),
        (0x01, 0x02),
        (0x13, 0x03),
        (0x05, 0x06),
        (0x19, 0x05),
        (0x18, 0x24),
        (0x10, 0x00),
        (0x1d, 0x00),
        (0x04, 0x02),
        (0x02, 0x04),
        (0x1b, 0x81),
    ];
    assert!(expected.iter().all(|outcome| told.contains(outcome)), "little is told: {told:x?}");
}

#[test]
fn a_connection_before_login_does_what_the_reference_says() {
    let told = made_up(1000, story::locked::tell);
    let expected =
        [(0x21, 0x00), (0x22, 0x00), (0x21, 0x20), (0x22, 0x20), (0x22, 0x21), (0x00, 0x01), (0x0a, 0x20)];
    assert!(expected.iter().all(|outcome| told.contains(outcome)), "little is told: {told:x?}");
}
