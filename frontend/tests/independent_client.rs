//! A SASL library that shares nothing with this one logs in to the real server, by every mechanism that both have.
#![allow(clippy::unwrap_used, clippy::expect_used)] // what fails here fails the test

mod raw;

use raw::{Client, PASSWORD, Reply, ask, cache_of_every_form, get, serve};
use rsasl::prelude::{Mechname, SASLClient, SASLConfig, Session, State};

const MECHANISMS: [&str; 3] = ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"];

fn session(mechanism: &str, acting_as: Option<&str>, name: &str, password: &str) -> Session {
    let acting_as = acting_as.map(str::to_owned);
    let config = SASLConfig::with_credentials(acting_as, name.to_owned(), password.to_owned()).unwrap();
    SASLClient::new(config).start_suggested(&[Mechname::parse(mechanism.as_bytes()).unwrap()]).unwrap()
}

/// Carries the messages of a login until the server says how it ended; whether the library believes the server.
fn log_in(client: &mut Client, session: &mut Session) -> (Reply, bool) {
    let mechanism = session.get_mechname().as_str().to_owned();
    let (mut opcode, mut input, mut believed) = (0x21, None::<Vec<u8>>, false);
    loop {
        let mut message = Vec::new();
        match session.step(input.as_deref(), &mut message) {
            Ok(State::Finished(_)) => believed = true,
            Ok(State::Running) => {}
            Err(error) => panic!("{mechanism}: {error}"),
        }
        let reply = client.one(&ask(opcode).key(&mechanism).value(message));
        if reply.status != 0x21 {
            return (reply, believed);
        }
        (opcode, input) = (0x22, Some(reply.value));
    }
}

#[test]
fn it_logs_in_by_each_mechanism_and_believes_the_servers_proof() {
    let cache = cache_of_every_form();
    let server = serve(&cache, |_| {});
    for mechanism in MECHANISMS {
        for acting_as in [None, Some("ada")] {
            let mut client = Client::to(&server);
            let mut session = session(mechanism, acting_as, "ada", PASSWORD);
            let (reply, believed) = log_in(&mut client, &mut session);
            assert_eq!((reply.status, believed), (0, true), "{mechanism} {acting_as:?}");
            assert_eq!(client.one(&get("k")).status, 1, "{mechanism}");
        }
    }
    server.stop();
}

#[test]
fn it_is_refused_with_another_password_and_as_another_user() {
    let cache = cache_of_every_form();
    let server = serve(&cache, |_| {});
    for mechanism in MECHANISMS {
        for (acting_as, name, password) in
            [(None, "ada", "guess"), (None, "eve", PASSWORD), (Some("eve"), "ada", PASSWORD)]
        {
            let mut client = Client::to(&server);
            let mut session = session(mechanism, acting_as, name, password);
            assert_eq!(log_in(&mut client, &mut session).0.status, 0x20, "{mechanism} {acting_as:?} {name}");
        }
    }
    server.stop();
}
