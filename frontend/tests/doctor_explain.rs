//! `keyway doctor explain`: real logins that a real server refuses, and what the operator is told of each.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::cast_possible_truncation,
    reason = "a test fails by panicking, and its frames are small"
)]

mod cli_command;
#[path = "conversation/mod.rs"]
mod conversation;
mod serving;

use cli_command::Place;
use conversation::{Ask, ask, get, plain, replies};
use keyway::Mechanism;
use keyway_frontend::{
    UsersFile,
    client::{Client, ClientError, Credentials},
};
use serving::{PATIENCE, Serving, wait_until};
use std::{
    fs,
    io::{Read, Write},
    net::TcpStream,
};

/// A server, and the place where its log and its users file are.
struct House {
    place: Place,
    serving: Serving,
    address: String,
}

impl House {
    /// With these users, `name:password` a line, whose realms stay.
    fn of(users: &str, options: &str) -> Self {
        let place = Place::new();
        fs::write(place.path("pwdb"), users).unwrap();
        let imported = place.run("import pwdb pwdb --realm keep", "");
        assert_eq!(imported.code, Some(0), "{imported:?}");
        let (serving, said) = Serving::start(&place, format!("-p 0 -v {options}").trim_end());
        Self { place, serving, address: said.address }
    }

    /// The status and the text that the client sees, on a connection of its own.
    fn say(&self, asked: &Ask) -> (u16, String) {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.write_all(&asked.bytes()).unwrap();
        let mut bytes = vec![0; 24];
        stream.read_exact(&mut bytes).unwrap();
        bytes.resize(24 + u32::from_be_bytes(bytes[8..12].try_into().unwrap()) as usize, 0);
        stream.read_exact(&mut bytes[24..]).unwrap();
        let reply = replies(&bytes).remove(0);
        (reply.status, reply.text())
    }

    /// The id of the last refusal.
    fn last_id(&self) -> String {
        self.serving.logged("reason=");
        let log = self.serving.log();
        let line = log.lines().rfind(|line| line.contains("reason=")).unwrap();
        line.split_once(" id=").unwrap().1.split(' ').next().unwrap().to_owned()
    }

    fn explain(&self, id: &str) -> String {
        let ended = self.place.run(&format!("doctor explain {id} --log log"), "");
        assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""), "{ended:?}");
        ended.stdout
    }

    /// Is refused like every other login, and explained like this.
    #[track_caller]
    fn is_explained(&self, asked: &Ask, told: &[&str]) -> String {
        assert_eq!(self.say(asked), (0x20, "Auth failure.".to_owned()));
        let explained = self.explain(&self.last_id());
        for text in told {
            assert!(explained.contains(text), "{text:?} is not in:\n{explained}");
        }
        explained
    }
}

