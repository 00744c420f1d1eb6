//! `keyway serve --users-source`: the real server and real servers of users, over the wire.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::cast_possible_truncation)] // what fails here fails the test

mod raw;
mod real_sources;

use keyway::{Rounds, Verifier};
use raw::{Client, ask, client_final, eventually, get, plain, set};
use real_sources::{BASE, Postgres, SERVICE_PASSWORD, Serving, Slapd, Swallower, left_out};
use std::{
    net::TcpListener,
    time::{Duration, Instant},
};

const SUCCESS: u16 = 0x00;
const NOT_FOUND: u16 = 0x01;
const TOO_LARGE: u16 = 0x03;
const STALE: u16 = 0x1f;
const AUTH_FAILURE: u16 = 0x20;
const CONTINUE: u16 = 0x21;
const FORBIDDEN: u16 = 0x24;
const LIMITED_CONNECTIONS: u16 = 0x32;
const TEMPORARY: u16 = 0x86;
const LIST_MECHANISMS: u8 = 0x20;

fn client(serving: &Serving) -> Client {
    Client { socket: serving.connect() }
}

/// The status of a login, on a connection that is then over or goes on.
fn login(serving: &Serving, name: &str, password: &str) -> (u16, Client) {
    let mut client = client(serving);
    (client.one(&plain(name, password)).status, client)
}

fn scram(serving: &Serving, name: &str, password: &str) -> u16 {
    let (mut client, bare) = (client(serving), format!("n={name},r=fyko+d2lbb"));
    let begun = client.one(&ask(0x21).key("SCRAM-SHA-256").value(format!("n,,{bare}")));
    assert_eq!(begun.status, CONTINUE);
    let last = client_final("n,,", &bare, &begun.text(), password);
    let proven = client.one(&ask(0x22).key("SCRAM-SHA-256").value(last.message));
    if proven.status != CONTINUE {
        return proven.status;
    }
    assert_eq!(proven.text(), last.signature);
    client.one(&ask(0x22).key("SCRAM-SHA-256")).status
}

#[test]
fn people_of_a_directory_log_in_go_on_while_it_is_down_and_end_when_they_are_gone() {
    let Some(mut directory) = Slapd::start() else {
        left_out("slapd, or openssl,");
        return;
    };
    let times = "fresh_seconds = 0\nrecheck_seconds = 1\n";
    let settings = directory.settings(&directory.tls_url(), "ca_file = 'authority.pem'");
    let serving = Serving::start(&format!("{times}{settings}"), directory.folder(), &[]);
    assert!(serving.said.contains("users source: ldap"), "{}", serving.said);
    assert!(!serving.folder().join("keyway-users.toml").exists());
    assert_eq!(client(&serving).one(&ask(LIST_MECHANISMS)).text(), "PLAIN");

    let (status, mut ada) = login(&serving, "ada", "pencil");
    assert_eq!((status, ada.one(&set("k", "v")).status), (SUCCESS, SUCCESS));
    let (status, mut eve) = login(&serving, "eve*", "asterisk");
    assert_eq!((status, eve.one(&set("k", "v")).status), (SUCCESS, FORBIDDEN));
    assert_eq!(eve.one(&get("k")).status, SUCCESS);
    for (name, password) in [("ada", "pencils"), ("bob", "pencil"), ("*", "pencil"), ("idle", "pencil")] {
        assert_eq!(login(&serving, name, password).0, AUTH_FAILURE, "{name}");
    }
    assert_eq!(login(&serving, "ada@realm", "pencil").0, SUCCESS);
    assert_eq!(eve.one(&get("k")).text(), "v");

    directory.end();
    assert_eq!(login(&serving, "ada", "pencil").0, SUCCESS, "it was verified before");
    assert_eq!(login(&serving, "ada", "pencils").0, TEMPORARY);
    assert_eq!(login(&serving, "bob", "pencil").0, TEMPORARY);
    assert_eq!(ada.one(&get("k")).status, SUCCESS);
    directory.go_on();
    eventually("it is asked again", || login(&serving, "bob", "pencil").0 == AUTH_FAILURE);
    serving.logged("the source of users does not answer", 1);
    serving.logged("the source of users answers again", 1);

    directory.modify(&format!("dn: uid=ada,ou=people,{BASE}\nchangetype: delete\n"));
    eventually("her session ends", || ada.one(&get("k")).status == STALE);
    assert_eq!(login(&serving, "ada", "pencil").0, AUTH_FAILURE);
    assert_eq!(eve.one(&get("k")).status, SUCCESS);
    let log = serving.log();
    assert!(log.contains("reason=SourceUnavailable"), "for `keyway doctor explain`: {log}");
    for secret in [SERVICE_PASSWORD, "pencil", "asterisk"] {
        assert!(!log.contains(secret), "{secret} is in the log: {log}");
    }
}

