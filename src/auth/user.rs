//! One user as the directory holds it: the credentials, each with the account that its sessions look at.
//!
//! Each credential has an [`Account`] of its own, and so has trusted code: a session looks at one word on each verb, and
//! still ends with the credential that opened it and with no other one.

use super::{
    account::Account,
    credential::Credential,
    external_name::ExternalName,
    identity::Candidate,
    known_by::KnownBy,
    likeness::{Likeness, Likenesses},
    memory::Slot,
    news::{News, Turnover, label_of},
    provenance::{Judge, Provenance},
    revocations::Revocations,
    roles::Roles,
    rules::Rules,
    stored_form::StoredForm,
    user_record::UserRecord,
    verifier::Verifier,
};
use crate::{
    audit::Name,
    metering::{Limits, Meter},
    sync::Arc,
};
use std::{
    cmp::Reverse,
    time::{Instant, SystemTime},
};

#[derive(Debug)]
pub(super) struct User {
    /// What sessions of trusted code look at.
    account: Arc<Account>,
    roles: Roles,
    namespace: Option<String>,
    limits: Limits,
    /// What is used of them, by all accounts together.
    meter: Arc<Meter>,
    /// The newest first. None: no login by password.
    credentials: Vec<Held>,
    /// Names that something else proves. None of either: no login, only trusted code opens sessions.
    external: Vec<HeldName>,
    /// Of a user whom the source of users knows: what is known of it.
    provenance: Option<Provenance>,
}

/// A credential with what comes of its logins.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) credential: Arc<Credential>,
    account: Arc<Account>,
    /// Whether the password was verified. Another password comes with another slot, so that a verification that is still
    /// under way can only fill the old one.
    pub(super) slot: Arc<Slot>,
    /// Whether a login counts, as of the last [`User::settle`].
    live: bool,
    /// The weak form that a verifier has taken the place of. A list that still has it means this credential.
    outdated: Option<StoredForm>,
}

/// An external name with what its sessions look at.
#[derive(Debug)]
pub(super) struct HeldName {
    pub(super) name: Arc<ExternalName>,
    pub(super) account: Arc<Account>,
}

impl User {
    /// None of the credentials counts before [`settle`](Self::settle).
    pub(super) fn new(
        name: &str,
        listed: UserRecord,
        rules: &Arc<Rules>,
        meter: Meter,
        revocations: &Arc<Revocations>,
    ) -> Self {
        let meter = Arc::new(meter);
        let account = Account::new(name, rules.clone(), revocations.clone()).metered_by(meter.clone());
        let mut user = Self {
            account: Arc::new(account),
            roles: Roles::default(),
            namespace: None,
            limits: Limits::default(),
            meter,
            credentials: Vec::new(),
            external: Vec::new(),
            provenance: None,
        };
        // A new user is told of as a whole.
        let _turnover = user.become_as_listed(listed, rules);
        user
    }

    pub(super) fn account(&self) -> &Arc<Account> {
        &self.account
    }

    pub(super) fn credentials(&self) -> &[Held] {
        &self.credentials
    }

    pub(super) fn external(&self) -> &[HeldName] {
        &self.external
    }

    /// Whether code added it without a password and an external name, so that only trusted code opens its sessions.
    pub(super) fn is_trusted_only(&self) -> bool {
        self.has_no_password() && self.external.is_empty()
    }

    /// Whether there is no password, here or at the source of users.
    pub(super) fn has_no_password(&self) -> bool {
        self.credentials.is_empty() && self.provenance.is_none()
    }

    /// What is known of it by the source of users; `None`: it is not from there.
    pub(super) fn provenance(&self) -> Option<&Provenance> {
        self.provenance.as_ref()
    }

    pub(super) fn known_by(&self) -> KnownBy {
        if self.provenance.is_some() { KnownBy::Source } else { KnownBy::Own }
    }

    /// As one whom the source of users knows.
    pub(super) fn of_source(self, provenance: Provenance) -> Self {
        Self { provenance: Some(provenance), ..self }
    }

    /// As one of whom the source of users is not asked.
    pub(super) fn leave_source(&mut self) {
        self.provenance = None;
    }

    /// The source found its password right, when it was asked at `asked`.
    pub(super) fn note_proven(&mut self, asked: Instant) {
        if let Some(Provenance { judge: Judge::There { proven }, .. }) = &mut self.provenance {
            *proven = (*proven).max(Some(asked));
        }
    }

    /// Whether nobody has a session, nor a login under way.
    pub(super) fn is_idle(&self) -> bool {
        self.accounts().all(|account| Arc::strong_count(account) == 1)
    }

