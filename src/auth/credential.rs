//! One password of a user, as it is described: its label, from when until when it counts, and what is stored of it.

use super::{stored_form::StoredForm, user_error::UserError};
use std::time::SystemTime;

/// One password of a user: what is stored of it, and from when until when it counts. A user may have several that count
/// at the same time, so that a password is changed while clients still use the one before.
///
/// ```
/// use keyway::{Cache, Config, Credential, Role, Rounds, UserRecord, Users, Verifier};
/// use std::time::{Duration, SystemTime};
///
/// let mut old = Credential::new("spring", Verifier::derive("the old one", Rounds::MIN)?);
/// old.expires = Some(SystemTime::now() + Duration::from_secs(24 * 60 * 60));
/// let new = Credential::new("summer", Verifier::derive("the new one", Rounds::MIN)?);
///
/// let users = Users::new();
/// let credentials = vec![old, new];
/// users.add_record(UserRecord::with_credentials("worker", Role::ReadWrite, credentials))?;
/// let cache = Cache::new(Config::new(1 << 20), users)?;
/// assert!(cache.login("worker", "the old one").is_ok() && cache.login("worker", "the new one").is_ok());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Credential {
    /// What the operator calls it, such as `1` or `laptop`: 1 to 64 bytes of text without control characters, once for
    /// each user.
    pub label: String,
    /// When it was made. Among several that SCRAM could show, it shows the salt of the newest.
    pub created: SystemTime,
    /// No login before; `None`: at once.
    pub not_before: Option<SystemTime>,
    /// No login from then on, and the sessions that were opened with it end; `None`: never.
    pub expires: Option<SystemTime>,
    /// What is stored of the password: one or more forms of the same one, each kind once.
    pub forms: Vec<StoredForm>,
}

/// In bytes.
const MAX_LABEL: usize = 64;

impl Credential {
    /// So many one user may have.
    pub(super) const MOST: usize = 16;
    /// So many derivations a login by password costs at most. Credentials that share salt and rounds take one together.
    pub(super) const MOST_DERIVATIONS: usize = 4;

    /// One that is made now, and counts at once and for ever.
    ///
    /// ```
    /// use keyway::{Credential, Rounds, Verifier};
    ///
    /// let laptop = Credential::new("laptop", Verifier::derive("correct horse", Rounds::MIN)?);
    /// assert_eq!((laptop.label.as_str(), laptop.forms.len()), ("laptop", 1));
    /// assert!(laptop.not_before.is_none() && laptop.expires.is_none());
    /// # Ok::<(), keyway::UserError>(())
    /// ```
    pub fn new(label: impl Into<String>, form: impl Into<StoredForm>) -> Self {
        Self::with_forms(label, vec![form.into()])
    }

    /// The same, with several forms of one password, such as [`UserRecord::derive`](crate::UserRecord::derive) makes.
    ///
    /// ```
    /// use keyway::{Credential, CramMd5Secret, Mechanism, Rounds, Verifier};
    ///
    /// let password = "correct horse";
    /// let forms = vec![Verifier::derive(password, Rounds::MIN)?.into(), CramMd5Secret::derive(password)?.into()];
    /// let both = Credential::with_forms("both", forms);
    /// let serves = |mechanism| both.forms.iter().any(|form| form.serves(mechanism));
    /// assert!(serves(Mechanism::ScramSha256) && serves(Mechanism::CramMd5));
    /// # Ok::<(), keyway::UserError>(())
    /// ```
    pub fn with_forms(label: impl Into<String>, forms: Vec<StoredForm>) -> Self {
        Self { label: label.into(), created: SystemTime::now(), not_before: None, expires: None, forms }
    }

