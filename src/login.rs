//! From a name to a session: the exchanges of a mechanism, and what of them has to be verified.

use crate::{
    Channel, LoginError, Session,
    audit::{Claimed, Origin},
    auth::{self, Claim, Grant, Judged, LookUp, Proof},
    opening::Opening,
};

/// A login by a SASL mechanism under way. Sans-IO: the caller carries the messages, and decides which thread pays for
/// a derivation.
///
/// ```
/// # use keyway::{Cache, Config, Mechanism, Role, Rounds, Step, Users, Verified, Verifier};
/// # let users = Users::new();
/// # users.add_verifier("ada", Verifier::derive("s3cret", Rounds::new(4096).ok_or("in range")?)?, Role::ReadWrite)?;
/// let cache = Cache::new(Config::new(1 << 20), users)?;
/// match cache.exchange(Mechanism::Plain).step(b"\0ada\0s3cret") {
///     Step::Verify(attempt) => match attempt.verify()? {
///         Verified::Open(session) => assert_eq!(session.user(), "ada"),
///         Verified::Challenge(..) | Verified::Continue(..) => panic!("PLAIN says all in one message"),
///     },
///     other => panic!("PLAIN says all in one message: {other:?}"),
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Exchange {
    inner: auth::Exchange,
    opening: Opening,
}

/// What comes after a client's message.
///
/// ```
/// # use keyway::{Cache, Config, Mechanism, Role, Step, Users, Verified};
/// # let users = Users::new();
/// # users.add("ada", "pencil", Role::ReadOnly)?;
/// # let cache = Cache::new(Config::new(1 << 20), users)?;
/// // SCRAM begins with what the client is called and a number that it made up.
/// let step = cache.exchange(Mechanism::ScramSha256).step(b"n,,n=ada,r=fyko+d2lbbFgONRv9qkxdawL");
/// assert!(matches!(step, Step::Challenge(bytes, _) if bytes.starts_with(b"r=fyko+d2lbbFgONRv9qkxdawL")));
/// assert!(matches!(cache.exchange(Mechanism::Plain).step(b"nonsense"), Step::Refused(_)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
#[must_use]
#[expect(clippy::exhaustive_enums, reason = "whoever drives an exchange must handle each outcome")]
pub enum Step {
    /// Send these bytes (there may be none) and feed the answer to the exchange.
    Challenge(Vec<u8>, Exchange),
    /// A guess at a password, right or wrong: count it, and call [`Attempt::verify`] where what it costs
    /// ([`Attempt::may_take_long`]) hurts nobody.
    Verify(Attempt),
    /// Logged in.
    Open(Session),
    /// Refused. Tell the client nothing of the reason.
    Refused(LoginError),
}

impl Exchange {
    pub(crate) fn new(inner: auth::Exchange, opening: Opening) -> Self {
        Self { inner, opening }
    }

