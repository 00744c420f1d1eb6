//! Binding to the channel (RFC 5802, section 6; RFC 9266): each check by a client that knows the password and does this one thing
//! wrong. Each holds for both hash functions.

use super::{client::*, *};

const OURS: [u8; 32] = [7; 32];
/// What somebody has who sits in between: the channel that the client has with him.
const THEIRS: [u8; 32] = [8; 32];
const EXPORTER: &str = "p=tls-exporter,,";

fn channel() -> Channel {
    Channel { tls_exporter: Some(OURS), identity: None }
}

/// What comes of a login by this mechanism over a channel, by a client that says this of the channel.
fn login(
    mechanism: Mechanism,
    channel: Channel,
    header: &str,
    binding: &'static [u8],
) -> Result<(), LoginFailure> {
    let hash = mechanism.scram_hash().unwrap();
    let client = Client { binding, ..Client::new(hash, header, "ada") };
    let exchange = Exchange::begin(mechanism, &users()).over(channel);
    client.login_in(exchange).map(|_| ()).map_err(|error| error.failure())
}

fn bound(hash: ScramHash, header: &str, binding: &'static [u8]) -> Result<(), LoginFailure> {
    login(Mechanism::from(hash).bound().unwrap(), channel(), header, binding)
}

#[test]
fn who_knows_the_password_and_sees_the_same_channel_is_let_in() {
    for hash in ScramHash::ALL {
        assert_eq!(bound(hash, EXPORTER, &OURS), Ok(()));
        assert_eq!(bound(hash, "p=tls-exporter,a=ada,", &OURS), Ok(()));
        assert_eq!(bound(hash, "p=tls-exporter,a=bob,", &OURS), Err(LoginFailure::NotAuthorized));
    }
}

/// Somebody in between, who has a channel with each, hands the messages on: the proof is right, and of another channel.
#[test]
fn a_proof_of_another_channel_is_refused() {
    for hash in ScramHash::ALL {
        assert_eq!(bound(hash, EXPORTER, &THEIRS), Err(LoginFailure::WrongBinding));
        for close in [&OURS[..31], &[7; 33], &[0; 32]] {
            assert_eq!(bound(hash, EXPORTER, close), Err(LoginFailure::WrongBinding), "{close:?}");
        }
        assert_eq!(bound(hash, EXPORTER, b""), Err(LoginFailure::WrongBinding), "nothing bound to");
    }
}

#[test]
fn each_bit_of_the_binding_counts() {
    for bit in 0..256 {
        let mut other = OURS;
        other[bit / 8] ^= 1 << (bit % 8);
        let channel = Channel { tls_exporter: Some(other), identity: None };
        let outcome = login(Mechanism::ScramSha256Plus, channel, EXPORTER, &OURS);
        assert_eq!(outcome, Err(LoginFailure::WrongBinding), "bit {bit}");
    }
}

/// Somebody in between took the mechanisms with -PLUS off the list: the client says that it could have bound.
#[test]
fn a_client_that_saw_no_offer_of_a_binding_is_refused_where_there_is_one() {
    for hash in ScramHash::ALL {
        assert_eq!(login(hash.into(), channel(), "y,,", b""), Err(LoginFailure::Downgraded));
        assert_eq!(login(hash.into(), channel(), "y,a=ada,", b""), Err(LoginFailure::Downgraded));
        assert_eq!(login(hash.into(), channel(), "n,,", b""), Ok(()), "who cannot bind need not");
        assert_eq!(login(hash.into(), Channel::default(), "y,,", b""), Ok(()), "none was offered");
    }
}

#[test]
fn what_is_bound_goes_by_a_mechanism_that_binds_and_by_no_other() {
    for hash in ScramHash::ALL {
        for over in [channel(), Channel::default()] {
            let outcome = login(hash.into(), over, EXPORTER, &OURS);
            assert_eq!(outcome, Err(LoginFailure::Malformed), "`p=` without -PLUS");
        }
        for header in ["n,,", "y,,", "n,a=ada,"] {
            assert_eq!(bound(hash, header, b""), Err(LoginFailure::Malformed), "{header} with -PLUS");
        }
    }
}

