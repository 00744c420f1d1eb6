//! A user as it is described: in a users file, in a database, and in what a cache lists.

use super::{
    cram_md5::CramMd5Secret, credential::Credential, external_name::ExternalName, mechanism::Mechanism,
    password::Password, password_hash::PasswordHash, roles::Roles, rounds::Rounds, scram_hash::ScramHash,
    stored_form::StoredForm, user_error::UserError, verifier::Verifier,
};
use crate::Limits;
use std::time::{Duration, SystemTime};

/// One user, as a users file describes it and as [`Users::list`](crate::Users::list) shows it.
///
/// ```
/// use keyway::{Role, Rounds, UserRecord, Users, Verifier};
///
/// let verifier = Verifier::derive("a long passphrase", Rounds::MIN)?;
/// let users = Users::new();
/// users.add_record(UserRecord::new("ada", Role::ReadWrite, verifier))?;
/// assert_eq!(users.list()[0].name, "ada");
/// # Ok::<(), keyway::UserError>(())
/// ```
#[derive(Clone, Debug)]
pub struct UserRecord {
    /// The name.
    pub name: String,
    /// The roles, which say what the user may do.
    pub roles: Roles,
    /// The namespace that the user works in; `None`: the main one.
    pub namespace: Option<String>,
    /// How much the user may do.
    pub limits: Limits,
    /// The passwords, at most 16; none: only trusted code can open a session, and who has one of the external names.
    pub credentials: Vec<Credential>,
    /// The names by which the user can log in without a password where something else has proven them
    /// ([`Mechanism::External`]). Each is one user's only.
    pub external: Vec<ExternalName>,
}

impl UserRecord {
    /// One with a single password, labelled `1`, that counts at once and for ever.
    ///
    /// ```
    /// use keyway::{Role, Rounds, UserRecord, Verifier};
    ///
    /// let ada = UserRecord::new("ada", Role::ReadWrite, Verifier::derive("pencil", Rounds::MIN)?);
    /// assert_eq!((ada.credentials.len(), ada.credentials[0].label.as_str()), (1, "1"));
    /// assert!(ada.namespace.is_none() && ada.limits.is_none() && ada.external.is_empty());
    /// # Ok::<(), keyway::UserError>(())
    /// ```
    #[must_use]
    pub fn new(name: impl Into<String>, roles: impl Into<Roles>, form: impl Into<StoredForm>) -> Self {
        Self::with_credentials(name, roles, vec![Credential::new(Credential::next_label(&[]), form)])
    }

