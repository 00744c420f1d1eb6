//! A login as a client sees it: challenges in, messages out. No socket.

use super::{
    Credentials, cram_md5,
    error::LoginFault,
    scram::{Exchange, Signature},
    scram_hash::ScramHash,
};
use keyway::Mechanism;
use zeroize::Zeroizing;

/// A message of a login, overwritten when dropped, since it may be a password.
pub(super) type Message = Zeroizing<Vec<u8>>;

/// A login under way, in the words that libmemcached has: it names itself also as whom it wants to act.
///
/// Send what [`begin`](Self::begin) gives by `auth` (0x21). To each challenge (0x21) send what [`challenge`](Self::challenge)
/// makes of it by `step` (0x22). On success (0x00) ask [`success`](Self::success), for only that knows whether the server
/// may be believed.
///
/// ```
/// use keyway::Mechanism;
/// use keyway_frontend::client::{Credentials, Login};
///
/// let (login, message) = Login::begin(Mechanism::Plain, &Credentials::new("ada", "pencil"))?;
/// assert_eq!(&**message, b"ada\0ada\0pencil");
/// assert!(login.success(b"").is_ok()); // by PLAIN a server proves nothing
/// # Ok::<(), keyway_frontend::client::LoginFault>(())
/// ```
#[derive(Debug)]
pub struct Login {
    credentials: Credentials,
    rounds: Option<u32>,
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    /// All is said.
    Told,
    /// CRAM-MD5, whose server speaks first.
    Awaiting,
    /// SCRAM's first message went out.
    Greeted(Exchange),
    /// SCRAM's proof went out.
    Proven(Signature),
    /// The server has proven itself, too.
    Believed,
}

impl Login {
    /// The login, and its first message.
    ///
    /// ```
    /// use keyway::Mechanism;
    /// use keyway_frontend::client::{Credentials, Login, LoginFault};
    ///
    /// let ada = Credentials::new("ada", "pencil");
    /// let (_login, first) = Login::begin(Mechanism::ScramSha256, &ada)?;
    /// assert!(first.starts_with(b"n,a=ada,n=ada,r=")); // RFC 5802, section 7; a nonce follows
    /// assert!(matches!(Login::begin(Mechanism::ScramSha256Plus, &ada), Err(LoginFault::NoChannel)));
    /// # Ok::<(), LoginFault>(())
    /// ```
    ///
    /// # Errors
    /// A mechanism that this client does not speak, a name that cannot be one, or no random numbers.
    pub fn begin(
        mechanism: Mechanism,
        credentials: &Credentials,
    ) -> Result<(Self, Zeroizing<Vec<u8>>), LoginFault> {
        Self::begin_over(None, mechanism, credentials)
    }

    /// The same over a channel of TLS of which this was exported (RFC 9266): to that the mechanisms with -PLUS are bound.
    ///
    /// ```
    /// use keyway::Mechanism;
    /// use keyway_frontend::client::{Credentials, Login};
    ///
    /// let exported = [7; 32]; // by TLS 1.3, of this connection
    /// let (_login, first) = Login::begin_over(Some(exported), Mechanism::ScramSha256Plus, &Credentials::new("ada", "pencil"))?;
    /// assert!(first.starts_with(b"p=tls-exporter,a=ada,n=ada,r="));
    /// # Ok::<(), keyway_frontend::client::LoginFault>(())
    /// ```
    ///
    /// # Errors
    /// As [`begin`](Self::begin); and where there is nothing that a mechanism could be bound to which binds.
    pub fn begin_over(
        tls_exporter: Option<[u8; 32]>,
        mechanism: Mechanism,
        credentials: &Credentials,
    ) -> Result<(Self, Zeroizing<Vec<u8>>), LoginFault> {
        let bound_to = match (mechanism.binds(), tls_exporter) {
            (true, None) => return Err(LoginFault::NoChannel),
            (true, bound_to) => bound_to,
            (false, _) => None,
        };
        let (stage, message) = match mechanism.unbound() {
            Mechanism::Plain => (Stage::Told, plain(credentials)),
            Mechanism::CramMd5 => (Stage::Awaiting, Message::default()),
            Mechanism::ScramSha256 => greeting(ScramHash::Sha256, bound_to, credentials)?,
            Mechanism::ScramSha512 => greeting(ScramHash::Sha512, bound_to, credentials)?,
            other => return Err(LoginFault::Unsupported(other)),
        };
        Ok((Self { credentials: credentials.clone(), rounds: None, stage }, message))
    }

