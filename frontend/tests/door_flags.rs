//! The limits' options reach the server, and contradictions are refused before it listens: the real `keyway`.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod raw;

use raw::{Client, PATIENCE, ask, get, set};
use std::{
    io::{BufRead, BufReader},
    net::TcpStream,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};
use tempfile::TempDir;

/// A running `keyway serve`; ends with the test, whatever becomes of it.
struct Running {
    child: Child,
    address: String,
    _place: TempDir,
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn command(place: &TempDir, options: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_keyway"));
    command.args("serve -p 0 -t 1 --anonymous admin".split(' ')).args(options.split_whitespace());
    command.current_dir(place.path()).env_remove("KEYWAY_USERS");
    command
}

fn start(options: &str) -> Running {
    let place = tempfile::tempdir().unwrap();
    let mut child = command(&place, options).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let address = lines.find_map(|line| line.strip_prefix("listening on ").map(str::to_owned)).unwrap();
    Running { child, address, _place: place }
}

fn client(server: &Running) -> Client {
    let socket = TcpStream::connect(&server.address).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    Client { socket }
}

fn setting(client: &mut Client, name: &str) -> String {
    client.send(&ask(0x10).key("settings").bytes());
    let lines = std::iter::from_fn(|| Some(client.reply()).filter(|reply| !reply.key.is_empty()));
    let lines: Vec<_> = lines.collect();
    lines.iter().find(|line| line.key == name.as_bytes()).unwrap().text()
}

#[test]
fn what_is_asked_for_is_what_the_settings_say_and_what_happens() {
    let server = start("--idle-timeout 1 --unfinished-values 20000 --derivations-per-address 3");
    let mut open = client(&server);
    assert_eq!(setting(&mut open, "idle_timeout"), "1");
    assert_eq!(setting(&mut open, "unfinished_values"), "20000");
    let start = Instant::now();
    let mut stalled = client(&server);
    // It has come in, so what it sends next is seen before what another one sends after that.
    assert_eq!(stalled.one(&get("k")).status, 1);
    let large = set("k", vec![7; 100_000]);
    stalled.send(&large.bytes()[..50_000]);
    raw::eventually("the room is taken", || open.one(&large).status == 0x82);
    raw::eventually("and comes back when silence has ended it", || {
        std::thread::sleep(Duration::from_millis(50));
        open.one(&large).status == 0
    });
    assert!(start.elapsed() >= Duration::from_secs(1));
    assert_eq!(open.one(&get("k")).value.len(), 100_000);
}

#[test]
fn what_is_not_asked_for_is_as_the_help_says() {
    let server = start("-m 8 --verifier-queue 8");
    let mut open = client(&server);
    assert_eq!(setting(&mut open, "idle_timeout"), "0");
    assert_eq!(setting(&mut open, "unfinished_values"), (2 << 20).to_string());
}

#[test]
fn what_cannot_work_is_refused_with_the_reason() {
    let place = tempfile::tempdir().unwrap();
    for (options, told) in [
        ("--derivations-per-address 0", "`derivations_per_address` is 0"),
        (
            "--verifier-queue 8 --derivations-per-address 9",
            "`derivations_per_address` is more than `verifier_queue`",
        ),
    ] {
        let output = command(&place, options).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{options}: {stderr}");
        assert!(stderr.contains(told), "{stderr}");
    }
}
