//! The client's side of SCRAM, written from the RFC: PBKDF2 as its own loop, messages by hand. It shares no code with the
//! server.

use super::{challenge, judged};
use crate::auth::{Exchange, LoginError, Mechanism, ScramHash, Step, Users, grant::Grant};
use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256, Sha512};

pub(super) struct Client {
    pub(super) hash: ScramHash,
    pub(super) header: String,
    pub(super) bare: String,
    pub(super) password: &'static str,
    /// What it is bound to, as its last message says.
    pub(super) binding: &'static [u8],
}

pub(super) fn attribute<'a>(message: &'a str, prefix: &str) -> &'a str {
    message.split(',').find_map(|field| field.strip_prefix(prefix)).unwrap()
}

fn hmac(hash: ScramHash, key: &[u8], text: &[u8]) -> Vec<u8> {
    match hash {
        ScramHash::Sha256 => {
            let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
            mac.update(text);
            mac.finalize().into_bytes().to_vec()
        }
        ScramHash::Sha512 => {
            let mut mac = Hmac::<Sha512>::new_from_slice(key).unwrap();
            mac.update(text);
            mac.finalize().into_bytes().to_vec()
        }
    }
}

fn digest(hash: ScramHash, text: &[u8]) -> Vec<u8> {
    match hash {
        ScramHash::Sha256 => Sha256::digest(text).to_vec(),
        ScramHash::Sha512 => Sha512::digest(text).to_vec(),
    }
}

impl Client {
    pub(super) fn new(hash: ScramHash, header: &str, name: &str) -> Self {
        let bare = format!("n={name},r=fyko+d2lbb");
        Self { hash, header: header.to_owned(), bare, password: super::PASSWORD, binding: b"" }
    }

    pub(super) fn first(&self) -> String {
        format!("{}{}", self.header, self.bare)
    }

    fn salted(&self, challenge: &str) -> Vec<u8> {
        let mut salt = STANDARD.decode(attribute(challenge, "s=")).unwrap();
        let rounds: u32 = attribute(challenge, "i=").parse().unwrap();
        salt.extend_from_slice(&1_u32.to_be_bytes());
        let mut last = hmac(self.hash, self.password.as_bytes(), &salt);
        let mut sum = last.clone();
        for _ in 1..rounds {
            last = hmac(self.hash, self.password.as_bytes(), &last);
            sum.iter_mut().zip(&last).for_each(|(sum, last)| *sum ^= last);
        }
        sum
    }

    /// The last message but for the proof.
    pub(super) fn without_proof(&self, challenge: &str) -> String {
        format!(
            "c={},r={}",
            STANDARD.encode([self.header.as_bytes(), self.binding].concat()),
            attribute(challenge, "r=")
        )
    }

    pub(super) fn proof(&self, challenge: &str, without_proof: &str) -> Vec<u8> {
        let client_key = hmac(self.hash, &self.salted(challenge), b"Client Key");
        let stored_key = digest(self.hash, &client_key);
        let said = format!("{},{challenge},{without_proof}", self.bare);
        let signature = hmac(self.hash, &stored_key, said.as_bytes());
        client_key.iter().zip(signature).map(|(key, signature)| key ^ signature).collect()
    }

    /// This last message with the proof of it.
    pub(super) fn proven(&self, challenge: &str, without_proof: &str) -> String {
        format!("{without_proof},p={}", STANDARD.encode(self.proof(challenge, without_proof)))
    }

    pub(super) fn last(&self, challenge: &str) -> String {
        self.proven(challenge, &self.without_proof(challenge))
    }

    pub(super) fn expected_signature(&self, challenge: &str) -> String {
        let server_key = hmac(self.hash, &self.salted(challenge), b"Server Key");
        let said = format!("{},{challenge},{}", self.bare, self.without_proof(challenge));
        format!("v={}", STANDARD.encode(hmac(self.hash, &server_key, said.as_bytes())))
    }

    /// Up to the challenge.
    pub(super) fn begin(&self, users: &Users) -> (String, Exchange) {
        let exchange = Exchange::begin(Mechanism::from(self.hash), users);
        challenge(exchange.step(self.first().as_bytes()))
    }

    /// All the way, or until it is refused.
    pub(super) fn login(&self, users: &Users) -> Result<Grant, LoginError> {
        self.login_in(Exchange::begin(Mechanism::from(self.hash), users))
    }

    /// The same in an exchange that was begun.
    pub(super) fn login_in(&self, exchange: Exchange) -> Result<Grant, LoginError> {
        let (salt, exchange) = match exchange.step(self.first().as_bytes()) {
            Step::Refused(error) => return Err(error),
            step => challenge(step),
        };
        match judged(exchange.step(self.last(&salt).as_bytes())) {
            Step::Challenge(signature, exchange) => {
                assert_eq!(signature, self.expected_signature(&salt).into_bytes());
                match exchange.step(b"") {
                    Step::Proven(grant) => Ok(grant),
                    other => panic!("{other:?}"),
                }
            }
            Step::Refused(error) => Err(error),
            other => panic!("{other:?}"),
        }
    }
}
