//! Strangers who ask for too much, over real sockets. Named after their rows in the list of known attacks.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::cast_possible_truncation)] // what fails here fails the test

mod raw;

use keyway_frontend::{Server, ServerConfig, ServerError};
use raw::{Client, PATIENCE, ask, cache, cache_of_ada, eventually, get, header, plain, serve, set};
use std::{
    fs::{self, File},
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};
use tempfile::TempDir;

const VERSION: u8 = 0x0b;

/// A stranger who found a place, once there is one.
fn let_in(server: &Server) -> Client {
    let mut found = None;
    eventually("a place is free", || {
        let mut next = Client::to(server);
        let asked = next.socket.write_all(&ask(VERSION).bytes()).is_ok();
        found = (asked && next.socket.read_exact(&mut [0; 24]).is_ok()).then_some(next);
        found.is_some()
    });
    found.unwrap()
}

#[test]
fn row_62_strangers_of_one_address_are_bounded_and_those_logged_in_are_none() {
    let server = serve(&cache_of_ada(), |config| config.strangers_per_address = 3);
    let mut logged_in: Vec<_> = (0..10).map(|_| Client::of_ada(&server)).collect();
    let mut strangers: Vec<_> = (0..3).map(|_| Client::to(&server)).collect();
    strangers.iter_mut().for_each(|client| assert_eq!(client.one(&ask(VERSION)).status, 0));
    Client::to(&server).wait_for_end();
    for client in &mut logged_in {
        assert_eq!((client.one(&set("k", "v")).status, client.one(&get("k")).status), (0, 0));
    }
    // A login makes room, and so does leaving.
    assert_eq!(strangers[0].one(&plain("ada", raw::PASSWORD)).status, 0);
    let _newcomer = let_in(&server);
    strangers.truncate(2);
    let _another = let_in(&server);
}

#[test]
fn row_39_strangers_of_all_addresses_are_bounded() {
    let server = serve(&cache_of_ada(), |config| {
        config.strangers = 2;
        config.strangers_per_address = 2;
    });
    let mut strangers = [Client::to(&server), Client::to(&server)];
    strangers.iter_mut().for_each(|client| assert_eq!(client.one(&ask(VERSION)).status, 0));
    let from_elsewhere = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    from_elsewhere.bind(&std::net::SocketAddr::from(([127, 0, 0, 2], 0)).into()).unwrap();
    from_elsewhere.connect(&server.addresses()[0].into()).unwrap();
    let mut elsewhere = Client { socket: from_elsewhere.into() };
    elsewhere.socket.set_read_timeout(Some(PATIENCE)).unwrap();
    elsewhere.wait_for_end();
}

#[test]
fn row_64_guessing_at_a_name_shuts_nobody_out_who_comes_from_elsewhere() {
    let server = serve(&cache_of_ada(), |config| {
        config.guesses_per_name = 2;
        config.guesses_per_address = 2;
    });
    (0..2).for_each(|_| assert_eq!(Client::to(&server).one(&plain("ada", "wrong")).status, 0x20));
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    socket.bind(&std::net::SocketAddr::from(([127, 0, 0, 2], 0)).into()).unwrap();
    socket.connect(&server.addresses()[0].into()).unwrap();
    let mut victim = Client { socket: socket.into() };
    assert_eq!(victim.one(&plain("ada", raw::PASSWORD)).status, 0);
}

type Adjust = fn(&mut ServerConfig);

#[test]
fn limits_that_contradict_each_other_are_refused_and_the_error_names_them() {
    let settings: [(Adjust, &str); 8] = [
        (|config| config.strangers = 0, "`strangers`"),
        (|config| config.strangers_per_address = 0, "`strangers_per_address`"),
        (|config| config.strangers = 255, "`strangers_per_address` is more"),
        (|config| config.guesses_per_name = 0, "`guesses_per_name`"),
        (|config| config.guesses_per_address = 0, "`guesses_per_address`"),
        (|config| config.guesses_per_name = 31, "`guesses_per_name` is more"),
        (|config| config.policy.login_attempts = 0, "`policy.login_attempts`"),
        (|config| config.policy.unread_output = 0, "`policy.unread_output`"),
    ];
    for (adjust, told) in settings {
        let mut config = ServerConfig::new(Default::default());
        config.listen = vec![([127, 0, 0, 1], 0).into()];
        adjust(&mut config);
        let Err(error @ ServerError::Config(_)) = Server::start(cache(), config) else {
            panic!("{told} was accepted")
        };
        assert!(error.to_string().contains(told), "{error}");
    }
}

