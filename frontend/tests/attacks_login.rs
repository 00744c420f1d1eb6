//! Logins that have opened, or broken, other servers, against the real one over a socket. Named after their rows in the
//! list of known attacks; `protocol_login.rs` and the tests of `src/auth/` try more variants of each.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::cast_possible_truncation)] // what fails here fails the test

mod raw;

use keyway_frontend::Server;
use raw::{Ask, Client, PASSWORD, SCRAM, ask, cache_of_ada, get, header, noop, plain, serve, set};

const VERSION: u8 = 0x0b;
const REFUSED: u16 = 0x20;

fn server() -> Server {
    serve(&cache_of_ada(), |config| {
        config.guesses_per_name = 1000;
        config.guesses_per_address = 1000;
    })
}

fn step(mechanism: &str, message: impl AsRef<[u8]>) -> Ask {
    ask(0x22).key(mechanism).value(message)
}

fn plain_of(message: impl AsRef<[u8]>) -> Ask {
    ask(0x21).key("PLAIN").value(message)
}

fn good() -> Ask {
    plain("ada", PASSWORD)
}

/// It is nobody's connection: a command is refused, and ends it.
#[track_caller]
fn nobody_is_logged_in(mut client: Client) {
    client.send(&get("k").bytes());
    assert_eq!(client.statuses_until_closed(), [REFUSED]);
}

#[test]
fn row_04_a_wrong_password_behind_invalid_data_is_still_wrong() {
    let server = server();
    for invalid in
        [plain_of("garbage"), plain_of("\0ada"), ask(0x21).key(SCRAM).value("n,,x"), step("PLAIN", "")]
    {
        let mut client = Client::to(&server);
        assert_eq!(client.statuses(&[invalid, plain("ada", "wrong")]), [REFUSED, REFUSED]);
        nobody_is_logged_in(client);
    }
    // Nor does a refused login leave an earlier one behind.
    let mut client = Client::of_ada(&server);
    assert_eq!(client.statuses(&[plain_of("garbage"), plain("ada", "wrong")]), [REFUSED, REFUSED]);
    nobody_is_logged_in(client);
}

#[test]
fn row_09_a_step_is_measured_by_itself_and_an_empty_password_is_wrong() {
    let server = server();
    for message in ["\0ada\0", "\0ada", "ada", "\0\0", "\0ada\0pencil\0", "\0ada\0pencil\0x"] {
        let mut client = Client::to(&server);
        assert_eq!(client.one(&plain_of(message)).status, REFUSED, "{message:?}");
        nobody_is_logged_in(client);
    }
    for (len, status) in [(0, REFUSED), (1, REFUSED), (4000, REFUSED), (100_000, 0x82)] {
        let mut client = Client::to(&server);
        let asks = [ask(0x21).key("PLAIN"), step("PLAIN", vec![b'x'; len])];
        assert_eq!(client.statuses(&asks), [0x21, status], "{len}");
        nobody_is_logged_in(client);
    }
}

#[test]
fn row_10_29_a_login_that_is_too_long_is_not_kept_and_a_value_is_not_even_read() {
    let server = server();
    let mut client = Client::to(&server);
    let long = [
        plain_of(vec![0; 2 << 20]),
        plain_of(vec![b'x'; 4092]),
        ask(0x21).key([b'M'; 33]).value("payload"),
        step("PLAIN", vec![0; 100_000]),
    ];
    assert_eq!(client.statuses(&long), [0x82, 0x82, 0x04, 0x82]);
    assert_eq!(client.one(&good()).status, 0);

    let mut client = Client::to(&server);
    client.send(&header(0x01, 8, 3, 2_147_483_646));
    assert_eq!(client.statuses_until_closed(), [REFUSED], "refused by what is announced");
}

#[test]
fn row_11_a_step_before_a_login_is_refused_and_the_connection_goes_on() {
    let server = server();
    let mut client = Client::to(&server);
    let asks = [step("PLAIN", format!("\0ada\0{PASSWORD}")), step(SCRAM, ""), ask(VERSION), good(), noop()];
    assert_eq!(client.statuses(&asks), [REFUSED, REFUSED, 0, 0, 0]);
}

