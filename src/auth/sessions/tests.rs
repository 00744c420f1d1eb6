//! What is listed, and what ends with what.

use crate::{
    Cache, Config, Credential, Mechanism, OpenedBy, Refusal, Role, Rounds, Rules, Session, Step, TokenScope,
    UserError, UserRecord, Users, Verb, Verified, Verifier,
    audit::Origin,
    auth::Seat,
    clock::Clock,
    metering::{Meter, Metered},
};
use std::time::{Duration, SystemTime};

/// A room where nothing is limited.
struct Hall(Meter);

impl Metered for Hall {
    fn meter(&self) -> &Meter {
        &self.0
    }

    fn is_limited(&self) -> bool {
        false
    }
}

fn cache() -> Cache {
    let cache = Cache::new(Config::new(1 << 20), Users::with_mock_key([7; 32])).unwrap();
    for name in ["ada", "bob"] {
        cache.users().add_trusted(name, Role::ReadWrite).unwrap();
    }
    cache
}

fn lives(session: &Session) -> bool {
    match session.set("k", "v") {
        Ok(_) => true,
        Err(refusal) => {
            assert_eq!(refusal, Refusal::Revoked);
            false
        }
    }
}

#[test]
fn a_session_is_listed_until_its_last_clone_is_gone() {
    let cache = cache();
    let (ada, bob) = (cache.session_for("ada").unwrap(), cache.session_for("bob").unwrap());
    bob.note_traffic(2, 50, 70);
    bob.note_traffic(1, 24, 24);
    let listed = cache.users().sessions(None, 10);
    let names: Vec<_> = listed.iter().map(|it| (it.user.as_str(), it.id, it.by.clone())).collect();
    assert_eq!(names, [("ada", ada.id(), OpenedBy::Code), ("bob", bob.id(), OpenedBy::Code)]);
    assert_eq!(listed[0].origin, Origin::here());
    let traffic = listed[1].traffic;
    assert_eq!((traffic.requests, traffic.bytes_in, traffic.bytes_out), (3, 74, 94));
    let clone = ada.clone();
    drop(ada);
    assert_eq!(cache.users().sessions(None, 10).len(), 2);
    drop(clone);
    assert_eq!(cache.users().sessions(None, 10)[0].id, bob.id());
    assert_eq!(cache.users().session_count(), 1);
}

#[test]
fn who_came_by_an_exchange_is_listed_with_where_that_was() {
    let cache = cache();
    let verifier = Verifier::derive("secret", Rounds::MIN).unwrap();
    cache.users().add_verifier("eve", verifier, Role::ReadOnly).unwrap();
    let exchange = cache.exchange(Mechanism::Plain);
    let origin = Origin::connection(7, Some(crate::audit::Peer::Address(([192, 0, 2, 1], 77).into())));
    let Step::Verify(attempt) = exchange.coming_from(origin).step(b"\0eve\0secret") else { panic!() };
    let Verified::Open(_session) = attempt.verify().unwrap() else { panic!() };
    assert_eq!(cache.users().sessions(None, 9)[0].origin.to_string(), "192.0.2.1:77");
}

#[test]
fn they_are_listed_page_by_page_in_order() {
    let cache = cache();
    let held: Vec<Session> = (0..100).map(|_| cache.session_for("ada").unwrap()).collect();
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = cache.users().sessions(after, 7);
        assert!(page.len() <= 7);
        let Some(last) = page.last() else { break };
        after = Some(last.id);
        seen.extend(page.iter().map(|it| it.id));
    }
    assert_eq!(seen, held.iter().map(Session::id).collect::<Vec<_>>());
}

#[test]
fn one_session_ends_with_its_clones_and_what_was_narrowed_from_it() {
    let cache = cache();
    let (one, other) = (cache.session_for("ada").unwrap(), cache.session_for("ada").unwrap());
    let (clone, narrowed) = (one.clone(), one.narrow(Role::ReadWrite.into()).unwrap());
    assert!(cache.users().revoke_session(one.id()));
    assert!(!cache.users().revoke_session(one.id()), "it has ended already");
    assert!([&one, &clone, &narrowed].iter().all(|session| !lives(session)));
    assert!(lives(&other));
    assert!(cache.users().sessions(None, 9).iter().map(|it| it.ended).eq([true, false, true]));
    let id = one.id();
    drop((one, clone));
    assert!(!lives(&narrowed) && lives(&other));
    assert!(!cache.users().revoke_session(id), "it has gone");
}

