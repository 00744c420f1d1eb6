//! Claims about users: who is found by which name, and which sessions outlive a change.

use super::*;
use crate::{
    Refusal,
    auth::{
        Claim, Role, Rounds, ScramHash, UserRecord, Verb, Verifier, failure::LoginFailure, password::Password,
    },
};
use std::time::{Duration, SystemTime};

/// A change that an operator might make.
type Change = fn(&Users) -> Result<(), UserError>;

/// At the least rounds, so that a test does not wait for derivations.
fn verifier(password: &str) -> Verifier {
    Verifier::derive(password, Rounds::MIN).unwrap()
}

fn with(names: &[&str]) -> Users {
    let users = Users::with_mock_key([9; HASH_LEN]);
    for name in names {
        users.add_verifier(name, verifier(name), Role::ReadWrite).unwrap();
    }
    users
}

fn record(name: &str, role: Role, verifier: Verifier) -> UserRecord {
    UserRecord::new(name, role, verifier)
}

fn names(users: &Users) -> Vec<String> {
    users.list().into_iter().map(|user| user.name).collect()
}

/// What a login with this password comes to: the name of the account, or why not.
fn login(users: &Users, name: &str, password: &str) -> Result<String, LoginFailure> {
    Claim::new(users, name, password)
        .verify()
        .map(|grant| grant.account().name().to_owned())
        .map_err(|error| error.failure())
}

#[test]
fn each_user_logs_in_with_its_own_password() {
    let users = with(&["ada", "bob"]);
    assert_eq!(login(&users, "ada", "ada").as_deref(), Ok("ada"));
    assert_eq!(login(&users, "ada", "bob"), Err(LoginFailure::WrongPassword));
    assert_eq!(login(&users, "eve", "eve"), Err(LoginFailure::UnknownUser));
    assert_eq!(login(&users, "Ada", "ada"), Err(LoginFailure::UnknownUser), "case counts");
    assert_eq!(login(&users, "a\u{ad}da", "ada").as_deref(), Ok("ada"), "a soft hyphen is nothing");
}

#[test]
fn what_cannot_be_prepared_is_malformed_and_nobody() {
    let users = with(&["ada"]);
    for (name, password) in [("", "ada"), ("a\nda", "ada"), ("ada", ""), ("ada", "a\0")] {
        let refused = Claim::new(&users, name, password).verify().unwrap_err();
        assert_eq!(refused.failure(), LoginFailure::Malformed, "{name:?} {password:?}");
        assert_eq!(refused.claimed_name(), Some(name));
    }
}

#[test]
fn add_and_set_password_derive_what_then_logs_in() {
    let users = Users::new();
    users.add("ada", "one", Role::Admin).unwrap();
    assert_eq!(users.add("ada", "two", Role::Admin), Err(UserError::Exists));
    assert_eq!(users.add("bob", "", Role::Admin), Err(UserError::BadPassword));
    assert_eq!(users.add("", "one", Role::Admin), Err(UserError::BadName));
    assert_eq!(login(&users, "ada", "one").as_deref(), Ok("ada"));
    users.set_password("ada", "three").unwrap();
    assert_eq!(login(&users, "ada", "one"), Err(LoginFailure::WrongPassword));
    assert_eq!(login(&users, "ada", "three").as_deref(), Ok("ada"));
    assert_eq!(users.set_password("eve", "three"), Err(UserError::Unknown));
    assert_eq!(names(&users), ["ada"]);
}

#[test]
fn a_name_with_a_realm_is_the_name_unless_somebody_is_called_so() {
    let users = with(&["ada", "bob@vm", "bob"]);
    assert_eq!(login(&users, "ada@vm", "ada").as_deref(), Ok("ada"));
    assert_eq!(login(&users, "ada@", "ada").as_deref(), Ok("ada"));
    assert_eq!(login(&users, "ada@a@b", "ada"), Err(LoginFailure::UnknownUser), "one realm only");
    assert_eq!(login(&users, "bob@vm", "bob@vm").as_deref(), Ok("bob@vm"));
    assert_eq!(login(&users, "bob@vm", "bob"), Err(LoginFailure::WrongPassword), "the exact name first");
    assert_eq!(login(&users, "bob@other", "bob").as_deref(), Ok("bob"));
    // Code says whom it means.
    assert_eq!(users.grant_trusted("ada@vm").err(), Some(UserError::Unknown));
    assert_eq!(users.remove("ada@vm"), Err(UserError::Unknown));
}

