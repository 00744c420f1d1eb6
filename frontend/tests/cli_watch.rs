//! `keyway watch` and hot keys against a running `keyway serve`.
#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    reason = "a test fails by panicking, and its frames are small"
)]

mod cli_command;
mod serving;

use cli_command::Place;
use rustix::process::Signal;
use serving::{AUTH_FAILURE, Client, PATIENCE, SUCCESS, Serving, add};
use std::{
    io::{BufRead, BufReader, Read, Write},
    os::unix::net::UnixStream,
    process::{Child, Stdio},
    sync::mpsc::{Receiver, channel},
    thread,
    time::{Duration, Instant},
};

const NOT_FOUND: u16 = 0x01;
const SOCKET: &str = "keyway-admin.sock";

fn start(more: &str) -> (Place, Serving, String) {
    let place = Place::new();
    add(&place, "ada", "pencil");
    let line = format!("-p 0 -v --admin-socket {SOCKET} {more}");
    let (serving, said) = Serving::start(&place, line.trim_end());
    serving::wait_until(|| place.path(SOCKET).exists(), || "there is no socket".to_owned());
    (place, serving, said.address)
}

fn logged_in(address: &str) -> Client {
    let mut client = Client::connect(address);
    assert_eq!(client.login("ada", "pencil"), SUCCESS);
    client
}

/// A `keyway watch` that has begun.
struct Watching {
    child: Child,
    lines: Receiver<String>,
}

