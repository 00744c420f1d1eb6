//! `keyway serve`: the real server, started and asked over the wire.
#![allow(
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    reason = "a test fails by panicking, and its frames are small"
)]

mod cli_command;
mod serving;

use cli_command::Place;
use rustix::process::Signal;
use serving::{AUTH_FAILURE, Client, FILE, PATIENCE, STALE, SUCCESS, Serving, add, wait_until};
use std::{
    fs,
    io::{Read, Write},
    net::TcpStream,
};

#[test]
fn a_first_run_shows_once_who_may_log_in_and_a_second_run_keeps_it() {
    let place = Place::new();
    let (first, said) = Serving::start(&place, "-p 0");
    let password = said.password().to_owned();
    assert_eq!(said.text.matches(&password).count(), 1, "{}", said.text);
    let mut client = Client::connect(&said.address);
    assert_eq!(client.login("keyway", "guess"), AUTH_FAILURE);
    assert_eq!(client.login("keyway", &password), SUCCESS);
    assert_eq!(client.set("k", b"v"), SUCCESS);
    assert!(!first.log().contains(&password));
    let (code, rest) = first.end(Signal::TERM);
    assert_eq!(code, Some(0));
    assert!(rest.contains("--username=keyway") && rest.contains(&said.address), "no line to try it: {rest}");

    let (second, again) = Serving::start(&place, "-p 0");
    assert!(again.text.contains("users file: ./keyway-users.toml; users: 1"), "{}", again.text);
    assert_eq!(Client::connect(&again.address).login("keyway", &password), SUCCESS);
    let (_, rest) = second.end(Signal::TERM);
    assert!(!format!("{}{rest}", again.text).contains(&password));
}

#[test]
fn it_says_which_file_it_uses_and_what_it_offers() {
    let place = Place::new();
    add(&place, "ada", "pencil");
    fs::rename(place.path(FILE), place.path("other")).unwrap();
    let (_serving, said) = Serving::start(&place, "-p 0 --users other --mechanisms PLAIN");
    assert!(said.text.contains("users file: other; users: 1\n"), "{}", said.text);
    assert!(said.text.contains("  loopback; PLAIN; login required\n"), "{}", said.text);
    let mut client = Client::connect(&said.address);
    assert_eq!(client.ask(0x20, &[], "", &[]), (SUCCESS, b"PLAIN".to_vec()));
    assert!(!place.path(FILE).exists());
}

#[test]
fn each_listener_is_named_and_answers() {
    let place = Place::new();
    add(&place, "ada", "pencil");
    let (serving, said) = Serving::start(&place, "-p 0 -l 127.0.0.1,127.0.0.2");
    let second = serving.lines.recv_timeout(PATIENCE).unwrap();
    let second = second.strip_prefix("listening on ").unwrap();
    assert!(said.address.starts_with("127.0.0.1:") && second.starts_with("127.0.0.2:"), "{second}");
    for address in [&said.address, second] {
        assert_eq!(Client::connect(address).login("ada", "pencil"), SUCCESS);
    }
}

#[test]
fn row_14_without_users_it_does_not_listen_beyond_this_machine() {
    let place = Place::new();
    for line in ["serve -p 0 -l 0.0.0.0", "serve -p 0 -l 127.0.0.1,0.0.0.0"] {
        let ended = place.run(line, "");
        assert_eq!(ended.code, Some(1), "{ended:?}");
        for way_out in ["keyway user add", "--users", "KEYWAY_USERS", "--anonymous"] {
            assert!(ended.stderr.contains(way_out), "{ended:?}");
        }
        assert_eq!(ended.stdout, "", "it must not look as if it served");
        assert!(!place.path(FILE).exists());
    }
}

