//! What a token is worth, and for how long.

use crate::{
    Cache, Clock, Config, LoginFailure, Mechanism, MintedToken, OpenedBy, Refusal, Role, Rule, Rules,
    Session, Step, TokenError, TokenScope, Users, Verb,
};
use std::time::{Duration, SystemTime};

fn cache() -> (Clock, Cache) {
    let clock = Clock::manual();
    let users = Users::with_mock_key_and_clock([7; 32], clock.clone());
    users.add_trusted("ada", Role::ReadWrite).unwrap();
    users.add_trusted("eve", Role::Admin).unwrap();
    (clock, Cache::new(Config::new(1 << 20), users).unwrap())
}

fn failure(cache: &Cache, name: &str, token: &MintedToken) -> Option<LoginFailure> {
    cache.login(name, token.reveal()).err().map(|error| error.failure())
}

fn reads_and_writes(session: &Session) -> (Option<Refusal>, Option<Refusal>) {
    (session.get("k").err(), session.set("k", "v").err())
}

#[test]
fn a_token_logs_its_owner_in_and_nobody_else() {
    let (_, cache) = cache();
    let ada = cache.session_for("ada").unwrap();
    let token = ada.mint(TokenScope::all()).unwrap();
    for name in ["ada", "ada@host"] {
        let session = cache.login(name, token.reveal()).unwrap();
        assert_eq!(session.user(), "ada");
        assert_eq!(reads_and_writes(&session), (None, None));
    }
    for name in ["eve", "nobody", "ad", "ada\u{2168}"] {
        assert_eq!(failure(&cache, name, &token), Some(LoginFailure::BadToken), "{name}");
    }
    let mut wrong = token.reveal().to_owned();
    wrong.replace_range(39.., if wrong.ends_with('A') { "B" } else { "A" });
    assert_eq!(cache.login("ada", &wrong).unwrap_err().failure(), LoginFailure::BadToken);
}

#[test]
fn it_is_taken_by_plain_at_once_and_needs_no_verification() {
    let (_, cache) = cache();
    let token = cache.users().mint("ada", TokenScope::all()).unwrap();
    let message = |acting_as: &str, token: &str| format!("{acting_as}\0ada\0{token}");
    let step = |text: String| cache.exchange(Mechanism::Plain).step(text.as_bytes());
    assert!(matches!(step(message("", token.reveal())), Step::Open(session) if session.user() == "ada"));
    assert!(matches!(step(message("ada", token.reveal())), Step::Open(_)));
    let refused = |step| match step {
        Step::Refused(error) => error.failure(),
        other => panic!("{other:?}"),
    };
    assert_eq!(refused(step(message("eve", token.reveal()))), LoginFailure::NotAuthorized);
    cache.users().revoke_token(token.id()).unwrap();
    assert_eq!(refused(step(message("", token.reveal()))), LoginFailure::BadToken);
}

#[test]
fn it_allows_what_its_scope_and_its_maker_allow() {
    let (_, cache) = cache();
    let ada = cache.session_for("ada").unwrap();
    let scope =
        TokenScope::by([Rule::allow(Verb::Read | Verb::Admin), Rule::allow(Verb::Write).under("jobs/")]);
    let worker = cache.login("ada", ada.mint(scope).unwrap().reveal()).unwrap();
    assert_eq!(worker.set("jobs/1", "x").err(), None);
    assert_eq!(reads_and_writes(&worker), (None, Some(Refusal::Forbidden)));
    assert_eq!(worker.delete("jobs/1"), Err(Refusal::Forbidden));
    assert_eq!(worker.may_administer(), Err(Refusal::Forbidden), "its maker may not");

    cache.users().set_roles("ada", Role::ReadOnly).unwrap();
    assert_eq!(worker.set("jobs/1", "x"), Err(Refusal::Forbidden));
    assert_eq!(worker.get("jobs/1").err(), None);
    cache.users().define_role("none", Rules::default()).unwrap();
    cache.users().set_roles("ada", ["none"]).unwrap();
    assert_eq!(worker.get("jobs/1").err(), Some(Refusal::Forbidden));
    cache.users().set_roles("ada", Role::Admin).unwrap();
    assert_eq!(worker.may_administer(), Ok(()));
}

