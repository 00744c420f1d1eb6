//! Several passwords of one user, by SCRAM and by PLAIN, as a client meets them that shares no code with the library.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use keyway::{
    Cache, Config, Credential, LoginError, Mechanism, PasswordHash, Refusal, Role, Rounds, Session, Step,
    UserRecord, Users, Verified, Verifier,
};
use sha2::{Digest, Sha256};
use std::time::Duration;

fn hmac(key: &[u8], text: &str) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().into()
}

fn cache(user: UserRecord) -> Cache {
    let users = Users::new();
    users.add_record(user).unwrap();
    Cache::new(Config::new(1 << 20), users).unwrap()
}

fn derived(password: &str) -> Verifier {
    Verifier::derive(password, Rounds::MIN).unwrap()
}

/// Logs in by SCRAM-SHA-256, and does not believe a server that signs by the wrong key.
fn scram(cache: &Cache, password: &str) -> Result<Session, LoginError> {
    let bare = "n=ada,r=clientnonce";
    let Step::Challenge(challenge, exchange) =
        cache.exchange(Mechanism::ScramSha256).step(format!("n,,{bare}").as_bytes())
    else {
        panic!("a challenge comes first");
    };
    let challenge = String::from_utf8(challenge).unwrap();
    let part = |name: &str| challenge.split(',').find_map(|part| part.strip_prefix(name)).unwrap().to_owned();
    let (salt, rounds) = (STANDARD.decode(part("s=")).unwrap(), part("i=").parse().unwrap());
    let mut salted = [0; 32];
    pbkdf2::pbkdf2_hmac::<Sha256>(password.as_bytes(), &salt, rounds, &mut salted);
    let client_key = hmac(&salted, "Client Key");
    let last = format!("c=biws,r={}", part("r="));
    let said = format!("{bare},{challenge},{last}");
    let signature = hmac(&Sha256::digest(client_key), &said);
    let proof: Vec<u8> = client_key.iter().zip(signature).map(|(key, mask)| key ^ mask).collect();
    let last = format!("{last},p={}", STANDARD.encode(proof));
    let attempt = match exchange.step(last.as_bytes()) {
        Step::Verify(attempt) => attempt,
        other => panic!("a proof is a guess, and not {other:?}"),
    };
    let Verified::Challenge(answer, exchange) = attempt.verify()? else { panic!("the server proves itself") };
    let own = format!("v={}", STANDARD.encode(hmac(&hmac(&salted, "Server Key"), &said)));
    assert_eq!(
        String::from_utf8(answer).unwrap(),
        own,
        "the server signs by the key of the password that was proven"
    );
    match exchange.step(b"") {
        Step::Open(session) => Ok(session),
        other => panic!("it is over, and not {other:?}"),
    }
}

#[test]
fn one_challenge_serves_the_old_password_and_the_new_one() {
    let cache = cache(UserRecord::new("ada", Role::ReadWrite, derived("old")));
    let before = scram(&cache, "old").unwrap();
    cache.users().rotate("ada", "new", Duration::from_secs(3600)).unwrap();
    let sessions = [before, scram(&cache, "old").unwrap(), scram(&cache, "new").unwrap()];
    assert!(scram(&cache, "other").is_err());
    assert!(cache.login("ada", "old").is_ok() && cache.login("ada", "new").is_ok());
    cache.users().remove_credential("ada", "1").unwrap();
    let written = sessions.each_ref().map(|session| session.set("k", "v").err());
    assert_eq!(written, [Some(Refusal::Revoked), Some(Refusal::Revoked), None]);
    assert!(scram(&cache, "old").is_err() && scram(&cache, "new").is_ok());
}

#[test]
fn where_salts_differ_scram_takes_the_newest_and_plain_each() {
    let mut old = Credential::new("1", derived("old"));
    old.created -= Duration::from_secs(60);
    let mut user = UserRecord::new("ada", Role::ReadWrite, derived("newest"));
    user.credentials[0].label = "2".to_owned();
    user.add_credential(old).unwrap();
    let cache = cache(user);
    assert!(scram(&cache, "newest").is_ok() && scram(&cache, "old").is_err());
    assert!(cache.login("ada", "newest").is_ok() && cache.login("ada", "old").is_ok());
    assert!(cache.login("ada", "other").is_err());
    // Once the newest is gone, the other one answers.
    cache.users().remove_credential("ada", "2").unwrap();
    assert!(scram(&cache, "old").is_ok());
}

#[test]
fn a_password_for_plain_alone_is_challenged_and_refused_by_scram() {
    let user = UserRecord::new("ada", Role::ReadWrite, PasswordHash::derive("pencil").unwrap());
    let cache = cache(user);
    assert!(cache.login("ada", "pencil").is_ok());
    assert!(scram(&cache, "pencil").is_err());
}

#[test]
fn a_weak_hash_serves_scram_once_somebody_has_logged_in_by_plain() {
    let sha256_of_abc = "#ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    let hash: PasswordHash = sha256_of_abc.parse().unwrap();
    let cache = cache(UserRecord::new("ada", Role::ReadWrite, hash));
    assert!(scram(&cache, "abc").is_err());
    cache.login("ada", "abc").unwrap();
    assert!(scram(&cache, "abc").is_ok() && scram(&cache, "abd").is_err());
}