#[test]
fn a_named_file_that_is_missing_or_wrong_is_no_reason_for_another() {
    let place = Place::new();
    let missing = place.run("serve -p 0 --users gone", "");
    assert_eq!(missing.code, Some(1), "{missing:?}");
    assert!(missing.stderr.contains("keyway user add NAME --users gone"), "{missing:?}");
    fs::write(place.path(FILE), "version = 1\n").unwrap();
    let wrong = place.run("serve -p 0", "");
    assert_eq!(wrong.code, Some(1), "{wrong:?}");
    assert!(wrong.stderr.contains("mock_key"), "{wrong:?}");
}

#[test]
fn an_open_server_says_so_and_needs_no_users() {
    let place = Place::new();
    let (serving, said) = Serving::start(&place, "-p 0 --anonymous read-only");
    assert!(serving.log().contains("WARNING: --anonymous read-only"), "{}", serving.log());
    assert!(!place.path(FILE).exists());
    let mut client = Client::connect(&said.address);
    assert_eq!(client.get("k"), 0x01);
    assert_eq!(client.set("k", b"v"), 0x24, "a role without writing");
    assert_eq!(
        Client::connect(&said.address).ask(0x20, &[], "", &[]).0,
        0x81,
        "no users, so nothing to log in with"
    );
}

#[test]
fn an_open_server_with_users_lets_them_log_in_as_well() {
    let place = Place::new();
    add(&place, "ada", "pencil");
    let (_serving, said) = Serving::start(&place, "-p 0 --anonymous read-only");
    let mut client = Client::connect(&said.address);
    assert_eq!(client.login("ada", "pencil"), SUCCESS);
    assert_eq!(client.set("k", b"v"), SUCCESS);
}

#[test]
fn a_file_without_users_is_served_with_a_warning_until_there_are_some() {
    let place = Place::new();
    add(&place, "ada", "pencil");
    place.run("user remove ada", "");
    let (serving, said) = Serving::start(&place, "-p 0");
    assert!(serving.log().contains("WARNING: the users file has no users"), "{}", serving.log());
    add(&place, "bob", "brush");
    wait_until(|| Client::connect(&said.address).login("bob", "brush") == SUCCESS, || serving.log());
}

#[test]
fn sigterm_and_sigint_end_it_in_order() {
    let place = Place::new();
    add(&place, "ada", "pencil");
    for signal in [Signal::TERM, Signal::INT] {
        let (serving, said) = Serving::start(&place, "-p 0");
        let mut client = Client::connect(&said.address);
        assert_eq!(client.login("ada", "pencil"), SUCCESS);
        assert_eq!(serving.end(signal).0, Some(0));
        assert!(TcpStream::connect(&said.address).is_err(), "it still listens");
    }
}

#[test]
fn sigterm_answers_what_was_received() {
    let place = Place::new();
    let (serving, said) = Serving::start(&place, "-p 0 --anonymous admin");
    let mut client = Client::connect(&said.address);
    assert_eq!(client.set("k", b"v"), SUCCESS);
    let mut noop = [0; 24];
    (noop[0], noop[1]) = (0x80, 0x0a);
    client.0.write_all(&noop.repeat(5000)).unwrap();
    assert_eq!(serving.end(Signal::TERM).0, Some(0));
    let mut answers = Vec::new();
    client.0.read_to_end(&mut answers).unwrap();
    assert_eq!(answers.len(), 5000 * 24);
}

#[test]
fn a_removed_user_and_one_with_a_new_password_lose_their_sessions_and_others_do_not() {
    let place = Place::new();
    for name in ["ada", "bob", "eve"] {
        add(&place, name, "pencil");
    }
    let (serving, said) = Serving::start(&place, "-p 0");
    let mut clients = ["ada", "bob", "eve"].map(|name| {
        let mut client = Client::connect(&said.address);
        assert_eq!(client.login(name, "pencil"), SUCCESS);
        assert_eq!(client.set(name, b"v"), SUCCESS);
        client
    });
    place.run("user remove ada", "");
    wait_until(|| clients[0].get("ada") == STALE, || serving.log());
    place.run("user passwd bob --password-stdin", "crayon");
    wait_until(|| clients[1].get("bob") == STALE, || serving.log());
    assert_eq!(clients[2].get("eve"), SUCCESS);
    assert_eq!(Client::connect(&said.address).login("bob", "pencil"), AUTH_FAILURE);
    assert_eq!(Client::connect(&said.address).login("bob", "crayon"), SUCCESS);
}

