//! Verbs that change an item.

use super::Service;
use crate::{
    tally::Count,
    wire::{Answer, Direction, How, Side, Status},
};
use keyway::{Blank, Delta, Draft, Refusal, Version};

impl Service<'_> {
    pub(super) fn store(
        &self,
        how: How,
        key: &[u8],
        draft: Draft<'_>,
        given: Option<Version>,
        answer: &mut Answer<'_>,
    ) -> Result<Status, Refusal> {
        let stored = match how {
            How::Set => self.session.set(key, draft),
            How::Add => self.session.add(key, draft),
            How::Replace => self.session.replace(key, draft),
        };
        self.stored(stored, given, answer)
    }

    /// As `store`, with a value that has been filled in where it stays.
    pub(super) fn store_filled(
        &self,
        how: How,
        blank: Blank,
        given: Option<Version>,
        answer: &mut Answer<'_>,
    ) -> Result<Status, Refusal> {
        let stored = match how {
            How::Set => self.session.set_filled(blank),
            How::Add => self.session.add_filled(blank),
            How::Replace => self.session.replace_filled(blank),
        };
        self.stored(stored, given, answer)
    }

    fn stored(
        &self,
        stored: Result<Version, Refusal>,
        given: Option<Version>,
        answer: &mut Answer<'_>,
    ) -> Result<Status, Refusal> {
        self.tally.count(Count::Sets);
        if given.is_some() {
            self.count_cas(&stored);
        }
        let version = stored?;
        Ok(self.success(|| answer.stored(version)))
    }

    fn count_cas(&self, stored: &Result<Version, Refusal>) {
        match stored {
            Ok(_) => self.tally.count(Count::CasHits),
            Err(Refusal::Exists) => self.tally.count(Count::CasBadValue),
            Err(Refusal::NotFound) => self.tally.count(Count::CasMisses),
            Err(_) => {}
        }
    }

    /// The value was not even read; what it was meant to replace goes, as it does when the cache itself refuses a
    /// value for its size.
    pub(super) fn oversized(&self, key: &[u8]) -> Result<Status, Refusal> {
        self.session.drop_replaced(key)?;
        Err(Refusal::TooLarge { limit: self.value_max })
    }

    pub(super) fn join(
        &self,
        side: Side,
        key: &[u8],
        draft: Draft<'_>,
        answer: &mut Answer<'_>,
    ) -> Result<Status, Refusal> {
        self.tally.count(Count::Sets);
        let version = match side {
            Side::Back => self.session.append(key, draft),
            Side::Front => self.session.prepend(key, draft),
        }?;
        Ok(self.success(|| answer.stored(version)))
    }

    pub(super) fn delete(
        &self,
        key: &[u8],
        given: Option<Version>,
        answer: &mut Answer<'_>,
    ) -> Result<Status, Refusal> {
        let deleted = match given {
            None => self.session.delete(key),
            Some(version) => self.session.delete_given(key, version),
        }?;
        self.tally.count(if deleted { Count::DeleteHits } else { Count::DeleteMisses });
        if !deleted {
            return Err(Refusal::NotFound);
        }
        Ok(self.success(|| answer.done()))
    }

    pub(super) fn step(
        &self,
        direction: Direction,
        key: &[u8],
        delta: Delta,
        answer: &mut Answer<'_>,
    ) -> Result<Status, Refusal> {
        let (stepped, hit, miss) = match direction {
            Direction::Up => (self.session.incr(key, delta), Count::IncrHits, Count::IncrMisses),
            Direction::Down => (self.session.decr(key, delta), Count::DecrHits, Count::DecrMisses),
        };
        match stepped {
            Ok(counter) => {
                self.tally.count(hit);
                Ok(self.success(|| answer.counter(counter)))
            }
            Err(refusal) => {
                if refusal == Refusal::NotFound {
                    self.tally.count(miss);
                }
                Err(refusal)
            }
        }
    }
}
