//! A name that was looked up, until its proof is judged: the one place that turns a proof into a grant.

use super::{
    account::{Account, Grant},
    credential::Credential,
    failure::LoginFailure,
    keyed_hash::HASH_LEN,
    memory::{Memory, Slot, Tag},
    name::UserName,
    password::Password,
    stored_form::{Derived, StoredForm},
    verifier::Verifier,
};
use crate::sync::Arc;
use std::{
    fmt,
    time::{Instant, SystemTime},
};
use subtle::Choice;

/// What the directory says to a claimed name. Unknown names have one too, with mock candidates: all work is the
/// same for them, and only the end differs.
pub(super) struct Identity {
    claimed: UserName,
    /// The newest first.
    candidates: Vec<Candidate>,
    /// What SCRAM shows and judges where no candidate has a form for it.
    stand_in: Verifier,
    holder: Holder,
}

/// A credential that a proof may be of, or a mock one.
pub(super) struct Candidate {
    credential: Arc<Credential>,
    slot: Arc<Slot>,
    /// The account with the epoch that was read together with the credential. A credential that ends, or a user who is
    /// removed, while the proof is on its way moves the epoch, so that the grant which comes of it is void. `None`: a mock.
    standing: Option<(Arc<Account>, u64)>,
}

/// Who would be logged in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Holder {
    /// A user, by one of the candidates.
    User,
    /// A user none of whose credentials counts now.
    Expired,
    /// A user whom only trusted code logs in.
    Passwordless,
    /// No such user.
    Nobody,
}

impl Candidate {
    /// To be made under the lock under which the credential was found.
    pub(super) fn new(credential: &Arc<Credential>, slot: &Arc<Slot>, account: &Arc<Account>) -> Self {
        let standing = Some((account.clone(), account.epoch()));
        Self { credential: credential.clone(), slot: slot.clone(), standing }
    }

    pub(super) fn mock(credential: Credential) -> Self {
        Self { credential: Arc::new(credential), slot: Arc::new(Slot::new()), standing: None }
    }

    fn verifier(&self) -> Option<&Verifier> {
        self.credential.forms.iter().find_map(StoredForm::verifier)
    }
}

impl Identity {
    pub(super) fn new(
        claimed: UserName,
        candidates: Vec<Candidate>,
        stand_in: Verifier,
        holder: Holder,
    ) -> Self {
        Self { claimed, candidates, stand_in, holder }
    }

    /// The name that was looked up.
    pub(super) fn claimed(&self) -> &UserName {
        &self.claimed
    }

    /// Whose salt and rounds SCRAM shows: the newest candidate's. A proof is judged by each candidate that shares them.
    pub(super) fn verifier(&self) -> &Verifier {
        self.candidates.iter().find_map(Candidate::verifier).unwrap_or(&self.stand_in)
    }

    /// What this password was verified as before, if it was: microseconds of CPU, as many if it was not.
    pub(super) fn recall(
        &self,
        memory: &Memory,
        password: &Password,
        acting_as: Option<&UserName>,
    ) -> Option<Result<Grant, LoginFailure>> {
        let tag = self.tag(memory, password)?;
        let now = Instant::now();
        let mut known = None;
        for candidate in &self.candidates {
            if bool::from(memory.recalls(&candidate.slot, &tag, now)) {
                known = known.or(Some(candidate));
            }
        }
        known.map(|candidate| self.conclude(Some(candidate), acting_as))
    }

    /// Derives, whoever it is, and only then looks who it is: milliseconds of CPU. What was right is remembered.
    pub(super) fn prove_by_password(
        &self,
        memory: &Memory,
        password: &Password,
        acting_as: Option<&UserName>,
    ) -> Result<Grant, LoginFailure> {
        let proven = self.whose(password);
        if let Some(candidate) = proven
            && candidate.standing.is_some()
            && let Some(tag) = self.tag(memory, password)
        {
            memory.keep(&candidate.slot, tag, Instant::now());
        }
        self.conclude(proven, acting_as)
    }

