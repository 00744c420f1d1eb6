//! The client's side of SCRAM (RFC 5802, RFC 7677).

use super::{
    Credentials,
    error::LoginFault,
    scram_hash::{Output, ScramHash},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use keyway::Rounds;
use std::fmt;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// Of the nonce, in bytes before base64; no padding in it.
const NONCE_LEN: usize = 18;

/// Of a challenge, in bytes: nonces, a salt and a number, with room to spare.
const CHALLENGE_MAX: usize = 4 << 10;

/// After the first message.
pub(super) struct Exchange {
    hash: ScramHash,
    header: String,
    /// What the dialogue is bound to, as the last message says behind the header.
    bound_to: Option<[u8; 32]>,
    bare: String,
    nonce: String,
}

/// After the server's challenge.
pub(super) struct Challenged {
    hash: ScramHash,
    header: String,
    /// What the dialogue is bound to, as the last message says behind the header.
    bound_to: Option<[u8; 32]>,
    bare: String,
    challenge: String,
    nonces: String,
    salt: Vec<u8>,
    rounds: Rounds,
}

/// What the server must answer to the proof.
pub(super) struct Signature(Output);

/// What is derived from a password, for one salt and count of iterations. As good as the password.
#[derive(Clone)]
pub(super) struct Keys {
    hash: ScramHash,
    salt: Vec<u8>,
    rounds: Rounds,
    client: Output,
    server: Output,
}

impl Exchange {
    /// The exchange, and its first message.
    pub(super) fn begin(
        hash: ScramHash,
        bound_to: Option<[u8; 32]>,
        name: &str,
    ) -> Result<(Self, String), LoginFault> {
        let mut random = [0; NONCE_LEN];
        getrandom::fill(&mut random).map_err(|_| LoginFault::NoRandomness)?;
        Self::begin_with_nonce(hash, bound_to, name, STANDARD.encode(random))
    }

    fn begin_with_nonce(
        hash: ScramHash,
        bound_to: Option<[u8; 32]>,
        name: &str,
        nonce: String,
    ) -> Result<(Self, String), LoginFault> {
        let prepared = stringprep::saslprep(name).map_err(|_| LoginFault::Unpreparable)?;
        let name = prepared.replace('=', "=3D").replace(',', "=2C");
        let header = format!("{},a={name},", if bound_to.is_some() { "p=tls-exporter" } else { "n" });
        let bare = format!("n={name},r={nonce}");
        let first = format!("{header}{bare}");
        Ok((Self { hash, header, bound_to, bare, nonce }, first))
    }

    /// Reads the server's challenge.
    pub(super) fn hear(self, challenge: &[u8]) -> Result<Challenged, LoginFault> {
        let challenge = text(challenge)?;
        let mut fields = challenge.split(',');
        let mut field = |name| fields.next().and_then(|field| field.strip_prefix(name));
        let nonces = field("r=").ok_or(LoginFault::BadChallenge)?;
        if !nonces.starts_with(&self.nonce) || nonces.len() == self.nonce.len() {
            return Err(LoginFault::ForeignNonce);
        }
        let salt = field("s=").and_then(|salt| STANDARD.decode(salt).ok());
        let salt = salt.filter(|salt| !salt.is_empty()).ok_or(LoginFault::BadChallenge)?;
        // More digits than a number of 32 bits has are a count as well, and too many.
        let digits = field("i=").ok_or(LoginFault::BadChallenge)?;
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(LoginFault::BadChallenge);
        }
        let count = digits.parse().unwrap_or(u32::MAX);
        let rounds = Rounds::new(count).ok_or_else(|| out_of_range(count))?;
        let nonces = nonces.to_owned();
        let Self { hash, header, bound_to, bare, .. } = self;
        Ok(Challenged { hash, header, bound_to, bare, challenge: challenge.to_owned(), nonces, salt, rounds })
    }
}

