//! What sessions look at on each verb: one account for each credential of a user, and one for trusted code.

use super::{rules::Rules, verb::Verbs};
use crate::{
    Refusal,
    sync::{Arc, ArcSwap, AtomicU64, Ordering},
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
}

/// Some verb is allowed for some keys only: ask the rules.
pub(super) const RULES: u64 = 1 << 9;
/// There are rate limits: ask the buckets.
pub(super) const LIMITED: u64 = 1 << 10;
/// Verbs are sampled for the audit.
pub(super) const WATCHED: u64 = 1 << 11;
/// Made from another account, and never worth more: ask that one too.
pub(super) const DERIVED: u64 = 1 << 12;

const VERBS: u64 = Verbs::ALL.bits();
pub(super) const EPOCH: u64 = !0 << 16;
const ONE_EPOCH: u64 = 1 << 16;
/// What an allowed verb is not over with. `RULES` is not among them: what is allowed for every key is.
pub(super) const SLOW: u64 = LIMITED | WATCHED | DERIVED;

/// Proof that somebody is this user: made where an exchange succeeded or trusted code named the user, and
/// worthless once the account's epoch has moved on.
#[derive(Clone, Debug)]
pub(crate) struct Grant {
    account: Arc<Account>,
    /// What the word is where everything is allowed and there is nothing else to ask; so that one comparison tells.
    best: u64,
}

impl Account {
    pub(crate) fn new(name: &str, rules: Arc<Rules>) -> Self {
        let standing = AtomicU64::new(bits_of(&rules));
        Self { name: name.into(), standing, rules: ArcSwap::new(rules), maker: None, generation: 0 }
    }

