//! `keyway serve` under systemd, whose part these tests play: sockets that were there first, and what it is told.
#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    reason = "a test fails by panicking, and its frames are small"
)]

mod cli_command;
mod serving;

use cli_command::{Place, finish};
use rustix::{
    io::{FdFlags, fcntl_setfd},
    process::Signal,
};
use serving::{Client, PATIENCE, SUCCESS, Serving, add};
use std::{
    net::TcpListener,
    os::{
        fd::{AsFd, AsRawFd, OwnedFd},
        unix::net::{UnixDatagram, UnixListener, UnixStream},
    },
    process::Command,
};

/// `keyway ARGUMENTS` that finds these sockets where systemd would have put them. The shell keeps its process and so its number.
fn activated(place: &Place, sockets: &[OwnedFd], names: &str, arguments: &str) -> Command {
    let mut moves = String::new();
    for (number, socket) in sockets.iter().enumerate() {
        fcntl_setfd(socket.as_fd(), FdFlags::empty()).unwrap();
        // Out of the way of each other first.
        moves += &format!("exec {}<&{}; ", 200 + number, socket.as_raw_fd());
    }
    for number in 0..sockets.len() {
        moves += &format!("exec {}<&{}; exec {}<&-; ", 3 + number, 200 + number, 200 + number);
    }
    let keyway = env!("CARGO_BIN_EXE_keyway");
    let line = format!(
        "{moves} export LISTEN_PID=$$ LISTEN_FDS={} LISTEN_FDNAMES={names}; exec {keyway} {arguments}",
        sockets.len()
    );
    let mut command = place.command("");
    let directory = command.get_current_dir().unwrap().to_owned();
    command = Command::new("bash");
    command.args(["-c", &line]).current_dir(directory).env_remove("KEYWAY_USERS");
    command
}

/// What systemd hears.
struct Hears(UnixDatagram);

impl Hears {
    fn at(place: &Place) -> Self {
        let socket = UnixDatagram::bind(place.path("notify")).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        Self(socket)
    }

    fn next(&self) -> String {
        let mut room = [0; 4096];
        let count = self.0.recv(&mut room).unwrap();
        String::from_utf8(room[..count].to_vec()).unwrap()
    }
}

#[test]
fn it_takes_the_sockets_by_name_and_says_when_it_is_ready_reloads_and_stops() {
    let place = Place::new();
    add(&place, "ada", "pencil");
    let tcp = TcpListener::bind("127.0.0.1:0").unwrap();
    let unix = UnixListener::bind(place.path("web.sock")).unwrap();
    let address = tcp.local_addr().unwrap();
    // Whoever comes before the server is there waits, and is not refused.
    let mut early = Client::connect(&address.to_string());
    let hears = Hears::at(&place);
    let line = "serve --listener systemd=net --listener systemd=web,mechanisms=PLAIN,anonymous=read-only";
    let sockets = [unix.into(), tcp.into()];
    let mut command = activated(&place, &sockets, "web:net", line);
    command.env("NOTIFY_SOCKET", place.path("notify"));
    let (serving, said) = Serving::start_by(&place, command);
    assert_eq!(said.address, address.to_string());
    let next = serving.lines.recv_timeout(PATIENCE).unwrap();
    assert!(next.starts_with("listening on unix:") && next.ends_with("web.sock"), "{next}");
    let offer = serving.lines.recv_timeout(PATIENCE).unwrap();
    assert_eq!(offer, "  unix socket; PLAIN; read-only without a login");

    let ready = hears.next();
    assert!(ready.starts_with("READY=1\nSTATUS=listening on 127.0.0.1:"), "{ready}");
    assert_eq!(early.login("ada", "pencil"), SUCCESS);
    assert_eq!(early.set("k", b"v"), SUCCESS);
    assert!(UnixStream::connect(place.path("web.sock")).is_ok());

    serving.signal(Signal::HUP);
    let reloading = hears.next();
    assert!(reloading.starts_with("RELOADING=1\nMONOTONIC_USEC="), "{reloading}");
    assert!(hears.next().starts_with("READY=1\n"));
    assert_eq!(early.get("k"), SUCCESS);

    assert_eq!(serving.end(Signal::TERM).0, Some(0));
    assert!(hears.next().starts_with("STOPPING=1\n"));
    assert!(place.path("web.sock").exists(), "the file is systemd's");
}

#[test]
fn sockets_are_taken_without_being_asked_for_and_those_of_others_are_not() {
    let place = Place::new();
    add(&place, "ada", "pencil");
    let tcp = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = tcp.local_addr().unwrap().to_string();
    let socket = [OwnedFd::from(tcp)];
    let (serving, said) = Serving::start_by(&place, activated(&place, &socket, "", "serve"));
    assert_eq!(said.address, address);
    assert_eq!(Client::connect(&address).login("ada", "pencil"), SUCCESS);
    drop(serving);

    // Another listener was asked for: this one is said to be left over.
    let (serving, said) =
        Serving::start_by(&place, activated(&place, &socket, "spare", "serve -p 0 -l 127.0.0.1"));
    assert_ne!(said.address, address);
    serving.logged("\"spare\" that no listener takes");
    drop(serving);

    // What was meant for another process is none of this one's.
    let mut command = place.command("serve -p 0");
    command.env("LISTEN_PID", "1").env("LISTEN_FDS", "1");
    let (_serving, said) = Serving::start_by(&place, command);
    assert!(said.text.contains("loopback"), "{}", said.text);
}

#[test]
fn what_cannot_be_listened_on_is_refused_with_the_reason() {
    let place = Place::new();
    add(&place, "ada", "pencil");
    let tcp = || OwnedFd::from(TcpListener::bind("127.0.0.1:0").unwrap());
    let refused = |sockets: &[OwnedFd], names: &str, line: &str| {
        let ended = finish(&mut activated(&place, sockets, names, line), "");
        assert_eq!(ended.code, Some(1), "{ended:?}");
        ended.stderr
    };
    let unnamed = refused(&[tcp()], "web", "serve --listener systemd=net");
    assert!(unnamed.contains("web") && unnamed.contains("net"), "{unnamed}");
    let twice = refused(&[tcp()], "web", "serve --listener systemd=web --listener systemd=web");
    assert!(twice.contains("taken already"), "{twice}");
    let (pair, _other) = UnixStream::pair().unwrap();
    let connected = refused(&[pair.into()], "", "serve");
    assert!(connected.contains("does not listen") && connected.contains("Accept="), "{connected}");
    let datagrams = refused(&[UnixDatagram::unbound().unwrap().into()], "", "serve");
    assert!(datagrams.contains("neither TCP nor"), "{datagrams}");
    let none = place.run("serve --listener systemd", "");
    assert!(none.code == Some(1) && none.stderr.contains("no socket of systemd"), "{none:?}");
    assert_eq!(none.stdout, "", "it must not look as if it served");
    let mut absent = activated(&place, &[], "", "serve");
    let line = absent.get_args().nth(1).unwrap().to_str().unwrap().replace("LISTEN_FDS=0", "LISTEN_FDS=900");
    absent = Command::new("bash");
    let absent = finish(absent.args(["-c", &line]), "");
    assert!(absent.code == Some(1) && absent.stderr.contains("not there"), "{absent:?}");
}
