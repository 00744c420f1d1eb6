//! Tenants of `keyway serve`: the users file says who works in which namespace, and clients need to know nothing.
#![allow(
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    reason = "a test fails by panicking, and its frames are small"
)]

mod cli_command;
mod serving;

use cli_command::Place;
use rustix::process::Signal;
use scopeguard::defer;
use serving::{AUTH_FAILURE, Client, FILE, STALE, SUCCESS, Serving, wait_until};
use std::{
    collections::BTreeMap,
    fs,
    io::{Read, Write},
    sync::atomic::{AtomicBool, Ordering},
    thread,
};

const NOT_FOUND: u16 = 0x01;
const TOO_LARGE: u16 = 0x03;
const FORBIDDEN: u16 = 0x24;
const CONNECTIONS: u16 = 0x32;

/// The users file begins with these namespaces, and each of these users works in its own.
fn tenants(place: &Place, namespaces: &str, users: &[(&str, &str, Option<&str>)]) {
    for (user, role, _) in users {
        let added = place.run(&format!("user add {user} --role {role} --password-stdin"), "pencil");
        assert_eq!(added.code, Some(0), "{added:?}");
    }
    edit(place, |text| {
        let (head, mut listed) =
            text.split_once("\n[[user]]\n").map(|(head, it)| (head, it.to_owned())).unwrap();
        for (user, _, namespace) in users {
            let name = format!("name = \"{user}\"\n");
            assert_eq!(listed.matches(&name).count(), 1, "{listed}");
            if let Some(namespace) = namespace {
                listed = listed.replace(&name, &format!("{name}namespace = \"{namespace}\"\n"));
            }
        }
        format!("{head}\n{namespaces}\n[[user]]\n{listed}")
    });
}

fn edit(place: &Place, change: impl FnOnce(String) -> String) {
    let text = fs::read_to_string(place.path(FILE)).unwrap();
    fs::write(place.path(FILE), change(text)).unwrap();
}

fn logged_in(address: &str, user: &str) -> Client {
    let mut client = Client::connect(address);
    assert_eq!(client.login(user, "pencil"), SUCCESS, "{user}");
    client
}

fn value(client: &mut Client, key: &str) -> Option<Vec<u8>> {
    match client.ask(0x00, &[], key, &[]) {
        (SUCCESS, body) => Some(body[4..].to_vec()),
        (NOT_FOUND, _) => None,
        other => panic!("{other:?}"),
    }
}

/// The packets of a group of statistics.
fn stats(client: &mut Client, group: &str) -> Result<BTreeMap<String, String>, u16> {
    let mut frame = vec![0x80, 0x10, 0, group.len() as u8, 0, 0, 0, 0];
    frame.extend((group.len() as u32).to_be_bytes());
    frame.extend([0; 12]);
    frame.extend(group.as_bytes());
    client.0.write_all(&frame).unwrap();
    let mut lines = BTreeMap::new();
    loop {
        let mut header = [0; 24];
        client.0.read_exact(&mut header).unwrap();
        let status = u16::from_be_bytes([header[6], header[7]]);
        let mut body = vec![0; u32::from_be_bytes([header[8], header[9], header[10], header[11]]) as usize];
        client.0.read_exact(&mut body).unwrap();
        if status != SUCCESS {
            return Err(status);
        }
        let (name, value) = body.split_at(header[3].into());
        if name.is_empty() {
            return Ok(lines);
        }
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        lines.insert(text(name), text(value));
    }
}