    /// Whether a login with it counts at this time.
    ///
    /// ```
    /// use keyway::{Credential, CramMd5Secret};
    /// use std::time::{Duration, SystemTime};
    ///
    /// let (now, day) = (SystemTime::now(), Duration::from_secs(24 * 60 * 60));
    /// let mut visitor = Credential::new("visitor", CramMd5Secret::derive("correct horse")?);
    /// visitor.expires = Some(now + day);
    /// assert!(visitor.counts_at(now) && !visitor.counts_at(now + day));
    /// # Ok::<(), keyway::UserError>(())
    /// ```
    #[must_use]
    pub fn counts_at(&self, now: SystemTime) -> bool {
        self.not_before.is_none_or(|begin| begin <= now) && self.expires.is_none_or(|end| now < end)
    }

    /// A label that none of these has: the number after the highest.
    ///
    /// ```
    /// use keyway::{Credential, CramMd5Secret};
    ///
    /// let seventh = Credential::new("7", CramMd5Secret::derive("correct horse")?);
    /// assert_eq!(Credential::next_label(&[seventh]), "8");
    /// assert_eq!(Credential::next_label(&[]), "1");
    /// # Ok::<(), keyway::UserError>(())
    /// ```
    #[must_use]
    pub fn next_label(present: &[Self]) -> String {
        let numbers = present.iter().filter_map(|credential| credential.label.parse::<u32>().ok());
        numbers.max().map_or(1, |highest| u64::from(highest) + 1).to_string()
    }

    /// Whether it is in itself what it may be.
    ///
    /// ```
    /// use keyway::{Credential, CramMd5Secret, UserError};
    ///
    /// assert_eq!(Credential::new("", CramMd5Secret::derive("correct horse")?).check(), Err(UserError::BadLabel));
    /// let nothing_stored = Credential::with_forms("1", Vec::new());
    /// assert!(matches!(nothing_stored.check(), Err(UserError::BadCredential { .. })));
    /// # Ok::<(), UserError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`UserError::BadLabel`], [`UserError::BadCredential`].
    pub fn check(&self) -> Result<(), UserError> {
        if self.label.is_empty() || self.label.len() > MAX_LABEL || self.label.chars().any(char::is_control) {
            return Err(UserError::BadLabel);
        }
        let wrong = |what| Err(UserError::BadCredential { label: self.label.clone(), what });
        if self.forms.is_empty() {
            return wrong("nothing is stored of its password; derive a verifier from it");
        }
        let doubled = |at: usize| self.forms[..at].iter().any(|form| form.is_of_the_kind_of(&self.forms[at]));
        if (1..self.forms.len()).any(doubled) {
            return wrong("it has two forms of one kind; remove one, or make two credentials of them");
        }
        match (self.not_before, self.expires) {
            (Some(begin), Some(end)) if end <= begin => {
                wrong("it expires before it begins; give it a later end or an earlier beginning")
            }
            _ => Ok(()),
        }
    }

    /// Whether a user may have exactly these; none is for trusted code.
    ///
    /// ```
    /// use keyway::{Credential, CramMd5Secret, UserError};
    ///
    /// let laptop = Credential::new("laptop", CramMd5Secret::derive("correct horse")?);
    /// assert_eq!(Credential::check_all(std::slice::from_ref(&laptop)), Ok(()));
    /// let taken = Credential::check_all(&[laptop.clone(), laptop]);
    /// assert_eq!(taken, Err(UserError::LabelTaken("laptop".to_owned())));
    /// # Ok::<(), UserError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`check`](Self::check), [`UserError::LabelTaken`], [`UserError::TooManyCredentials`].
    pub fn check_all(present: &[Self]) -> Result<(), UserError> {
        for (at, credential) in present.iter().enumerate() {
            credential.check()?;
            if present[..at].iter().any(|other| other.label == credential.label) {
                return Err(UserError::LabelTaken(credential.label.clone()));
            }
        }
        if present.len() > Self::MOST || Self::derivations(present) > Self::MOST_DERIVATIONS {
            return Err(UserError::TooManyCredentials);
        }
        Ok(())
    }

