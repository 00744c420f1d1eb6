//! EXTERNAL (RFC 4422, appendix A).

use super::*;
use crate::{
    Refusal, UserError, Verb,
    auth::{ExternalIdentity, ExternalName},
};

fn named(names: &[&str]) -> Option<ExternalIdentity> {
    Some(ExternalIdentity { names: names.iter().map(|name| name.parse().unwrap()).collect() })
}

/// Ada by a uid and by a certificate's name, beside her passwords; cat and cow by a name alone.
fn users_with_names() -> Users {
    let users = users();
    users.add_external("ada", ExternalName::Uid(1000)).unwrap();
    users.add_external("ada", ExternalName::san("ada.shop.example")).unwrap();
    for (name, external) in [("cat", "subject:CN=cat,O=Shop"), ("cow", "san:cow.shop.example")] {
        let mut record = UserRecord::with_credentials(name, Role::ReadOnly, Vec::new());
        record.external = vec![external.parse().unwrap()];
        users.add_record(record).unwrap();
    }
    users
}

fn step(users: &Users, identity: Option<ExternalIdentity>, message: &[u8]) -> Step {
    let channel = Channel { identity, ..Channel::default() };
    Exchange::begin(Mechanism::External, users).over(channel).step(message)
}

fn login(users: &Users, names: &[&str], message: &str) -> Result<String, LoginFailure> {
    match step(users, named(names), message.as_bytes()) {
        Step::Proven(grant) => Ok(grant.account().name().to_owned()),
        Step::Refused(error) => {
            assert_eq!(error.to_string(), "login refused");
            Err(error.failure())
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn who_is_proven_to_be_a_user_is_let_in_without_a_message() {
    let users = users_with_names();
    assert_eq!(login(&users, &["uid:1000"], "").as_deref(), Ok("ada"));
    assert_eq!(login(&users, &["subject:O=Shop", "san:ada.shop.example"], "").as_deref(), Ok("ada"));
    assert_eq!(login(&users, &["subject:CN=cat,O=Shop"], "").as_deref(), Ok("cat"));
    assert_eq!(login(&users, &["uid:1000", "san:ada.shop.example"], "").as_deref(), Ok("ada"), "both hers");
}

#[test]
fn everybody_else_is_refused() {
    let users = users_with_names();
    for names in
        [&["uid:0"][..], &["uid:1001"], &["san:1000"], &["subject:cat"], &["subject:O=Shop,CN=cat"], &[]]
    {
        assert_eq!(login(&users, names, ""), Err(LoginFailure::UnknownUser), "{names:?}");
        assert_eq!(login(&users, names, "ada"), Err(LoginFailure::UnknownUser), "{names:?}");
    }
    let error = refused(step(&users, None, b""));
    assert_eq!((error.failure(), error.claimed_name()), (LoginFailure::NoIdentity, None));
    let error = refused(step(&users, named(&["uid:7", "san:x"]), b""));
    assert_eq!(error.claimed_name(), Some("uid:7"), "for the operator");
    let exchange = Exchange::begin(Mechanism::External, &users);
    assert_eq!(refused(exchange.step(b"ada")).failure(), LoginFailure::NoIdentity);
}

/// A certificate with a name that somebody else than its holder chose must not open another user's session unasked.
#[test]
fn who_could_be_several_users_has_to_say_which() {
    let users = users_with_names();
    let both = ["subject:CN=cat,O=Shop", "san:cow.shop.example"];
    assert_eq!(login(&users, &both, ""), Err(LoginFailure::SeveralUsers));
    assert_eq!(login(&users, &both, "cat").as_deref(), Ok("cat"));
    assert_eq!(login(&users, &both, "cow").as_deref(), Ok("cow"));
    assert_eq!(login(&users, &both, "ada"), Err(LoginFailure::NotAuthorized));
    assert_eq!(login(&users, &both, "nobody"), Err(LoginFailure::NotAuthorized));
}

#[test]
fn a_user_may_be_named_and_only_who_it_is() {
    let users = users_with_names();
    assert_eq!(login(&users, &["uid:1000"], "ada").as_deref(), Ok("ada"));
    assert_eq!(login(&users, &["uid:1000"], "ada@host").as_deref(), Ok("ada"));
    assert_eq!(login(&users, &["uid:1000"], "bob"), Err(LoginFailure::NotAuthorized));
    for message in ["ada\0", "\0ada", "a\nda", &"x".repeat(256)] {
        assert_eq!(login(&users, &["uid:1000"], message), Err(LoginFailure::Malformed), "{message:?}");
    }
    assert_eq!(refused(step(&users, named(&["uid:1000"]), b"\xff")).failure(), LoginFailure::Malformed);
}

#[test]
fn a_name_is_one_users_at_most() {
    let users = users_with_names();
    let taken = Err(UserError::ExternalNameTaken(ExternalName::Uid(1000)));
    assert_eq!(users.add_external("bob", ExternalName::Uid(1000)), taken);
    let mut record = UserRecord::with_credentials("new", Role::ReadOnly, Vec::new());
    record.external = vec![ExternalName::Uid(1000)];
    assert_eq!(users.add_record(record.clone()), taken);
    let other = UserRecord { name: "other".to_owned(), ..record.clone() };
    let of_other = users.replace(vec![record.clone(), other]).unwrap_err();
    assert!(matches!(of_other, UserError::OfUser(name, _) if name == "other"), "nothing was changed");
    assert_eq!(login(&users, &["uid:1000"], "").as_deref(), Ok("ada"));
    users.remove_external("ada", &ExternalName::Uid(1000)).unwrap();
    users.add_record(record).unwrap();
    assert_eq!(login(&users, &["uid:1000"], "").as_deref(), Ok("new"));
    users.remove("new").unwrap();
    assert_eq!(login(&users, &["uid:1000"], ""), Err(LoginFailure::UnknownUser));
    users.add_external("bob", ExternalName::Uid(1000)).unwrap();
    assert_eq!(login(&users, &["uid:1000"], "").as_deref(), Ok("bob"), "free again");
    let unknown = Err(UserError::UnknownExternalName(ExternalName::Uid(1000)));
    assert_eq!(users.remove_external("ada", &ExternalName::Uid(1000)), unknown);
}

/// As with a password: what opened a session and is gone ends it, and what stays keeps it.
#[test]
fn a_session_ends_with_the_name_that_opened_it_and_with_no_other() {
    let users = users_with_names();
    let open = |name: &str| match step(&users, named(&[name]), b"") {
        Step::Proven(grant) => grant,
        other => panic!("{other:?}"),
    };
    let (by_uid, by_san) = (open("uid:1000"), open("san:ada.shop.example"));
    let admitted = |grant: &Grant| grant.admit(Verb::Read, Some(b"k"));
    users.remove_external("ada", &ExternalName::Uid(1000)).unwrap();
    assert_eq!((admitted(&by_uid), admitted(&by_san)), (Err(Refusal::Revoked), Ok(())));
    // A list that says the same of her.
    users.replace(users.list().into_iter().filter(|user| user.name != "job").collect()).unwrap();
    assert_eq!(admitted(&by_san), Ok(()));
    users.set_password("ada", "another one").unwrap();
    assert_eq!(admitted(&by_san), Ok(()), "no password had opened it");
    users.revoke_credential("ada", "san:ada.shop.example").unwrap();
    assert_eq!(admitted(&by_san), Err(Refusal::Revoked));
    let again = open("san:ada.shop.example");
    users.revoke("ada").unwrap();
    assert_eq!(admitted(&again), Err(Refusal::Revoked));
}

#[test]
fn row_45_who_has_a_name_alone_has_no_password_and_is_no_trusted_code() {
    let users = users_with_names();
    let client = client::Client::new(ScramHash::Sha256, "n,,", "cat");
    assert_eq!(client.login(&users).unwrap_err().failure(), LoginFailure::NoPassword);
    for password in ["x", "cat", "subject:CN=cat,O=Shop"] {
        let Step::Verify(claim) =
            Exchange::begin(Mechanism::Plain, &users).step(format!("\0cat\0{password}").as_bytes())
        else {
            panic!("{password}")
        };
        assert_eq!(claim.verify().unwrap_err().failure(), LoginFailure::NoPassword);
    }
    let empty = Exchange::begin(Mechanism::Plain, &users).step(b"\0cat\0");
    assert_eq!(refused(empty).failure(), LoginFailure::Malformed);
    let list: Vec<_> = users.list().into_iter().filter(|user| user.name == "cat").collect();
    assert_eq!(list[0].external, ["subject:CN=cat,O=Shop".parse().unwrap()]);
    users.replace(list).unwrap();
    assert_eq!(login(&users, &["subject:CN=cat,O=Shop"], "").as_deref(), Ok("cat"));
    assert_eq!(login(&users, &["uid:1000"], ""), Err(LoginFailure::UnknownUser), "not on the list");
    let identity = |name: &str| named(&[name]).unwrap();
    assert!(users.know(&identity("subject:CN=cat,O=Shop")) && !users.know(&identity("uid:1000")));
}
