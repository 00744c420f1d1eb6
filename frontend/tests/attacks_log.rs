//! What the real server leaves in its log with everything turned on, and what `Debug` shows. Named after their rows in the
//! list of known attacks.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::cast_possible_truncation)] // what fails here fails the test

mod raw;

use keyway::{Mechanism, Role, Rounds, Step, Verifier};
use keyway_frontend::{Connection, Desk, Dialogue, Door, FailureId, Outbox, Policy, Turn, UsersFile};
use raw::{Client, PASSWORD, SCRAM, ask, cache_of_ada, get, header, plain, serve, set};
use std::{
    io::{Result, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, LazyLock, Mutex},
    time::Duration,
};
use tracing::Level;

/// Where the log of this process goes: the server's threads write to it, and those of all tests here.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<u8>>>);

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        self.0.lock().unwrap().extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> Result<()> {
        Ok(())
    }
}

/// The log of this process, from here on.
fn log() -> &'static Kept {
    static LOG: LazyLock<Kept> = LazyLock::new(|| {
        let kept = Kept::default();
        let writer = kept.clone();
        let subscriber = tracing_subscriber::fmt().with_max_level(Level::TRACE).with_ansi(false);
        subscriber.with_writer(move || writer.clone()).init();
        kept
    });
    &LOG
}

impl Kept {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

/// None of these secrets is in this text, as it is or as a list of numbers, as which `Debug` shows bytes.
#[track_caller]
fn assert_tells_none<'a>(secrets: impl IntoIterator<Item = &'a str>, text: &str) {
    for secret in secrets {
        assert!(secret.len() > 3, "{secret:?} is in every text");
        let numbers: Vec<_> = secret.bytes().map(|byte| byte.to_string()).collect();
        for form in [secret.to_owned(), numbers.join(", ")] {
            let line = text.lines().find(|line| line.contains(&form));
            let shown: Option<String> = line.map(|line| line.chars().take(2000).collect());
            assert_eq!(shown, None, "{form} is in it");
        }
    }
}

/// The parts of a message of SCRAM that are nobody else's business: nonce, salt, proof, signature.
fn parts(message: &str) -> impl Iterator<Item = &str> {
    let fields = message.split(',').filter_map(|field| field.split_once('='));
    fields.filter(|(name, _)| ["r", "s", "p", "v"].contains(name)).map(|(_, value)| value)
}