    fn derivations(present: &[Self]) -> usize {
        let forms: Vec<&StoredForm> = present.iter().filter_map(Self::password_form).collect();
        let first = |at: &usize| !forms[..*at].iter().any(|form| form.shares_derivation_with(forms[*at]));
        (0..forms.len()).filter(first).count()
    }

    /// What a password is held against: what is to be replaced, or takes the least work, where there are several.
    pub(super) fn password_form(&self) -> Option<&StoredForm> {
        self.forms.iter().filter(|form| form.takes_passwords()).min_by_key(|form| form.work())
    }

    /// Whether both are of one password: they have a form in common.
    pub(super) fn is_of_the_password_of(&self, other: &Self) -> bool {
        self.forms.iter().any(|form| other.forms.iter().any(|other| form.is_same_as(other)))
    }

    /// The next time from `now` on at which it begins or ceases to count.
    pub(super) fn next_turn(&self, now: SystemTime) -> Option<SystemTime> {
        [self.not_before, self.expires].into_iter().flatten().filter(|turn| now < *turn).min()
    }
}

#[cfg(not(loom))]
#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::{Rounds, Verifier};
    use std::time::{Duration, UNIX_EPOCH};

    fn at(seconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(seconds)
    }

    fn credential(label: &str) -> Credential {
        Credential::new(label, Verifier::derive("pencil", Rounds::MIN).unwrap())
    }

    #[test]
    fn it_counts_from_its_beginning_on_and_at_its_end_no_more() {
        let mut it = credential("1");
        assert!(it.counts_at(at(0)));
        assert_eq!(it.next_turn(at(0)), None);
        (it.not_before, it.expires) = (Some(at(10)), Some(at(20)));
        let counts: Vec<u64> = (8..22).filter(|second| it.counts_at(at(*second))).collect();
        assert_eq!(counts, (10..20).collect::<Vec<_>>());
        assert_eq!(
            [9, 10, 19, 20].map(|now| it.next_turn(at(now))),
            [Some(at(10)), Some(at(20)), Some(at(20)), None]
        );
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for label in ["", "a\nb", &"x".repeat(65)] {
            assert_eq!(credential(label).check(), Err(UserError::BadLabel), "{label:?}");
        }
        let bad = |change: fn(&mut Credential)| {
            let mut it = credential("1");
            change(&mut it);
            matches!(it.check(), Err(UserError::BadCredential { label, .. }) if label == "1")
        };
        assert!(bad(|it| it.forms.clear()));
        assert!(bad(|it| it.forms.push(it.forms[0].clone())));
        assert!(bad(|it| (it.not_before, it.expires) = (Some(at(5)), Some(at(5)))));
        assert_eq!(credential(&"x".repeat(64)).check(), Ok(()));
    }

    #[test]
    fn a_label_is_there_once_and_the_next_one_is_new() {
        let two = [credential("1"), credential("1")];
        assert_eq!(Credential::check_all(&two), Err(UserError::LabelTaken("1".to_owned())));
        assert_eq!(Credential::next_label(&[]), "1");
        let some = ["laptop", "7", "3"].map(credential);
        assert_eq!(Credential::next_label(&some), "8");
        assert_eq!(Credential::next_label(&[credential("4294967295")]), "4294967296");
    }

    #[test]
    fn the_work_of_a_login_is_bounded() {
        let apart: Vec<_> = (0..5).map(|number| credential(&number.to_string())).collect();
        assert_eq!(Credential::check_all(&apart[..4]), Ok(()));
        assert_eq!(Credential::check_all(&apart), Err(UserError::TooManyCredentials));

        let first = Verifier::derive("pencil", Rounds::MIN).unwrap();
        let beside =
            |number: usize| Credential::new(number.to_string(), first.derive_beside("crayon").unwrap());
        let together: Vec<_> = (0..17).map(beside).collect();
        assert_eq!(Credential::check_all(&together[..16]), Ok(()));
        assert_eq!(Credential::check_all(&together), Err(UserError::TooManyCredentials));
    }
}
