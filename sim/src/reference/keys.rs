//! The keys that RFC 5802 makes of the password, from the server's challenge. Derived once for each salt.

use crate::conversation::PASSWORD;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{EagerHash, Hmac, KeyInit, Mac};
use keyway::ScramHash;
use md5::Md5;
use sha2::{Digest, Sha256, Sha512};
use std::{
    collections::HashMap,
    sync::{LazyLock, Mutex},
};

/// What the password and a salt become.
#[derive(Clone, Debug)]
pub(crate) struct Keys {
    hash: ScramHash,
    salted: Vec<u8>,
}

type Salted = HashMap<(ScramHash, String), Vec<u8>>;

/// Derivations take a millisecond, and salts stay the same.
static DERIVED: LazyLock<Mutex<Salted>> = LazyLock::new(Mutex::default);

fn hmac_by<D: EagerHash>(key: &[u8], data: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<D>::new_from_slice(key).expect("any length will do");
    mac.update(data);
    mac.finalize().into_bytes().to_vec()
}

fn salted(hash: ScramHash, salt: &[u8], rounds: u32) -> Vec<u8> {
    let mut salted = vec![0; if hash == ScramHash::Sha512 { 64 } else { 32 }];
    match hash {
        ScramHash::Sha512 => pbkdf2::pbkdf2_hmac::<Sha512>(PASSWORD.as_bytes(), salt, rounds, &mut salted),
        _ => pbkdf2::pbkdf2_hmac::<Sha256>(PASSWORD.as_bytes(), salt, rounds, &mut salted),
    }
    salted
}

impl Keys {
    /// For this challenge: `r=...,s=salt,i=rounds`.
    pub(crate) fn to(hash: ScramHash, challenge: &str) -> Self {
        let parameters = challenge.split_once(",s=").map_or("", |(_, parameters)| parameters);
        let mut derived = DERIVED.lock().expect("nobody panics here");
        let derivation = derived.entry((hash, parameters.to_owned())).or_insert_with(|| {
            let (salt, rounds) = parameters.split_once(",i=").expect("a salt and rounds");
            salted(hash, &STANDARD.decode(salt).expect("base64"), rounds.parse().expect("a number"))
        });
        Self { hash, salted: derivation.clone() }
    }

    fn hmac(&self, key: &[u8], data: &[u8]) -> Vec<u8> {
        match self.hash {
            ScramHash::Sha512 => hmac_by::<Sha512>(key, data),
            _ => hmac_by::<Sha256>(key, data),
        }
    }

    fn digest(&self, data: &[u8]) -> Vec<u8> {
        match self.hash {
            ScramHash::Sha512 => Sha512::digest(data).to_vec(),
            _ => Sha256::digest(data).to_vec(),
        }
    }

    /// The client's proof of what was said.
    pub(super) fn proof(&self, signed: &str) -> Vec<u8> {
        let client = self.hmac(&self.salted, b"Client Key");
        let mask = self.hmac(&self.digest(&client), signed.as_bytes());
        client.iter().zip(mask).map(|(key, mask)| key ^ mask).collect()
    }

    /// The server's.
    pub(super) fn signature(&self, signed: &str) -> String {
        let server = self.hmac(&self.salted, b"Server Key");
        format!("v={}", STANDARD.encode(self.hmac(&server, signed.as_bytes())))
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

/// The answer of CRAM-MD5 (RFC 2195) to a challenge, in the name of `name`.
pub(crate) fn cram_md5(name: &str, challenge: &str) -> String {
    let digest = hmac_by::<Md5>(PASSWORD.as_bytes(), challenge.as_bytes());
    let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{name} {hex}")
}

#[test]
fn it_says_what_the_example_of_rfc_7677_says() {
    let bare = "n=user,r=rOprNGfwEbeRWgbNEkqO";
    let challenge = "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";
    let keys = Keys::to(ScramHash::Sha256, challenge);
    let last = keys.client_final("n,,", bare, challenge);
    let (without_proof, proof) = last.rsplit_once(",p=").unwrap();
    assert_eq!(proof, "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=");
    let signature = keys.signature(&format!("{bare},{challenge},{without_proof}"));
    assert_eq!(signature, "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
}
