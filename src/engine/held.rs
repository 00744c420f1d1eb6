//! An entry of the generic cache: notes, key and value in one counted allocation.

use crate::{
    core::{Deadline, Entry, NoPlace, prefetch_owned},
    sync::{AtomicU8, AtomicU16, AtomicU32, Ordering},
};
use std::{fmt, mem::needs_drop, ops::Deref};
use triomphe::Arc;

/// An entry of a [`Cache`](super::Cache): a counted handle, cheap to clone, that keeps key and value alive for as long as it is
/// held, also after the cache has let go of them. It derefs to the value.
///
/// ```
/// use keyway::engine::Cache;
///
/// let cache = Cache::with_entries(100)?;
/// cache.insert("colour", "red".to_owned())?;
/// let held = cache.get("colour").expect("it was stored");
/// cache.remove("colour");
/// // What is held stays what it was.
/// assert_eq!((*held.key(), held.value().as_str()), ("colour", "red"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Held<K, V>(Arc<Node<K, V>>);

/// In this order, what a hit looks at is together and in front, whatever key and value are.
#[repr(C)]
struct Node<K, V> {
    slot: AtomicU32,
    deadline: AtomicU32,
    /// The latest that a use may move the deadline to.
    latest: AtomicU32,
    /// Full once, it stays so: more at once pin the entry for good.
    pins: AtomicU16,
    uses: AtomicU8,
    weight: usize,
    key: K,
    value: V,
}

/// When an entry ends.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    pub(super) end: Deadline,
    /// The latest that a use may move the end to.
    pub(super) latest: Deadline,
}

/// A count and the node, as the allocator is asked for them.
pub(super) const fn allocation<K, V>() -> usize {
    let align = if align_of::<Node<K, V>>() > align_of::<usize>() {
        align_of::<Node<K, V>>()
    } else {
        align_of::<usize>()
    };
    (align + size_of::<Node<K, V>>()).next_multiple_of(align)
}

// Relaxed throughout. Slot and deadline are written under the stripe's exclusive lock, or by hits under the shared one, which
// may lose a use, or one move of the deadline, against each other. `pins` is counted up under the shared lock and read under the
// exclusive one; it may go down at any time, which only lets an entry go later.
impl<K, V> Held<K, V> {
    /// Whether key and value are all there is of it, and little, so that a new entry is best made in the memory of an older one. What is large
    /// would be moved under the lock for too long.
    pub(super) const IS_PLAIN: bool = allocation::<K, V>() <= 512 && !needs_drop::<K>() && !needs_drop::<V>();

    #[inline]
    pub(super) fn new(key: K, value: V, weight: usize, span: Span) -> Self {
        Self(Arc::new(Node {
            slot: AtomicU32::new(0),
            deadline: AtomicU32::new(span.end.to_bits()),
            latest: AtomicU32::new(span.latest.to_bits()),
            pins: AtomicU16::new(0),
            uses: AtomicU8::new(0),
            weight,
            key,
            value,
        }))
    }

    /// Makes another entry of it, if this is the only handle, of these parts, which are taken then. Of the older key and value nothing is
    /// read, unless they are to be dropped.
    #[inline]
    pub(super) fn remake(&mut self, parts: &mut Option<(K, V)>, weight: usize, span: Span) -> bool {
        let Some(node) = Arc::get_mut(&mut self.0) else { return false };
        let Some((key, value)) = parts.take() else { return false };
        node.key = key;
        node.value = value;
        node.weight = weight;
        self.set_end(span.end);
        self.set_latest(span.latest);
        self.count_uses(0);
        // Whoever pins it has a handle; but their number may have been full.
        self.0.pins.store(0, Ordering::Relaxed);
        true
    }

    /// Its key.
    ///
    /// ```
    /// # use keyway::engine::Cache;
    /// let cache = Cache::with_entries(100)?;
    /// cache.insert("colour".to_owned(), 0xff_00_00)?;
    /// let held = cache.get("colour").ok_or("it was stored")?; // found by a `str`
    /// assert_eq!(held.key(), &"colour".to_owned()); // and kept as it was stored
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    #[inline]
    pub fn key(&self) -> &K {
        &self.0.key
    }

    /// Its value.
    ///
    /// ```
    /// # use keyway::engine::Cache;
    /// let cache = Cache::with_entries(100)?;
    /// cache.insert(7, vec![1, 2, 3])?;
    /// let held = cache.get(&7).ok_or("it was stored")?;
    /// assert_eq!(held.value(), &[1, 2, 3]);
    /// assert_eq!(held.len(), 3); // or through the handle itself
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    #[inline]
    pub fn value(&self) -> &V {
        &self.0.value
    }

