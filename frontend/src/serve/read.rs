//! Verbs that look at an item.

use super::Service;
use crate::{
    tally::Count,
    wire::{Answer, Echo, Loudness, Status},
};
use keyway::{Expiry, Item, Refusal};

impl Service<'_> {
    pub(super) fn get(&self, key: &[u8], echo: Echo, answer: &mut Answer<'_>) -> Result<Status, Refusal> {
        let found = self.session.get(key)?;
        self.tally.count(if found.is_some() { Count::GetHits } else { Count::GetMisses });
        Ok(self.found(found, key, echo, answer))
    }

    pub(super) fn get_and_touch(
        &self,
        key: &[u8],
        expiry: Expiry,
        echo: Echo,
        answer: &mut Answer<'_>,
    ) -> Result<Status, Refusal> {
        let found = self.move_expiry(key, expiry)?;
        Ok(self.found(found, key, echo, answer))
    }

    /// Answered with the item's flags and version, so the item is looked at too. Who may not look is told zeros.
    pub(super) fn touch(
        &self,
        key: &[u8],
        expiry: Expiry,
        answer: &mut Answer<'_>,
    ) -> Result<Status, Refusal> {
        match self.move_expiry(key, expiry) {
            Err(Refusal::Forbidden) => {
                let touched = self.session.touch(key, expiry)?;
                self.tally.count(if touched { Count::TouchHits } else { Count::TouchMisses });
                if !touched {
                    return Err(Refusal::NotFound);
                }
                answer.touched_unseen();
            }
            found => answer.touched(&found?.ok_or(Refusal::NotFound)?),
        }
        Ok(Status::Done)
    }

    fn move_expiry(&self, key: &[u8], expiry: Expiry) -> Result<Option<Item>, Refusal> {
        let found = self.session.get_and_touch(key, expiry)?;
        self.tally.count(if found.is_some() { Count::TouchHits } else { Count::TouchMisses });
        Ok(found)
    }

    /// Answers a look-up: a quiet one is told what was found, but not what was missed.
    fn found(&self, found: Option<Item>, key: &[u8], echo: Echo, answer: &mut Answer<'_>) -> Status {
        match found {
            Some(item) => {
                answer.hit(item, echo);
                Status::Done
            }
            None => {
                if self.loudness == Loudness::Loud {
                    answer.missed(key, echo);
                }
                Status::NotFound
            }
        }
    }
}
