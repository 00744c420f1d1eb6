//! SCRAM, by clients who do it right and by some who do not know the password. Each claim holds for both hash functions.

use super::{client::*, *};
use base64::{Engine, engine::general_purpose::STANDARD};

#[test]
fn a_client_that_knows_the_password_is_let_in_and_shown_the_signature() {
    let users = users();
    for hash in ScramHash::ALL {
        for (header, name) in [
            ("n,,", "ada"),
            ("y,,", "ada"),
            ("n,a=ada,", "ada"),
            ("n,a=ada@vm,", "ada@vm"),
            ("n,a=ada,", "ada@vm"),
            ("n,,", "a\u{ad}da"),
        ] {
            let granted = Client::new(hash, header, name).login(&users).unwrap();
            assert_eq!(granted.account().name(), "ada", "{hash:?} {header}{name}");
        }
    }
}

#[test]
fn a_name_with_a_comma_logs_in_by_its_escape() {
    let users = users();
    users.add_verifier("a,b=c", Verifier::derive(PASSWORD, Rounds::MIN).unwrap(), Role::ReadOnly).unwrap();
    let granted = Client::new(ScramHash::Sha256, "n,a=a=2Cb=3Dc,", "a=2Cb=3Dc").login(&users).unwrap();
    assert_eq!(granted.account().name(), "a,b=c");
}

#[test]
fn row_53_the_salt_shown_says_nothing_of_who_exists() {
    let users = users();
    // Whom one mechanism alone serves is seen in the next test.
    users.remove("bob").unwrap();
    users.remove("dan").unwrap();
    for hash in ScramHash::ALL {
        let shown = |name: &str| Client::new(hash, "n,,", name).begin(&users).0;
        for name in ["ada", "eve", "job"] {
            let (one, two, with_realm) = (shown(name), shown(name), shown(&format!("{name}@vm")));
            assert_ne!(attribute(&one, "r="), attribute(&two, "r="), "{name}: a nonce is fresh");
            assert_eq!(attribute(&one, "s="), attribute(&two, "s="), "{name}: a salt stays");
            assert_eq!(attribute(&one, "s="), attribute(&with_realm, "s="), "{name}");
            assert_eq!(attribute(&one, "i="), "4096", "{name}");
            let ours = attribute(&one, "r=").strip_prefix("fyko+d2lbb").unwrap();
            assert_eq!(STANDARD.decode(ours).unwrap().len(), 18, "{name}");
            assert_eq!(one.len(), shown("ada").len(), "{name}: one shape");
        }
    }
}

/// For bob, who has nothing for SCRAM-SHA-512, other rounds are shown than for ada: then so they are for some of those who do not
/// exist, by both mechanisms together.
#[test]
fn row_53_whom_only_one_of_the_two_serves_has_his_like_among_those_who_do_not_exist() {
    let users = users();
    let rounds = |name: &str| {
        [ScramHash::Sha256, ScramHash::Sha512].map(|hash| {
            let challenge = Client::new(hash, "n,,", name).begin(&users).0;
            attribute(&challenge, "i=").parse::<u32>().unwrap()
        })
    };
    let seen = ["ada", "bob", "dan"].map(rounds);
    assert_eq!(seen, [[4096, 4096], [4096, 65_536], [65_536, 4096]]);
    let mut like = [0; 3];
    for number in 0..300 {
        let shown = rounds(&format!("eve{number}"));
        like[seen.iter().position(|seen| *seen == shown).unwrap()] += 1;
    }
    assert!(like.iter().all(|count| (60..140).contains(count)), "about a third each: {like:?}");
}

/// Were a salt the same for both where the user is known, and another where it is not (or the other way round), two greetings
/// would tell.
#[test]
fn row_53_the_salts_for_both_hash_functions_say_nothing_together() {
    let users = users();
    let salt = |hash, name: &str| attribute(&Client::new(hash, "n,,", name).begin(&users).0, "s=").to_owned();
    for name in ["ada", "bob", "dan", "eve", "job"] {
        assert_ne!(salt(ScramHash::Sha256, name), salt(ScramHash::Sha512, name), "{name}");
    }
}

#[test]
fn strangers_fail_where_a_wrong_password_fails() {
    let users = users();
    for hash in ScramHash::ALL {
        let mut mistaken = Client::new(hash, "n,,", "ada");
        mistaken.password = "pencils";
        let without_form = match hash {
            ScramHash::Sha256 => "dan",
            ScramHash::Sha512 => "bob",
        };
        let missing = LoginFailure::MissingForm(hash.into());
        let table = [
            (mistaken, LoginFailure::WrongPassword),
            (Client::new(hash, "n,,", "eve"), LoginFailure::UnknownUser),
            (Client::new(hash, "n,,", "job"), LoginFailure::NoPassword),
            (Client::new(hash, "n,,", without_form), missing),
            (Client::new(hash, "n,a=job,", without_form), missing),
            (Client::new(hash, "n,a=job,", "ada"), LoginFailure::NotAuthorized),
            (Client::new(hash, "n,a=ada@vm,", "ada"), LoginFailure::NotAuthorized),
            (Client::new(hash, "n,a=job,", "eve"), LoginFailure::UnknownUser),
        ];
        for (client, failure) in table {
            let error = client.login(&users).unwrap_err();
            assert_eq!(error.failure(), failure, "{hash:?}");
            assert_eq!(error.to_string(), "login refused");
            assert_eq!(error.claimed_name(), Some(attribute(&client.bare, "n=")));
        }
    }
}

#[test]
fn a_last_message_of_this_dialogue_is_a_guess_for_names_known_and_unknown_and_any_other_is_none() {
    let users = users();
    for hash in ScramHash::ALL {
        for name in ["ada", "bob", "dan", "eve", "job"] {
            let client = Client::new(hash, "n,,", name);
            let (salt, exchange) = client.begin(&users);
            let Step::Judge(proof) = exchange.step(client.last(&salt).as_bytes()) else { panic!("{name}") };
            assert_eq!(proof.claimed_name(), name);
            let (salt, exchange) = client.begin(&users);
            let malformed = client.last(&salt).replace("c=biws", "c=eSws");
            assert!(matches!(exchange.step(malformed.as_bytes()), Step::Refused(_)), "{name}");
        }
    }
}

#[test]
fn a_password_that_changes_during_the_dialogue_voids_the_login() {
    let users = users();
    let client = Client::new(ScramHash::Sha256, "n,,", "ada");
    let (salt, exchange) = client.begin(&users);
    users.set_verifier("ada", Verifier::derive("other", Rounds::MIN).unwrap()).unwrap();
    let (_, exchange) = challenge(exchange.step(client.last(&salt).as_bytes()));
    let Step::Proven(grant) = exchange.step(b"") else { panic!("the proof was right when it was asked for") };
    assert_eq!(grant.admit(crate::Verb::Read, Some(b"k")), Err(crate::Refusal::Revoked));
}

#[test]
fn row_69_debug_of_an_exchange_shows_no_secret() {
    let users = users();
    for hash in ScramHash::ALL {
        let (salt, proof) = Client::new(hash, "n,,", "ada").begin(&users);
        let shown = format!("{proof:?}");
        assert!(!shown.contains(attribute(&salt, "s=")) && !shown.contains("StoredKey"), "{shown}");
    }
}
