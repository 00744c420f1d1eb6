//! What ends entries, and what ends sessions: flushes, deadlines, revocations.

#![allow(clippy::unwrap_used, reason = "a test may panic")]
#![cfg(shuttle)]

use keyway::{Cache, Draft, Expiry, Refusal, Role, Session};
use shuttle::thread;
use shuttle_tests::{ROOMY, below, cache, explore, session};
use std::time::Duration;

const KEYS: [&str; 6] = ["a", "b", "c", "d", "e", "f"];

/// All that the cache holds, by key.
fn contents(session: &Session) -> Vec<Option<Vec<u8>>> {
    KEYS.iter().map(|key| session.get(key).unwrap().map(|item| item.to_vec())).collect()
}

fn assert_nothing_early(contents: &[Option<Vec<u8>>]) {
    for value in contents.iter().flatten() {
        assert!(!value.starts_with(b"early"), "{} from before the flush", value.escape_ascii());
    }
}

/// Ways to write a key of which an earlier value may or may not be there. What an append finds is kept in it.
fn write_late(session: &Session) {
    let key = KEYS[below(KEYS.len())];
    match below(5) {
        0 => drop(session.add(key, "late")),
        1 => drop(session.replace(key, "late")),
        2 => drop(session.append(key, " and late")),
        3 => assert!(session.touch(key, Duration::from_secs(600)).is_ok()),
        _ => assert!(session.set(key, "late").is_ok()),
    }
}

#[test]
fn flush_leaves_no_earlier_entry() {
    explore(|| {
        let (cache, _) = cache(ROOMY, 4);
        let main = session(&cache, "ada");
        for key in KEYS {
            main.set(key, "early").unwrap();
        }
        let writers: Vec<_> = (0..4)
            .map(|_| {
                let session = main.clone();
                thread::spawn(move || (0..3).for_each(|_| write_late(&session)))
            })
            .collect();
        main.flush().unwrap();
        assert_nothing_early(&contents(&main));
        for writer in writers {
            writer.join().unwrap();
        }
        assert_nothing_early(&contents(&main));
    });
}

#[test]
fn a_flush_that_was_ordered_leaves_no_earlier_entry_once_it_is_due() {
    explore(|| {
        let (cache, clock) = cache(ROOMY, 4);
        let main = session(&cache, "ada");
        for key in KEYS {
            main.set(key, "early").unwrap();
        }
        main.flush_later(Duration::from_secs(10)).unwrap();
        let writers: Vec<_> = (0..3)
            .map(|_| {
                let session = main.clone();
                thread::spawn(move || (0..3).for_each(|_| write_late(&session)))
            })
            .collect();
        let keeper = thread::spawn(move || cache.maintain());
        clock.advance(Duration::from_secs(11));
        assert_nothing_early(&contents(&main));
        for thread in writers.into_iter().chain([keeper]) {
            thread.join().unwrap();
        }
        assert_nothing_early(&contents(&main));
    });
}

/// Writes until it is refused, which must be because the login has ended.
fn write_until_refused(session: &Session, refused_with: Refusal) {
    for step in 0..4 {
        let key = KEYS[below(KEYS.len())];
        let wrote = match below(4) {
            0 => session.incr("count", 1).map(drop),
            1 => session.append(key, "more").map(drop),
            2 => session.delete(key).map(drop),
            _ => session.set(key, &format!("{step}")).map(drop),
        };
        match wrote {
            Err(refusal) if refusal == refused_with => return,
            Ok(()) | Err(Refusal::NotStored) => {}
            Err(refusal) => panic!("{refusal}"),
        }
    }
}

fn nothing_lands_after(end_login: fn(&Cache), refused_with: Refusal) {
    explore(move || {
        let (cache, _) = cache(ROOMY, 2);
        let observer = session(&cache, "grace");
        observer.set("count", "0").unwrap();
        let writers: Vec<_> = (0..4)
            .map(|_| {
                let session = session(&cache, "ada");
                thread::spawn(move || write_until_refused(&session, refused_with))
            })
            .collect();
        end_login(&cache);
        let count = || observer.get("count").unwrap().map(|item| item.to_vec());
        let then = (contents(&observer), count());
        for writer in writers {
            writer.join().unwrap();
        }
        assert_eq!((contents(&observer), count()), then, "a write landed after the login had ended");
    });
}

#[test]
fn no_write_lands_after_revoke_returns() {
    nothing_lands_after(|cache| cache.users().revoke("ada").unwrap(), Refusal::Revoked);
}

#[test]
fn no_write_lands_after_its_user_was_removed() {
    nothing_lands_after(|cache| cache.users().remove("ada").map(drop).unwrap(), Refusal::Revoked);
}

#[test]
fn no_write_lands_after_its_user_lost_the_role() {
    nothing_lands_after(
        |cache| cache.users().set_roles("ada", Role::ReadOnly).map(drop).unwrap(),
        Refusal::Forbidden,
    );
}

/// A touch races with the end of the entry, with those who sweep it away and with an append that puts the value together
/// anew. Whoever is told that the touch found it, finds it for as long as the touch said.
#[test]
fn what_was_touched_in_time_does_not_expire_and_what_was_not_is_gone() {
    explore(|| {
        let (cache, clock) = cache(ROOMY, 1);
        let main = session(&cache, "ada");
        main.set("k", Draft::new("value").expires(Duration::from_secs(1))).unwrap();
        let toucher = main.clone();
        let touch = thread::spawn(move || toucher.touch("k", Duration::from_secs(3600)).unwrap());
        let appender = main.clone();
        let append = thread::spawn(move || appender.append("k", " and more").is_ok());
        let kept = cache.clone();
        let keeper = thread::spawn(move || kept.maintain());
        let writer = main.clone();
        let write = thread::spawn(move || {
            for key in KEYS {
                writer.set(key, "swept past").unwrap();
            }
        });
        clock.advance(Duration::from_secs(2));
        let (touched, appended) = (touch.join().unwrap(), append.join().unwrap());
        keeper.join().unwrap();
        write.join().unwrap();
        let expected: Option<&[u8]> = match (touched, appended) {
            (false, _) => None,
            (true, false) => Some(b"value"),
            (true, true) => Some(b"value and more"),
        };
        assert_eq!(main.get("k").unwrap().as_deref(), expected, "touched: {touched}");
        clock.advance(Duration::from_secs(3000));
        cache.maintain();
        assert_eq!(main.get("k").unwrap().as_deref(), expected, "an hour is not over");
        clock.advance(Duration::from_secs(1000));
        assert_eq!(main.get("k").unwrap().as_deref(), None, "the hour is over");
        main.touch("k", Expiry::Never).unwrap();
        cache.maintain();
        assert_eq!(main.get("k").unwrap().as_deref(), None, "what is gone cannot be touched");
    });
}
