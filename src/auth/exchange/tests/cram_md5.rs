//! CRAM-MD5 (RFC 2195).

use super::*;
use hmac::{Hmac, KeyInit, Mac};
use md5::Md5;

/// The client's answer, by HMAC as a library has it and not by stored states.
fn answer(name: &str, password: &str, challenge: &str) -> String {
    let mut mac = Hmac::<Md5>::new_from_slice(password.as_bytes()).unwrap();
    mac.update(challenge.as_bytes());
    let hex: String = mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{name} {hex}")
}

fn begin(users: &Users) -> (String, Exchange) {
    challenge(Exchange::begin(Mechanism::CramMd5, users).step(b""))
}

fn login(users: &Users, name: &str, password: &str) -> Result<String, LoginFailure> {
    let (challenge, exchange) = begin(users);
    match judged(exchange.step(answer(name, password, &challenge).as_bytes())) {
        Step::Proven(grant) => Ok(grant.account().name().to_owned()),
        Step::Refused(error) => {
            assert_eq!((error.claimed_name(), error.to_string().as_str()), (Some(name), "login refused"));
            Err(error.failure())
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn who_knows_the_password_and_is_stored_for_it_is_let_in() {
    let users = users();
    for name in ["ada", "ada@vm", "a\u{ad}da"] {
        assert_eq!(login(&users, name, PASSWORD).as_deref(), Ok("ada"));
    }
    users
        .add_record(UserRecord::with_credentials(
            "grace hopper",
            Role::ReadOnly,
            vec![Credential::new("1", CramMd5Secret::derive(PASSWORD).unwrap())],
        ))
        .unwrap();
    assert_eq!(login(&users, "grace hopper", PASSWORD).as_deref(), Ok("grace hopper"), "a name with a blank");
}

#[test]
fn everybody_else_is_refused_at_the_same_point() {
    let users = users();
    assert_eq!(login(&users, "ada", "pencils"), Err(LoginFailure::WrongPassword));
    assert_eq!(login(&users, "eve", PASSWORD), Err(LoginFailure::UnknownUser));
    assert_eq!(login(&users, "job", PASSWORD), Err(LoginFailure::NoPassword));
    for name in ["bob", "dan"] {
        assert_eq!(login(&users, name, PASSWORD), Err(LoginFailure::MissingForm(Mechanism::CramMd5)));
    }
}

#[test]
fn an_answer_is_a_guess_and_one_that_is_malformed_is_none() {
    let users = users();
    for name in ["ada", "bob", "eve", "job"] {
        let (challenge, exchange) = begin(&users);
        let right = answer(name, PASSWORD, &challenge);
        let Step::Judge(proof) = exchange.step(right.as_bytes()) else { panic!("{name}") };
        assert_eq!((proof.claimed_name(), &*proof.target()), (name, name));
        let digest = right.rsplit_once(' ').unwrap().1;
        for malformed in [
            String::new(),
            digest.to_owned(),
            format!(" {digest}"),
            format!("{name}  {digest} "),
            format!("{name} {}", digest.to_uppercase()),
            format!("{name} {}", &digest[2..]),
            format!("{name} {digest}00"),
            format!("{name}\0{digest}"),
            format!("a\nda {digest}"),
            format!("\u{ad} {digest}"),
        ] {
            let error = refused(begin(&users).1.step(malformed.as_bytes()));
            assert_eq!(error.failure(), LoginFailure::Malformed, "{malformed:?}");
        }
    }
}

/// An answer recorded once is of no use, and a client must not speak first: it would choose what is hashed.
#[test]
fn a_challenge_is_fresh_and_the_servers() {
    let users = users();
    let (recorded, exchange) = begin(&users);
    let replayed = answer("ada", PASSWORD, &recorded);
    assert!(matches!(judged(exchange.step(replayed.as_bytes())), Step::Proven(_)));
    let error = refused(begin(&users).1.step(replayed.as_bytes()));
    assert_eq!(error.failure(), LoginFailure::WrongPassword);
    for first in [&b"<1896.697170952@postoffice.reston.mci.net>"[..], b"ada", replayed.as_bytes()] {
        let error = refused(Exchange::begin(Mechanism::CramMd5, &users).step(first));
        assert_eq!((error.failure(), error.claimed_name()), (LoginFailure::Malformed, None));
    }
}

#[test]
fn row_69_debug_of_an_exchange_shows_no_secret() {
    let users = users();
    let (challenge, exchange) = begin(&users);
    assert!(!format!("{exchange:?}").contains(&challenge));
    let answered = exchange.step(answer("ada", PASSWORD, &challenge).as_bytes());
    let digest = answer("ada", PASSWORD, &challenge).split_off("ada ".len());
    let shown = format!("{answered:?}");
    assert!(shown.contains("ada") && !shown.contains(&digest), "{shown}");
}