#[test]
fn row_22_43_a_bad_file_keeps_the_users_and_is_named_in_the_log() {
    let place = Place::new();
    add(&place, "ada", "pencil");
    let (serving, said) = Serving::start(&place, "-p 0");
    let mut client = Client::connect(&said.address);
    assert_eq!(client.login("ada", "pencil"), SUCCESS);
    let good = fs::read_to_string(place.path(FILE)).unwrap();
    fs::write(place.path(FILE), "version = 1\nmock_key = 7\n").unwrap();
    serving.logged("line 2");
    fs::remove_file(place.path(FILE)).unwrap();
    serving.logged("No such file");
    assert_eq!(client.get("k"), 0x01, "the session is still open");
    assert_eq!(Client::connect(&said.address).login("ada", "pencil"), SUCCESS);
    // And the next good one counts again.
    fs::write(place.path(FILE), good).unwrap();
    place.run("user remove ada", "");
    wait_until(|| client.get("k") == STALE, || serving.log());
}

#[test]
fn sighup_reads_the_file_again() {
    let place = Place::new();
    add(&place, "ada", "pencil");
    let (serving, _said) = Serving::start(&place, "-p 0 -v");
    serving.signal(Signal::HUP);
    serving.logged("users file read again");
}

#[test]
fn row_69_the_trace_has_mechanism_command_and_key_and_no_password() {
    let place = Place::new();
    add(&place, "ada", "s3cretWord");
    let (serving, said) = Serving::start(&place, "-p 0 -vvv");
    let mut client = Client::connect(&said.address);
    assert_eq!(client.login("ada", "wr0ngWord"), AUTH_FAILURE);
    assert_eq!(client.login("ada", "s3cretWord"), SUCCESS);
    assert_eq!(client.set("the-key", b"the-value"), SUCCESS);
    assert_eq!(client.get("the-key"), SUCCESS);
    serving.logged("the-key");
    let log = serving.log().to_lowercase();
    for traced in ["plain", "ada", "set", "get", "the-key"] {
        assert!(log.contains(traced), "{traced:?} is not in {log}");
    }
    for secret in ["s3cretword", "wr0ngword", "the-value", "scram-sha-256$", "\u{1b}["] {
        assert!(!log.contains(secret), "{secret:?} is in {log}");
    }
}

#[test]
fn the_largest_item_is_the_one_asked_for() {
    let place = Place::new();
    add(&place, "ada", "pencil");
    let (_serving, said) = Serving::start(&place, "-p 0 -m 16 -I 2m");
    let mut client = Client::connect(&said.address);
    assert_eq!(client.login("ada", "pencil"), SUCCESS);
    assert_eq!(client.set("k", &vec![7; 2_000_000]), SUCCESS);
    assert_eq!(client.set("k", &vec![7; 2 << 20]), 0x03);
}

#[test]
fn options_without_meaning_end_with_2() {
    let place = Place::new();
    let lines = [
        "serve -p 65536",
        "serve -m 0",
        "serve -t 0",
        "serve -c 0",
        "serve -I 1",
        "serve -m 1 -I 1m",
        "serve -l [::1",
        "serve --mechanisms ANONYMOUS",
        "serve --anonymous root",
    ];
    for line in lines {
        let ended = place.run(line, "");
        assert_eq!(ended.code, Some(2), "{line}: {ended:?}");
    }
    assert!(!place.path(FILE).exists());
}

#[test]
fn an_address_in_use_is_named_and_ends_with_1() {
    let place = Place::new();
    let (_serving, said) = Serving::start(&place, "-p 0");
    let ended = place.run(&format!("serve -l {}", said.address), "");
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(ended.stderr.contains(&said.address), "{ended:?}");
}

