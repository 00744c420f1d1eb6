//! Verifiers against published vectors, and their text form against everything that is nearly it.

use super::*;
use base64::{Engine, engine::general_purpose::STANDARD};
use proptest::prelude::*;
use sha2::{Sha256, Sha512};

/// The user of RFC 7677's example, password "pencil".
const RFC_7677: &str = "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==\
    $WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=";

/// The same user, salt and nonces with the other hash function, computed by another implementation.
const SHA_512: &str = "SCRAM-SHA-512$4096:W22ZaJ0SNY7soEsUEjb6gQ==\
    $6AAub3065EYRmyFpM2RNwqK+eGnrkYuEWbXn19LsEmBqzu8QaCXNc1FwpnX9NhH2hK/60dzj9DoO5DvVkOHbvg==\
    :jZHbYjC1aHh0/hKbxyBuGFjDrgjgKTT1esA7awWiKcRZ0o/0b1yWEebBeSVkkCFewf91nLDfKF24mvD5nmE6rA==";

fn password(text: &str) -> Password {
    Password::new(text).unwrap()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn pbkdf2_gives_what_rfc_7914_and_the_6070_vectors_say() {
    let table: [(&[u8], &[u8], u32, &str); 6] = [
        (
            b"passwd",
            b"salt",
            1,
            "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc\
             49ca9cccf179b645991664b39d77ef317c71b845b1e30bd509112041d3a19783",
        ),
        (
            b"Password",
            b"NaCl",
            80_000,
            "4ddcd8f60b98be21830cee5ef22701f9641a4418d04c0414aeff08876b34ab56\
             a1d425a1225833549adb841b51c9b3176a272bdebba1d078478f62b397f33c8d",
        ),
        (b"password", b"salt", 1, "120fb6cffcf8b32c43e7225256c4f837a86548c92ccc35480805987cb70be17b"),
        (b"password", b"salt", 2, "ae4d0c95af6b46d32d0adff928f06dd02a303f8ef3c251dfd6e2d85a95474c43"),
        (b"password", b"salt", 4096, "c5e478d59288c841aa530db6845c4c8d962893a001ce4e11a4963873aa98134a"),
        (b"pass\0word", b"sa\0lt", 4096, "89b69d0516f829893c696226650a8687"),
    ];
    for (password, salt, rounds, expected) in table {
        let mut out = vec![0; expected.len() / 2];
        pbkdf2::pbkdf2_hmac::<Sha256>(password, salt, rounds, &mut out);
        assert_eq!(hex(&out), expected);
    }
}

/// Computed by another implementation.
#[test]
fn pbkdf2_with_sha_512_gives_what_others_do() {
    let table = [
        (
            &b"passwd"[..],
            1,
            "c74319d99499fc3e9013acff597c23c5baf0a0bec5634c46b8352b793e324723\
             d55caa76b2b25c43402dcfdc06cdcf66f95b7d0429420b39520006749c51a04e",
        ),
        (
            b"password",
            4096,
            "d197b1b33db0143e018b12f3d1d1479e6cdebdcc97c5c0f87f6902e072f457b5\
             143f30602641b3d55cd335988cb36b84376060ecd532e039b742a239434af2d5",
        ),
    ];
    for (password, rounds, expected) in table {
        let mut out = [0; 64];
        pbkdf2::pbkdf2_hmac::<Sha512>(password, b"salt", rounds, &mut out);
        assert_eq!(hex(&out), expected);
    }
}

#[test]
fn a_derivation_gives_the_keys_of_the_vectors() {
    let salt = STANDARD.decode("W22ZaJ0SNY7soEsUEjb6gQ==").unwrap();
    for (hash, vector) in [(ScramHash::Sha256, RFC_7677), (ScramHash::Sha512, SHA_512)] {
        let derived = Verifier::from_password(hash, &password("pencil"), Rounds::MIN, &salt);
        assert_eq!((derived.to_string().as_str(), derived.hash()), (vector, hash));
    }
}

#[test]
fn only_the_right_password_matches() {
    for vector in [RFC_7677, SHA_512] {
        let verifier: Verifier = vector.parse().unwrap();
        assert!(bool::from(verifier.matches(&password("pencil"))));
        for wrong in ["pencil ", "Pencil", "penci", "p"] {
            assert!(!bool::from(verifier.matches(&password(wrong))), "{wrong:?}");
        }
    }
}

#[test]
fn the_proof_and_signature_of_the_vectors_hold_for_their_dialogue_only() {
    let table = [
        (
            RFC_7677,
            "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
            "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
        ),
        (
            SHA_512,
            "gMGXRcevScNtxZ6/8lQYpGtnsNAc3mGcmNomv+xnoOMw+3R2xNJdMNnzMlTN8PPC6wdp6dybEmDYXYTxwnYPJQ==",
            "ZQnYEgWQMFmmsM8aQMF0nDDCy/AgCzkwk8CmMZYcMg0vSVlKDanekLtifDSeVGT4+5ZxXnJq199RVG2rR7N7Zw==",
        ),
    ];
    let nonce = "rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
    let first = "n=user,r=rOprNGfwEbeRWgbNEkqO,";
    let server = format!("r={nonce},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,");
    let last = format!("c=biws,r={nonce}");
    let message = [first.as_bytes(), server.as_bytes(), last.as_bytes()];
    for (verifier, proof, signature) in table {
        let verifier: Verifier = verifier.parse().unwrap();
        let mut proof = STANDARD.decode(proof).unwrap();
        let is_proven_by = |proof: &[u8], message: &[&[u8]]| -> bool {
            verifier.is_proven_by(&HashOutput::read(verifier.hash(), proof).unwrap(), message).into()
        };
        assert!(is_proven_by(&proof, &message));
        assert_eq!(STANDARD.encode(&*verifier.signature(&message)), signature);

        assert!(!is_proven_by(&proof, &[b"another dialogue"]));
        *proof.last_mut().unwrap() ^= 1;
        assert!(!is_proven_by(&proof, &message));
    }
}

/// That a comparison does not end at the first byte that differs cannot be told from its answer; that the answer is a
/// [`Choice`], which comes out of `subtle` alone, can. Nor are there two keys that `==` would take.
#[test]
fn row_48_keys_are_held_against_each_other_in_constant_time() {
    let by_password: fn(&Verifier, &Password) -> Choice = Verifier::matches;
    let by_proof: fn(&Verifier, &HashOutput, &[&[u8]]) -> Choice = Verifier::is_proven_by;
    let verifier: Verifier = RFC_7677.parse().unwrap();
    assert!(bool::from(by_password(&verifier, &password("pencil"))));
    let proof = HashOutput::read(ScramHash::Sha256, &[0; 32]).unwrap();
    assert!(!bool::from(by_proof(&verifier, &proof, &[])));
    let sources = [
        include_str!("mod.rs"),
        include_str!("../memory.rs"),
        include_str!("../identity.rs"),
        include_str!("../cram_md5/secret.rs"),
        include_str!("../password_hash/mod.rs"),
    ]
    .concat();
    for line in sources.lines().filter(|line| line.contains("==") || line.contains("!=")) {
        assert!(!["_key", "proof", "tag", "held"].iter().any(|secret| line.contains(secret)), "{line}");
    }
    // Each bit counts, the last as much as the first.
    for bit in 0..8 * verifier.stored_key.len() {
        let mut other = verifier.clone();
        let mut stored_key = verifier.stored_key.to_vec();
        stored_key[bit / 8] ^= 1 << (bit % 8);
        other.stored_key = HashOutput::read(ScramHash::Sha256, &stored_key).unwrap();
        assert!(!bool::from(by_password(&other, &password("pencil"))), "bit {bit}");
        assert!(!verifier.is_same_as(&other), "bit {bit}");
    }
}

#[test]
fn two_verifiers_of_one_password_differ_and_each_is_itself() {
    let one = Verifier::derive("pencil", Rounds::MIN).unwrap();
    let two = Verifier::derive("pencil", Rounds::MIN).unwrap();
    assert_eq!(one.salt().len(), SALT_LEN);
    assert_ne!(one.to_string(), two.to_string());
    assert!(!one.is_same_as(&two));
    assert!(one.is_same_as(&one.to_string().parse().unwrap()));
    assert_eq!(Verifier::derive("", Rounds::MIN).err(), Some(UserError::BadPassword));
}

#[test]
fn row_69_debug_shows_nothing() {
    for vector in [RFC_7677, SHA_512] {
        assert_eq!(format!("{:?}", vector.parse::<Verifier>().unwrap()), "Verifier(..)");
    }
}

#[test]
fn what_is_nearly_a_verifier_is_refused() {
    let nearly = [
        RFC_7677.replacen("SHA-256", "SHA-1", 1),
        RFC_7677.replacen("SHA-256", "SHA256", 1),
        // The keys of one hash function are none of the other.
        RFC_7677.replacen("SHA-256", "SHA-512", 1),
        SHA_512.replacen("SHA-512", "SHA-256", 1),
        RFC_7677.replacen("SCRAM", "scram", 1),
        RFC_7677.replacen("4096", "+4096", 1),
        RFC_7677.replacen("4096", "04096", 1),
        RFC_7677.replacen("4096", "", 1),
        RFC_7677.replacen("4096", "4096 ", 1),
        RFC_7677.replacen("4096", "99999999999", 1),
        RFC_7677.replacen("gQ==", "gQ", 1),
        // The last character of the salt carries bits that do not count: another way to write the same bytes.
        RFC_7677.replacen("gQ==", "gR==", 1),
        RFC_7677.replacen("T4qY=", "T4qZ=", 1),
        RFC_7677.replacen("Dl2dU=", "Dl2dU", 1),
        RFC_7677.replacen("wfPL", "", 1),
        RFC_7677.replacen("W22ZaJ0SNY7soEsUEjb6gQ==", "", 1),
        RFC_7677.replacen("W22ZaJ0SNY7soEsUEjb6gQ==", &STANDARD.encode([1; 7]), 1),
        RFC_7677.replacen("W22ZaJ0SNY7soEsUEjb6gQ==", &STANDARD.encode([1; 65]), 1),
        format!("{RFC_7677}\n"),
        format!(" {RFC_7677}"),
        format!("{RFC_7677}$"),
        format!("{RFC_7677}:"),
        String::new(),
    ];
    for text in nearly {
        assert_eq!(text.parse::<Verifier>().err(), Some(UserError::BadVerifier), "{text:?}");
    }
    for salt in [STANDARD.encode([1; 8]), STANDARD.encode([1; 64])] {
        let text = RFC_7677.replacen("W22ZaJ0SNY7soEsUEjb6gQ==", &salt, 1);
        assert_eq!(text.parse::<Verifier>().unwrap().to_string(), text);
    }
}

#[test]
fn rounds_that_clients_refuse_are_named_as_the_fault() {
    for count in ["0", "1", "4095", "65537", "600000"] {
        let text = RFC_7677.replacen("4096", count, 1);
        assert_eq!(text.parse::<Verifier>().err(), Some(UserError::BadRounds), "{count}");
    }
}

proptest! {
    #[test]
    fn what_is_read_is_what_was_written(
        salt in proptest::collection::vec(any::<u8>(), SALT_LENS),
        hash in proptest::sample::select(&ScramHash::ALL),
        keys: [[u8; 32]; 4],
        count in 4096_u32..=65_536,
    ) {
        let [stored_key, server_key] =
            [&keys[..2], &keys[2..]].map(|key| HashOutput::read(hash, &key.concat()[..hash.output_len()]).unwrap());
        let verifier = Verifier::from_keys(hash, Rounds::new(count).unwrap(), &salt, stored_key, server_key);
        let text = verifier.to_string();
        let read: Verifier = text.parse().unwrap();
        prop_assert!(read.is_same_as(&verifier));
        prop_assert_eq!(read.to_string(), text);
    }

    #[test]
    fn row_52_any_text_is_read_or_refused_and_read_only_if_written_so(text in "(SCRAM-SHA-(256|512)\\$)?[ -~]{0,120}") {
        if let Ok(verifier) = text.parse::<Verifier>() {
            prop_assert_eq!(verifier.to_string(), text);
        }
    }
}
