//! The library's own client against the real server, and against what is none.
#![allow(clippy::unwrap_used, clippy::expect_used)] // what fails here fails the test

mod raw;

use keyway::Mechanism;
use keyway_frontend::{
    ServerFinal,
    client::{Client, ClientError, Credentials, Doing, LoginFault},
};
use raw::{PASSWORD, cache_of_ada, cache_of_every_form, open, serve};
use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpListener},
    thread,
    time::Duration,
};

const PATIENCE: Duration = Duration::from_secs(30);

fn answer(opcode: u8, status: u8, value: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0x81, opcode, 0, 0, 0, 0, 0, status, 0, 0, 0, u8::try_from(value.len()).unwrap()];
    bytes.extend([0; 12]);
    bytes.extend(value);
    bytes
}

/// A server of one connection that answers whatever comes with these bytes, one piece a request, and hangs up.
fn impostor(answers: Vec<Vec<u8>>) -> SocketAddr {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        for bytes in answers {
            let _ = stream.read(&mut [0; 4096]).unwrap();
            stream.write_all(&bytes).unwrap();
        }
    });
    address
}

fn to(address: SocketAddr) -> Client {
    Client::connect(address, PATIENCE).unwrap()
}

fn ada() -> Credentials {
    Credentials::new("ada", PASSWORD)
}

#[test]
fn it_lists_logs_in_and_gets_by_each_mechanism() {
    let cache = cache_of_every_form();
    cache.session_for("ada").unwrap().set("k", keyway::Draft::new(&[b'v'; 100_000])).unwrap();
    let server = serve(&cache, |config| config.listen[0].entrance.mechanisms = Mechanism::ALL.to_vec());
    for mechanism in [Mechanism::ScramSha512, Mechanism::ScramSha256, Mechanism::Plain, Mechanism::CramMd5] {
        let mut client = to(server.addresses()[0]);
        assert_eq!(client.mechanisms().unwrap(), ["SCRAM-SHA-512", "SCRAM-SHA-256", "PLAIN", "CRAM-MD5"]);
        let rounds = mechanism.name().starts_with("SCRAM").then_some(4096);
        assert_eq!(client.log_in(mechanism, &ada()).unwrap(), rounds, "{mechanism}");
        assert!(client.version().unwrap().ends_with(concat!("keyway-", env!("CARGO_PKG_VERSION"))));
        assert_eq!(client.get(b"k").unwrap().unwrap(), [b'v'; 100_000]);
        assert_eq!(client.get(b"another").unwrap(), None);
    }
    server.stop();
}

/// The server's proof is looked at wherever it is.
#[test]
fn the_servers_proof_may_come_with_the_good_news() {
    let server =
        serve(&cache_of_every_form(), |config| config.listen[0].entrance.server_final = ServerFinal::Success);
    for mechanism in [Mechanism::ScramSha256, Mechanism::ScramSha512] {
        assert_eq!(to(server.addresses()[0]).log_in(mechanism, &ada()).unwrap(), Some(4096), "{mechanism}");
    }
    server.stop();
}

#[test]
fn one_derivation_serves_each_further_login_by_the_same_credentials() {
    let server = serve(&cache_of_ada(), |_| {});
    let (credentials, others) = (ada(), Credentials::new("ada", "guess"));
    for _ in 0..3 {
        assert!(to(server.addresses()[0]).log_in(Mechanism::ScramSha256, &credentials.clone()).is_ok());
        let refused = to(server.addresses()[0]).log_in(Mechanism::ScramSha256, &others);
        assert!(matches!(refused, Err(ClientError::Refused { status: 0x20, .. })), "{refused:?}");
    }
    server.stop();
}

#[test]
fn a_refusal_and_sasl_that_is_off_come_back_as_their_status() {
    let cache = cache_of_ada();
    let server = serve(&cache, |_| {});
    let mut client = to(server.addresses()[0]);
    let refused = client.log_in(Mechanism::Plain, &Credentials::new("ada", "guess"));
    assert!(matches!(refused, Err(ClientError::Refused { doing: Doing::LoggingIn, status: 0x20, .. })));
    // What it says before it hangs up is heard.
    assert!(matches!(client.get(b"k"), Err(ClientError::Refused { status: 0x20, .. })));
    assert!(matches!(client.get(b"k"), Err(ClientError::Closed(Doing::Getting))));
    server.stop();

    let off = serve(&cache, |config| {
        open(config, &cache);
        config.listen[0].entrance.mechanisms.clear();
    });
    let listed = to(off.addresses()[0]).mechanisms();
    assert!(matches!(listed, Err(ClientError::Refused { status: 0x81, .. })), "{listed:?}");
    off.stop();
}

#[test]
fn a_server_that_lies_is_found_out() {
    let plain_ok = answer(0x21, 0, b"Authenticated");
    let unsigned = to(impostor(vec![plain_ok])).log_in(Mechanism::ScramSha256, &ada());
    assert!(matches!(unsigned, Err(ClientError::Login(LoginFault::Unsigned))), "{unsigned:?}");
    let foreign = answer(0x21, 0x21, b"r=another,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096");
    let foreign = to(impostor(vec![foreign])).log_in(Mechanism::ScramSha256, &ada());
    assert!(matches!(foreign, Err(ClientError::Login(LoginFault::ForeignNonce))), "{foreign:?}");
    let endless = to(impostor(vec![answer(0x21, 0x21, b"more")])).log_in(Mechanism::Plain, &ada());
    assert!(matches!(endless, Err(ClientError::Login(LoginFault::Endless))), "{endless:?}");
}

#[test]
fn what_hangs_up_or_speaks_otherwise_or_not_at_all_is_told_apart() {
    let closed = to(impostor(vec![])).mechanisms();
    assert!(matches!(closed, Err(ClientError::Closed(Doing::ListingMechanisms))), "{closed:?}");
    let half = to(impostor(vec![answer(0x20, 0, b"PLAIN")[..26].to_vec()])).mechanisms();
    assert!(matches!(half, Err(ClientError::Closed(_))), "{half:?}");
    let http = to(impostor(vec![b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec()])).mechanisms();
    assert!(matches!(http, Err(ClientError::NotThisProtocol(_))), "{http:?}");
    let huge = to(impostor(vec![[&answer(0x20, 0, b"")[..8], &[0xff; 4], &[0; 12]].concat()])).mechanisms();
    assert!(matches!(huge, Err(ClientError::NotThisProtocol(_))), "{huge:?}");

    let silent = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let mut client = Client::connect(silent.local_addr().unwrap(), Duration::from_millis(50)).unwrap();
    let mute = client.mechanisms();
    assert!(matches!(mute, Err(ClientError::TimedOut { doing: Doing::ListingMechanisms, .. })), "{mute:?}");
    let nobody = silent.local_addr().unwrap();
    drop(silent);
    let refused = Client::connect(nobody, PATIENCE);
    assert!(matches!(refused, Err(ClientError::Io { doing: Doing::Connecting, .. })), "{refused:?}");
}

/// One byte now and then must not keep a client for ever.
#[test]
fn patience_is_for_the_whole_answer() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        for byte in answer(0x20, 0, b"PLAIN").repeat(10) {
            thread::sleep(Duration::from_millis(30));
            if stream.write_all(&[byte]).is_err() {
                return;
            }
        }
    });
    let mut client = Client::connect(address, Duration::from_millis(200)).unwrap();
    assert!(matches!(client.mechanisms(), Err(ClientError::TimedOut { .. })));
}