impl Challenged {
    pub(super) fn rounds(&self) -> u32 {
        self.rounds.count()
    }

    /// The client's last message, and what must come back.
    pub(super) fn prove(self, credentials: &Credentials) -> Result<(String, Signature), LoginFault> {
        let Self { hash, header, bound_to, bare, challenge, nonces, salt, rounds } = self;
        let keys = credentials.keys(
            |kept| kept.hash == hash && kept.salt == salt && kept.rounds == rounds,
            |password| Keys::derive(hash, password, &salt, rounds),
        )?;
        let binding = [header.as_bytes(), bound_to.as_ref().map_or(&[], <[u8; 32]>::as_slice)].concat();
        let without_proof = format!("c={},r={nonces}", STANDARD.encode(binding));
        let signed = format!("{bare},{challenge},{without_proof}");
        let mut proof = hash.hmac(&hash.hash(&keys.client), signed.as_bytes());
        for (byte, key) in proof.iter_mut().zip(keys.client.iter()) {
            *byte ^= key;
        }
        let message = format!("{without_proof},p={}", STANDARD.encode(proof.as_slice()));
        Ok((message, Signature(hash.hmac(&keys.server, signed.as_bytes()))))
    }
}

impl Signature {
    /// Whether this message of the server is it.
    pub(super) fn check(&self, message: &[u8]) -> Result<(), LoginFault> {
        let message = text(message)?;
        if let Some(error) = message.strip_prefix("e=") {
            let shown = error.chars().filter(char::is_ascii_graphic).take(64).collect();
            return Err(LoginFault::ServerError(shown));
        }
        // Extensions may follow.
        let value = message.split(',').next().and_then(|field| field.strip_prefix("v="));
        let shown = STANDARD.decode(value.ok_or(LoginFault::BadChallenge)?);
        let same = shown.is_ok_and(|shown| shown.ct_eq(self.0.as_slice()).into());
        if same { Ok(()) } else { Err(LoginFault::WrongSignature) }
    }
}

impl Keys {
    fn derive(hash: ScramHash, password: &str, salt: &[u8], rounds: Rounds) -> Result<Self, LoginFault> {
        let prepared = stringprep::saslprep(password).map_err(|_| LoginFault::Unpreparable)?;
        let prepared = Zeroizing::new(prepared.into_owned());
        let salted = hash.salted(prepared.as_bytes(), salt, rounds.count());
        Ok(Self {
            client: hash.hmac(&salted, b"Client Key"),
            server: hash.hmac(&salted, b"Server Key"),
            hash,
            salt: salt.to_owned(),
            rounds,
        })
    }
}

fn out_of_range(rounds: u32) -> LoginFault {
    if rounds < Rounds::MIN.count() {
        LoginFault::TooFewRounds(rounds)
    } else {
        LoginFault::TooManyRounds(rounds)
    }
}

fn text(message: &[u8]) -> Result<&str, LoginFault> {
    let text = str::from_utf8(message).map_err(|_| LoginFault::BadChallenge)?;
    if text.len() > CHALLENGE_MAX || text.contains('\0') { Err(LoginFault::BadChallenge) } else { Ok(text) }
}

/// Neither nonces nor keys belong into a log.
macro_rules! silent {
    ($($name:ident)*) => {$(
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(..)"))
            }
        }
    )*};
}
silent!(Exchange Challenged Signature Keys);

#[cfg(test)]
mod tests {
    use super::*;

    const NONCE: &str = "rOprNGfwEbeRWgbNEkqO";

    fn begun() -> Exchange {
        Exchange::begin_with_nonce(ScramHash::Sha256, None, "user", NONCE.to_owned()).unwrap().0
    }

    fn hear(challenge: &str) -> Result<Challenged, LoginFault> {
        begun().hear(challenge.as_bytes())
    }

