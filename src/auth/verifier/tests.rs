//! Verifiers against published vectors, and their text form against everything that is nearly it.

use super::*;
use base64::{Engine, engine::general_purpose::STANDARD};
use proptest::prelude::*;

/// The user of RFC 7677's example, password "pencil".
const RFC_7677: &str = "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==\
    $WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=";

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

#[test]
fn a_derivation_gives_the_keys_of_rfc_7677() {
    let salt = STANDARD.decode("W22ZaJ0SNY7soEsUEjb6gQ==").unwrap();
    let derived = Verifier::from_password(&password("pencil"), Rounds::MIN, &salt);
    assert_eq!(derived.to_string(), RFC_7677);
}

#[test]
fn only_the_right_password_matches() {
    let verifier: Verifier = RFC_7677.parse().unwrap();
    assert!(bool::from(verifier.matches(&password("pencil"))));
    for wrong in ["pencil ", "Pencil", "penci", "p"] {
        assert!(!bool::from(verifier.matches(&password(wrong))), "{wrong:?}");
    }
}

#[test]
fn the_proof_and_signature_of_rfc_7677_hold_for_their_dialogue_only() {
    let verifier: Verifier = RFC_7677.parse().unwrap();
    let nonce = "rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
    let first = "n=user,r=rOprNGfwEbeRWgbNEkqO,";
    let server = format!("r={nonce},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,");
    let last = format!("c=biws,r={nonce}");
    let message = [first.as_bytes(), server.as_bytes(), last.as_bytes()];
    let decoded = STANDARD.decode("dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=").unwrap();
    let mut proof: [u8; HASH_LEN] = decoded.try_into().unwrap();

    assert!(bool::from(verifier.is_proven_by(&proof, &message)));
    let signature = STANDARD.encode(verifier.signature(&message));
    assert_eq!(signature, "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");

    assert!(!bool::from(verifier.is_proven_by(&proof, &[b"another dialogue"])));
    proof[31] ^= 1;
    assert!(!bool::from(verifier.is_proven_by(&proof, &message)));
}

/// That a comparison does not end at the first byte that differs cannot be told from its answer; that the answer is a
/// [`Choice`], which comes out of `subtle` alone, can. Nor are there two keys that `==` would take.
#[test]
fn row_48_keys_are_held_against_each_other_in_constant_time() {
    let by_password: fn(&Verifier, &Password) -> Choice = Verifier::matches;
    let by_proof: fn(&Verifier, &[u8; HASH_LEN], &[&[u8]]) -> Choice = Verifier::is_proven_by;
    let verifier: Verifier = RFC_7677.parse().unwrap();
    assert!(bool::from(by_password(&verifier, &password("pencil"))));
    assert!(!bool::from(by_proof(&verifier, &[0; HASH_LEN], &[])));
    let sources = [
        include_str!("mod.rs"),
        include_str!("../memory.rs"),
        include_str!("../identity.rs"),
        include_str!("../password_hash/mod.rs"),
    ]
    .concat();
    for line in sources.lines().filter(|line| line.contains("==") || line.contains("!=")) {
        assert!(!["_key", "proof", "tag", "held"].iter().any(|secret| line.contains(secret)), "{line}");
    }
    // Each bit counts, the last as much as the first.
    for bit in 0..8 * HASH_LEN {
        let mut other = verifier.clone();
        other.stored_key[bit / 8] ^= 1 << (bit % 8);
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
    let verifier: Verifier = RFC_7677.parse().unwrap();
    assert_eq!(format!("{verifier:?}"), "Verifier(..)");
}

#[test]
fn what_is_nearly_a_verifier_is_refused() {
    let nearly = [
        RFC_7677.replacen("SHA-256", "SHA-1", 1),
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
        stored_key: [u8; HASH_LEN],
        server_key: [u8; HASH_LEN],
        count in 4096_u32..=65_536,
    ) {
        let verifier = Verifier::from_keys(Rounds::new(count).unwrap(), &salt, stored_key, server_key);
        let text = verifier.to_string();
        let read: Verifier = text.parse().unwrap();
        prop_assert!(read.is_same_as(&verifier));
        prop_assert_eq!(read.to_string(), text);
    }

    #[test]
    fn row_52_any_text_is_read_or_refused_and_read_only_if_written_so(text in "(SCRAM-SHA-256\\$)?[ -~]{0,120}") {
        if let Ok(verifier) = text.parse::<Verifier>() {
            prop_assert_eq!(verifier.to_string(), text);
        }
    }
}
