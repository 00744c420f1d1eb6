//! What sessions look at on each verb: one account for each credential of a user, and one for trusted code.

use super::{meter::Meter, rules::Rules, sessions::Live, verb::Verbs};
use crate::{
    Refusal,
    audit::{Origin, Trail},
    sync::{Arc, ArcSwap, AtomicU64, Mutex, Ordering},
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
const SUSPECTS: u64 = 1 << 13;

const VERBS: u64 = Verbs::ALL.bits();
pub(super) const EPOCH: u64 = !0 << 16;
const ONE_EPOCH: u64 = 1 << 16;
/// What an allowed verb is not over with. `RULES` is not among them: what is allowed for every key is.
pub(super) const SLOW: u64 = WATCHED | DERIVED | SUSPECTS;

/// Proof that somebody is this user: made where an exchange succeeded or trusted code named the user, and
/// worthless once the account's epoch has moved on.
#[derive(Clone, Debug)]
pub(crate) struct Grant {
    account: Arc<Account>,
    /// What the word is where everything is allowed and there is nothing else to ask; so that one comparison tells.
    best: u64,
    /// The session that it is for.
    live: Arc<Live>,
}

impl Account {
    pub(crate) fn new(name: &str, rules: Arc<Rules>) -> Self {
        let standing = AtomicU64::new(bits_of(&rules));
        Self {
            name: name.into(),
            standing,
            rules: ArcSwap::new(rules),
            maker: None,
            generation: 0,
            meter: None,
            suspects: Mutex::new(0),
        }
    }

    /// As one whose use is counted there.
    pub(super) fn metered_by(self, meter: Arc<Meter>) -> Self {
        Self { meter: Some(meter), ..self }
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

    fn standing(&self) -> u64 {
        // Relaxed: see `revoke`.
        self.standing.load(Ordering::Relaxed)
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
            Some(maker) => maker.account.meter(),
            None => Some((self.meter.as_deref()?, self.standing() & LIMITED != 0)),
        }
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

impl Grant {
    /// So many grants may be made from each other: each verb asks them all.
    pub(crate) const MOST_GENERATIONS: u8 = 16;

    /// `epoch` must have been read before the proof was checked.
    pub(super) fn new(account: Arc<Account>, epoch: u64, live: Live) -> Self {
        Self { account, best: epoch | VERBS, live: Arc::new(live) }
    }

    /// As one that was opened from there; for one that nobody has a session of yet.
    pub(super) fn coming_from(mut self, origin: Origin) -> Self {
        let live = Arc::get_mut(&mut self.live);
        debug_assert!(live.is_some(), "it is not listed, and has no clone");
        if let Some(live) = live {
            live.come_from(origin);
        }
        self
    }

    /// Where a verb is told that is sampled, which was done from where the session was opened.
    pub(super) fn trail(&self) -> Option<Trail> {
        self.live.users().map(|users| Trail::new(users.audit(), self.live.origin()))
    }

    pub(crate) fn account(&self) -> &Account {
        &self.account
    }

    pub(super) fn epoch(&self) -> u64 {
        self.best & EPOCH
    }

    pub(super) fn live(&self) -> &Live {
        &self.live
    }

    /// An account whose holders have what these rules allow and this one has, at each time; and its epoch.
    pub(super) fn deputy(&self, rules: Rules) -> Result<(Arc<Account>, u64), Refusal> {
        self.admit(Verbs::NONE, None)?;
        let account = Account::derived(self.clone(), rules).ok_or(Refusal::Forbidden)?;
        let epoch = account.epoch();
        Ok((Arc::new(account), epoch))
    }

    /// Whether the holder may do this, now, with this key; without one, with every key; no verb: whether it still holds. Under
    /// the lock of the stripe that it is about, for writes: only there does "now" mean before the write. For a verb that is
    /// carried out; who only wants to know asks [`permits`](Self::permits).
    #[inline]
    pub(crate) fn admit(&self, verbs: impl Into<Verbs>, key: Option<&[u8]>) -> Result<(), Refusal> {
        let verbs = verbs.into();
        if self.admits_at_once(verbs) { Ok(()) } else { self.consider(verbs, key) }
    }

    /// Whether there is anything to be had by it, also once its session has gone.
    pub(super) fn still_holds(&self) -> bool {
        !self.live.is_ended() && self.permits(Verbs::NONE, None).is_ok()
    }

    /// Whether the holder may do this, without doing it.
    #[inline]
    pub(crate) fn permits(&self, verbs: impl Into<Verbs>, key: Option<&[u8]>) -> Result<(), Refusal> {
        let verbs = verbs.into();
        if self.admits_at_once(verbs) { Ok(()) } else { self.decide(verbs, key) }
    }

    /// `keyway_unchecked` is for measuring what this costs: `cargo xtask bench-permissions`.
    #[inline]
    fn admits_at_once(&self, verbs: Verbs) -> bool {
        cfg!(keyway_unchecked) || (self.account.standing() ^ self.best) & (EPOCH | SLOW | verbs.bits()) == 0
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::{
        super::{
            role::Role,
            rules::Rule,
            sessions::{By, Registry},
            verb::Verb,
        },
        *,
    };

    fn grant_of(account: &Arc<Account>, epoch: u64) -> Grant {
        Grant::new(account.clone(), epoch, Registry::new().prepare(By::Code))
    }

    fn narrow(grant: &Grant, rules: Rules) -> Result<Grant, Refusal> {
        let (account, epoch) = grant.deputy(rules)?;
        Ok(grant_of(&account, epoch))
    }

    fn grant(rules: impl Into<Rules>) -> (Arc<Account>, Grant) {
        let account = Arc::new(Account::new("ada", Arc::new(rules.into())));
        let epoch = account.epoch();
        (account.clone(), grant_of(&account, epoch))
    }

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
    fn what_is_for_every_key_is_decided_at_once_and_nothing_else_is() {
        let (account, _) = grant(Rules::from([Rule::allow(Verb::Read), Rule::allow(Verb::Write).under("k")]));
        account.revoke();
        let held = grant_of(&account, account.epoch());
        assert_eq!((held.account().name(), held.epoch()), ("ada", ONE_EPOCH));
        assert!(held.admits_at_once(Verb::Read.into()) && held.admits_at_once(Verbs::NONE));
        assert!(!held.admits_at_once(Verb::Write.into()) && !held.admits_at_once(Verb::Read | Verb::Touch));
        assert_eq!(held.admit(Verb::Write, Some(b"k")), Ok(()), "but it is allowed");
        assert_eq!(held.permits(Verb::Write, Some(b"k")), Ok(()));
        assert_eq!(held.permits(Verb::Write, Some(b"j")), Err(Refusal::Forbidden));
        for slow in [WATCHED, SUSPECTS] {
            account.standing.fetch_or(slow, Ordering::Relaxed);
            assert!(!held.admits_at_once(Verb::Read.into()), "there is more to ask");
            assert_eq!(held.admit(Verb::Read, None), Ok(()));
            account.standing.fetch_and(!slow, Ordering::Relaxed);
        }
        assert!(!narrow(&held, Role::Admin.into()).unwrap().admits_at_once(Verb::Read.into()));
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
        let new = grant_of(&account, account.epoch());
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
        assert_eq!(grant_of(&account, seen).admit(Verb::Read, Some(b"k")), Err(Refusal::Revoked));
    }

    #[test]
    fn a_narrowed_grant_has_what_both_have_and_no_more_after_a_change() {
        let (account, held) = grant(Rules::from([Rule::allow(Verb::Read | Verb::Write).under("a")]));
        let less = narrow(
            &held,
            Rules::from([Rule::allow(Verb::Read | Verb::Delete), Rule::allow(Verb::Write).under("ab")]),
        );
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
        assert_eq!(narrow(&less, Role::Admin.into()).err(), Some(Refusal::Revoked));
    }

    #[test]
    fn grants_are_made_from_each_other_only_so_often() {
        let (account, mut held) = grant(Role::Admin);
        for _ in 0..Grant::MOST_GENERATIONS {
            held = narrow(&held, Role::Admin.into()).unwrap();
        }
        assert_eq!(held.admit(Verb::Admin, None), Ok(()));
        assert_eq!(narrow(&held, Role::Admin.into()).err(), Some(Refusal::Forbidden));
        account.revoke();
        assert_eq!(held.admit(Verb::Admin, None), Err(Refusal::Revoked));
    }

    #[test]
    fn a_session_that_ends_by_itself_takes_what_it_made_and_no_other() {
        let (account, ended) = grant(Role::ReadWrite);
        let other = grant_of(&account, account.epoch());
        let made = narrow(&ended, Role::ReadOnly.into()).unwrap();
        assert!(ended.live().end());
        account.suspect();
        for gone in [&ended, &made] {
            assert_eq!(gone.admit(Verb::Read, Some(b"k")), Err(Refusal::Revoked));
            assert_eq!(gone.permits(Verb::Admin, None), Err(Refusal::Revoked));
        }
        assert_eq!(other.admit(Verb::Write, Some(b"k")), Ok(()));
        account.forget_suspect();
        assert_eq!(account.standing() & SLOW, 0, "nobody pays for it any more");
        assert_eq!(made.admit(Verb::Read, Some(b"k")), Err(Refusal::Revoked), "what it made stays ended");
    }

    #[test]
    fn suspects_are_asked_after_until_the_last_has_gone() {
        let (account, _) = grant(Role::ReadWrite);
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