#[test]
fn a_trusted_user_is_refused_every_login_and_granted_to_code() {
    let users = with(&["ada"]);
    users.add_trusted("job", Role::ReadOnly).unwrap();
    assert_eq!(login(&users, "job", "job"), Err(LoginFailure::NoPassword));
    let granted = users.grant_trusted("job").unwrap();
    assert_eq!(granted.admit(Verb::Read, Some(b"k")), Ok(()));
    assert_eq!(granted.admit(Verb::Write, Some(b"k")), Err(Refusal::Forbidden));
    assert_eq!(users.grant_trusted("ada").unwrap().admit(Verb::Write, Some(b"k")), Ok(()));
    assert_eq!(users.grant_trusted("eve").err(), Some(UserError::Unknown));
}

#[test]
fn what_ends_a_session_and_what_does_not() {
    let ends: [Change; 3] = [
        |users| users.set_verifier("ada", verifier("new")),
        |users| users.revoke("ada"),
        |users| users.remove("ada"),
    ];
    for change in ends {
        let users = with(&["ada", "bob"]);
        let ada = Claim::new(&users, "ada", "ada").verify().unwrap();
        let bob = Claim::new(&users, "bob", "bob").verify().unwrap();
        assert_eq!(ada.admit(Verb::Write, Some(b"k")), Ok(()));
        change(&users).unwrap();
        assert_eq!(ada.admit(Verb::Read, Some(b"k")), Err(Refusal::Revoked));
        assert_eq!(bob.admit(Verb::Write, Some(b"k")), Ok(()), "another user's");
    }
    let users = with(&["ada"]);
    let ada = users.grant_trusted("ada").unwrap();
    users.set_roles("ada", Role::ReadOnly).unwrap();
    assert_eq!(ada.admit(Verb::Write, Some(b"k")), Err(Refusal::Forbidden));
    assert_eq!(ada.admit(Verb::Read, Some(b"k")), Ok(()));
}

#[test]
fn row_28_a_change_during_a_verification_voids_what_comes_of_it() {
    let changes: [Change; 4] = [
        |users| users.set_verifier("ada", verifier("new")),
        |users| users.revoke("ada"),
        |users| users.remove("ada"),
        |users| users.replace(vec![record("ada", Role::Admin, verifier("ada"))]),
    ];
    for change in changes {
        let users = with(&["ada"]);
        // Here a verification has looked up whom it is about, and not yet derived.
        let identity = users.identify(UserName::new("ada").unwrap(), Mechanism::Plain);
        change(&users).unwrap();
        let granted =
            identity.prove_by_password(users.memory(), &Password::new("ada").unwrap(), None).unwrap().0;
        assert_eq!(granted.admit(Verb::Read, Some(b"k")), Err(Refusal::Revoked));
    }
}

#[test]
fn a_login_after_a_revocation_counts() {
    let users = with(&["ada"]);
    users.revoke("ada").unwrap();
    let ada = Claim::new(&users, "ada", "ada").verify().unwrap();
    assert_eq!(ada.admit(Verb::Write, Some(b"k")), Ok(()));
    assert_eq!(users.grant_trusted("ada").unwrap().admit(Verb::Write, Some(b"k")), Ok(()));
}

#[test]
fn a_user_who_comes_back_is_another_one() {
    let users = with(&["ada"]);
    let before = users.grant_trusted("ada").unwrap();
    users.remove("ada").unwrap();
    users.add_verifier("ada", verifier("ada"), Role::Admin).unwrap();
    assert_eq!(before.admit(Verb::Read, Some(b"k")), Err(Refusal::Revoked));
    assert_eq!(users.grant_trusted("ada").unwrap().admit(Verb::Admin, None), Ok(()));
}

