//! A name that was looked up, until its proof is judged: the one place that turns a proof into a grant.

use super::{
    account::{Account, Since},
    cram_md5::DIGEST_LEN,
    credential::Credential,
    failure::LoginFailure,
    grant::Grant,
    known_by::KnownBy,
    mechanism::Mechanism,
    memory::{Memory, Slot, Tag},
    name::UserName,
    password::Password,
    scram_hash::{HashOutput, ScramHash},
    sessions::{By, Registry},
    source::Judgement,
    stored_form::{Derived, StoredForm},
    verifier::Verifier,
};
use crate::sync::Arc;
use std::{
    fmt,
    time::{Instant, SystemTime},
};

/// What the directory says to a claimed name. Unknown names have one too, with mock candidates: all work is the
/// same for them, and only the end differs.
pub(super) struct Identity {
    claimed: UserName,
    /// By which it is to be proven.
    mechanism: Mechanism,
    /// The newest first.
    candidates: Vec<Candidate>,
    /// What the mechanism shows and judges where no candidate has a form for it: nothing proves it.
    stand_in: StoredForm,
    holder: Holder,
    certainty: Certainty,
    /// Where whoever is proven will be listed.
    registry: Arc<Registry>,
}

/// Whether what the directory says is what the source of users would say now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Certainty {
    Certain,
    /// It could not tell, and what it said before still counts.
    InDoubt,
    /// It could not tell, and has not said anything that counts.
    Unknown,
}

/// A credential that a proof may be of, or a mock one.
pub(super) struct Candidate {
    credential: Arc<Credential>,
    slot: Arc<Slot>,
    /// The account, and since when it is known, which was read together with the credential. A credential that ends, or a user
    /// who is removed, while the proof is on its way does so later, and the grant which comes of it is void. `None`: a mock.
    standing: Option<(Arc<Account>, Since)>,
    known_by: KnownBy,
}

/// A verifier for a password that was right, of which something weak is stored.
pub(super) struct Replacement {
    pub(super) outdated: Arc<Credential>,
    pub(super) verifier: Verifier,
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
    pub(super) fn new(
        credential: &Arc<Credential>,
        slot: &Arc<Slot>,
        account: &Arc<Account>,
        known_by: KnownBy,
    ) -> Self {
        let standing = Some((account.clone(), account.since()));
        Self { credential: credential.clone(), slot: slot.clone(), standing, known_by }
    }

    pub(super) fn mock(credential: Credential) -> Self {
        let (credential, slot) = (Arc::new(credential), Arc::new(Slot::new()));
        Self { credential, slot, standing: None, known_by: KnownBy::Own }
    }

    fn verifier(&self, hash: ScramHash) -> Option<&Verifier> {
        self.credential.forms.iter().find_map(|form| form.verifier(hash))
    }
}

impl Identity {
    pub(super) fn new(
        claimed: UserName,
        mechanism: Mechanism,
        candidates: Vec<Candidate>,
        stand_in: StoredForm,
        holder: Holder,
        registry: Arc<Registry>,
    ) -> Self {
        Self { claimed, mechanism, candidates, stand_in, holder, certainty: Certainty::Certain, registry }
    }

    /// Lets each refusal say that the source of users could not tell: a password that it would find right may be refused here.
    pub(super) fn under(&mut self, certainty: Certainty) {
        self.certainty = certainty;
    }

    /// The name under which the source of users knows somebody whose password it verifies itself.
    pub(super) fn name_elsewhere(&self) -> Option<&str> {
        let nothing_stored = |candidate: &Candidate| candidate.credential.forms.is_empty();
        if self.candidates.iter().any(nothing_stored) { self.own_name() } else { None }
    }

    pub(super) fn is_nobody(&self) -> bool {
        self.holder == Holder::Nobody
    }

    /// What comes of the source's own judgement. What was right is remembered.
    pub(super) fn prove_elsewhere(
        &self,
        memory: &Memory,
        password: &Password,
        judgement: Judgement,
        acting_as: Option<&UserName>,
    ) -> Result<Grant, LoginFailure> {
        let proven = self.candidates.first().filter(|_| judgement == Judgement::Right);
        self.keep(memory, proven, password);
        self.conclude(proven, acting_as)
    }

    /// The name that was looked up.
    pub(super) fn claimed(&self) -> &UserName {
        &self.claimed
    }

    /// Whose salt and rounds SCRAM shows: the newest candidate's. A proof is judged by each candidate that shares them.
    /// `None` only where the name was looked up for another mechanism.
    pub(super) fn verifier(&self, hash: ScramHash) -> Option<&Verifier> {
        let newest = self.candidates.iter().find_map(|candidate| candidate.verifier(hash));
        newest.or_else(|| self.stand_in.verifier(hash))
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
    ) -> Result<(Grant, Option<Replacement>), LoginFailure> {
        let proven = self.whose(password);
        self.keep(memory, proven.as_ref().map(|(candidate, _)| *candidate), password);
        let grant = self.conclude(proven.as_ref().map(|(candidate, _)| *candidate), acting_as)?;
        let replacement = |(candidate, verifier): (&Candidate, Option<Verifier>)| {
            Some(Replacement { outdated: candidate.credential.clone(), verifier: verifier? })
        };
        Ok((grant, proven.and_then(replacement)))
    }

