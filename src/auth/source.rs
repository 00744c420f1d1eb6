//! Users whom something outside of this process knows: a database, a directory.

use super::{credential::Credential, roles::Roles, stored_form::StoredForm, user_error::UserError};
use crate::Limits;
use std::{
    error::Error,
    fmt,
    time::{Duration, UNIX_EPOCH},
};

/// Where users come from who are not added by code: a database with what is stored of their passwords, or a directory
/// that verifies passwords itself.
///
/// Each method may block, for a second or two at most. They are called from several threads at once.
///
/// Names are prepared by SASLprep (RFC 4013) and hold no control character. How a source compares them is its own affair,
/// but each spelling that it answers to is a user of its own here.
///
/// ```
/// use keyway::{Cache, Config, Role, Rounds, SourceError, SourceTerms, SourcedUser, UserSource, Users, Verifier};
///
/// /// Knows one user.
/// #[derive(Debug)]
/// struct OnlyAda(Verifier);
///
/// impl UserSource for OnlyAda {
///     fn find(&self, name: &str) -> Result<Option<SourcedUser>, SourceError> {
///         Ok((name == "ada").then(|| SourcedUser::stored(Role::ReadWrite, [self.0.clone().into()])))
///     }
/// }
///
/// let users = Users::new();
/// users.draw_from(OnlyAda(Verifier::derive("pencil", Rounds::MIN)?), SourceTerms::default());
/// let cache = Cache::new(Config::new(1 << 20), users)?;
/// assert!(cache.login("ada", "pencil").is_ok());
/// assert!(cache.login("eve", "pencil").is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait UserSource: fmt::Debug + Send + Sync {
    /// What it is called where users are listed, in a word such as `ldap`; by default `source`.
    ///
    /// ```
    /// # use keyway::{SourceError, SourcedUser, UserSource};
    /// #[derive(Debug)]
    /// struct Empty;
    ///
    /// impl UserSource for Empty {
    ///     fn find(&self, _name: &str) -> Result<Option<SourcedUser>, SourceError> {
    ///         Ok(None)
    ///     }
    /// }
    ///
    /// assert_eq!(Empty.kind(), "source"); // unless it says so
    /// ```
    fn kind(&self) -> &'static str {
        "source"
    }

    /// The user of this name; `None` if there is none. It should take as long for a name that is unknown as for one that is
    /// not, or strangers can tell them apart with a stopwatch.
    ///
    /// ```
    /// # use keyway::{Role, SourceError, SourcedUser, UserSource};
    /// # use std::collections::HashMap;
    /// /// Roles by name.
    /// #[derive(Debug)]
    /// struct Directory(HashMap<String, String>);
    ///
    /// impl UserSource for Directory {
    ///     fn find(&self, name: &str) -> Result<Option<SourcedUser>, SourceError> {
    ///         Ok(self.0.get(name).map(|role| SourcedUser::verified_there([role.as_str()])))
    ///     }
    /// #   fn verifies_passwords(&self) -> bool {
    /// #       true
    /// #   }
    /// }
    ///
    /// let staff = Directory(HashMap::from([("ada".to_owned(), "read-only".to_owned())]));
    /// assert!(staff.find("ada")?.is_some_and(|ada| ada.roles == Role::ReadOnly.into()));
    /// assert!(staff.find("eve")?.is_none());
    /// # Ok::<(), SourceError>(())
    /// ```
    ///
    /// # Errors
    /// [`SourceError`] if that cannot be told now. Users who were found within [`SourceTerms::grace`] go on then.
    fn find(&self, name: &str) -> Result<Option<SourcedUser>, SourceError>;

    /// Whether it has users whose passwords it verifies itself ([`SourcedPassword::VerifiedThere`]); by default not. If so,
    /// [`verify`](Self::verify) is also called for names that it does not know.
    ///
    /// ```
    /// # use keyway::{SourceError, SourcedUser, UserSource};
    /// #[derive(Debug)]
    /// struct Empty;
    ///
    /// impl UserSource for Empty {
    ///     fn find(&self, _name: &str) -> Result<Option<SourcedUser>, SourceError> {
    ///         Ok(None)
    ///     }
    /// }
    ///
    /// assert!(!Empty.verifies_passwords()); // unless it says so
    /// ```
    fn verifies_passwords(&self) -> bool {
        false
    }

    /// Whether this is the password of a user whom [`find`](Self::find) said it verifies
    /// ([`SourcedPassword::VerifiedThere`]). The password is prepared by SASLprep and never empty. It should take as long for an
    /// unknown name as for a wrong password.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Judgement, Role, SourceError, SourceTerms, SourcedUser, UserSource, Users};
    /// #[derive(Debug)]
    /// struct Bank;
    ///
    /// impl UserSource for Bank {
    ///     fn find(&self, name: &str) -> Result<Option<SourcedUser>, SourceError> {
    ///         Ok((name == "ada").then(|| SourcedUser::verified_there(Role::ReadOnly)))
    ///     }
    ///
    ///     fn verifies_passwords(&self) -> bool {
    ///         true
    ///     }
    ///
    ///     fn verify(&self, name: &str, password: &str) -> Result<Judgement, SourceError> {
    ///         // Somebody else knows, and is asked.
    ///         Ok(if (name, password) == ("ada", "pencil") { Judgement::Right } else { Judgement::Wrong })
    ///     }
    /// }
    ///
    /// let users = Users::new();
    /// users.draw_from(Bank, SourceTerms::default());
    /// let cache = Cache::new(Config::new(1 << 20), users)?;
    /// assert!(cache.login("ada", "pencil").is_ok() && cache.login("ada", "crayon").is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`SourceError`] if that cannot be told now; by default always, for sources that store verifiers.
    fn verify(&self, name: &str, password: &str) -> Result<Judgement, SourceError> {
        let _unused = (name, password);
        Err(SourceError::Unusable("this source verifies no passwords".to_owned()))
    }

    /// Is told that this user does not come in for what [`find`](Self::find) said of it, though nothing is wrong with a password:
    /// a role that is not defined here, a namespace that there is none of. For its log; by default nothing is done.
    /// Whoever logs in can cause it, so tell the same thing once.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Rounds, SourceError, SourceTerms, SourcedUser, UserError, UserSource, Users, Verifier};
    /// # use std::sync::{Arc, Mutex};
    /// #[derive(Debug)]
    /// struct Staff(Verifier, Arc<Mutex<Vec<String>>>);
    ///
    /// impl UserSource for Staff {
    ///     fn find(&self, _name: &str) -> Result<Option<SourcedUser>, SourceError> {
    ///         Ok(Some(SourcedUser::stored(["gardener"], [self.0.clone().into()])))
    ///     }
    ///
    ///     fn cannot_use(&self, name: &str, why: &UserError) {
    ///         self.1.lock().expect("nobody panics").push(format!("{name}: {why}"));
    ///     }
    /// }
    ///
    /// let log = Arc::default();
    /// let users = Users::new();
    /// users.draw_from(Staff(Verifier::derive("pencil", Rounds::MIN)?, Arc::clone(&log)), SourceTerms::default());
    /// let cache = Cache::new(Config::new(1 << 20), users)?;
    /// assert!(cache.login("ada", "pencil").is_err());
    /// assert!(log.lock().expect("nobody panics")[0].contains("gardener")); // a role that nobody has defined here
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    fn cannot_use(&self, name: &str, why: &UserError) {
        let _unused = (name, why);
    }
}