    /// What to answer to a challenge. SCRAM derives keys from the password, milliseconds of CPU, unless these credentials
    /// have them for this salt.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Mechanism, Role, Step, Users, Verified};
    /// # use keyway_frontend::client::{Credentials, Login};
    /// # let users = Users::new();
    /// # users.add("ada", "pencil", Role::ReadWrite)?;
    /// # let cache = Cache::new(Config::new(1 << 20), users)?;
    /// // A whole login by SCRAM, with the server's side of it beside the client's.
    /// let (mut login, first) = Login::begin(Mechanism::ScramSha256, &Credentials::new("ada", "pencil"))?;
    /// let Step::Challenge(salt, exchange) = cache.exchange(Mechanism::ScramSha256).step(&first) else { panic!("SCRAM") };
    /// let Step::Verify(attempt) = exchange.step(&login.challenge(&salt)?) else { panic!("that was the proof") };
    /// let Verified::Challenge(signature, exchange) = attempt.verify()? else { panic!("the server proves itself, too") };
    /// let Step::Open(session) = exchange.step(&login.challenge(&signature)?) else { panic!("that was all") };
    /// assert!(session.user() == "ada" && login.success(b"").is_ok());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// The server says what it must not say; the login is over then, and the connection not to be trusted.
    pub fn challenge(&mut self, challenge: &[u8]) -> Result<Zeroizing<Vec<u8>>, LoginFault> {
        let (stage, message) = match std::mem::replace(&mut self.stage, Stage::Told) {
            Stage::Awaiting => {
                let (name, password) = (self.credentials.name(), self.credentials.password());
                (Stage::Told, cram_md5::answer(name, password, challenge))
            }
            Stage::Greeted(exchange) => {
                let challenged = exchange.hear(challenge)?;
                self.rounds = Some(challenged.rounds());
                let (proof, signature) = challenged.prove(&self.credentials)?;
                (Stage::Proven(signature), Zeroizing::new(proof.into_bytes()))
            }
            Stage::Proven(signature) => {
                signature.check(challenge)?;
                (Stage::Believed, Message::default())
            }
            Stage::Told | Stage::Believed => return Err(LoginFault::Endless),
        };
        self.stage = stage;
        Ok(message)
    }

    /// Whether the server that says "logged in", with this value, may be believed. By SCRAM it must have shown that it knows
    /// the password, by a challenge or in this value.
    ///
    /// ```
    /// use keyway::Mechanism;
    /// use keyway_frontend::client::{Credentials, Login, LoginFault};
    ///
    /// // "Logged in", says somebody who has not shown that it knows the password.
    /// let (login, _first) = Login::begin(Mechanism::ScramSha256, &Credentials::new("ada", "pencil"))?;
    /// assert!(matches!(login.success(b"Authenticated"), Err(LoginFault::Unsigned)));
    /// # Ok::<(), LoginFault>(())
    /// ```
    ///
    /// # Errors
    /// It has not.
    pub fn success(&self, value: &[u8]) -> Result<(), LoginFault> {
        match &self.stage {
            Stage::Told | Stage::Believed => Ok(()),
            Stage::Proven(signature) if value.starts_with(b"v=") => signature.check(value),
            Stage::Awaiting | Stage::Greeted(_) | Stage::Proven(_) => Err(LoginFault::Unsigned),
        }
    }

