//! Claims about users with several passwords.

use super::*;
use crate::{
    Refusal,
    auth::{
        Claim, Mechanism, Role, Rounds, Verb, Verifier, failure::LoginFailure, grant::Grant,
        identity::Identity, keyed_hash::HASH_LEN, password::Password,
    },
};

const HOUR: Duration = Duration::from_secs(3600);

/// Ada with two passwords that share salt and rounds: `one`, the older, and `two`.
fn users() -> Users {
    let users = Users::with_mock_key([9; HASH_LEN]);
    let first = Verifier::derive("one", Rounds::MIN).unwrap();
    let second = first.derive_beside("two").unwrap();
    let mut one = Credential::new("1", first);
    one.created -= HOUR;
    let two = Credential::new("2", second);
    let credentials = vec![two, one];
    users.add_record(UserRecord::with_credentials("ada", Role::ReadWrite, credentials)).unwrap();
    users
}

fn login(users: &Users, password: &str) -> Result<Grant, LoginFailure> {
    Claim::new(users, "ada", password).verify().map_err(|error| error.failure())
}

fn remembered(users: &Users, password: &str) -> bool {
    Claim::new(users, "ada", password).recall().is_ok()
}

fn sessions(users: &Users) -> [Grant; 3] {
    [login(users, "one").unwrap(), login(users, "two").unwrap(), users.grant_trusted("ada").unwrap()]
}

/// Which of the two passwords, and trusted code, still have their sessions.
fn open(sessions: &[Grant; 3]) -> [bool; 3] {
    sessions.each_ref().map(|grant| match grant.admit(Verb::Write, Some(b"k")) {
        Ok(()) => true,
        Err(refusal) => {
            assert_eq!(refusal, Refusal::Revoked);
            false
        }
    })
}

fn at(users: &Users, name: &str, now: SystemTime) -> Identity {
    users.identify_at(UserName::new(name).unwrap(), Mechanism::Plain, now)
}

#[test]
fn each_password_logs_in_and_is_remembered_for_itself() {
    let users = users();
    assert_eq!(open(&sessions(&users)), [true; 3]);
    assert!(remembered(&users, "one") && remembered(&users, "two"));
    assert_eq!(login(&users, "three").err(), Some(LoginFailure::WrongPassword));
    assert!(!remembered(&users, "three"));
    // Also where they share nothing.
    let apart = Credential::new("3", Verifier::derive("three", Rounds::MIN).unwrap());
    users.add_credential("ada", apart).unwrap();
    assert!(["one", "two", "three"].iter().all(|password| login(&users, password).is_ok()));
}

#[test]
fn a_removed_password_takes_its_own_sessions_and_memory_with_it() {
    let users = users();
    let sessions = sessions(&users);
    users.remove_credential("ada", "1").unwrap();
    assert_eq!(open(&sessions), [false, true, true]);
    assert_eq!(login(&users, "one").err(), Some(LoginFailure::WrongPassword));
    assert!(!remembered(&users, "one") && remembered(&users, "two"));
    assert_eq!(users.remove_credential("ada", "2"), Err(UserError::LastCredential));
    assert_eq!(users.remove_credential("ada", "1"), Err(UserError::UnknownLabel("1".to_owned())));
    assert_eq!(open(&sessions), [false, true, true]);
}

#[test]
fn a_revocation_and_a_role_are_of_the_user_and_not_of_a_password() {
    let users = users();
    let held = sessions(&users);
    users.set_roles("ada", Role::ReadOnly).unwrap();
    assert!(held.iter().all(|grant| grant.admit(Verb::Write, Some(b"k")) == Err(Refusal::Forbidden)));
    users.set_roles("ada", Role::ReadWrite).unwrap();
    assert_eq!(open(&held), [true; 3]);
    users.revoke("ada").unwrap();
    assert_eq!(open(&held), [false; 3]);
    assert!(!remembered(&users, "one") && !remembered(&users, "two"));
    let held = sessions(&users);
    users.set_verifier("ada", Verifier::derive("new", Rounds::MIN).unwrap()).unwrap();
    assert_eq!(open(&held), [false; 3]);
    let labels: Vec<_> = users.credentials("ada").unwrap().into_iter().map(|it| it.label).collect();
    assert_eq!(labels, ["3"], "no label that meant another password");
}

#[test]
fn a_password_expires_by_itself_with_its_sessions_and_its_memory() {
    let users = users();
    let end = SystemTime::now() + HOUR;
    users.expire_credential("ada", "1", Some(end)).unwrap();
    let held = sessions(&users);
    users.settle(end - Duration::from_secs(1));
    assert_eq!(open(&held), [true; 3]);
    // A verification that begins before the end and ends behind it.
    let late = at(&users, "ada", end - Duration::from_secs(1));
    users.settle(end);
    assert_eq!(open(&held), [false, true, true]);
    let password = |text| Password::new(text).unwrap();
    let granted = late.prove_by_password(users.memory(), &password("one"), None).unwrap().0;
    assert_eq!(granted.admit(Verb::Read, Some(b"k")), Err(Refusal::Revoked));
    let after = at(&users, "ada", end);
    assert!(after.recall(users.memory(), &password("one"), None).is_none());
    assert!(after.recall(users.memory(), &password("two"), None).is_some());
    let refused = after.prove_by_password(users.memory(), &password("one"), None);
    assert_eq!(refused.err(), Some(LoginFailure::WrongPassword));
}