#[test]
fn row_69_no_login_by_any_mechanism_good_or_bad_leaves_a_secret_in_the_log() {
    let log = log();
    let cache = cache_of_ada();
    let server = serve(&cache, |config| {
        config.login_deadline = Duration::from_secs(3);
        config.guesses_per_name = 2;
        config.guesses_per_address = 100;
    });
    let mut said = Vec::new();
    // By PLAIN: right, wrong, of nobody, of nothing known, too long, in two steps, broken off, put off.
    let mut client = Client::to(&server);
    let asks = [
        plain("mallory", "another-guess"),
        ask(0x21).key("NONESUCH").value("unknown-payload"),
        ask(0x21).key("PLAIN").value("no-zero-bytes"),
        plain("ada", &"long-guess".repeat(500)),
        plain("ada", PASSWORD),
        set("the-key", "the-value"),
        get("the-key"),
    ];
    assert_eq!(client.statuses(&asks), [0x20, 0x20, 0x20, 0x82, 0, 0, 0]);
    let large = set("large", "large-value".repeat(10_000));
    assert_eq!(client.one(&large).status, 0);
    let mut slow = Client::to(&server);
    slow.send(&plain("ada", "half-a-guess").bytes()[..40]);
    // By SCRAM: right, wrong, garbage.
    for password in [PASSWORD, "scram-guess"] {
        let mut client = Client::to(&server);
        let begun = client.begin_scram("ada");
        let last = begun.last(password);
        let answer = client.one(&ask(0x22).key(SCRAM).value(&last.message));
        said.extend([begun.bare, begun.challenge, last.message, last.signature]);
        if answer.status == 0x21 {
            assert_eq!(client.one(&ask(0x22).key(SCRAM)).status, 0);
        }
    }
    // More guesses than there are: one of them waits, and is put off.
    for guess in ["a-wrong-guess", "a-wrong-guess", "late-guess"] {
        Client::to(&server).one(&plain("ada", guess));
    }
    let mut garbled = Client::to(&server);
    garbled.begin_scram("ada");
    assert_eq!(
        garbled.one(&ask(0x22).key(SCRAM).value("c=biws,r=garbled-nonce,p=garbled-proof")).status,
        0x20
    );
    // Frames that are refused, and another protocol.
    for bytes in [header(0x01, 8, 251, 300), b"GET /secret-path HTTP/1.1".to_vec()] {
        let mut client = Client::to(&server);
        client.send(&bytes);
        client.until_closed();
    }
    slow.wait_for_end();
    cache.users().revoke("ada").unwrap();
    drop(client);
    server.stop();

    let text = log.text();
    let secrets =
        ["another-guess", "unknown-payload", "no-zero-bytes", "long-guess", "half-a-guess", "a-wrong-guess"];
    assert_tells_none(secrets, &text);
    assert_tells_none(
        ["late-guess", "scram-guess", "the-value", "large-value", "secret-path", PASSWORD],
        &text,
    );
    assert_tells_none(["garbled-nonce", "garbled-proof"], &text);
    let stored = cache.users().list()[0].credentials[0].forms[0].to_string();
    assert_tells_none(stored.split(['$', ':']).skip(2), &text);
    assert_tells_none(said.iter().flat_map(|message| parts(message)), &text);
    for told in [
        "ada",
        "mallory",
        "WrongPassword",
        "UnknownUser",
        SCRAM,
        "the-key",
        "login refused",
        "logged in",
        "put off",
        "TooManyGuesses",
        "NotOffered",
        "NONESUCH",
        "Misshapen",
        "Malformed",
    ] {
        assert!(text.contains(told), "{told}:\n{text}");
    }
}

/// What one line of the log says of a refused login.
fn told<'a>(line: &'a str, field: &str) -> Option<&'a str> {
    line.split_once(&format!(" {field}=")).map(|(_, rest)| rest.split(' ').next().unwrap())
}