    /// How many iterations the server asked for, by SCRAM and once it has.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Mechanism, Role, Rounds, Step, Users, Verifier};
    /// # use keyway_frontend::client::{Credentials, Login};
    /// # let users = Users::new();
    /// # users.add_verifier("ada", Verifier::derive("pencil", Rounds::MIN)?, Role::ReadWrite)?;
    /// # let cache = Cache::new(Config::new(1 << 20), users)?;
    /// let (mut login, first) = Login::begin(Mechanism::ScramSha256, &Credentials::new("ada", "pencil"))?;
    /// assert_eq!(login.rounds(), None); // the server has not said it yet
    /// let Step::Challenge(salt, _) = cache.exchange(Mechanism::ScramSha256).step(&first) else { panic!("SCRAM") };
    /// login.challenge(&salt)?;
    /// assert_eq!(login.rounds(), Some(4096));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn rounds(&self) -> Option<u32> {
        self.rounds
    }
}

fn greeting(
    hash: ScramHash,
    bound_to: Option<[u8; 32]>,
    credentials: &Credentials,
) -> Result<(Stage, Message), LoginFault> {
    let (exchange, first) = Exchange::begin(hash, bound_to, credentials.name())?;
    Ok((Stage::Greeted(exchange), Zeroizing::new(first.into_bytes())))
}

/// RFC 4616, with the name in both places, as libsasl2 fills them.
fn plain(credentials: &Credentials) -> Message {
    let (name, password) = (credentials.name(), credentials.password());
    let mut message = Zeroizing::new(Vec::with_capacity(2 * name.len() + password.len() + 2));
    for part in [name, "\0", name, "\0", password] {
        message.extend_from_slice(part.as_bytes());
    }
    message
}

#[cfg(test)]
mod tests {
    use super::*;
    use keyway::{
        Cache, Config, CramMd5Secret, Credential, Role, Rounds, ScramHash as Hash, Step, UserRecord, Users,
        Verified, Verifier,
    };

    const NAME: &str = "a,b=c";
    const SCRAM: [Mechanism; 2] = [Mechanism::ScramSha256, Mechanism::ScramSha512];

    /// A cache whose one user has a name in which something must be escaped, and a password that is prepared by SASLprep: the
    /// Roman nine is its letters.
    fn cache() -> Cache {
        let derive = |hash| Verifier::derive_for(hash, "p\u{2168}ncil", Rounds::MIN).unwrap();
        let mut credential = Credential::new("1", derive(Hash::Sha256));
        credential.forms.push(derive(Hash::Sha512).into());
        credential.forms.push(CramMd5Secret::derive("pIXncil").unwrap().into());
        let users = Users::new();
        let record = UserRecord::with_credentials(NAME, Role::ReadWrite, vec![credential]);
        users.add_record(record).unwrap();
        Cache::new(Config::new(1 << 20), users).unwrap()
    }

    /// What the server says to the last message of a login by SCRAM, and the login.
    fn until_signed(mechanism: Mechanism, password: &str) -> (Login, Result<Vec<u8>, ()>) {
        let (mut login, first) = Login::begin(mechanism, &Credentials::new(NAME, password)).unwrap();
        let Step::Challenge(challenge, exchange) = cache().exchange(mechanism).step(&first) else {
            panic!("no challenge")
        };
        let last = login.challenge(&challenge).unwrap();
        assert_eq!(login.rounds(), Some(4096));
        let Step::Verify(attempt) = exchange.step(&last) else { panic!("no proof") };
        match attempt.verify() {
            Ok(Verified::Challenge(signature, _)) => (login, Ok(signature)),
            Ok(other) => panic!("{other:?}"),
            Err(_) => (login, Err(())),
        }
    }

    #[test]
    fn plain_says_the_name_twice_and_then_nothing_more() {
        let (mut login, message) = Login::begin(Mechanism::Plain, &Credentials::new("ada", "s")).unwrap();
        assert_eq!(message.as_slice(), b"ada\0ada\0s");
        assert_eq!(login.success(b"Authenticated"), Ok(()));
        assert_eq!(login.challenge(b"more"), Err(LoginFault::Endless));
    }