    fn keep(&self, memory: &Memory, proven: Option<&Candidate>, password: &Password) {
        if let Some(candidate) = proven
            && candidate.standing.is_some()
            && let Some(tag) = self.tag(memory, password)
        {
            memory.keep(&candidate.slot, tag, Instant::now());
        }
    }

    /// The candidate whose password this is, and what is to be stored of it from now on if that is something else. One derivation serves all candidates that share it; what is wrong costs each
    /// of them.
    fn whose(&self, password: &Password) -> Option<(&Candidate, Option<Verifier>)> {
        let beside = self.candidates.iter().find_map(|candidate| candidate.verifier(ScramHash::Sha256));
        let mut made: Vec<(&StoredForm, Derived)> = Vec::new();
        for candidate in &self.candidates {
            let Some(form) = candidate.credential.password_form() else { continue };
            let at = match made.iter().position(|(other, _)| other.shares_derivation_with(form)) {
                Some(at) => at,
                None => {
                    made.push((form, form.derive(password, beside)?));
                    made.len() - 1
                }
            };
            if bool::from(form.matches(&made[at].1)) {
                return Some((candidate, made[at].1.upgrade().cloned()));
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

    #[cfg(test)]
    pub(super) fn kinds_of_work(&self) -> Vec<super::likeness::Work> {
        let forms = self.candidates.iter().flat_map(|candidate| &candidate.credential.forms);
        forms.map(StoredForm::work).collect()
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
        hash: ScramHash,
        proof: &HashOutput,
        auth_message: &[&[u8]],
        acting_as: Option<&UserName>,
    ) -> Result<(Grant, HashOutput), LoginFailure> {
        let shown = self.verifier(hash);
        let same_challenge = |form: &StoredForm| {
            let verifier = form.verifier(hash);
            verifier.zip(shown).is_some_and(|(verifier, shown)| verifier.shares_derivation_with(shown))
        };
        let proven = self.judge(same_challenge, |form| {
            let verifier = form.verifier(hash)?;
            // The signature before the verdict, so that each failure has cost the same.
            let signature = verifier.signature(auth_message);
            bool::from(verifier.is_proven_by(proof, auth_message)).then_some(signature)
        });
        let grant = self.conclude(proven.as_ref().map(|(candidate, _)| *candidate), acting_as)?;
        let (_, signature) = proven.ok_or(LoginFailure::WrongPassword)?;
        Ok((grant, signature))
    }

    /// The same for an answer of CRAM-MD5 to this challenge.
    pub(super) fn prove_by_cram_md5(
        &self,
        digest: &[u8; DIGEST_LEN],
        challenge: &[u8],
    ) -> Result<Grant, LoginFailure> {
        let has_secret = |form: &StoredForm| form.cram_md5().is_some();
        let proven = self.judge(has_secret, |form| {
            let right = form.cram_md5()?.is_proven_by(digest, challenge);
            bool::from(right).then_some(())
        });
        self.conclude(proven.map(|(candidate, ())| candidate), None)
    }

    /// The candidate with a form that is judged to be proven, and what the judgement came with. Each that has one fit to be
    /// judged is, and the stand-in where none has, for its work only.
    fn judge<T>(
        &self,
        fits: impl Fn(&StoredForm) -> bool,
        judgement: impl Fn(&StoredForm) -> Option<T>,
    ) -> Option<(&Candidate, T)> {
        let mut proven = None;
        let mut judged = false;
        for candidate in &self.candidates {
            let Some(form) = candidate.credential.forms.iter().find(|form| fits(form)) else { continue };
            judged = true;
            let verdict = judgement(form);
            proven = proven.or_else(|| verdict.map(|came_with| (candidate, came_with)));
        }
        if !judged {
            let _for_its_work = judgement(&self.stand_in);
        }
        proven
    }

    fn conclude(
        &self,
        proven: Option<&Candidate>,
        acting_as: Option<&UserName>,
    ) -> Result<Grant, LoginFailure> {
        let outcome = self.decide(proven, acting_as);
        match self.certainty {
            Certainty::Certain => outcome,
            // Whichever it is, the source might say another thing; and names must not be told apart.
            Certainty::InDoubt => outcome.map_err(|_| LoginFailure::SourceUnavailable),
            Certainty::Unknown => Err(LoginFailure::SourceUnavailable),
        }
    }

    fn decide(
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
        let Some((candidate, (account, since))) = proven.and_then(|it| Some((it, it.standing.as_ref()?)))
        else {
            return Err(self.mismatch());
        };
        // After the proof, or it would tell strangers which names belong together.
        let itself = |name: &UserName| *name == self.claimed || name.as_str() == account.name();
        if !acting_as.is_none_or(itself) {
            return Err(LoginFailure::NotAuthorized);
        }
        candidate.slot.mark_used(SystemTime::now());
        let by = By::Password(self.mechanism, candidate.credential.clone(), candidate.known_by);
        Ok(Grant::new(account.clone(), *since, self.registry.prepare(by)))
    }
}

impl Identity {
    /// Why nothing of a user was proven.
    fn mismatch(&self) -> LoginFailure {
        let mut forms = self.candidates.iter().flat_map(|candidate| &candidate.credential.forms);
        let judged_elsewhere = self.mechanism == Mechanism::Plain && self.name_elsewhere().is_some();
        if judged_elsewhere || forms.any(|form| form.serves(self.mechanism)) {
            LoginFailure::WrongPassword
        } else {
            LoginFailure::MissingForm(self.mechanism.unbound())
        }
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity").field("claimed", &self.claimed).finish_non_exhaustive()
    }
}
