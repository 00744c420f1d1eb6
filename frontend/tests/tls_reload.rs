//! Certificates that are exchanged while everybody goes on: no request fails, and what is bad changes nothing.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::cast_possible_truncation,
    reason = "a test that cannot go on fails"
)]

mod raw;
mod tls;

use keyway_frontend::{ClientCertificates, Reload, Tls, TlsError};
use raw::{PASSWORD, cache_of_ada, get, plain, serve, set};
use rustls::version::TLS13;
use std::{
    fs,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
};
use tls::{House, Pair, TlsClient, by_tls};

fn bad(house: &House) -> [Pair; 6] {
    let (good, other) = (house.server(), house.server());
    let cut = |text: &str| text[..text.len() / 2].to_owned();
    let expired = house.certify(|params| {
        params.not_before = rcgen::date_time_ymd(2020, 1, 1);
        params.not_after = rcgen::date_time_ymd(2021, 1, 1);
    });
    let to_come = house.certify(|params| params.not_before = rcgen::date_time_ymd(3000, 1, 1));
    [
        Pair { certificate: good.certificate.clone(), key: other.key },
        Pair { certificate: cut(&good.certificate), key: good.key.clone() },
        Pair { certificate: good.certificate.clone(), key: cut(&good.key) },
        Pair { certificate: String::new(), key: good.key.clone() },
        expired,
        to_come,
    ]
}

#[test]
fn certificates_are_exchanged_under_load_and_no_request_fails() {
    let (house, cache) = (House::new(), cache_of_ada());
    let tls = house.tls();
    let server = serve(&cache, |config| {
        config.policy.threads = 2;
        by_tls(config, tls.clone());
    });
    let (over, asked, connected) = (AtomicBool::new(false), AtomicUsize::new(0), AtomicUsize::new(0));
    let config = Arc::new(house.client_config(None, &[&TLS13]));
    let connect = || {
        let mut client = TlsClient::connect(server.addresses()[0], config.clone()).unwrap();
        assert_eq!(client.one(&plain("ada", PASSWORD)).status, 0);
        connected.fetch_add(1, Ordering::Relaxed);
        client
    };
    assert_eq!(connect().one(&set("k", "v")).status, 0);
    let bad = bad(&house);
    thread::scope(|scope| {
        let over = scopeguard::guard(&over, |over| over.store(true, Ordering::Relaxed));
        // Half of them keep their connection, half come anew for each few requests.
        for keeps in [true, true, false, false] {
            let (over, connect, asked) = (&**over, &connect, &asked);
            scope.spawn(move || {
                let mut client = connect();
                while !over.load(Ordering::Relaxed) {
                    for _ in 0..10 {
                        let answer = client.one(&get("k"));
                        assert_eq!((answer.status, answer.value), (0, b"v".to_vec()));
                        asked.fetch_add(1, Ordering::Relaxed);
                    }
                    if !keeps {
                        client = connect();
                    }
                }
            });
        }
        for swap in 0..20 {
            let before = (asked.load(Ordering::Relaxed), connected.load(Ordering::Relaxed));
            if swap % 3 == 2 {
                house.install(&bad[swap / 3 % bad.len()]);
                assert!(tls.reload().is_err(), "{swap}");
            } else {
                house.install(&house.server());
                assert_eq!(tls.reload().unwrap(), Reload::Changed, "{swap}");
                assert_eq!(tls.reload().unwrap(), Reload::Unchanged, "{swap}");
            }
            raw::eventually("everybody went on", || {
                asked.load(Ordering::Relaxed) > before.0 + 40
                    && connected.load(Ordering::Relaxed) > before.1 + 2
            });
        }
    });
    server.stop();
}

#[test]
fn what_is_bad_is_told_by_file_and_changes_nothing() {
    let (house, cache) = (House::new(), cache_of_ada());
    let tls = house.tls();
    let server = serve(&cache, |config| by_tls(config, tls.clone()));
    let shown = || house.client_of(&server).0.conn.peer_certificates().unwrap()[0].clone();
    let (before, ends) = (shown(), tls.certificate_ends());
    let reasons = ["", "PEM", "PEM", "no certificate", "ended", "begins"];
    for (pair, reason) in bad(&house).iter().zip(reasons) {
        house.install(pair);
        let error = tls.reload().unwrap_err().to_string();
        assert!(error.contains("server.pem") || error.contains("server.key"), "{error}");
        assert!(error.contains(reason), "{error}");
        assert!(!error.contains("BEGIN PRIVATE"), "{error}");
        assert_eq!((shown(), tls.certificate_ends()), (before.clone(), ends));
    }
    fs::remove_file(house.path("server.key")).unwrap();
    assert!(matches!(tls.reload(), Err(TlsError::Unreadable { path, .. }) if path.ends_with("server.key")));
    house.install(&house.server());
    assert_eq!(tls.reload().unwrap(), Reload::Changed);
    assert_ne!(shown(), before);
    server.stop();
}

#[test]
fn other_authorities_of_clients_count_from_the_next_connection_on() {
    let (house, other, cache) = (House::new(), House::new(), cache_of_ada());
    let tls = house.tls_with(ClientCertificates::Required);
    let server = serve(&cache, |config| by_tls(config, tls.clone()));
    let client = house.client("worker", None);
    let talks = || {
        let Ok(mut client) = house.try_client(&server, Some(&client)) else { return false };
        client.send(&plain("ada", PASSWORD).bytes());
        client.try_reply().is_ok()
    };
    assert!(talks());
    fs::copy(other.path("authority.pem"), house.path("authority.pem")).unwrap();
    assert_eq!(tls.reload().unwrap(), Reload::Changed);
    assert!(!talks());
    server.stop();
}

#[test]
fn settings_that_cannot_work_are_refused_at_once() {
    let house = House::new();
    let load = |adjust: &dyn Fn(&mut keyway_frontend::TlsSettings)| {
        let mut settings = house.settings();
        adjust(&mut settings);
        Tls::load(settings).err().map(|error| error.to_string()).unwrap_or_default()
    };
    assert_eq!(load(&|_| {}), "");
    let certificates =
        |it: &mut keyway_frontend::TlsSettings| it.client_certificates = ClientCertificates::Optional;
    assert!(load(&certificates).contains("no authority"));
    assert!(load(&|it| it.certificate = house.path("nowhere.pem")).contains("nowhere.pem: cannot be read"));
    assert!(load(&|it| it.key.clone_from(&it.certificate)).contains("no private key"));
    assert!(load(&|it| it.certificate.clone_from(&it.key)).contains("no certificate"));
}