    #[test]
    fn scram_is_understood_by_the_server_and_believes_only_a_right_signature() {
        for mechanism in SCRAM {
            let (mut login, signature) = until_signed(mechanism, "pIXncil");
            let signature = signature.expect("the proof is right");
            assert_eq!(login.success(b"Authenticated"), Err(LoginFault::Unsigned));
            assert_eq!(login.success(&signature), Ok(()), "it may ride in the last packet");
            assert_eq!(login.challenge(&signature).unwrap().as_slice(), b"");
            assert_eq!(login.success(b"Authenticated"), Ok(()));
            assert_eq!(login.challenge(b""), Err(LoginFault::Endless));

            let (mut login, another) = (until_signed(mechanism, "pIXncil").0, signature);
            assert_eq!(login.success(&another), Err(LoginFault::WrongSignature), "of another exchange");
            assert_eq!(login.challenge(&another), Err(LoginFault::WrongSignature));
            assert_eq!(until_signed(mechanism, "pencil").1, Err(()));
        }
    }

    #[test]
    fn cram_md5_waits_for_the_challenge_and_is_understood() {
        for (password, right) in [("pIXncil", true), ("pencil", false)] {
            let (mut login, first) =
                Login::begin(Mechanism::CramMd5, &Credentials::new(NAME, password)).unwrap();
            assert_eq!(
                login.success(b"Authenticated"),
                Err(LoginFault::Unsigned),
                "nobody asked for a proof"
            );
            let Step::Challenge(challenge, exchange) = cache().exchange(Mechanism::CramMd5).step(&first)
            else {
                panic!("no challenge")
            };
            let answer = login.challenge(&challenge).unwrap();
            let Step::Verify(attempt) = exchange.step(&answer) else { panic!("no proof") };
            assert_eq!(attempt.verify().is_ok(), right, "{password}");
            assert_eq!(login.success(b"Authenticated"), Ok(()));
        }
    }

    /// Who asks to be bound is bound, or does not log in.
    #[test]
    fn row_51_without_a_channel_a_mechanism_that_binds_says_nothing() {
        let credentials = Credentials::new(NAME, "pIXncil");
        for mechanism in SCRAM.map(|mechanism| mechanism.bound().unwrap()) {
            assert_eq!(Login::begin(mechanism, &credentials).err(), Some(LoginFault::NoChannel));
            let (_, first) = Login::begin_over(Some([7; 32]), mechanism, &credentials).unwrap();
            assert!(first.starts_with(b"p=tls-exporter,a=a=2Cb=3Dc,"), "{mechanism}");
        }
    }

    #[test]
    fn what_is_bound_is_understood_by_the_server_on_that_channel_alone() {
        for mechanism in SCRAM.map(|mechanism| mechanism.bound().unwrap()) {
            for (seen, right) in [([7; 32], true), ([8; 32], false)] {
                let credentials = Credentials::new(NAME, "pIXncil");
                let (mut login, first) = Login::begin_over(Some(seen), mechanism, &credentials).unwrap();
                let channel = keyway::Channel { tls_exporter: Some([7; 32]), ..keyway::Channel::default() };
                let exchange = cache().exchange(mechanism).over(channel);
                let Step::Challenge(challenge, exchange) = exchange.step(&first) else {
                    panic!("no challenge")
                };
                match exchange.step(&login.challenge(&challenge).unwrap()) {
                    Step::Verify(attempt) if right => assert!(attempt.verify().is_ok()),
                    Step::Refused(_) if !right => {}
                    other => panic!("{other:?}"),
                }
            }
        }
    }

    #[test]
    fn a_server_that_skips_the_proof_is_not_believed() {
        let credentials = Credentials::new("ada", "s");
        let (login, _) = Login::begin(Mechanism::ScramSha256, &credentials).unwrap();
        assert_eq!(login.success(b"Authenticated"), Err(LoginFault::Unsigned));
        assert!(!format!("{login:?} {credentials:?}").contains("\"s\""));
    }
}