#[test]
fn each_tenant_has_keys_and_statistics_of_its_own_and_the_file_moves_them_while_it_runs() {
    let place = Place::new();
    let namespaces = "[[namespace]]\nname = \"shop\"\nreserve = \"1MiB\"\nceiling = \"4MiB\"\n\n[[namespace]]\nname = \"news\"\n";
    let users = [
        ("clerk", "read-write", Some("shop")),
        ("editor", "read-write", Some("news")),
        ("main", "read-write", None),
        ("root", "admin", None),
    ];
    tenants(&place, namespaces, &users);
    let (serving, said) = Serving::start(&place, "-p 0 -m 16");
    let mut clients = ["clerk", "editor", "main"].map(|user| logged_in(&said.address, user));
    for (at, client) in clients.iter_mut().enumerate() {
        assert_eq!(value(client, "k"), None);
        assert_eq!(client.set("k", format!("value {at}").as_bytes()), SUCCESS);
    }
    let [mut clerk, mut editor, mut main] = clients;
    assert_eq!(clerk.ask(0x08, &[], "", &[]).0, SUCCESS, "a flush is of one's own");
    assert_eq!(value(&mut clerk, "k"), None);
    assert_eq!(value(&mut editor, "k"), Some(b"value 1".to_vec()));
    assert_eq!(value(&mut main, "k"), Some(b"value 2".to_vec()));
    let of_clerk = stats(&mut clerk, "").unwrap();
    assert_eq!((&*of_clerk["curr_items"], &*of_clerk["get_misses"]), ("0", "2"));
    assert_eq!(of_clerk["limit_maxbytes"], (4 << 20).to_string());
    assert!(!of_clerk.contains_key("bytes_read"), "what the whole server counts tells of others");
    assert_eq!(stats(&mut clerk, "namespaces").err(), Some(FORBIDDEN));
    let mut root = logged_in(&said.address, "root");
    let all = stats(&mut root, "namespaces").unwrap();
    let items: Vec<&str> =
        ["", "news", "shop"].iter().map(|name| &*all[&format!("{name}:curr_items")]).collect();
    assert_eq!((items, &*all["shop:reserve"]), (vec!["1", "1", "0"], "1048576"));

    edit(&place, |text| {
        text.replace("reserve = \"1MiB\"", "reserve = \"99MiB\"").replace("ceiling = \"4MiB\"\n", "")
    });
    serving.logged("would be reserved");
    assert_eq!(clerk.set("k", b"still"), SUCCESS, "what cannot be done changes nothing");
    edit(&place, |text| {
        let text = text
            .replace("[[namespace]]\nname = \"news\"\n", "")
            .replace("reserve = \"99MiB\"", "reserve = \"2MiB\"");
        text.replace("namespace = \"news\"", "namespace = \"shop\"")
    });
    wait_until(|| editor.get("k") == STALE, || format!("{:?}", serving.log()));
    assert_eq!(value(&mut clerk, "k"), Some(b"still".to_vec()), "who stays keeps session and items");
    assert_eq!(value(&mut logged_in(&said.address, "editor"), "k"), Some(b"still".to_vec()));
    assert_eq!(stats(&mut root, "namespaces").unwrap()["shop:reserve"], (2 << 20).to_string());
    let checked = place.run("user check editor", "pencil");
    assert_eq!(checked.code, Some(0), "{checked:?}");
    assert_eq!(Client::connect(&said.address).login("editor", "guess"), AUTH_FAILURE);
}

#[test]
fn what_cannot_be_reserved_is_said_before_the_server_runs() {
    let place = Place::new();
    tenants(
        &place,
        "[[namespace]]\nname = \"shop\"\nreserve = \"1GiB\"\n",
        &[("clerk", "read-write", Some("shop"))],
    );
    let ended = place.run("serve -p 0 -m 16", "");
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(ended.stderr.contains("reserve less, or raise the budget"), "{ended:?}");
    assert_eq!(ended.stdout, "", "it must not look as if it served");
}

#[test]
fn a_tenant_s_limits_come_with_the_file_and_by_an_operator_until_the_file_says_otherwise() {
    let place = Place::new();
    let namespaces = "[[namespace]]\nname = \"shop\"\nlimits = { value = 10 }\n";
    let users =
        [("ada", "read-write", Some("shop")), ("bob", "read-write", Some("shop")), ("root", "admin", None)];
    tenants(&place, namespaces, &users);
    let (serving, said) = Serving::start(&place, "-p 0 -m 16 -v --admin-socket keyway-admin.sock");
    let [mut ada, mut bob, mut root] = ["ada", "bob", "root"].map(|user| logged_in(&said.address, user));
    let sizes = |client: &mut Client| [10, 11, 20].map(|len| client.set("k", &vec![b'x'; len]));
    assert_eq!(
        (sizes(&mut ada), sizes(&mut bob)),
        ([SUCCESS, TOO_LARGE, TOO_LARGE], [SUCCESS, TOO_LARGE, TOO_LARGE])
    );
    assert_eq!(sizes(&mut root), [SUCCESS; 3], "elsewhere nothing is limited");
    let all = stats(&mut root, "namespaces").unwrap();
    assert_eq!((&*all["shop:limit_value"], &*all["shop:curr_connections"]), ("10", "2"));
    assert!(!all.contains_key("shop:limit_connections") && all[":curr_connections"] == "1");

    let admin = |line: &str| place.run(&format!("admin {line}"), "");
    let set = admin("set-namespace-limits shop --value 15 --connections 2");
    assert_eq!(set.code, Some(0), "{set:?}");
    let shown = admin("namespaces").stdout;
    assert!(shown.contains("  limit-connections=2  limit-value=15  connections=2"), "{shown}");
    assert_eq!(sizes(&mut ada), [SUCCESS, SUCCESS, TOO_LARGE]);
    assert_eq!(Client::connect(&said.address).login("bob", "pencil"), CONNECTIONS);
    serving.logged("reason=NamespaceFull");
    assert!(admin("namespaces").stdout.contains("  refused-connections=1  connections=2"));
    let all = stats(&mut root, "namespaces").unwrap();
    assert_eq!((&*all["shop:limited_connections"], &*all["shop:limited_operations"]), ("1", "0"));
    assert!(!all.contains_key(":limited_connections"), "nothing is limited there");
    serving.signal(Signal::HUP);
    serving.logged("users file read again");
    assert_eq!(sizes(&mut bob), [SUCCESS, TOO_LARGE, TOO_LARGE], "the file says so");
    edit(&place, |text| text.replace("limits = { value = 10 }", "limits = { value = 19 }"));
    wait_until(|| sizes(&mut ada) == [SUCCESS, SUCCESS, TOO_LARGE], || format!("{:?}", serving.log()));
    logged_in(&said.address, "bob");
}

