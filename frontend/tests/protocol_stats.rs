//! Statistics under the names that clients read.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

mod conversation;

use conversation::{Ask, Line, PASSWORD, ask, cache, get, open_door, set, step_of, stored_as};
use keyway::{Cache, Config, Mechanism, Namespace, Role, Step, Users, audit::Origin};
use keyway_frontend::Entrance;
use std::{collections::BTreeMap, sync::Arc};

/// Asks for a group; the last packet must be the one that ends it.
fn stats(line: &mut Line, group: &str) -> BTreeMap<String, String> {
    let mut replies = line.say(&[ask(0x10).key(group).opaque(77)]);
    let end = replies.pop().unwrap();
    assert_eq!((end.status, end.key.len(), end.value.len()), (0, 0, 0), "{end:?}");
    assert!(replies.iter().all(|reply| (reply.opcode, reply.opaque, reply.status) == (0x10, 77, 0)));
    let names = replies.len();
    let lines: BTreeMap<_, _> =
        replies.iter().map(|reply| (String::from_utf8(reply.key.clone()).unwrap(), reply.text())).collect();
    assert_eq!(lines.len(), names, "a name came twice");
    assert!(!lines.contains_key(""), "an empty name ends the list early");
    lines
}

fn numbers(line: &mut Line, names: &[&str]) -> Vec<u64> {
    let all = stats(line, "");
    names.iter().map(|name| all[*name].parse().unwrap()).collect()
}

#[test]
fn the_general_ones_have_every_name_that_clients_read() {
    let mut line = Line::open();
    let all = stats(&mut line, "");
    let names = "pid uptime time pointer_size curr_items total_items bytes curr_connections total_connections \
        cmd_get cmd_set cmd_flush cmd_touch get_hits get_misses delete_hits delete_misses incr_hits incr_misses \
        decr_hits decr_misses cas_hits cas_misses cas_badval touch_hits touch_misses evictions limit_maxbytes \
        threads auth_cmds auth_errors bytes_read bytes_written";
    for name in names.split_whitespace() {
        assert!(all[name].parse::<u64>().is_ok(), "{name}: {}", all[name]);
    }
    assert_eq!(all["pid"], std::process::id().to_string());
    assert_eq!(all["version"], line.one(&ask(0x0b)).text());
    assert_eq!(all["limit_maxbytes"], (64 << 20).to_string());
    assert!(all["time"].parse::<u64>().unwrap() > 1_700_000_000);
}

#[test]
fn each_command_is_counted_under_its_name() {
    let mut line = Line::open();
    let cas = line.one(&set("n", "5")).cas;
    let ttl = 60_u32.to_be_bytes();
    let step = |opcode: u8, key: &str| ask(opcode).key(key).extras(step_of(1, 0, u32::MAX));
    line.say(&[
        get("n"),
        get("n"),
        get("absent"),
        ask(0x09).key("absent"),
        set("n", "6").cas(cas),
        set("n", "6").cas(cas),
        set("absent", "6").cas(cas),
        step(0x05, "n"),
        step(0x15, "absent"),
        step(0x06, "n"),
        step(0x16, "absent"),
        ask(0x1c).key("n").extras(ttl),
        ask(0x1d).key("absent").extras(ttl),
        ask(0x04).key("n"),
        ask(0x14).key("n"),
        ask(0x02).key("late").extras(stored_as(0, 0)),
        ask(0x18),
        ask(0x08),
    ]);
    let table = [
        ("cmd_get", 4),
        ("get_hits", 2),
        ("get_misses", 2),
        ("cmd_set", 5),
        ("cas_hits", 1),
        ("cas_badval", 1),
        ("cas_misses", 1),
        ("incr_hits", 1),
        ("incr_misses", 1),
        ("decr_hits", 1),
        ("decr_misses", 1),
        ("cmd_touch", 2),
        ("touch_hits", 1),
        ("touch_misses", 1),
        ("delete_hits", 1),
        ("delete_misses", 1),
        ("cmd_flush", 2),
    ];
    let all = stats(&mut line, "");
    for (name, count) in table {
        assert_eq!(all[name], count.to_string(), "{name}");
    }
}

#[test]
fn bytes_and_items_follow_the_cache_and_connections_the_door() {
    let cache = cache();
    let door = open_door(&cache, Role::ReadWrite);
    let mut line = Line::to(&door);
    for thread in [0, 0, 5] {
        door.connection_opened(thread);
    }
    door.connection_closed(3);
    let request = set("k", "v");
    let sent = request.bytes().len() as u64;
    line.one(&request);
    let names =
        ["curr_items", "total_items", "curr_connections", "total_connections", "bytes_read", "bytes_written"];
    assert_eq!(numbers(&mut line, &names), [1, 1, 2, 3, sent, 24]);
    assert!(numbers(&mut line, &["bytes"])[0] > 2);
}