    /// One with these passwords; none: only trusted code can open a session.
    ///
    /// ```
    /// use keyway::{Cache, Config, LoginFailure, Role, UserRecord, Users};
    ///
    /// let users = Users::new();
    /// users.add_record(UserRecord::with_credentials("reports", Role::ReadOnly, Vec::new()))?;
    /// let cache = Cache::new(Config::new(1 << 20), users)?;
    /// assert!(cache.session_for("reports").is_ok()); // for trusted code, and for nobody else:
    /// assert_eq!(cache.login("reports", "").unwrap_err().failure(), LoginFailure::Malformed);
    /// assert_eq!(cache.login("reports", "guess").unwrap_err().failure(), LoginFailure::NoPassword);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn with_credentials(
        name: impl Into<String>,
        roles: impl Into<Roles>,
        credentials: Vec<Credential>,
    ) -> Self {
        let (name, roles) = (name.into(), roles.into());
        Self { name, roles, namespace: None, limits: Limits::default(), credentials, external: Vec::new() }
    }

    /// Derives what is to be stored of a further password of this user: milliseconds of CPU. It is of the kinds that the newest
    /// credential has, by the salts and rounds of its verifiers, so that clients which log in by SCRAM with the one or the other
    /// are served at the same time (see [`Verifier::derive_beside`]). Where there is none, or only what is imported and not made
    /// here, it is a verifier with a salt of its own and the default [`Rounds`].
    ///
    /// ```
    /// use keyway::{Role, Rounds, UserRecord, Verifier};
    ///
    /// let ada = UserRecord::new("ada", Role::ReadWrite, Verifier::derive("pencil", Rounds::MIN)?);
    /// let further = ada.derive("crayon")?;
    /// // "SCRAM-SHA-256$<rounds>:<salt>" is the same for both, what follows is not.
    /// let (old, new) = (ada.credentials[0].forms[0].to_string(), further[0].to_string());
    /// assert_eq!(old.split('$').nth(1), new.split('$').nth(1));
    /// assert_ne!(old, new);
    /// # Ok::<(), keyway::UserError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`UserError::BadPassword`], [`UserError::NoRandomness`].
    pub fn derive(&self, password: &str) -> Result<Vec<StoredForm>, UserError> {
        let prepared = Password::new(password)?;
        let newest = self.newest();
        let mut forms = Vec::new();
        for form in newest.iter().flat_map(|credential| &credential.forms) {
            forms.extend(form.derive_beside(&prepared)?);
        }
        if forms.is_empty() {
            forms.push(Verifier::derive(password, Rounds::default())?.into());
        }
        Ok(forms)
    }

    /// The same with salts of their own, for a password that takes the place of all others.
    ///
    /// ```
    /// use keyway::{Role, Rounds, UserRecord, Verifier};
    ///
    /// let ada = UserRecord::new("ada", Role::ReadWrite, Verifier::derive("pencil", Rounds::MIN)?);
    /// let (old, new) = (ada.credentials[0].forms[0].to_string(), ada.derive_afresh("crayon")?[0].to_string());
    /// assert_ne!(old.split('$').nth(1), new.split('$').nth(1)); // another salt
    /// # Ok::<(), keyway::UserError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`UserError::BadPassword`], [`UserError::NoRandomness`].
    pub fn derive_afresh(&self, password: &str) -> Result<Vec<StoredForm>, UserError> {
        let newest = self.newest();
        let mut forms = Vec::new();
        for form in newest.iter().flat_map(|credential| &credential.forms) {
            forms.extend(form.derive_afresh(password)?);
        }
        if forms.is_empty() {
            forms.push(Verifier::derive(password, Rounds::default())?.into());
        }
        Ok(forms)
    }

    /// Derives what is to be stored of a further password of this user so that it serves these mechanisms: milliseconds of CPU.
    /// By the salts and rounds of the newest credential where that has such a form, like [`derive`](Self::derive). PLAIN is
    /// served by what is stored for SCRAM; by itself it is stored as argon2id.
    ///
    /// ```
    /// use keyway::{Mechanism, Role, UserRecord};
    ///
    /// let nobody = UserRecord::with_credentials("ada", Role::ReadOnly, Vec::new());
    /// let forms = nobody.derive_for("correct horse", &[Mechanism::ScramSha256, Mechanism::Plain, Mechanism::CramMd5])?;
    /// assert_eq!(forms.len(), 2);
    /// assert!(forms[0].serves(Mechanism::Plain) && forms[1].serves(Mechanism::CramMd5));
    /// # Ok::<(), keyway::UserError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`UserError::BadPassword`], [`UserError::NoRandomness`].
    pub fn derive_for(&self, password: &str, mechanisms: &[Mechanism]) -> Result<Vec<StoredForm>, UserError> {
        let present = |hash| self.newest()?.forms.iter().find_map(|form| form.verifier(hash));
        let mut forms: Vec<StoredForm> = Vec::new();
        for hash in ScramHash::ALL
            .into_iter()
            .rev()
            .filter(|hash| mechanisms.iter().any(|it| it.scram_hash() == Some(*hash)))
        {
            let verifier = match present(hash) {
                Some(verifier) => verifier.derive_beside(password),
                None => Verifier::derive_for(hash, password, Rounds::default()),
            };
            forms.push(verifier?.into());
        }
        if forms.is_empty() && mechanisms.contains(&Mechanism::Plain) {
            forms.push(PasswordHash::derive(password)?.into());
        }
        if mechanisms.contains(&Mechanism::CramMd5) {
            forms.push(CramMd5Secret::derive(password)?.into());
        }
        Ok(forms)
    }

    fn newest(&self) -> Option<&Credential> {
        self.credentials.iter().max_by_key(|credential| credential.created)
    }

    /// Adds a credential, and lets those that are there expire when `grace` is over, unless they do so earlier by themselves.
    /// Those that have expired go.
    ///
    /// ```
    /// use keyway::{Credential, Role, Rounds, UserRecord, Verifier};
    /// use std::time::{Duration, SystemTime};
    ///
    /// let mut ada = UserRecord::new("ada", Role::ReadWrite, Verifier::derive("pencil", Rounds::MIN)?);
    /// let new = Credential::with_forms("2", ada.derive("crayon")?);
    /// let (now, grace) = (SystemTime::now(), Duration::from_secs(3600));
    /// ada.rotate(new, grace, now)?;
    /// let ends: Vec<_> = ada.credentials.iter().map(|it| (it.label.as_str(), it.expires)).collect();
    /// assert_eq!(ends, [("1", Some(now + grace)), ("2", None)]);
    /// # Ok::<(), keyway::UserError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`UserError::LabelTaken`], [`UserError::BadLabel`], [`UserError::BadCredential`], [`UserError::TooManyCredentials`].
    /// Nothing was changed then.
    pub fn rotate(&mut self, new: Credential, grace: Duration, now: SystemTime) -> Result<(), UserError> {
        let end = now.checked_add(grace);
        let mut credentials = self.credentials.clone();
        credentials.retain(|old| old.expires.is_none_or(|expires| now < expires));
        // One that is yet to begin then will never count.
        credentials.retain(|old| old.not_before.is_none_or(|begin| end.is_none_or(|end| begin < end)));
        if grace.is_zero() {
            credentials.clear();
        }
        for old in &mut credentials {
            old.expires = match (old.expires, end) {
                (Some(one), Some(other)) => Some(one.min(other)),
                (one, other) => one.or(other),
            };
        }
        credentials.push(new);
        Credential::check_all(&credentials)?;
        self.credentials = credentials;
        Ok(())
    }

    /// Adds a credential beside those that there are.
    ///
    /// ```
    /// use keyway::{Credential, CramMd5Secret, Role, UserError, UserRecord};
    ///
    /// let mut ada = UserRecord::new("ada", Role::ReadWrite, CramMd5Secret::derive("pencil")?);
    /// ada.add_credential(Credential::new("laptop", CramMd5Secret::derive("crayon")?))?;
    /// let again = Credential::new("laptop", CramMd5Secret::derive("chalk")?);
    /// assert_eq!(ada.add_credential(again), Err(UserError::LabelTaken("laptop".to_owned())));
    /// assert_eq!(ada.credentials.len(), 2);
    /// # Ok::<(), UserError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`rotate`](Self::rotate).
    pub fn add_credential(&mut self, new: Credential) -> Result<(), UserError> {
        let mut credentials = self.credentials.clone();
        credentials.push(new);
        Credential::check_all(&credentials)?;
        self.credentials = credentials;
        Ok(())
    }

    /// Removes the credential with this label.
    ///
    /// ```
    /// use keyway::{CramMd5Secret, Role, UserError, UserRecord};
    ///
    /// let mut ada = UserRecord::new("ada", Role::ReadWrite, CramMd5Secret::derive("pencil")?);
    /// assert_eq!(ada.remove_credential("2"), Err(UserError::UnknownLabel("2".to_owned())));
    /// assert_eq!(ada.remove_credential("1"), Err(UserError::LastCredential));
    /// # Ok::<(), UserError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`UserError::UnknownLabel`], [`UserError::LastCredential`].
    pub fn remove_credential(&mut self, label: &str) -> Result<(), UserError> {
        let at = self.position(label)?;
        if self.credentials.len() == 1 {
            return Err(UserError::LastCredential);
        }
        self.credentials.remove(at);
        Ok(())
    }

    /// Lets the credential with this label expire then, or never.
    ///
    /// ```
    /// use keyway::{CramMd5Secret, Role, UserRecord};
    /// use std::time::SystemTime;
    ///
    /// let mut ada = UserRecord::new("ada", Role::ReadWrite, CramMd5Secret::derive("pencil")?);
    /// let now = SystemTime::now();
    /// ada.expire_credential("1", Some(now))?;
    /// assert!(!ada.credentials[0].counts_at(now));
    /// ada.expire_credential("1", None)?; // not at all, then
    /// assert!(ada.credentials[0].counts_at(now));
    /// # Ok::<(), keyway::UserError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`UserError::UnknownLabel`], [`UserError::BadCredential`] if it begins only later.
    pub fn expire_credential(&mut self, label: &str, expires: Option<SystemTime>) -> Result<(), UserError> {
        let at = self.position(label)?;
        let changed = Credential { expires, ..self.credentials[at].clone() };
        changed.check()?;
        self.credentials[at] = changed;
        Ok(())
    }

    /// Puts one credential in place of all that there are, with a label that none of them had.
    ///
    /// ```
    /// use keyway::{CramMd5Secret, Role, UserRecord};
    ///
    /// let mut ada = UserRecord::new("ada", Role::ReadWrite, CramMd5Secret::derive("pencil")?);
    /// ada.replace_credentials(vec![CramMd5Secret::derive("crayon")?.into()]);
    /// assert_eq!((ada.credentials.len(), ada.credentials[0].label.as_str()), (1, "2"));
    /// # Ok::<(), keyway::UserError>(())
    /// ```
    pub fn replace_credentials(&mut self, forms: Vec<StoredForm>) {
        self.credentials = vec![Credential::with_forms(Credential::next_label(&self.credentials), forms)];
    }

    /// Adds an external name; one that the user has already stays. Whether another user has it, they say who keep the record.
    ///
    /// ```
    /// use keyway::{ExternalName, Role, UserRecord};
    ///
    /// let mut worker = UserRecord::with_credentials("worker", Role::ReadWrite, Vec::new());
    /// for _ in 0..2 {
    ///     worker.add_external(ExternalName::Uid(1000));
    /// }
    /// assert_eq!(worker.external, [ExternalName::Uid(1000)]);
    /// ```
    pub fn add_external(&mut self, name: ExternalName) {
        if !self.external.contains(&name) {
            self.external.push(name);
        }
    }

    /// Removes an external name.
    ///
    /// ```
    /// use keyway::{ExternalName, Role, UserError, UserRecord};
    ///
    /// let mut worker = UserRecord::with_credentials("worker", Role::ReadWrite, Vec::new());
    /// let host = ExternalName::san("worker.example");
    /// worker.add_external(host.clone());
    /// worker.remove_external(&host)?;
    /// assert_eq!(worker.remove_external(&host), Err(UserError::UnknownExternalName(host)));
    /// # Ok::<(), UserError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`UserError::UnknownExternalName`].
    pub fn remove_external(&mut self, name: &ExternalName) -> Result<(), UserError> {
        let at = self.external.iter().position(|held| held == name);
        self.external.remove(at.ok_or_else(|| UserError::UnknownExternalName(name.clone()))?);
        Ok(())
    }

    fn position(&self, label: &str) -> Result<usize, UserError> {
        let at = self.credentials.iter().position(|credential| credential.label == label);
        at.ok_or_else(|| UserError::UnknownLabel(label.to_owned()))
    }
}

