//! SCRAM bound to the channel of TLS (RFC 5802, RFC 9266), by a SASL library and a TLS client that share nothing with the server's
//! SASL: each side exports its own keying material. And somebody in between, who has a certificate that the client trusts.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::cast_possible_truncation,
    reason = "a test that cannot go on fails"
)]

mod raw;
mod tls;

use raw::{PASSWORD, Reply, ask, cache_of_every_form, client_final, get, serve};
use rsasl::{
    callback::{Context, Request, SessionCallback, SessionData},
    mechanisms::scram::{SCRAM_SHA256_PLUS, SCRAM_SHA512_PLUS},
    prelude::{Mechanism, Mechname, Registry, SASLClient, SASLConfig, SessionError, State},
    property::{AuthId, ChannelBindingName, ChannelBindings, Password},
};
use rustls::{
    ServerConfig, ServerConnection, StreamOwned,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    version::TLS13,
};
use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpListener},
    sync::Arc,
    thread,
};
use tls::{House, TlsClient, by_tls};

const PLUS: [&str; 2] = ["SCRAM-SHA-256-PLUS", "SCRAM-SHA-512-PLUS"];

/// Not among those that the library takes by itself.
static BINDING: [Mechanism; 2] = [SCRAM_SHA256_PLUS, SCRAM_SHA512_PLUS];

/// What the client sees of the channel.
#[derive(Clone, Copy)]
struct Seen(&'static str, [u8; 32]);

/// What the library asks for.
struct Ada {
    seen: Seen,
    password: String,
    binds: bool,
}

impl SessionCallback for Ada {
    fn callback(
        &self,
        _: &SessionData,
        context: &Context<'_>,
        request: &mut Request<'_>,
    ) -> Result<(), SessionError> {
        request.satisfy::<AuthId>("ada")?;
        request.satisfy::<Password>(self.password.as_bytes())?;
        if context.get_ref::<ChannelBindingName>() == Some(self.seen.0) {
            request.satisfy::<ChannelBindings>(&self.seen.1)?;
        }
        Ok(())
    }

    fn enable_channel_binding(&self) -> bool {
        self.binds
    }
}

/// Logs in by the library; whether it believes the server that says how it ended.
fn log_in(client: &mut TlsClient, mechanism: &str, seen: Seen, password: &str) -> (Reply, bool) {
    let ada = Ada { seen, password: password.to_owned(), binds: mechanism.ends_with("-PLUS") };
    let mechanisms = if ada.binds { Registry::with_mechanisms(&BINDING) } else { Registry::default() };
    let config = SASLConfig::builder().with_registry(mechanisms).with_callback(ada).unwrap();
    let offered = [Mechname::parse(mechanism.as_bytes()).unwrap()];
    let mut session = SASLClient::new(config).start_suggested(&offered).unwrap();
    assert_eq!(session.get_mechname().as_str(), mechanism);
    let (mut opcode, mut input, mut believed) = (0x21, None::<Vec<u8>>, false);
    loop {
        let mut message = Vec::new();
        match session.step(input.as_deref(), &mut message) {
            Ok(State::Finished(_)) => believed = true,
            Ok(State::Running) => {}
            Err(error) => panic!("{mechanism}: {error}"),
        }
        let reply = client.one(&ask(opcode).key(mechanism).value(message));
        if reply.status != 0x21 {
            return (reply, believed);
        }
        (opcode, input) = (0x22, Some(reply.value));
    }
}

#[test]
fn a_library_logs_in_by_what_both_sides_export() {
    let (house, cache) = (House::new(), cache_of_every_form());
    let server = serve(&cache, |config| by_tls(config, house.tls()));
    for mechanism in PLUS {
        let mut client = house.client_of(&server);
        let seen = client.exporter();
        let (reply, believed) = log_in(&mut client, mechanism, Seen("tls-exporter", seen), PASSWORD);
        assert_eq!((reply.status, believed), (0, true), "{mechanism}");
        assert_eq!(client.one(&get("k")).status, 1);
        // The channel is the same for a second login, and for one after a failure.
        for (password, status) in [("guess", 0x20), (PASSWORD, 0)] {
            let reply = log_in(&mut client, mechanism, Seen("tls-exporter", seen), password).0;
            assert_eq!(reply.status, status, "{mechanism} {password}");
        }
    }
}

#[test]
fn another_channel_and_another_kind_of_binding_are_refused() {
    let (house, cache) = (House::new(), cache_of_every_form());
    let server = serve(&cache, |config| by_tls(config, house.tls()));
    for mechanism in PLUS {
        let (mut client, other) = (house.client_of(&server), house.client_of(&server));
        let (ours, theirs) = (client.exporter(), other.exporter());
        assert_ne!(ours, theirs);
        assert_eq!(log_in(&mut client, mechanism, Seen("tls-exporter", theirs), PASSWORD).0.status, 0x20);
        assert_eq!(log_in(&mut client, mechanism, Seen("tls-unique", ours), PASSWORD).0.status, 0x20);
        assert_eq!(log_in(&mut client, mechanism, Seen("tls-exporter", ours), PASSWORD).0.status, 0);
    }
}

/// A resumed session has keys of its own, and so has what is exported from them.
#[test]
fn a_channel_that_was_taken_up_again_is_another_one() {
    let (house, cache) = (House::new(), cache_of_every_form());
    let server = serve(&cache, |config| by_tls(config, house.tls()));
    let config = Arc::new(house.client_config(None, &[&TLS13]));
    let mut seen = Vec::new();
    for kind in [rustls::HandshakeKind::Full, rustls::HandshakeKind::Resumed] {
        let mut client = TlsClient::connect(server.addresses()[0], config.clone()).unwrap();
        let exporter = client.exporter();
        let (reply, _) = log_in(&mut client, PLUS[0], Seen("tls-exporter", exporter), PASSWORD);
        assert_eq!((reply.status, client.0.conn.handshake_kind()), (0, Some(kind)));
        seen.push(exporter);
    }
    assert_ne!(seen[0], seen[1]);
}

/// The client's side by hand, without -PLUS: as one that could bind and saw no offer, and as one that cannot.
#[test]
fn who_was_kept_from_binding_is_told_no() {
    let (house, cache) = (House::new(), cache_of_every_form());
    let server = serve(&cache, |config| by_tls(config, house.tls()));
    let mut client = house.client_of(&server);
    let greet = |header: &str| format!("{header}n=ada,r=rOprNGfwEbeRWgbNEkqO");
    let begin = |client: &mut TlsClient, header: &str| {
        client.one(&ask(0x21).key("SCRAM-SHA-256").value(greet(header)))
    };
    for header in ["y,,", "y,a=ada,", "p=tls-exporter,,"] {
        assert_eq!(begin(&mut client, header).status, 0x20, "{header}");
    }
    let challenge = begin(&mut client, "n,,");
    let last = client_final("n,,", "n=ada,r=rOprNGfwEbeRWgbNEkqO", &challenge.text(), PASSWORD);
    let signature = client.one(&ask(0x22).key("SCRAM-SHA-256").value(last.message));
    assert_eq!((signature.status, signature.text()), (0x21, last.signature));
    assert_eq!(client.one(&ask(0x22).key("SCRAM-SHA-256")).status, 0);
    for header in ["n,,", "y,,", "p=tls-unique,,", "p=TLS-EXPORTER,,"] {
        let mut client = house.client_of(&server);
        let refused = client.one(&ask(0x21).key("SCRAM-SHA-256-PLUS").value(greet(header)));
        assert_eq!(refused.status, 0x20, "{header} with -PLUS");
    }
}

/// Ends the client's TLS with a certificate that it trusts, and hands each frame on by TLS of its own.
fn in_between(house: &House, server: SocketAddr, alter: fn(Vec<u8>) -> Vec<u8>) -> SocketAddr {
    let pair = house.server();
    let chain = vec![CertificateDer::from_pem_slice(pair.certificate.as_bytes()).unwrap()];
    let key = PrivateKeyDer::from_pem_slice(pair.key.as_bytes()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(&[&TLS13])
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap();
    let outside = house.client_config(None, &[&TLS13]);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        let socket = listener.accept().unwrap().0;
        let mut victim = StreamOwned::new(ServerConnection::new(Arc::new(config)).unwrap(), socket);
        let mut server = TlsClient::connect(server, outside).unwrap();
        while let Some(frame) = frame(&mut victim) {
            server.send(&frame);
            let Some(answer) = self::frame(&mut server.0) else { return };
            victim.write_all(&alter(answer)).unwrap();
            victim.flush().unwrap();
        }
    });
    address
}