#[test]
fn settings_say_what_clients_tests_expect() {
    let all = stats(&mut Line::open(), "settings");
    let table = [
        ("maxconns", "1024"),
        ("domain_socket", "NULL"),
        ("evictions", "on"),
        ("cas_enabled", "yes"),
        ("flush_enabled", "yes"),
        ("auth_enabled_sasl", "yes"),
        ("num_threads", "1"),
        ("item_size_max", "1048576"),
    ];
    for (name, text) in table {
        assert_eq!(all[name], text, "{name}");
    }
}

#[test]
fn the_other_groups_answer_as_memcached_does() {
    let mut line = Line::open();
    assert_eq!(stats(&mut line, "items"), BTreeMap::new());
    line.one(&set("k", "v"));
    assert_eq!(stats(&mut line, "items")["items:1:number"], "1");
    assert_eq!(stats(&mut line, "slabs")["active_slabs"], "1");
    assert_eq!(stats(&mut line, "sizes")["sizes_status"], "disabled");
    for empty in ["reset", "detail on", "detail off"] {
        assert_eq!(stats(&mut line, empty), BTreeMap::new(), "{empty}");
    }
    for unknown in ["detail", "detail what", "cachedump 1 1", "SETTINGS", "settings "] {
        let reply = line.one(&ask(0x10).key(unknown));
        assert_eq!((reply.status, reply.text().as_str()), (0x01, "Not found"), "{unknown}");
    }
}

#[test]
fn row_72_the_dump_of_prefixes_shows_nobody_keys() {
    let mut line = Line::open();
    line.say(&[ask(0x10).key("detail on"), set("secret:key", "v"), get("secret:key")]);
    let dump = stats(&mut line, "detail dump");
    assert_eq!(dump.into_iter().collect::<Vec<_>>(), [("detailed".to_owned(), "END\r\n".to_owned())]);
}

#[test]
fn a_reset_begins_the_counts_again_and_only_an_admin_may() {
    let cache = cache();
    let mut line = Line::to(&open_door(&cache, Role::ReadWrite));
    let asks: [Ask; 3] = [set("k", "v"), get("k"), get("absent")];
    line.say(&asks);
    let reset = ask(0x10).key("reset");
    assert_eq!(line.status(&reset), 0x24);
    assert_eq!(numbers(&mut line, &["cmd_get", "cmd_set"]), [2, 1]);
    cache.users().set_roles("guest", Role::Admin).unwrap();
    assert_eq!(line.status(&reset), 0);
    assert_eq!(numbers(&mut line, &["cmd_get", "cmd_set", "get_misses"]), [0, 0, 0]);
    line.say(&asks);
    assert_eq!(numbers(&mut line, &["cmd_get", "cmd_set", "get_misses", "curr_items"]), [2, 1, 1, 1]);
}

/// Rows of the list of what memcached tells: group, name, whether it is here.
fn of_memcached() -> Vec<(&'static str, &'static str, bool)> {
    let rows = include_str!("stats/memcached.tsv").lines().filter(|line| !line.starts_with('#'));
    rows.map(|row| {
        let [group, name, here, meaning] = row.split('\t').collect::<Vec<_>>()[..] else {
            panic!("not four columns: {row}");
        };
        assert!(["served", "absent"].contains(&here) && !meaning.is_empty(), "{row}");
        (group, name, here == "served")
    })
    .collect()
}

#[test]
fn what_memcached_tells_is_told_or_said_to_be_absent() {
    let mut line = Line::open();
    line.one(&set("k", "v"));
    let told = |line: &mut Line, group| match group {
        "general" => (stats(line, ""), ""),
        "settings" => (stats(line, "settings"), ""),
        "items" => (stats(line, "items"), "items:1:"),
        "slabs" => (stats(line, "slabs"), "1:"),
        _ => (stats(line, "slabs"), ""),
    };
    let mut rows = 0;
    for (group, name, here) in of_memcached() {
        rows += 1;
        let (told, front) = told(&mut line, group);
        let system = cfg!(target_os = "linux") || !name.starts_with("rusage");
        assert_eq!(told.contains_key(&format!("{front}{name}")), here && system, "{group} {name}");
    }
    assert!(rows > 200, "{rows}");
}

