//! A name that was looked up, until its proof is judged: the one place that turns a proof into a grant.

use super::{
    account::{Account, Grant},
    failure::LoginFailure,
    keyed_hash::HASH_LEN,
    memory::{Memory, Slot, Tag},
    name::UserName,
    password::Password,
    verifier::Verifier,
};
use crate::sync::Arc;
use std::{fmt, time::Instant};
use subtle::Choice;

/// What the directory says to a claimed name. Unknown names have one too, with a mock verifier: all work is the
/// same for them, and only the end differs.
pub(super) struct Identity {
    claimed: UserName,
    verifier: Arc<Verifier>,
    slot: Arc<Slot>,
    holder: Holder,
}

/// Who would be logged in.
pub(super) enum Holder {
    /// A user with the epoch that was read together with the verifier. A password that is changed or a user who is
    /// removed while the proof is on its way moves the epoch, so that the grant which comes of it is void.
    User { account: Arc<Account>, epoch: u64 },
    /// A user whom only trusted code logs in.
    Passwordless,
    /// No such user.
    Nobody,
}

impl Identity {
    pub(super) fn new(claimed: UserName, verifier: Arc<Verifier>, slot: Arc<Slot>, holder: Holder) -> Self {
        Self { claimed, verifier, slot, holder }
    }

    /// The name that was looked up.
    pub(super) fn claimed(&self) -> &UserName {
        &self.claimed
    }

    pub(super) fn verifier(&self) -> &Verifier {
        &self.verifier
    }

    /// What this password was verified as before, if it was: microseconds of CPU, as many if it was not.
    pub(super) fn recall(
        &self,
        memory: &Memory,
        password: &Password,
        acting_as: Option<&UserName>,
    ) -> Option<Result<Grant, LoginFailure>> {
        let tag = self.tag(memory, password)?;
        let known = memory.recalls(&self.slot, &tag, Instant::now());
        bool::from(known).then(|| self.conclude(known, acting_as))
    }

    /// Derives, whoever it is, and only then looks who it is: milliseconds of CPU. What was right is remembered.
    pub(super) fn prove_by_password(
        &self,
        memory: &Memory,
        password: &Password,
        acting_as: Option<&UserName>,
    ) -> Result<Grant, LoginFailure> {
        let proven = self.verifier.matches(password);
        if bool::from(proven)
            && matches!(self.holder, Holder::User { .. })
            && let Some(tag) = self.tag(memory, password)
        {
            memory.keep(&self.slot, tag, Instant::now());
        }
        self.conclude(proven, acting_as)
    }

    /// By the account's own name where there is one, so that every spelling with a realm finds the same.
    fn tag(&self, memory: &Memory, password: &Password) -> Option<Tag> {
        let name = match &self.holder {
            Holder::User { account, .. } => account.name(),
            Holder::Passwordless | Holder::Nobody => self.claimed.as_str(),
        };
        memory.tag(name, &self.verifier, password)
    }

    /// The same for a proof of SCRAM.
    pub(super) fn prove_by_scram(
        &self,
        proof: &[u8; HASH_LEN],
        auth_message: &[&[u8]],
        acting_as: Option<&UserName>,
    ) -> Result<Grant, LoginFailure> {
        self.conclude(self.verifier.is_proven_by(proof, auth_message), acting_as)
    }

    fn conclude(&self, proven: Choice, acting_as: Option<&UserName>) -> Result<Grant, LoginFailure> {
        let (account, epoch) = match &self.holder {
            Holder::User { account, epoch } => (account, *epoch),
            Holder::Passwordless => return Err(LoginFailure::NoPassword),
            Holder::Nobody => return Err(LoginFailure::UnknownUser),
        };
        if !bool::from(proven) {
            return Err(LoginFailure::WrongPassword);
        }
        // After the proof, or it would tell strangers which names belong together.
        let itself = |name: &UserName| *name == self.claimed || name.as_str() == account.name();
        if !acting_as.is_none_or(itself) {
            return Err(LoginFailure::NotAuthorized);
        }
        Ok(Grant::new(account.clone(), epoch))
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity").field("claimed", &self.claimed).finish_non_exhaustive()
    }
}