#[test]
fn people_of_a_directory_work_in_the_namespace_of_their_group() {
    let Some(directory) = Slapd::start() else {
        left_out("slapd, or openssl,");
        return;
    };
    let users = directory.folder().join("users.toml");
    keyway_frontend::UsersFile::edit(&users, |file| {
        file.set_namespace(keyway_frontend::NamespaceRecord::new("shop"))
    })
    .unwrap();
    let more = "tls = 'off'\nnamespaces = [{ value = 'CN=Writers', namespace = 'shop' }]";
    let times = "fresh_seconds = 0\nrecheck_seconds = 1\n";
    let settings = format!("{times}{}", directory.settings(&directory.url(), more));
    let serving = Serving::start(&settings, directory.folder(), &["--users", users.to_str().unwrap()]);
    let (status, mut ada) = login(&serving, "ada", "pencil");
    assert_eq!((status, ada.one(&set("k", "shop")).status), (SUCCESS, SUCCESS));
    let (status, mut eve) = login(&serving, "eve*", "asterisk");
    assert_eq!((status, eve.one(&get("k")).status), (SUCCESS, NOT_FOUND), "the same key, other data");

    let change = "changetype: modify\nreplace: employeeType\nemployeeType: cn=readers\n";
    directory.modify(&format!("dn: uid=ada,ou=people,{BASE}\n{change}"));
    eventually("her session ends", || ada.one(&get("k")).status == STALE);
    let (status, mut ada) = login(&serving, "ada", "pencil");
    assert_eq!((status, ada.one(&get("k")).status), (SUCCESS, NOT_FOUND), "in the main key space");
}

