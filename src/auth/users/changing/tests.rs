use crate::{
    Credential, Role, Rounds, Rule, Rules, UserRecord, Users, Verb, Verifier,
    audit::{Sequence, Value},
};
use std::time::{Duration, SystemTime};

/// Of each entry since the last call, what its own fields say.
fn told(users: &Users, seen: &mut Sequence) -> Vec<String> {
    let recent = users.audit().recent(*seen);
    *seen = recent.last;
    let line = |entry: &crate::audit::Entry| {
        let mut words = Vec::new();
        entry.fields(|field, value| match (field, value) {
            ("seq" | "time", _) => {}
            (_, Value::Text(text) | Value::Claimed(text)) => words.push(text.to_owned()),
            (field, value) => panic!("{field}: {value:?}"),
        });
        words.join(" ")
    };
    recent.entries.iter().map(line).collect()
}

fn verifier(password: &str) -> Verifier {
    Verifier::derive(password, Rounds::MIN).unwrap()
}

fn record(name: &str, role: Role, verifier: &Verifier) -> UserRecord {
    UserRecord::new(name, role, verifier.clone())
}

#[test]
fn each_change_of_a_user_is_told_once_it_counts() {
    let (users, mut seen) = (Users::new(), Sequence::START);
    users.add_verifier("ada", verifier("pencil"), Role::ReadWrite).unwrap();
    users.add_trusted("service", Role::Admin).unwrap();
    assert_eq!(
        told(&users, &mut seen),
        ["change user added ada read-write", "change user added service admin"]
    );
    users.set_roles("ada", Role::ReadOnly).unwrap();
    users.revoke("ada").unwrap();
    assert_eq!(told(&users, &mut seen), ["change user changed ada read-only", "revocation user ada"]);
    users.add_credential("ada", Credential::new("spare", verifier("spare"))).unwrap();
    let later = SystemTime::now() + Duration::from_secs(3600);
    users.expire_credential("ada", "1", Some(later)).unwrap();
    users.remove_credential("ada", "spare").unwrap();
    users.set_verifier("ada", verifier("crayon")).unwrap();
    assert_eq!(
        told(&users, &mut seen),
        [
            "change credential added ada spare",
            "change credential changed ada 1",
            "change credential removed ada spare",
            "change credential removed ada 1",
            "change credential added ada 2",
        ]
    );
    users.remove("ada").unwrap();
    assert_eq!(told(&users, &mut seen), ["change user removed ada"]);
    // What failed changed nothing.
    assert!(users.remove("ada").is_err() && users.revoke("ada").is_err());
    assert!(
        users.add_trusted("service", Role::Admin).is_err() && users.set_roles("eve", Role::Admin).is_err()
    );
    assert!(users.define_role("admin", Rules::new([])).is_err());
    assert_eq!(told(&users, &mut seen), [""; 0]);
}

#[test]
fn where_a_user_works_and_how_much_it_may_do_are_told_where_they_change() {
    let (users, mut seen) = (Users::new(), Sequence::START);
    let list = |namespace: Option<&str>, value| {
        let mut ada = record("ada", Role::ReadOnly, &Verifier::derive("pencil", Rounds::MIN).unwrap());
        ada.namespace = namespace.map(str::to_owned);
        ada.limits.value = value;
        vec![ada]
    };
    users.replace(list(None, None)).unwrap();
    told(&users, &mut seen);
    let limits = |value| crate::Limits { value, ..crate::Limits::default() };
    for _ in 0..2 {
        users.set_namespace("ada", Some("shop")).unwrap();
        users.set_limits("ada", limits(Some(9))).unwrap();
    }
    assert_eq!(
        told(&users, &mut seen),
        ["change user changed ada namespace shop", "change user changed ada other limits"]
    );
    users.set_namespace("ada", None).unwrap();
    users.set_limits("ada", limits(None)).unwrap();
    assert_eq!(
        told(&users, &mut seen),
        ["change user changed ada no namespace", "change user changed ada no limits"]
    );
    users.replace(list(Some("news"), Some(7))).unwrap();
    let news = told(&users, &mut seen);
    assert_eq!(
        news[1..3],
        ["change user changed ada namespace news", "change user changed ada other limits"]
    );
}

