//! What was revoked of many at once: a role, or all that is older than a time. One step, however many sessions there are; each
//! session finds out at its next verb whether it is among those.
//!
//! Revocations are numbered. A session has the number of the last one that it knows of, each verb compares that with the number
//! of the last one that there was, and looks here when there was another. So what that costs is paid once by each session.

use super::roles::Roles;
use crate::sync::{AtomicU32, CachePadded, Ordering, RwLock, RwLockReadGuard};
use std::collections::BTreeMap;

/// After four billion of them, whoever is in or comes in is refused until the process starts anew: no session knows this number.
const NO_MORE: u32 = u32::MAX;

#[derive(Debug)]
pub(super) struct Revocations {
    /// The number of the last one. Read with every verb, so on a line of its own.
    last: CachePadded<AtomicU32>,
    /// Held for a few comparisons only: those who look hold their stripe's lock.
    list: RwLock<Revoked>,
}

/// What they were.
#[derive(Debug, Default)]
pub(super) struct Revoked {
    last: u32,
    /// The last one of each role that was revoked.
    roles: BTreeMap<Box<str>, u32>,
    /// The last one of everything that there was.
    everything: u32,
    /// Of what was opened before a time, in nanoseconds since 1970: those that are not part of a later one, so the times fall.
    older: Vec<(u32, u64)>,
}

impl Revocations {
    pub(super) fn new() -> Self {
        Self { last: CachePadded::new(AtomicU32::new(0)), list: RwLock::new(Revoked::default()) }
    }

    /// The number of the last one.
    #[inline]
    pub(super) fn last(&self) -> u32 {
        // Relaxed: partner is the store in `add`. A verb loads under its stripe's lock, and whoever could tell that a write
        // landed late took that lock after the store and before that verb; the lock orders them. What there is to know of it is
        // read under the lock of the list.
        self.last.load(Ordering::Relaxed)
    }

    /// The same for who comes now.
    pub(super) fn known_to_new_ones(&self) -> u32 {
        self.last().min(NO_MORE - 1)
    }

    pub(super) fn list(&self) -> RwLockReadGuard<'_, Revoked> {
        self.list.read()
    }

    /// Of everybody who has this role. When this returns, no write of theirs can land.
    pub(super) fn add_role(&self, role: &str) {
        self.add(|list, number| {
            list.roles.insert(role.into(), number);
        });
    }

    /// Of all that there is.
    pub(super) fn add_everything(&self) {
        self.add(|list, number| {
            list.everything = number;
            list.older.clear();
        });
    }

    /// Of what was opened before that many nanoseconds since 1970.
    pub(super) fn add_older(&self, time: u64) {
        self.add(|list, number| {
            while list.older.pop_if(|(_, earlier)| *earlier <= time).is_some() {}
            list.older.push((number, time));
        });
    }

    fn add(&self, note: impl FnOnce(&mut Revoked, u32)) {
        let mut list = self.list.write();
        list.last = list.last.saturating_add(1);
        let number = list.last;
        note(&mut list, number);
        if number == NO_MORE {
            list.everything = NO_MORE;
        }
        // Relaxed: see `last`. Under the lock, so that whoever sees the number finds what it is of.
        self.last.store(number, Ordering::Relaxed);
    }
}

impl Revoked {
    /// The number of the last one that a session may know.
    pub(super) fn last(&self) -> u32 {
        self.last.min(NO_MORE - 1)
    }

    /// The number of the last one of these roles, of any of them; 0: there was none.
    pub(super) fn last_of(&self, roles: &Roles) -> u32 {
        roles.names().filter_map(|role| self.roles.get(role)).copied().max().unwrap_or(0)
    }

    /// Whether one that came after the one of that number is of what was opened then, whoever opened it.
    pub(super) fn concern(&self, known: u32, opened: u64) -> bool {
        self.everything > known || self.older.iter().any(|(number, time)| *number > known && opened < *time)
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn each_has_a_number_and_is_of_what_came_before_it() {
        let revocations = Revocations::new();
        assert_eq!((revocations.last(), revocations.list().last_of(&["a"].into())), (0, 0));
        revocations.add_role("a");
        revocations.add_role("b");
        assert_eq!((revocations.last(), revocations.list().last()), (2, 2));
        let of = |roles: Roles| revocations.list().last_of(&roles);
        assert_eq!([of(["a"].into()), of(["a", "b"].into()), of(["c"].into())], [1, 2, 0]);
        revocations.add_role("a");
        assert_eq!(of(["a"].into()), 3);
        assert!(!revocations.list().concern(0, 0), "whose roles these are, their own accounts say");
        revocations.add_everything();
        assert!(revocations.list().concern(3, u64::MAX) && !revocations.list().concern(4, 0));
    }

    #[test]
    fn when_the_numbers_run_out_nobody_is_in() {
        let revocations = Revocations::new();
        revocations.list.write().last = NO_MORE - 2;
        revocations.add_role("a");
        assert!(
            revocations.known_to_new_ones() == revocations.last()
                && !revocations.list().concern(NO_MORE - 1, 0)
        );
        for _ in 0..2 {
            revocations.add_role("a");
            let known = revocations.known_to_new_ones();
            assert!(known != revocations.last() && revocations.list().concern(known, u64::MAX));
            assert_eq!(revocations.list().last(), known);
        }
    }

    #[test]
    fn what_is_older_than_a_time_is_so_for_those_who_were_there() {
        let revocations = Revocations::new();
        revocations.add_older(100);
        revocations.add_older(50);
        let concern = |known, opened| revocations.list().concern(known, opened);
        assert!(concern(0, 99) && !concern(0, 100) && concern(1, 49) && !concern(1, 50) && !concern(2, 0));
        revocations.add_older(70);
        assert!(concern(0, 99) && concern(2, 69) && !concern(2, 70), "the first goes on for whom it is of");
        assert_eq!(revocations.list().older, [(1, 100), (3, 70)], "what is part of a later one is not kept");
        revocations.add_everything();
        assert!(revocations.list().older.is_empty() && concern(3, 1000));
    }
}
