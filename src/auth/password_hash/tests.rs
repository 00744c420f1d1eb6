//! What the hashes of others and ours are held against. The bcrypt ones are of jBCrypt's tests and of Apache's htpasswd, the
//! argon2id one of the reference implementation.

use super::*;

const SHA256_ABC: &str = "#ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
const SHA1_ABC: &str = "{SHA}qZk+NkcGgWq6PiVxeFDCbJzQ2J0=";
/// Of jBCrypt: "abc".
const BCRYPT_ABC: &str = "$2a$06$If6bvum7DFjUnE9p2uDeDu0YHzrHM6tf.iqN8.yx.jNN1ILEf7h0i";

fn password(text: &str) -> Password {
    Password::new(text).unwrap()
}

fn fits(hash: &PasswordHash, text: &str) -> bool {
    bool::from(hash.matches(&hash.hash(&password(text), None)))
}

fn read(text: &str) -> PasswordHash {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

#[test]
fn what_others_wrote_fits_its_password_and_no_other() {
    for text in [SHA256_ABC, SHA1_ABC, BCRYPT_ABC] {
        let hash = read(text);
        assert!(fits(&hash, "abc"), "{text}");
        for wrong in ["abd", "ab", "abcd", "ABC"] {
            assert!(!fits(&hash, wrong), "{text} {wrong}");
        }
        assert_eq!(hash.to_string(), text);
    }
    for prefix in ["$2b$", "$2y$"] {
        let text = BCRYPT_ABC.replace("$2a$", prefix);
        assert!(fits(&read(&text), "abc"));
        assert_eq!(read(&text).to_string(), text);
    }
}

#[test]
fn what_is_made_here_is_argon2id_with_a_salt_of_its_own() {
    let (one, other) = (PasswordHash::derive("pencil").unwrap(), PasswordHash::derive("pencil").unwrap());
    assert!(one.to_string().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{one}");
    assert_ne!(one.to_string(), other.to_string());
    assert!(!one.shares_derivation_with(&other) && !one.is_same_as(&other));
    let read_back = read(&one.to_string());
    assert!(read_back.is_same_as(&one) && fits(&read_back, "pencil") && !fits(&read_back, "crayon"));
}

/// Of the reference implementation's `argon2 somesalt -id -t 2 -m 16 -p 1`, for the password `password`.
#[test]
fn argon2id_is_that_of_the_reference() {
    let text = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
    assert!(fits(&read(text), "password"));
    assert!(!fits(&read(text), "passwore"));
    assert_eq!(read(text).to_string(), text);
}

#[test]
fn bcrypt_sees_the_first_72_bytes() {
    let hash = PasswordHash(Kind::Bcrypt(Bcrypt::mock(4, [7; SALT_LEN], &[0; 32])));
    let hashed = |text: &str| match hash.hash(&password(text), None) {
        Hashed::Slow(hashed) => hashed,
        Hashed::Weak(..) => unreachable!("bcrypt is slow"),
    };
    assert_eq!(hashed(&"x".repeat(72)), hashed(&"x".repeat(1024)));
    assert_ne!(hashed(&"x".repeat(71)), hashed(&"x".repeat(72)));
}

#[test]
fn what_is_nearly_a_hash_is_refused() {
    let made = PasswordHash::derive("pencil").unwrap().to_string();
    let wrong = [
        String::new(),
        "hunter2".to_owned(),
        "$apr1$NRZ2BLmY$5vFzbMxmeSpuU.UTHsUPj/".to_owned(),
        "$6$salt$hash".to_owned(),
        SHA256_ABC[..64].to_owned(),
        SHA256_ABC.to_uppercase(),
        SHA1_ABC.replace("{SHA}", "{SSHA}"),
        SHA1_ABC.replace("J0=", "J0"),
        BCRYPT_ABC.replace("$06$", "$6$"),
        BCRYPT_ABC.replace("$06$", "$31$"),
        BCRYPT_ABC.replace("$2a$", "$2x$"),
        BCRYPT_ABC[..59].to_owned(),
        format!("{BCRYPT_ABC}."),
        made.replace("argon2id", "argon2i"),
        made.replace("v=19", "v=16"),
        made.replace("$v=19", ""),
        made.replace("m=19456", "m=1048576"),
        made.replace("m=19456", "m=8"),
        made.replace("t=2", "t=1000"),
        made.replace("p=1", "p=64"),
        made.rsplit_once('$').unwrap().0.to_owned(),
    ];
    for text in wrong {
        assert_eq!(text.parse::<PasswordHash>().err(), Some(UserError::BadPasswordHash), "{text}");
    }
}

#[test]
fn a_weak_one_costs_a_derivation_and_yields_what_takes_its_place() {
    let weak = read(SHA256_ABC);
    assert!(weak.is_weak() && read(SHA1_ABC).is_weak() && !read(BCRYPT_ABC).is_weak());
    assert!(weak.shares_derivation_with(&read(SHA1_ABC)), "one derivation serves all of them");
    for (text, right) in [("abc", true), ("abd", false)] {
        let hashed = weak.hash(&password(text), None);
        let verifier = hashed.upgrade().unwrap();
        assert_eq!(verifier.rounds(), Rounds::default(), "right or wrong");
        assert!(bool::from(verifier.matches(&password(text))));
        assert_eq!(bool::from(weak.matches(&hashed)), right);
    }
}

#[test]
fn a_mock_takes_the_same_work_and_no_password_fits_it() {
    let made = PasswordHash::derive("pencil").unwrap();
    for hash in [read(SHA256_ABC), read(SHA1_ABC), read(BCRYPT_ABC), made] {
        let mock = PasswordHash::mock(hash.work(), &[5; SALT_LEN], [6; 32]).unwrap();
        assert_eq!(mock.work(), hash.work());
        assert!(!fits(&mock, "abc") && !fits(&mock, "pencil"));
        assert_eq!(read(&mock.to_string()).to_string(), mock.to_string());
    }
    assert!(
        PasswordHash::mock(Work::Scram(ScramHash::Sha256, Rounds::MIN), &[5; SALT_LEN], [6; 32]).is_none()
    );
}

#[test]
fn debug_shows_nothing() {
    assert_eq!(format!("{:?}", read(SHA256_ABC)), "PasswordHash(..)");
}
