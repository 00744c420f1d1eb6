//! What a session promises, through the public API.

#![allow(clippy::unwrap_used, clippy::cast_possible_truncation, reason = "a test may panic")]

use keyway::{
    Cache, Config, Delta, Expiry, Limits, LoginFailure, Mechanism, Refusal, Role, Rounds, Session, Step,
    UserError, Users, Verifier, Version,
};

const PASSWORD: &str = "correct horse battery staple";

fn users() -> Users {
    let users = Users::new();
    let verifier = |password| Verifier::derive(password, Rounds::MIN).unwrap();
    users.add_verifier("reader", verifier(PASSWORD), Role::ReadOnly).unwrap();
    users.add_verifier("writer", verifier(PASSWORD), Role::ReadWrite).unwrap();
    users.add_verifier("admin", verifier(PASSWORD), Role::Admin).unwrap();
    users
}

fn cache() -> Cache {
    Cache::new(Config::new(1 << 20), users()).unwrap()
}

/// Every data verb, by name.
fn verbs(session: &Session) -> Vec<(&'static str, Result<(), Refusal>)> {
    let version = Version::from_number(1).unwrap();
    vec![
        ("get", session.get("k").map(drop)),
        ("set", session.set("k", "v").map(drop)),
        ("add", session.add("k", "v").map(drop)),
        ("replace", session.replace("k", "v").map(drop)),
        ("cas", session.cas("k", "v", version).map(drop)),
        ("append", session.append("k", "v").map(drop)),
        ("prepend", session.prepend("k", "v").map(drop)),
        ("incr", session.incr("k", Delta::by(1)).map(drop)),
        ("decr", session.decr("k", 1).map(drop)),
        ("touch", session.touch("k", Expiry::Never).map(drop)),
        ("get_and_touch", session.get_and_touch("k", Expiry::Never).map(drop)),
        ("delete", session.delete("k").map(drop)),
        ("delete_given", session.delete_given("k", version).map(drop)),
        ("flush", session.flush()),
        ("flush_later", session.flush_later(Expiry::Never)),
    ]
}

#[test]
fn a_reader_may_get_and_nothing_else_and_learns_nothing_from_a_refusal() {
    let cache = cache();
    let reader = cache.session_for("reader").unwrap();
    for stored in [false, true] {
        if stored {
            cache.session_for("writer").unwrap().set("k", "v").unwrap();
        }
        for (verb, answer) in verbs(&reader) {
            let expected = if verb == "get" { Ok(()) } else { Err(Refusal::Forbidden) };
            assert_eq!(answer, expected, "{verb} with the key stored: {stored}");
        }
    }
    assert_eq!(reader.may_administer(), Err(Refusal::Forbidden));
    assert_eq!(&*reader.get("k").unwrap().unwrap(), b"v");
}

#[test]
fn writers_and_admins_are_forbidden_no_data_verb() {
    let cache = cache();
    for (name, administers) in [("writer", false), ("admin", true)] {
        let session = cache.session_for(name).unwrap();
        assert!(verbs(&session).iter().all(|(_, answer)| *answer != Err(Refusal::Forbidden)));
        assert_eq!(session.may_administer().is_ok(), administers);
    }
}

#[test]
fn whatever_ends_a_login_ends_every_verb_of_its_sessions() {
    type End = fn(&Users);
    let ends: [(&str, End); 4] = [
        ("revoke", |users| users.revoke("writer").unwrap()),
        ("password", |users| users.set_password("writer", "another password").unwrap()),
        ("remove", |users| users.remove("writer").unwrap()),
        ("replace", |users| users.replace(Vec::new()).unwrap()),
    ];
    for (what, end) in ends {
        let cache = cache();
        let session = cache.session_for("writer").unwrap();
        let clone = session.clone();
        session.set("k", "v").unwrap();
        end(cache.users());
        for (verb, answer) in verbs(&session).into_iter().chain(verbs(&clone)) {
            assert_eq!(answer, Err(Refusal::Revoked), "{verb} after {what}");
        }
        assert_eq!(session.standing(), Err(Refusal::Revoked));
        if what != "replace" {
            let other = cache.session_for("admin").unwrap();
            assert_eq!(&*other.get("k").unwrap().unwrap(), b"v", "{what}: the items stay");
        }
    }
}

