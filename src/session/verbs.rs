//! What the verbs come to. Not generic, so that it is compiled here, once and as a whole, and not with whoever calls it.

use super::{Counter, Session};
use crate::{
    Blank, Delta, Draft, Expiry, Item, Refusal, Verb, Verbs, Version,
    key::Key,
    metering::Load,
    store::{Direction, End, When},
};

impl Session {
    pub(super) fn read(&self, key: &[u8]) -> Result<Option<Item>, Refusal> {
        let Ok(checked) = Key::new(key) else { return self.read_aside(key) };
        let look_up = self.store().look_up(checked);
        // While the line comes. Both are looked at before one branch.
        if self.seat.user_may_be_limited() | self.store().is_watched_or_limited() {
            drop(look_up);
            return self.read_aside(key);
        }
        match self.seat.admit(Verb::Read, Some(key)) {
            Ok(()) => Ok(self.store().take(look_up, checked)),
            Err(refusal) => {
                drop(look_up);
                self.told(Verb::Read, Some(key), Err(refusal))
            }
        }
    }

    /// As `read`, by the path of what is limited or watched.
    #[cold]
    #[inline(never)]
    fn read_aside(&self, key: &[u8]) -> Result<Option<Item>, Refusal> {
        self.told(Verb::Read, Some(key), self.read_measured(key))
    }

    pub(super) fn put(&self, key: &[u8], draft: Draft<'_>, when: When) -> Result<Version, Refusal> {
        let put = || {
            self.measure_value(key, draft.value.len(), when)?;
            self.store().put(key, &draft, when, &self.asks(Verb::Write, key))
        };
        self.told(Verb::Write, Some(key), put())
    }

    pub(super) fn put_filled(&self, blank: Blank, when: When) -> Result<Version, Refusal> {
        let Blank { unfilled, expiry, given } = blank;
        let item = unfilled.done();
        let put = || {
            self.measure_value(item.key(), item.len(), when)?;
            self.store().put_item(&item, expiry, given, when, &self.asks(Verb::Write, item.key()))
        };
        self.told(Verb::Write, Some(item.key()), put())
    }

    pub(super) fn concat(&self, key: &[u8], draft: Draft<'_>, end: End) -> Result<Version, Refusal> {
        let measured = self.measure(Verb::Write, key, Load::In(draft.value.len()));
        let concat =
            |()| self.store().concat(key, draft, end, self.largest_value(), self.asks(Verb::Write, key));
        self.told(Verb::Write, Some(key), measured.and_then(concat))
    }

    pub(super) fn count(&self, key: &[u8], delta: Delta, direction: Direction) -> Result<Counter, Refusal> {
        let measured = self.measure(Verb::Arithmetic, key, Load::Neither);
        let count = |()| self.store().count(key, delta, direction, self.asks(Verb::Arithmetic, key));
        let (value, version) = self.told(Verb::Arithmetic, Some(key), measured.and_then(count))?;
        Ok(Counter { value, version })
    }

    pub(super) fn redate(&self, key: &[u8], expiry: Expiry, verbs: Verbs) -> Result<Option<Item>, Refusal> {
        let gives_out = verbs.contains(Verb::Read);
        let measured = self.measure(verbs, key, if gives_out { Load::Out } else { Load::Neither });
        let touch = |()| self.store().touch(key, expiry, self.asks(verbs, key));
        let found = self.told(verbs, Some(key), measured.and_then(touch))?;
        self.give_out(found.as_ref().filter(|_| gives_out));
        Ok(found)
    }

    pub(super) fn remove(&self, key: &[u8], given: Option<Version>) -> Result<bool, Refusal> {
        let measured = self.measure(Verb::Delete, key, Load::Neither);
        let delete = |()| self.store().delete(key, given, self.asks(Verb::Delete, key));
        self.told(Verb::Delete, Some(key), measured.and_then(delete))
    }

    /// What the store asks at the moment that counts.
    #[inline]
    pub(super) fn asks<'a>(
        &'a self,
        verbs: impl Into<Verbs>,
        key: &'a [u8],
    ) -> impl Fn() -> Result<(), Refusal> + 'a {
        let verbs = verbs.into();
        move || self.seat.admit(verbs, Some(key))
    }
}