    /// One whose holders never have more than `maker` has. `None`: too many made each other.
    fn derived(maker: Grant, rules: Rules) -> Option<Self> {
        let made = Self::new(maker.account.name(), Arc::new(rules));
        made.standing.fetch_or(DERIVED, Ordering::Relaxed);
        let generation = maker.account.generation + 1;
        (generation <= Grant::MOST_GENERATIONS).then_some(Self { maker: Some(maker), generation, ..made })
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The epoch to remember before a proof is looked at, so that a change during the proof voids its outcome.
    pub(crate) fn epoch(&self) -> u64 {
        self.standing() & EPOCH
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
    pub(crate) fn change_rules(&self, rules: Arc<Rules>) {
        let new = bits_of(&rules);
        // Relaxed: whoever sees the new rules sees this, since they are stored behind it and loaded with `Acquire`.
        self.update(Ordering::Relaxed, |standing| in_between(standing, new));
        self.rules.store(rules);
        // Release: partner is the load in `standing_and_rules`, so that who saw this word never again sees the old rules.
        self.update(Ordering::Release, |standing| changed_to(standing, new));
    }

    fn update(&self, order: Ordering, change: impl Fn(u64) -> u64) {
        // Against `revoke`, which may come between.
        let changed = self.standing.fetch_update(order, Ordering::Relaxed, |standing| Some(change(standing)));
        debug_assert!(changed.is_ok(), "the closure never declines");
    }

    fn standing(&self) -> u64 {
        // Relaxed: see `revoke`.
        self.standing.load(Ordering::Relaxed)
    }

    /// The same for who goes on to look at the rules.
    pub(super) fn standing_before_rules(&self) -> u64 {
        // Acquire: partner is the last store in `change_rules`.
        self.standing.load(Ordering::Acquire)
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
    standing & !(VERBS | RULES) | new
}

fn bits_of(rules: &Rules) -> u64 {
    rules.everywhere().bits() | if rules.depend_on_key() { RULES } else { 0 }
}

impl Grant {
    /// So many grants may be made from each other: each verb asks them all.
    pub(crate) const MOST_GENERATIONS: u8 = 16;

    /// `epoch` must have been read before the proof was checked.
    pub(crate) fn new(account: Arc<Account>, epoch: u64) -> Self {
        Self { account, best: epoch | VERBS }
    }

    pub(crate) fn account(&self) -> &Account {
        &self.account
    }

    pub(super) fn epoch(&self) -> u64 {
        self.best & EPOCH
    }

    /// One that has what these rules allow and this one has, at each time.
    pub(crate) fn narrow(&self, rules: Rules) -> Result<Self, Refusal> {
        self.admit(Verbs::NONE, None)?;
        let account = Account::derived(self.clone(), rules).ok_or(Refusal::Forbidden)?;
        let epoch = account.epoch();
        Ok(Self::new(Arc::new(account), epoch))
    }

    /// Whether the holder may do this, now, with this key; without one, with every key; no verb: whether it still holds. Under
    /// the lock of the stripe that it is about, for writes: only there does "now" mean before the write. For a verb that is
    /// carried out; who only wants to know asks [`permits`](Self::permits).
    #[inline]
    pub(crate) fn admit(&self, verbs: impl Into<Verbs>, key: Option<&[u8]>) -> Result<(), Refusal> {
        let verbs = verbs.into();
        if self.admits_at_once(verbs) { Ok(()) } else { self.consider(verbs, key) }
    }

    /// Whether the holder may do this, without doing it.
    #[inline]
    pub(crate) fn permits(&self, verbs: impl Into<Verbs>, key: Option<&[u8]>) -> Result<(), Refusal> {
        let verbs = verbs.into();
        if self.admits_at_once(verbs) { Ok(()) } else { self.decide(verbs, key) }
    }

    #[inline]
    fn admits_at_once(&self, verbs: Verbs) -> bool {
        (self.account.standing() ^ self.best) & (EPOCH | SLOW | verbs.bits()) == 0
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::{
        super::{role::Role, rules::Rule, verb::Verb},
        *,
    };

    fn grant(rules: impl Into<Rules>) -> (Arc<Account>, Grant) {
        let account = Arc::new(Account::new("ada", Arc::new(rules.into())));
        let epoch = account.epoch();
        (account.clone(), Grant::new(account, epoch))
    }

    #[test]
    fn each_part_of_the_word_has_bits_of_its_own() {
        let parts = [VERBS, RULES, LIMITED, WATCHED, DERIVED, EPOCH];
        assert_eq!(parts.map(u64::count_ones), [9, 1, 1, 1, 1, 48]);
        assert_eq!(parts.into_iter().fold(0, |all, part| all | part).count_ones(), 61);
        assert_eq!(SLOW, LIMITED | WATCHED | DERIVED);
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
            assert_eq!(changed_to(standing, new | gets), beside | new | gets);
        }
    }

    #[test]
    fn what_is_for_every_key_is_decided_at_once_and_nothing_else_is() {
        let (account, _) = grant(Rules::from([Rule::allow(Verb::Read), Rule::allow(Verb::Write).under("k")]));
        account.revoke();
        let held = Grant::new(account.clone(), account.epoch());
        assert_eq!((held.account().name(), held.epoch()), ("ada", ONE_EPOCH));
        assert!(held.admits_at_once(Verb::Read.into()) && held.admits_at_once(Verbs::NONE));
        assert!(!held.admits_at_once(Verb::Write.into()) && !held.admits_at_once(Verb::Read | Verb::Touch));
        assert_eq!(held.admit(Verb::Write, Some(b"k")), Ok(()), "but it is allowed");
        assert_eq!(held.permits(Verb::Write, Some(b"k")), Ok(()));
        assert_eq!(held.permits(Verb::Write, Some(b"j")), Err(Refusal::Forbidden));
        for slow in [LIMITED, WATCHED] {
            account.standing.fetch_or(slow, Ordering::Relaxed);
            assert!(!held.admits_at_once(Verb::Read.into()), "there is more to ask");
            assert_eq!(held.admit(Verb::Read, None), Ok(()));
            account.standing.fetch_and(!slow, Ordering::Relaxed);
        }
        assert!(!held.narrow(Role::Admin.into()).unwrap().admits_at_once(Verb::Read.into()));
        account.revoke();
        assert!(!held.admits_at_once(Verb::Read.into()) && !held.admits_at_once(Verbs::NONE));
        assert_eq!(held.permits(Verb::Read, None), Err(Refusal::Revoked));
    }

    #[test]
    fn a_revoked_grant_admits_nothing_and_a_later_one_does() {
        let (account, old) = grant(Role::Admin);
        account.revoke();
        for verb in Verb::ALL {
            assert_eq!(old.admit(verb, Some(b"k")), Err(Refusal::Revoked));
        }
        assert_eq!(old.admit(Verbs::NONE, None), Err(Refusal::Revoked));
        let new = Grant::new(account.clone(), account.epoch());
        assert_eq!(new.admit(Verb::Admin, None), Ok(()));
    }

    #[test]
    fn changed_rules_count_at_once_and_end_no_session() {
        let (account, held) = grant(Role::ReadWrite);
        account.change_rules(Arc::new(Role::ReadOnly.into()));
        assert_eq!(held.admit(Verb::Write, Some(b"k")), Err(Refusal::Forbidden));
        assert_eq!(held.admit(Verb::Read, Some(b"k")), Ok(()));
        account.change_rules(Arc::new(Rules::from([Rule::allow(Verb::Write).under("k")])));
        assert_eq!(held.admit(Verb::Write, Some(b"kk")), Ok(()));
        assert_eq!(held.admit(Verb::Write, Some(b"j")), Err(Refusal::Forbidden));
        assert_eq!(held.admit(Verb::Read, Some(b"kk")), Err(Refusal::Forbidden));
        account.change_rules(Arc::new(Role::Admin.into()));
        assert_eq!(held.admit(Verb::Admin, None), Ok(()));
    }

    #[test]
    fn a_grant_from_before_the_epoch_moved_is_void() {
        let (account, _) = grant(Role::ReadWrite);
        let seen = account.epoch();
        account.revoke();
        assert_eq!(Grant::new(account, seen).admit(Verb::Read, Some(b"k")), Err(Refusal::Revoked));
    }

    #[test]
    fn a_narrowed_grant_has_what_both_have_and_no_more_after_a_change() {
        let (account, held) = grant(Rules::from([Rule::allow(Verb::Read | Verb::Write).under("a")]));
        let less = held.narrow(Rules::from([
            Rule::allow(Verb::Read | Verb::Delete),
            Rule::allow(Verb::Write).under("ab"),
        ]));
        let less = less.unwrap();
        assert_eq!(less.admit(Verb::Read, Some(b"a")), Ok(()));
        assert_eq!(less.admit(Verb::Write, Some(b"ab")), Ok(()));
        for (verb, key) in [(Verb::Read, b"b"), (Verb::Write, b"a"), (Verb::Delete, b"a")] {
            assert_eq!(less.admit(verb, Some(key)), Err(Refusal::Forbidden), "{verb}");
        }
        account.change_rules(Arc::new(Role::Admin.into()));
        assert_eq!(less.admit(Verb::Delete, Some(b"z")), Ok(()), "its maker has it now");
        assert_eq!(less.admit(Verb::Touch, Some(b"a")), Err(Refusal::Forbidden));
        account.change_rules(Arc::new(Role::ReadOnly.into()));
        assert_eq!(less.admit(Verb::Write, Some(b"ab")), Err(Refusal::Forbidden));
        account.revoke();
        assert_eq!(less.admit(Verb::Read, Some(b"a")), Err(Refusal::Revoked));
        assert_eq!(less.narrow(Role::Admin.into()).err(), Some(Refusal::Revoked));
    }

    #[test]
    fn grants_are_made_from_each_other_only_so_often() {
        let (account, mut held) = grant(Role::Admin);
        for _ in 0..Grant::MOST_GENERATIONS {
            held = held.narrow(Role::Admin.into()).unwrap();
        }
        assert_eq!(held.admit(Verb::Admin, None), Ok(()));
        assert_eq!(held.narrow(Role::Admin.into()).err(), Some(Refusal::Forbidden));
        account.revoke();
        assert_eq!(held.admit(Verb::Admin, None), Err(Refusal::Revoked));
    }
}
