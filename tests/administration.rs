//! What an admin's session may see and change, and for how long.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use keyway::{
    Admin, AdminError, Cache, ComesFrom, Config, Limit, LimitScope, Limits, Refusal, Role, Rounds, Rule,
    Rules, TokenScope, UserError, UserRecord, Users, Verb, Verifier,
    audit::{Event, Origin, Peer, Sequence},
};
use std::time::{Duration, SystemTime};

fn cache() -> Cache {
    let cache = Cache::new(Config::new(1 << 20), Users::new()).unwrap();
    cache.users().add_trusted("root", Role::Admin).unwrap();
    cache.users().add_trusted("app", Role::ReadWrite).unwrap();
    cache
}

fn admin(cache: &Cache) -> Admin {
    cache.session_for("root").unwrap().admin().unwrap()
}

/// Each of its acts, on whatever there is.
fn acts(admin: &Admin) -> Vec<Result<(), AdminError>> {
    vec![
        admin.sessions(None, 9).map(drop).map_err(Into::into),
        admin.user_list().map(drop).map_err(Into::into),
        admin.roles().map(drop).map_err(Into::into),
        admin.tokens().map(drop).map_err(Into::into),
        admin.revoke_session(1.into()),
        admin.revoke_user("app"),
        admin.revoke_role("read-write").map(drop),
        admin.revoke_credential("app", "1"),
        admin.revoke_token("AAAAAAAA".parse().unwrap()),
        admin.revoke_before(SystemTime::UNIX_EPOCH).map_err(Into::into),
        admin.mint("app", TokenScope::all()).map(drop),
        admin.add_user(UserRecord::with_credentials("new", Role::ReadOnly, Vec::new())),
        admin.remove_user("new"),
        admin.set_roles("app", Role::ReadOnly),
        admin.set_limits("app", Limits::default()),
        admin.define_role("guest", Rules::default()),
        admin.define_listed_role("guest", Rules::default()),
        admin.remove_role("guest"),
    ]
}

#[test]
fn only_who_may_administer_gets_there_and_no_longer_than_that() {
    let cache = cache();
    assert_eq!(cache.session_for("app").unwrap().admin().err(), Some(Refusal::Forbidden));
    let admin = admin(&cache);
    cache.users().set_roles("root", Role::ReadWrite).unwrap();
    assert!(acts(&admin).iter().all(|act| *act == Err(AdminError::Refused(Refusal::Forbidden))));
    cache.users().set_roles("root", Role::Admin).unwrap();
    assert!(admin.sessions(None, 9).is_ok());
    let before = format!("{:?}", cache.users().list());
    cache.users().revoke("root").unwrap();
    assert!(acts(&admin).iter().all(|act| *act == Err(AdminError::Refused(Refusal::Revoked))));
    assert_eq!(format!("{:?}", cache.users().list()), before);
    assert!(cache.users().tokens().is_empty() && cache.users().roles().is_empty());
}

/// Of each act that the audit was told of after that, who did it, the act, and why it was not done.
fn told(cache: &Cache, after: Sequence) -> Vec<(Option<String>, String, Option<String>)> {
    let text = |text: &dyn ToString| text.to_string();
    let act = |event: &Event| match event {
        Event::Administered { user, act, .. } => {
            Some((user.as_ref().map(|user| text(user)), text(act), None))
        }
        Event::AdministrationFailed { user, act, reason, .. } => {
            Some((user.as_ref().map(|user| text(user)), text(act), Some(text(reason))))
        }
        _ => None,
    };
    cache.audit().recent(after).entries.iter().filter_map(|entry| act(&entry.event)).collect()
}

#[test]
fn each_act_is_told_once_with_who_and_what_came_of_it() {
    let from = Origin::operator(Some(Peer::Process { uid: 1000, pid: 4711 }));
    for who in [Some("root"), None] {
        let cache = cache();
        let _first = cache.session_for("app").unwrap();
        let by = if who.is_some() { admin(&cache) } else { cache.users().operator(from.clone()) };
        let seen = cache.audit().recent(Sequence::START).last;
        // The first four only look.
        let outcomes = acts(&by).split_off(4);
        let expected: Vec<_> = outcomes
            .iter()
            .map(|outcome| outcome.as_ref().err().map(|error| error.name().to_owned()))
            .collect();
        let told = told(&cache, seen);
        assert!(told.iter().all(|(user, ..)| user.as_deref() == who), "{told:?}");
        assert_eq!(told.iter().map(|(.., why)| why.clone()).collect::<Vec<_>>(), expected, "{told:?}");
        let failed = expected.iter().flatten().map(String::as_str).collect::<Vec<_>>();
        assert_eq!(failed, ["UnknownLabel", "UnknownToken"], "{told:?}");
        let entries = cache.audit().recent(seen).entries;
        let acts = entries.iter().filter(|entry| matches!(entry.event, Event::Administered { .. }));
        let origin = if who.is_some() { Origin::here() } else { from.clone() };
        assert!(acts.into_iter().all(|entry| entry.origin == origin));
    }
}

