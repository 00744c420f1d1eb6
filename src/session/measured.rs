//! Verbs of users with limits, and in namespaces with such: each is taken off the limits before it is carried out, and what it gives
//! out afterwards.
//!
//! Before and not under the lock, since a verb may take several locks, or the same one several times, and is one verb.

use super::Session;
use crate::{Item, Refusal, Verb, Verbs, metering::Load, store::When};

impl Session {
    /// Before a verb that gives no value out.
    #[inline]
    pub(super) fn measure(&self, verbs: impl Into<Verbs>, key: &[u8], load: Load) -> Result<(), Refusal> {
        if self.seat.may_be_limited() { self.seat.measure(verbs.into(), &[key], load) } else { Ok(()) }
    }

    /// The same for a verb that is about no key.
    #[inline]
    pub(super) fn measure_keyless(&self, verb: Verb) -> Result<(), Refusal> {
        if self.seat.may_be_limited() { self.seat.measure(verb.into(), &[], Load::Neither) } else { Ok(()) }
    }

    /// Before a value is stored. One that is larger than the user's may be, or any in its namespace, takes what it was to replace with it, as one does
    /// that is larger than the cache takes.
    #[inline]
    pub(super) fn measure_value(&self, key: &[u8], len: usize, when: When) -> Result<(), Refusal> {
        if self.seat.may_be_limited() { self.measure_limited_value(key, len, when) } else { Ok(()) }
    }

    #[cold]
    fn measure_limited_value(&self, key: &[u8], len: usize, when: When) -> Result<(), Refusal> {
        let measured = self.seat.measure(Verb::Write.into(), &[key], Load::In(len));
        if matches!(measured, Err(Refusal::TooLarge { .. })) && when == When::Always {
            self.store().delete(key, None, || self.seat.admit(Verb::Write, Some(key)))?;
        }
        measured
    }

    pub(super) fn read_measured(&self, key: &[u8]) -> Result<Option<Item>, Refusal> {
        // By way of many, so that there is one `get` in all, and it is part of each hit's path.
        Ok(self.read_many_measured(&[key])?.pop().flatten())
    }

    #[cold]
    pub(super) fn read_many_measured<K: AsRef<[u8]>>(
        &self,
        keys: &[K],
    ) -> Result<Vec<Option<Item>>, Refusal> {
        let of_bytes: Vec<&[u8]> = keys.iter().map(AsRef::as_ref).collect();
        if !of_bytes.is_empty() {
            self.seat.measure(Verb::Read.into(), &of_bytes, Load::Out)?;
        }
        let found = self.store().get_many(keys, |key| self.seat.admit(Verb::Read, Some(key)))?;
        self.seat.give_out(found.iter().flatten().map(|item| item.len()).sum());
        Ok(found)
    }

    /// After a verb that gave this out.
    #[inline]
    pub(super) fn give_out(&self, item: Option<&Item>) {
        if let Some(item) = item
            && self.seat.may_be_limited()
        {
            self.seat.give_out(item.len());
        }
    }

    /// The largest value that the user may store in its namespace.
    #[inline]
    pub(super) fn largest_value(&self) -> usize {
        if self.seat.may_be_limited() { self.seat.largest_value() } else { usize::MAX }
    }
}
