//! `keyway doctor HOST:PORT`, by the real command: at servers in order, at servers that are set up wrongly, and at what is
//! no server.
#![allow(clippy::unwrap_used, clippy::expect_used)] // what fails here fails the test

mod cli_command;
mod raw;

use cli_command::{Ended, Place};
use keyway::{Mechanism, Role};
use keyway_frontend::Server;
use raw::{PASSWORD, cache, cache_of_ada, open, serve};
use std::{
    fs,
    io::{Read, Write},
    net::{SocketAddr, TcpListener},
    thread,
    time::Duration,
};

#[track_caller]
fn says(ended: &Ended, level: &str, text: &str) {
    let found = ended.stdout.lines().any(|line| line.starts_with(level) && line.contains(text));
    assert!(found, "no {level} with {text:?}: {ended:?}");
    assert!(!format!("{ended:?}").contains(PASSWORD), "{ended:?}");
}

/// Visits as `ada`.
fn visit(address: SocketAddr, password: &str) -> Ended {
    Place::new().run(&format!("doctor {address} --user ada --patience 2"), &format!("{password}\n"))
}

fn visit_server(server: &Server, password: &str) -> Ended {
    visit(server.addresses()[0], password)
}

#[test]
fn a_server_in_order_is_logged_in_to_by_the_strongest_mechanism() {
    let server = serve(&cache_of_ada(), |_| {});
    let ended = visit_server(&server, PASSWORD);
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""), "{ended:?}");
    assert!(ended.stdout.lines().all(|line| line.starts_with("ok ")), "{ended:?}");
    says(&ended, "ok", r#"logged in as "ada" by SCRAM-SHA-256, 4096 iterations; the server has proven"#);
    says(&ended, "ok", "a get is answered (a miss)");
    server.stop();

    let plain =
        serve(&cache_of_ada(), |config| config.listen[0].entrance.mechanisms = vec![Mechanism::Plain]);
    let place = Place::new();
    fs::write(place.path("secret"), format!("{PASSWORD}\nsecond line\n")).unwrap();
    let from_file = format!("doctor {} --user ada --password-file secret", plain.addresses()[0]);
    let ended = place.run(&from_file, "");
    assert_eq!(ended.code, Some(0), "{ended:?}");
    says(&ended, "ok", r#"logged in as "ada" by PLAIN"#);
    plain.stop();
}

#[test]
fn a_unix_socket_is_visited_like_an_address() {
    let place = Place::new();
    let path = place.path("socket");
    let server = serve(&cache_of_ada(), |config| {
        config.listen = vec![keyway_frontend::UnixEndpoint::at(&path).into()];
    });
    let to = format!("unix:{}", path.display());
    let ended = place.run(&format!("doctor {to} --user ada"), &format!("{PASSWORD}\n"));
    assert_eq!(ended.code, Some(0), "{ended:?}");
    says(&ended, "ok", &format!("connected to {to}"));
    says(&ended, "ok", r#"logged in as "ada" by SCRAM-SHA-256"#);
    assert!(!ended.stdout.contains("network"), "what is said there stays here: {ended:?}");
    server.stop();
    let gone = place.run(&format!("doctor {to}"), "");
    assert_eq!(gone.code, Some(1), "{gone:?}");
    says(&gone, "error", "No such file");
    says(&gone, "error", "keyway serve -s");
}

#[test]
fn without_a_user_nobody_is_logged_in() {
    let server =
        serve(&cache_of_ada(), |config| config.listen[0].entrance.mechanisms = vec![Mechanism::ScramSha256]);
    let ended = Place::new().run(&format!("doctor {}", server.addresses()[0]), "");
    assert_eq!(ended.code, Some(0), "{ended:?}");
    says(&ended, "note", "clients that know PLAIN alone");
    says(&ended, "note", "not logged in");
    server.stop();
}

#[test]
fn a_wrong_password_is_refused_and_where_to_look_is_said() {
    let server = serve(&cache_of_ada(), |_| {});
    let ended = visit_server(&server, "guess");
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(1), "keyway: 1 error\n"));
    says(&ended, "error", "keyway doctor explain ID");
    server.stop();
}

/// As clients do, it takes SCRAM-SHA-512 and nothing else; that PLAIN would have worked tells what is missing.
#[test]
fn what_is_not_stored_shows_by_another_mechanism_that_works() {
    let server = serve(&cache_of_ada(), |config| {
        config.listen[0].entrance.mechanisms = vec![Mechanism::ScramSha512, Mechanism::Plain];
    });
    let ended = visit_server(&server, PASSWORD);
    assert_eq!(ended.code, Some(1));
    says(&ended, "warning", "by PLAIN this password is right, but clients on libsasl2 take SCRAM-SHA-512");
    says(&ended, "error", "refused (0x20)");
    assert!(!visit_server(&server, "guess").stdout.contains("is right"));
    server.stop();
}