#[test]
fn replace_makes_the_list_so_and_spares_the_unchanged() {
    let users = with(&["ada", "bob", "cid", "dan"]);
    users.add_trusted("job", Role::Admin).unwrap();
    let held = ["ada", "bob", "cid", "dan", "job"].map(|name| users.grant_trusted(name).unwrap());
    let stored = |name: &str| {
        let user = users.list().into_iter().find(|user| user.name == name)?;
        user.credentials[0].forms[0].verifier(ScramHash::Sha256).cloned()
    };

    let listing = vec![
        record("ada", Role::ReadWrite, stored("ada").unwrap()),
        record("bob", Role::ReadOnly, stored("bob").unwrap()),
        record("cid", Role::ReadWrite, verifier("cid")),
        record("eli", Role::ReadWrite, verifier("eli")),
    ];
    users.replace(listing).unwrap();

    assert_eq!(names(&users), ["ada", "bob", "cid", "eli", "job"]);
    let after = held.each_ref().map(|grant| grant.admit(Verb::Write, Some(b"k")));
    let expected = [
        Ok(()),                  // ada: unchanged
        Err(Refusal::Forbidden), // bob: another role, the same session
        Err(Refusal::Revoked),   // cid: another verifier, though of the same password
        Err(Refusal::Revoked),   // dan: gone
        Ok(()),                  // job: added by code
    ];
    assert_eq!(after, expected);
    assert_eq!(login(&users, "eli", "eli").as_deref(), Ok("eli"));
    assert_eq!(login(&users, "dan", "dan"), Err(LoginFailure::UnknownUser));
}

#[test]
fn a_replace_that_fails_has_changed_nothing() {
    let users = with(&["ada", "bob"]);
    users.add_trusted("job", Role::ReadOnly).unwrap();
    let ada = users.grant_trusted("ada").unwrap();
    let good = || record("eli", Role::Admin, verifier("eli"));
    let bare = UserRecord::with_credentials("fay", Role::Admin, Vec::new());
    let table = [
        (vec![good(), record("", Role::Admin, verifier("x"))], UserError::BadName),
        (vec![good(), good()], UserError::NamedTwice("eli".to_owned())),
        // The same name once it is prepared.
        (
            vec![good(), record("e\u{ad}li", Role::Admin, verifier("x"))],
            UserError::NamedTwice("e\u{ad}li".to_owned()),
        ),
        (vec![good(), bare], UserError::NoCredential("fay".to_owned())),
        (
            vec![good(), UserRecord::new("fay", ["root"], verifier("x"))],
            UserError::OfUser("fay".to_owned(), Box::new(UserError::UnknownRole("root".to_owned()))),
        ),
        (vec![good(), record("job", Role::Admin, verifier("x"))], UserError::Trusted("job".to_owned())),
    ];
    for (records, error) in table {
        assert_eq!(users.replace(records), Err(error.clone()));
        assert_eq!(names(&users), ["ada", "bob", "job"], "{error}");
        assert_eq!(ada.admit(Verb::Write, Some(b"k")), Ok(()), "{error}");
        assert_eq!(login(&users, "job", "x"), Err(LoginFailure::NoPassword));
    }
}

#[test]
fn row_26_an_unknown_name_costs_what_a_known_one_does() {
    let rounds = |users: &Users, name: &str| {
        let identity = users.identify(UserName::new(name).unwrap(), Mechanism::ScramSha256);
        identity.verifier(ScramHash::Sha256).unwrap().rounds()
    };
    let users = Users::new();
    assert_eq!(rounds(&users, "eve"), Rounds::default(), "with nobody to go by");
    users.add_trusted("job", Role::ReadOnly).unwrap();
    users.add_verifier("ada", verifier("ada"), Role::ReadOnly).unwrap();
    for name in ["ada", "eve", "eve@vm", "job"] {
        assert_eq!(rounds(&users, name), Rounds::MIN, "{name}");
    }
    // The count follows each way in which a verifier changes.
    let dear = || Verifier::derive("ada", Rounds::new(5000).unwrap()).unwrap();
    users.set_verifier("ada", dear()).unwrap();
    for number in 0..32 {
        assert_eq!(rounds(&users, &format!("eve{number}")), dear().rounds(), "nobody has the old count");
    }
    users.replace(vec![record("bob", Role::ReadOnly, verifier("bob"))]).unwrap();
    assert_eq!(rounds(&users, "eve"), Rounds::MIN);
    users.remove("bob").unwrap();
    assert_eq!(rounds(&users, "eve"), Rounds::default());
}