    /// As it was described, with the credentials in the order in which they were made.
    pub(super) fn record(&self) -> UserRecord {
        UserRecord {
            name: self.account.name().to_owned(),
            roles: self.roles.clone(),
            namespace: self.namespace.clone(),
            limits: self.limits,
            credentials: self.credentials.iter().rev().map(|held| (*held.credential).clone()).collect(),
            external: self.external.iter().map(|held| ExternalName::clone(&held.name)).collect(),
        }
    }

    pub(super) fn namespace(&self) -> Option<&str> {
        self.namespace.as_deref()
    }

    pub(super) fn roles(&self) -> &Roles {
        &self.roles
    }

    pub(super) fn meter(&self) -> &Meter {
        &self.meter
    }

    pub(super) fn limits(&self) -> &Limits {
        &self.limits
    }

    pub(super) fn change_roles(&mut self, roles: Roles, rules: &Arc<Rules>) {
        self.roles = roles;
        self.change_rules(rules);
    }

    /// The same roles, of which something else has come.
    pub(super) fn change_rules(&self, rules: &Arc<Rules>) {
        self.settle_revocations();
        self.accounts().for_each(|account| account.change_rules(rules.clone()));
    }

    /// Sees to what was revoked of the roles that the user has: what was verified before is forgotten.
    fn settle_revocations(&self) {
        let concerned = |held: &&Held| held.account.settle();
        self.credentials.iter().filter(concerned).for_each(|held| held.slot.wipe());
    }

    /// Ends all sessions, and forgets what was verified.
    pub(super) fn revoke(&self) {
        self.wipe();
        self.accounts().for_each(|account| account.revoke());
    }

    /// Overwrites what is remembered of verified passwords.
    pub(super) fn wipe(&self) {
        self.credentials.iter().for_each(|held| held.slot.wipe());
    }

    /// Makes the user what the record says of it, but for its name, with the credentials exactly these. One that has a form in common with one that was there is of the same password,
    /// and keeps sessions and memory. The sessions of one that is gone end; where all are gone, so do those of trusted code,
    /// as with another password. What is new counts after [`settle`](Self::settle). Yields which came and went.
    pub(super) fn become_as_listed(&mut self, listed: UserRecord, rules: &Arc<Rules>) -> Turnover {
        let UserRecord { name: _, roles, namespace, limits, credentials, external } = listed;
        let mut before = std::mem::take(&mut self.credentials);
        let had = before.len();
        let mut turnover = Turnover::default();
        for credential in credentials {
            let same = before.iter().position(|held| held.is_of_the_password_of(&credential));
            let held = match same {
                Some(at) => before.swap_remove(at).described_as(credential),
                None => {
                    turnover.new.push(label_of(&credential));
                    Held::new(self.account.another(rules.clone()), credential)
                }
            };
            self.credentials.push(held);
        }
        // Before the roles: a session that ends here must not first gain rights.
        before.iter().for_each(|gone| gone.account.revoke());
        turnover.gone = before.iter().map(|gone| label_of(&gone.credential)).collect();
        if had > 0 && before.len() == had {
            self.account.revoke();
        }
        self.become_known_as(external, rules, &mut turnover);
        self.place(namespace, roles, rules, limits);
        self.credentials
            .sort_by_key(|held| Reverse((held.credential.created, held.credential.label.clone())));
        turnover
    }

    /// Gives the user exactly this, whatever proves who it is. In another namespace, all sessions end.
    pub(super) fn place(
        &mut self,
        namespace: Option<String>,
        roles: Roles,
        rules: &Arc<Rules>,
        limits: Limits,
    ) {
        if namespace != self.namespace {
            // Before the roles, as above. What a session does not do where it was, it must not do elsewhere either.
            self.accounts().for_each(|account| account.revoke());
            self.namespace = namespace;
        }
        self.change_roles(roles, rules);
        self.limit(limits);
    }

    /// Gives the user exactly these external names. The sessions of one that is gone end.
    fn become_known_as(&mut self, names: Vec<ExternalName>, rules: &Arc<Rules>, turnover: &mut Turnover) {
        let mut before = std::mem::take(&mut self.external);
        for name in names {
            if self.external.iter().any(|held| *held.name == name) {
                continue;
            }
            let held = match before.iter().position(|held| *held.name == name) {
                Some(at) => before.swap_remove(at),
                None => {
                    turnover.new.push(Name::new(&name.to_string()));
                    let account = Arc::new(self.account.another(rules.clone()));
                    HeldName { name: Arc::new(name), account }
                }
            };
            self.external.push(held);
        }
        for gone in before {
            gone.account.revoke();
            turnover.gone.push(Name::new(&gone.name.to_string()));
        }
    }

    fn limit(&mut self, limits: Limits) {
        self.limits = limits;
        // Before the accounts have their verbs ask.
        self.meter.limit(&limits);
        let tell = if limits.is_none() { Account::lift_limits } else { Account::limit };
        self.accounts().for_each(|account| tell(account));
    }