#[test]
fn a_login_needs_the_right_name_and_password_and_says_little_about_a_wrong_one() {
    let cache = cache();
    assert_eq!(cache.login("writer", PASSWORD).unwrap().user(), "writer");
    assert_eq!(cache.login("writer@some.realm", PASSWORD).unwrap().user(), "writer");
    let unknown = cache.login("nobody", PASSWORD).unwrap_err();
    let wrong = cache.login("writer", "guess").unwrap_err();
    assert_eq!(unknown.to_string(), wrong.to_string());
    assert_eq!(unknown.failure(), LoginFailure::UnknownUser);
    assert_eq!(wrong.failure(), LoginFailure::WrongPassword);
    assert_eq!(wrong.claimed_name(), Some("writer"));
    assert!(!format!("{wrong:?}").contains("guess"));
}

#[test]
fn trusted_code_names_a_user_and_a_user_without_password_cannot_log_in() {
    let cache = cache();
    assert_eq!(cache.session_for("nobody").err(), Some(UserError::Unknown));
    cache.users().add_trusted("internal", Role::ReadWrite).unwrap();
    assert!(cache.session_for("internal").is_ok_and(|session| session.set("k", "v").is_ok()));
    for password in ["", PASSWORD] {
        assert!(cache.login("internal", password).is_err());
    }
}

#[test]
fn a_login_that_was_under_way_when_its_user_was_revoked_yields_a_dead_session() {
    let cache = cache();
    let Step::Challenge(first, exchange) =
        cache.exchange(Mechanism::ScramSha256).step(b"n,,n=writer,r=client")
    else {
        panic!("SCRAM answers with a salt");
    };
    let first = String::from_utf8(first).unwrap();
    cache.users().revoke("writer").unwrap();
    // Whatever comes of this exchange, it does not come to life: the proof below is wrong, and a right one would
    // carry the epoch from before.
    let last = format!("c=biws,{},p={}", first.split(',').next().unwrap(), "A".repeat(43) + "=");
    let Step::Verify(attempt) = exchange.step(last.as_bytes()) else { panic!("a proof is a guess") };
    assert!(!attempt.may_take_long() && attempt.verify().is_err());

    let Step::Verify(attempt) =
        cache.exchange(Mechanism::Plain).step(format!("\0writer\0{PASSWORD}").as_bytes())
    else {
        panic!("PLAIN says all in one message");
    };
    cache.users().set_password("writer", "another password").unwrap();
    assert!(attempt.verify().is_err(), "judged by the password of now");
}

#[test]
fn the_cache_is_shared_by_its_clones_and_its_stats_tell_what_was_done() {
    let cache = cache();
    let clone = cache.clone();
    clone.session_for("writer").unwrap().set("k", "v").unwrap();
    let session = cache.session_for("writer").unwrap();
    session.get("k").unwrap();
    session.get("missing").unwrap();
    let stats = cache.stats();
    assert_eq!((stats.items, stats.stored, stats.hits, stats.misses), (1, 1, 1, 1));
    assert!(stats.bytes <= stats.budget && stats.budget == 1 << 20);
}

#[test]
fn a_configuration_that_cannot_work_is_refused_with_the_limit() {
    let mut config = Config::new(1 << 20);
    config.max_value = (1 << 19) + 1;
    let error = Cache::new(config, Users::new()).err().unwrap();
    assert!(error.to_string().contains("524288"), "{error}");
    let mut config = Config::new(1 << 10);
    config.stripes = 1024;
    let error = Cache::new(config, Users::new()).err().unwrap();
    assert!(error.to_string().contains("too small"), "{error}");
    let mut config = Config::new(1 << 20);
    config.stripes = usize::MAX;
    assert!(Cache::new(config, Users::new()).is_err());
}

