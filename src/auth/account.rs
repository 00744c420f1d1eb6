//! What sessions look at on each verb: one account for each credential of a user, and one for trusted code.

use super::{
    grant::Grant,
    revocations::{Revocations, Revoked},
    rules::Rules,
    verb::Verbs,
};
use crate::{
    metering::Meter,
    sync::{Arc, ArcSwap, AtomicU32, AtomicU64, Mutex, Ordering},
};

/// The one word that decides (`standing`) and what it is short for.
///
/// Bits 0 to 8 of the word are the verbs that are allowed for every key, bits 9 to 15 say what else there is to ask, and the
/// rest is the epoch, which only grows; ending all sessions of an account is one addition.
#[derive(Debug)]
pub(crate) struct Account {
    name: Box<str>,
    standing: AtomicU64,
    /// The whole of what is allowed, of which the word has that which is for every key.
    rules: ArcSwap<Rules>,
    /// Of a session that has less than the one that made it: that one.
    maker: Option<Grant>,
    /// How many made each other, up to this one.
    generation: u8,
    /// What the user with limits has used of them; the same for all accounts of the user. `None`: ask the maker's.
    meter: Option<Arc<Meter>>,
    /// Sessions that were ended by themselves and have not gone yet.
    suspects: Mutex<u32>,
    /// What was revoked of many at once.
    revocations: Arc<Revocations>,
    /// Up to this one, those of the roles that the user had at that time have been seen to.
    settled: AtomicU32,
    /// The last one of those that was of a role which the user had.
    void_before: AtomicU32,
}

/// Since when somebody is known: what is revoked later is revoked of a session that comes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Since {
    /// Of the account.
    pub(super) epoch: u64,
    /// The last revocation of many at once.
    pub(super) revocation: u32,
}

/// Some verb is allowed for some keys only: ask the rules.
pub(super) const RULES: u64 = 1 << 9;
/// There are limits of use: ask the meter, once for each verb and before the lock; `admit` does not look at it.
pub(super) const LIMITED: u64 = 1 << 10;
/// Verbs are sampled for the audit.
pub(super) const WATCHED: u64 = 1 << 11;
/// Made from another account, and never worth more: ask that one too.
pub(super) const DERIVED: u64 = 1 << 12;
/// Some session of this account was ended by itself: ask whether it is this one.
pub(super) const SUSPECTS: u64 = 1 << 13;

pub(super) const VERBS: u64 = Verbs::ALL.bits();
pub(super) const EPOCH: u64 = !0 << 16;
pub(super) const ONE_EPOCH: u64 = 1 << 16;
/// What an allowed verb is not over with. `RULES` is not among them: what is allowed for every key is.
pub(super) const SLOW: u64 = WATCHED | DERIVED | SUSPECTS;

impl Account {
    pub(super) fn new(name: &str, rules: Arc<Rules>, revocations: Arc<Revocations>) -> Self {
        let standing = AtomicU64::new(bits_of(&rules));
        let settled = AtomicU32::new(revocations.known_to_new_ones());
        Self {
            name: name.into(),
            standing,
            rules: ArcSwap::new(rules),
            maker: None,
            generation: 0,
            meter: None,
            suspects: Mutex::new(0),
            revocations,
            settled,
            void_before: AtomicU32::new(0),
        }
    }

    /// Another one of the same user.
    pub(super) fn another(&self, rules: Arc<Rules>) -> Self {
        Self { meter: self.meter.clone(), ..Self::new(&self.name, rules, self.revocations.clone()) }
    }

    /// As one whose use is counted there.
    pub(super) fn metered_by(self, meter: Arc<Meter>) -> Self {
        Self { meter: Some(meter), ..self }
    }