#[test]
fn what_expires_by_itself_is_told_with_its_label() {
    let (users, mut seen) = (Users::new(), Sequence::START);
    users.add_verifier("ada", verifier("pencil"), Role::ReadWrite).unwrap();
    let now = SystemTime::now();
    users.expire_credential("ada", "1", Some(now + Duration::from_millis(1))).unwrap();
    told(&users, &mut seen);
    users.settle(now + Duration::from_secs(1));
    users.settle(now + Duration::from_secs(2));
    assert_eq!(told(&users, &mut seen), ["revocation expired ada 1"]);
}

#[test]
fn roles_are_told_of_by_name() {
    let (users, mut seen) = (Users::new(), Sequence::START);
    let reads = || Rules::from([Rule::allow(Verb::Read)]);
    users.define_role("reader", reads()).unwrap();
    users.define_role("reader", Rules::from([Rule::allow(Verb::Stats)])).unwrap();
    users.remove_role("reader").unwrap();
    assert_eq!(
        told(&users, &mut seen),
        ["change role added reader", "change role changed reader", "change role removed reader"]
    );
    let roles = ["one", "other"].map(|name| (name.to_owned(), reads()));
    users.replace_with_roles(roles, Vec::new()).unwrap();
    assert_eq!(told(&users, &mut seen).len(), 3);
    let roles = [("other".to_owned(), Rules::from([Rule::deny(Verb::Read)])), ("third".to_owned(), reads())];
    users.replace_with_roles(roles.clone(), Vec::new()).unwrap();
    users.replace_with_roles(roles, Vec::new()).unwrap();
    assert_eq!(
        told(&users, &mut seen),
        [
            "change users changed 0 in the list",
            "change role removed one",
            "change role changed other",
            "change role added third",
            "change users changed 0 in the list",
        ]
    );
}

#[test]
fn of_a_list_that_takes_the_place_of_another_one_the_differences_are_told() {
    let (users, mut seen) = (Users::new(), Sequence::START);
    let [pencil, crayon] = ["pencil", "crayon"].map(verifier);
    let list = |roles: Role, password: &Verifier, last: &str| {
        vec![record("ada", roles, password), record(last, Role::ReadOnly, &crayon)]
    };
    users.replace(list(Role::ReadWrite, &pencil, "bob")).unwrap();
    assert_eq!(told(&users, &mut seen), ["change users changed 2 in the list"], "the first one as a whole");
    users.replace(list(Role::ReadWrite, &pencil, "bob")).unwrap();
    assert_eq!(told(&users, &mut seen), ["change users changed 2 in the list"], "the same again");
    users.replace(list(Role::Admin, &crayon, "eve")).unwrap();
    assert_eq!(
        told(&users, &mut seen),
        [
            "change users changed 2 in the list",
            "change user removed bob",
            "change user changed ada admin",
            "change credential removed ada 1",
            "change credential added ada 1",
            "change user added eve read-only",
        ]
    );
}

#[test]
fn tokens_and_every_way_to_end_sessions_are_told() {
    let (users, mut seen) = (Users::new(), Sequence::START);
    users.add_verifier("ada", verifier("pencil"), Role::ReadWrite).unwrap();
    users.add_trusted("root", Role::Admin).unwrap();
    let cache = crate::Cache::new(crate::Config::new(1 << 20), users.clone()).unwrap();
    let root = cache.session_for("root").unwrap();
    let session = cache.session_for("ada").unwrap();
    told(&users, &mut seen);
    let token = users.mint("ada", crate::TokenScope::of(Verb::Read)).unwrap();
    users.revoke_token(token.id()).unwrap();
    let id = token.id();
    assert_eq!(
        told(&users, &mut seen),
        [format!("change token added {id} ada"), format!("revocation token {id}")]
    );
    assert!(users.revoke_session(session.id()) && !users.revoke_session(session.id()));
    users.revoke_credential("ada", "1").unwrap();
    users.revoke_role("read-write").unwrap();
    users.revoke_before(SystemTime::UNIX_EPOCH);
    assert!(users.revoke_credential("ada", "9").is_err() && users.revoke_role("none").is_err());
    assert_eq!(
        told(&users, &mut seen),
        [
            format!("revocation session {}", session.id()),
            "revocation credential ada 1".to_owned(),
            "revocation role read-write".to_owned(),
            "revocation before".to_owned(),
        ]
    );
    // By an admin: what came of it, and then who; also where nothing did, and why.
    root.admin().unwrap().remove_user("ada").unwrap();
    assert!(root.admin().unwrap().remove_user("ada").is_err());
    assert_eq!(
        told(&users, &mut seen),
        [
            "change user removed ada",
            "admin root remove user ada",
            "admin_failed root remove user ada UnknownUser"
        ]
    );
}
