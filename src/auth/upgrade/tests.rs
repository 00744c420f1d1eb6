//! Claims about passwords of which something weak, or only something for PLAIN, is stored.

use super::*;
use crate::auth::{
    Claim, Credential, Mechanism, PasswordHash, Role, ScramHash, UserRecord, Users, Verb,
    failure::LoginFailure, grant::Grant, keyed_hash::HASH_LEN, name::UserName,
};

/// SHA-256 of `abc`.
const WEAK: &str = "#ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

fn record(form: &str) -> UserRecord {
    UserRecord::new("ada", Role::ReadWrite, form.parse::<StoredForm>().unwrap())
}

fn with(record: UserRecord) -> Users {
    let users = Users::with_mock_key([9; HASH_LEN]);
    users.add_record(record).unwrap();
    users
}

fn login(users: &Users, password: &str) -> Result<Grant, LoginFailure> {
    Claim::new(users, "ada", password).verify().map_err(|error| error.failure())
}

fn stored(users: &Users) -> Vec<String> {
    let user = users.list().remove(0);
    user.credentials.iter().flat_map(|it| &it.forms).map(ToString::to_string).collect()
}

#[test]
fn a_good_login_puts_a_verifier_in_the_place_of_a_weak_hash() {
    let users = with(record(WEAK));
    assert_eq!(login(&users, "abd").err(), Some(LoginFailure::WrongPassword));
    assert_eq!((stored(&users), users.take_upgrades().len()), (vec![WEAK.to_owned()], 0));

    let session = login(&users, "abc").unwrap();
    let now = stored(&users);
    assert!(now[0].starts_with("SCRAM-SHA-256$65536:"), "{now:?}");
    let upgrades = users.take_upgrades();
    assert_eq!((upgrades.len(), upgrades[0].name.as_str()), (1, "ada"));
    assert_eq!((upgrades[0].from.to_string(), upgrades[0].to.to_string()), (WEAK.to_owned(), now[0].clone()));
    assert_eq!(users.take_upgrades().len(), 0, "each is told once");

    assert_eq!(session.admit(Verb::Write, Some(b"k")), Ok(()));
    assert!(Claim::new(&users, "ada", "abc").recall().is_ok(), "what was verified is remembered");
    users.stop_remembering();
    assert!(login(&users, "abc").is_ok());
    assert_eq!(login(&users, "abd").err(), Some(LoginFailure::WrongPassword));
    assert_eq!((stored(&users), users.take_upgrades().len()), (now, 0));
}

/// Sixteen derivations for each guess would be too many, and a file with such a user would not be read again.
#[test]
fn many_weak_hashes_of_one_user_come_to_share_a_salt() {
    let mut ada = record(WEAK);
    let digits = |number: usize| format!("{number:064x}");
    for number in 2..=15 {
        let other = format!("#{}", digits(number)).parse::<StoredForm>().unwrap();
        ada.add_credential(Credential::new(number.to_string(), other)).unwrap();
    }
    // Of `def`.
    let def =
        "#cb8379ac2098aa165029e3938a51da0bcecfc008fd6795f401178647f96c5b34".parse::<StoredForm>().unwrap();
    ada.add_credential(Credential::new("16", def)).unwrap();
    let users = with(ada);
    let work = || users.identify(UserName::new("ada").unwrap(), Mechanism::Plain).work();
    assert_eq!(work(), (16, 1));
    login(&users, "abc").unwrap();
    login(&users, "def").unwrap();
    assert_eq!((work(), users.take_upgrades().len()), ((16, 2), 2));
    assert_eq!(Credential::check_all(&users.list().remove(0).credentials), Ok(()));
}

#[test]
fn a_list_that_still_has_the_weak_hash_does_not_undo_it() {
    let users = with(record(WEAK));
    let session = login(&users, "abc").unwrap();
    let upgraded = stored(&users);
    let mut listed = record(WEAK);
    listed.credentials[0].label = "renamed".to_owned();
    users.replace(vec![listed]).unwrap();
    assert_eq!((stored(&users), session.admit(Verb::Write, Some(b"k"))), (upgraded.clone(), Ok(())));
    assert_eq!(users.credentials("ada").unwrap()[0].label, "renamed", "all else is as it is listed");
    // Nor does the list in which it was stored.
    users.replace(vec![record(&upgraded[0])]).unwrap();
    assert_eq!((stored(&users), session.admit(Verb::Write, Some(b"k"))), (upgraded, Ok(())));
}

#[test]
fn a_credential_that_was_replaced_meanwhile_is_not_upgraded() {
    let users = with(record(WEAK));
    let identity = users.identify(UserName::new("ada").unwrap(), Mechanism::Plain);
    let password = crate::auth::password::Password::new("abc").unwrap();
    let (_, replacement) = identity.prove_by_password(users.memory(), &password, None).unwrap();
    let other = PasswordHash::derive("other").unwrap().to_string();
    users.replace(vec![record(&other)]).unwrap();
    users.upgrade("ada", replacement.unwrap());
    assert_eq!((stored(&users), users.take_upgrades().len()), (vec![other], 0));
}

#[test]
fn an_upgrade_is_stored_where_the_weak_one_still_is() {
    let users = with(record(WEAK));
    login(&users, "abc").unwrap();
    let upgrade = users.take_upgrades().remove(0);
    let mut forms = record(WEAK).credentials.remove(0).forms;
    assert!(upgrade.apply_to(&mut forms));
    assert_eq!(forms.iter().map(ToString::to_string).collect::<Vec<_>>(), stored(&users));
    assert!(!upgrade.apply_to(&mut forms), "once");
    let mut both = vec![upgrade.from.clone(), upgrade.to.clone()];
    assert!(upgrade.apply_to(&mut both));
    assert_eq!(both.len(), 1);
}

#[test]
fn argon2id_is_for_plain_alone_and_stays() {
    let users = with(record(&PasswordHash::derive("pencil").unwrap().to_string()));
    assert!(login(&users, "pencil").is_ok());
    assert_eq!(login(&users, "crayon").err(), Some(LoginFailure::WrongPassword));
    assert_eq!(users.take_upgrades().len(), 0);
    assert!(stored(&users)[0].starts_with("$argon2id$"));
}

#[test]
fn an_unknown_name_costs_what_such_a_user_does_and_shows_as_much() {
    let mut mixed = record(WEAK);
    let argon2id = PasswordHash::derive("pencil").unwrap();
    mixed.add_credential(Credential::new("2", argon2id)).unwrap();
    let users = with(mixed);
    let looked_up = |by| ["ada", "eve"].map(|name| users.identify(UserName::new(name).unwrap(), by));
    let [known, unknown] = looked_up(Mechanism::Plain);
    assert_eq!((known.work(), unknown.work()), ((2, 2), (2, 2)));
    assert_eq!(known.kinds_of_work(), unknown.kinds_of_work());
    for hash in ScramHash::ALL {
        let identities = looked_up(hash.into());
        let [known, unknown] = identities.each_ref().map(|identity| identity.verifier(hash).unwrap());
        assert_eq!(known.rounds(), unknown.rounds());
        // Both show the salt of a name that does not exist.
        assert_ne!(known.to_string(), unknown.to_string());
    }
}
