//! Whose session it is decides what runs, at each command anew.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

mod conversation;

use conversation::{Ask, Line, ask, cache, get, header, noop, open_door, set, step_of, stored_as};
use keyway::{Role, Rule, Rules, Verb, Verbs};

/// Every verb that changes something, loud and quiet.
fn changes(key: &str) -> Vec<Ask> {
    let ttl = 60_u32.to_be_bytes();
    let store = stored_as(0, 0);
    let step = step_of(1, 0, 0);
    let mut asks = vec![ask(0x1c).key(key).extras(ttl), ask(0x1d).key(key).extras(ttl)];
    asks.extend([0x1e, 0x23, 0x24].map(|opcode| ask(opcode).key(key).extras(ttl)));
    asks.extend([0x01, 0x02, 0x03, 0x11, 0x12, 0x13].map(|opcode| ask(opcode).key(key).extras(&store)));
    asks.extend([0x04, 0x14, 0x0e, 0x0f, 0x19, 0x1a].map(|opcode| ask(opcode).key(key)));
    asks.extend([0x05, 0x06, 0x15, 0x16].map(|opcode| ask(opcode).key(key).extras(&step)));
    asks.extend([0x08, 0x18].map(ask));
    asks
}

#[test]
fn row_70_a_reader_is_refused_every_change_also_quietly_whether_or_not_the_key_exists() {
    let cache = cache();
    let door = open_door(&cache, Role::ReadWrite);
    let mut line = Line::to(&door);
    line.one(&set("there", "1"));
    cache.users().set_roles("guest", Role::ReadOnly).unwrap();
    for (there, absent) in changes("there").iter().zip(&changes("absent")) {
        let refused = line.one(there);
        assert_eq!((refused.status, refused.text().as_str()), (0x24, "No privilege"), "{there:?}");
        assert_eq!(line.one(absent), refused, "the answer tells whether there is an item");
    }
    assert_eq!(line.one(&get("there")).value, b"1");
    assert_eq!(line.status(&noop()), 0);
}

/// Every command about a key, loud and quiet, and what it needs.
fn keyed(key: &[u8]) -> Vec<(Ask, Verbs)> {
    let ttl = 60_u32.to_be_bytes();
    let (store, step) = (stored_as(0, 0), step_of(1, 0, 0));
    let mut asks = Vec::new();
    let mut all = |opcodes: &[u8], extras: &[u8], verbs: Verbs| {
        asks.extend(opcodes.iter().map(|opcode| (ask(*opcode).key(key).extras(extras), verbs)));
    };
    all(&[0x00, 0x09, 0x0c, 0x0d], b"", Verb::Read.into());
    all(&[0x01, 0x02, 0x03, 0x11, 0x12, 0x13], &store, Verb::Write.into());
    all(&[0x0e, 0x0f, 0x19, 0x1a], b"", Verb::Write.into());
    all(&[0x04, 0x14], b"", Verb::Delete.into());
    all(&[0x05, 0x06, 0x15, 0x16], &step, Verb::Arithmetic.into());
    all(&[0x1c], &ttl, Verb::Touch.into());
    all(&[0x1d, 0x1e, 0x23, 0x24], &ttl, Verb::Touch | Verb::Read);
    asks
}

/// Those about no key.
fn unkeyed() -> Vec<(Ask, Verbs)> {
    let asks = [
        (ask(0x08), Verb::FlushOwn.into()),
        (ask(0x18), Verb::FlushOwn.into()),
        (ask(0x08).extras(60_u32.to_be_bytes()), Verb::FlushOwn.into()),
        (ask(0x10), Verb::Stats.into()),
        (ask(0x10).key("settings"), Verb::Stats.into()),
        (ask(0x10).key("reset"), Verb::Stats | Verb::Admin),
    ];
    asks.into()
}

fn no_privilege(line: &mut Line, request: &Ask) -> bool {
    // A quiet command that is not refused may have no answer, so the next one is asked with it.
    let replies = line.say(&[request.clone(), noop()]);
    let refused = replies[0].status == 0x24;
    assert!(!refused || replies.len() == 2, "one answer: {replies:?}");
    refused
}