impl Watching {
    fn start(place: &Place, line: &str) -> Self {
        let mut child = place.command(line).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut begun = String::new();
        BufReader::new(child.stderr.as_mut().unwrap()).read_line(&mut begun).unwrap();
        assert_eq!(begun, "watching\n");
        let (sender, lines) = channel();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        thread::spawn(move || stdout.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
        Self { child, lines }
    }

    fn next(&self) -> String {
        self.lines.recv_timeout(PATIENCE).unwrap()
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Without the time at its front.
fn told(line: &str) -> &str {
    let (time, rest) = line.split_once("  ").unwrap();
    assert!(time.len() == 27 && time.ends_with('Z'), "{line}");
    rest
}

#[test]
fn misses_are_told_as_they_happen_with_their_keys_escaped_while_others_administer() {
    let (place, serving, address) = start("");
    let watching = Watching::start(&place, "watch misses");
    let mut ada = logged_in(&address);
    assert_eq!((ada.set("there", b"x"), ada.get("there")), (SUCCESS, SUCCESS));
    assert_eq!((ada.get("gone"), ada.get("\u{1b}[2J\"\n<b>")), (NOT_FOUND, NOT_FOUND));
    assert_eq!(told(&watching.next()), "missed  key=\"gone\"");
    assert_eq!(told(&watching.next()), r#"missed  key="\x1b[2J\"\n<b>""#);
    assert_eq!(place.run("admin users", "").code, Some(0), "nobody is kept out");
    drop(watching);
    assert_eq!(serving.end(Signal::TERM).0, Some(0));
}

#[test]
fn good_and_refused_logins_are_told_with_their_ids() {
    let (place, serving, address) = start("");
    let watching = Watching::start(&place, "watch logins");
    drop(logged_in(&address));
    let good = watching.next();
    assert!(
        told(&good)
            .starts_with("login  user=\"ada\"  mechanism=\"PLAIN\"  credential=\"1\"  from=127.0.0.1:"),
        "{good}"
    );
    assert_eq!(Client::connect(&address).login("e\u{1b}ve", "guess"), AUTH_FAILURE);
    let refused = watching.next();
    assert!(
        told(&refused).starts_with(r#"login_failed  user="e\u{1b}ve"  mechanism="PLAIN"  reason="#),
        "{refused}"
    );
    let id = refused.split("id=\"").nth(1).unwrap().split('"').next().unwrap();
    serving.logged(&format!("id={id}"));
    let (code, _) = serving.end(Signal::TERM);
    assert_eq!(code, Some(0), "who watches keeps nobody from stopping");
}

#[test]
fn evictions_are_told_as_json_where_that_is_wanted() {
    let (place, _serving, address) = start("-m 1 --memory-means charged");
    let watching = Watching::start(&place, "watch evictions --json");
    let mut ada = logged_in(&address);
    let value = vec![b'x'; 10_000];
    for number in 0..300 {
        assert_eq!(ada.set(&format!("key-{number}"), &value), SUCCESS);
    }
    let (mut told, mut dropped) = (0, 0);
    while told + dropped < 150 {
        let line = watching.next();
        let it: serde_json::Value = serde_json::from_str(&line).unwrap();
        if let Some(count) = it["dropped"]["count"].as_u64() {
            // It waits for nobody: on a busy machine some come while it is read.
            dropped += count;
            continue;
        }
        let evicted = &it["evicted"];
        assert!(evicted["key"].as_str().unwrap().starts_with("key-") && evicted["namespace"] == "", "{line}");
        assert!(evicted["bytes"].as_u64().unwrap() > 10_000);
        told += 1;
    }
    assert!(told > dropped, "{told} told, {dropped} dropped");
}

/// Asks on a connection of its own, which is never read from unless the caller does.
fn asked(place: &Place, request: &str) -> UnixStream {
    let mut operator = UnixStream::connect(place.path(SOCKET)).unwrap();
    operator.set_read_timeout(Some(PATIENCE)).unwrap();
    operator.write_all(request.as_bytes()).unwrap();
    operator
}

#[test]
fn who_does_not_read_slows_nobody_and_is_told_what_was_dropped() {
    let (place, _serving, address) = start("");
    let operator = asked(&place, "{\"ask\":\"watch\",\"what\":\"misses\"}\n");
    let mut lines = BufReader::new(&operator).lines().map(Result::unwrap);
    assert_eq!(lines.next().unwrap(), "\"watching\"");
    let mut ada = logged_in(&address);
    // Quiet gets of which none is answered, in whole batches: more than rings and the socket hold.
    let mut frames = Vec::new();
    for number in 0..500_u32 {
        let key = format!("{number:0>200}");
        frames.extend([0x80, 0x09, 0, 200, 0, 0, 0, 0, 0, 0, 0, 200]);
        frames.extend([0; 12]);
        frames.extend(key.bytes());
    }
    let start = Instant::now();
    for _ in 0..60 {
        ada.0.write_all(&frames).unwrap();
        assert_eq!(ada.get("last of batch"), NOT_FOUND);
    }
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
    let (mut told, mut dropped) = (0, 0);
    while told + dropped < 60 * 501 {
        let line: serde_json::Value = serde_json::from_str(&lines.next().unwrap()).unwrap();
        match line["dropped"]["count"].as_u64() {
            Some(count) => dropped += count,
            None => told += u64::from(line["missed"]["key"].is_string()),
        }
    }
    assert_eq!(told + dropped, 60 * 501, "each was told or counted");
    assert!(dropped > 0, "{told}");
}

#[test]
fn so_many_look_on_and_no_more_until_one_of_them_goes() {
    let (place, serving, _) = start("");
    let watch = "{\"ask\":\"watch\",\"what\":\"logins\"}\n";
    let mut begun: Vec<UnixStream> = (0..8).map(|_| asked(&place, watch)).collect();
    for operator in &mut begun {
        let mut line = [0; 11];
        operator.read_exact(&mut line).unwrap();
        assert_eq!(&line, b"\"watching\"\n");
    }
    let ninth = place.run("watch logins", "");
    assert_eq!(ninth.code, Some(1), "{ninth:?}");
    assert!(ninth.stderr.contains("try again"), "{ninth:?}");
    begun.pop();
    serving::wait_until(
        || {
            let mut line = [0; 11];
            let mut operator = asked(&place, watch);
            operator.read_exact(&mut line).unwrap();
            line == *b"\"watching\"\n"
        },
        || "nobody else is let in".to_owned(),
    );
    let start = Instant::now();
    assert_eq!(serving.end(Signal::TERM).0, Some(0));
    assert!(start.elapsed() < Duration::from_secs(3), "{:?}", start.elapsed());
}

#[test]
fn the_hottest_keys_are_found_on_demand_one_sample_at_a_time() {
    let (place, _serving, address) = start("");
    let operator = asked(&place, "{\"ask\":\"hot-keys\",\"seconds\":300}\n");
    let first_line = |operator: &UnixStream| {
        let mut line = String::new();
        BufReader::new(operator).read_line(&mut line).unwrap();
        line
    };
    assert_eq!(first_line(&operator), "\"watching\"\n");
    let second = asked(&place, "{\"ask\":\"hot-keys\",\"seconds\":1}\n");
    assert!(first_line(&second).contains("sampled already"));
    drop(operator);
    let stop = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let load = {
        let (stop, mut ada) = (stop.clone(), logged_in(&address));
        thread::spawn(move || {
            let mut number = 0_u32;
            while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                number += 1;
                ada.get("front page");
                ada.get(&format!("rare-{number}"));
            }
        })
    };
    // The one who has gone is noticed in a moment.
    let mut shown = place.run("top --once --keys", "");
    if shown.code == Some(1) {
        shown = place.run("top --once --keys", "");
    }
    stop.store(true, std::sync::atomic::Ordering::Relaxed);
    load.join().unwrap();
    assert_eq!(shown.code, Some(0), "{shown:?}");
    let hottest = shown.stdout.lines().find(|line| line.starts_with("hot key")).unwrap();
    assert!(hottest.starts_with("hot key \"front page\": "), "{}", shown.stdout);
    let gets = shown.stdout.lines().find_map(|line| line.strip_prefix("gets: ")).unwrap();
    assert_ne!(gets, "0/s");
}