#[test]
fn numbers_are_in_the_form_that_tools_read() {
    let mut line = Line::open();
    line.say(&[set("k", vec![b'v'; 3000]), set("l", "v")]);
    let general = stats(&mut line, "");
    for name in ["rusage_user", "rusage_system"] {
        // libmemcached and memcached_exporter take what is behind the dot for microseconds.
        let (seconds, microseconds) = general[name].split_once('.').unwrap();
        assert!(seconds.parse::<u64>().is_ok() && microseconds.len() == 6, "{}", general[name]);
    }
    // phpMemcachedAdmin divides by some of these.
    let slabs = stats(&mut line, "slabs");
    let of = |name: &str| slabs[&format!("1:{name}")].parse::<u64>().unwrap();
    assert!(of("chunk_size") > 0 && of("chunks_per_page") > 0 && of("total_pages") > 0);
    assert_eq!((of("total_chunks"), of("used_chunks"), of("free_chunks")), (2, 2, 0));
    assert!(of("total_chunks") * of("chunk_size") <= of("mem_requested"));
}

#[test]
fn what_cannot_be_stored_is_counted_by_why() {
    let cache = Cache::new(Config::new(8 << 20), Users::new()).unwrap();
    let mut line = Line::to(&open_door(&cache, Role::Admin));
    let names = ["store_too_large", "store_no_memory"];
    assert_eq!(numbers(&mut line, &names), [0, 0]);
    assert_eq!(line.status(&set("k", vec![b'v'; 2 << 20])), 0x03);
    assert_eq!(numbers(&mut line, &names), [1, 0]);
    // A tenant that has taken all that is its own leaves less than such a value needs.
    let mut shop = Namespace::new("shop");
    shop.reserve = 15 << 19;
    cache.namespaces().add(shop).unwrap();
    cache.users().add_trusted("clerk", Role::ReadWrite).unwrap();
    cache.users().set_namespace("clerk", Some("shop")).unwrap();
    let clerk = cache.session_for("clerk").unwrap();
    for number in 0..8000_u32 {
        clerk.set(&number.to_be_bytes(), &[7; 1000]).unwrap();
    }
    assert_eq!(line.status(&set("k", vec![b'v'; 1_000_000])), 0x82);
    assert_eq!(numbers(&mut line, &names), [1, 1]);
}

#[test]
fn a_tenant_sees_its_own_and_nothing_that_counts_all_and_an_admin_sees_each_namespace() {
    let cache = cache();
    let door = open_door(&cache, Role::Admin);
    cache.namespaces().add(Namespace::new("shop")).unwrap();
    cache.users().add_trusted("clerk", Role::ReadWrite).unwrap();
    cache.users().set_namespace("clerk", Some("shop")).unwrap();
    let mut entrance = Entrance::default();
    entrance.anonymous = Some(cache.session_for("clerk").unwrap());
    let (mut guest, mut clerk) = (Line::to(&door), Line::to(&Arc::new(door.through(entrance))));
    for (line, keys) in [(&mut guest, 3), (&mut clerk, 2)] {
        (0..keys).for_each(|number| assert_eq!(line.status(&set(number.to_string(), "v")), 0));
        assert_eq!(line.status(&get("0")), 0);
    }
    let of_all = [("", "cmd_set"), ("items", "items:1:outofmemory"), ("slabs", "1:cmd_set")];
    let own = [("", "get_hits", "1"), ("items", "items:1:number", "2"), ("slabs", "1:get_hits", "1")];
    for ((group, counted), (_, name, number)) in of_all.into_iter().zip(own) {
        let (seen, seen_by_all) = (stats(&mut clerk, group), stats(&mut guest, group));
        assert!(!seen.contains_key(counted) && seen_by_all.contains_key(counted), "{group}: {seen:?}");
        assert_eq!(seen[name], number, "{group}");
    }
    let each = stats(&mut guest, "namespaces");
    assert_eq!((each[":curr_items"].as_str(), each["shop:curr_items"].as_str()), ("3", "2"));
    assert_eq!(clerk.status(&ask(0x10).key("namespaces")), 0x24);
}

#[test]
fn only_an_admin_sees_who_is_connected() {
    let cache = cache();
    let door = open_door(&cache, Role::ReadWrite);
    let mut line = Line::to(&door);
    let ada = Origin::connection(7, Some("192.0.2.1:5000".parse::<std::net::SocketAddr>().unwrap().into()));
    cache.users().add_trusted("ada", Role::ReadOnly).unwrap();
    let exchange =
        cache.users().add("bob", PASSWORD, Role::ReadOnly).map(|()| cache.exchange(Mechanism::Plain));
    let step = exchange.unwrap().coming_from(ada).step(format!("\0bob\0{PASSWORD}").as_bytes());
    let Step::Verify(attempt) = step else { panic!("{step:?}") };
    let _session = attempt.verify().unwrap();
    assert_eq!(stats(&mut line, "conns"), BTreeMap::new());
    cache.users().set_roles("guest", Role::Admin).unwrap();
    let told = stats(&mut line, "conns");
    assert_eq!((told["7:addr"].as_str(), told["7:user"].as_str()), ("tcp:192.0.2.1:5000", "bob"));
    assert_eq!(told["7:opened_by"], "PLAIN 1");
}
