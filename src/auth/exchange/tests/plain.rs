//! PLAIN (RFC 4616).

use super::*;

fn plain(message: &[u8]) -> Step {
    Exchange::begin(Mechanism::Plain, &users()).step(message)
}

fn verified(step: Step) -> Result<String, LoginFailure> {
    match step {
        Step::Verify(claim) => {
            claim.verify().map(|grant| grant.account().name().to_owned()).map_err(|error| error.failure())
        }
        other => panic!("nothing to verify but {other:?}"),
    }
}

#[test]
fn plain_leaves_the_password_to_verify() {
    assert_eq!(verified(plain(b"\0ada\0pencil")).as_deref(), Ok("ada"));
    assert_eq!(verified(plain(b"ada\0ada\0pencil")).as_deref(), Ok("ada"));
    assert_eq!(verified(plain(b"\0bob\0pencil")).as_deref(), Ok("bob"), "by the form for SCRAM-SHA-256");
    assert_eq!(verified(plain(b"\0dan\0pencil")).as_deref(), Ok("dan"), "by the form for SCRAM-SHA-512");
    assert_eq!(verified(plain(b"\0ada\0wrong")), Err(LoginFailure::WrongPassword));
    assert_eq!(verified(plain(b"\0dan\0wrong")), Err(LoginFailure::WrongPassword));
    assert_eq!(verified(plain(b"\0eve\0pencil")), Err(LoginFailure::UnknownUser));
    assert_eq!(verified(plain(b"\0job\0pencil")), Err(LoginFailure::NoPassword));
    assert_eq!(verified(plain(b"\0a\nda\0pencil")), Err(LoginFailure::Malformed));
}

#[test]
fn only_the_user_itself_may_be_acted_as() {
    assert_eq!(verified(plain(b"ada@vm\0ada@vm\0pencil")).as_deref(), Ok("ada"));
    assert_eq!(verified(plain(b"ada\0ada@vm\0pencil")).as_deref(), Ok("ada"));
    assert_eq!(verified(plain("a\u{ad}da\0ada\0pencil".as_bytes())).as_deref(), Ok("ada"));
    assert_eq!(verified(plain(b"job\0ada\0pencil")), Err(LoginFailure::NotAuthorized));
    assert_eq!(verified(plain(b"ada@vm\0ada\0pencil")), Err(LoginFailure::NotAuthorized));
    assert_eq!(verified(plain(b"job\0ada\0wrong")), Err(LoginFailure::WrongPassword), "the proof first");
    assert_eq!(verified(plain(b"\n\0ada\0pencil")), Err(LoginFailure::Malformed));
}

#[test]
fn the_shape_of_plain_is_refused_at_once() {
    for message in [&b"\0"[..], b"ada", b"\0ada\0", b"\0\0pencil", b"\0ada\0pencil\0", b"\0ada\0pen\xff"] {
        assert_eq!(refused(plain(message)).failure(), LoginFailure::Malformed, "{message:?}");
    }
}

#[test]
fn row_69_debug_of_a_claim_shows_no_password() {
    let shown = format!("{:?}", plain(b"\0ada\0pencil"));
    assert!(shown.contains("ada") && !shown.contains(PASSWORD), "{shown}");
}