    /// The candidate whose password this is. One derivation serves all candidates that share it; what is wrong costs each
    /// of them.
    fn whose(&self, password: &Password) -> Option<&Candidate> {
        let mut made: Vec<(&StoredForm, Derived)> = Vec::new();
        for candidate in &self.candidates {
            let Some(form) = candidate.credential.password_form() else { continue };
            let at = made.iter().position(|(other, _)| other.shares_derivation_with(form));
            let at = at.unwrap_or_else(|| {
                made.push((form, form.derive(password)));
                made.len() - 1
            });
            if bool::from(form.matches(&made[at].1)) {
                return Some(candidate);
            }
        }
        None
    }

    /// How many passwords there are to be judged by, and how many derivations a wrong one takes.
    #[cfg(test)]
    pub(super) fn work(&self) -> (usize, usize) {
        let forms: Vec<_> = self.candidates.iter().filter_map(|it| it.credential.password_form()).collect();
        let first = |at: &usize| !forms[..*at].iter().any(|form| form.shares_derivation_with(forms[*at]));
        (forms.len(), (0..forms.len()).filter(first).count())
    }

    /// By the account's own name where there is one, so that every spelling with a realm finds the same.
    fn tag(&self, memory: &Memory, password: &Password) -> Option<Tag> {
        memory.tag(self.own_name().unwrap_or_else(|| self.claimed.as_str()), password)
    }

    fn own_name(&self) -> Option<&str> {
        let (account, _) = self.candidates.iter().find_map(|candidate| candidate.standing.as_ref())?;
        Some(account.name())
    }

    /// The same for a proof of SCRAM: microseconds of CPU. Yields the server's own proof too, by the key of the password
    /// that was proven.
    pub(super) fn prove_by_scram(
        &self,
        proof: &[u8; HASH_LEN],
        auth_message: &[&[u8]],
        acting_as: Option<&UserName>,
    ) -> Result<(Grant, [u8; HASH_LEN]), LoginFailure> {
        let shown = self.verifier();
        let judge = |verifier: &Verifier| -> (Choice, [u8; HASH_LEN]) {
            // The signature before the verdict, so that each failure has cost the same.
            let signature = verifier.signature(auth_message);
            (verifier.is_proven_by(proof, auth_message), signature)
        };
        let mut proven = None;
        let mut judged = false;
        for candidate in &self.candidates {
            let Some(verifier) = candidate.verifier() else { continue };
            if !verifier.shares_derivation_with(shown) {
                continue;
            }
            judged = true;
            let (fits, signature) = judge(verifier);
            if bool::from(fits) {
                proven = proven.or(Some((candidate, signature)));
            }
        }
        if !judged {
            // For its work only: no proof fits.
            judge(&self.stand_in);
        }
        let grant = self.conclude(proven.map(|(candidate, _)| candidate), acting_as)?;
        Ok((grant, proven.map(|(_, signature)| signature).unwrap_or_default()))
    }

    fn conclude(
        &self,
        proven: Option<&Candidate>,
        acting_as: Option<&UserName>,
    ) -> Result<Grant, LoginFailure> {
        match self.holder {
            Holder::User => {}
            Holder::Expired => return Err(LoginFailure::Expired),
            Holder::Passwordless => return Err(LoginFailure::NoPassword),
            Holder::Nobody => return Err(LoginFailure::UnknownUser),
        }
        let Some((candidate, (account, epoch))) = proven.and_then(|it| Some((it, it.standing.as_ref()?)))
        else {
            return Err(LoginFailure::WrongPassword);
        };
        // After the proof, or it would tell strangers which names belong together.
        let itself = |name: &UserName| *name == self.claimed || name.as_str() == account.name();
        if !acting_as.is_none_or(itself) {
            return Err(LoginFailure::NotAuthorized);
        }
        candidate.slot.mark_used(SystemTime::now());
        Ok(Grant::new(account.clone(), *epoch))
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity").field("claimed", &self.claimed).finish_non_exhaustive()
    }
}