    /// Says where the client is, for the audit; without it, it is this process.
    ///
    /// ```
    /// use keyway::{Cache, Config, Mechanism, Step, Users, audit::{Origin, Sequence}};
    ///
    /// let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// let exchange = cache.exchange(Mechanism::Plain).coming_from(Origin::connection(17, None));
    /// assert!(matches!(exchange.step(b"nonsense"), Step::Refused(_)));
    /// assert_eq!(cache.audit().recent(Sequence::START).entries[0].origin.number(), Some(17));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn coming_from(self, origin: Origin) -> Self {
        Self { opening: self.opening.coming_from(origin), ..self }
    }

    /// Says what is known of the way that the messages come; without it, nothing is. To be said before the first message.
    ///
    /// ```
    /// use keyway::{Cache, Channel, Config, ExternalIdentity, ExternalName, Mechanism, Role, Step, Users};
    ///
    /// let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// cache.users().add_trusted("worker", Role::ReadWrite)?;
    /// cache.users().add_external("worker", ExternalName::Uid(1000))?;
    /// // The system says whose process is at the other end of a unix socket.
    /// let mut identity = ExternalIdentity::default();
    /// identity.names.push(ExternalName::Uid(1000));
    /// let mut channel = Channel::default();
    /// channel.identity = Some(identity);
    /// let step = cache.exchange(Mechanism::External).over(channel).step(b"");
    /// assert!(matches!(step, Step::Open(session) if session.user() == "worker"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn over(self, channel: Channel) -> Self {
        Self { inner: self.inner.over(channel), ..self }
    }

    /// Feeds the client's next message; empty where it sent none.
    ///
    /// ```
    /// use keyway::{Cache, Config, Mechanism, Step, Users};
    ///
    /// let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// // In CRAM-MD5 the server speaks first, so there is no message yet.
    /// let Step::Challenge(challenge, exchange) = cache.exchange(Mechanism::CramMd5).step(b"") else {
    ///     panic!("it begins with a challenge")
    /// };
    /// assert!(challenge.starts_with(b"<"));
    /// assert!(matches!(exchange.step(b"eve 00112233445566778899aabbccddeeff"), Step::Verify(_)));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn step(self, message: &[u8]) -> Step {
        let opening = self.opening;
        let inner = match self.inner.look_up_first(message) {
            Ok(look_up) => {
                return Step::Verify(Attempt { guess: Guess::LookUp(Box::new(look_up)), opening });
            }
            Err(inner) => inner,
        };
        match inner.step(message) {
            auth::Step::Challenge(bytes, inner) => Step::Challenge(bytes, Self { inner, opening }),
            auth::Step::Verify(claim) => {
                Step::Verify(Attempt { guess: Guess::Password(Box::new(claim)), opening })
            }
            auth::Step::Judge(proof) => {
                Step::Verify(Attempt { guess: Guess::Proof(Box::new(proof)), opening })
            }
            auth::Step::Proven(grant) => opening.open(grant).map_or_else(Step::Refused, Step::Open),
            auth::Step::Refused(error) => Step::Refused(opening.refuse(error)),
        }
    }
}

/// A name and a password, or a proof of SCRAM or CRAM-MD5 that the password is known, that somebody claims and that is not
/// yet verified. Consumed by the verification.
///
/// ```
/// # use keyway::{Cache, Config, Mechanism, Role, Step, Users, Verified};
/// # let users = Users::new();
/// # users.add("ada", "pencil", Role::ReadOnly)?;
/// # let cache = Cache::new(Config::new(1 << 20), users)?;
/// let Step::Verify(attempt) = cache.exchange(Mechanism::Plain).step(b"\0ada@realm\0pencil") else {
///     panic!("PLAIN says all in one message")
/// };
/// assert_eq!((attempt.claimed_name(), &*attempt.target()), ("ada@realm", "ada"));
/// assert!(attempt.may_take_long()); // so verify it where that hurts nobody
/// assert!(matches!(attempt.verify()?, Verified::Open(_)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Attempt {
    guess: Guess,
    opening: Opening,
}

/// Boxed, because every step of a conversation could be one, and hardly any is.
#[derive(Debug)]
enum Guess {
    Password(Box<Claim>),
    Proof(Box<Proof>),
    /// Not a guess yet, but it costs, and a server must bound it as it does guesses.
    LookUp(Box<LookUp>),
}

/// What a right attempt leads to.
///
/// ```
/// # use keyway::{Cache, Config, Mechanism, Role, Step, Users, Verified};
/// # let users = Users::new();
/// # users.add("ada", "pencil", Role::ReadOnly)?;
/// # let cache = Cache::new(Config::new(1 << 20), users)?;
/// let Step::Verify(attempt) = cache.exchange(Mechanism::Plain).step(b"\0ada\0pencil") else {
///     panic!("PLAIN says all in one message")
/// };
/// let Verified::Open(session) = attempt.verify()? else { panic!("PLAIN says all in one message") };
/// assert_eq!(session.user(), "ada");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
#[must_use]
#[expect(clippy::exhaustive_enums, reason = "whoever drives an exchange must handle each outcome")]
pub enum Verified {
    /// Logged in.
    Open(Session),
    /// Send these bytes, the server's own proof, and feed the answer to the exchange: an empty one, by which the client says
    /// that it found the proof right. In a protocol that has room for it in the message that tells of success (RFC 4422,
    /// section 3.6), the proof can go there: feed the empty answer at once, and send both.
    Challenge(Vec<u8>, Exchange),
    /// Nothing is proven yet: the source of users was asked who this is. Send these bytes and feed the answer to the exchange.
    Continue(Vec<u8>, Exchange),
}