#[test]
fn users_of_postgresql_log_in_by_each_password_and_mechanism_and_go_on_while_it_hangs() {
    let Some(mut database) = Postgres::start() else {
        left_out("PostgreSQL, or openssl,");
        return;
    };
    database.execute("ALTER TABLE users DROP CONSTRAINT users_pkey");
    let old = Verifier::derive("old", Rounds::MIN).unwrap();
    let new = old.derive_beside("new").unwrap();
    let insert = |verifier: &Verifier| {
        database.execute(&format!("INSERT INTO users VALUES ('ada', '{verifier}', 'read-write')"));
    };
    insert(&old);
    let settings = database.settings("SELECT verifier, role FROM users WHERE name = $1");
    let times = "fresh_seconds = 0\nrecheck_seconds = 1\n";
    let serving = Serving::start(&format!("{times}{settings}"), database.folder(), &[]);
    assert_eq!(client(&serving).one(&ask(LIST_MECHANISMS)).text(), "SCRAM-SHA-256 PLAIN");
    assert_eq!((scram(&serving, "ada", "old"), scram(&serving, "ada", "new")), (SUCCESS, AUTH_FAILURE));
    insert(&new);
    let (status, mut by_old) = login(&serving, "ada", "old");
    assert_eq!((status, scram(&serving, "ada", "new")), (SUCCESS, SUCCESS));
    database.execute(&format!("DELETE FROM users WHERE verifier = '{old}'"));
    eventually("the session of the old one ends", || by_old.one(&get("k")).status == STALE);
    let (status, mut by_new) = login(&serving, "ada", "new");
    assert_eq!(status, SUCCESS);

    // In its place now something that takes connections and says nothing.
    database.end();
    let silent = Swallower::on(TcpListener::bind(("127.0.0.1", database.port)).unwrap());
    let start = Instant::now();
    let mut waiting = client(&serving);
    waiting.send(&plain("eve", "x").bytes());
    for number in 0..100 {
        assert_eq!(by_new.one(&set(format!("k{number}"), "v")).status, SUCCESS);
    }
    let served = start.elapsed();
    assert_eq!(waiting.reply().status, TEMPORARY);
    assert!(served < Duration::from_millis(400), "who is logged in waited: {served:?}");
    assert!(silent.taken() > 0 && start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
    assert_eq!((login(&serving, "ada", "new").0, scram(&serving, "ada", "new")), (SUCCESS, SUCCESS));
    assert_eq!((login(&serving, "ada", "old").0, scram(&serving, "eve", "x")), (TEMPORARY, TEMPORARY));
    let log = serving.log();
    assert!(!log.contains("look but"), "the database's password is in the log: {log}");
}

#[test]
fn users_of_sqlite_stand_beside_those_of_a_users_file() {
    let folder = tempfile::tempdir().unwrap();
    let database = rusqlite::Connection::open(folder.path().join("users.db")).unwrap();
    let stored = Verifier::derive("theirs", Rounds::MIN).unwrap();
    database
        .execute_batch(&format!(
            "CREATE TABLE users (name TEXT, verifier TEXT); \
             INSERT INTO users VALUES ('ada', '{stored}'), ('own', '{stored}')"
        ))
        .unwrap();
    let settings = "recheck_seconds = 1000\n[sqlite]\nfile = 'users.db'\nrole = 'read-only'\n\
        query = 'SELECT verifier FROM users WHERE name = ?1'\n";
    let serving = Serving::start(settings, folder.path(), &[]);
    assert!(serving.said.contains("without users, for the key in it"), "{}", serving.said);
    let file = keyway_frontend::UsersFile::load(&serving.folder().join("keyway-users.toml")).unwrap();
    assert!(file.is_empty());
    let salt = |serving: &Serving| {
        let mut client = client(serving);
        let begun = client.one(&ask(0x21).key("SCRAM-SHA-256").value("n,,n=eve,r=fyko+d2lbb")).text();
        begun.split(',').nth(1).unwrap().to_owned()
    };
    assert_eq!((login(&serving, "ada", "theirs").0, login(&serving, "own", "theirs").0), (SUCCESS, SUCCESS));
    let (shown, users) = (salt(&serving), folder.path().join("keyway-users.toml"));
    std::fs::copy(serving.folder().join("keyway-users.toml"), &users).unwrap();
    drop(serving);

    keyway_frontend::UsersFile::edit(&users, |file| {
        file.add("own", keyway::Role::ReadWrite, Verifier::derive("ours", Rounds::MIN).unwrap())
    })
    .unwrap();
    let serving = Serving::start(settings, folder.path(), &["--users", users.to_str().unwrap()]);
    assert_eq!(salt(&serving), shown, "the same after a restart");
    assert_eq!(
        (login(&serving, "own", "ours").0, login(&serving, "own", "theirs").0),
        (SUCCESS, AUTH_FAILURE)
    );
    assert_eq!(scram(&serving, "ada", "theirs"), SUCCESS);

    let (status, mut ada) = login(&serving, "ada", "theirs");
    assert_eq!((status, ada.one(&get("k")).status), (SUCCESS, NOT_FOUND));
    database.execute_batch("DELETE FROM users").unwrap();
    assert_eq!(ada.one(&get("k")).status, NOT_FOUND, "nobody has looked");
    serving.hang_up();
    eventually("she is looked up again", || ada.one(&get("k")).status == STALE);
}

/// What `keyway admin users` prints.
fn admin_users(socket: &std::path::Path, option: &str) -> String {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_keyway"));
    command.args(["admin", "users"]).args(Some(option).filter(|option| !option.is_empty()));
    let output = command.arg("--admin-socket").arg(socket).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn users_of_sqlite_work_in_the_namespace_that_their_row_names_within_the_limits_that_it_gives() {
    let folder = tempfile::tempdir().unwrap();
    let database = rusqlite::Connection::open(folder.path().join("users.db")).unwrap();
    let stored = Verifier::derive("theirs", Rounds::MIN).unwrap();
    database
        .execute_batch(&format!(
            "CREATE TABLE users (name TEXT, verifier TEXT, tenant TEXT, most INT); \
             INSERT INTO users VALUES ('main', '{stored}', NULL, NULL), ('clerk', '{stored}', 'shop', 1), \
                ('lost', '{stored}', 'nowhere', NULL)"
        ))
        .unwrap();
    let settings = "recheck_seconds = 1\nfresh_seconds = 0\n[sqlite]\nfile = 'users.db'\nrole = 'read-write'\n\
        limits = { value = '1KiB' }\n\
        query = 'SELECT verifier, NULL, tenant AS namespace, most AS connections FROM users WHERE name = ?1'\n";
    let users = folder.path().join("users.toml");
    keyway_frontend::UsersFile::edit(&users, |file| {
        ["shop", "news"]
            .into_iter()
            .try_for_each(|name| file.set_namespace(keyway_frontend::NamespaceRecord::new(name)))
    })
    .unwrap();
    let socket = folder.path().join("admin.sock");
    let more = ["--users", users.to_str().unwrap(), "--admin-socket", socket.to_str().unwrap()];
    let serving = Serving::start(settings, folder.path(), &more);
    eventually("there is a socket", || socket.exists());
    assert_eq!(admin_users(&socket, ""), "", "nobody has logged in");
    let (status, mut main) = login(&serving, "main", "theirs");
    assert_eq!((status, main.one(&set("k", "main")).status), (SUCCESS, SUCCESS));
    let (status, mut clerk) = login(&serving, "clerk", "theirs");
    assert_eq!((status, clerk.one(&get("k")).status), (SUCCESS, NOT_FOUND), "the same key, other data");
    assert_eq!(clerk.one(&set("k", "shop")).status, SUCCESS);
    assert_eq!(main.one(&get("k")).text(), "main");
    assert_eq!(login(&serving, "clerk", "theirs").0, LIMITED_CONNECTIONS, "by its row");
    assert_eq!(main.one(&set("k", "v".repeat(1025))).status, TOO_LARGE, "by the settings");
    assert_eq!(scram(&serving, "clerk", "theirs"), LIMITED_CONNECTIONS);
    let told = admin_users(&socket, "");
    let clerks = "clerk  roles=read-write  namespace=shop  limit-connections=1  limit-value=1024  refused-connections=2  \
        connections=1  credentials=1  from=sqlite  confirmed=";
    assert!(told.lines().next().is_some_and(|line| line.starts_with(clerks)), "{told}");
    assert!(told.contains("\nmain  ") && !told.contains("lost"), "{told}");
    let told = admin_users(&socket, "--json");
    assert!(told.contains(r#""from":"sqlite","confirmed":"20"#), "{told}");

    for _ in 0..3 {
        assert_eq!(login(&serving, "lost", "theirs").0, AUTH_FAILURE, "as after a wrong password");
    }
    serving.logged("there is no namespace \"nowhere\", in which the user works; add it", 1);
    assert!(serving.log().contains("reason=UnknownNamespace"), "for `keyway doctor explain`");

    database.execute_batch("UPDATE users SET tenant = 'news'").unwrap();
    eventually("her session ends", || clerk.one(&get("k")).status == STALE);
    assert_eq!(clerk.one(&plain("clerk", "theirs")).status, SUCCESS);
    assert_eq!(clerk.one(&get("k")).status, NOT_FOUND);
    let (status, mut lost) = login(&serving, "lost", "theirs");
    assert_eq!((status, lost.one(&set("k", "news")).status), (SUCCESS, SUCCESS));
    assert_eq!(clerk.one(&get("k")).text(), "news", "they share one");
    database.execute_batch("UPDATE users SET most = 0 WHERE name = 'clerk'").unwrap();
    serving.logged("the column connections of the query: a limit is 1 at least", 1);
    assert_eq!(clerk.one(&get("k")).status, SUCCESS, "what cannot be used changes nothing");

    keyway_frontend::UsersFile::edit(&users, |file| file.remove_namespace("news")).unwrap();
    eventually("the namespace is gone", || clerk.one(&get("k")).status == STALE);
    assert_eq!(login(&serving, "lost", "theirs").0, AUTH_FAILURE);
}

#[test]
fn who_has_a_role_that_is_not_defined_does_not_come_in_and_the_log_says_which() {
    let folder = tempfile::tempdir().unwrap();
    let database = rusqlite::Connection::open(folder.path().join("users.db")).unwrap();
    let stored = Verifier::derive("theirs", Rounds::MIN).unwrap();
    database
        .execute_batch(&format!(
            "CREATE TABLE users (name TEXT, verifier TEXT); INSERT INTO users VALUES ('ada', '{stored}')"
        ))
        .unwrap();
    let settings = "[sqlite]\nfile = 'users.db'\nrole = 'reporter'\n\
        query = 'SELECT verifier FROM users WHERE name = ?1'\n";
    let serving = Serving::start(settings, folder.path(), &[]);
    for _ in 0..3 {
        assert_eq!(login(&serving, "ada", "theirs").0, TEMPORARY);
    }
    serving.logged("user \"ada\": there is no role \"reporter\"; define it", 1);
}

#[test]
fn settings_that_cannot_work_end_the_start_and_a_source_that_is_away_does_not() {
    let folder = tempfile::tempdir().unwrap();
    let ended = |settings: &str| {
        std::fs::write(folder.path().join("source.toml"), settings).unwrap();
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_keyway"));
        command.args(["serve", "-p", "0", "--users-source", "source.toml"]).current_dir(folder.path());
        let output = command.env_remove("KEYWAY_USERS").output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    rusqlite::Connection::open(folder.path().join("users.db")).unwrap().execute_batch("VACUUM").unwrap();
    for (settings, says) in [
        ("[sqlite]\nfile = 'users.db'\nquery = 'SELECT v FROM users WHERE name = ?1'", "no such table"),
        ("[sqlite]\nfile = 'users.db'", "missing field `query`"),
        ("[oracle]", "unknown field `oracle`"),
        ("[ldap]\nurl = 'ldap://h'\nbase = ''\nfilter = '(uid={name})'\nrole = 'admin'", "in the clear"),
    ] {
        let (code, stderr) = ended(settings);
        assert!(code == Some(1) && stderr.contains(says), "{settings}: {code:?} {stderr}");
    }
    let away = "[sqlite]\nfile = 'away.db'\nquery = 'SELECT v FROM users WHERE name = ?1'\nrole = 'admin'";
    let serving = Serving::start(away, folder.path(), &[]);
    serving.logged("WARNING: the source of users does not answer", 1);
    assert_eq!(login(&serving, "ada", "x").0, TEMPORARY);
}