#[test]
fn clones_share_their_users_and_debug_names_nobody() {
    let users = with(&["ada"]);
    let clone = users.clone();
    clone.remove("ada").unwrap();
    assert!(names(&users).is_empty());
    let claim = Claim::new(&with(&["ada"]), "ada", "s3cret");
    for text in [format!("{users:?}"), format!("{claim:?}"), format!("{:?}", with(&["ada"]).list())] {
        assert!(!text.contains("s3cret") && !text.contains("SCRAM"), "{text}");
    }
}

/// Whether the password is remembered: the very answer that needs no derivation.
fn remembered(users: &Users, name: &str, password: &str) -> bool {
    Claim::new(users, name, password).recall().is_ok()
}

#[test]
fn a_verified_password_is_remembered_and_nothing_else_is() {
    let users = with(&["ada", "bob"]);
    assert!(!remembered(&users, "ada", "ada"), "nobody has verified it");
    assert_eq!(login(&users, "ada", "wrong"), Err(LoginFailure::WrongPassword));
    assert!(!remembered(&users, "ada", "wrong") && !remembered(&users, "ada", "ada"));
    login(&users, "ada@vm", "ada").unwrap();
    for name in ["ada", "ada@vm", "ada@elsewhere", "a\u{ad}da"] {
        let granted = Claim::new(&users, name, "ada").recall().unwrap().unwrap();
        assert_eq!((granted.account().name(), granted.admit(Verb::Write, Some(b"k"))), ("ada", Ok(())));
    }
    for (name, password) in [("ada", "wrong"), ("ada", ""), ("bob", "ada"), ("bob", "bob"), ("eve", "ada")] {
        assert!(!remembered(&users, name, password), "{name} {password}");
    }
}

#[test]
fn what_is_remembered_goes_with_the_credential() {
    let stored =
        |users: &Users| users.list()[0].credentials[0].forms[0].verifier(ScramHash::Sha256).cloned().unwrap();
    let changes: [Change; 8] = [
        |users| users.set_verifier("ada", verifier("ada")),
        |users| users.remove("ada"),
        |users| users.revoke("ada"),
        |users| users.revoke_role("read-write").map(drop),
        |users| {
            users.revoke_before(SystemTime::now() + Duration::from_secs(60));
            Ok(())
        },
        |users| users.replace(vec![record("ada", Role::ReadWrite, verifier("ada"))]),
        |users| users.replace(vec![]),
        |users| {
            users.stop_remembering();
            Ok(())
        },
    ];
    for (number, change) in changes.into_iter().enumerate() {
        let users = with(&["ada"]);
        login(&users, "ada", "ada").unwrap();
        assert!(remembered(&users, "ada", "ada"));
        let held = stored(&users);
        change(&users).unwrap();
        assert!(!remembered(&users, "ada", "ada"), "change {number}");
        // Also where the same user comes back with the same verifier.
        let _ = users.remove("ada");
        users.add_verifier("ada", held, Role::ReadWrite).unwrap();
        assert!(!remembered(&users, "ada", "ada"), "change {number}");
    }
    // A reload that changes nothing, and a new role, forget nothing.
    let users = with(&["ada"]);
    login(&users, "ada", "ada").unwrap();
    users.replace(vec![record("ada", Role::ReadOnly, stored(&users))]).unwrap();
    assert!(remembered(&users, "ada", "ada"));
}

#[test]
fn a_verification_that_ends_after_a_change_leaves_nothing_behind() {
    let users = with(&["ada"]);
    let identity = users.identify(UserName::new("ada").unwrap(), Mechanism::Plain);
    users.set_verifier("ada", verifier("new")).unwrap();
    identity.prove_by_password(users.memory(), &Password::new("ada").unwrap(), None).unwrap();
    assert!(!remembered(&users, "ada", "ada"));
}

#[test]
fn once_switched_off_nothing_is_remembered_and_logins_work() {
    let users = with(&["ada"]);
    users.stop_remembering();
    for _ in 0..2 {
        assert_eq!(login(&users, "ada", "ada").as_deref(), Ok("ada"));
        assert!(!remembered(&users, "ada", "ada"));
    }
}
