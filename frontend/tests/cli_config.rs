//! `keyway serve --config`, `KEYWAY_*`, and `keyway config`.
#![allow(
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    reason = "a test may panic, and its frames are small"
)]

mod cli_command;
mod serving;

use cli_command::{Place, finish};
use rustix::process::Signal;
use serving::{AUTH_FAILURE, Client, SUCCESS, Serving, add};
use std::{
    fs,
    io::{Read, Write},
    process::Command,
};

fn write(place: &Place, text: &str) {
    fs::write(place.path("k.toml"), text).unwrap();
}

fn with(mut command: Command, variables: &[(&str, &str)]) -> Command {
    command.envs(variables.iter().copied());
    command
}

#[test]
fn a_server_takes_its_settings_from_the_file_the_environment_and_the_line() {
    let place = Place::new();
    add(&place, "ada", "pencil");
    // What this process takes comes off the other kind of limit, and a sanitizer makes it take more.
    let memory = "memory-means = \"charged\"\nmemory-limit = 7\n";
    write(&place, &format!("port = 0\n{memory}conn-limit = 33\nmechanisms = [\"PLAIN\"]\n"));
    let command = with(place.command("serve --config k.toml -c 34"), &[("KEYWAY_MEMORY_LIMIT", "9")]);
    let (_serving, said) = Serving::start_by(&place, command);
    assert!(said.text.contains("; PLAIN; login required\n"), "{}", said.text);
    let mut client = Client::connect(&said.address);
    assert_eq!(client.login("ada", "pencil"), SUCCESS);
    let settings = client.stats("settings");
    let setting = |name: &str| settings.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    assert_eq!(setting("maxbytes"), Some((9 << 20).to_string().as_str()), "{settings:?}");
    assert_eq!(setting("maxconns"), Some("34"));
}

#[test]
fn the_file_may_be_named_by_the_environment() {
    let place = Place::new();
    write(&place, "port = 0\nanonymous = \"read-only\"\n");
    let command = with(place.command("serve"), &[("KEYWAY_CONFIG", "k.toml")]);
    let (_serving, said) = Serving::start_by(&place, command);
    assert!(said.text.contains("users file: none\n"), "{}", said.text);
}

#[test]
fn a_bad_file_starts_nothing_and_says_where_and_what_is_allowed() {
    let place = Place::new();
    write(&place, "# settings\nport = 0\nmemory-limit = \"much\"\n");
    for line in ["serve --config k.toml", "config check k.toml"] {
        let ended = place.run(line, "");
        assert_eq!(ended.code, Some(2), "{line}: {ended:?}");
        for word in ["k.toml, line 3", "memory-limit", "\"much\""] {
            assert!(ended.stderr.contains(word), "{line}: {word}: {ended:?}");
        }
    }
    let missing = place.run("serve --config nowhere.toml", "");
    assert_eq!(missing.code, Some(2));
    assert!(missing.stderr.contains("nowhere.toml: cannot read it"), "{missing:?}");
}