#[test]
fn a_narrowed_session_ends_without_its_maker() {
    let cache = cache();
    let host = cache.session_for("ada").unwrap();
    let plugin = host.narrow(Role::ReadWrite.into()).unwrap();
    assert_eq!(cache.users().sessions(None, 9)[1].by, OpenedBy::Narrowed(host.id()));
    assert!(cache.users().revoke_session(plugin.id()));
    assert!(!lives(&plugin) && lives(&host));
}

#[test]
fn a_credential_ends_its_own_sessions_and_tokens() {
    let cache = cache();
    let credential = |label: &str| Credential::new(label, Verifier::derive(label, Rounds::MIN).unwrap());
    let credentials = vec![credential("laptop"), credential("phone")];
    cache.users().add_record(UserRecord::with_credentials("eve", Role::ReadWrite, credentials)).unwrap();
    let (laptop, phone) = (cache.login("eve", "laptop").unwrap(), cache.login("eve", "phone").unwrap());
    let token = laptop.mint(TokenScope::all()).unwrap();
    let worker = cache.login("eve", token.reveal()).unwrap();
    let by = &cache.users().sessions(None, 9)[0].by;
    let credential = "laptop".to_owned();
    assert_eq!(*by, OpenedBy::Password { mechanism: Mechanism::Plain, credential });

    assert_eq!(
        cache.users().revoke_credential("eve", "tablet"),
        Err(UserError::UnknownLabel("tablet".into()))
    );
    cache.users().revoke_credential("eve", "laptop").unwrap();
    assert!(!lives(&laptop) && !lives(&worker) && lives(&phone));
    assert!(lives(&cache.login("eve", "laptop").unwrap()), "the password stays");
    assert!(cache.login("eve", token.reveal()).is_err());
}

#[test]
fn a_role_ends_the_sessions_of_all_who_have_it() {
    let cache = cache();
    cache.users().define_role("reporter", Rules::default()).unwrap();
    cache.users().set_roles("bob", ["reporter", "read-write"]).unwrap();
    let (ada, bob) = (cache.session_for("ada").unwrap(), cache.session_for("bob").unwrap());
    assert_eq!(cache.users().revoke_role("reporter"), Ok(1));
    assert!(lives(&ada) && !lives(&bob));
    assert_eq!(cache.users().revoke_role("read-write"), Ok(2));
    assert!(!lives(&ada));
    assert_eq!(cache.users().revoke_role("admin"), Ok(0), "a role that nobody has");
    assert!(cache.users().revoke_role("reporters").is_err());
}

#[test]
fn a_role_that_was_revoked_ends_who_had_it_then_whoever_has_it_now() {
    let cache = cache();
    let users = cache.users();
    users.define_role("reporter", Rules::from(Role::ReadWrite)).unwrap();
    users.set_roles("bob", ["reporter", "read-only"]).unwrap();
    let (ada, bob) = (cache.session_for("ada").unwrap(), cache.session_for("bob").unwrap());
    let made = bob.narrow(Rules::from(Role::ReadWrite)).unwrap();
    let token = users.mint("bob", TokenScope::all()).unwrap();
    assert_eq!(users.revoke_role("reporter"), Ok(1));
    users.set_roles("bob", Role::ReadWrite).unwrap();
    users.set_roles("ada", ["reporter"]).unwrap();
    assert!(!lives(&bob) && !lives(&made), "losing the role saves nobody");
    assert!(users.tokens().is_empty() && cache.login("bob", token.reveal()).is_err());
    assert!(lives(&ada), "she got it later");
    let bob = cache.session_for("bob").unwrap();
    assert!(lives(&bob), "and he came later");
    // Again, without a verb in between.
    users.set_roles("bob", ["reporter"]).unwrap();
    assert_eq!((users.revoke_role("reporter"), users.revoke_role("read-only")), (Ok(2), Ok(0)));
    users.remove_role("reporter").unwrap();
    assert!(!lives(&bob) && !lives(&ada));
    assert!(users.revoke_role("reporter").is_ok(), "it is not there, but they have it");
    users.define_role("reporter", Rules::from(Role::ReadWrite)).unwrap();
    assert!(lives(&cache.session_for("bob").unwrap()));
}

