//! What sessions look at on each verb: one account for each credential of a user, and one for trusted code.

use super::{
    evidence::Evidence,
    role::{Need, Role},
};
use crate::{
    Refusal,
    audit::Trail,
    sync::{Arc, AtomicU64, Ordering},
};

/// An epoch and the user's role in one word, so that a verb reads both in one load: bits 0 to 7 are the role, the rest
/// is the epoch. The epoch only grows; ending all sessions of an account is one addition.
#[derive(Debug)]
pub(crate) struct Account {
    name: Box<str>,
    standing: AtomicU64,
}

const ROLE_BITS: u32 = 8;
const ROLE_MASK: u64 = (1 << ROLE_BITS) - 1;

/// Proof that somebody is this user: made where an exchange succeeded or trusted code named the user, and
/// worthless once the account's epoch has moved on.
#[derive(Clone, Debug)]
pub(crate) struct Grant {
    account: Arc<Account>,
    epoch: u64,
    stage: Stage,
}

/// What the audit is to know of a grant. One at a time, since a session is kept for each idle connection.
#[derive(Clone, Debug)]
enum Stage {
    /// No session yet: by what it was proven, if it was.
    Proven(Option<Box<Evidence>>),
    /// There is a session: where what it is refused is told.
    Open(Trail),
}

impl Account {
    pub(crate) fn new(name: &str, role: Role) -> Self {
        Self { name: name.into(), standing: AtomicU64::new(role.to_bits()) }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn role(&self) -> Role {
        Role::from_bits(self.standing() & ROLE_MASK)
    }

    /// The epoch to remember before a proof is looked at, so that a change during the proof voids its outcome.
    pub(crate) fn epoch(&self) -> u64 {
        self.standing() >> ROLE_BITS
    }

    /// Ends every session of this account. When this returns, no write of theirs can land.
    pub(crate) fn revoke(&self) {
        // Relaxed, like the load in `standing`: a verb loads under its stripe's lock, and whoever could tell that
        // a write landed late took that lock after this addition and before that verb; the lock orders them.
        self.standing.fetch_add(1 << ROLE_BITS, Ordering::Relaxed);
    }

    /// Changes the role for the very next verb of every live session.
    pub(crate) fn change_role(&self, role: Role) {
        // Relaxed: partner is the load in `standing`, as in `revoke`.
        let changed = self.standing.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |standing| {
            Some((standing & !ROLE_MASK) | role.to_bits())
        });
        debug_assert!(changed.is_ok(), "the closure never declines");
    }

    fn standing(&self) -> u64 {
        // Relaxed: see `revoke`.
        self.standing.load(Ordering::Relaxed)
    }
}

impl Grant {
    /// `epoch` must have been read before the proof was checked.
    pub(crate) fn new(account: Arc<Account>, epoch: u64) -> Self {
        Self { account, epoch, stage: Stage::Proven(None) }
    }

    /// As one that came about by this.
    pub(crate) fn by(self, evidence: Evidence) -> Self {
        Self { stage: Stage::Proven(Some(Box::new(evidence))), ..self }
    }

    /// By what it came about, until there is a session.
    pub(crate) fn evidence(&self) -> Option<&Evidence> {
        match &self.stage {
            Stage::Proven(evidence) => evidence.as_deref(),
            Stage::Open(_) => None,
        }
    }

    /// As one whose refusals are told there.
    pub(crate) fn told_to(self, trail: Trail) -> Self {
        Self { stage: Stage::Open(trail), ..self }
    }

    pub(crate) fn trail(&self) -> Option<&Trail> {
        match &self.stage {
            Stage::Open(trail) => Some(trail),
            Stage::Proven(_) => None,
        }
    }

    pub(crate) fn account(&self) -> &Account {
        &self.account
    }

    /// Whether the holder may do what needs `need`, now. Under the lock of the stripe that it is about, for
    /// writes: only there does "now" mean before the write.
    #[inline]
    pub(crate) fn admit(&self, need: Need) -> Result<(), Refusal> {
        let standing = self.account.standing();
        if standing >> ROLE_BITS != self.epoch {
            return Err(Refusal::Revoked);
        }
        if !Role::from_bits(standing & ROLE_MASK).allows(need) {
            return Err(Refusal::Forbidden);
        }
        Ok(())
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    fn grant(role: Role) -> (Arc<Account>, Grant) {
        let account = Arc::new(Account::new("ada", role));
        let epoch = account.epoch();
        (account.clone(), Grant::new(account, epoch))
    }

    #[test]
    fn a_revoked_grant_admits_nothing_and_a_later_one_does() {
        let (account, old) = grant(Role::Admin);
        account.revoke();
        for need in [Need::Read, Need::Write, Need::Administer] {
            assert_eq!(old.admit(need), Err(Refusal::Revoked));
        }
        let new = Grant::new(account.clone(), account.epoch());
        assert_eq!(new.admit(Need::Administer), Ok(()));
    }

    #[test]
    fn a_changed_role_counts_at_once_and_ends_no_session() {
        let (account, held) = grant(Role::ReadWrite);
        account.change_role(Role::ReadOnly);
        assert_eq!(held.admit(Need::Write), Err(Refusal::Forbidden));
        assert_eq!(held.admit(Need::Read), Ok(()));
        account.change_role(Role::Admin);
        assert_eq!(held.admit(Need::Administer), Ok(()));
    }

    #[test]
    fn a_grant_from_before_the_epoch_moved_is_void() {
        let account = Arc::new(Account::new("ada", Role::ReadWrite));
        let seen = account.epoch();
        account.revoke();
        assert_eq!(Grant::new(account, seen).admit(Need::Read), Err(Refusal::Revoked));
    }
}