#[test]
fn each_refusal_has_an_id_of_its_own_and_a_name_cannot_pass_for_a_field() {
    let log = log();
    let cache = cache_of_ada();
    let server = serve(&cache, |_| {});
    let mut client = Client::to(&server);
    let forged = r#"zoe" reason=Forged id=aaaaaaaaaa x="@host"#;
    let asks = [
        plain(forged, "guess"),
        ask(0x21).key("CRAM-NONE"),
        ask(0x22).key("PLAIN"),
        ask(0x21).key("swordfish-secret").value("x"),
    ];
    assert_eq!(client.statuses(&asks), [0x20; 4]);
    // A command that comes before any login looks the same to its client, and is told apart here.
    assert_eq!(client.one(&get("k")).status, 0x20);
    server.stop();
    let text = log.text();
    let peer = client.socket.local_addr().unwrap().to_string();
    let lines: Vec<&str> =
        text.lines().filter(|line| line.contains("login refused") && line.contains(&peer)).collect();
    let reasons: Vec<_> = lines.iter().map(|line| line.rsplit_once("reason=").unwrap().1).collect();
    assert_eq!(reasons, ["UnknownUser", "NotOffered", "NoLoginUnderWay", "NotOffered", "NoLogin"], "{text}");
    let ids: Vec<FailureId> = lines.iter().map(|line| told(line, "id").unwrap().parse().unwrap()).collect();
    assert!(ids.iter().enumerate().all(|(at, id)| !ids[..at].contains(id)), "{ids:?}");
    assert!(
        lines[0].contains(r#"claimed="zoe\" reason=Forged id=aaaaaaaaaa x=\"@host" realm="host""#),
        "{}",
        lines[0]
    );
    assert_eq!(told(lines[1], "mechanism"), Some("\"CRAM-NONE\""));
    assert!(!text.contains("swordfish-secret"), "only what can be a mechanism's name is shown");
}

#[test]
fn row_69_a_users_file_that_is_wrong_is_complained_of_without_what_is_in_it() {
    let verifier = Verifier::derive(PASSWORD, Rounds::MIN).unwrap().to_string();
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("users");
    let mut file = UsersFile::empty().unwrap();
    file.add("ada", Role::Admin, verifier.parse::<Verifier>().unwrap()).unwrap();
    file.save(&path).unwrap();
    let good = std::fs::read_to_string(&path).unwrap();
    let secret_of_salts =
        good.lines().find_map(|line| line.strip_prefix("mock_key = ")).unwrap().trim_matches('"');
    let secrets = || verifier.split(['$', ':']).skip(2).chain([secret_of_salts]);
    for (from, to) in
        [("SCRAM", "XCRAM"), ("mock_key", "mock_keys"), ("role", "roll"), ("name = ", "name "), ("=\"", "")]
    {
        std::fs::write(&path, good.replace(from, to)).unwrap();
        let Err(error) = UsersFile::load(&path) else { continue };
        assert_tells_none(secrets(), &format!("{error} {error:?}"));
    }
    assert_tells_none(secrets(), &format!("{file:?} {:?}", file.to_users().list()));
}

/// What is in the middle of a login, with the password or the proof still in it.
#[test]
fn row_69_debug_shows_no_login_that_is_under_way() {
    let cache = cache_of_ada();
    let door = Arc::new(Door::new(cache.clone(), Policy::default()));
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let mut desk = Desk::new();
    let login = plain("ada", "s3cret-password").bytes();
    // Half of it has come; all of it; all of it and more behind it.
    let pieces = [login[..login.len() - 4].to_vec(), login.clone(), [login.clone(), login].concat()];
    for bytes in pieces {
        let mut client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (socket, _) = listener.accept().unwrap();
        client.write_all(&bytes).unwrap();
        // Until all of it is there to be read in one piece.
        while socket.peek(&mut [0; 256]).unwrap() < bytes.len() {}
        socket.set_nonblocking(true).unwrap();
        let mut connection = Connection::new(socket, Dialogue::new(Arc::clone(&door), 0));
        let turn = connection.turn(&mut desk).unwrap();
        let text = format!("{connection:?} {desk:?} {turn:?}");
        assert_tells_none(["s3cret-pass"], &text);
        if let Turn::Verify(attempt) = turn {
            connection.verdict(attempt.verify(), &mut desk).unwrap();
        }
        assert_tells_none(["s3cret-pass"], &format!("{connection:?} {desk:?}"));
    }

    let mut out = Outbox::default();
    let mut dialogue = Dialogue::new(door, 0);
    let first = ask(0x21).key(SCRAM).value("n,,n=ada,r=clientnonce").bytes();
    let advance = dialogue.advance(&first, &mut out);
    assert_tells_none(["clientnonce"], &format!("{out:?} {dialogue:?} {advance:?}"));
    let Step::Verify(attempt) = cache.exchange(Mechanism::Plain).step(b"\0ada\0s3cret-password") else {
        panic!("nothing to verify")
    };
    let shown = format!("{attempt:?} {cache:?} {:?} {:?}", cache.users(), cache.session_for("ada"));
    assert_tells_none(["s3cret-password"], &shown);
    let error = attempt.verify().unwrap_err();
    assert_tells_none(["s3cret-password"], &format!("{error} {error:?}"));
}

#[test]
fn row_02_03_a_key_is_logged_escaped_and_cut_short_on_one_line() {
    let log = log();
    let server = serve(&cache_of_ada(), |_| {});
    let mut client = Client::of_ada(&server);
    client.one(&get(b"x\r\nforged line\x1b[2J\0\xff"));
    client.one(&ask(0x04).key([b'k'; 250]));
    client.one(&ask(0x77).key(b"\nforged").value("body"));
    client.one(&plain("eve\nforged name", "guess"));
    server.stop();
    let text = log.text();
    assert!(text.contains(r"x\r\nforged line\x1b[2J\x00\xff"), "{text}");
    assert!(text.contains("(250 bytes)") && !text.contains(&"k".repeat(65)), "{text}");
    assert!(text.lines().all(|line| !line.starts_with("forged")), "{text}");
    assert!(text.bytes().all(|byte| byte == b'\n' || (0x20..0x7f).contains(&byte)), "{text}");
}