#[test]
fn a_hint_changes_nothing_and_is_taken_from_everybody() {
    let cache = Cache::new(Config::new(4 << 20), Users::new()).unwrap();
    cache.users().add_trusted("app", Role::ReadWrite).unwrap();
    let session = cache.session_for("app").unwrap();
    session.set("a", "1").unwrap();
    let before = cache.stats();
    let long = [b'k'; keyway::MAX_KEY + 1];
    let keys: Vec<&[u8]> = [&b"a"[..], b"", &long, b"absent"].into_iter().cycle().take(100).collect();
    session.prefetch(&keys);
    cache.users().revoke("app").unwrap();
    session.prefetch(&keys);
    assert_eq!(format!("{before:?}"), format!("{:?}", cache.stats()));
    assert_eq!(session.get("a").err(), Some(Refusal::Revoked));
}

#[test]
fn what_is_filled_in_place_is_stored_as_the_verbs_say_and_only_then() {
    let cache = Cache::new(Config::new(4 << 20), users()).unwrap();
    let [writer, reader] = ["writer", "reader"].map(|name| cache.session_for(name).unwrap());
    let filled = |key: &str, len: usize, byte: u8| {
        let mut blank = writer.blank(key, len, 7).unwrap().expires(Expiry::Never);
        blank.value_mut().fill(byte);
        blank
    };
    for len in [0, 3, 100_000] {
        assert_eq!(writer.replace_filled(filled("k", len, 1)), Err(Refusal::NotFound));
        let first = writer.add_filled(filled("k", len, 1)).unwrap();
        assert_eq!(writer.add_filled(filled("k", len, 2)), Err(Refusal::Exists));
        let held = reader.get("k").unwrap().unwrap();
        let second = writer.set_filled(filled("k", len, 2).given(first)).unwrap();
        assert_eq!(writer.set_filled(filled("k", len, 3).given(first)), Err(Refusal::Exists));
        let item = reader.get("k").unwrap().unwrap();
        assert_eq!((item.value(), item.flags(), item.version()), (&vec![2; len][..], 7, second));
        assert_eq!((held.value(), held.version()), (&vec![1; len][..], first));
        assert!(writer.delete("k").unwrap());
    }
    assert_eq!(writer.blank("k", 3 << 20, 0).err(), Some(Refusal::TooLarge { limit: cache.max_value() }));
    assert_eq!(writer.blank("", 3, 0).err(), Some(Refusal::BadKey { len: 0 }));
    assert_eq!(reader.blank("k", 3, 0).err(), Some(Refusal::Forbidden));
    let late = filled("k", 1000, 1);
    cache.users().revoke("writer").unwrap();
    assert_eq!(writer.set_filled(late), Err(Refusal::Revoked));
    assert!(reader.get("k").unwrap().is_none());
}

#[test]
fn reads_of_keys_of_a_wrong_length_are_refused_and_count_against_limits() {
    let cache = cache();
    let reader = cache.session_for("reader").unwrap();
    let read_both = || {
        for key in ["".to_owned(), "k".repeat(251)] {
            assert_eq!(reader.get(&key).err(), Some(Refusal::BadKey { len: key.len() }));
        }
    };
    read_both();
    let mut limits = Limits::default();
    limits.operations_per_second = Some(2);
    cache.users().set_limits("reader", limits).unwrap();
    read_both();
    assert!(matches!(reader.get("").err(), Some(Refusal::Limited { .. })));
}

#[test]
fn what_is_filled_in_place_ends_by_the_time_at_which_it_is_stored() {
    let mut config = Config::new(4 << 20);
    let clock = keyway::Clock::manual();
    config.clock = clock.clone();
    let cache = Cache::new(config, users()).unwrap();
    let session = cache.session_for("writer").unwrap();
    let blank = session.blank("k", 1000, 0).unwrap().expires(std::time::Duration::from_secs(10));
    clock.advance(std::time::Duration::from_secs(60));
    session.set_filled(blank).unwrap();
    assert!(session.get("k").unwrap().is_some());
    clock.advance(std::time::Duration::from_secs(11));
    assert!(session.get("k").unwrap().is_none());
}