#[test]
fn another_kind_of_binding_is_refused() {
    for hash in ScramHash::ALL {
        for name in
            ["tls-unique", "tls-server-end-point", "TLS-EXPORTER", "tls-exporte", "tls-exporter2", "x"]
        {
            let outcome = bound(hash, &format!("p={name},,"), &OURS);
            assert_eq!(outcome, Err(LoginFailure::UnknownBinding), "{name}");
        }
        for name in ["", "tls exporter", "tls=exporter", "tls_exporter"] {
            assert_eq!(bound(hash, &format!("p={name},,"), &OURS), Err(LoginFailure::Malformed), "{name}");
        }
    }
}

/// It may have been offered by mistake, and must not be taken for a login that binds to nothing.
#[test]
fn without_a_channel_to_bind_to_nobody_gets_in_by_a_mechanism_that_binds() {
    for hash in ScramHash::ALL {
        let mechanism = Mechanism::from(hash).bound().unwrap();
        for (header, binding) in [(EXPORTER, &OURS[..]), (EXPORTER, &[0; 32]), (EXPORTER, b""), ("n,,", b"")]
        {
            let outcome = login(mechanism, Channel::default(), header, binding);
            assert_eq!(outcome, Err(LoginFailure::UnknownBinding), "{header}");
        }
    }
}

/// The header is said twice, and only the binding may come behind it.
#[test]
fn the_header_is_repeated_to_the_byte() {
    for hash in ScramHash::ALL {
        let (users, mechanism) = (users(), Mechanism::from(hash).bound().unwrap());
        let client = Client { binding: &OURS, ..Client::new(hash, EXPORTER, "ada") };
        for other in ["n,,", "y,,", "p=tls-unique,,", "p=tls-exporter,a=ada,", "p=tls-exporter,", ""] {
            let exchange = Exchange::begin(mechanism, &users).over(channel());
            let (salt, exchange) = challenge(exchange.step(client.first().as_bytes()));
            let liar =
                Client { header: other.to_owned(), bare: client.bare.clone(), ..Client::new(hash, "", "") };
            let liar = Client { binding: &OURS, ..liar };
            let error = refused(exchange.step(liar.last(&salt).as_bytes()));
            assert_eq!(error.failure(), LoginFailure::Malformed, "{other}");
        }
    }
}

#[test]
fn strangers_and_those_without_a_form_fail_as_they_do_without_a_binding() {
    let users = users();
    for (hash, without) in [(ScramHash::Sha256, "dan"), (ScramHash::Sha512, "bob")] {
        let mechanism = Mechanism::from(hash).bound().unwrap();
        let outcome = |name: &str, password: &'static str| {
            let client = Client { binding: &OURS, password, ..Client::new(hash, EXPORTER, name) };
            let exchange = Exchange::begin(mechanism, &users).over(channel());
            client.login_in(exchange).map(|_| ()).map_err(|error| error.failure())
        };
        assert_eq!(outcome("ada", PASSWORD), Ok(()));
        assert_eq!(outcome("ada", "pencils"), Err(LoginFailure::WrongPassword));
        assert_eq!(outcome("eve", PASSWORD), Err(LoginFailure::UnknownUser));
        assert_eq!(outcome(without, PASSWORD), Err(LoginFailure::MissingForm(hash.into())));
        // The salt is the same by either, and so for a name that does not exist.
        for name in ["ada", "eve"] {
            let client = Client::new(hash, EXPORTER, name);
            let exchange = Exchange::begin(mechanism, &users).over(channel());
            let (by_plus, _) = challenge(exchange.step(client.first().as_bytes()));
            let (without, _) = Client::new(hash, "n,,", name).begin(&users);
            assert_eq!(attribute(&by_plus, "s="), attribute(&without, "s="));
        }
    }
}

#[test]
fn row_69_debug_of_a_channel_shows_no_keying_material() {
    let shown = format!(
        "{:?} {:?}",
        channel(),
        Exchange::begin(Mechanism::ScramSha256Plus, &users()).over(channel())
    );
    assert!(shown.contains("tls_exporter") && !shown.contains("7, 7"), "{shown}");
}
