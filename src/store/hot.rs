//! The items that a thread reads again and again, as copies of its own: the count of a hot item is one word, which all
//! threads that read it would change, and which would travel from core to core with each read.
//!
//! A copy is given out only in place of an item that was just found in the cache with the same version, which no other item of
//! that cache ever has; so a reader cannot tell.

use crate::{
    Item, Version,
    sync::{AtomicU64, Ordering, global, thread_local},
};
use std::cell::Cell;

/// Slots of a thread, a power of two.
const SLOTS: usize = 16;
/// Larger values are not copied: what is done with them costs more than their count. So a thread keeps some 10 KiB at most.
const COPIED: usize = 512;
/// Who leads by so many reads is copied.
const LEAD_OF_HOT: u8 = 4;
/// And needs to be read less than others of its slot so often to be forgotten.
const LEAD_MAX: u8 = 16;

global! {
    static CACHES: AtomicU64 = AtomicU64::new(0);
}

thread_local! {
    static SHELF: [Slot; SLOTS] = std::array::from_fn(|_| Slot::default());
}

/// The number of a cache: no two of a process have the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Owner(u64);

/// Where one of all the items that a thread reads can be on its own.
#[derive(Default)]
struct Slot {
    leader: Cell<Option<(Owner, Version)>>,
    /// How many more reads the leader had than the others.
    lead: Cell<u8>,
    is_copied: Cell<bool>,
    /// Of the leader; or of the one before it, until `Then::Drop` was carried out.
    copy: Cell<Option<Item>>,
}

impl Owner {
    pub(super) fn new() -> Self {
        // Relaxed: the addition is atomic, and nothing else is read on the strength of its value.
        Self(CACHES.fetch_add(1, Ordering::Relaxed))
    }

    /// A handle on an item of this cache, which was just found there by a hash with these bits; and what is to be done once
    /// its stripe's lock has been let go, before this thread reads anything else.
    #[inline]
    pub(super) fn handle(self, item: &Item, bits: usize) -> (Item, Then) {
        let read = |shelf: &[Slot; SLOTS]| shelf[bits % SLOTS].read(self, item);
        // An error says that this thread is ending.
        SHELF.try_with(read).unwrap_or_else(|_| (item.clone(), Then::Nothing))
    }
}

/// Memory is neither asked for nor given back under a lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Then {
    Nothing,
    /// The copy of what no longer leads goes.
    Drop,
    /// The item leads by enough to be copied.
    Copy,
}

impl Then {
    /// In the slot of these bits.
    #[inline]
    pub(super) fn carry_out(self, item: &Item, bits: usize) {
        if self != Self::Nothing {
            self.renew(item, bits);
        }
    }

    #[cold]
    fn renew(self, item: &Item, bits: usize) {
        // Nothing else was read by this thread meanwhile: the item still leads there.
        let copy = if self == Self::Copy { item.copied() } else { None };
        let _ending = SHELF.try_with(|shelf| {
            let slot = &shelf[bits % SLOTS];
            slot.is_copied.set(copy.is_some());
            slot.copy.set(copy);
        });
    }
}

impl Slot {
    #[inline]
    fn read(&self, owner: Owner, item: &Item) -> (Item, Then) {
        let this = Some((owner, item.version()));
        let then = match self.lead.get() {
            lead if self.leader.get() == this => return self.read_leader(lead, item),
            0 => {
                self.leader.set(this);
                if self.is_copied.get() { Then::Drop } else { Then::Nothing }
            }
            lead => {
                self.lead.set(lead - 1);
                Then::Nothing
            }
        };
        (item.clone(), then)
    }

    #[inline(never)]
    fn read_leader(&self, lead: u8, item: &Item) -> (Item, Then) {
        self.lead.set((lead + 1).min(LEAD_MAX));
        if let Some(copy) = self.copy.take() {
            debug_assert_eq!(copy.version(), item.version(), "the copy is the leader's");
            let handle = copy.clone();
            self.copy.set(Some(copy));
            return (handle, Then::Nothing);
        }
        let is_hot = lead >= LEAD_OF_HOT && item.len() <= COPIED;
        (item.clone(), if is_hot { Then::Copy } else { Then::Nothing })
    }
}

#[cfg(all(test, not(any(loom, shuttle))))]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;
    use crate::{Cache, Config, Draft, Role, Session, Users};

    fn session() -> Session {
        let users = Users::new();
        users.add_trusted("app", Role::ReadWrite).unwrap();
        Cache::new(Config::new(1 << 20), users).unwrap().session_for("app").unwrap()
    }

    fn place(session: &Session, key: &str) -> *const u8 {
        session.get(key).unwrap().unwrap().as_ptr()
    }

    #[test]
    fn threads_that_read_an_item_often_have_copies_of_their_own() {
        let session = session();
        session.set("hot", "value").unwrap();
        let stored = place(&session, "hot");
        let often = || {
            (0..100).for_each(|_| drop(session.get("hot").unwrap()));
            place(&session, "hot").addr()
        };
        let theirs = std::thread::scope(|scope| scope.spawn(often).join().unwrap());
        assert_ne!(theirs, stored.addr());
        assert_ne!(often(), stored.addr());
        let item = session.get("hot").unwrap().unwrap();
        assert_eq!((item.key(), item.value(), item.flags()), (&b"hot"[..], &b"value"[..], 0));
    }

    #[test]
    fn a_copy_is_not_read_after_its_item_was_replaced_or_removed() {
        let session = session();
        for round in 0..50_u32 {
            let text = round.to_string();
            let version = session.set("hot", Draft::new(&text).flags(round)).unwrap();
            for _ in 0..20 {
                let item = session.get("hot").unwrap().unwrap();
                assert_eq!((item.value(), item.flags(), item.version()), (text.as_bytes(), round, version));
            }
            session.delete("hot").unwrap();
            assert!(session.get("hot").unwrap().is_none());
        }
    }

    #[test]
    fn two_caches_with_the_same_history_are_kept_apart() {
        for value in ["one", "two"] {
            let session = session();
            session.set("hot", value).unwrap();
            for _ in 0..20 {
                assert_eq!(session.get("hot").unwrap().as_deref(), Some(value.as_bytes()));
            }
        }
    }

    #[test]
    fn large_items_are_not_copied_and_cold_ones_neither() {
        let session = session();
        session.set("large", &[7; COPIED + 1][..]).unwrap();
        session.set("cold", "value").unwrap();
        let stored = place(&session, "large");
        assert!((0..100).all(|_| place(&session, "large") == stored));
        assert_eq!(place(&session, "cold"), place(&session, "cold"));
    }
}