#[test]
fn each_command_is_refused_exactly_where_a_verb_is_lacking_that_it_needs() {
    let all = || [keyed(b"k"), unkeyed()].concat();
    for lacking in Verb::ALL {
        let cache = cache();
        let rules = Rules::from([Rule::allow(Verbs::ALL), Rule::deny(lacking)]);
        cache.users().define_role("nearly-all", rules).unwrap();
        let mut line = Line::to(&open_door(&cache, Role::Admin));
        cache.users().set_roles("guest", ["nearly-all"]).unwrap();
        for (request, verbs) in all() {
            assert_eq!(no_privilege(&mut line, &request), verbs.contains(lacking), "{lacking}: {request:?}");
        }
    }
    for only in Verb::ALL {
        let cache = cache();
        cache.users().define_role("one", Rules::from([Rule::allow(only)])).unwrap();
        let mut line = Line::to(&open_door(&cache, Role::Admin));
        cache.users().set_roles("guest", ["one"]).unwrap();
        for (request, verbs) in all() {
            assert_eq!(no_privilege(&mut line, &request), verbs != only.into(), "{only}: {request:?}");
        }
    }
}

#[test]
fn row_71_a_key_outside_the_prefix_is_refused_alike_whether_or_not_it_exists() {
    let cache = cache();
    let mut line = Line::to(&open_door(&cache, Role::Admin));
    let prefix = [&b"reports/\xff"[..], &[b'r'; 200]].concat();
    let rules = [
        Rule::allow(Verbs::WITH_KEY).under(&prefix),
        Rule::deny(Verbs::WITH_KEY).under([&prefix[..], b"secret"].concat()),
    ];
    cache.users().define_role("reporter", rules.into()).unwrap();
    let outside: [&[u8]; 4] = [b"orders", &prefix[..100], &[&prefix[..], b"secret/plan"].concat(), b"\0"];
    for there in outside {
        let absent = [there, b"-"].concat();
        cache.users().set_roles("guest", Role::Admin).unwrap();
        assert_eq!(line.status(&set(there, "1")), 0);
        cache.users().set_roles("guest", ["reporter"]).unwrap();
        for ((there, _), (absent, _)) in keyed(there).iter().zip(&keyed(&absent)) {
            let refused = line.one(there);
            assert_eq!((refused.status, refused.text().as_str()), (0x24, "No privilege"), "{there:?}");
            assert_eq!((refused.cas, refused.extras.len(), refused.key.len()), (0, 0, 0), "{there:?}");
            assert_eq!(line.one(absent), refused, "the answer tells whether there is an item");
        }
    }
    // A value that is taken from the socket piece by piece is skipped.
    for quiet in [0x01, 0x11] {
        let large = ask(quiet).key("orders").value(vec![1; 500_000]).extras(stored_as(0, 0));
        let replies = line.say(&[large, noop()]);
        assert_eq!(replies.iter().map(|reply| reply.status).collect::<Vec<_>>(), [0x24, 0]);
    }
    for (request, _) in keyed(&[&prefix[..], b"today"].concat()) {
        assert!(!no_privilege(&mut line, &request), "{request:?}");
    }
    for (request, _) in unkeyed() {
        assert!(no_privilege(&mut line, &request), "{request:?}");
    }
}

#[test]
fn who_may_touch_and_not_read_is_told_nothing_of_the_item() {
    let cache = cache();
    let mut line = Line::to(&open_door(&cache, Role::Admin));
    line.one(&ask(0x01).key("k").value("1").extras(stored_as(0xbeef, 0)));
    let touch = ask(0x1c).key("k").extras(60_u32.to_be_bytes());
    let seen = line.one(&touch);
    assert!(seen.cas != 0 && seen.extras == 0xbeef_u32.to_be_bytes());
    cache.users().define_role("keeper", Rules::from([Rule::allow(Verb::Touch)])).unwrap();
    cache.users().set_roles("guest", ["keeper"]).unwrap();
    let unseen = line.one(&touch);
    assert_eq!((unseen.status, unseen.cas, unseen.extras), (0, 0, vec![0; 4]));
    assert_eq!(line.status(&ask(0x1c).key("absent").extras(60_u32.to_be_bytes())), 1);
    assert_eq!(line.status(&ask(0x1d).key("k").extras(60_u32.to_be_bytes())), 0x24);
}

