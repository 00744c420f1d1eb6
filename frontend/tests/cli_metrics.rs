//! `keyway serve --metrics` and `keyway health`, as an operator has them.
#![allow(
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    reason = "a test fails by panicking, and its frames are small"
)]

mod cli_command;
mod serving;

use cli_command::Place;
use rustix::process::Signal;
use serving::{FILE, PATIENCE, SUCCESS, Serving, add, wait_until};
use std::{
    fs,
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    thread,
};

const TOKEN: &str = "0123456789abcdef0123456789abcdef";

/// Where it said that metrics are.
fn metrics_address(serving: &Serving) -> String {
    let line = serving.lines.recv_timeout(PATIENCE).unwrap();
    let address = line.strip_prefix("metrics at http://").and_then(|rest| rest.strip_suffix("/metrics"));
    address.unwrap_or_else(|| panic!("{line}")).to_owned()
}

fn ask(address: &str, path: &str, field: &str) -> String {
    let mut socket = TcpStream::connect(address).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    let head = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\n{field}\r\n");
    socket.write_all(head.as_bytes()).unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn metrics_are_served_where_they_are_asked_for_and_follow_the_users_file() {
    let place = Place::new();
    add(&place, "ada", "pencil");
    let (serving, said) = Serving::start(&place, "-p 0 --metrics 127.0.0.1:0");
    let address = metrics_address(&serving);
    assert!(!said.text.contains("WARNING"), "{}", said.text);
    let mut client = serving::Client::connect(&said.address);
    assert_eq!(client.login("ada", "pencil"), SUCCESS);
    let text = ask(&address, "/metrics", "");
    assert!(text.starts_with("HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4"), "{text}");
    for line in [
        "memcached_current_connections 1",
        "keyway_sessions{roles=\"read-write\"} 1",
        "keyway_reload_last_successful{what=\"users_file\"} 1",
    ] {
        assert!(text.lines().any(|it| it == line), "{line} is missing: {text}");
    }
    fs::write(place.path(FILE), "nonsense").unwrap();
    let told = || ask(&address, "/metrics", "");
    wait_until(|| told().contains("\nkeyway_reload_last_successful{what=\"users_file\"} 0\n"), told);
    assert!(ask(&address, "/readyz", "").ends_with("\r\n\r\nok\n"), "the users that there were go on");
    let (code, _) = serving.end(Signal::TERM);
    assert_eq!(code, Some(0));
}

#[test]
fn nothing_is_served_unless_asked_for_and_nonsense_is_refused() {
    let place = Place::new();
    add(&place, "ada", "pencil");
    let (_serving, said) = Serving::start(&place, "-p 0");
    assert!(!said.text.contains("metrics"), "{}", said.text);
    let ended = place.run("serve -p 0 --metrics-token-file token", "");
    assert_eq!(ended.code, Some(2), "{}", ended.stderr);
    fs::write(place.path("token"), "short").unwrap();
    let ended = place.run("serve -p 0 --metrics 127.0.0.1:0 --metrics-token-file token", "");
    assert_eq!(ended.code, Some(1));
    assert!(
        ended.stderr.contains("--metrics-token-file token: its first line is shorter"),
        "{}",
        ended.stderr
    );
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let ended = place.run(&format!("serve -p 0 --metrics {}", taken.local_addr().unwrap()), "");
    assert_eq!(ended.code, Some(1));
    assert!(
        ended.stderr.contains("cannot listen on") && ended.stderr.contains("for HTTP"),
        "{}",
        ended.stderr
    );
}

#[test]
fn a_token_guards_metrics_and_not_health_and_is_never_shown() {
    let place = Place::new();
    add(&place, "ada", "pencil");
    fs::write(place.path("token"), TOKEN).unwrap();
    let line = "-p 0 --metrics *:0 --metrics-token-file token -vvv";
    let (serving, said) = Serving::start(&place, line);
    let address = metrics_address(&serving).replace("0.0.0.0", "127.0.0.1");
    assert!(!said.text.contains("--metrics is reachable"), "there is a token: {}", said.text);
    assert!(ask(&address, "/metrics", "").starts_with("HTTP/1.1 401 "));
    let shown = format!("Authorization: Bearer {TOKEN}\r\n");
    assert!(ask(&address, "/metrics", &shown).contains("memcached_up 1\n"));
    assert!(ask(&address, "/healthz", "").starts_with("HTTP/1.1 200 "));
    assert!(!serving.log().contains(TOKEN) && !said.text.contains(TOKEN));

    // Another one, on SIGHUP. One that is none changes nothing.
    let other = TOKEN.replace('0', "f");
    fs::write(place.path("token"), &other).unwrap();
    serving.signal(Signal::HUP);
    serving.logged("the token of --metrics was read again");
    let other_shown = format!("Authorization: Bearer {other}\r\n");
    assert!(ask(&address, "/metrics", &shown).starts_with("HTTP/1.1 401 "));
    assert!(ask(&address, "/metrics", &other_shown).starts_with("HTTP/1.1 200 "));
    fs::write(place.path("token"), "short").unwrap();
    serving.signal(Signal::HUP);
    serving.logged("the token stays as it was");
    assert!(ask(&address, "/metrics", &other_shown).starts_with("HTTP/1.1 200 "));
    drop(serving);

    let (serving, _) = Serving::start(&place, "-p 0 --metrics *:0");
    metrics_address(&serving);
    assert!(
        serving.log().contains("WARNING: --metrics is reachable beyond this machine"),
        "{}",
        serving.log()
    );
}

#[test]
fn health_answers_by_its_exit_code_over_every_way() {
    let place = Place::new();
    add(&place, "ada", "pencil");
    let (serving, said) = Serving::start(&place, "-p 0 -c 2 --metrics 127.0.0.1:0");
    let address = metrics_address(&serving);
    for question in [said.address.clone(), format!("http://{address}"), format!("--alive http://{address}/")]
    {
        let ended = place.run(&format!("health {question}"), "");
        assert_eq!(ended.code, Some(0), "{question}: {}", ended.stderr);
        assert!(ended.stdout.starts_with("ok"), "{question}: {}", ended.stdout);
    }
    let table = [
        (format!("http://{}", said.address), "does not answer in HTTP"),
        (address, "does not answer in memcached's binary protocol"),
        ("unix:nowhere.sock".to_owned(), "unix:nowhere.sock: No such file"),
    ];
    for (question, why) in table {
        let ended = place.run(&format!("health {question}"), "");
        assert_eq!(ended.code, Some(1), "{question}");
        assert!(ended.stderr.contains(why), "{question}: {}", ended.stderr);
    }
    assert_eq!(place.run("health https://localhost", "").code, Some(2));

    // All seats are taken: whoever comes is closed at once.
    let _taken: Vec<_> = (0..2).map(|_| serving::Client::connect(&said.address)).collect();
    let full = || {
        let ended = place.run(&format!("health {}", said.address), "");
        ended.code == Some(1) && ended.stderr.contains("closed without an answer")
    };
    wait_until(full, || serving.log());
    let (code, _) = serving.end(Signal::TERM);
    assert_eq!(code, Some(0));
    let ended = place.run(&format!("health {}", said.address), "");
    assert_eq!(ended.code, Some(1));
}

#[test]
fn a_server_that_stops_is_alive_and_not_ready() {
    let place = Place::new();
    add(&place, "ada", "pencil");
    let (serving, said) = Serving::start(&place, "-p 0 --metrics 127.0.0.1:0");
    let address = metrics_address(&serving);
    // Half a request, which the server gives a second before it ends.
    let mut half = TcpStream::connect(&said.address).unwrap();
    half.write_all(&[0x80, 0x0a, 0, 0, 0]).unwrap();
    wait_until(|| ask(&address, "/metrics", "").contains("\nmemcached_current_connections 1\n"), String::new);
    serving.signal(Signal::TERM);
    wait_until(|| !ask(&address, "/readyz", "").starts_with("HTTP/1.1 200 "), || serving.log());
    let (ready, alive) = (ask(&address, "/readyz", ""), ask(&address, "/healthz", ""));
    assert!(ready.starts_with("HTTP/1.1 503 ") && ready.ends_with("the server is stopping\n"), "{ready}");
    assert!(alive.starts_with("HTTP/1.1 200 "), "{alive}");
    drop(half);
    // A second order would end it at once.
    assert_eq!(serving.end(Signal::CONT).0, Some(0));
}

#[test]
fn health_waits_no_longer_than_it_may() {
    let place = Place::new();
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = silent.local_addr().unwrap();
    let trickling = thread::spawn(move || {
        // A byte now and then, so that no single read takes long.
        for stream in silent.incoming().take(2) {
            let mut stream = stream.unwrap();
            thread::spawn(move || {
                while stream.write_all(b"H").is_ok() {
                    thread::sleep(std::time::Duration::from_millis(100));
                }
            });
        }
    });
    for question in [format!("http://{address}"), address.to_string()] {
        let start = std::time::Instant::now();
        let ended = place.run(&format!("health --timeout 1 {question}"), "");
        assert_eq!(ended.code, Some(1), "{}", ended.stdout);
        assert!(ended.stderr.contains("no answer in time"), "{}", ended.stderr);
        assert!(start.elapsed() < PATIENCE / 3);
    }
    trickling.join().unwrap();
}
