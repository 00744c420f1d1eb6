//! A server inside of TLS, by a client of rustls.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::cast_possible_truncation,
    reason = "a test that cannot go on fails"
)]

mod raw;
mod tls;

use keyway::{ExternalName, Role, UserRecord};
use keyway_frontend::{ClientCertificates, Reload, TlsVersion};
use raw::{
    Client, PASSWORD, ask, cache_of_ada, cache_of_every_form, get, noop, plain, serve, serve_openly, set,
};
use rustls::version::{TLS12, TLS13};
use std::{
    io::{ErrorKind, Read, Write},
    net::{Shutdown, TcpStream},
    time::Duration,
};
use tls::{House, TlsClient, by_tls};

const LIST: u8 = 0x20;

#[test]
fn a_login_and_values_of_all_sizes_go_by_either_version() {
    let (house, cache) = (House::new(), cache_of_ada());
    let server = serve(&cache, |config| by_tls(config, house.tls()));
    for version in [&TLS13, &TLS12] {
        let mut client =
            TlsClient::connect(server.addresses()[0], house.client_config(None, &[version])).unwrap();
        assert_eq!(client.one(&get("k")).status, 0x20);
        let mut client =
            TlsClient::connect(server.addresses()[0], house.client_config(None, &[version])).unwrap();
        assert_eq!(client.one(&plain("ada", PASSWORD)).status, 0);
        for len in [0, 1, 4000, 16_383, 16_384, 16_385, 100_000, 500_000] {
            let value: Vec<u8> = (0..len).map(|at: u32| (at % 251) as u8).collect();
            assert_eq!(client.one(&set("k", value.clone())).status, 0, "{len}");
            let read = client.one(&get("k"));
            assert!(read.status == 0 && read.value == value, "{len}");
        }
    }
}

/// A pipeline that is larger than every buffer on the way, by a peer that reads only once all is written.
#[test]
fn a_peer_that_reads_late_gets_everything_in_order() {
    let (house, cache) = (House::new(), cache_of_ada());
    let server = serve(&cache, |config| by_tls(config, house.tls()));
    let mut client = house.client_of(&server);
    assert_eq!(client.one(&plain("ada", PASSWORD)).status, 0);
    assert_eq!(client.one(&set("large", vec![b'x'; 200_000])).status, 0);
    let asks: Vec<u8> = (0..200).flat_map(|_| get("large").bytes()).collect();
    client.send(&asks);
    std::thread::sleep(Duration::from_millis(300));
    for _ in 0..200 {
        let reply = client.try_reply().unwrap();
        assert!(
            reply.status == 0 && reply.value.len() == 200_000 && reply.value.iter().all(|byte| *byte == b'x')
        );
    }
    assert_eq!(client.one(&noop()).status, 0);
}

#[test]
fn mechanisms_with_plus_are_first_and_only_where_there_is_something_to_bind_to() {
    let (house, cache) = (House::new(), cache_of_every_form());
    let server = serve(&cache, |config| by_tls(config, house.tls()));
    let listed = |version| {
        let mut client =
            TlsClient::connect(server.addresses()[0], house.client_config(None, &[version])).unwrap();
        client.one(&ask(LIST)).text()
    };
    assert_eq!(listed(&TLS13), "SCRAM-SHA-512-PLUS SCRAM-SHA-256-PLUS SCRAM-SHA-512 SCRAM-SHA-256 PLAIN");
    assert_eq!(listed(&TLS12), "SCRAM-SHA-512 SCRAM-SHA-256 PLAIN");
    let clear = serve(&cache, |_| {});
    assert_eq!(Client::to(&clear).one(&ask(LIST)).text(), "SCRAM-SHA-512 SCRAM-SHA-256 PLAIN");
    let refused =
        Client::to(&clear).one(&ask(0x21).key("SCRAM-SHA-256-PLUS").value("p=tls-exporter,,n=ada,r=x"));
    assert_eq!(refused.status, 0x20);
}

