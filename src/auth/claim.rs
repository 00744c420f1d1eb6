//! A name and a password that somebody claims, until they are verified.

use super::{
    failure::{LoginError, LoginFailure},
    grant::Grant,
    mechanism::Mechanism,
    name::UserName,
    password::Password,
    source::Judgement,
    tokens::Secret,
    users::Users,
};
use std::fmt;
use zeroize::Zeroizing;

/// A name and a password that are not verified yet. The password is overwritten when this is dropped.
pub(crate) struct Claim {
    users: Users,
    name: Box<str>,
    password: Zeroizing<String>,
    acting_as: Option<Box<str>>,
}

impl Claim {
    pub(crate) fn new(users: &Users, name: &str, password: &str) -> Self {
        let password = Zeroizing::new(password.to_owned());
        Self { users: users.clone(), name: name.into(), password, acting_as: None }
    }

    /// Asks to be logged in as `name`, which only the user itself may.
    pub(super) fn acting_as(mut self, name: &str) -> Self {
        self.acting_as = Some(name.into());
        self
    }

    /// The name, as it was sent.
    pub(crate) fn claimed_name(&self) -> &str {
        &self.name
    }

    /// Whom it is a guess at: what all spellings of a name, and all realms behind it, have in common.
    pub(crate) fn target(&self) -> Box<str> {
        // What cannot be prepared is nobody's, and is refused without a look at the password.
        UserName::new(&self.name).map_or_else(|_| self.name.clone(), |name| name.stem().into())
    }

    /// The outcome at once, if this password of this user was verified before or is a token; otherwise the claim, as it was.
    pub(crate) fn recall(self) -> Result<Result<Grant, LoginError>, Self> {
        match self.remembered() {
            Some(outcome) => Ok(outcome.map_err(|failure| LoginError::of(&self.name, failure))),
            None => Err(self),
        }
    }

    fn remembered(&self) -> Option<Result<Grant, LoginFailure>> {
        let (name, acting_as, password) = self.prepared().ok()?;
        // Whatever has a token's shape is one, whoever's name goes with it: nothing is derived for it, and no guess is counted.
        if let Some(token) = Secret::read(password.as_str()) {
            return Some(self.users.log_in_by_token(&name, acting_as.as_ref(), token));
        }
        if !self.users.recalls_at_once(&name) {
            return None;
        }
        self.users.identify(name, Mechanism::Plain).recall(self.users.memory(), &password, acting_as.as_ref())
    }

    /// Derives, unless the password is remembered by now, and compares: milliseconds of CPU, the same whether or not
    /// there is such a user. The user is looked up here and not before, at the source too if there is one, so that what waits
    /// in a queue is judged by the password of now.
    pub(crate) fn verify(self) -> Result<Grant, LoginError> {
        self.judge().map_err(|failure| LoginError::of(&self.name, failure))
    }

    fn judge(&self) -> Result<Grant, LoginFailure> {
        // Whoever waited behind the same user's first login need not pay for it again.
        if let Some(outcome) = self.remembered() {
            return outcome;
        }
        let (name, acting_as, password) = self.prepared()?;
        let consulted = self.users.consult(&name);
        let recalls = self.users.recalls_after(&name, &consulted);
        let certainty = self.users.certainty(&name, &consulted);
        let (mut identity, memory) = (self.users.identify(name, Mechanism::Plain), self.users.memory());
        identity.under(certainty);
        let remembered = identity.recall(memory, &password, acting_as.as_ref());
        match remembered {
            Some(outcome) if recalls => return outcome,
            _ => {}
        }
        match self.users.judged_elsewhere(&identity, &password, &consulted) {
            Some(Ok(judgement)) => {
                if judgement == Judgement::Wrong && remembered.is_some() {
                    // It was right: the source has another one now.
                    self.users.revoke_elsewhere(&identity);
                }
                identity.prove_elsewhere(memory, &password, judgement, acting_as.as_ref())
            }
            Some(Err(_told_by_itself)) => Err(LoginFailure::SourceUnavailable),
            None => {
                let (grant, replacement) =
                    identity.prove_by_password(memory, &password, acting_as.as_ref())?;
                if let Some(replacement) = replacement {
                    self.users.upgrade(grant.account().name(), replacement);
                }
                Ok(grant)
            }
        }
    }

    fn prepared(&self) -> Result<(UserName, Option<UserName>, Password), LoginFailure> {
        // What cannot be prepared can be nobody's, so refusing it early tells nothing.
        let prepared = |name: &str| UserName::new(name).map_err(|_| LoginFailure::Malformed);
        let name = prepared(&self.name)?;
        let acting_as = self.acting_as.as_deref().map(prepared).transpose()?;
        let password = Password::new(&self.password).map_err(|_| LoginFailure::Malformed)?;
        Ok((name, acting_as, password))
    }
}

impl fmt::Debug for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Claim").field("name", &self.name).finish_non_exhaustive()
    }
}
