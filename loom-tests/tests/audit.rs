//! The audit, told by several threads and read meanwhile, under every order of their steps.
//!
//! `RUSTFLAGS="--cfg loom" cargo test --release -p loom-tests --target-dir target/loom`

#![allow(clippy::unwrap_used, reason = "a test may panic")]
#![cfg(loom)]

use keyway::{
    Users,
    audit::{Audit, Event, FailureId, Kind, Origin, Recent, Sequence, Term},
};
use loom::thread;
use loom_tests::explore;

/// One with a ring of so many entries.
fn audit(entries: usize) -> Audit {
    let audit = Users::with_mock_key([7; 32]).audit().clone();
    audit.hold(entries);
    audit
}

/// An event in several parts, of which each says which one it is.
fn tell(audit: &Audit, number: u16) {
    let address: Box<str> = number.to_string().into();
    audit.record(&Origin::here(), Event::ServerStarted { addresses: Box::from([address.clone(), address]) });
}

fn numbers(recent: &Recent) -> Vec<(u64, u16)> {
    let number = |event: &Event| match event {
        Event::ServerStarted { addresses } => {
            assert_eq!(addresses[0], addresses[1], "half of one and half of another");
            addresses[0].parse().expect("it is a number")
        }
        other => panic!("{other:?}"),
    };
    recent.entries.iter().map(|entry| (entry.sequence.number(), number(&entry.event))).collect()
}

/// So many times a thread is interrupted where it need not wait, at most: the steps are each under one lock, so whatever can go
/// wrong between them shows with one or two.
const INTERRUPTIONS: usize = 5;

/// Two tell, while one reads, of a ring that has room for one entry or for two.
fn each_entry_is_given_once_or_counted_as_missed(room: usize) {
    explore(INTERRUPTIONS, move || {
        let audit = audit(room);
        let (one, other) = (audit.clone(), audit.clone());
        let first = thread::spawn(move || {
            tell(&one, 1);
            tell(&one, 2);
        });
        let second = thread::spawn(move || tell(&other, 3));
        let early = audit.recent(Sequence::START);
        first.join().unwrap();
        second.join().unwrap();
        let late = audit.recent(early.last);
        let given = [numbers(&early), numbers(&late)].concat();
        assert!(given.is_sorted_by(|(a, _), (b, _)| a < b), "in order, and none twice: {given:?}");
        assert_eq!(given.len() as u64 + early.missed + late.missed, 3, "each is given or missed");
        let mut events: Vec<u16> = given.iter().map(|(_, event)| *event).collect();
        assert!(
            !events.contains(&1) || !events.contains(&2) || {
                let at = |event| events.iter().position(|it| *it == event);
                at(1) < at(2)
            }
        );
        events.sort_unstable();
        events.dedup();
        assert_eq!(events.len(), given.len());
        assert_eq!(audit.counts().of(Kind::ServerStarted), 3);
    });
}

#[test]
fn an_entry_is_never_torn_nor_given_twice_and_what_was_overwritten_is_counted_exactly() {
    each_entry_is_given_once_or_counted_as_missed(1);
    each_entry_is_given_once_or_counted_as_missed(2);
}

#[test]
fn what_is_folded_is_told_once_with_its_count_whoever_settles_meanwhile() {
    explore(INTERRUPTIONS, || {
        let audit = audit(8);
        let fail = |audit: &Audit| {
            let (id, reason) = (FailureId::next(), Term::new("WrongPassword"));
            audit.record(&Origin::here(), Event::LoginFailed { id, mechanism: None, claimed: None, reason });
        };
        let (one, other) = (audit.clone(), audit.clone());
        let first = thread::spawn(move || {
            fail(&one);
            fail(&one);
        });
        let second = thread::spawn(move || other.settle());
        fail(&audit);
        first.join().unwrap();
        second.join().unwrap();
        audit.settle();
        audit.settle();
        let (mut told, mut folded) = (0, 0);
        for entry in audit.recent(Sequence::START).entries {
            match entry.event {
                Event::LoginFailed { .. } => told += 1,
                Event::Folded { of: Kind::LoginFailed, count } => folded += count,
                other => panic!("{other:?}"),
            }
        }
        assert_eq!((told, folded), (1, 2));
        let counts = audit.counts();
        assert_eq!((counts.of(Kind::LoginFailed), counts.folded), (3, 2));
    });
}
