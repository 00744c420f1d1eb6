//! Whose session it is decides what runs, at each command anew.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

mod conversation;

use conversation::{Ask, Line, ask, cache, get, header, noop, open_door, set, step_of, stored_as};
use keyway::Role;

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
