//! The client's side of SCRAM-SHA-256 (RFC 5802, RFC 7677).

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use std::io;

const KEY: usize = 32;
type Key = [u8; KEY];

/// Ends the header that says that there is no channel to bind to, and nobody to act for.
const GS2: &str = "n,,";

/// What a client derives from its password once and keeps, as clients that log in often do.
#[derive(Clone, Debug)]
pub(super) struct Keys {
    salt: Vec<u8>,
    rounds: u32,
    client: Key,
    server: Key,
}

/// Between the client's first message and its last.
#[derive(Debug)]
pub(super) struct Exchange {
    bare: String,
}

/// The client's last message, and what a server that knows the password answers to it.
#[derive(Debug)]
pub(super) struct Proof {
    pub(super) message: String,
    pub(super) signature: String,
}

impl Exchange {
    /// The exchange and its first message. The nonce is printable and without commas.
    pub(super) fn start(name: &str, nonce: &str) -> (Self, String) {
        let bare = format!("n={name},r={nonce}");
        let first = format!("{GS2}{bare}");
        (Self { bare }, first)
    }

    /// Answers the server's first message, with the keys if they are for its salt and rounds, else with new ones.
    ///
    /// # Errors
    /// If that message is none.
    pub(super) fn prove(
        self,
        challenge: &[u8],
        password: &str,
        kept: &mut Option<Keys>,
    ) -> io::Result<Proof> {
        let malformed = || io::Error::other("the server's first SCRAM message is malformed");
        let challenge = str::from_utf8(challenge).map_err(|_| malformed())?;
        let part =
            |name: &str| challenge.split(',').find_map(|it| it.strip_prefix(name)).ok_or_else(malformed);
        let salt = STANDARD.decode(part("s=")?).map_err(|_| malformed())?;
        let rounds = part("i=")?.parse().map_err(|_| malformed())?;
        let keys = match kept {
            Some(keys) if keys.salt == salt && keys.rounds == rounds => &*keys,
            _ => kept.insert(Keys::derive(password, salt, rounds)),
        };
        let without_proof = format!("c={},r={}", STANDARD.encode(GS2), part("r=")?);
        let signed = format!("{},{challenge},{without_proof}", self.bare);
        let mask = hmac(&Sha256::digest(keys.client), signed.as_bytes());
        let proof: Vec<u8> = keys.client.iter().zip(mask).map(|(key, mask)| key ^ mask).collect();
        Ok(Proof {
            message: format!("{without_proof},p={}", STANDARD.encode(proof)),
            signature: format!("v={}", STANDARD.encode(hmac(&keys.server, signed.as_bytes()))),
        })
    }
}

impl Keys {
    fn derive(password: &str, salt: Vec<u8>, rounds: u32) -> Self {
        let mut salted = [0; KEY];
        pbkdf2::pbkdf2_hmac::<Sha256>(password.as_bytes(), &salt, rounds, &mut salted);
        Self { client: hmac(&salted, b"Client Key"), server: hmac(&salted, b"Server Key"), salt, rounds }
    }
}

#[allow(clippy::expect_used, reason = "HMAC takes keys of any length")]
fn hmac(key: &[u8], data: &[u8]) -> Key {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(data);
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHALLENGE: &[u8] =
        b"r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";

    fn proof(kept: &mut Option<Keys>) -> Proof {
        let (exchange, first) = Exchange::start("user", "rOprNGfwEbeRWgbNEkqO");
        assert_eq!(first, "n,,n=user,r=rOprNGfwEbeRWgbNEkqO");
        exchange.prove(CHALLENGE, "pencil", kept).unwrap()
    }

    #[test]
    fn it_says_what_the_example_of_rfc_7677_says_with_and_without_kept_keys() {
        let mut kept = None;
        for _ in 0..2 {
            let proof = proof(&mut kept);
            assert!(proof.message.ends_with(",p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="));
            assert_eq!(proof.signature, "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
        }
    }

    #[test]
    fn keys_of_another_salt_are_not_used() {
        let mut kept = Some(Keys::derive("pencil", b"another".to_vec(), 4096));
        assert_eq!(proof(&mut kept).signature, "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
    }
}