/// Ends the process, whatever becomes of the test.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// `keyway serve` with these flags under these limits of the shell's `ulimit`, in a place of its own, and where it listens.
fn serve_under(place: &TempDir, limits: &str, flags: &str) -> (Ended, String) {
    let line = format!(
        "ulimit {limits}; exec {} serve -p 0 -t 1 --anonymous admin {flags}",
        env!("CARGO_BIN_EXE_keyway")
    );
    let mut command = Command::new("sh");
    command.args(["-c", &line]).current_dir(place.path()).env_remove("KEYWAY_USERS");
    // One heap for all threads, so that what is left of the address space is the same each time.
    command.env("MALLOC_ARENA_MAX", "1");
    let log = File::create(place.path().join("log")).unwrap();
    let mut server = Ended(command.stdout(Stdio::piped()).stderr(log).spawn().unwrap());
    let mut lines = BufReader::new(server.0.stdout.take().unwrap()).lines().map_while(Result::ok);
    let address = lines.find_map(|line| line.strip_prefix("listening on ").map(str::to_owned)).unwrap();
    (server, address)
}

fn connected(address: &str) -> Client {
    let socket = TcpStream::connect(address).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    Client { socket }
}

#[test]
fn row_40_accepting_goes_on_after_the_open_files_were_used_up() {
    let place = tempfile::tempdir().unwrap();
    let (_server, address) = serve_under(&place, "-n 48", "");
    let crowd: Vec<_> = (0..100).map(|_| TcpStream::connect(&address).unwrap()).collect();
    eventually("the shortage is logged", || {
        let log = fs::read_to_string(place.path().join("log")).unwrap();
        log.contains("a connection could not be accepted")
    });
    drop(crowd);
    assert_eq!(connected(&address).one(&raw::noop()).status, 0);
}

/// A real shortage: the process may have 100 MB, its items more than that.
#[test]
fn row_37_a_frame_for_which_there_is_no_memory_ends_its_own_connection_only() {
    const ANNOUNCED: u32 = 120 << 20;
    // A sanitizer's shadow memory alone is more than this process may have.
    if std::env::var("RUSTFLAGS").is_ok_and(|flags| flags.contains("sanitizer")) {
        return;
    }
    let place = tempfile::tempdir().unwrap();
    let (_server, address) = serve_under(&place, "-v 100000", "-m 512 -I 128m");
    let mut other = connected(&address);
    assert_eq!(other.one(&set("k", vec![7; 1 << 20])).status, 0);
    // A value that is read where it will stay, and a frame that is collected first.
    for (opcode, extras) in [(0x01, 8), (0x0e, 0), (0x01, 8)] {
        let mut greedy = connected(&address);
        greedy.send(&header(opcode, extras, 1, ANNOUNCED));
        let sent = vec![b'x'; 1 << 20];
        let refused = (0..ANNOUNCED >> 20).any(|_| greedy.socket.write_all(&sent).is_err());
        assert!(refused, "{opcode:#x}: all of it was taken");
        assert_eq!(other.one(&get("k")).value, vec![7; 1 << 20]);
        assert_eq!(connected(&address).statuses(&[set("new", "v"), get("new")]), [0, 0]);
    }
}

/// A byte now and then is no sign of life: the deadline is for the login, not for the next byte.
#[test]
fn row_62_a_byte_at_a_time_does_not_put_off_the_login_deadline() {
    let server = serve(&cache_of_ada(), |config| config.login_deadline = Duration::from_secs(1));
    let (mut slow, start) = (Client::to(&server), Instant::now());
    let login = ask(0x21).key("PLAIN").value(vec![b'x'; 4000]).bytes();
    let sent = login.iter().take_while(|byte| {
        thread::sleep(Duration::from_millis(20));
        slow.socket.write_all(std::slice::from_ref(*byte)).is_ok()
    });
    let sent = sent.count();
    assert!(start.elapsed() >= Duration::from_secs(1), "before the deadline it may be slow");
    assert!(sent < login.len(), "all {sent} bytes were taken one by one");
    slow.wait_for_end();
}
