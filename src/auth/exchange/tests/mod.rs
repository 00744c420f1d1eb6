//! Claims about exchanges, made by clients that share no code with the server.

mod any_bytes;
mod channel_binding;
mod client;
mod cram_md5;
mod external;
mod plain;
mod scram;
mod scram_checks;
mod vectors;

use super::*;
use crate::auth::{
    CramMd5Secret, Credential, Role, Rounds, ScramHash, UserRecord, Verifier, keyed_hash::HASH_LEN,
};

const PASSWORD: &str = "pencil";

/// Knows ada by a password in each form, bob by one for SCRAM-SHA-256 and PLAIN alone, dan by one for SCRAM-SHA-512 and PLAIN
/// alone, and job as trusted.
fn users() -> Users {
    let users = Users::with_mock_key([4; HASH_LEN]);
    let [sha_256, sha_512] = [ScramHash::Sha256, ScramHash::Sha512]
        .map(|hash| Verifier::derive_for(hash, PASSWORD, Rounds::MIN).unwrap());
    let mut all = Credential::new("1", sha_256.clone());
    all.forms.push(sha_512.clone().into());
    all.forms.push(CramMd5Secret::derive(PASSWORD).unwrap().into());
    let record =
        |name: &str, credential| UserRecord::with_credentials(name, Role::ReadWrite, vec![credential]);
    users.add_record(record("ada", all)).unwrap();
    users.add_record(record("bob", Credential::new("1", sha_256))).unwrap();
    users.add_record(record("dan", Credential::new("1", sha_512))).unwrap();
    users.add_trusted("job", Role::ReadWrite).unwrap();
    users
}

/// A proof is judged at once; all else is as it was.
fn judged(step: Step) -> Step {
    match step {
        Step::Judge(proof) => match proof.judge() {
            Ok(Judged::Challenge(signature, exchange)) => Step::Challenge(signature, exchange),
            Ok(Judged::Proven(grant)) => Step::Proven(grant),
            Err(error) => Step::Refused(error),
        },
        other => other,
    }
}

fn challenge(step: Step) -> (String, Exchange) {
    match judged(step) {
        Step::Challenge(bytes, exchange) => (String::from_utf8(bytes).unwrap(), exchange),
        other => panic!("no challenge but {other:?}"),
    }
}

fn refused(step: Step) -> LoginError {
    match judged(step) {
        Step::Refused(error) => error,
        other => panic!("no refusal but {other:?}"),
    }
}

#[test]
fn an_empty_first_message_is_prompted_once() {
    let firsts = [
        (Mechanism::Plain, "\0ada\0pencil"),
        (Mechanism::ScramSha256, "n,,n=ada,r=fyko+d2lbb"),
        (Mechanism::ScramSha512, "n,,n=ada,r=fyko+d2lbb"),
    ];
    for (mechanism, first) in firsts {
        let prompt = || challenge(Exchange::begin(mechanism, &users()).step(b""));
        let (said, exchange) = prompt();
        assert_eq!(said, "");
        assert!(!matches!(exchange.step(first.as_bytes()), Step::Refused(_)), "{mechanism}");
        let (_, exchange) = prompt();
        assert_eq!(refused(exchange.step(b"")).failure(), LoginFailure::Malformed, "{mechanism}");
    }
}
