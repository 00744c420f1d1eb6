//! Which mechanisms a password is stored for, and how a server proves itself: by the real command.
#![allow(
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    reason = "a test fails by panicking, and its frames are small"
)]

#[allow(dead_code, reason = "each test program uses its own part of this")]
mod cli_command;
#[path = "conversation/scram.rs"]
mod scram;
mod serving;

use cli_command::{Ended, Place};
use serving::{Client, FILE, SUCCESS, Serving};
use std::fs;

const WARNING: &str = "WARNING: what is stored for CRAM-MD5 is as good as the password";

fn done(place: &Place, line: &str) -> Ended {
    let ended = place.run(line, "pencil");
    assert_eq!(ended.code, Some(0), "{line}: {ended:?}");
    ended
}

/// How the forms that the file has begin, in its order.
fn kinds(place: &Place) -> Vec<String> {
    let text = fs::read_to_string(place.path(FILE)).unwrap();
    let forms = text
        .split('"')
        .filter(|text| ["SCRAM-", "CRAM-", "$argon2id$"].iter().any(|scheme| text.starts_with(scheme)));
    forms.map(|form| form.trim_start_matches('$').split('$').next().unwrap().to_owned()).collect()
}

#[test]
fn a_password_is_stored_for_the_mechanisms_that_are_named() {
    let table: [(&str, &[&str]); 6] = [
        ("", &["SCRAM-SHA-256"]),
        (" --for SCRAM-SHA-256,PLAIN", &["SCRAM-SHA-256"]),
        (" --for scram-sha512,scram-sha-256", &["SCRAM-SHA-256", "SCRAM-SHA-512"]),
        (" --for PLAIN", &["argon2id"]),
        (" --for SCRAM-SHA-512,CRAM-MD5", &["SCRAM-SHA-512", "CRAM-MD5"]),
        (" --plain-only", &["argon2id"]),
    ];
    for (option, expected) in table {
        let place = Place::new();
        let ended = done(&place, &format!("user add ada --password-stdin{option}"));
        assert_eq!(kinds(&place), expected, "{option}");
        assert_eq!(ended.stderr.contains(WARNING), option.contains("CRAM-MD5"), "{ended:?}");
        assert_eq!(place.run("user check ada", "pencil").code, Some(0), "{option}");
        // What was stored before is stored again: of another password in its place, and of one beside it.
        done(&place, "user passwd ada --password-stdin");
        assert_eq!(kinds(&place), expected, "{option}");
        done(&place, "user rotate ada --grace 1h --password-stdin");
        assert_eq!(kinds(&place), [expected, expected].concat(), "{option}");
    }
}

#[test]
fn a_user_without_a_form_is_given_one_and_wrong_names_are_refused() {
    let place = Place::new();
    done(&place, "user add ada --password-stdin");
    let ended = done(&place, "user passwd ada --password-stdin --for SCRAM-SHA-256,CRAM-MD5");
    assert!(ended.stderr.contains(WARNING), "{ended:?}");
    assert_eq!(kinds(&place), ["SCRAM-SHA-256", "CRAM-MD5"]);
    // Nothing by which PLAIN could be judged is said to be missing.
    done(&place, "user passwd ada --password-stdin --for CRAM-MD5");
    let checked = place.run("user check ada", "pencil");
    assert_eq!(checked.code, Some(1));
    assert!(checked.stderr.contains("--for ...,PLAIN"), "{checked:?}");
    done(&place, "user rotate ada --grace 0s --password-stdin --for SCRAM-SHA-512");
    assert_eq!(kinds(&place), ["SCRAM-SHA-512"]);
    for line in ["user add bob --for SCRAM-SHA-1", "user add bob --for PLAIN --plain-only"] {
        assert_eq!(place.run(line, "").code, Some(2), "{line}");
    }
    assert_eq!(kinds(&place), ["SCRAM-SHA-512"]);
}

#[test]
fn the_server_proves_itself_where_it_is_told_to() {
    let place = Place::new();
    done(&place, "user add ada --password-stdin --for SCRAM-SHA-512");
    for (option, status) in [("", 0x21), (" --server-final step", 0x21), (" --server-final success", SUCCESS)]
    {
        let (serving, said) = Serving::start(&place, &format!("-p 0{option}"));
        let mut client = Client::connect(&said.address);
        let (gs2, bare) = ("n,,", "n=ada,r=clientnonce");
        let (_, challenge) = client.ask(0x21, &[], "SCRAM-SHA-512", format!("{gs2}{bare}").as_bytes());
        let challenge = String::from_utf8(challenge).unwrap();
        let last = scram::client_final_512(gs2, bare, &challenge, "pencil");
        let (said, proof) = client.ask(0x22, &[], "SCRAM-SHA-512", last.message.as_bytes());
        assert_eq!((said, String::from_utf8(proof).unwrap()), (status, last.signature), "{option:?}");
        if status != SUCCESS {
            assert_eq!(client.ask(0x22, &[], "SCRAM-SHA-512", b"").0, SUCCESS);
        }
        assert_eq!(client.set("k", b"v"), SUCCESS, "{option:?}");
        drop(serving);
    }
    assert_eq!(place.run("serve -p 0 --server-final never", "").code, Some(2));
}