#[test]
fn what_memcacheds_sasl_library_was_told_counts_and_its_users_come_along() {
    let place = Place::new();
    let recorded = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/recorded/sasldb2");
    let conf = format!("mech_list: plain cram-md5\nlog_level: 4\nsasldb_path: {recorded}\nkeytab: x\n");
    fs::write(place.path("memcached.conf"), conf).unwrap();
    let (first, said) = Serving::start(&place, "-p 0 --sasl-conf .");
    assert!(said.text.contains("first run: made ./keyway-users.toml"), "{}", said.text);
    assert!(
        said.text.contains("users: 2\n") && said.text.contains("; PLAIN CRAM-MD5; login required\n"),
        "{}",
        said.text
    );
    // It is offered because it was named, and not listed while nothing is stored for it: clients would take it first.
    let (status, listed) = Client::connect(&said.address).ask(0x20, &[], "", &[]);
    assert_eq!((status, listed.as_slice()), (SUCCESS, &b"PLAIN"[..]));
    for word in ["CRAM-MD5 is offered, which is weak", "keytab", r#""grace" comes with different passwords"#]
    {
        assert!(first.log().contains(word), "{word}: {}", first.log());
    }
    assert_eq!(Client::connect(&said.address).login("ada@vm", "s3cret"), SUCCESS);
    first.logged("logged in");
    first.end(Signal::TERM);

    // What is asked for on the command line counts before what the file says, and the users file is there now.
    let (second, said) = Serving::start(&place, "-p 0 --sasl-conf memcached.conf --mechanisms SCRAM-SHA-256");
    assert!(said.text.contains("users file: ./keyway-users.toml; users: 2\n"));
    second.end(Signal::TERM);
    assert_eq!(place.run("serve -p 0 --sasl-conf missing", "").code, Some(1));
}

#[test]
fn several_listeners_each_say_what_they_offer_and_why_not_more() {
    let place = Place::new();
    add(&place, "ada", "pencil");
    let three = "serve -p 0 --listener tcp=127.0.0.1 --listener unix=socket,anonymous=read-only,mechanisms=EXTERNAL \
                 --listener tcp=0.0.0.0:0 --listener tcp=127.0.0.1:0,mechanisms=";
    let ended = place.run(&format!("{three}EXTERNAL"), "");
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(
        ended.stderr.contains("nobody could log in at 127.0.0.1:0; EXTERNAL is not offered"),
        "{ended:?}"
    );
    assert!(!place.path("socket").exists(), "nothing is left of a start that failed");

    let nobody = place.run("serve -p 0 --listener unix=socket,owner=nobody-has-this-name", "");
    assert!(nobody.code == Some(1) && nobody.stderr.contains("has no user"), "{nobody:?}");

    let (serving, said) = Serving::start_by(&place, place.command(&format!("{three}PLAIN")));
    let mut told = vec![said.text];
    told.extend((0..7).map(|_| serving.lines.recv_timeout(PATIENCE).unwrap() + "\n"));
    let told = told.concat();
    for expected in [
        "  loopback; SCRAM-SHA-512 SCRAM-SHA-256 PLAIN; login required\n",
        "listening on unix:socket\n  unix socket; EXTERNAL; read-only without a login\n",
        "  network, not encrypted; SCRAM-SHA-512 SCRAM-SHA-256; login required\n  not PLAIN: passwords would cross",
        "  loopback; PLAIN; login required\n",
    ] {
        assert!(told.contains(expected), "{expected:?} is not in {told}");
    }
    assert!(!told.contains("not EXTERNAL"), "{told}");
    serving.logged("--anonymous read-only: whoever can reach unix:socket");
    assert_eq!(serving.end(Signal::TERM).0, Some(0));
    assert!(!place.path("socket").exists());
}

#[test]
fn a_socket_is_asked_for_as_with_memcached() {
    let place = Place::new();
    add(&place, "ada", "pencil");
    let (serving, said) = Serving::start(&place, "-s socket -a 0750");
    assert_eq!(said.address, "unix:socket");
    use std::os::unix::fs::PermissionsExt;
    let mode = |name: &str| fs::metadata(place.path(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode("socket"), 0o750);
    let taken = place.run("serve -s socket", "");
    assert!(taken.code == Some(1) && taken.stderr.contains("stop what listens there"), "{taken:?}");
    // A killed server leaves its socket, and the next one takes the place.
    serving.signal(Signal::KILL);
    drop(serving);
    assert!(place.path("socket").exists());
    let (_serving, _) = Serving::start(&place, "-s socket");
    assert_eq!(mode("socket"), 0o700, "memcached's own");
    for (line, words) in [
        ("serve -a 0700", "unix-socket"),
        ("serve -s socket -a 9", "octal"),
        ("serve --listener unix=@name", "no mode and no owner"),
        ("serve --listener tcp=127.0.0.1 --listener tcp=127.0.0.1,plain=anywhere", "twice"),
    ] {
        let ended = place.run(line, "");
        assert!(ended.code == Some(2) && ended.stderr.contains(words), "{line}: {ended:?}");
    }
}

#[test]
fn plain_over_a_network_takes_saying_so() {
    let place = Place::new();
    add(&place, "ada", "pencil");
    let refused = place.run("serve -p 0 -l 0.0.0.0 --mechanisms PLAIN", "");
    assert_eq!(refused.code, Some(1), "{refused:?}");
    for words in ["in the clear", "SCRAM-SHA-256", "TLS", "--plain anywhere"] {
        assert!(refused.stderr.contains(words), "{words}: {refused:?}");
    }
    let (serving, said) = Serving::start(&place, "-p 0 -l 0.0.0.0 --mechanisms PLAIN --plain anywhere");
    serving.logged("PLAIN is taken in the clear");
    let (_, port) = said.address.rsplit_once(':').unwrap();
    assert_eq!(Client::connect(&format!("127.0.0.1:{port}")).login("ada", "pencil"), SUCCESS);
}

/// The same process, started anew with settings of glibc, and it asks for large pages for its heap. Whether the system has any free
/// is the system's. A sanitizer brings an allocator of its own, which glibc's settings are nothing to.
#[cfg(all(target_os = "linux", target_env = "gnu", not(sanitized)))]
#[test]
fn with_large_pages_it_is_the_same_process_and_asks_for_them_for_its_heap() {
    let asked_for = |line: &str| {
        let place = Place::new();
        add(&place, "ada", "pencil");
        let (serving, said) = Serving::start(&place, line);
        let mut client = Client::connect(&said.address);
        assert_eq!(client.login("ada", "pencil"), SUCCESS);
        let value = vec![b'v'; 16 << 10];
        (0..1000).for_each(|key| assert_eq!(client.set(&format!("k{key}"), &value), SUCCESS));
        let memory = fs::read_to_string(format!("/proc/{}/smaps", serving.id())).unwrap();
        assert_eq!(serving.end(Signal::TERM).0, Some(0));
        // Of each mapping the first line names it and a later one has its flags: `hg` is large pages asked for (proc(5)).
        let heaps = memory.split("VmFlags:").zip(memory.split("VmFlags:").skip(1));
        heaps.filter(|(mapping, _)| mapping.contains("[heap]")).any(|(_, flags)| {
            flags.lines().next().is_some_and(|flags| flags.split(' ').any(|flag| flag == "hg"))
        })
    };
    let modes = fs::read_to_string("/sys/kernel/mm/transparent_hugepage/enabled").unwrap_or_default();
    let asked = asked_for("-p 0 -m 128 -L");
    // glibc asks where the system wants to be asked.
    assert_eq!(asked, modes.contains("[madvise]"), "{modes}");
    assert!(!asked_for("-p 0 -m 128"));
}
