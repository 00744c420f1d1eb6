//! Proof that somebody is a user, on which verbs are decided.

use super::{
    account::{Account, EPOCH, SLOW, Since, VERBS},
    rules::Rules,
    sessions::Live,
    verb::Verbs,
};
use crate::{
    Refusal,
    audit::{Origin, Trail},
    sync::Arc,
};

/// Proof that somebody is this user: made where an exchange succeeded or trusted code named the user, and
/// worthless once the account's epoch has moved on. One pointer, since each idle connection has one, and whoever lists the live
/// sessions another.
#[derive(Clone, Debug)]
pub(crate) struct Grant(Arc<Granted>);

#[derive(Debug)]
struct Granted {
    account: Arc<Account>,
    /// What the word is where everything is allowed and there is nothing else to ask; so that one comparison tells.
    best: u64,
    /// The session that it is for.
    live: Live,
}

impl Grant {
    /// So many grants may be made from each other: each verb asks them all.
    pub(crate) const MOST_GENERATIONS: u8 = 16;

    /// `since` must have been read before the proof was checked.
    pub(super) fn new(account: Arc<Account>, since: Since, mut live: Live) -> Self {
        live.is_since(since.revocation);
        Self(Arc::new(Granted { account, best: since.epoch | VERBS, live }))
    }

    /// As one that was opened from there; for one that nobody has a session of yet.
    pub(super) fn coming_from(mut self, origin: Origin) -> Self {
        let granted = Arc::get_mut(&mut self.0);
        debug_assert!(granted.is_some(), "it is not listed, and has no clone");
        if let Some(granted) = granted {
            granted.live.come_from(origin);
        }
        self
    }

    /// Where a verb is told that is sampled, which was done from where the session was opened.
    pub(super) fn trail(&self) -> Option<Trail> {
        self.live().users().map(|users| Trail::new(users.audit(), self.live().origin()))
    }

    #[inline]
    pub(crate) fn account(&self) -> &Account {
        &self.0.account
    }

    pub(super) fn epoch(&self) -> u64 {
        self.0.best & EPOCH
    }

    /// Whether it is not among what was revoked of many at once. One look at each revocation.
    pub(super) fn outlives_revocations(&self) -> bool {
        let (account, known) = (self.account(), self.live().known());
        if account.revocations().last() == known {
            return true;
        }
        let list = account.revocations().list();
        if list.concern(known, self.live().opened_nanos()) || account.lost_a_role_since(known, &list) {
            return false;
        }
        self.live().knows(list.last());
        true
    }

    #[inline]
    pub(super) fn live(&self) -> &Live {
        &self.0.live
    }

    /// An account whose holders have what these rules allow and this one has, at each time; and since when.
    pub(super) fn deputy(&self, rules: Rules) -> Result<(Arc<Account>, Since), Refusal> {
        self.admit(Verbs::NONE, None)?;
        let account = Account::derived(self.clone(), rules).ok_or(Refusal::Forbidden)?;
        let since = account.since();
        Ok((Arc::new(account), since))
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
        !self.live().is_ended() && self.permits(Verbs::NONE, None).is_ok()
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
        let account = self.account();
        // Both differences in one comparison.
        let standing = (account.standing() ^ self.0.best) & (EPOCH | SLOW | verbs.bits());
        let revocation = account.revocations().last() ^ self.live().known();
        cfg!(keyway_unchecked) || standing | u64::from(revocation) == 0
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::{
        super::{
            account::{ONE_EPOCH, SUSPECTS, WATCHED},
            revocations::Revocations,
            role::Role,
            rules::Rule,
            sessions::{By, Registry},
            verb::Verb,
        },
        *,
    };

    fn grant_of(account: &Arc<Account>, since: Since) -> Grant {
        Grant::new(account.clone(), since, Registry::new().prepare(By::Code))
    }

    fn narrow(grant: &Grant, rules: Rules) -> Result<Grant, Refusal> {
        let (account, since) = grant.deputy(rules)?;
        Ok(grant_of(&account, since))
    }

    fn grant(rules: impl Into<Rules>) -> (Arc<Account>, Grant) {
        let revocations = Arc::new(Revocations::new());
        let account = Arc::new(Account::new("ada", Arc::new(rules.into()), revocations));
        (account.clone(), grant_of(&account, account.since()))
    }

    #[test]
    fn what_is_for_every_key_is_decided_at_once_and_nothing_else_is() {
        let (account, _) = grant(Rules::from([Rule::allow(Verb::Read), Rule::allow(Verb::Write).under("k")]));
        account.revoke();
        let held = grant_of(&account, account.since());
        assert_eq!((held.account().name(), held.epoch()), ("ada", ONE_EPOCH));
        assert!(held.admits_at_once(Verb::Read.into()) && held.admits_at_once(Verbs::NONE));
        assert!(!held.admits_at_once(Verb::Write.into()) && !held.admits_at_once(Verb::Read | Verb::Touch));
        assert_eq!(held.admit(Verb::Write, Some(b"k")), Ok(()), "but it is allowed");
        assert_eq!(held.permits(Verb::Write, Some(b"k")), Ok(()));
        assert_eq!(held.permits(Verb::Write, Some(b"j")), Err(Refusal::Forbidden));
        for slow in [WATCHED, SUSPECTS] {
            account.toggle(slow);
            assert!(!held.admits_at_once(Verb::Read.into()), "there is more to ask");
            assert_eq!(held.admit(Verb::Read, None), Ok(()));
            account.toggle(slow);
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
        let new = grant_of(&account, account.since());
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
        let seen = account.since();
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
        let other = grant_of(&account, account.since());
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
}