fn frame(stream: &mut impl Read) -> Option<Vec<u8>> {
    let mut bytes = vec![0; 24];
    stream.read_exact(&mut bytes).ok()?;
    let body = u32::from_be_bytes(bytes[8..12].try_into().unwrap());
    bytes.resize(24 + body as usize, 0);
    stream.read_exact(&mut bytes[24..]).ok()?;
    Some(bytes)
}

/// With a certificate that the client trusts, TLS alone does not find him; SCRAM would let him take the session over.
#[test]
fn somebody_in_between_is_found_by_what_is_bound() {
    let (house, cache) = (House::new(), cache_of_every_form());
    let server = serve(&cache, |config| by_tls(config, house.tls()));
    let victim = |alter| {
        let address = in_between(&house, server.addresses()[0], alter);
        TlsClient::connect(address, house.client_config(None, &[&TLS13])).unwrap()
    };
    let by = |client: &mut TlsClient, mechanism| {
        let seen = client.exporter();
        log_in(client, mechanism, Seen("tls-exporter", seen), PASSWORD).0.status
    };
    assert_eq!(by(&mut victim(|frame| frame), "SCRAM-SHA-256"), 0, "nothing is bound, and he has a session");
    for mechanism in PLUS {
        assert_eq!(by(&mut victim(|frame| frame), mechanism), 0x20, "{mechanism}");
    }
    // He takes the offer off the list: then a client that could bind says so, and is refused.
    let strip = |mut frame: Vec<u8>| {
        if frame[1] == 0x20 {
            let list = String::from_utf8(frame.split_off(24)).unwrap();
            let kept: Vec<_> = list.split(' ').filter(|name| !name.ends_with("-PLUS")).collect();
            frame.extend(kept.join(" ").bytes());
            let len = (frame.len() - 24) as u32;
            frame[8..12].copy_from_slice(&len.to_be_bytes());
        }
        frame
    };
    let mut client = victim(strip);
    assert_eq!(client.one(&ask(0x20)).text(), "SCRAM-SHA-512 SCRAM-SHA-256 PLAIN");
    let greeting = client.one(&ask(0x21).key("SCRAM-SHA-256").value("y,,n=ada,r=rOprNGfwEbeRWgbNEkqO"));
    assert_eq!(greeting.status, 0x20);
}
