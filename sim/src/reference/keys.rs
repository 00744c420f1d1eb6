//! The keys that RFC 5802 makes of the password, from the server's challenge. Derived once for each salt.

use crate::conversation::PASSWORD;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use std::{
    collections::HashMap,
    sync::{LazyLock, Mutex},
};

/// What the password and a salt become.
#[derive(Clone, Debug)]
pub(crate) struct Keys {
    salted: [u8; 32],
}

type Salted = HashMap<String, [u8; 32]>;

/// Derivations take a millisecond, and salts stay the same.
static DERIVED: LazyLock<Mutex<Salted>> = LazyLock::new(Mutex::default);

fn hmac(key: &[u8], data: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("any length will do");
    mac.update(data);
    mac.finalize().into_bytes().to_vec()
}

impl Keys {
    /// For this challenge: `r=...,s=salt,i=rounds`.
    pub(crate) fn to(challenge: &str) -> Self {
        let parameters = challenge.split_once(",s=").map_or("", |(_, parameters)| parameters);
        let mut derived = DERIVED.lock().expect("nobody panics here");
        let salted = *derived.entry(parameters.to_owned()).or_insert_with(|| {
            let (salt, rounds) = parameters.split_once(",i=").expect("a salt and rounds");
            let (salt, rounds) = (STANDARD.decode(salt).expect("base64"), rounds.parse().expect("a number"));
            let mut salted = [0; 32];
            pbkdf2::pbkdf2_hmac::<Sha256>(PASSWORD.as_bytes(), &salt, rounds, &mut salted);
            salted
        });
        Self { salted }
    }

    /// The client's proof of what was said.
    pub(super) fn proof(&self, signed: &str) -> Vec<u8> {
        let client = hmac(&self.salted, b"Client Key");
        let mask = hmac(&Sha256::digest(&client), signed.as_bytes());
        client.iter().zip(mask).map(|(key, mask)| key ^ mask).collect()
    }

    /// The server's.
    pub(super) fn signature(&self, signed: &str) -> String {
        let server = hmac(&self.salted, b"Server Key");
        format!("v={}", STANDARD.encode(hmac(&server, signed.as_bytes())))
    }

    /// The client's last message, after it said `header` and `bare`.
    pub(crate) fn client_final(&self, header: &str, bare: &str, challenge: &str) -> String {
        let nonces = challenge.split(',').next().unwrap_or_default();
        self.client_final_of(header, nonces, bare, challenge)
    }

    /// The same where the message names these nonces, and proves that it does.
    pub(crate) fn client_final_of(&self, header: &str, nonces: &str, bare: &str, challenge: &str) -> String {
        let without_proof = format!("c={},{nonces}", STANDARD.encode(header));
        let proof = self.proof(&format!("{bare},{challenge},{without_proof}"));
        format!("{without_proof},p={}", STANDARD.encode(proof))
    }
}

#[test]
fn it_says_what_the_example_of_rfc_7677_says() {
    let bare = "n=user,r=rOprNGfwEbeRWgbNEkqO";
    let challenge = "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";
    let keys = Keys::to(challenge);
    let last = keys.client_final("n,,", bare, challenge);
    let (without_proof, proof) = last.rsplit_once(",p=").unwrap();
    assert_eq!(proof, "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=");
    let signature = keys.signature(&format!("{bare},{challenge},{without_proof}"));
    assert_eq!(signature, "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
}