/// Sends so many sets at once, and reads what is answered to them.
fn pour(client: &mut Client, first: u32, count: u32) {
    let value = vec![0; 2000];
    let mut frames = Vec::new();
    for number in first..first + count {
        let body = [&[0; 8][..], &number.to_be_bytes(), &value].concat();
        frames.extend([0x80, 0x01, 0, 4, 8, 0, 0, 0]);
        frames.extend((body.len() as u32).to_be_bytes());
        frames.extend([0; 12]);
        frames.extend(body);
    }
    client.0.write_all(&frames).unwrap();
    let mut answers = vec![0; 24 * count as usize];
    client.0.read_exact(&mut answers).unwrap();
    assert!(answers.chunks(24).all(|answer| answer[6..8] == [0, 0]), "each was stored");
}

#[test]
fn a_noisy_neighbour_on_the_wire_costs_none_of_what_is_reserved() {
    let place = Place::new();
    let namespaces =
        "[[namespace]]\nname = \"quiet\"\nreserve = \"3MiB\"\n\n[[namespace]]\nname = \"noisy\"\n";
    let users = [
        ("quiet", "read-write", Some("quiet")),
        ("noisy", "read-write", Some("noisy")),
        ("root", "admin", None),
    ];
    tenants(&place, namespaces, &users);
    let (_serving, said) = Serving::start(&place, "-p 0 -m 32 --memory-means charged");
    let mut noisy = logged_in(&said.address, "noisy");
    for batch in 0..250 {
        pour(&mut noisy, batch * 100, 100);
    }
    let (mut quiet, mut root) = (logged_in(&said.address, "quiet"), logged_in(&said.address, "root"));
    let keys: Vec<String> = (0..2000).map(|number| format!("key {number}")).collect();
    for key in &keys {
        assert_eq!(quiet.set(key, &[1; 1000]), SUCCESS);
    }
    let of = |root: &mut Client, name: &str| {
        let all = stats(root, "namespaces").unwrap();
        ["bytes", "curr_items", "evictions", "get_misses"].map(|what| all[&format!("{name}:{what}")].clone())
    };
    let loaded = of(&mut root, "quiet");
    assert_eq!(loaded[1..], ["2000", "0", "0"]);
    let before: u64 = of(&mut root, "noisy")[2].parse().unwrap();
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut first = 1 << 20;
            while !done.load(Ordering::Relaxed) {
                pour(&mut noisy, first, 100);
                first += 100;
            }
        });
        // Also where something fails, or the scope would wait for ever.
        defer!(done.store(true, Ordering::Relaxed));
        let loud = |root: &mut Client| of(root, "noisy")[2].parse::<u64>().unwrap() > before + 5000;
        // However fast this machine is at the time.
        let mut rounds = 0;
        while rounds < 3 || !loud(&mut root) {
            rounds += 1;
            assert!(keys.iter().all(|key| quiet.get(key) == SUCCESS), "each look-up is a hit");
        }
    });
    assert_eq!(of(&mut root, "quiet"), loaded, "resident to the byte");
}
