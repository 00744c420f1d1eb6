//! What an admin's session may see and change, and for how long.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use keyway::{
    Admin, AdminError, Cache, Config, Limit, LimitScope, Limits, Refusal, Role, Rounds, Rule, Rules,
    TokenScope, UserError, UserRecord, Users, Verb, Verifier,
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
    let ada = list.iter().find(|user| user.name == "ada").unwrap();
    assert_eq!(ada.credentials.len(), 1);
    assert!(ada.credentials[0].forms.is_empty());
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