#[test]
fn it_ends_with_whatever_opened_its_maker_s_session() {
    let (_, cache) = cache();
    let users = cache.users();
    let mint = |name: &str| cache.session_for(name).unwrap().mint(TokenScope::all()).unwrap();
    let ends = |how: &dyn Fn()| {
        let token = mint("ada");
        let session = cache.login("ada", token.reveal()).unwrap();
        assert_eq!(session.get("k").err(), None);
        how();
        assert_eq!(reads_and_writes(&session), (Some(Refusal::Revoked), Some(Refusal::Revoked)));
        assert_eq!(failure(&cache, "ada", &token), Some(LoginFailure::BadToken));
        assert!(users.tokens().is_empty());
    };
    ends(&|| users.revoke("ada").unwrap());
    ends(&|| assert_eq!(users.revoke_role("read-write"), Ok(1)));
    ends(&|| {
        users.remove("ada").unwrap();
        users.add_trusted("ada", Role::ReadWrite).unwrap();
    });
    ends(&|| {
        users.revoke_before(SystemTime::now() + Duration::from_secs(3600));
    });
}

#[test]
fn it_outlives_the_session_that_minted_it_but_not_its_revocation() {
    let (_, cache) = cache();
    let ada = cache.session_for("ada").unwrap();
    let token = ada.mint(TokenScope::all()).unwrap();
    drop(ada);
    let worker = cache.login("ada", token.reveal()).unwrap();
    assert_eq!(worker.get("k").err(), None);

    let ada = cache.session_for("ada").unwrap();
    let token = ada.mint(TokenScope::all()).unwrap();
    let worker = cache.login("ada", token.reveal()).unwrap();
    assert!(cache.users().revoke_session(ada.id()));
    assert_eq!(worker.get("k").err(), Some(Refusal::Revoked));
    drop(ada);
    assert_eq!(worker.get("k").err(), Some(Refusal::Revoked), "also once that session has gone");
    assert_eq!(failure(&cache, "ada", &token), Some(LoginFailure::BadToken));
}

#[test]
fn its_time_and_its_uses_come_to_an_end() {
    let (clock, cache) = cache();
    let ada = cache.session_for("ada").unwrap();
    let short = ada.mint(TokenScope::all().lasting(Duration::from_secs(60))).unwrap();
    let twice = ada.mint(TokenScope::all().for_uses(2)).unwrap();
    let endless = ada.mint(TokenScope::all().lasting(Duration::MAX)).unwrap();
    let worker = cache.login("ada", short.reveal()).unwrap();
    clock.advance(Duration::from_secs(59));
    cache.maintain();
    assert_eq!(worker.get("k").err(), None);
    clock.advance(Duration::from_secs(1));
    assert_eq!(failure(&cache, "ada", &short), Some(LoginFailure::BadToken), "at once");
    cache.maintain();
    assert_eq!(worker.get("k").err(), Some(Refusal::Revoked));

    assert_eq!(failure(&cache, "eve", &twice), Some(LoginFailure::BadToken), "a refusal takes no use");
    let used: Vec<Session> = (0..2).map(|_| cache.login("ada", twice.reveal()).unwrap()).collect();
    assert_eq!(failure(&cache, "ada", &twice), Some(LoginFailure::TokenSpent));
    assert_eq!(used[0].get("k").err(), None, "those that it opened go on");

    clock.advance(Duration::from_secs(100 * 365 * 86_400));
    cache.maintain();
    assert_eq!(failure(&cache, "ada", &twice), Some(LoginFailure::BadToken));
    assert_eq!(failure(&cache, "ada", &endless), None);
    assert_eq!(cache.users().tokens().len(), 1);
}

#[test]
fn tokens_are_listed_for_their_makers_and_for_code() {
    let (_, cache) = cache();
    let (ada, eve) = (cache.session_for("ada").unwrap(), cache.session_for("eve").unwrap());
    let token = ada.mint(TokenScope::of(Verb::Read).labelled("worker 7").for_uses(3)).unwrap();
    let worker = cache.login("ada", token.reveal()).unwrap();
    let inner = worker.mint(TokenScope::all()).unwrap();
    let ids = |session: &Session| -> Vec<_> { session.tokens().unwrap().iter().map(|it| it.id).collect() };
    assert_eq!(ids(&ada).len(), 2);
    assert_eq!(ids(&worker), [inner.id()], "only what it made itself");
    assert!(ids(&eve).is_empty());
    let status = ada.tokens().unwrap().into_iter().find(|it| it.id == token.id()).unwrap();
    assert_eq!((status.user.as_str(), status.label.as_str()), ("ada", "worker 7"));
    assert_eq!((status.uses_left, status.minted_by), (Some(2), Some(ada.id())));
    assert!(status.last_used.is_some() && status.expires.is_some());

    assert_eq!(eve.revoke_token(token.id()), Err(TokenError::UnknownToken));
    assert_eq!(worker.revoke_token(token.id()), Err(TokenError::UnknownToken), "not the one that it came by");
    let innermost = cache.login("ada", inner.reveal()).unwrap();
    ada.revoke_token(token.id()).unwrap();
    assert_eq!(worker.get("k").err(), Some(Refusal::Revoked));
    assert_eq!(innermost.get("k").err(), Some(Refusal::Revoked), "what it minted goes with it");
    assert_eq!(worker.tokens(), Err(TokenError::Refused(Refusal::Revoked)));
}