#[test]
fn guesses_that_are_used_up_are_told_from_a_wrong_password() {
    let server = serve(&cache_of_ada(), |config| config.guesses_per_name = 1);
    assert_eq!(visit_server(&server, "guess").code, Some(1));
    let ended = Place::new()
        .run(&format!("doctor {} --user ada --patience 9", server.addresses()[0]), &format!("{PASSWORD}\n"));
    assert_eq!(ended.code, Some(1), "{ended:?}");
    says(&ended, "error", "the login was put off");
    server.stop();
}

#[test]
fn sasl_that_is_off_is_told_with_who_is_let_in() {
    let cache = cache_of_ada();
    let server = serve(&cache, |config| {
        open(config, &cache);
        config.listen[0].entrance.mechanisms.clear();
    });
    let ended = visit_server(&server, PASSWORD);
    assert_eq!(ended.code, Some(1));
    says(&ended, "error", "SASL is off and everybody who reaches the server may read it");
    server.stop();
    let closed = serve(&cache, |config| config.listen[0].entrance.mechanisms.clear());
    says(&visit_server(&closed, PASSWORD), "error", "nobody is let in without a login, so nobody is");
    closed.stop();
}

#[test]
fn a_role_that_ends_at_reading_is_enough() {
    let cache = cache();
    raw::add_user(&cache, "ada", Role::ReadOnly);
    let server = serve(&cache, |_| {});
    assert_eq!(visit_server(&server, PASSWORD).code, Some(0));
    server.stop();
}

fn answer(opcode: u8, status: u8, value: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0x81, opcode, 0, 0, 0, 0, 0, status, 0, 0, 0, u8::try_from(value.len()).unwrap()];
    bytes.extend([0; 12]);
    bytes.extend(value);
    bytes
}

/// A server of any number of connections, each answered as these say.
fn impostor(reply: impl Fn(&[u8]) -> Option<Vec<u8>> + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let mut buffer = [0; 4096];
            while let Ok(count @ 1..) = stream.read(&mut buffer) {
                let Some(bytes) = reply(&buffer[..count]) else { break };
                if stream.write_all(&bytes).is_err() {
                    break;
                }
            }
        }
    });
    address
}

/// Lists SCRAM-SHA-256, and challenges with so many rounds; what it signs with is nobody's.
fn liar(rounds: u32) -> SocketAddr {
    impostor(move |request| match request[1] {
        0x20 => Some(answer(0x20, 0, b"SCRAM-SHA-256")),
        0x21 => {
            let text = String::from_utf8_lossy(request);
            let nonce = text.rsplit_once("r=").unwrap().1.to_owned();
            let challenge = format!("r={nonce}server,s=W22ZaJ0SNY7soEsUEjb6gQ==,i={rounds}");
            Some(answer(0x21, 0x21, challenge.as_bytes()))
        }
        _ => Some(answer(0x22, 0x21, b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=")),
    })
}

#[test]
fn a_server_that_signs_wrongly_or_asks_for_what_clients_refuse_is_found_out() {
    for (rounds, told) in [
        (4096, "the server's proof that it knows the password is wrong"),
        (600_000, "asks for 600000 iterations, more than clients accept"),
        (1, "asks for 1 iterations, which is too few"),
    ] {
        let ended = visit(liar(rounds), PASSWORD);
        assert_eq!(ended.code, Some(1), "{ended:?}");
        says(&ended, "error", told);
    }
    says(&visit(liar(65_537), PASSWORD), "error", "65536 at most, and do not fall back to PLAIN");
}

#[test]
fn lists_of_mechanisms_that_are_of_no_use_or_weak_are_told() {
    let list = |names: &'static [u8]| impostor(move |_| Some(answer(0x20, 0, names)));
    says(
        &visit(list(b"GSSAPI SCRAM-SHA-1"), PASSWORD),
        "error",
        "offers GSSAPI SCRAM-SHA-1, which memcached clients lack",
    );
    says(&visit(list(b""), PASSWORD), "error", "offers no mechanism");
    let weak = Place::new().run(&format!("doctor {}", list(b"DIGEST-MD5 PLAIN")), "");
    assert_eq!(weak.code, Some(0));
    says(&weak, "warning", "weak mechanisms are offered: DIGEST-MD5");
}

#[test]
fn what_is_no_server_is_told_apart() {
    says(&visit(impostor(|_| None), PASSWORD), "error", "too many connections (-c)");
    let http = impostor(|_| Some(b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec()));
    says(&visit(http, PASSWORD), "error", "not the memcached binary protocol");
    let silent = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    says(&visit(silent.local_addr().unwrap(), PASSWORD), "error", "nothing came for 2s");
    let nobody = silent.local_addr().unwrap();
    drop(silent);
    says(&visit(nobody, PASSWORD), "error", "nothing listens there");
    let unknown = Place::new().run("doctor no-such-host.invalid", "");
    assert_eq!(unknown.code, Some(1));
    says(&unknown, "error", "there is no address of that name");
}

#[test]
fn a_slow_answer_is_warned_of() {
    let slow = impostor(|_| {
        thread::sleep(Duration::from_millis(600));
        Some(answer(0x20, 0, b"PLAIN"))
    });
    let ended = Place::new().run(&format!("doctor {slow}"), "");
    assert_eq!(ended.code, Some(0));
    says(&ended, "warning", "listing the mechanisms took 6");
}