#[test]
fn versions_below_the_lowest_are_not_spoken() {
    let (house, cache) = (House::new(), cache_of_ada());
    let server = serve(&cache, |config| by_tls(config, house.tls_from(TlsVersion::V1_3)));
    assert!(TlsClient::connect(server.addresses()[0], house.client_config(None, &[&TLS12])).is_err());
    assert!(TlsClient::connect(server.addresses()[0], house.client_config(None, &[&TLS13])).is_ok());
}

/// The handshake of 1.3 is done for the client before the server has looked at its certificate; then the first answer is missing.
fn talks(client: std::io::Result<TlsClient>) -> bool {
    let Ok(mut client) = client else { return false };
    client.0.write_all(&ask(LIST).bytes()).is_ok() && client.try_reply().is_ok()
}

#[test]
fn certificates_of_clients_are_asked_for_as_the_listener_says() {
    let (house, stranger, cache) = (House::new(), House::new(), cache_of_ada());
    let (known, foreign) = (house.client("worker-7", None), stranger.client("worker-7", None));
    for (asked, without, with_foreign) in [
        (ClientCertificates::No, true, true),
        (ClientCertificates::Optional, true, false),
        (ClientCertificates::Required, false, false),
    ] {
        let server = serve(&cache, |config| by_tls(config, house.tls_with(asked)));
        assert_eq!(talks(house.try_client(&server, None)), without, "{asked:?}, none");
        assert!(talks(house.try_client(&server, Some(&known))), "{asked:?}");
        assert_eq!(
            talks(house.try_client(&server, Some(&foreign))),
            with_foreign,
            "{asked:?}, another authority's"
        );
        server.stop();
    }
}

/// Who an authority certified to be a user logs in by EXTERNAL, by subject or by another name.
#[test]
fn who_a_certificate_names_logs_in_by_external() {
    let (house, cache) = (House::new(), cache_of_ada());
    cache.users().add_external("ada", "subject:CN=worker-7,O=Shop".parse().unwrap()).unwrap();
    let mut bob = UserRecord::with_credentials("bob", Role::ReadOnly, Vec::new());
    bob.external = vec![ExternalName::san("worker-8.shop.example")];
    cache.users().add_record(bob).unwrap();
    let server = serve(&cache, |config| by_tls(config, house.tls_with(ClientCertificates::Optional)));
    let external =
        |client: &mut TlsClient, message: &str| client.one(&ask(0x21).key("EXTERNAL").value(message)).status;

    let mut seven = house.try_client(&server, Some(&house.client("worker-7", None))).unwrap();
    assert!(seven.one(&ask(LIST)).text().ends_with("SCRAM-SHA-256 EXTERNAL PLAIN"));
    assert_eq!(external(&mut seven, ""), 0);
    assert_eq!(seven.one(&set("k", "v")).status, 0);
    assert_eq!(external(&mut seven, "ada"), 0);
    assert_eq!(external(&mut seven, "bob"), 0x20);

    let mut eight =
        house.try_client(&server, Some(&house.client("x", Some("Worker-8.shop.example")))).unwrap();
    assert_eq!(external(&mut eight, ""), 0);
    assert_eq!((eight.one(&get("k")).status, eight.one(&set("k", "w")).status), (0, 0x24));

    let mut both =
        house.try_client(&server, Some(&house.client("worker-7", Some("worker-8.shop.example")))).unwrap();
    assert_eq!(external(&mut both, ""), 0x20, "it could be two");
    assert_eq!(external(&mut both, "bob"), 0);

    let mut nine = house.try_client(&server, Some(&house.client("worker-9", None))).unwrap();
    assert!(!nine.one(&ask(LIST)).text().contains("EXTERNAL"));
    assert_eq!(external(&mut nine, ""), 0x20);
    let mut nobody = house.client_of(&server);
    assert!(!nobody.one(&ask(LIST)).text().contains("EXTERNAL"));
    assert_eq!(external(&mut nobody, ""), 0x20);
}