#[test]
fn a_set_whose_value_is_too_large_removes_nothing_for_who_may_delete_and_not_write() {
    let cache = cache();
    let mut line = Line::to(&open_door(&cache, Role::Admin));
    line.one(&set("k", "1"));
    let oversized = [header(0x01, 8, 1, 9 + (2 << 20)), vec![0; 8], b"k".to_vec()].concat();
    cache.users().define_role("remover", Rules::from([Rule::allow(Verb::Delete | Verb::Read)])).unwrap();
    cache.users().set_roles("guest", ["remover"]).unwrap();
    assert_eq!(conversation::replies(&line.send(&oversized))[0].status, 0x24);
    let mut line = Line::to(&second_door(&cache));
    assert_eq!(line.one(&get("k")).value, b"1");
    cache.users().define_role("remover", Rules::from([Rule::allow(Verb::Write | Verb::Read)])).unwrap();
    assert_eq!(conversation::replies(&line.send(&oversized))[0].status, 0x03);
    assert_eq!(Line::to(&second_door(&cache)).status(&get("k")), 1, "what it was to replace is gone");
}

/// The same for everybody who comes after the first one.
fn second_door(cache: &keyway::Cache) -> std::sync::Arc<keyway_frontend::Door> {
    let mut entrance = keyway_frontend::Entrance::default();
    entrance.anonymous = Some(cache.session_for("guest").unwrap());
    std::sync::Arc::new(keyway_frontend::Door::new(cache.clone(), Default::default()).through(entrance))
}

#[test]
fn row_65_a_revoked_session_is_noticed_by_the_next_command_whatever_it_is() {
    let mut asks = changes("k");
    asks.extend([get("k"), ask(0x09).key("k"), ask(0x0c).key("k"), ask(0x0d).key("k"), noop(), ask(0x0b)]);
    asks.extend([ask(0x10), ask(0x10).key("settings"), ask(0x10).key("nonsense")]);
    for request in asks {
        let cache = cache();
        let mut line = Line::to(&open_door(&cache, Role::Admin));
        line.one(&set("k", "1"));
        cache.users().revoke("guest").unwrap();
        let refused = line.one(&request);
        assert_eq!(refused.status, 0x1f, "{request:?}");
        assert_eq!(refused.text(), "Stale authentication, log in again");
        assert!(!line.closed && !line.is_open(), "it may log in again, and has to");
        // From here on it is a connection that nobody has logged in on.
        assert_eq!(line.status(&ask(0x0b)), 0);
        assert_eq!(line.status(&noop()), 0x20);
        assert!(line.closed);
    }
}

#[test]
fn row_65_an_oversized_set_of_a_revoked_session_removes_nothing() {
    let cache = cache();
    let door = open_door(&cache, Role::ReadWrite);
    let mut line = Line::to(&door);
    line.one(&set("k", "1"));
    cache.users().revoke("guest").unwrap();
    let oversized = [header(0x01, 8, 1, 9 + (2 << 20)), vec![0; 8], b"k".to_vec()].concat();
    assert_eq!(conversation::replies(&line.send(&oversized))[0].status, 0x1f);
    cache.users().add_trusted("other", Role::ReadOnly).unwrap();
    assert!(cache.session_for("other").unwrap().get("k").unwrap().is_some());
}

#[test]
fn row_66_a_role_that_shrinks_counts_for_the_very_next_command() {
    let cache = cache();
    let mut line = Line::to(&open_door(&cache, Role::ReadWrite));
    line.one(&set("k", "1"));
    cache.users().set_roles("guest", Role::ReadOnly).unwrap();
    let statuses: Vec<u16> = line
        .say(&[ask(0x04).key("k"), ask(0x09).key("k"), noop()])
        .iter()
        .map(|reply| reply.status)
        .collect();
    assert_eq!(statuses, [0x24, 0, 0]);
    cache.users().set_roles("guest", Role::ReadWrite).unwrap();
    assert_eq!(line.status(&ask(0x04).key("k")), 0);
}
