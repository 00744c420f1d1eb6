//! The client's side of SCRAM, straight from RFC 5802, so that the server's is not checked against itself.

#![allow(dead_code, unreachable_pub, reason = "each test program uses its own part of this")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{EagerHash, Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256, Sha512};

/// What the client sends last, and what it then expects of the server.
#[derive(Debug)]
pub struct Final {
    pub message: String,
    pub signature: String,
}

fn hmac<D: EagerHash>(key: &[u8], data: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<D>::new_from_slice(key).unwrap();
    mac.update(data);
    mac.finalize().into_bytes().to_vec()
}

/// The client's last message of SCRAM-SHA-256, from its first one (`gs2` and `bare`) and the server's answer.
pub fn client_final(gs2: &str, bare: &str, server_first: &str, password: &str) -> Final {
    client_final_by::<Sha256>(gs2, bare, server_first, password)
}

/// The same of SCRAM-SHA-512.
pub fn client_final_512(gs2: &str, bare: &str, server_first: &str, password: &str) -> Final {
    client_final_by::<Sha512>(gs2, bare, server_first, password)
}

fn client_final_by<D: EagerHash>(gs2: &str, bare: &str, server_first: &str, password: &str) -> Final {
    let part = |name: &str| server_first.split(',').find_map(|part| part.strip_prefix(name)).unwrap();
    let salt = STANDARD.decode(part("s=")).unwrap();
    let mut salted = vec![0; <D as Digest>::output_size()];
    pbkdf2::pbkdf2_hmac::<D>(password.as_bytes(), &salt, part("i=").parse().unwrap(), &mut salted);
    let client_key = hmac::<D>(&salted, b"Client Key");
    let without_proof = format!("c={},r={}", STANDARD.encode(gs2), part("r="));
    let signed = format!("{bare},{server_first},{without_proof}");
    let signature = hmac::<D>(&D::digest(&client_key), signed.as_bytes());
    let proof: Vec<u8> = client_key.iter().zip(signature).map(|(key, mask)| key ^ mask).collect();
    let expected = hmac::<D>(&hmac::<D>(&salted, b"Server Key"), signed.as_bytes());
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
