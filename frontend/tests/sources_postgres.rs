//! Users in PostgreSQL: the real one, started here.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod real_sources;

use keyway::{Role, SourceError, SourcedPassword, UserSource};
use keyway_frontend::SourceSettings;
use real_sources::{Postgres, Swallower, left_out, source};
use std::time::{Duration, Instant};

const VERIFIER: &str = "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==\
    $WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=";
const QUERY: &str = "SELECT verifier, role FROM users WHERE name = $1";

fn with_ada() -> Option<Postgres> {
    let Some(server) = Postgres::start() else {
        left_out("PostgreSQL, or openssl,");
        return None;
    };
    server.execute(&format!("INSERT INTO users VALUES ('ada', '{VERIFIER}', 'read-only')"));
    Some(server)
}

#[track_caller]
fn role_of(source: &dyn UserSource, name: &str) -> Option<Role> {
    source.find(name).unwrap().map(|user| {
        assert!(matches!(user.password, SourcedPassword::Stored(_)));
        user.roles.to_string().parse().unwrap()
    })
}

#[test]
fn a_name_is_bound_over_tls_without_and_over_a_socket_of_this_machine() {
    let Some(server) = with_ada() else { return };
    server.execute("INSERT INTO users VALUES ('o''brien', NULL, 'admin')");
    let plain = server.settings_at("host=127.0.0.1", server.port, "tls = 'off'", QUERY);
    let socket = server.settings_at(&format!("host={}", server.folder().display()), server.port, "", QUERY);
    for text in [server.settings(QUERY), plain, socket] {
        let source = source(&text, server.folder());
        assert_eq!(role_of(&*source, "ada"), Some(Role::ReadOnly));
        for name in ["eve", "' OR '1'='1", "ada'; DROP TABLE users; --", "%", "ADA", "o'brien"] {
            assert_eq!(role_of(&*source, name), None, "{name}");
        }
        assert!(!source.verifies_passwords());
    }
}

#[test]
fn a_server_with_another_name_or_of_another_authority_gets_no_password() {
    let Some(server) = with_ada() else { return };
    let told = |host: &str, more: &str| {
        let text = server.settings_at(host, server.port, more, QUERY);
        source(&text, server.folder()).find("ada").unwrap_err().to_string()
    };
    let other = told("host=127.0.0.1", "ca_file = 'authority.pem'");
    assert!(other.contains("certificate"), "its name is localhost: {other}");
    let unknown = told("host=localhost hostaddr=127.0.0.1", "");
    assert!(unknown.contains("certificate") || unknown.contains("UnknownIssuer"), "{unknown}");
    assert!(![other, unknown].concat().contains("look but"));
}

