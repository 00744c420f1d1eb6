//! What goes in comes out, once, in order, however little the writer takes.

use super::*;
use keyway::{Cache, Config, Role, Session, Users};
use proptest::prelude::*;
use std::io::Error;

fn session() -> Session {
    let cache = Cache::new(Config::new(64 << 20), Users::new()).unwrap();
    cache.users().add_trusted("app", Role::ReadWrite).unwrap();
    cache.session_for("app").unwrap()
}

fn item(session: &Session, len: usize, fill: u8) -> Item {
    session.set("k", &vec![fill; len]).unwrap();
    session.get("k").unwrap().unwrap()
}

/// Takes what its script says, call by call, then everything.
struct Scripted {
    taken: Vec<u8>,
    script: Vec<Result<usize>>,
}

impl Write for Scripted {
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        self.write_vectored(&[IoSlice::new(bytes)])
    }

    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> Result<usize> {
        let all: Vec<u8> = slices.iter().flat_map(|slice| slice.iter().copied()).collect();
        let most = self.script.pop().unwrap_or(Ok(usize::MAX))?;
        let taken = most.min(all.len());
        self.taken.extend(&all[..taken]);
        Ok(taken)
    }

    fn flush(&mut self) -> Result<()> {
        Ok(())
    }
}

fn blocked() -> Result<usize> {
    Err(Error::from(ErrorKind::WouldBlock))
}

#[test]
fn large_values_are_not_copied_and_small_ones_are() {
    let session = session();
    let mut out = Outbox::default();
    out.push_item(item(&session, PIN_ABOVE, b's'));
    assert_eq!((out.pinned.len(), out.len()), (0, PIN_ABOVE));
    out.push_item(item(&session, PIN_ABOVE + 1, b'l'));
    assert_eq!((out.pinned.len(), out.len()), (1, 2 * PIN_ABOVE + 1));
    assert_eq!(out.bytes.len(), PIN_ABOVE);
}

#[test]
fn an_empty_outbox_has_given_its_memory_back_if_it_was_much() {
    let mut out = Outbox::default();
    assert_eq!(out.capacity(), 0);
    out.push(&vec![0; 10 * KEEP_CAPACITY]);
    assert!(out.capacity() >= 10 * KEEP_CAPACITY);
    assert!(out.write_to(&mut std::io::sink()).unwrap());
    assert_eq!(out.capacity(), 0);
    out.push(b"little");
    assert!(out.write_to(&mut std::io::sink()).unwrap());
    assert!(out.capacity() > 0 && out.capacity() <= KEEP_CAPACITY);
}

#[test]
fn a_reader_who_is_always_a_little_behind_costs_no_growing_buffer() {
    let mut out = Outbox::default();
    for _ in 0..1000 {
        out.push(&[7; 1000]);
        let left = if out.len() > 3000 { 2000 } else { 0 };
        let mut writer = Scripted { taken: Vec::new(), script: vec![blocked(), Ok(out.len() - left.max(1))] };
        assert!(!out.write_to(&mut writer).unwrap());
        assert!(out.capacity() < 10_000, "{}", out.capacity());
    }
}

#[test]
fn interrupted_is_tried_again_and_other_errors_come_through() {
    let mut out = Outbox::default();
    out.push(b"hello");
    let script = vec![Err(ErrorKind::BrokenPipe.into()), Ok(2), Err(ErrorKind::Interrupted.into())];
    let mut writer = Scripted { taken: Vec::new(), script };
    assert_eq!(out.write_to(&mut writer).unwrap_err().kind(), ErrorKind::BrokenPipe);
    assert_eq!((writer.taken.as_slice(), out.len()), (&b"he"[..], 3));
    writer.script = vec![Ok(0)];
    assert_eq!(out.write_to(&mut writer).unwrap_err().kind(), ErrorKind::WriteZero);
}

#[test]
fn more_large_values_than_slices_go_out_in_order() {
    let session = session();
    let mut out = Outbox::default();
    let mut expected = Vec::new();
    for fill in 0..100 {
        out.push(&[fill; 24]);
        out.push_item(item(&session, 5000, fill));
        expected.extend(vec![fill; 24 + 5000]);
    }
    assert_eq!(out.len(), expected.len());
    let mut writer = Scripted { taken: Vec::new(), script: Vec::new() };
    assert!(out.write_to(&mut writer).unwrap());
    assert!(writer.taken == expected);
    assert!(out.is_empty() && out.pinned.is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn however_little_the_writer_takes_all_arrives_once_and_in_order(
        parts in prop::collection::vec(0..9000_usize, 1..12),
        takes in prop::collection::vec(prop_oneof![Just(0), 1..6000_usize], 0..40),
    ) {
        let session = session();
        let mut out = Outbox::default();
        let mut expected = Vec::new();
        let script = takes.into_iter().map(|most| if most == 0 { blocked() } else { Ok(most) }).collect();
        let mut writer = Scripted { taken: Vec::new(), script };
        for (fill, len) in (0..).zip(parts) {
            out.push(&[fill; 28]);
            out.push_item(item(&session, len, fill));
            expected.extend(vec![fill; 28 + len]);
            out.write_to(&mut writer).unwrap();
            prop_assert_eq!(out.len(), expected.len() - writer.taken.len());
            if fill % 2 == 1 {
                let rest = out.take_rest();
                prop_assert!(out.is_empty() && out.pinned.is_empty());
                prop_assert!(rest.bytes.capacity() == rest.bytes.len() && rest.bytes.len() <= rest.len());
                out = rest;
            }
        }
        while !out.write_to(&mut writer).unwrap() {}
        prop_assert!(writer.taken == expected);
    }
}
