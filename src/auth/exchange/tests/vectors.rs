//! The dialogues that the RFCs print, word for word.

use super::*;
use crate::auth::scram::begin_with_nonce;

/// The user of RFC 7677's example, as a server stores it for both hash functions.
fn user() -> Users {
    let users = Users::new();
    let sha_256 = "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==\
        $WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=";
    let sha_512 = "SCRAM-SHA-512$4096:W22ZaJ0SNY7soEsUEjb6gQ==\
        $6AAub3065EYRmyFpM2RNwqK+eGnrkYuEWbXn19LsEmBqzu8QaCXNc1FwpnX9NhH2hK/60dzj9DoO5DvVkOHbvg==\
        :jZHbYjC1aHh0/hKbxyBuGFjDrgjgKTT1esA7awWiKcRZ0o/0b1yWEebBeSVkkCFewf91nLDfKF24mvD5nmE6rA==";
    let mut credential = Credential::new("1", sha_256.parse::<Verifier>().unwrap());
    credential.forms.push(sha_512.parse::<Verifier>().unwrap().into());
    let credentials = vec![credential];
    users.add_record(UserRecord::with_credentials("user", Role::ReadOnly, credentials)).unwrap();
    users
}

fn goes_as_written(hash: ScramHash, proof: &str, expected: &str) {
    let nonce = "rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
    let first = b"n,,n=user,r=rOprNGfwEbeRWgbNEkqO";
    let (salt, awaiting) = begin_with_nonce(&user(), hash, first, &nonce[20..]).unwrap();
    assert_eq!(salt, format!("r={nonce},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096").as_bytes());
    let last = format!("c=biws,r={nonce},p={proof}");
    let claimed = awaiting.read(last.as_bytes()).unwrap();
    assert_eq!(claimed.claimed_name(), "user");
    let (signature, awaiting) = claimed.judge().unwrap();
    assert_eq!(String::from_utf8(signature).unwrap(), expected);
    assert_eq!(awaiting.finish(b"").unwrap().account().name(), "user");
}

#[test]
fn the_dialogue_of_rfc_7677_goes_as_published() {
    goes_as_written(
        ScramHash::Sha256,
        "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
        "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
    );
}

/// Nobody has published one: this is the same with the other hash function, computed by another implementation.
#[test]
fn the_dialogue_of_rfc_7677_goes_as_computed_with_sha_512() {
    goes_as_written(
        ScramHash::Sha512,
        "gMGXRcevScNtxZ6/8lQYpGtnsNAc3mGcmNomv+xnoOMw+3R2xNJdMNnzMlTN8PPC6wdp6dybEmDYXYTxwnYPJQ==",
        "v=ZQnYEgWQMFmmsM8aQMF0nDDCy/AgCzkwk8CmMZYcMg0vSVlKDanekLtifDSeVGT4+5ZxXnJq199RVG2rR7N7Zw==",
    );
}
