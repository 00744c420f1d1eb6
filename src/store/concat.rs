//! `append` and `prepend`: the new value is put together outside the lock, since copying a large value takes long,
//! and stored only if what it was made from is still there.

use super::{Store, version_of};
use crate::{
    Draft, Item, Refusal, Version,
    core::Change,
    item::{Mould, Parts},
    key::Key,
};

/// Where the new bytes go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Front,
    Back,
}

impl Store {
    /// What would be larger than `largest`, or than the cache takes, is not stored.
    pub(crate) fn concat(
        &self,
        key: &[u8],
        draft: Draft<'_>,
        end: End,
        largest: usize,
        admit: impl Fn() -> Result<(), Refusal>,
    ) -> Result<Version, Refusal> {
        let key = Key::new(key)?;
        loop {
            let present = self.present(key, &admit)?.ok_or(Refusal::NotStored)?;
            if draft.given.is_some_and(|version| version != present.version()) {
                return Err(Refusal::Exists);
            }
            if present.value().len() + draft.value.len() > largest.min(self.max_value()) {
                return Err(Refusal::NotStored);
            }
            // Whoever changed the item meanwhile has made progress; so the loop ends for somebody each time.
            if let Some(version) = self.put_joined(key, &present, draft.value, end, &admit)? {
                return Ok(version);
            }
        }
    }

    /// What is there now; looked at for writing, so that it counts as no hit.
    fn present(
        &self,
        key: Key<'_>,
        admit: impl Fn() -> Result<(), Refusal>,
    ) -> Result<Option<Item>, Refusal> {
        self.write(key, &self.glance(), admit, |present, _| Ok((Change::<Item>::Keep, present.cloned())))
    }

    /// `None` if another write came between.
    fn put_joined(
        &self,
        key: Key<'_>,
        present: &Item,
        bytes: &[u8],
        end: End,
        admit: impl Fn() -> Result<(), Refusal>,
    ) -> Result<Option<Version>, Refusal> {
        let parts = match end {
            End::Front => [bytes, present.value()],
            End::Back => [present.value(), bytes],
        };
        let parts = Parts::new(key, parts, present.flags());
        let large;
        let mould = match Mould::of(parts) {
            Some(mould) => mould,
            None => {
                large = parts.whole()?;
                Mould::around(parts, &large)
            }
        };
        self.write(key, &self.glance(), admit, |still, ordinal| {
            let Some(still) = still.filter(|item| item.version() == present.version()) else {
                return Ok((Change::Keep, None));
            };
            // A touch leaves the version and moves the deadline; it must not be undone.
            mould.end_at(still.deadline());
            let item = mould.item(ordinal).ok_or(Refusal::NoRoom)?;
            Ok((Change::Put(item), Some(version_of(ordinal))))
        })
    }
}