/// What a source says of a user. It takes the place of what code or an operator set, at each look.
///
/// ```
/// use keyway::{Role, Rounds, SourcedPassword, SourcedUser, Verifier};
///
/// let mut clerk = SourcedUser::stored(Role::ReadWrite, [Verifier::derive("pencil", Rounds::MIN)?.into()]);
/// clerk.namespace = Some("shop".to_owned());
/// clerk.limits.connections = Some(100);
/// assert!(matches!(clerk.password, SourcedPassword::Stored(credentials) if credentials.len() == 1));
/// # Ok::<(), keyway::UserError>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SourcedUser {
    /// The roles, which say what the user may do.
    pub roles: Roles,
    /// The namespace that the user works in; `None`: the main key space. There need not be such a namespace yet, but nobody
    /// logs in to one that is missing. With another one than before, the user's sessions end.
    pub namespace: Option<String>,
    /// How much the user may do.
    pub limits: Limits,
    /// How its password is verified.
    pub password: SourcedPassword,
}

impl SourcedUser {
    /// A user of the main key space, without limits, of whose passwords the source stores this: one form of each, that which SCRAM is to show first. All count at
    /// once.
    ///
    /// ```
    /// use keyway::{Mechanism, Role, Rounds, SourcedPassword, SourcedUser, Verifier};
    ///
    /// // Of two passwords that count at the same time.
    /// let forms = [Verifier::derive("the new one", Rounds::MIN)?, Verifier::derive("the old one", Rounds::MIN)?];
    /// let ada = SourcedUser::stored(Role::ReadWrite, forms.map(Into::into));
    /// let SourcedPassword::Stored(credentials) = ada.password else { panic!("they are stored") };
    /// assert!(credentials[0].created > credentials[1].created);
    /// assert!(ada.namespace.is_none() && ada.limits.is_none());
    /// # Ok::<(), keyway::UserError>(())
    /// ```
    #[must_use]
    pub fn stored(roles: impl Into<Roles>, forms: impl IntoIterator<Item = StoredForm>) -> Self {
        let credentials = forms.into_iter().zip(0u32..).map(|(form, number)| Credential {
            // The same at each look, and the newest first.
            created: UNIX_EPOCH + Duration::from_secs(u64::from(u32::MAX - number)),
            ..Credential::new((number + 1).to_string(), form)
        });
        Self::new(roles, SourcedPassword::Stored(credentials.collect()))
    }