#[test]
fn check_says_each_value_and_where_it_is_from_and_makes_nothing() {
    let place = Place::new();
    write(&place, "port = 0\nmemory-limit = 7\naudit-limit = \"1m\"\n");
    let mut command = with(
        place.command("config check k.toml -- -t 3"),
        &[("KEYWAY_AUDIT", "stderr"), ("KEYWAY_MEMROY_LIMIT", "1"), ("MEMCACHED_PASSWORD", "pencil")],
    );
    let ended = finish(&mut command, "");
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let row = |key: &str| {
        let row = ended.stdout.lines().find(|line| line.trim_start().starts_with(&format!("{key} ")));
        row.unwrap_or_else(|| panic!("{key}: {ended:?}"))
            .split_whitespace()
            .skip(1)
            .collect::<Vec<_>>()
            .join(" ")
    };
    assert_eq!(row("memory-limit"), "7 [k.toml:2]");
    assert_eq!(row("audit"), "stderr [$KEYWAY_AUDIT]");
    assert_eq!(row("threads"), "3 [command line]");
    assert_eq!(row("conn-limit"), "1024");
    assert!(ended.stdout.contains("would store up to 7340032 bytes"), "{ended:?}");
    assert!(ended.stderr.contains("did you mean $KEYWAY_MEMORY_LIMIT?"), "{ended:?}");
    let all = format!("{}{}", ended.stdout, ended.stderr);
    assert!(all.contains("user \"root\" of the environment") && !all.contains("pencil"), "{all}");
    let there: Vec<_> =
        fs::read_dir(place.path(".")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(there, ["k.toml"]);
}

#[test]
fn check_refuses_what_a_start_would_refuse() {
    for (text, word) in [
        ("max-item-size = \"63m\"", "-I may be at most half of -m"),
        ("guesses-per-name = 40", "guesses_per_name"),
        ("users = \"nobody.toml\"", "nobody.toml does not exist"),
        ("listen = \"*\"", "can be reached from outside of this machine"),
        ("sasl-conf = \"/no/such\"", "/no/such"),
    ] {
        let place = Place::new();
        write(&place, text);
        let ended = place.run("config check k.toml", "");
        assert_ne!(ended.code, Some(0), "{text}: {ended:?}");
        assert!(ended.stderr.contains(word), "{text}: {ended:?}");
        let start = place.run("serve --config k.toml", "");
        assert!(start.code != Some(0) && start.stderr.contains(word), "{text}: {start:?}");
    }
}

#[test]
fn check_says_what_each_listener_would_offer_and_what_not() {
    let place = Place::new();
    add(&place, "ada", "pencil");
    write(
        &place,
        "[[listener]]\ntcp = \"192.0.2.1\"\n\n[[listener]]\nunix = \"s\"\nmechanisms = \"PLAIN\"\n",
    );
    let ended = place.run("config check k.toml", "");
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let outside = ended.stdout.lines().find(|line| line.contains("192.0.2.1:11211 (network")).unwrap();
    assert!(outside.contains("SCRAM-SHA-256") && outside.contains("not PLAIN: passwords"), "{outside}");
    assert!(ended.stdout.contains("s (unix socket): PLAIN; login required"), "{ended:?}");
    assert!(!place.path("s").exists());

    // Users of a source log in by what a source mostly has.
    let settings = "[sqlite]\nfile = \"users.db\"\nquery = \"SELECT verifier FROM users WHERE name = ?1\"\n";
    fs::write(place.path("sqlite.toml"), settings).unwrap();
    let directory =
        "[ldap]\nurl = \"ldaps://localhost\"\nbase = \"o=x\"\nfilter = \"(uid={name})\"\nrole = \"admin\"\n";
    fs::write(place.path("ldap.toml"), directory).unwrap();
    for (source, offered) in [
        ("sqlite", "127.0.0.1:11211 (loopback): SCRAM-SHA-256 PLAIN; login"),
        ("ldap", "(loopback): PLAIN; login"),
    ] {
        write(&place, &format!("users-source = \"{source}.toml\"\n"));
        let ended = place.run("config check k.toml", "");
        assert!(ended.code == Some(0) && ended.stdout.contains(offered), "{source}: {ended:?}");
    }

    // Nothing would be left there.
    write(&place, "listen = \"192.0.2.1\"\nmechanisms = \"PLAIN\"\n");
    let ended = place.run("config check k.toml", "");
    assert!(ended.code == Some(1) && ended.stderr.contains("192.0.2.1:11211"), "{ended:?}");
}

#[test]
fn the_example_is_a_file_that_changes_nothing() {
    let place = Place::new();
    let example = place.run("config example", "");
    assert_eq!(example.code, Some(0));
    write(&place, &example.stdout);
    let ended = place.run("config check k.toml", "");
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(!ended.stdout.contains("[k.toml"), "{ended:?}");
}

#[test]
fn the_user_of_images_is_there_and_its_password_is_in_no_place_of_the_process() {
    let place = Place::new();
    let secret = "only-in-one-place";
    let command = with(
        place.command("serve -p 0 -vvv"),
        &[("MEMCACHED_USERNAME", "ada"), ("MEMCACHED_PASSWORD", secret)],
    );
    let (serving, said) = Serving::start_by(&place, command);
    assert!(said.text.contains("user \"ada\" of the environment"), "{}", said.text);
    let mut client = Client::connect(&said.address);
    assert_eq!(client.login("ada", "another"), AUTH_FAILURE);
    assert_eq!(client.login("ada", secret), SUCCESS);
    for file in ["environ", "cmdline"] {
        let path = format!("/proc/{}/{file}", serving.id());
        let seen = String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned();
        assert!(!seen.is_empty() && !seen.contains(secret), "{path}: {seen}");
    }
    assert!(fs::read_to_string(format!("/proc/{}/comm", serving.id())).unwrap().starts_with("keyway"));
    assert!(!serving.log().contains(secret) && !said.text.contains(secret));
    assert!(!place.path(serving::FILE).exists(), "it is in no file");
}

#[test]
fn the_password_may_be_in_a_file_and_its_user_is_called_root() {
    let place = Place::new();
    fs::write(place.path("secret"), "pencil\n").unwrap();
    let command = with(place.command("serve -p 0 -l 127.0.0.1"), &[("MEMCACHED_PASSWORD_FILE", "secret")]);
    let (_serving, said) = Serving::start_by(&place, command);
    assert_eq!(Client::connect(&said.address).login("root", "pencil"), SUCCESS);
}

#[test]
fn users_of_the_file_and_of_the_environment_stand_side_by_side_and_outlive_a_change_of_the_file() {
    let place = Place::new();
    add(&place, "ada", "pencil");
    let user = [("MEMCACHED_USERNAME", "grace"), ("MEMCACHED_PASSWORD", "chalk")];
    let (serving, said) = Serving::start_by(&place, with(place.command("serve -p 0"), &user));
    let mut kept = Client::connect(&said.address);
    assert_eq!(kept.login("grace", "chalk"), SUCCESS);
    assert_eq!(Client::connect(&said.address).login("ada", "pencil"), SUCCESS);
    add(&place, "bob", "crayon");
    serving.signal(Signal::HUP);
    let let_in = || Client::connect(&said.address).login("bob", "crayon") == SUCCESS;
    serving::wait_until(let_in, || serving.log());
    assert_eq!(kept.set("k", b"v"), SUCCESS, "the session goes on");
    // One of the same name in the file is refused, and the users stay.
    add(&place, "grace", "other");
    serving.signal(Signal::HUP);
    serving.logged("there is a user \"grace\"");
    assert_eq!(Client::connect(&said.address).login("grace", "chalk"), SUCCESS);
    drop(serving);

    let ended = finish(&mut with(place.command("serve -p 0"), &user), "");
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(
        ended.stderr.contains("there is a user \"grace\"") && !ended.stderr.contains("chalk"),
        "{ended:?}"
    );
}

#[test]
fn a_password_that_is_there_twice_is_refused() {
    let place = Place::new();
    let twice = [("MEMCACHED_PASSWORD", "pencil"), ("MEMCACHED_PASSWORD_FILE", "secret")];
    let ended = finish(&mut with(place.command("serve -p 0"), &twice), "");
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(ended.stderr.contains("both set") && !ended.stderr.contains("pencil"), "{ended:?}");
}

fn budget(address: &str) -> usize {
    let mut client = Client::connect(address);
    assert_eq!(client.login("ada", "pencil"), SUCCESS);
    let stats = client.stats("");
    stats.iter().find(|(key, _)| key == "limit_maxbytes").unwrap().1.parse().unwrap()
}

#[test]
fn a_changed_file_is_applied_on_sighup_as_far_as_it_can_be_and_each_change_is_told() {
    let place = Place::new();
    add(&place, "ada", "pencil");
    write(&place, "memory-limit = 32\nmemory-means = \"charged\"\n");
    let (serving, said) = Serving::start(&place, "-p 0 --config k.toml");
    let mut client = Client::connect(&said.address);
    assert_eq!(client.login("ada", "pencil"), SUCCESS);
    assert_eq!(client.set("k", b"v"), SUCCESS);
    assert_eq!(budget(&said.address), 32 << 20);
    assert!(!serving.log().contains("INFO"));

    write(
        &place,
        "memory-limit = 16\nmemory-means = \"charged\"\nverbose = 1\nserver-final = \"success\"\nport = 7\naudit = \"audit.json\"\n",
    );
    serving.signal(Signal::HUP);
    serving.logged("WARNING: server-final: step -> success: needs a restart; until then it is step");
    serving::wait_until(|| budget(&said.address) == 16 << 20, || serving.log());
    assert!(!serving.log().contains("port: "), "the line says 0, and that counts");
    let mut told = Vec::new();
    serving::wait_until(
        || {
            told.extend(serving.lines.try_iter());
            told.iter().filter(|line| line.ends_with(": applied")).count() == 3
        },
        || serving.log(),
    );
    for line in
        ["memory-limit: 32 -> 16: applied", "verbose: 0 -> 1: applied", "audit: none -> audit.json: applied"]
    {
        assert!(told.iter().any(|told| told == line), "{line}: {told:?}");
    }
    serving.logged("INFO");
    assert_eq!(client.get("k"), SUCCESS, "connections and items stay");
    let audited = || fs::read_to_string(place.path("audit.json")).unwrap_or_default();
    serving::wait_until(|| audited().contains("\"event\":\"login\"") || audited().contains("ada"), audited);

    // The same file again: what needs a restart still does, and nothing else is told.
    let before = serving.log().matches("needs a restart").count();
    serving.signal(Signal::HUP);
    serving::wait_until(|| serving.log().matches("needs a restart").count() == before + 1, || serving.log());
    assert_eq!(serving.lines.try_iter().filter(|line| line.ends_with(": applied")).count(), 0);

    // Back again: nothing needs a restart.
    write(&place, "memory-limit = 16\nmemory-means = \"charged\"\n");
    serving.signal(Signal::HUP);
    serving::wait_until(
        || serving.lines.try_iter().any(|line| line == "audit: audit.json -> none: applied"),
        || serving.log(),
    );
    assert_eq!(serving.log().matches("needs a restart").count(), before + 1);
}

#[test]
fn a_file_that_became_bad_changes_nothing() {
    let place = Place::new();
    add(&place, "ada", "pencil");
    write(&place, "memory-limit = 32\n");
    let (serving, said) = Serving::start(&place, "-p 0 --config k.toml --memory-means charged");
    for (text, words) in [
        (
            "memory-limit = 16\nmemroy-means = 1\n",
            "line 2: memroy-means is no setting; did you mean memory-means?",
        ),
        ("memory-limit = 16\nmax-item-size = \"9m\"\n", "-I may be at most half of -m"),
        ("memory-limit = 16\nguesses-per-name = 50\n", "guesses_per_name"),
        ("memory-limit = \n", "line 1"),
    ] {
        write(&place, text);
        serving.signal(Signal::HUP);
        serving.logged(words);
        assert_eq!(budget(&said.address), 32 << 20, "{text}");
    }
    fs::remove_file(place.path("k.toml")).unwrap();
    serving.signal(Signal::HUP);
    serving.logged("cannot read it");
    assert_eq!(budget(&said.address), 32 << 20);
    let kept = serving.log().matches("all settings stay as they were").count();
    assert_eq!(kept, 5);
}

#[test]
fn the_audit_goes_on_in_another_file_and_no_event_is_in_both() {
    let place = Place::new();
    add(&place, "ada", "pencil");
    write(&place, "audit = \"one.json\"\n");
    let (serving, said) = Serving::start(&place, "-p 0 --config k.toml");
    let read = |name: &str| fs::read_to_string(place.path(name)).unwrap_or_default();
    assert_eq!(Client::connect(&said.address).login("first", "pencil"), AUTH_FAILURE);
    serving::wait_until(|| read("one.json").contains("\"first\""), || read("one.json"));
    write(&place, "audit = \"two.json\"\n");
    serving.signal(Signal::HUP);
    serving::wait_until(|| place.path("two.json").exists(), || serving.log());
    serving::wait_until(
        || serving.lines.try_iter().any(|line| line.ends_with(": applied")),
        || serving.log(),
    );
    assert_eq!(Client::connect(&said.address).login("second", "pencil"), AUTH_FAILURE);
    serving::wait_until(|| read("two.json").contains("\"second\""), || read("two.json"));
    assert!(!read("two.json").contains("\"first\"") && !read("one.json").contains("\"second\""));
    write(&place, "audit = \"/no/such/folder/three.json\"\n");
    serving.signal(Signal::HUP);
    serving.logged("it stays two.json");
    assert_eq!(Client::connect(&said.address).login("third", "pencil"), AUTH_FAILURE);
    serving::wait_until(|| read("two.json").contains("\"third\""), || read("two.json"));
}

/// Whether a connection is let in: one that is not is closed at once.
fn is_let_in(address: &str) -> bool {
    let mut stranger = Client::connect(address);
    // A no-op, which needs no login to be answered.
    let mut frame = [0; 24];
    frame[..2].copy_from_slice(&[0x80, 0x0a]);
    let mut answer = [0; 24];
    stranger.0.write_all(&frame).is_ok() && stranger.0.read_exact(&mut answer).is_ok()
}

#[test]
fn bounds_are_others_at_once_and_nobody_is_thrown_out() {
    let place = Place::new();
    add(&place, "ada", "pencil");
    let run = "verifier-threads = 1\n";
    write(&place, &format!("{run}conn-limit = 2\n"));
    let (serving, said) = Serving::start(&place, "-p 0 --config k.toml");
    let applied = |text: &str, lines: usize| {
        write(&place, &format!("{run}{text}"));
        serving.signal(Signal::HUP);
        let mut told = 0;
        serving::wait_until(
            || {
                told += serving.lines.try_iter().filter(|line| line.ends_with(": applied")).count();
                told == lines
            },
            || serving.log(),
        );
    };
    let mut kept: Vec<Client> = (0..2).map(|_| Client::connect(&said.address)).collect();
    assert!(kept.iter_mut().all(|client| client.login("ada", "pencil") == SUCCESS));
    assert!(!is_let_in(&said.address));
    applied("conn-limit = 3\n", 1);
    assert!(is_let_in(&said.address));
    let settings = kept[0].stats("settings");
    assert!(settings.contains(&("maxconns".to_owned(), "3".to_owned())), "{settings:?}");
    applied("conn-limit = 1\n", 1);
    assert!(!is_let_in(&said.address));
    assert_eq!(kept[1].set("k", b"v"), SUCCESS, "who is in stays in");

    applied("conn-limit = 9\nstrangers-per-address = 1\n", 2);
    let stranger = Client::connect(&said.address);
    serving::wait_until(|| !is_let_in(&said.address), || serving.log());
    applied("conn-limit = 9\nstrangers-per-address = 9\nguesses-per-name = 1\n", 2);
    assert!(is_let_in(&said.address));
    drop(stranger);
    let mut guesser = Client::connect(&said.address);
    assert_eq!(guesser.login("ada", "guess"), AUTH_FAILURE);
    assert_eq!(guesser.login("ada", "another"), 0x86, "there was one guess");
}

#[test]
fn listeners_come_from_tables_of_the_file_and_from_lines_of_the_environment() {
    let place = Place::new();
    add(&place, "ada", "pencil");
    let table = "[[listener]]\ntcp = \"127.0.0.1:0\"\nmechanisms = [\"PLAIN\"]\n\n[[listener]]\nunix = \"socket\"\nmode = \"0600\"\n";
    write(&place, table);
    let (serving, said) = Serving::start(&place, "--config k.toml");
    assert_eq!(Client::connect(&said.address).login("ada", "pencil"), SUCCESS);
    serving::wait_until(
        || std::os::unix::net::UnixStream::connect(place.path("socket")).is_ok(),
        || serving.log(),
    );
    drop(serving);

    let lines = "tcp=127.0.0.1:0,anonymous=read-only\nunix=other\n";
    let command = with(place.command("serve --config k.toml"), &[("KEYWAY_LISTENER", lines)]);
    let (_serving, said) = Serving::start_by(&place, command);
    assert_ne!(Client::connect(&said.address).get("k"), AUTH_FAILURE, "{}", said.text);
    assert!(place.path("other").exists());
}

#[test]
fn sockets_of_systemd_are_still_there_when_the_process_has_begun_anew() {
    let place = Place::new();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    // As systemd does it: the socket is the third file, and the number of the process stands beside it.
    let line = format!(
        "exec 3<&0 < /dev/null; export LISTEN_PID=$$ LISTEN_FDS=1; exec {} serve",
        env!("CARGO_BIN_EXE_keyway")
    );
    let mut command = Command::new("sh");
    command.args(["-c", &line]).current_dir(place.path(".")).stdin(std::os::fd::OwnedFd::from(listener));
    let command = with(command, &[("MEMCACHED_PASSWORD", "only-in-one-place")]);
    let (serving, said) = Serving::start_by(&place, command);
    assert!(said.text.contains(&address), "{}", said.text);
    assert_eq!(Client::connect(&address).login("root", "only-in-one-place"), SUCCESS);
    let environ = fs::read(format!("/proc/{}/environ", serving.id())).unwrap();
    assert!(!String::from_utf8_lossy(&environ).contains("only-in-one-place"));
}