#[test]
fn row_15_anonymous_is_neither_offered_nor_taken() {
    let server = server();
    let mut client = Client::to(&server);
    let offer = client.one(&ask(0x20)).text();
    assert_eq!(offer.split(' ').collect::<Vec<_>>(), [SCRAM, "PLAIN"]);
    for name in ["ANONYMOUS", "EXTERNAL", "SCRAM-SHA-256-PLUS"] {
        let mut client = Client::to(&server);
        assert_eq!(client.one(&ask(0x21).key(name).value("ada")).status, REFUSED, "{name}");
        nobody_is_logged_in(client);
    }
}

#[test]
fn row_46_47_55_a_proof_of_another_dialogue_or_without_its_nonce_is_refused() {
    let server = server();
    let recorded = Client::to(&server).begin_scram("ada").last(PASSWORD).message;
    let without = |message: &str, part: &str| {
        let kept: Vec<_> = message.split(',').filter(|field| !field.starts_with(part)).collect();
        kept.join(",")
    };
    let changes: [&dyn Fn(&str) -> String; 5] = [
        &|_| recorded.clone(),
        &|message| message.replace(",p=", "x,p="),
        &|message| without(message, "c="),
        &|message| without(message, "r="),
        &|message| without(message, "p="),
    ];
    for (number, change) in changes.into_iter().enumerate() {
        let mut client = Client::to(&server);
        let last = client.begin_scram("ada").last(PASSWORD).message;
        assert_eq!(client.one(&step(SCRAM, change(&last))).status, REFUSED, "change {number}");
        // The dialogue is over: what would have been right comes too late.
        assert_eq!(client.one(&step(SCRAM, last)).status, REFUSED, "change {number}");
        nobody_is_logged_in(client);
    }
    assert_eq!(Client::to(&server).log_in_by_scram("ada", PASSWORD), 0);
}

#[test]
fn row_53_an_unknown_name_is_shown_a_salt_that_stays_and_fails_at_the_end() {
    let server = server();
    let shown = |name: &str| {
        let mut client = Client::to(&server);
        let begun = client.begin_scram(name);
        let salt = begun.challenge.split(',').skip(1).collect::<Vec<_>>().join(",");
        let answer = client.one(&step(SCRAM, begun.last("guess").message));
        (salt, answer.status, answer.text(), begun.challenge.len())
    };
    let known = shown("ada");
    for name in ["eve", "mallory"] {
        let unknown = shown(name);
        assert_eq!(unknown, shown(name), "{name}: the same each time");
        assert_ne!(unknown.0, known.0);
        assert_eq!(
            (unknown.1, &unknown.2, unknown.3),
            (known.1, &known.2, known.3),
            "{name}: no other shape"
        );
    }
}

#[test]
fn row_54_what_is_wrong_in_one_login_ends_no_other_that_is_under_way() {
    let server = server();
    let mut pending: Vec<_> = (0..20)
        .map(|_| {
            let mut client = Client::to(&server);
            let begun = client.begin_scram("ada");
            (client, begun)
        })
        .collect();
    for garbage in ["c=!!!!,r=x,p=====", "\u{0}", "c=biws,r=,p=\u{fffd}", "%%%", ""] {
        let mut client = Client::to(&server);
        let _begun = client.begin_scram("ada");
        assert_eq!(client.one(&step(SCRAM, garbage)).status, REFUSED);
        assert_eq!(Client::to(&server).one(&plain_of(garbage.repeat(3))).status & !1, REFUSED);
    }
    for (client, begun) in &mut pending {
        let last = begun.last(PASSWORD);
        assert_eq!(client.one(&step(SCRAM, last.message)).text(), last.signature);
        assert_eq!(client.statuses(&[step(SCRAM, ""), noop()]), [0, 0]);
    }
}

#[test]
fn row_61_listing_the_mechanisms_keeps_the_login() {
    let server = server();
    let mut client = Client::of_ada(&server);
    assert_eq!(client.statuses(&[ask(0x20), set("k", "v"), ask(0x20), get("k")]), [0; 4]);
}

#[test]
fn row_63_five_refused_logins_end_the_connection() {
    let server = server();
    for refused in [plain("ada", "wrong"), plain("nobody", PASSWORD), plain_of("garbage"), step("PLAIN", "")]
    {
        let mut client = Client::to(&server);
        client.send(&refused.bytes().repeat(2000));
        assert_eq!(client.statuses_until_closed(), [REFUSED; 5]);
    }
    let mut client = Client::to(&server);
    (0..5).for_each(|_| assert_eq!(client.log_in_by_scram("ada", "wrong"), REFUSED));
    client.wait_for_end();
}