#[test]
fn a_restart_of_the_server_is_not_noticed_and_an_end_of_it_is_told() {
    let Some(mut server) = with_ada() else { return };
    let source = source(&server.settings(QUERY), server.folder());
    assert_eq!(role_of(&*source, "ada"), Some(Role::ReadOnly));
    server.end();
    server.go_on();
    assert_eq!(role_of(&*source, "ada"), Some(Role::ReadOnly), "over a new connection");

    server.end();
    assert!(matches!(source.find("ada"), Err(SourceError::Unavailable(_))));
    let start = Instant::now();
    for _ in 0..1000 {
        assert!(matches!(source.find("ada"), Err(SourceError::Unavailable(_))));
    }
    assert!(start.elapsed() < Duration::from_secs(2), "nobody waits: {:?}", start.elapsed());
    server.go_on();
    let start = Instant::now();
    while source.find("ada").is_err() {
        assert!(start.elapsed() < Duration::from_secs(20), "it is asked again");
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(role_of(&*source, "ada"), Some(Role::ReadOnly));
}

#[test]
fn what_takes_too_long_is_given_up_in_time() {
    let Some(server) = with_ada() else { return };
    let slow = "SELECT verifier FROM users, pg_sleep(10) WHERE name = $1";
    let silent = Swallower::new();
    let silent = server.settings_at("host=127.0.0.1", silent.port, "tls = 'off'", QUERY);
    for text in [server.settings(slow), silent] {
        let start = Instant::now();
        let told = source(&text, server.folder()).find("ada");
        assert!(matches!(told, Err(SourceError::Unavailable(_))), "{told:?}");
        assert!(start.elapsed() < Duration::from_secs(3), "{:?}", start.elapsed());
    }
}

#[test]
fn a_query_that_cannot_be_meant_is_told_and_nothing_can_be_written() {
    let Some(server) = with_ada() else { return };
    server.execute("GRANT ALL ON users TO looker; INSERT INTO users VALUES ('bob', 's3cret', 'admin')");
    for query in [
        "SELECT 1, 2, 3 WHERE $1 = ''",
        "SELECT verifier FROM users",
        "SELECT verifier FROM users WHERE name = $1 AND role = $2",
        "SELECT verifier FROM nobody WHERE name = $1",
        "SELECT 1 WHERE $1 = $1",
        "DELETE FROM users WHERE name = $1 RETURNING verifier",
        "SELECT verifier, role FROM users WHERE name = 'bob' OR name = $1",
        "not SQL",
    ] {
        let told = source(&server.settings(query), server.folder()).find("ada");
        let Err(SourceError::Unusable(why)) = told else { panic!("{query}: {told:?}") };
        assert!(!why.contains("s3cret") && !why.contains("look but"), "{why}");
    }
    assert_eq!(role_of(&*source(&server.settings(QUERY), server.folder()), "ada"), Some(Role::ReadOnly));
}

#[test]
fn further_columns_of_each_type_say_where_a_user_works_and_how_much_it_may_do() {
    let Some(server) = with_ada() else { return };
    server.execute(
        "ALTER TABLE users ADD COLUMN tenant varchar, ADD COLUMN a smallint, ADD COLUMN b int, \
         ADD COLUMN c bigint, ADD COLUMN d text, ADD COLUMN e numeric; \
         INSERT INTO users SELECT 'bob', verifier, role, 'shop', 1, 2, 3, '4KiB', 5 FROM users",
    );
    let query = "SELECT verifier, role, tenant AS namespace, a AS connections, b AS operations_per_second, \
        c AS bytes_per_second, d AS value FROM users WHERE name = $1";
    let source = |query: &str| source(&server.settings(query), server.folder());
    let of = |name| {
        let user = source(query).find(name).unwrap().unwrap();
        let limits = user.limits;
        let limits =
            [limits.connections, limits.operations_per_second, limits.bytes_per_second, limits.value];
        (user.namespace, limits)
    };
    assert_eq!(of("bob"), (Some("shop".to_owned()), [Some(1), Some(2), Some(3), Some(4096)]));
    assert_eq!(of("ada"), (None, [None; 4]), "NULL is none");
    for (query, says) in [
        ("SELECT verifier, role, e AS value FROM users WHERE name = $1", "numeric"),
        ("SELECT verifier, role, a AS namespace FROM users WHERE name = $1", "column namespace"),
        ("SELECT verifier, role, tenant FROM users WHERE name = $1", "column 3"),
        ("SELECT verifier, tenant AS namespace FROM users WHERE name = $1", "put NULL there"),
        ("SELECT verifier, role, -a AS connections FROM users WHERE name = $1", "column connections"),
    ] {
        let told = source(query).find("bob");
        assert!(matches!(&told, Err(SourceError::Unusable(why)) if why.contains(says)), "{query}: {told:?}");
    }
}

#[test]
fn a_wrong_password_for_the_database_is_told_without_it() {
    let Some(server) = with_ada() else { return };
    std::fs::write(server.folder().join("secret"), "s3cret").unwrap();
    let told = source(&server.settings(QUERY), server.folder()).find("ada").unwrap_err().to_string();
    assert!(told.contains("password authentication failed") && !told.contains("s3cret"), "{told}");
}

#[test]
fn settings_that_give_a_password_away_are_refused() {
    for (line, says) in [
        ("connection = 'host=h password=s3cret'", "password_file"),
        ("connection = 'postgres://me:s3cret@h/db'", "password_file"),
        ("connection = 'host=h nonsense=s3cret'", "no connection string"),
        ("connection = 'host=h'\nrole = 'a s3cret'", "`role`"),
        ("connection = 'host=h'\nca_file = '/nonexistent'", "/nonexistent"),
    ] {
        let text = format!("[postgres]\n{line}\nquery = ''\n");
        let settings = SourceSettings::parse(&text, "".as_ref()).unwrap();
        let error = settings.open().unwrap_err().to_string();
        assert!(error.contains(says) && !error.contains("s3cret"), "{error}");
    }
}
