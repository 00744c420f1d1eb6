//! The HTTP server beside the cache: what it answers, and what it bears.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use keyway_frontend::http::{Access, AccessToken, HttpServer, HttpStatus, Response, Routes};
use std::{
    io::{ErrorKind, Read, Write},
    net::{Shutdown, SocketAddr, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

const PATIENCE: Duration = Duration::from_secs(60);
const TOKEN: &str = "correct-horse-battery-staple";
/// What a big answer has: more than any socket takes at once.
const BIG: usize = 64 << 20;

fn routes() -> Routes {
    let mut routes = Routes::new();
    routes.add("/hello", Access::Everybody, |request| {
        Response::text(format!("hello {}", request.query().unwrap_or_default()))
    });
    routes.add("/secret", Access::TokenHolders, |_| {
        Response::text("swordfish").with_header("X-Told", "one\r\nX-Forged: two")
    });
    routes.add("/ill", Access::Everybody, |_| {
        Response::text("ill").with_status(HttpStatus::ServiceUnavailable)
    });
    routes.add("/big", Access::Everybody, |_| Response::of("application/octet-stream", vec![b'x'; BIG]));
    routes
}

fn serve(routes: Routes) -> HttpServer {
    HttpServer::start(&[SocketAddr::from(([127, 0, 0, 1], 0))], routes).unwrap()
}

fn connect(server: &HttpServer) -> TcpStream {
    let socket = TcpStream::connect(server.addresses()[0]).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    socket.set_write_timeout(Some(PATIENCE)).unwrap();
    socket
}

/// All that comes, until the server closes; a reset counts as an end.
fn rest_of(mut socket: TcpStream) -> String {
    let mut bytes = Vec::new();
    match socket.read_to_end(&mut bytes) {
        Err(error) if error.kind() != ErrorKind::ConnectionReset => panic!("{error}"),
        _ => String::from_utf8(bytes).unwrap(),
    }
}

#[track_caller]
fn ask(server: &HttpServer, head: &str) -> String {
    let mut socket = connect(server);
    socket.write_all(head.as_bytes()).unwrap();
    rest_of(socket)
}

fn get(server: &HttpServer, path: &str) -> String {
    ask(server, &format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n"))
}

#[track_caller]
fn assert_status(answer: &str, status: u16) {
    assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{status} expected: {answer:?}");
}

#[test]
fn what_is_asked_for_is_answered_and_the_connection_closed() {
    let server = serve(routes());
    let answer = get(&server, "/hello?you");
    assert_status(&answer, 200);
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert_eq!(body, "hello you");
    for field in [
        "Content-Type: text/plain; charset=utf-8",
        "Content-Length: 9",
        "Connection: close",
        "Cache-Control: no-store",
        "X-Content-Type-Options: nosniff",
    ] {
        assert!(head.lines().any(|line| line == field), "{field} is missing: {head}");
    }
    assert!(head.contains("\r\nDate: ") && head.contains(" GMT\r\n"), "{head}");
    assert_status(&get(&server, "/ill"), 503);
    for path in ["/", "/hello/", "/Hello", "/hello/../secret", "/%68ello"] {
        assert_status(&get(&server, path), 404);
    }
    let head_only = ask(&server, "HEAD /hello HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assert!(head_only.contains("Content-Length: 6\r\n") && head_only.ends_with("\r\n\r\n"), "{head_only}");
    assert!(ask(&server, "GET http://localhost/hello HTTP/1.1\r\nHost: x\r\n\r\n").ends_with("hello "));
    assert!(ask(&server, "GET /hello HTTP/1.0\r\n\r\n").ends_with("hello "), "HTTP/1.0 names no host");
}

#[test]
fn only_get_and_head_have_a_meaning_and_a_body_has_none() {
    let server = serve(routes());
    for method in ["POST", "PUT", "DELETE", "OPTIONS", "CONNECT", "get", "TRACE"] {
        let answer = ask(&server, &format!("{method} /hello HTTP/1.1\r\nHost: localhost\r\n\r\n"));
        assert_status(&answer, 405);
        assert!(answer.contains("\r\nAllow: GET, HEAD\r\n"), "{answer}");
    }
    let smuggled = "GET /secret HTTP/1.1\r\nHost: localhost\r\n\r\n";
    for framing in [format!("Content-Length: {}", smuggled.len()), "Transfer-Encoding: chunked".to_owned()] {
        let answer =
            ask(&server, &format!("GET /hello HTTP/1.1\r\nHost: localhost\r\n{framing}\r\n\r\n{smuggled}"));
        assert_status(&answer, 200);
        assert!(!answer.contains("swordfish"), "{answer}");
    }
}

#[test]
fn of_a_pipeline_the_first_is_answered_and_no_other() {
    let server = serve(routes());
    let one = "GET /hello?1 HTTP/1.1\r\nHost: localhost\r\n\r\n";
    let answer = ask(&server, &one.repeat(500));
    assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "{answer}");
    assert!(answer.ends_with("hello 1"));
}

#[test]
fn what_is_no_request_is_refused() {
    let server = serve(routes());
    let tls_hello = "\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}";
    for head in [
        "GET /hello\r\n\r\n",
        "GET /hello HTTP/1.1\r\n\r\n",
        "hello\r\n\r\n",
        tls_hello,
        "\u{0}\u{0}\u{0}\u{0}\r\n\r\n",
    ] {
        assert_status(&ask(&server, head), 400);
    }
    // A request of the memcached protocol: a get, in binary and in text.
    let mut binary = connect(&server);
    binary
        .write_all(&[0x80, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, b'k'])
        .unwrap();
    assert_status(&rest_of(binary), 400);
    assert_status(&ask(&server, "get k\r\n"), 400);
    assert_status(&get(&server, "/hello"), 200);
}

#[test]
fn a_head_is_bounded_in_bytes_and_fields() {
    let server = serve(routes());
    let long = format!("GET /hello HTTP/1.1\r\nHost: localhost\r\nX: {}", "x".repeat(9 << 10));
    assert_status(&ask(&server, &long), 431);
    assert_status(&ask(&server, &format!("GET /{}", "x".repeat(9 << 10))), 431);
    let fields = "X: y\r\n".repeat(65);
    assert_status(&ask(&server, &format!("GET /hello HTTP/1.1\r\nHost: localhost\r\n{fields}\r\n")), 431);
    let fits = format!("GET /hello HTTP/1.1\r\nHost: localhost\r\nCookie: {}\r\n\r\n", "x".repeat(7 << 10));
    assert_status(&ask(&server, &fits), 200);
    // Without end, and without reading: the server stops taking it.
    let mut socket = connect(&server);
    let start = Instant::now();
    while socket.write_all(&[b'x'; 4096]).is_ok() {
        assert!(start.elapsed() < PATIENCE, "it is read for ever");
    }
}

#[test]
fn a_head_may_come_in_pieces_but_not_for_ever() {
    let server = serve(routes());
    let mut pieces = connect(&server);
    pieces.set_nodelay(true).unwrap();
    for byte in b"GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n" {
        pieces.write_all(&[*byte]).unwrap();
    }
    assert_status(&rest_of(pieces), 200);

    let mut slow = connect(&server);
    let silent = connect(&server);
    let start = Instant::now();
    let mut trickle = slow.try_clone().unwrap();
    let trickling = thread::spawn(move || {
        trickle.write_all(b"GET /hello HTTP/1.1\r\n").unwrap();
        while start.elapsed() < PATIENCE && trickle.write_all(b"X: y\r\n").is_ok() {
            thread::sleep(Duration::from_millis(300));
        }
    });
    assert_status(&get(&server, "/hello"), 200);
    let mut told = String::new();
    let _reset_or_end = slow.read_to_string(&mut told);
    assert_status(&told, 408);
    assert_eq!(rest_of(silent), "");
    let took = start.elapsed();
    assert!(took > Duration::from_secs(4) && took < Duration::from_secs(20), "{took:?}");
    trickling.join().unwrap();
}

#[test]
fn hundreds_who_say_nothing_keep_nobody_out() {
    let server = serve(routes());
    let begun: Vec<TcpStream> = (0..300)
        .map(|number| {
            let mut socket = connect(&server);
            if number % 2 == 0 {
                socket.write_all(b"GET /hello HTTP/1.1\r\n").unwrap();
            }
            socket
        })
        .collect();
    for _ in 0..20 {
        assert_status(&get(&server, "/hello"), 200);
    }
    drop(begun);
}

#[test]
fn who_does_not_take_an_answer_is_given_up_and_others_are_served_meanwhile() {
    let server = serve(routes());
    let mut lazy = connect(&server);
    lazy.write_all(b"GET /big HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    let start = Instant::now();
    thread::sleep(Duration::from_secs(7));
    assert_status(&get(&server, "/hello"), 200);
    let mut got = Vec::new();
    let _reset_or_end = lazy.read_to_end(&mut got);
    assert!(got.len() < BIG, "all of it was kept for {:?}", start.elapsed());
    // Whoever takes it gets all of it.
    assert_eq!(get(&server, "/big").split_once("\r\n\r\n").unwrap().1.len(), BIG);
}

#[test]
fn a_name_that_may_be_any_pages_own_is_refused_over_the_loopback() {
    let server = serve(routes());
    for host in ["evil.example", "localhost.evil.example:80", "127.0.0.1.nip.io", "metrics"] {
        let answer = ask(&server, &format!("GET /hello HTTP/1.1\r\nHost: {host}\r\n\r\n"));
        assert_status(&answer, 421);
        assert!(!answer.contains("hello "), "{answer}");
        let absolute = format!("GET http://{host}/hello HTTP/1.1\r\nHost: localhost\r\n\r\n");
        assert_status(&ask(&server, &absolute), 421);
    }
    for host in ["127.0.0.1", "[::1]:80", "localhost:9150"] {
        assert_status(&ask(&server, &format!("GET /hello HTTP/1.1\r\nHost: {host}\r\n\r\n")), 200);
    }
}

#[test]
fn with_a_token_only_what_is_for_everybody_is_told_without_it() {
    let mut guarded = routes();
    guarded.require(AccessToken::new(TOKEN).unwrap());
    let server = serve(guarded);
    let with = |path: &str, authorization: &str| {
        ask(
            &server,
            &format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: {authorization}\r\n\r\n"),
        )
    };
    assert_status(&get(&server, "/hello"), 200);
    for path in ["/secret", "/nothing"] {
        let answer = get(&server, path);
        assert_status(&answer, 401);
        assert!(answer.contains("\r\nWWW-Authenticate: Bearer") && !answer.contains("swordfish"), "{answer}");
        assert_status(&with(path, "Bearer wrong-horse-battery-staple"), 401);
    }
    assert!(with("/secret", &format!("Bearer {TOKEN}")).ends_with("swordfish"));
    assert_status(&with("/nothing", &format!("Bearer {TOKEN}")), 404);
    // Without a token nobody has to show one.
    let open = serve(routes());
    let answer = get(&open, "/secret");
    assert!(answer.ends_with("swordfish"));
    assert!(!answer.contains("\r\nX-Forged"), "a header value has begun another header: {answer}");
}

#[test]
fn a_stream_goes_on_until_the_peer_has_gone_and_waits_for_who_does_not_read() {
    let made = Arc::new(AtomicUsize::new(0));
    let mut streaming = routes();
    let counted = Arc::clone(&made);
    streaming.add("/stream", Access::Everybody, move |request| {
        let (counted, endless) = (Arc::clone(&counted), request.query() == Some("big"));
        let mut number = 0;
        Response::stream("text/event-stream", Duration::from_millis(10), move || {
            number += 1;
            counted.fetch_add(1, Ordering::Relaxed);
            match number {
                _ if endless => Some(vec![b'x'; 1 << 20]),
                1..=3 => Some(format!("data: {number}\n\n").into_bytes()),
                _ => None,
            }
        })
    });
    let server = serve(streaming);
    let answer = get(&server, "/stream");
    assert!(answer.contains("Content-Type: text/event-stream\r\n") && !answer.contains("Content-Length"));
    assert!(answer.ends_with("\r\n\r\ndata: 1\n\ndata: 2\n\ndata: 3\n\n"), "{answer}");
    assert_eq!(made.swap(0, Ordering::Relaxed), 4);

    let mut lazy = connect(&server);
    lazy.write_all(b"GET /stream?big HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    let start = Instant::now();
    while made.load(Ordering::Relaxed) == 0 {
        assert!(start.elapsed() < PATIENCE, "it never began");
        thread::sleep(Duration::from_millis(5));
    }
    thread::sleep(Duration::from_secs(1));
    let early = made.load(Ordering::Relaxed);
    assert!(early < 50, "{early} MiB were made for somebody who reads nothing");
    drop(lazy);

    // No more than sixteen at once, and whoever leaves makes room.
    let followers: Vec<_> = (0..16)
        .map(|_| {
            let mut socket = connect(&server);
            socket.write_all(b"GET /stream?big HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
            socket.read_exact(&mut [0; 64]).unwrap();
            socket
        })
        .collect();
    assert_status(&get(&server, "/stream"), 503);
    assert_status(&get(&server, "/hello"), 200);
    for socket in &followers {
        socket.shutdown(Shutdown::Both).unwrap();
    }
    drop(followers);
    while !get(&server, "/stream").contains("data: 3") {
        assert!(start.elapsed() < PATIENCE, "no room again");
        thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_server_that_is_dropped_lets_go_of_its_port_and_its_connections() {
    let server = serve(routes());
    let address = server.addresses()[0];
    let held = connect(&server);
    drop(server);
    assert_eq!(rest_of(held), "");
    let again = HttpServer::start(&[address], routes()).unwrap();
    assert_status(&get(&again, "/hello"), 200);
    let taken = HttpServer::start(&[address], routes()).unwrap_err();
    assert!(taken.to_string().contains("cannot listen on 127.0.0.1:"), "{taken}");
}