#[cfg(not(loom))]
#[cfg(test)]
mod tests {
    use super::{super::role::Role, *};
    use std::time::UNIX_EPOCH;

    const HOUR: Duration = Duration::from_secs(3600);

    fn at(hours: u32) -> SystemTime {
        UNIX_EPOCH + HOUR * hours
    }

    fn record() -> UserRecord {
        UserRecord::new("ada", Role::ReadOnly, Verifier::derive("pencil", Rounds::MIN).unwrap())
    }

    fn new(record: &UserRecord, label: &str) -> Credential {
        Credential::with_forms(label, record.derive(label).unwrap())
    }

    fn ends(record: &UserRecord) -> Vec<(&str, Option<SystemTime>)> {
        record.credentials.iter().map(|it| (it.label.as_str(), it.expires)).collect()
    }

    #[test]
    fn a_rotation_lets_the_old_ones_run_out_and_never_prolongs_one() {
        let mut ada = record();
        ada.rotate(new(&ada, "2"), HOUR * 24, at(0)).unwrap();
        assert_eq!(ends(&ada), [("1", Some(at(24))), ("2", None)]);
        ada.rotate(new(&ada, "3"), HOUR * 48, at(1)).unwrap();
        assert_eq!(ends(&ada), [("1", Some(at(24))), ("2", Some(at(49))), ("3", None)]);
        ada.rotate(new(&ada, "4"), HOUR, at(24)).unwrap();
        assert_eq!(
            ends(&ada),
            [("2", Some(at(25))), ("3", Some(at(25))), ("4", None)],
            "what has expired goes"
        );
        ada.rotate(new(&ada, "5"), Duration::ZERO, at(24)).unwrap();
        assert_eq!(ends(&ada), [("5", None)]);
        ada.rotate(new(&ada, "6"), Duration::MAX, at(24)).unwrap();
        assert_eq!(ends(&ada), [("5", None), ("6", None)], "a grace without end");
        let taken = ada.rotate(new(&ada, "6"), HOUR, at(24));
        assert_eq!(taken, Err(UserError::LabelTaken("6".to_owned())));
        assert_eq!(ends(&ada), [("5", None), ("6", None)], "nothing was changed");
    }