/// Who may choose a part of his own name must not become another by it.
#[test]
fn a_name_that_looks_like_several_parts_is_one() {
    let (house, cache) = (House::new(), cache_of_ada());
    cache.users().add_external("ada", "subject:CN=worker-7,O=Shop".parse().unwrap()).unwrap();
    let server = serve(&cache, |config| by_tls(config, house.tls_with(ClientCertificates::Optional)));
    let forged = house.certify(|params| {
        params.distinguished_name.push(rcgen::DnType::CommonName, "worker-7,O=Shop");
    });
    let mut client = house.try_client(&server, Some(&forged)).unwrap();
    assert_eq!(client.one(&ask(0x21).key("EXTERNAL")).status, 0x20);
    cache.users().add_external("ada", "subject:CN=worker-7\\,O\\=Shop".parse().unwrap()).unwrap_or(());
}

#[test]
fn a_session_is_taken_up_again_unless_clients_show_certificates() {
    use rustls::HandshakeKind::{Full, Resumed};
    let (house, cache) = (House::new(), cache_of_ada());
    for version in [&TLS13, &TLS12] {
        for (asked, second) in [(ClientCertificates::No, Resumed), (ClientCertificates::Optional, Full)] {
            let tls = house.tls_with(asked);
            let server = serve(&cache, |config| by_tls(config, tls.clone()));
            let config = std::sync::Arc::new(house.client_config(None, &[version]));
            let kind = || {
                let mut client = TlsClient::connect(server.addresses()[0], config.clone()).unwrap();
                // Tickets come behind the handshake.
                assert_eq!(client.one(&plain("ada", PASSWORD)).status, 0);
                client.0.conn.handshake_kind().unwrap()
            };
            assert_eq!((kind(), kind()), (Full, second), "{asked:?} {version:?}");
            // Other certificates come with other seals.
            house.install(&house.server());
            assert_eq!(tls.reload().unwrap(), Reload::Changed);
            assert_eq!(kind(), Full, "{version:?}");
            server.stop();
        }
    }
}

#[test]
fn the_end_is_said_inside_of_tls_by_either_side() {
    let (house, cache) = (House::new(), cache_of_ada());
    let server = serve(&cache, |config| by_tls(config, house.tls()));
    // The server's: after `quit`.
    let mut client = house.client_of(&server);
    assert_eq!(client.one(&plain("ada", PASSWORD)).status, 0);
    client.send(&ask(0x07).bytes());
    assert_eq!(client.try_reply().unwrap().status, 0);
    assert_eq!(client.0.read(&mut [0; 8]).unwrap(), 0, "close_notify, and not only the end of the socket");
    // The client's, behind requests: they are answered before the server ends, too.
    let mut client = house.client_of(&server);
    let asks = [plain("ada", PASSWORD), set("k", "v"), get("k")];
    client.0.write_all(&asks.iter().flat_map(raw::Ask::bytes).collect::<Vec<_>>()).unwrap();
    client.0.conn.send_close_notify();
    client.0.flush().unwrap();
    for _ in asks {
        assert_eq!(client.try_reply().unwrap().status, 0);
    }
    assert_eq!(client.0.read(&mut [0; 8]).unwrap(), 0);
    // The socket's alone: half a request is not served.
    let mut client = house.client_of(&server);
    assert_eq!(client.one(&plain("ada", PASSWORD)).status, 0);
    let request = set("k", "another").bytes();
    client.send(&request[..request.len() - 1]);
    client.0.sock.shutdown(Shutdown::Write).unwrap();
    assert_eq!(client.0.read(&mut [0; 8]).unwrap(), 0);
    let mut client = house.client_of(&server);
    assert_eq!(client.one(&plain("ada", PASSWORD)).status, 0);
    assert_eq!(client.one(&get("k")).value, b"v");
}