    /// RFC 7677's example has no `a=`; with it the same keys prove another text.
    #[test]
    fn it_says_what_the_example_of_rfc_7677_says() {
        let header = "n,,".to_owned();
        let exchange = Exchange {
            bound_to: None,
            hash: ScramHash::Sha256,
            header,
            bare: format!("n=user,r={NONCE}"),
            nonce: NONCE.to_owned(),
        };
        let challenge = format!("r={NONCE}%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096");
        let challenged = exchange.hear(challenge.as_bytes()).unwrap();
        let (last, signature) = challenged.prove(&Credentials::new("user", "pencil")).unwrap();
        assert!(
            last.starts_with("c=biws,r=")
                && last.ends_with(",p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=")
        );
        assert_eq!(signature.check(b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="), Ok(()));
        assert_eq!(
            signature.check(b"v=7rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="),
            Err(LoginFault::WrongSignature)
        );
        assert_eq!(signature.check(b"v="), Err(LoginFault::WrongSignature));
        assert_eq!(signature.check(b""), Err(LoginFault::BadChallenge));
        assert_eq!(signature.check(b"e=other-error"), Err(LoginFault::ServerError("other-error".to_owned())));
    }

    proptest::proptest! {
        #[test]
        fn whatever_a_server_says_is_read_or_refused(rest in ".*", bytes: Vec<u8>) {
            let _ = hear(&format!("r={NONCE}{rest}"));
            let _ = begun().hear(&bytes);
            let _ = Signature(Output::default()).check(&bytes);
            let _ = Signature(Output::default()).check(format!("v={rest}").as_bytes());
        }
    }

    #[test]
    fn a_name_is_escaped_in_both_places() {
        let (_, first) =
            Exchange::begin_with_nonce(ScramHash::Sha256, None, "a,b=c", "x".to_owned()).unwrap();
        assert_eq!(first, "n,a=a=2Cb=3Dc,n=a=2Cb=3Dc,r=x");
    }

    #[test]
    fn row_49_50_the_client_derives_neither_for_too_many_rounds_nor_for_too_few() {
        let rounds = |count: &str| {
            hear(&format!("r={NONCE}x,s=W22ZaJ0SNY7soEsUEjb6gQ==,i={count}")).map(|it| it.rounds())
        };
        assert_eq!((rounds("4096"), rounds("65536")), (Ok(4096), Ok(65_536)));
        for few in [0, 1, 4095] {
            assert_eq!(rounds(&few.to_string()), Err(LoginFault::TooFewRounds(few)));
        }
        for many in [65_537, 600_000, 1 << 31] {
            assert_eq!(rounds(&many.to_string()), Err(LoginFault::TooManyRounds(many)));
        }
        assert_eq!(rounds("99999999999999999999"), Err(LoginFault::TooManyRounds(u32::MAX)));
        for none in ["", "-1", "+4096", "4096x", "0x1000"] {
            assert_eq!(rounds(none), Err(LoginFault::BadChallenge), "{none}");
        }
    }

    #[test]
    fn a_challenge_to_somebody_else_or_of_another_shape_is_refused() {
        for (challenge, fault) in [
            (format!("r={NONCE},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"), LoginFault::ForeignNonce),
            ("r=another,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096".to_owned(), LoginFault::ForeignNonce),
            (format!("m=x,r={NONCE}x,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"), LoginFault::BadChallenge),
            (format!("r={NONCE}x,i=4096,s=W22ZaJ0SNY7soEsUEjb6gQ=="), LoginFault::BadChallenge),
            (format!("r={NONCE}x,s=*,i=4096"), LoginFault::BadChallenge),
            (format!("r={NONCE}x,s=,i=4096"), LoginFault::BadChallenge),
            (String::new(), LoginFault::BadChallenge),
        ] {
            assert_eq!(hear(&challenge).map(drop), Err(fault), "{challenge}");
        }
        assert!(begun().hear(&[b'r'; 5000]).is_err());
    }
}