#[test]
fn a_chain_of_tokens_has_an_end() {
    let (_, cache) = cache();
    let mut session = cache.session_for("ada").unwrap();
    let mut made = 0;
    let refused = loop {
        match session.mint(TokenScope::all()) {
            Ok(token) => session = cache.login("ada", token.reveal()).unwrap(),
            Err(error) => break error,
        }
        made += 1;
    };
    assert_eq!((made, refused), (16, TokenError::Refused(Refusal::Forbidden)));
    assert_eq!(reads_and_writes(&session), (None, None));
}

#[test]
fn labels_are_short_and_plain_and_a_user_has_so_many_tokens() {
    let (clock, cache) = cache();
    for label in ["a\nb", &"x".repeat(65)] {
        let minted = cache.users().mint("ada", TokenScope::all().labelled(label));
        assert_eq!(minted.map(|_| ()), Err(TokenError::BadLabel));
    }
    assert_eq!(cache.users().mint("nobody", TokenScope::all()).map(|_| ()), Err(TokenError::UnknownUser));
    for _ in 0..super::MOST_OF_ONE {
        cache.users().mint("ada", TokenScope::all()).unwrap();
    }
    assert_eq!(cache.users().mint("ada", TokenScope::all()).map(|_| ()), Err(TokenError::TooMany));
    assert!(cache.users().mint("eve", TokenScope::all()).is_ok(), "nobody keeps another from minting");
    clock.advance(TokenScope::LIFETIME);
    assert!(cache.users().mint("ada", TokenScope::all()).is_ok(), "those whose time is over make room");
    cache.users().revoke("ada").unwrap();
    for _ in 0..super::MOST_OF_ONE {
        cache.users().mint("ada", TokenScope::all()).unwrap();
    }
}

#[test]
fn what_nothing_can_come_of_is_let_go_within_a_minute() {
    let (clock, cache) = cache();
    let kept = || cache.users().tokens_kept();
    let ada = cache.session_for("ada").unwrap();
    let once = ada.mint(TokenScope::all().for_uses(1)).unwrap();
    let worker = cache.login("ada", once.reveal()).unwrap();
    cache.users().mint("eve", TokenScope::all()).unwrap();
    cache.maintain();
    cache.users().revoke("eve").unwrap();
    assert_eq!(kept(), 2);
    clock.advance(super::SWEEP_EVERY);
    cache.maintain();
    assert_eq!(kept(), 1, "somebody is in by the one that is used up");
    drop(worker);
    clock.advance(super::SWEEP_EVERY - Duration::from_secs(1));
    cache.maintain();
    assert_eq!(kept(), 1);
    clock.advance(Duration::from_secs(1));
    cache.maintain();
    assert_eq!(kept(), 0);
}

#[test]
fn many_go_at_once_and_no_other_one() {
    let (clock, cache) = cache();
    let kept = || cache.users().tokens_kept();
    let many = 20 * super::AT_ONCE + 1;
    let mint = |scope: TokenScope| -> Vec<MintedToken> {
        (0..many).map(|_| cache.users().mint("ada", scope.clone()).unwrap()).collect()
    };
    let (short, _) = (mint(TokenScope::all().lasting(Duration::from_secs(1))), mint(TokenScope::all()));
    assert_eq!(kept(), 2 * many);
    let session = cache.login("ada", short[0].reveal()).unwrap();
    clock.advance(Duration::from_secs(2));
    cache.maintain();
    assert_eq!((kept(), reads_and_writes(&session).0), (many, Some(Refusal::Revoked)), "in one call");
    cache.users().revoke("ada").unwrap();
    let younger = cache.users().mint("eve", TokenScope::all()).unwrap();
    assert_eq!(kept(), many + 1, "each is looked at when it is asked for");
    clock.advance(super::SWEEP_EVERY);
    cache.maintain();
    assert_eq!((kept(), cache.users().tokens()[0].id), (1, younger.id()));
}

#[test]
fn its_sessions_say_by_which_token_they_came() {
    let (_, cache) = cache();
    let token = cache.users().mint("ada", TokenScope::all()).unwrap();
    let session = cache.login("ada", token.reveal()).unwrap();
    let listed = cache.users().sessions(None, 10);
    assert_eq!((listed[0].id, &listed[0].by), (session.id(), &OpenedBy::Token(token.id())));
    assert!(!format!("{token:?}{session:?}{:?}", cache.users().tokens()).contains(&token.reveal()[12..]));
}
