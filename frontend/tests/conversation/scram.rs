//! The client's side of SCRAM-SHA-256, straight from RFC 5802, so that the server's is not checked against itself.

#![allow(unreachable_pub, reason = "each test program uses its own part of this")]

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

/// What the client sends last, and what it then expects of the server.
#[derive(Debug)]
pub struct Final {
    pub message: String,
    pub signature: String,
}

fn hmac(key: &[u8], data: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(data);
    mac.finalize().into_bytes().to_vec()
}

/// The client's last message, from its first one (`gs2` and `bare`) and the server's answer.
pub fn client_final(gs2: &str, bare: &str, server_first: &str, password: &str) -> Final {
    let part = |name: &str| server_first.split(',').find_map(|part| part.strip_prefix(name)).unwrap();
    let salt = STANDARD.decode(part("s=")).unwrap();
    let mut salted = [0; 32];
    pbkdf2::pbkdf2_hmac::<Sha256>(password.as_bytes(), &salt, part("i=").parse().unwrap(), &mut salted);
    let client_key = hmac(&salted, b"Client Key");
    let without_proof = format!("c={},r={}", STANDARD.encode(gs2), part("r="));
    let signed = format!("{bare},{server_first},{without_proof}");
    let signature = hmac(&Sha256::digest(&client_key), signed.as_bytes());
    let proof: Vec<u8> = client_key.iter().zip(signature).map(|(key, mask)| key ^ mask).collect();
    let expected = hmac(&hmac(&salted, b"Server Key"), signed.as_bytes());
    Final {
        message: format!("{without_proof},p={}", STANDARD.encode(proof)),
        signature: format!("v={}", STANDARD.encode(expected)),
    }
}

#[test]
fn it_says_what_the_example_of_rfc_7677_says() {
    let bare = "n=user,r=rOprNGfwEbeRWgbNEkqO";
    let server_first =
        "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";
    let last = client_final("n,,", bare, server_first, "pencil");
    assert!(last.message.ends_with(",p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="));
    assert_eq!(last.signature, "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
}
