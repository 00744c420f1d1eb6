//! The dialogues that the RFCs print, word for word.

use super::*;
use crate::auth::scram::{Binding, begin_with_nonce};

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
    goes_bound(hash.into(), Binding::Unavailable, ("n,,", "biws"), proof, expected);
}

fn goes_bound(
    mechanism: Mechanism,
    binding: Binding,
    (header, bound_to): (&str, &str),
    proof: &str,
    expected: &str,
) {
    let nonce = "rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
    let first = format!("{header}n=user,r=rOprNGfwEbeRWgbNEkqO");
    let (salt, awaiting) =
        begin_with_nonce(&user(), mechanism, binding, first.as_bytes(), &nonce[20..]).unwrap();
    assert_eq!(salt, format!("r={nonce},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096").as_bytes());
    let last = format!("c={bound_to},r={nonce},p={proof}");
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

/// What the channel of the next two has, and how the client's last message tells of it.
const EXPORTER: [u8; 32] = [
    0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28,
    29, 30, 31,
];
const BOUND: (&str, &str) =
    ("p=tls-exporter,,", "cD10bHMtZXhwb3J0ZXIsLAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f");

/// Nobody has published one with `tls-exporter`: the same, computed by the implementation that computes the published ones above.
#[test]
fn the_dialogue_of_rfc_7677_goes_as_computed_where_it_is_bound_to_a_channel() {
    goes_bound(
        Mechanism::ScramSha256Plus,
        Binding::To(EXPORTER),
        BOUND,
        "QC6CS20quADQRb3mT99YUH+n3VJxUvzuK0K0E1Vrs2M=",
        "v=2GiAgapEppLVlUXbxUDksL3VgYHzuqiK5tR4mhJGgvs=",
    );
    goes_bound(
        Mechanism::ScramSha512Plus,
        Binding::To(EXPORTER),
        BOUND,
        "jVaGV/PIJ7hgkpxV9a1jdpzyYkHQH9gW6fn3DbAL2oEA+5w4CCSJjoq8G37bn2FsGaVEMsk4kiHRqMUoN/aiiA==",
        "v=bTvxua5nsJsvSd2bk+1WbSe84MBgjkACQPOqiN7MhTBLYxVX2QUqwET2NLcZEv2CfexR6NbAMluKltOEs5vLYw==",
    );
}