impl From<Session> for Verified {
    fn from(session: Session) -> Self {
        Self::Open(session)
    }
}

impl Attempt {
    /// The name that was claimed, as it was sent; where the source of users is to be asked for it, as it is asked for.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Mechanism, Step, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// let Step::Verify(attempt) = cache.exchange(Mechanism::Plain).step(b"\0Ada@shop\0guess") else { panic!("a guess") };
    /// assert_eq!(attempt.claimed_name(), "Ada@shop");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn claimed_name(&self) -> &str {
        match &self.guess {
            Guess::Password(claim) => claim.claimed_name(),
            Guess::Proof(proof) => proof.claimed_name(),
            Guess::LookUp(look_up) => look_up.claimed_name(),
        }
    }

    /// Whom it is a guess at, for counting guesses: the claimed name as it is looked up, prepared by SASLprep (RFC 4013) and
    /// without its realm. Otherwise whoever spells a name in another way each time could go on guessing at it.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Mechanism, Role, Step, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// // However a name is spelled, guesses at it are counted in one place.
    /// for message in ["\0IX\0guess", "\0\u{2168}\0guess"] {
    ///     let Step::Verify(attempt) = cache.exchange(Mechanism::Plain).step(message.as_bytes()) else { panic!("a guess") };
    ///     assert_eq!(&*attempt.target(), "IX");
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn target(&self) -> Box<str> {
        match &self.guess {
            Guess::Password(claim) => claim.target(),
            Guess::Proof(proof) => proof.target(),
            Guess::LookUp(look_up) => look_up.target(),
        }
    }

    /// Whether [`verify`](Self::verify) derives a key, which takes milliseconds of CPU, or asks the source of users, which may
    /// block for a second: both belong on a thread apart. A proof takes microseconds: for SCRAM, its client has derived; for
    /// CRAM-MD5, nobody has to.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Mechanism, Step, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// let Step::Challenge(_, exchange) = cache.exchange(Mechanism::CramMd5).step(b"") else { panic!("a challenge") };
    /// let Step::Verify(proof) = exchange.step(b"eve 00112233445566778899aabbccddeeff") else { panic!("a guess") };
    /// let Step::Verify(password) = cache.exchange(Mechanism::Plain).step(b"\0eve\0guess") else { panic!("a guess") };
    /// assert!(!proof.may_take_long() && password.may_take_long());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn may_take_long(&self) -> bool {
        !matches!(self.guess, Guess::Proof(_))
    }

    /// The outcome at once if this password of this user was verified before, or is a token: microseconds of CPU. Otherwise the
    /// attempt as it was, as every proof is. [`Exchange::step`] has asked this already; ask again after the
    /// attempt has waited.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Mechanism, Role, Step, Users};
    /// # let users = Users::new();
    /// # users.add("ada", "pencil", Role::ReadOnly)?;
    /// # let cache = Cache::new(Config::new(1 << 20), users)?;
    /// let begin = || cache.exchange(Mechanism::Plain).step(b"\0ada\0pencil");
    /// let (Step::Verify(first), Step::Verify(second)) = (begin(), begin()) else { panic!("both are guesses") };
    /// let first = first.recall().expect_err("nobody has logged in yet");
    /// assert!(first.verify().is_ok());
    /// // While the second waited for a thread, the first was right.
    /// assert!(matches!(second.recall(), Ok(Ok(session)) if session.user() == "ada"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// The attempt, if it needs [`Attempt::verify`].
    pub fn recall(self) -> Result<Result<Session, LoginError>, Self> {
        let Self { guess, opening } = self;
        let recalled = match guess {
            Guess::Password(claim) => claim.recall().map_err(|claim| Guess::Password(Box::new(claim))),
            other @ (Guess::Proof(_) | Guess::LookUp(_)) => Err(other),
        };
        match recalled {
            Ok(outcome) => Ok(conclude(outcome, opening)),
            Err(guess) => Err(Self { guess, opening }),
        }
    }

    /// Verifies: a password by deriving and comparing, milliseconds of CPU, or microseconds if the user has logged in with
    /// it meanwhile (see `Users::stop_remembering`); a proof in microseconds. It costs as much for a name that does
    /// not exist. Where there is a source of users, it is asked here ([`Users::draw_from`](crate::Users::draw_from)).
    ///
    /// ```
    /// # use keyway::{Cache, Config, LoginFailure, Mechanism, Role, Step, Users, Verified};
    /// # let users = Users::new();
    /// # users.add("ada", "pencil", Role::ReadOnly)?;
    /// # let cache = Cache::new(Config::new(1 << 20), users)?;
    /// let Step::Verify(wrong) = cache.exchange(Mechanism::Plain).step(b"\0ada\0crayon") else { panic!("a guess") };
    /// assert_eq!(wrong.verify().unwrap_err().failure(), LoginFailure::WrongPassword);
    /// let Step::Verify(right) = cache.exchange(Mechanism::Plain).step(b"\0ada\0pencil") else { panic!("a guess") };
    /// assert!(matches!(right.verify()?, Verified::Open(session) if session.user() == "ada"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`LoginError`], which tells the operator why.
    pub fn verify(self) -> Result<Verified, LoginError> {
        let Self { guess, opening } = self;
        match guess {
            Guess::Password(claim) => conclude(claim.verify(), opening).map(Verified::from),
            Guess::Proof(proof) => judge(*proof, opening),
            Guess::LookUp(look_up) => match look_up.run() {
                auth::Step::Challenge(message, inner) => {
                    Ok(Verified::Continue(message, Exchange::new(inner, opening)))
                }
                auth::Step::Verify(claim) => conclude(claim.verify(), opening).map(Verified::from),
                auth::Step::Judge(proof) => judge(proof, opening),
                auth::Step::Proven(grant) => opening.open(grant).map(Verified::from),
                auth::Step::Refused(error) => Err(opening.refuse(error)),
            },
        }
    }

    /// The claimed name as the audit keeps it: cut short.
    ///
    /// ```
    /// use keyway::{Cache, Config, Mechanism, Step, Users, audit::{Event, FailureId, Origin, Term}};
    ///
    /// let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// let Step::Verify(attempt) = cache.exchange(Mechanism::Plain).step(b"\0eve\0guess") else { panic!("a guess") };
    /// // Whoever has a limit of their own puts it off, and tells the audit.
    /// let (mechanism, reason) = (Term::new("PLAIN"), Term::new("TooManyGuesses"));
    /// let claimed = Some(attempt.claimed());
    /// cache.audit().record(&Origin::here(), Event::LoginPutOff { id: FailureId::next(), mechanism, claimed, reason });
    /// # let last = cache.audit().recent(Default::default()).entries.pop().ok_or("it was told")?;
    /// # assert!(matches!(last.event, Event::LoginPutOff { claimed: Some(name), .. } if name.as_str() == "eve"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn claimed(&self) -> Claimed {
        Claimed::new(self.claimed_name())
    }
}

fn conclude(outcome: Result<Grant, LoginError>, opening: Opening) -> Result<Session, LoginError> {
    match outcome {
        Ok(grant) => opening.open(grant),
        Err(error) => Err(opening.refuse(error)),
    }
}

fn judge(proof: Proof, opening: Opening) -> Result<Verified, LoginError> {
    match proof.judge() {
        Ok(Judged::Challenge(signature, inner)) => {
            Ok(Verified::Challenge(signature, Exchange::new(inner, opening)))
        }
        Ok(Judged::Proven(grant)) => opening.open(grant).map(Verified::from),
        Err(error) => Err(opening.refuse(error)),
    }
}