    /// What it takes of the cache's limit.
    ///
    /// ```
    /// use keyway::engine::Builder;
    ///
    /// let cache = Builder::with_weight(1000, |_key: &&str, text: &String| text.len()).build()?;
    /// cache.insert("greeting", "hello".to_owned())?;
    /// assert_eq!(cache.get("greeting").map(|held| held.weight()), Some(5));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn weight(&self) -> usize {
        self.0.weight
    }

    /// The value itself, if nobody else holds it any more: else the handle again.
    ///
    /// ```
    /// # use keyway::engine::Cache;
    /// let cache = Cache::with_entries(100)?;
    /// cache.insert("colour", "red".to_owned())?;
    /// let held = cache.get("colour").ok_or("it was stored")?;
    /// let held = held.into_value().expect_err("the cache has it, too");
    /// cache.remove("colour");
    /// assert_eq!(held.into_value().ok(), Some("red".to_owned()));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// The handle, if it is not the last one.
    pub fn into_value(self) -> Result<V, Self> {
        Arc::try_unwrap(self.0).map(|node| node.value).map_err(Self)
    }

    pub(super) fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    pub(super) fn ends(&self) -> Deadline {
        Deadline::from_bits(self.0.deadline.load(Ordering::Relaxed))
    }

    pub(super) fn set_end(&self, deadline: Deadline) {
        self.0.deadline.store(deadline.to_bits(), Ordering::Relaxed);
    }

    pub(super) fn latest(&self) -> Deadline {
        Deadline::from_bits(self.0.latest.load(Ordering::Relaxed))
    }

    pub(super) fn set_latest(&self, deadline: Deadline) {
        self.0.latest.store(deadline.to_bits(), Ordering::Relaxed);
    }

    pub(super) fn pin(&self) {
        self.change_pins(|pins| pins.checked_add(1));
    }

    pub(super) fn unpin(&self) {
        self.change_pins(|pins| if pins == u16::MAX { None } else { pins.checked_sub(1) });
    }

    fn change_pins(&self, change: impl FnMut(u16) -> Option<u16>) {
        let _full = self.0.pins.fetch_update(Ordering::Relaxed, Ordering::Relaxed, change);
    }
}

impl<K, V> Entry for Held<K, V> {
    const REMADE: usize = if Self::IS_PLAIN { allocation::<K, V>() } else { 0 };

    fn charge(&self) -> usize {
        self.0.weight
    }

    fn address(&self) -> *const u8 {
        Arc::as_ptr(&self.0).cast()
    }

    #[inline]
    fn prefetch_owned(&self) {
        prefetch_owned(&self.0.key);
        prefetch_owned(&self.0.value);
    }

    /// A weight may be of any unit, and what it is of may lie anywhere.
    fn footprint(&self) -> usize {
        size_of_val(&*self.0)
    }

    fn slot(&self) -> u32 {
        self.0.slot.load(Ordering::Relaxed)
    }

    fn settle_in(&self, slot: u32) {
        self.0.slot.store(slot, Ordering::Relaxed);
    }

    fn deadline(&self) -> Deadline {
        self.ends()
    }

    fn redate(&self, deadline: Deadline) -> Result<(), NoPlace> {
        self.set_end(deadline);
        Ok(())
    }

    fn uses(&self) -> u8 {
        self.0.uses.load(Ordering::Relaxed)
    }

    fn count_uses(&self, uses: u8) {
        self.0.uses.store(uses, Ordering::Relaxed);
    }

    fn pinned(&self) -> bool {
        self.0.pins.load(Ordering::Relaxed) > 0
    }
}

impl<K, V> Clone for Held<K, V> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<K, V> Deref for Held<K, V> {
    type Target = V;

    fn deref(&self) -> &V {
        self.value()
    }
}

impl<K: fmt::Debug, V: fmt::Debug> fmt::Debug for Held<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Held").field("key", self.key()).field("value", self.value()).finish_non_exhaustive()
    }
}

#[cfg(all(test, target_pointer_width = "64", not(any(loom, shuttle))))]
mod tests {
    use super::*;
    use std::mem::offset_of;

    fn held() -> Held<u8, u8> {
        Held::new(1, 2, 1, Span { end: Deadline::NONE, latest: Deadline::NONE })
    }

    #[test]
    fn what_a_hit_looks_at_is_in_front_and_notes_and_weight_take_three_words() {
        type Small = Node<[u8; 20], [u8; 100]>;
        assert_eq!((offset_of!(Small, key), offset_of!(Small, value)), (24, 44));
        assert_eq!(allocation::<[u8; 20], [u8; 100]>(), 8 + 24 + 120);
        assert_eq!(allocation::<String, String>(), 8 + 24 + 48);
    }

    #[test]
    fn an_entry_is_pinned_until_the_last_pin_goes_and_for_good_where_their_number_was_full() {
        let few = held();
        (0..1000).for_each(|_| few.pin());
        (1..1000).for_each(|_| few.unpin());
        assert!(few.pinned());
        few.unpin();
        assert!(!few.pinned());
        let many = held();
        let pins = 70_000;
        (0..pins).for_each(|_| many.pin());
        (0..pins).for_each(|_| many.unpin());
        assert!(many.pinned());
    }

    #[test]
    fn what_is_made_in_the_memory_of_a_pinned_entry_is_not_pinned() {
        let mut held = held();
        (0..=u16::MAX).for_each(|_| held.pin());
        let span = Span { end: Deadline::NONE, latest: Deadline::NONE };
        assert!(held.remake(&mut Some((3, 4)), 1, span) && !held.pinned());
        assert_eq!((*held.key(), *held.value()), (3, 4));
        let reader = held.clone();
        let mut parts = Some((5, 6));
        assert!(!held.remake(&mut parts, 1, span) && parts == Some((5, 6)));
        assert_eq!(*reader, 4);
    }
}