/// Row 59: there is no way into TLS but from the first byte, so nothing that was said before is heard after.
#[test]
fn row_59_what_is_said_before_tls_ends_the_connection_unanswered() {
    let (house, cache) = (House::new(), cache_of_ada());
    let server = serve(&cache, |config| by_tls(config, house.tls()));
    for bytes in [plain("ada", PASSWORD).bytes(), b"GET / HTTP/1.1\r\n\r\n".to_vec(), vec![0x80; 100]] {
        let mut socket = TcpStream::connect(server.addresses()[0]).unwrap();
        socket.set_read_timeout(Some(raw::PATIENCE)).unwrap();
        socket.write_all(&bytes).unwrap();
        let mut back = Vec::new();
        let ended = socket.read_to_end(&mut back);
        assert!(ended.is_ok() || ended.unwrap_err().kind() == ErrorKind::ConnectionReset);
        // An alert at most, and no answer of the protocol.
        assert!(back.first().is_none_or(|first| *first == 0x15) && back.len() <= 7, "{back:?}");
    }
    // And a greeting of TLS where there is none is hung up on.
    let clear = serve_openly(&cache);
    assert!(TlsClient::connect(clear.addresses()[0], house.client_config(None, &[&TLS13])).is_err());
}

#[test]
fn a_handshake_has_the_time_of_a_login_and_no_more() {
    let (house, cache) = (House::new(), cache_of_ada());
    for open in [false, true] {
        let server = serve(&cache, |config| {
            config.login_deadline = Duration::from_millis(300);
            if open && cache.users().add_trusted("guest", Role::Admin).is_ok() {
                config.listen[0].entrance.anonymous = Some(cache.session_for("guest").unwrap());
            }
            by_tls(config, house.tls());
        });
        let mut socket = TcpStream::connect(server.addresses()[0]).unwrap();
        socket.set_read_timeout(Some(raw::PATIENCE)).unwrap();
        socket.write_all(&[0x16, 3, 1]).unwrap();
        assert!(matches!(socket.read(&mut [0; 64]), Ok(0) | Err(_)), "closed, and it says nothing");
        server.stop();
    }
}

/// A greeting of a size that no client has: what is kept of it is bounded.
#[test]
fn a_handshake_without_end_is_cut_off() {
    let (house, cache) = (House::new(), cache_of_ada());
    let server = serve(&cache, |config| by_tls(config, house.tls()));
    let mut socket = TcpStream::connect(server.addresses()[0]).unwrap();
    socket.set_read_timeout(Some(raw::PATIENCE)).unwrap();
    // A ClientHello of 60,000 bytes, in records of 4,000.
    let mut message = vec![1, 0, 0xea, 0x60, 3, 3];
    message.resize(60_004, 0);
    let mut sent = 0;
    for piece in message.chunks(4000) {
        let header = [0x16, 3, 1, (piece.len() >> 8) as u8, piece.len() as u8];
        if socket.write_all(&header).and_then(|()| socket.write_all(piece)).is_err() {
            break;
        }
        sent += piece.len();
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(sent < 40_000, "it was cut off, and not read to the end: {sent}");
}

/// Records of one byte each, and frames across records: what TLS does to the stream is not seen in the conversation.
#[test]
fn generic_a_conversation_may_be_split_into_any_records() {
    let (house, cache) = (House::new(), cache_of_ada());
    let server = serve(&cache, |config| by_tls(config, house.tls()));
    let mut client = house.client_of(&server);
    let asks = [plain("ada", PASSWORD), set("k", "v"), get("k"), noop()];
    for byte in asks.iter().flat_map(raw::Ask::bytes) {
        client.send(&[byte]);
    }
    assert_eq!(asks.map(|_| client.try_reply().unwrap().status), [0; 4]);
}

/// 1.3 has no renegotiation, and rustls none in 1.2: a second greeting ends the connection.
#[test]
fn generic_a_renegotiation_is_refused() {
    let (house, cache) = (House::new(), cache_of_ada());
    let server = serve(&cache, |config| by_tls(config, house.tls()));
    let mut client = TlsClient::connect(server.addresses()[0], house.client_config(None, &[&TLS12])).unwrap();
    assert_eq!(client.one(&plain("ada", PASSWORD)).status, 0);
    // In the clear where all is encrypted, as nothing else can be sent by this client.
    client.0.sock.write_all(&[0x16, 3, 3, 0, 4, 1, 0, 0, 0]).unwrap();
    assert!(client.try_reply().is_err());
}