    /// A user of the main key space, without limits, whose password the source verifies.
    ///
    /// ```
    /// use keyway::{SourcedPassword, SourcedUser};
    ///
    /// let grace = SourcedUser::verified_there(["read-only", "reporter"]);
    /// assert!(grace.roles.contains("reporter"));
    /// assert!(matches!(grace.password, SourcedPassword::VerifiedThere));
    /// ```
    #[must_use]
    pub fn verified_there(roles: impl Into<Roles>) -> Self {
        Self::new(roles, SourcedPassword::VerifiedThere)
    }

    fn new(roles: impl Into<Roles>, password: SourcedPassword) -> Self {
        Self { roles: roles.into(), namespace: None, limits: Limits::default(), password }
    }
}

/// How the password of a user of a source is verified.
///
/// ```
/// use keyway::{Role, SourcedPassword, SourcedUser};
///
/// let ada = SourcedUser::verified_there(Role::ReadOnly);
/// assert!(matches!(ada.password, SourcedPassword::VerifiedThere));
/// ```
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_enums, reason = "a third way would need code wherever users log in")]
pub enum SourcedPassword {
    /// By what the source stores of it, of one password or of several that count at the same time; by every mechanism. None:
    /// nobody logs in.
    Stored(Vec<Credential>),
    /// By the source itself ([`UserSource::verify`]), which must see the password: by PLAIN alone.
    VerifiedThere,
}

/// What a source says to a password.
///
/// ```
/// use keyway::{Judgement, Role, SourceError, SourcedUser, UserSource};
///
/// /// Everybody is a user, whose password is the name.
/// #[derive(Debug)]
/// struct Trusting;
///
/// impl UserSource for Trusting {
///     fn find(&self, _name: &str) -> Result<Option<SourcedUser>, SourceError> {
///         Ok(Some(SourcedUser::verified_there(Role::ReadOnly)))
///     }
///
///     fn verifies_passwords(&self) -> bool {
///         true
///     }
///
///     fn verify(&self, name: &str, password: &str) -> Result<Judgement, SourceError> {
///         Ok(if name == password { Judgement::Right } else { Judgement::Wrong })
///     }
/// }
///
/// assert_eq!(Trusting.verify("ada", "ada"), Ok(Judgement::Right));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "a password is right or wrong")]
pub enum Judgement {
    /// It is the user's.
    Right,
    /// It is not, or there is no such user.
    Wrong,
}

/// How long what a source says counts.
///
/// ```
/// use keyway::SourceTerms;
/// use std::time::Duration;
///
/// let mut terms = SourceTerms::default();
/// terms.fresh = Duration::ZERO; // each login asks
/// assert_eq!(terms.grace, Duration::from_secs(3600));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SourceTerms {
    /// So long a password that was verified is remembered without another look at the source. By default a minute: then a
    /// storm of reconnecting clients asks once for each user. Zero: each login asks.
    pub fresh: Duration,
    /// So long users go on logging in with what the source last said of them while it does not answer. By default an hour.
    /// Sessions that are open stay open however long it lasts.
    pub grace: Duration,
}

impl Default for SourceTerms {
    fn default() -> Self {
        Self { fresh: Duration::from_secs(60), grace: Duration::from_secs(60 * 60) }
    }
}

/// Why a source could not tell. The text is for the operator's log and holds no secret.
///
/// ```
/// use keyway::{Cache, Config, SourceError, SourceTerms, SourcedUser, UserSource, Users};
///
/// #[derive(Debug)]
/// struct Down;
///
/// impl UserSource for Down {
///     fn find(&self, _name: &str) -> Result<Option<SourcedUser>, SourceError> {
///         Err(SourceError::Unavailable("it is being moved".to_owned()))
///     }
/// }
///
/// let users = Users::new();
/// users.draw_from(Down, SourceTerms::default());
/// assert!(Cache::new(Config::new(1 << 20), users)?.login("ada", "pencil").is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SourceError {
    /// It cannot be reached, or did not answer in time. It may later.
    Unavailable(String),
    /// It answered what cannot be used, and will again until somebody sees to it.
    Unusable(String),
}

impl fmt::Display for SourceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unavailable(why) => write!(f, "the source of users does not answer: {why}"),
            Self::Unusable(why) => write!(f, "the source of users answers what cannot be used: {why}"),
        }
    }
}

impl Error for SourceError {}

impl<S: UserSource + ?Sized> UserSource for Box<S> {
    fn kind(&self) -> &'static str {
        (**self).kind()
    }

    fn find(&self, name: &str) -> Result<Option<SourcedUser>, SourceError> {
        (**self).find(name)
    }

    fn verifies_passwords(&self) -> bool {
        (**self).verifies_passwords()
    }

    fn verify(&self, name: &str, password: &str) -> Result<Judgement, SourceError> {
        (**self).verify(name, password)
    }

    fn cannot_use(&self, name: &str, why: &UserError) {
        (**self).cannot_use(name, why);
    }
}