#[test]
fn what_is_older_than_a_time_ends() {
    let cache = cache();
    let (early, early_token) =
        (cache.session_for("ada").unwrap(), cache.users().mint("bob", TokenScope::all()));
    std::thread::sleep(Duration::from_millis(5));
    let between = SystemTime::now();
    std::thread::sleep(Duration::from_millis(5));
    let (late, late_token) =
        (cache.session_for("ada").unwrap(), cache.users().mint("bob", TokenScope::all()));
    cache.users().revoke_before(between);
    assert!(!lives(&early) && lives(&late));
    assert!(cache.login("bob", early_token.unwrap().reveal()).is_err());
    assert!(cache.login("bob", late_token.unwrap().reveal()).is_ok());
    cache.users().revoke_before(SystemTime::now() + Duration::from_secs(1));
    assert!(!lives(&late) && cache.users().tokens().is_empty());
    assert!(lives(&cache.session_for("ada").unwrap()));
}

#[test]
fn each_session_is_counted_once_however_many_pieces_they_are_counted_in() {
    let cache = cache();
    cache.users().add_trusted("rita", Role::ReadOnly).unwrap();
    let open = |name: &str, count| (0..count).map(|_| cache.session_for(name).unwrap()).collect::<Vec<_>>();
    let held = (open("ada", 2000), open("bob", 77), open("rita", 1024));
    let counted = |users: &Users| users.sessions_by_roles();
    assert_eq!(counted(cache.users()), [("read-only".to_owned(), 1024), ("read-write".to_owned(), 2077)]);
    drop(held);
    assert_eq!(counted(cache.users()), []);
}

#[test]
fn what_is_ended_by_its_age_is_each_session_and_a_login_that_was_proven_before() {
    let cache = cache();
    let users = cache.users();
    let old: Vec<Session> = (0..3000).map(|_| cache.session_for("ada").unwrap()).collect();
    let proven = users.grant_trusted("ada").unwrap();
    let pause = || std::thread::sleep(Duration::from_millis(2));
    pause();
    let time = SystemTime::now();
    pause();
    let young = cache.session_for("ada").unwrap();
    users.revoke_before(time);
    assert!(old.iter().all(|session| !lives(session)) && lives(&young));
    // As by SCRAM, whose last message may be long in coming.
    let late = Seat::of_code(proven, Hall(Meter::new(Clock::manual())), users);
    assert_eq!(late.permits(Verb::Read, None).err(), Some(Refusal::Revoked), "it was under way");
    assert!(users.sessions(None, 10_000).iter().any(|listed| listed.id == late.id() && listed.ended));
    drop(late);
    assert!(lives(&young) && lives(&cache.session_for("ada").unwrap()));
}

#[test]
fn a_clock_that_is_set_back_keeps_nobody_out() {
    let cache = cache();
    // As one that is set back behind the time of the call.
    let there = cache.session_for("ada").unwrap();
    cache.users().revocations().add_older(u64::MAX);
    assert!(!lives(&there) && lives(&cache.session_for("ada").unwrap()));
}

#[test]
fn a_role_that_many_have_is_revoked_of_each_of_them_and_of_nobody_else() {
    let cache = cache();
    let users = cache.users();
    // Names in whichever order.
    for number in 0..1000 {
        let role = if number % 3 == 0 { Role::ReadOnly } else { Role::ReadWrite };
        users.add_trusted(&format!("{}-user", number * 7919 % 1000), role).unwrap();
    }
    let names: Vec<String> = users.list().into_iter().map(|user| user.name).collect();
    let open = || names.iter().map(|name| cache.session_for(name).unwrap()).collect::<Vec<_>>();
    let sessions = open();
    let may_write = |session: &Session| session.may(Verb::Write, None).is_ok();
    let readers = sessions.iter().filter(|session| !may_write(session)).count();
    assert_eq!((readers, users.revoke_role("read-write")), (334, Ok(668)));
    let holds = |session: &&Session| session.get("k").is_ok();
    assert_eq!(sessions.iter().filter(holds).count(), readers);
    let sessions = open();
    users.revoke_before(SystemTime::now() + Duration::from_secs(60));
    assert_eq!(sessions.iter().filter(holds).count(), 0);
    assert!(users.revoke_role("none").is_err());
}
