//! The decision about a verb that one look at the account's word does not settle.

use super::{
    account::{DERIVED, EPOCH, RULES, WATCHED},
    grant::Grant,
    verb::Verbs,
};
use crate::Refusal;

impl Grant {
    /// What [`admit`](Self::admit) comes to. Apart from it, so that it costs a session nothing that has no such thing.
    #[cold]
    #[inline(never)]
    pub(super) fn consider(&self, verbs: Verbs, key: Option<&[u8]>) -> Result<(), Refusal> {
        let standing = self.holds_and_allows(verbs, key)?;
        if let Some(maker) = self.standing_maker()? {
            maker.admit(verbs, key)?;
        }
        if standing & WATCHED != 0 && key.is_some() && self.account().rules().load().sampled().hits() {
            self.tell_sampled(verbs, key);
        }
        Ok(())
    }

    /// Under a stripe's lock, so it is bounded how often that costs more than a count.
    fn tell_sampled(&self, verbs: Verbs, key: Option<&[u8]>) {
        if let Some(trail) = self.trail() {
            trail.sampled(self.account().name(), verbs.term(), key);
        }
    }

    /// What [`permits`](Self::permits) comes to: the same, of which nothing is counted.
    #[cold]
    #[inline(never)]
    pub(super) fn decide(&self, verbs: Verbs, key: Option<&[u8]>) -> Result<(), Refusal> {
        self.holds_and_allows(verbs, key)?;
        match self.standing_maker()? {
            Some(maker) => maker.permits(verbs, key),
            None => Ok(()),
        }
    }

    /// The maker, whose session was not ended by itself. Asked here, since its account no longer has its verbs ask once that session has
    /// gone, and what was made of it has not.
    fn standing_maker(&self) -> Result<Option<&Self>, Refusal> {
        let maker = self.account().maker();
        if maker.is_some_and(|maker| maker.live().is_ended()) { Err(Refusal::Revoked) } else { Ok(maker) }
    }

    /// By this session itself, and its account's own epoch and rules. Yields the word by which it was decided.
    fn holds_and_allows(&self, verbs: Verbs, key: Option<&[u8]>) -> Result<u64, Refusal> {
        let account = self.account();
        let standing = account.standing_before_rules();
        if standing & EPOCH != self.epoch() || self.live().is_ended() || !self.outlives_revocations() {
            return Err(Refusal::Revoked);
        }
        debug_assert_eq!(standing & DERIVED != 0, account.maker().is_some());
        let everywhere = Verbs::from_bits(standing).contains_all(verbs);
        // Where nothing depends on the key, what the word lacks is refused without a look at the rules.
        if everywhere || standing & RULES != 0 && account.rules().load().allow(verbs, key) {
            return Ok(standing);
        }
        // The maker first where it has been revoked: whoever has to log in again is to be told so.
        match self.standing_maker()? {
            Some(maker) => maker.permits(Verbs::NONE, None).and(Err(Refusal::Forbidden)),
            None => Err(Refusal::Forbidden),
        }
    }
}