#[test]
fn an_act_that_ends_its_own_session_is_told() {
    let cache = cache();
    let admin = admin(&cache);
    let seen = cache.audit().recent(Sequence::START).last;
    admin.revoke_before(SystemTime::now() + Duration::from_secs(1)).unwrap();
    assert!(admin.revoke_user("root").is_err());
    let root = Some("root".to_owned());
    assert_eq!(told(&cache, seen), [(root, "revoke before".to_owned(), None)], "the other one is a refusal");
}

#[test]
fn a_narrowed_admin_is_none() {
    let cache = cache();
    let root = cache.session_for("root").unwrap();
    assert_eq!(root.narrow(Role::ReadWrite.into()).unwrap().admin().err(), Some(Refusal::Forbidden));
    assert!(root.narrow(Rules::from([Rule::allow(Verb::Admin)])).unwrap().admin().is_ok());
}

#[test]
fn users_and_roles_are_changed_for_live_sessions() {
    let cache = cache();
    let (admin, app) = (admin(&cache), cache.session_for("app").unwrap());
    admin.define_role("guest", Rules::from([Rule::allow(Verb::Read).under("public/")])).unwrap();
    admin.set_roles("app", ["guest"]).unwrap();
    assert_eq!(app.set("k", "v"), Err(Refusal::Forbidden));
    assert!(app.get("public/k").is_ok());
    admin.remove_role("guest").unwrap();
    assert_eq!(app.get("public/k").err(), Some(Refusal::Forbidden));
    admin.remove_user("app").unwrap();
    assert_eq!(app.get("k").err(), Some(Refusal::Revoked));
    assert_eq!(admin.remove_user("app"), Err(AdminError::User(UserError::Unknown)));
}

#[test]
fn what_is_stored_of_passwords_is_not_shown() {
    let cache = cache();
    let verifier = Verifier::derive("pencil", Rounds::MIN).unwrap();
    let admin = admin(&cache);
    admin.add_user(UserRecord::new("ada", Role::ReadOnly, verifier)).unwrap();
    assert!(cache.login("ada", "pencil").is_ok());
    let list = admin.user_list().unwrap();
    let ada = list.iter().find(|user| user.record.name == "ada").unwrap();
    assert_eq!((ada.record.credentials.len(), ada.from), (1, ComesFrom::Own));
    assert!(ada.record.credentials[0].forms.is_empty());
}

#[test]
fn limits_count_at_once() {
    let cache = cache();
    let (admin, app) = (admin(&cache), cache.session_for("app").unwrap());
    let mut limits = Limits::default();
    limits.operations_per_second = Some(0);
    admin.set_limits("app", limits).unwrap();
    let limited = Refusal::Limited { what: Limit::Operations, scope: LimitScope::User };
    assert_eq!(app.get("k").err(), Some(limited));
    let token = admin.mint("app", TokenScope::all()).unwrap();
    let worker = cache.login("app", token.reveal()).unwrap();
    assert_eq!(worker.set("k", "v"), Err(limited), "a token's sessions share the limits of its user");
    admin.set_limits("app", Limits::default()).unwrap();
    assert_eq!((app.set("k", "v").err(), worker.get("k").err()), (None, None));
}

#[test]
fn an_admin_may_end_everything_itself_included() {
    let cache = cache();
    let (admin, app) = (admin(&cache), cache.session_for("app").unwrap());
    admin.revoke_before(SystemTime::now() + Duration::from_secs(1)).unwrap();
    assert_eq!(app.get("k").err(), Some(Refusal::Revoked));
    assert_eq!(admin.sessions(None, 9).err(), Some(Refusal::Revoked));
}