    /// Ends the sessions that one password opened, and forgets that it was verified; or those that one external name opened, by
    /// its text form. Whether there is such a one.
    pub(super) fn revoke_credential(&self, label: &str) -> bool {
        if let Some(held) = self.external.iter().find(|held| held.name.to_string() == label) {
            held.account.revoke();
            return true;
        }
        let held = self.credentials.iter().find(|held| held.credential.label == label);
        if let Some(held) = held {
            held.slot.wipe();
            held.account.revoke();
        }
        held.is_some()
    }

    /// Stores a verifier in place of something weak, for the same password, if that is still what is stored and the user may have
    /// what comes of it. Yields what was stored.
    pub(super) fn upgrade(&mut self, outdated: &Arc<Credential>, verifier: Verifier) -> Option<StoredForm> {
        let at = self.credentials.iter().position(|held| Arc::ptr_eq(&held.credential, outdated))?;
        let weak = outdated.forms.iter().find(|form| form.is_weak())?.clone();
        let mut credential = (**outdated).clone();
        credential.forms.retain(|form| !form.is_weak() && form.verifier(verifier.hash()).is_none());
        credential.forms.insert(0, verifier.into());
        let mut all: Vec<Credential> = self.credentials.iter().map(|it| (*it.credential).clone()).collect();
        all[at].clone_from(&credential);
        Credential::check_all(&all).ok()?;
        let held = &mut self.credentials[at];
        held.credential = Arc::new(credential);
        held.outdated = Some(weak.clone());
        Some(weak)
    }

    /// Lets the time count: which credentials a login may use from now on, and whose sessions end. Yields the labels of the
    /// latter.
    pub(super) fn settle(&mut self, now: SystemTime) -> Vec<Name> {
        let mut ended = Vec::new();
        for held in &mut self.credentials {
            let counts = held.credential.counts_at(now);
            if held.live && !counts {
                held.slot.wipe();
                held.account.revoke();
                ended.push(label_of(&held.credential));
            }
            held.live = counts;
        }
        ended
    }

    /// The next time at which [`settle`](Self::settle) changes anything.
    pub(super) fn next_turn(&self, now: SystemTime) -> Option<SystemTime> {
        self.credentials.iter().filter_map(|held| held.credential.next_turn(now)).min()
    }

    /// Lets the time count for a user whom the tally does not have. Yields when there is something to be done again.
    pub(super) fn let_count(
        &mut self,
        now: SystemTime,
        tally: &mut Likenesses,
        news: &mut News,
    ) -> Option<SystemTime> {
        let ended = self.settle(now);
        news.expired(self.account.name(), ended);
        if let Some(likeness) = self.likeness() {
            tally.add(likeness);
        }
        self.next_turn(now)
    }

    /// What a login is held against, the newest first.
    pub(super) fn candidates(&self) -> Vec<Candidate> {
        self.settle_revocations();
        let known_by = self.known_by();
        let candidate = |held: &Held| Candidate::new(&held.credential, &held.slot, &held.account, known_by);
        self.live().map(candidate).collect()
    }

    /// What strangers can see; `None` where nobody can log in.
    pub(super) fn likeness(&self) -> Option<Likeness> {
        let mut live = self.live().peekable();
        live.peek()?;
        Some(Likeness::of(live.map(|held| &*held.credential)))
    }

    fn live(&self) -> impl Iterator<Item = &Held> {
        self.credentials.iter().filter(|held| held.live)
    }

    fn accounts(&self) -> impl Iterator<Item = &Arc<Account>> {
        let by_password = self.credentials.iter().map(|held| &held.account);
        by_password.chain(self.external.iter().map(|held| &held.account)).chain([&self.account])
    }
}

impl Held {
    fn new(account: Account, credential: Credential) -> Self {
        Self {
            credential: Arc::new(credential),
            account: Arc::new(account),
            slot: Arc::new(Slot::new()),
            live: false,
            outdated: None,
        }
    }

    fn is_of_the_password_of(&self, listed: &Credential) -> bool {
        self.credential.is_of_the_password_of(listed) || self.is_outdated_by(listed)
    }

    /// Whether what is listed is what a verifier has taken the place of here.
    fn is_outdated_by(&self, listed: &Credential) -> bool {
        let Some(outdated) = &self.outdated else { return false };
        listed.forms.iter().any(|form| form.is_same_as(outdated))
    }

    /// As a list has it now; but a verifier that has taken the place of what is listed stays.
    fn described_as(self, listed: Credential) -> Self {
        if self.is_outdated_by(&listed) {
            let forms = self.credential.forms.clone();
            Self { credential: Arc::new(Credential { forms, ..listed }), ..self }
        } else {
            Self { credential: Arc::new(listed), outdated: None, ..self }
        }
    }
}