    #[test]
    fn a_further_verifier_shares_salt_and_rounds_with_the_newest() {
        let mut ada = record();
        let verifier = |it: &Credential| it.forms[0].verifier(ScramHash::Sha256).cloned().unwrap();
        let derived =
            |ada: &UserRecord| verifier(&Credential::with_forms("x", ada.derive("crayon").unwrap()));
        assert!(derived(&ada).shares_derivation_with(&verifier(&ada.credentials[0])));
        let mut apart = Credential::new("apart", Verifier::derive("x", Rounds::MIN).unwrap());
        apart.created += HOUR;
        ada.add_credential(apart.clone()).unwrap();
        assert!(derived(&ada).shares_derivation_with(&verifier(&apart)));
        ada.credentials.clear();
        assert_eq!(derived(&ada).rounds(), Rounds::default());
    }

    #[test]
    fn a_credential_is_found_by_its_label_and_the_last_one_stays() {
        let mut ada = record();
        assert_eq!(ada.remove_credential("1"), Err(UserError::LastCredential));
        ada.add_credential(new(&ada, "2")).unwrap();
        assert_eq!(ada.remove_credential("3"), Err(UserError::UnknownLabel("3".to_owned())));
        ada.expire_credential("2", Some(at(9))).unwrap();
        ada.remove_credential("1").unwrap();
        assert_eq!(ends(&ada), [("2", Some(at(9)))]);
        ada.credentials[0].not_before = Some(at(3));
        assert!(matches!(ada.expire_credential("2", Some(at(3))), Err(UserError::BadCredential { .. })));
        ada.expire_credential("2", None).unwrap();
        assert_eq!(ends(&ada), [("2", None)]);
    }

    #[test]
    fn a_further_password_is_stored_as_the_newest_is_unless_that_is_not_made_here() {
        let kind = |text: &str| {
            let ada = UserRecord::new("ada", Role::ReadOnly, text.parse::<StoredForm>().unwrap());
            let forms = ada.derive("crayon").unwrap();
            forms.iter().map(|form| form.to_string()[..9].to_owned()).collect::<Vec<_>>()
        };
        let argon2id = PasswordHash::derive("pencil").unwrap().to_string();
        assert_eq!(kind(&argon2id), ["$argon2id"]);
        assert_eq!(kind(&format!("#{}", "0".repeat(64))), ["SCRAM-SHA"]);
        let bcrypt = "$2a$06$DCq7YPn5Rq63x1Lad4cll.TV4S6ytwfsfvkgY8jIucDrjc8deX1s.";
        assert_eq!(kind(bcrypt), ["SCRAM-SHA"]);
    }
}