    /// One whose holders never have more than `maker` has. `None`: too many made each other.
    pub(super) fn derived(maker: Grant, rules: Rules) -> Option<Self> {
        let made = Self::new(maker.account().name(), Arc::new(rules), maker.account().revocations.clone());
        made.standing.fetch_or(DERIVED, Ordering::Relaxed);
        let generation = maker.account().generation + 1;
        (generation <= Grant::MOST_GENERATIONS).then_some(Self { maker: Some(maker), generation, ..made })
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// What to remember before a proof is looked at, so that a change during the proof voids its outcome.
    pub(super) fn since(&self) -> Since {
        Since { epoch: self.standing() & EPOCH, revocation: self.revocations.known_to_new_ones() }
    }

    /// Ends every session of this account. When this returns, no write of theirs can land.
    pub(crate) fn revoke(&self) {
        // Relaxed, like the load in `standing`: a verb loads under its stripe's lock, and whoever could tell that
        // a write landed late took that lock after this addition and before that verb; the lock orders them.
        self.standing.fetch_add(ONE_EPOCH, Ordering::Relaxed);
    }

    /// Changes what is allowed, for the very next verb of every live session. One at a time for each account.
    ///
    /// Each verb is decided wholly by the old rules or wholly by the new ones, and none by the old ones after one by the new
    /// ones, though there are two things to store. First the word keeps what both allow and sends everything else to the
    /// rules; so these alone decide where the two differ, and storing them is the change. Then the word gets what the new
    /// ones allow.
    ///
    /// Before that, what was revoked of the roles that the user had is seen to: nobody gets away by losing them.
    pub(crate) fn change_rules(&self, rules: Arc<Rules>) {
        self.settle();
        let new = bits_of(&rules);
        // Relaxed: whoever sees the new rules sees this, since they are stored behind it and loaded with `Acquire`.
        self.update(Ordering::Relaxed, |standing| in_between(standing, new));
        self.rules.store(rules);
        // Release: partner is the load in `standing_and_rules`, so that who saw this word never again sees the old rules.
        self.update(Ordering::Release, |standing| changed_to(standing, new));
    }

    /// Sees to what was revoked of the roles that its user has, before they change; whether there was anything since the last time.
    pub(super) fn settle(&self) -> bool {
        // Relaxed: whoever settled before did so under the directory's lock, or settles the same now.
        let settled = self.settled.load(Ordering::Relaxed);
        if settled == self.revocations.last() {
            return false;
        }
        let list = self.revocations.list();
        let last = list.last_of(self.rules.load().roles());
        let concerned = last > settled;
        if concerned {
            // Relaxed: ordered by the store behind it.
            self.void_before.fetch_max(last, Ordering::Relaxed);
        }
        // Release: partner is the load in `lost_a_role_since`, which then sees the other one as well.
        self.settled.fetch_max(list.last(), Ordering::Release);
        concerned
    }

    /// Whether a role was revoked after that revocation which its user had at the time.
    pub(super) fn lost_a_role_since(&self, known: u32, list: &Revoked) -> bool {
        // In this order: who finds other roles than those that were revoked finds, by the pointer's Acquire, that it was seen to.
        let last = list.last_of(self.rules.load().roles());
        // Acquire: partner is the store in `settle`.
        let settled = self.settled.load(Ordering::Acquire);
        // Relaxed: see `settle`.
        last > known.max(settled) || self.void_before.load(Ordering::Relaxed) > known
    }

    /// Has verbs ask the meter from now on.
    pub(super) fn limit(&self) {
        // Relaxed: a setting; each verb goes by what it sees.
        self.standing.fetch_or(LIMITED, Ordering::Relaxed);
    }

    /// Has verbs ask the meter no more.
    pub(super) fn lift_limits(&self) {
        // Relaxed: see `limit`.
        self.standing.fetch_and(!LIMITED, Ordering::Relaxed);
    }

    /// Has verbs ask whether their session was ended by itself: one was, just now.
    pub(super) fn suspect(&self) {
        let mut suspects = self.suspects.lock();
        *suspects += 1;
        // Relaxed: partner is the load in `standing`, ordered as for `revoke`.
        self.standing.fetch_or(SUSPECTS, Ordering::Relaxed);
    }

    /// One of those that were ended by themselves has gone; after the last one, verbs need not ask any more.
    pub(super) fn forget_suspect(&self) {
        let mut suspects = self.suspects.lock();
        *suspects = suspects.saturating_sub(1);
        if *suspects == 0 {
            // Relaxed: who misses it asks once too often. The lock keeps it apart from the next `suspect`.
            self.standing.fetch_and(!SUSPECTS, Ordering::Relaxed);
        }
    }

    fn update(&self, order: Ordering, change: impl Fn(u64) -> u64) {
        // Against `revoke`, which may come between.
        let changed = self.standing.fetch_update(order, Ordering::Relaxed, |standing| Some(change(standing)));
        debug_assert!(changed.is_ok(), "the closure never declines");
    }

    #[inline]
    pub(super) fn standing(&self) -> u64 {
        // Relaxed: see `revoke`.
        self.standing.load(Ordering::Relaxed)
    }

    #[cfg(all(test, not(loom)))]
    pub(super) fn toggle(&self, bits: u64) {
        self.standing.fetch_xor(bits, Ordering::Relaxed);
    }

    /// The same for who goes on to look at the rules.
    pub(super) fn standing_before_rules(&self) -> u64 {
        // Acquire: partner is the last store in `change_rules`.
        self.standing.load(Ordering::Acquire)
    }

    /// Whether verbs ask the meter: this account's own, or perhaps its maker's.
    #[inline]
    pub(super) fn may_be_limited(&self) -> bool {
        self.standing() & (LIMITED | DERIVED) != 0
    }

    /// Where the use of the user is counted, and whether it is limited now.
    pub(super) fn meter(&self) -> Option<(&Meter, bool)> {
        match &self.maker {
            Some(maker) => maker.account().meter(),
            None => Some((self.meter.as_deref()?, self.standing() & LIMITED != 0)),
        }
    }

    #[inline]
    pub(super) fn revocations(&self) -> &Revocations {
        &self.revocations
    }

    pub(super) fn rules(&self) -> &ArcSwap<Rules> {
        &self.rules
    }

    pub(super) fn maker(&self) -> Option<&Grant> {
        self.maker.as_ref()
    }
}

/// The word while the rules are about to be stored: what both allow, and all else is asked of them.
fn in_between(standing: u64, new: u64) -> u64 {
    standing & (new | !VERBS) | RULES
}

/// The word once they are.
fn changed_to(standing: u64, new: u64) -> u64 {
    standing & !(VERBS | RULES | WATCHED) | new
}

fn bits_of(rules: &Rules) -> u64 {
    rules.everywhere().bits()
        | if rules.depend_on_key() { RULES } else { 0 }
        | if rules.sampled().is_none() { 0 } else { WATCHED }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::{
        super::{role::Role, verb::Verb},
        *,
    };

    #[test]
    fn each_part_of_the_word_has_bits_of_its_own() {
        let parts = [VERBS, RULES, LIMITED, WATCHED, DERIVED, SUSPECTS, EPOCH];
        assert_eq!(parts.map(u64::count_ones), [9, 1, 1, 1, 1, 1, 48]);
        assert_eq!(parts.into_iter().fold(0, |all, part| all | part).count_ones(), 62);
        assert_eq!(SLOW, WATCHED | DERIVED | SUSPECTS, "limits are asked for elsewhere");
        assert_eq!(EPOCH.trailing_zeros(), ONE_EPOCH.trailing_zeros());
    }

    #[test]
    fn a_change_first_keeps_what_both_allow_and_touches_nothing_else() {
        let beside = LIMITED | WATCHED | DERIVED | (5 * ONE_EPOCH);
        let (old, new) = ((Verb::Read | Verb::Write).bits(), (Verb::Write | Verb::Touch).bits());
        for (had, gets) in [(0, 0), (0, RULES), (RULES, 0), (RULES, RULES)] {
            let standing = beside | old | had;
            let both = Verbs::from(Verb::Write).bits();
            assert_eq!(in_between(standing, new | gets), beside | both | RULES);
            assert_eq!(
                changed_to(standing, new | gets),
                beside & !WATCHED | new | gets,
                "rules say what is watched"
            );
        }
    }

    #[test]
    fn suspects_are_asked_after_until_the_last_has_gone() {
        let revocations = Arc::new(Revocations::new());
        let account = Account::new("ada", Arc::new(Role::ReadWrite.into()), revocations);
        account.suspect();
        account.suspect();
        account.forget_suspect();
        assert_ne!(account.standing() & SUSPECTS, 0);
        account.revoke();
        account.change_rules(Arc::new(Role::Admin.into()));
        assert_ne!(account.standing() & SUSPECTS, 0, "other changes leave it");
        account.forget_suspect();
        assert_eq!(account.standing() & SUSPECTS, 0);
    }
}