#[test]
fn a_login_after_the_end_needs_no_upkeep_to_be_refused() {
    let users = users();
    let end = SystemTime::now() + HOUR;
    users.expire_credential("ada", "1", Some(end)).unwrap();
    users.expire_credential("ada", "2", Some(end)).unwrap();
    let held = sessions(&users);
    let refused =
        at(&users, "ada", end).prove_by_password(users.memory(), &Password::new("two").unwrap(), None);
    assert_eq!(refused.err(), Some(LoginFailure::Expired));
    assert_eq!(open(&held), [false, false, true], "code needs no password");
}

#[test]
fn a_password_counts_from_its_beginning_on() {
    let users = users();
    let begin = SystemTime::now() + HOUR;
    let mut later = Credential::new("3", Verifier::derive("three", Rounds::MIN).unwrap());
    later.not_before = Some(begin);
    users.add_credential("ada", later).unwrap();
    let tried = |now| {
        let password = Password::new("three").unwrap();
        at(&users, "ada", now).prove_by_password(users.memory(), &password, None).err()
    };
    assert_eq!(tried(begin - Duration::from_secs(1)), Some(LoginFailure::WrongPassword));
    assert_eq!(tried(begin), None);
}

#[test]
fn a_list_that_keeps_a_password_keeps_its_sessions_whatever_else_it_changes() {
    let users = users();
    let held = sessions(&users);
    assert!(remembered(&users, "two"));
    let mut record = users.list().remove(0);
    record.remove_credential("1").unwrap();
    record.credentials[0].label = "renamed".to_owned();
    record.add_credential(Credential::new("3", Verifier::derive("three", Rounds::MIN).unwrap())).unwrap();
    users.replace(vec![record.clone()]).unwrap();
    assert_eq!(open(&held), [false, true, true]);
    assert!(remembered(&users, "two"));
    record.remove_credential("renamed").unwrap();
    users.replace(vec![record]).unwrap();
    assert_eq!(open(&held), [false, false, true]);
    // Where no password is left of those that there were, nothing goes on.
    let other = UserRecord::new("ada", Role::ReadWrite, Verifier::derive("new", Rounds::MIN).unwrap());
    users.replace(vec![other]).unwrap();
    assert_eq!(open(&held), [false; 3]);
}

#[test]
fn a_rotation_shuts_nobody_out() {
    let users = users();
    let held = sessions(&users);
    assert_eq!(users.rotate("ada", "three", HOUR).as_deref(), Ok("3"));
    assert_eq!(open(&held), [true; 3]);
    assert!(["one", "two", "three"].iter().all(|password| login(&users, password).is_ok()));
    users.settle(SystemTime::now() + HOUR);
    assert_eq!(open(&held), [false, false, true]);
    assert!(login(&users, "three").is_ok());
}

#[test]
fn the_operator_sees_which_password_is_still_used() {
    let users = users();
    let used = |users: &Users| -> Vec<_> {
        let all = users.credentials("ada").unwrap();
        all.into_iter().map(|it| (it.label, it.last_used.is_some())).collect()
    };
    assert_eq!(used(&users), [("1".to_owned(), false), ("2".to_owned(), false)]);
    login(&users, "wrong").unwrap_err();
    login(&users, "one").unwrap();
    assert_eq!(used(&users), [("1".to_owned(), true), ("2".to_owned(), false)]);
    assert_eq!(users.credentials("eve"), Err(UserError::Unknown));
}

#[test]
fn row_26_an_unknown_name_costs_what_a_user_with_several_passwords_does() {
    let users = users();
    let work = |name: &str, now| at(&users, name, now).work();
    let now = SystemTime::now();
    assert_eq!(work("eve", now), work("ada", now));
    users
        .add_credential("ada", Credential::new("3", Verifier::derive("three", Rounds::MIN).unwrap()))
        .unwrap();
    users.add_trusted("job", Role::ReadOnly).unwrap();
    for name in ["eve", "eve@vm", "job", "mallory"] {
        assert_eq!(work(name, now), (3, 2), "{name}");
    }
    // It follows the time too.
    users.expire_credential("ada", "3", Some(now + HOUR)).unwrap();
    assert_eq!((work("eve", now), work("ada", now)), ((3, 2), (3, 2)));
    assert_eq!((work("eve", now + HOUR), work("ada", now + HOUR)), ((2, 1), (2, 1)));
}
