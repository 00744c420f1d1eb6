//! The items that a thread reads again and again, as copies of its own: the count of a hot item is one word, which all
//! threads that read it would change, and which would travel from core to core with each read.
//!
//! Whether an item may be such is told by its hash, before it is looked at: nearly all reads are done with this file then,
//! and nothing that comes from memory decides about it. A copy is given out only in place of an item that was just found in the
//! cache with the same version, which no other item of that cache ever has; so a reader cannot tell.

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

#[cfg(not(any(loom, shuttle)))]
thread_local! {
    /// Apart from the copies: what has to be dropped when its thread ends costs each look at it more.
    static LEADERS: [Leader; SLOTS] = const { [const { Leader::new() }; SLOTS] };
}

#[cfg(any(loom, shuttle))]
thread_local! {
    static LEADERS: [Leader; SLOTS] = std::array::from_fn(|_| Leader::new());
}

thread_local! {
    static COPIES: [Slot; SLOTS] = std::array::from_fn(|_| Slot::default());
}

/// The number of a cache: no two of a process have the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Owner(u64);

/// Of all the keys that a thread reads and that share a slot, the one that it reads most.
struct Leader {
    /// Of its hash.
    bits: Cell<usize>,
    /// How many more reads it had than the others.
    lead: Cell<u8>,
    is_copied: Cell<bool>,
}

/// Where a leader's item can be on its own.
#[derive(Default)]
struct Slot {
    /// The item that the lead is of. Another one until a new leader was read again.
    item: Cell<Option<(Owner, Version)>>,
    /// Of that item; or of the one before it, until `Then::Drop` was carried out.
    copy: Cell<Option<Item>>,
}

/// Whether a key leads in its slot, so that it may be hot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Leads {
    No,
    Yes,
    /// From now on; and the copy of the one that did is to be [forgotten](forget) once no lock is held.
    InPlaceOfACopied,
}

/// Of the key whose hash has these bits. To be asked once for each read: one of another key counts against the leader.
#[inline]
pub(super) fn leads(bits: usize) -> Leads {
    // An error says that this thread is ending.
    LEADERS.try_with(|leaders| leaders[bits % SLOTS].leads(bits)).unwrap_or(Leads::No)
}

/// Drops the copy in the slot of these bits.
pub(super) fn forget(bits: usize) {
    renew(None, bits);
}

impl Owner {
    pub(super) fn new() -> Self {
        // Relaxed: the addition is atomic, and nothing else is read on the strength of its value.
        Self(CACHES.fetch_add(1, Ordering::Relaxed))
    }

    /// A handle on an item of this cache, which was just found there by a hash with these bits, which leads; and what is to be
    /// done once its stripe's lock has been let go, before this thread reads anything else.
    pub(super) fn handle(self, item: &Item, bits: usize) -> (Item, Then) {
        let of_leader =
            |leader: &Leader| COPIES.try_with(|copies| copies[bits % SLOTS].read(leader, self, item)).ok();
        let handle = LEADERS.try_with(|leaders| of_leader(&leaders[bits % SLOTS])).ok().flatten();
        handle.unwrap_or_else(|| (item.clone(), Then::Nothing))
    }
}

/// Memory is neither asked for nor given back under a lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Then {
    Nothing,
    /// The copy of what was stored over goes.
    Drop,
    /// The item leads by enough to be copied.
    Copy,
}

impl Then {
    /// In the slot of these bits.
    pub(super) fn carry_out(self, item: &Item, bits: usize) {
        match self {
            Self::Nothing => {}
            Self::Drop => renew(None, bits),
            // Nothing else was read by this thread meanwhile: the item still leads there.
            Self::Copy => renew(item.copied(), bits),
        }
    }
}

/// The copy in the slot of these bits is this one from now on.
#[cold]
fn renew(copy: Option<Item>, bits: usize) {
    let is_copied = copy.is_some();
    if COPIES.try_with(|copies| copies[bits % SLOTS].copy.set(copy)).is_ok() {
        let _ending = LEADERS.try_with(|leaders| leaders[bits % SLOTS].is_copied.set(is_copied));
    }
}

impl Leader {
    const fn new() -> Self {
        Self { bits: Cell::new(0), lead: Cell::new(0), is_copied: Cell::new(false) }
    }

    #[inline]
    fn leads(&self, bits: usize) -> Leads {
        if self.bits.get() == bits {
            return Leads::Yes;
        }
        match self.lead.get() {
            0 => {
                self.bits.set(bits);
                if self.is_copied.get() {
                    return Leads::InPlaceOfACopied;
                }
            }
            lead => self.lead.set(lead - 1),
        }
        Leads::No
    }
}

impl Slot {
    fn read(&self, leader: &Leader, owner: Owner, item: &Item) -> (Item, Then) {
        let (this, lead) = (Some((owner, item.version())), leader.lead.get());
        if self.item.get() == this {
            leader.lead.set((lead + 1).min(LEAD_MAX));
            return self.read_leader(lead, item);
        }
        if lead > 0 {
            // Stored over, or of another cache.
            leader.lead.set(lead - 1);
            return (item.clone(), Then::Nothing);
        }
        self.item.set(this);
        leader.lead.set(1);
        (item.clone(), if leader.is_copied.get() { Then::Drop } else { Then::Nothing })
    }

    fn read_leader(&self, lead: u8, item: &Item) -> (Item, Then) {
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

    /// In all caches a key has the same hash.
    fn session() -> Session {
        let users = Users::new();
        users.add_trusted("app", Role::ReadWrite).unwrap();
        let mut config = Config::new(1 << 20);
        config.fixed_hash_key = Some([1, 2, 3, 4]);
        Cache::new(config, users).unwrap().session_for("app").unwrap()
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
    fn what_is_hot_no_longer_loses_its_copy() {
        let copies = || COPIES.with(|copies| copies.iter().filter(|slot| has_copy(slot)).count());
        let session = session();
        session.set("hot", "value").unwrap();
        (0..20).for_each(|_| drop(session.get("hot").unwrap()));
        assert_eq!(copies(), 1);
        // As others that are there, keys that are not take the lead.
        for key in 0..400 {
            assert!(session.get(&format!("cold-{key}")).unwrap().is_none());
        }
        assert_eq!(copies(), 0);
    }

    fn has_copy(slot: &Slot) -> bool {
        let copy = slot.copy.take();
        let is_there = copy.is_some();
        slot.copy.set(copy);
        is_there
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
