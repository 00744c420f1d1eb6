//! What `keyway serve --audit` writes: while the file is moved away, is full, or cannot be written at all.
#![allow(
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    reason = "a test fails by panicking, and its frames are small"
)]

mod cli_command;
mod serving;

use cli_command::Place;
use rustix::process::Signal;
use serde_json::Value as Json;
use serving::{AUTH_FAILURE, Client, PATIENCE, SUCCESS, Serving, add, wait_until};
use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::Path,
    time::{Duration, Instant},
};

const DENIED: u16 = 0x24;

/// The lines of an audit, each of which must be JSON by itself.
fn lines(path: &Path) -> Vec<Json> {
    let text = fs::read_to_string(path).unwrap_or_default();
    assert!(text.is_empty() || text.ends_with('\n'), "half a line: {text}");
    text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"))).collect()
}

fn events<'l>(lines: &'l [Json], event: &str) -> Vec<&'l Json> {
    lines.iter().filter(|line| line["event"] == event).collect()
}

/// Waits until the audit has so many of this event, and gives it.
fn with(path: &Path, event: &str, count: usize) -> Vec<Json> {
    let until = Instant::now() + PATIENCE;
    loop {
        let lines = lines(path);
        if events(&lines, event).len() >= count {
            return lines;
        }
        assert!(Instant::now() < until, "never {count} of {event}: {lines:?}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// A place with `ada`, who may read and write, and `warden`, an admin.
fn place() -> Place {
    let place = Place::new();
    add(&place, "ada", "pencil");
    let ended = place.run("user add warden --role admin --password-stdin", "keys");
    assert_eq!(ended.code, Some(0), "{ended:?}");
    place
}

fn of(address: &str, name: &str, password: &str) -> Client {
    let mut client = Client::connect(address);
    assert_eq!(client.login(name, password), SUCCESS);
    client
}

/// What `stats audit` says of this.
fn stat(client: &mut Client, name: &str) -> u64 {
    let mut found = None;
    let (status, mut body) = client.ask(0x10, &[], "audit", &[]);
    assert_eq!(status, SUCCESS);
    while !body.is_empty() {
        let text = String::from_utf8(body).unwrap();
        if let Some(value) = text.strip_prefix(name)
            && let Ok(value) = value.parse()
        {
            found = Some(value);
        }
        body = client.next().1;
    }
    found.unwrap_or_else(|| panic!("no {name}"))
}

#[test]
fn each_login_refusal_and_act_is_a_line_with_who_and_from_where_and_no_secret() {
    let place = place();
    let audit = place.path("audit.json");
    let (serving, said) = Serving::start(&place, "-p 0 -v --audit audit.json --audit-keys 5");
    let mut ada = of(&said.address, "ada", "pencil");
    let peer = ada.0.local_addr().unwrap().to_string();
    assert_eq!(ada.set("the-key", b"the-value"), SUCCESS);
    assert_eq!(ada.ask(0x10, &[], "reset", &[]).0, DENIED);
    assert_eq!(ada.ask(0x10, &[], "audit", &[]).0, DENIED);
    assert_eq!(Client::connect(&said.address).login("ada\n\"}", "guess-work"), AUTH_FAILURE);
    let mut warden = of(&said.address, "warden", "keys");
    assert_eq!(warden.ask(0x10, &[], "reset", &[]).0, SUCCESS);
    wait_until(|| stat(&mut warden, "written") >= 6, || serving.log());
    let log = serving.log();
    assert_eq!(serving.end(Signal::TERM).0, Some(0));

    let lines = lines(&audit);
    assert_eq!(fs::metadata(&audit).unwrap().permissions().mode() & 0o7777, 0o600);
    let numbers: Vec<u64> = lines.iter().map(|line| line["seq"].as_u64().unwrap()).collect();
    assert_eq!(numbers, (1..=lines.len() as u64).collect::<Vec<_>>(), "none is lost and none is there twice");
    let logins = events(&lines, "login");
    assert_eq!(
        (&logins[0]["user"], &logins[0]["mechanism"], &logins[0]["credential"], &logins[0]["provenance"]),
        (&"ada".into(), &"PLAIN".into(), &"1".into(), &"own".into())
    );
    assert_eq!((&logins[0]["peer"], &logins[0]["connection"]), (&peer.as_str().into(), &1.into()));
    let refusals = events(&lines, "refusal");
    assert_eq!(refusals.len(), 2, "{refusals:?}");
    assert!(refusals.iter().all(|line| line["user"] == "ada" && line["reason"] == "Forbidden"));
    assert!(refusals.iter().all(|line| line["peer"] == peer.as_str()));
    let failed = events(&lines, "login_failed");
    assert_eq!((&failed[0]["claimed"], &failed[0]["reason"]), (&"ada\n\"}".into(), &"Malformed".into()));
    assert!(log.contains(failed[0]["id"].as_str().unwrap()), "the same id as in the log: {log}");
    let acts = events(&lines, "admin");
    assert_eq!((&acts[0]["user"], &acts[0]["act"]), (&"warden".into(), &"stats reset".into()));
    assert_eq!(events(&lines, "server_started")[0]["addresses"][0], said.address.as_str());
    assert_eq!(lines.last().unwrap()["event"], "server_stopped");
    let text = fs::read_to_string(&audit).unwrap();
    for secret in ["pencil", "keys\"", "guess-work", "the-value", "the-key"] {
        assert!(!text.contains(secret), "{secret}: {text}");
    }
}

#[test]
fn a_file_that_is_moved_away_is_begun_again_with_a_signal_and_without_and_nothing_is_lost() {
    let place = place();
    let (audit, old, older) = (place.path("audit.json"), place.path("audit.1"), place.path("audit.2"));
    let (serving, said) = Serving::start(&place, "-p 0 --audit audit.json");
    of(&said.address, "ada", "pencil");
    with(&audit, "login", 1);
    fs::rename(&audit, &older).unwrap();
    of(&said.address, "ada", "pencil");
    with(&audit, "login", 1);
    fs::rename(&audit, &old).unwrap();
    serving.signal(Signal::HUP);
    wait_until(|| audit.exists(), || serving.log());
    of(&said.address, "ada", "pencil");
    with(&audit, "login", 1);
    assert_eq!(serving.end(Signal::TERM).0, Some(0));
    let all: Vec<u64> = [&older, &old, &audit]
        .iter()
        .flat_map(|path| lines(path))
        .map(|line| line["seq"].as_u64().unwrap())
        .collect();
    assert_eq!(all, (1..=all.len() as u64).collect::<Vec<_>>());
}

#[test]
fn what_comes_beyond_the_limit_is_counted_told_in_the_log_and_in_the_next_file() {
    let place = place();
    let audit = place.path("audit.json");
    let (serving, said) = Serving::start(&place, "-p 0 --audit audit.json --audit-limit 1k");
    let mut warden = of(&said.address, "warden", "keys");
    for _ in 0..20 {
        of(&said.address, "ada", "pencil");
    }
    serving.logged("entries of the audit are lost");
    assert!(serving.log().contains("--audit-limit"), "{}", serving.log());
    wait_until(|| stat(&mut warden, "dropped") > 0, || serving.log());
    assert!(fs::metadata(&audit).unwrap().len() <= 1024);
    // Each is either there or counted.
    let logins = 21 + events(&lines(&audit), "server_started").len() as u64;
    wait_until(|| stat(&mut warden, "written") + stat(&mut warden, "dropped") >= logins, || serving.log());
    let dropped = stat(&mut warden, "dropped");
    fs::rename(&audit, place.path("full.json")).unwrap();
    of(&said.address, "ada", "pencil");
    let next = with(&audit, "login", 1);
    assert_eq!((&next[0]["event"], &next[0]["count"]), (&"dropped".into(), &dropped.into()), "{next:?}");
    assert_eq!(serving.end(Signal::TERM).0, Some(0));
}

#[test]
fn a_full_disk_costs_entries_and_nobody_a_login() {
    let place = place();
    let (serving, said) = Serving::start(&place, "-p 0 --audit /dev/full");
    let mut warden = of(&said.address, "warden", "keys");
    assert_eq!(warden.set("k", b"v"), SUCCESS);
    serving.logged("entries of the audit are lost");
    wait_until(|| stat(&mut warden, "dropped") >= 2, || serving.log());
    assert_eq!(stat(&mut warden, "written"), 0);
    assert_eq!(serving.end(Signal::TERM).0, Some(0));
}

/// A file that the system lets grow to some size only, in the middle of a line: what a quota or a full disk does.
#[test]
fn a_line_that_was_written_in_part_is_taken_back() {
    let place = place();
    let audit = place.path("audit.json");
    let mut command = place.command("");
    let program = command.get_program().to_owned();
    // In units of 512 bytes, or of 1024 where sh is bash. The signal would end the process.
    let script = r#"trap "" XFSZ; ulimit -f 2; exec "$0" serve -p 0 --audit audit.json"#;
    command = std::process::Command::new("sh");
    command.args(["-c", script]).arg(program).current_dir(place.path("")).env_remove("KEYWAY_USERS");
    let (serving, said) = Serving::start_by(&place, command);
    let mut warden = of(&said.address, "warden", "keys");
    for _ in 0..20 {
        of(&said.address, "ada", "pencil");
    }
    wait_until(|| stat(&mut warden, "dropped") > 0, || serving.log());
    // Nothing more comes, so what was begun is over.
    std::thread::sleep(Duration::from_millis(500));
    // Whole lines, all of which were counted.
    let there = lines(&audit);
    assert_eq!(
        there.iter().filter(|line| line["event"] != "dropped").count() as u64,
        stat(&mut warden, "written")
    );
    fs::remove_file(&audit).unwrap();
    of(&said.address, "ada", "pencil");
    let next = with(&audit, "login", 1);
    assert_eq!(next[0]["event"], "dropped", "{next:?}");
    assert_eq!(serving.end(Signal::TERM).0, Some(0));
}

#[test]
fn a_flood_of_guesses_is_told_as_counts_and_none_is_forgotten() {
    let place = place();
    let audit = place.path("audit.json");
    let (serving, said) = Serving::start(&place, "-p 0 --audit audit.json");
    // Steps without a login: refused for their form alone, so nothing else bounds them but the connection's end.
    let connections = 200;
    for _ in 0..connections {
        let mut client = Client::connect(&said.address);
        for _ in 0..5 {
            assert_eq!(client.ask(0x22, &[], "PLAIN", b"x").0, AUTH_FAILURE);
        }
    }
    assert_eq!(serving.end(Signal::TERM).0, Some(0));
    let lines = lines(&audit);
    let told = events(&lines, "login_failed").len() as u64;
    let folded = events(&lines, "folded");
    assert!(folded.iter().all(|line| line["of"] == "login_failed"), "{folded:?}");
    let folded: u64 = folded.iter().map(|line| line["count"].as_u64().unwrap()).sum();
    assert_eq!(told + folded, 5 * connections);
    assert!(told < 64, "{told}");
}

#[test]
fn a_changed_users_file_is_told_user_by_user_and_a_role_in_it_can_be_sampled() {
    let place = place();
    let (audit, file) = (place.path("audit.json"), place.path(serving::FILE));
    let (serving, said) = Serving::start(&place, "-p 0 --audit audit.json --audit-keys 3");
    let mut ada = of(&said.address, "ada", "pencil");
    assert_eq!(ada.set("a-key", b"v"), SUCCESS);
    let watched =
        "[[role]]\nname = \"watched\"\nallow = [{ verbs = [\"read\", \"write\"] }]\naudit = \"sample:1\"\n";
    let text = fs::read_to_string(&file).unwrap();
    fs::write(
        &file,
        format!("{}\n{watched}", text.replace("roles = [\"read-write\"]", "roles = [\"watched\"]")),
    )
    .unwrap();
    let told = with(&audit, "change", 4);
    let changes: Vec<_> = events(&told, "change").into_iter().map(|line| &line["subject"]).collect();
    // The list as it was when the server started; then the new one, with what is new in it.
    assert_eq!(changes[..], ["users", "users", "role", "user"].map(Json::from).each_ref()[..], "{told:?}");
    let last = events(&told, "change")[3];
    assert_eq!((&last["name"], &last["detail"]), (&"ada".into(), &"watched".into()));
    assert_eq!(ada.set("a-key", b"v"), SUCCESS);
    assert_eq!(ada.get("a-key"), SUCCESS);
    let told = with(&audit, "sample", 2);
    let verbs: Vec<_> =
        events(&told, "sample").into_iter().map(|line| (&line["verb"], &line["key"])).collect();
    assert_eq!(verbs, [(&"write".into(), &"a-k".into()), (&"read".into(), &"a-k".into())]);
    assert_eq!(serving.end(Signal::TERM).0, Some(0));
}

#[test]
fn it_can_go_to_stderr_and_a_file_that_cannot_be_written_ends_the_start() {
    let place = place();
    let (serving, said) = Serving::start(&place, "-p 0 --audit stderr");
    of(&said.address, "ada", "pencil");
    serving.logged(r#""event":"login""#);
    assert_eq!(serving.end(Signal::TERM).0, Some(0));
    for (path, reason) in [("nowhere/audit.json", "may write to"), (".", "no file")] {
        let ended = place.run(&format!("serve -p 0 --audit {path}"), "");
        assert_eq!(ended.code, Some(1), "{ended:?}");
        assert!(ended.stderr.contains(reason) && !ended.stdout.contains("listening"), "{}", ended.stderr);
    }
}