/// The one comment below the guide from which all this began: a name was stored with the host's name for a realm, the
/// client says another one, and all there is to see is "Auth failure".
#[test]
fn auth_failure_by_a_realm_is_explained_and_mended() {
    let house = House::of("capttofu@ishvara:s3kr1t\n", "");
    let told = [
        "because:",
        r#"there is no user "capttofu@mac", nor "capttofu""#,
        r#"there is "capttofu@ishvara": the same name in another realm"#,
        r#"fix:      have the client log in as "capttofu@ishvara""#,
    ];
    let explained = house.is_explained(&plain("capttofu@mac", "s3kr1t"), &told);
    assert!(
        explained.contains(r#"as:       "capttofu@mac" (realm "mac")"#)
            && explained.contains("by:       PLAIN"),
        "{explained}"
    );
    assert!(
        explained.contains("rule:     UnknownUser") && explained.contains("from:     127.0.0.1:"),
        "{explained}"
    );
    house.is_explained(&plain("capttofu", "s3kr1t"), &["in a realm, which this client did not say"]);
    // The fix that it names.
    assert_eq!(house.say(&plain("capttofu@ishvara", "s3kr1t")).0, 0);
    let stripped = Place::new();
    fs::write(stripped.path("pwdb"), "capttofu@ishvara:s3kr1t\n").unwrap();
    assert_eq!(stripped.run("import pwdb pwdb --realm strip", "").code, Some(0));
    let (serving, said) = Serving::start(&stripped, "-p 0");
    let mended = House { place: stripped, serving, address: said.address };
    assert_eq!(mended.say(&plain("capttofu@mac", "s3kr1t")).0, 0);
}

#[test]
fn each_rule_has_its_reason_and_its_fix() {
    let house = House::of("ada:pencil\ngrace:pencil\n", "");
    house.is_explained(
        &plain("ada", "guess"),
        &["WrongPassword", r#"not a password of "ada""#, "keyway user check ada"],
    );
    house.is_explained(
        &plain("ada@host", "guess"),
        &[r#"not a password of "ada", who is meant by "ada@host""#],
    );
    house.is_explained(&plain("ADA", "pencil"), &[r#"there is "ada": upper and lower case are different"#]);
    house.is_explained(&plain("garce", "pencil"), &[r#"there is "grace", which is nearly that"#]);
    house.is_explained(
        &plain("mallory", "pencil"),
        &[r#"there is no user "mallory""#, "keyway user add mallory"],
    );
    house.is_explained(&ask(0x21).key("PLAIN").value("no zero bytes"), &["Malformed", "two NULs"]);
    house.is_explained(
        &ask(0x21).key("PLAIN").value("grace\0ada\0pencil"),
        &["NotAuthorized", "authorization identity"],
    );
    house.is_explained(
        &ask(0x21).key("SCRAM-SHA-256").value("p=tls,,n=ada,r=x"),
        &["Malformed", "channel binding"],
    );
    house.is_explained(&ask(0x21).key("GSSAPI"), &["NotOffered", "GSSAPI is not offered by this server"]);
    house.is_explained(&ask(0x22).key("PLAIN").value("\0ada\0pencil"), &["NoLoginUnderWay"]);
    house.is_explained(&get("k"), &["NoLogin", "came before any login", "BINARY_PROTOCOL"]);
    let all = house.place.run("doctor explain --log log", "");
    assert_eq!((all.code, all.stdout.lines().count()), (Some(0), 11), "{all:?}");
}

#[test]
fn which_password_counted_when_is_told() {
    let house = House::of("ada:pencil\n", "");
    let explained =
        house.is_explained(&plain("ada", "guess"), &[r#"password "1", made at 2"#, ": it counted"]);
    assert!(!explained.contains("after this login"), "{explained}");
    let id = house.last_id();
    let file = house.place.path("keyway-users.toml");
    let changed = std::time::SystemTime::now() + std::time::Duration::from_secs(2);
    UsersFile::edit(&file, |users| {
        users.change("ada", |user| {
            user.credentials[0].created = changed;
            Ok(())
        })
    })
    .unwrap();
    assert!(house.explain(&id).contains("it was made after this login"));
    UsersFile::edit(&file, |users| {
        users.change("ada", |user| {
            user.credentials[0].created = std::time::UNIX_EPOCH;
            user.credentials[0].expires = Some(std::time::UNIX_EPOCH + std::time::Duration::from_secs(60));
            Ok(())
        })
    })
    .unwrap();
    wait_until(|| house.say(&plain("ada", "pencil")).0 == 0x20, || "the file is not read again".to_owned());
    house.is_explained(
        &plain("ada", "pencil"),
        &["Expired", "it had expired at 1970-01-01T00:01:00Z", "keyway user rotate ada"],
    );
}

/// Clients that are told to use a mechanism do so whether it is listed or not.
#[test]
fn a_form_that_is_not_stored_is_named() {
    let house = House::of("ada:pencil\n", "");
    let mut client =
        Client::connect(house.address.parse::<std::net::SocketAddr>().unwrap(), PATIENCE).unwrap();
    let refused = client.log_in(Mechanism::ScramSha512, &Credentials::new("ada", "pencil"));
    assert!(matches!(refused, Err(ClientError::Refused { status: 0x20, .. })), "{refused:?}");
    let explained = house.explain(&house.last_id());
    for text in [
        "MissingForm",
        "nothing is stored of the passwords of \"ada\" by which SCRAM-SHA-512 could be judged",
    ] {
        assert!(explained.contains(text), "{explained}");
    }
}

#[test]
fn a_login_that_was_put_off_is_explained() {
    let house = House::of("ada:pencil\n", "--guesses-per-name 1");
    assert_eq!(house.say(&plain("ada", "guess")).0, 0x20);
    assert_eq!(house.say(&plain("ada", "pencil")).0, 0x86);
    let explained = house.explain(&house.last_id());
    assert!(explained.contains("TooManyGuesses") && explained.contains("--guesses-per-name"), "{explained}");
}

/// The operator may copy what is shown into a shell, and a client may have chosen it.
#[test]
fn a_name_that_a_shell_would_run_is_not_part_of_a_command() {
    let house = House::of("ada:pencil\n", "");
    let explained = house.is_explained(&plain("`reboot`; $(x)", "guess"), &["keyway user add NAME"]);
    assert!(!explained.contains("user add `"), "{explained}");
    let explained = house.is_explained(&plain("ada\u{1b}[2J", "guess"), &["Malformed", r"ada\u{1b}"]);
    assert!(!explained.contains('\u{1b}'), "{explained}");
}

#[test]
fn the_log_may_come_from_stdin_in_what_a_journal_makes_of_it_and_an_id_may_be_missing() {
    let house = House::of("ada:pencil\n", "");
    house.say(&plain("ada", "guess"));
    let id = house.last_id();
    let journal: String =
        house.serving.log().lines().map(|line| format!("Nov 26 02:20:00 host keyway[7]: {line}\n")).collect();
    let upper = house.place.run(&format!("doctor explain {}", id.to_uppercase()), &journal);
    assert_eq!(upper.code, Some(0), "{upper:?}");
    assert!(upper.stdout.contains("WrongPassword"), "{upper:?}");
    let absent = house.place.run("doctor explain aaaaaaaaaa", &journal);
    assert_eq!(absent.code, Some(1));
    assert!(absent.stderr.contains("keyway serve -v"), "{absent:?}");
    let empty = house.place.run("doctor explain", "nothing\n");
    assert_eq!(empty.code, Some(1));
    fs::write(house.place.path("broken"), "no users").unwrap();
    let broken = house.place.run(&format!("doctor explain {id} --users broken"), &journal);
    assert_eq!(broken.code, Some(0));
    assert!(broken.stderr.contains("explained without the users: users file broken"), "{broken:?}");
    let nowhere = Place::new().run(&format!("doctor explain {id}"), &journal);
    assert_eq!(nowhere.code, Some(0), "users may come from elsewhere: {nowhere:?}");
}
