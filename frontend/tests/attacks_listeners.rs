//! What can be done to a listener, and through one: to the file of a unix socket, as another system user, and by a way in that was
//! meant for others.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::cast_possible_truncation,
    clippy::print_stdout,
    reason = "what fails here fails the test"
)]

mod raw;

use keyway::{Cache, Mechanism, Role, UserRecord};
use keyway_frontend::{Listener, PlainOver, Server, ServerConfig, ServerError, UnixEndpoint};
use raw::{Ask, Client, PASSWORD, Reply, ask, cache_of_ada, eventually, get, plain, replies, serve, set};
use rustix::{
    fs::Mode,
    process::{getuid, umask},
};
use std::{
    env, fs,
    io::{ErrorKind, Read, Write},
    os::unix::{
        fs::{FileTypeExt, PermissionsExt, symlink},
        net::UnixStream,
        process::CommandExt,
    },
    path::{Path, PathBuf},
    process::Command,
    sync::atomic::{AtomicBool, Ordering},
    thread,
};
use tempfile::TempDir;

/// What most of the tests do not come from.
const STRANGER: u32 = 47_110;

struct Place(TempDir);

impl Place {
    /// A directory that other system users may look into.
    fn new() -> Self {
        let place = tempfile::tempdir().unwrap();
        fs::set_permissions(place.path(), fs::Permissions::from_mode(0o755)).unwrap();
        Self(place)
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("socket")
    }

    fn listener(&self, mode: u32) -> Listener {
        let mut socket = UnixEndpoint::at(self.path());
        socket.mode = mode;
        socket.into()
    }

    fn serve(&self, cache: &Cache, adjust: impl FnOnce(&mut ServerConfig)) -> Server {
        serve(cache, |config| {
            config.listen = vec![self.listener(0o666)];
            adjust(config);
        })
    }
}

/// A client of the plainest kind over a unix socket.
struct Local(UnixStream);

impl Local {
    fn to(path: &Path) -> Self {
        let socket = UnixStream::connect(path).unwrap();
        socket.set_read_timeout(Some(raw::PATIENCE)).unwrap();
        Self(socket)
    }

    fn one(&mut self, ask: &Ask) -> Reply {
        self.0.write_all(&ask.bytes()).unwrap();
        let mut bytes = vec![0; 24];
        self.0.read_exact(&mut bytes).unwrap();
        let body = u32::from_be_bytes(bytes[8..12].try_into().unwrap());
        bytes.resize(24 + body as usize, 0);
        self.0.read_exact(&mut bytes[24..]).unwrap();
        replies(&bytes).remove(0)
    }

    fn is_turned_away(&mut self) -> bool {
        matches!(self.0.read(&mut [0]), Ok(0))
            || self.0.read(&mut [0]).is_err_and(|error| error.kind() == ErrorKind::ConnectionReset)
    }
}

fn external(name: &str) -> Ask {
    ask(0x21).key("EXTERNAL").value(name.as_bytes())
}

/// A cache in which this system user is this user.
fn known_as(uid: u32, user: &str) -> Cache {
    let cache = cache_of_ada();
    let mut record = UserRecord::with_credentials(user, Role::ReadWrite, Vec::new());
    record.external = vec![format!("uid:{uid}").parse().unwrap()];
    cache.users().add_record(record).unwrap();
    cache
}

/// Between the making of the file and its mode nobody may find it wider open than it is to be, whatever the umask.
#[test]
fn a_socket_is_never_open_wider_than_it_is_to_be() {
    let place = Place::new();
    let before = umask(Mode::empty());
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        let watchers: Vec<_> = (0..2)
            .map(|_| {
                scope.spawn(|| {
                    let (path, mut seen) = (place.path(), 0_u32);
                    while !over.load(Ordering::Relaxed) {
                        if let Ok(found) = fs::symlink_metadata(&path) {
                            let mode = found.permissions().mode() & 0o777;
                            assert_eq!(mode & !0o600, 0, "{mode:o}");
                            seen += 1;
                        }
                    }
                    seen
                })
            })
            .collect();
        let cache = cache_of_ada();
        for _ in 0..100 {
            drop(serve(&cache, |config| config.listen = vec![place.listener(0o600)]));
        }
        over.store(true, Ordering::Relaxed);
        assert!(watchers.into_iter().all(|watcher| watcher.join().unwrap() > 0), "they saw it");
    });
    umask(before);
}

#[test]
fn a_link_in_the_place_of_the_socket_leads_nowhere() {
    let place = Place::new();
    let precious = place.0.path().join("precious");
    fs::write(&precious, "as it was").unwrap();
    fs::set_permissions(&precious, fs::Permissions::from_mode(0o600)).unwrap();
    for target in [precious.clone(), place.0.path().join("nowhere")] {
        symlink(&target, place.path()).unwrap();
        let mut config = ServerConfig::new(Default::default());
        config.listen = vec![place.listener(0o666)];
        let refused = Server::start(cache_of_ada(), config).unwrap_err();
        assert!(matches!(refused, ServerError::Listen { .. }), "{refused}");
        assert!(refused.to_string().contains("no socket"), "{refused}");
        fs::remove_file(place.path()).unwrap();
    }
    assert_eq!(fs::read_to_string(&precious).unwrap(), "as it was");
    assert_eq!(fs::metadata(&precious).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(!place.0.path().join("nowhere").exists());
}

#[test]
fn a_live_servers_socket_is_not_taken_and_a_dead_ones_is() {
    let (place, cache) = (Place::new(), cache_of_ada());
    let first = place.serve(&cache, |_| {});
    let mut config = ServerConfig::new(Default::default());
    config.listen = vec![place.listener(0o666)];
    let refused = Server::start(cache_of_ada(), config).unwrap_err().to_string();
    assert!(refused.contains("stop what listens there"), "{refused}");
    assert_eq!(Local::to(&place.path()).one(&plain("ada", PASSWORD)).status, 0);
    drop(first);
    assert!(!place.path().exists(), "a stop leaves nothing behind");
    // As a server that was killed leaves it.
    drop(std::os::unix::net::UnixListener::bind(place.path()).unwrap());
    assert!(fs::symlink_metadata(place.path()).unwrap().file_type().is_socket());
    let _second = place.serve(&cache, |_| {});
    assert_eq!(Local::to(&place.path()).one(&plain("ada", PASSWORD)).status, 0);
}

#[test]
fn a_server_that_cannot_start_takes_back_what_it_made() {
    let (place, held) = (Place::new(), std::net::TcpListener::bind("127.0.0.1:0").unwrap());
    let mut config = ServerConfig::new(Default::default());
    config.listen = vec![place.listener(0o666), held.local_addr().unwrap().into()];
    assert!(Server::start(cache_of_ada(), config).is_err());
    assert!(!place.path().exists());
}

#[test]
fn a_peer_is_whoever_the_system_says_and_nobody_that_it_claims_to_be() {
    let (place, uid) = (Place::new(), getuid().as_raw());
    let cache = known_as(uid, "worker");
    let _server = place.serve(&cache, |_| {});
    let mut own = Local::to(&place.path());
    assert_eq!(own.one(&ask(0x20)).text(), "SCRAM-SHA-256 EXTERNAL PLAIN");
    // Not as somebody else whom the server knows, and not as somebody whom it does not.
    for name in ["ada", "uid:0", "nobody"] {
        assert_eq!(own.one(&external(name)).status, 0x20, "{name}");
    }
    assert_eq!(own.one(&get("k")).status, 0x20, "nobody is logged in by then");
    let mut own = Local::to(&place.path());
    assert_eq!(own.one(&external("")).status, 0);
    assert_eq!((own.one(&set("k", "v")).status, own.one(&get("k")).status), (0, 0));
    let live = cache.users().sessions(None, 10).into_iter().find(|session| session.user == "worker").unwrap();
    let here = format!("uid:{uid}/pid:{}", std::process::id());
    assert_eq!(live.origin.to_string(), here);
    // By the same name once more, and as the one who it is.
    assert_eq!(Local::to(&place.path()).one(&external("worker")).status, 0);
}

#[test]
fn who_is_nobody_here_is_refused_and_not_shown_the_way() {
    let place = Place::new();
    let _server = place.serve(&known_as(STRANGER, "somebody-else"), |_| {});
    let mut own = Local::to(&place.path());
    assert_eq!(own.one(&ask(0x20)).text(), "SCRAM-SHA-256 PLAIN");
    assert_eq!(own.one(&external("")).status, 0x20);
    assert_eq!(own.one(&external("somebody-else")).status, 0x20);
}

/// Where the tests run as root: as another system user.
#[test]
fn a_strangers_process_is_kept_out_by_the_mode_and_is_itself_where_it_is_let_in() {
    if let Some(path) = env::var_os("KEYWAY_TEST_STRANGER") {
        return act_as_stranger(Path::new(&path));
    }
    if !getuid().is_root() {
        return;
    }
    let as_stranger = |path: &Path| {
        let mut itself = Command::new(env::current_exe().unwrap());
        itself.args([
            "--exact",
            "a_strangers_process_is_kept_out_by_the_mode_and_is_itself_where_it_is_let_in",
        ]);
        itself.args(["--nocapture"]).env("KEYWAY_TEST_STRANGER", path).uid(STRANGER).gid(STRANGER);
        let ended = itself.output().unwrap();
        let said = String::from_utf8_lossy(&ended.stdout).into_owned();
        said.lines()
            .find_map(|line| line.split_once("stranger: "))
            .map(|(_, said)| said.to_owned())
            .expect(&said)
    };
    let place = Place::new();
    let cache = known_as(STRANGER, "worker");
    let closed = serve(&cache, |config| config.listen = vec![place.listener(0o660)]);
    assert_eq!(as_stranger(&place.path()), "PermissionDenied");
    drop(closed);
    let mut given = UnixEndpoint::at(place.path());
    (given.mode, given.group) = (0o660, Some(STRANGER));
    let _open = serve(&cache, |config| config.listen = vec![given.into()]);
    assert_eq!(as_stranger(&place.path()), "0 as itself, 32 as ada");
    // And root, who made the socket, is not the stranger.
    assert_eq!(Local::to(&place.path()).one(&external("")).status, 0x20);
}

fn act_as_stranger(path: &Path) {
    match UnixStream::connect(path) {
        Err(error) => println!("stranger: {:?}", error.kind()),
        Ok(_) => {
            let as_itself = Local::to(path).one(&external("")).status;
            let as_ada = Local::to(path).one(&external("ada")).status;
            println!("stranger: {as_itself} as itself, {as_ada} as ada");
        }
    }
}

#[test]
fn strangers_and_guesses_of_one_system_user_are_bounded() {
    let place = Place::new();
    let server = place.serve(&cache_of_ada(), |config| {
        config.strangers_per_address = 2;
        (config.guesses_per_name, config.guesses_per_address) = (2, 2);
        config.listen.push(([127, 0, 0, 1], 0).into());
    });
    let mut held = [Local::to(&place.path()), Local::to(&place.path())];
    held.iter_mut().for_each(|client| assert_eq!(client.one(&ask(0x0b)).status, 0));
    assert!(Local::to(&place.path()).is_turned_away());
    // Whoever comes another way is somebody else.
    let mut elsewhere = Client::to(&server);
    assert_eq!(elsewhere.one(&ask(0x0b)).status, 0);
    for _ in 0..2 {
        assert_eq!(held[0].one(&plain("ada", "wrong")).status, 0x20);
    }
    assert_eq!(held[1].one(&plain("ada", "wrong")).status, 0x86, "put off, unseen");
    assert_eq!(elsewhere.one(&plain("ada", PASSWORD)).status, 0);
    drop(held);
    eventually("places come back", || {
        let mut client = Local::to(&place.path());
        client.0.write_all(&ask(0x0b).bytes()).is_ok() && client.0.read_exact(&mut [0; 24]).is_ok()
    });
}

/// `stats settings` over this socket, up to the file of a listener.
fn domain_socket(socket: &mut (impl Read + Write)) -> String {
    socket.write_all(&plain("ada", PASSWORD).bytes()).unwrap();
    socket.write_all(&ask(0x10).key("settings").bytes()).unwrap();
    loop {
        let mut head = [0; 24];
        socket.read_exact(&mut head).unwrap();
        let mut body = vec![0; u32::from_be_bytes(head[8..12].try_into().unwrap()) as usize];
        socket.read_exact(&mut body).unwrap();
        if let Some(path) = body.strip_prefix(b"domain_socket") {
            return String::from_utf8_lossy(path).into_owned();
        }
    }
}

#[test]
fn settings_name_the_socket_by_which_a_client_came_and_no_other() {
    let place = Place::new();
    let server = place.serve(&cache_of_ada(), |config| config.listen.push(([127, 0, 0, 1], 0).into()));
    let path = place.path();
    assert_eq!(domain_socket(&mut Local::to(&path).0), path.display().to_string());
    let mut elsewhere = std::net::TcpStream::connect(server.addresses()[0]).unwrap();
    assert_eq!(domain_socket(&mut elsewhere), "NULL");
}

#[test]
fn what_one_listener_lets_through_without_a_login_reaches_no_other() {
    let (place, cache) = (Place::new(), cache_of_ada());
    cache.users().add_trusted("readers", Role::ReadOnly).unwrap();
    cache.users().add_trusted("operators", Role::Admin).unwrap();
    let server = place.serve(&cache, |config| {
        let loopback = || Listener::from(([127, 0, 0, 1], 0));
        config.listen[0].entrance.anonymous = Some(cache.session_for("operators").unwrap());
        let mut readers = loopback();
        readers.entrance.anonymous = Some(cache.session_for("readers").unwrap());
        config.listen.extend([loopback(), readers]);
        config.policy.threads = 2;
    });
    let [closed, readers] = *server.addresses() else { panic!("two of TCP") };
    let to = |address| {
        let socket = std::net::TcpStream::connect(address).unwrap();
        socket.set_read_timeout(Some(raw::PATIENCE)).unwrap();
        Client { socket }
    };
    // Several of each, so that both threads have some.
    for _ in 0..8 {
        assert_eq!(Local::to(&place.path()).one(&set("k", "v")).status, 0);
        assert_eq!(to(readers).statuses(&[get("k"), set("k", "w"), ask(0x08)]), [0, 0x24, 0x24]);
        for refused in [get("k"), set("k", "w"), ask(0x08)] {
            assert_eq!(to(closed).one(&refused).status, 0x20);
        }
        // Who gives a role up by a login that fails does not get another listener's.
        let mut reader = to(readers);
        assert_eq!(reader.one(&plain("operators", "")).status, 0x20);
        assert_eq!(reader.one(&get("k")).status, 0x20);
    }
}

#[test]
fn plain_is_not_taken_over_a_network_in_the_clear() {
    let cache = cache_of_ada();
    let to = |server: &Server| {
        let port = server.addresses()[0].port();
        Client { socket: std::net::TcpStream::connect(("127.0.0.1", port)).unwrap() }
    };
    let everywhere = || Listener::from(([0, 0, 0, 0], 0));
    let server = serve(&cache, |config| config.listen = vec![everywhere()]);
    let mut client = to(&server);
    assert_eq!(client.one(&ask(0x20)).text(), "SCRAM-SHA-256");
    assert_eq!(client.one(&plain("ada", PASSWORD)).status, 0x20, "and it is right");
    assert_eq!(client.log_in_by_scram("ada", PASSWORD), 0);

    let told = serve(&cache, |config| {
        config.listen = vec![everywhere()];
        config.listen[0].entrance.plain = PlainOver::Anything;
    });
    assert_eq!(to(&told).one(&plain("ada", PASSWORD)).status, 0);

    let mut config = ServerConfig::new(Default::default());
    config.listen = vec![everywhere()];
    config.listen[0].entrance.mechanisms = vec![Mechanism::Plain, Mechanism::External];
    let refused = Server::start(cache, config).unwrap_err();
    assert!(matches!(refused, ServerError::NothingOffered { .. }));
    assert!(refused.to_string().contains("in the clear"), "{refused}");
}

#[test]
fn nobody_is_known_by_its_system_user_over_tcp() {
    let cache = known_as(getuid().as_raw(), "worker");
    let server = serve(&cache, |_| {});
    let mut client = Client::to(&server);
    assert!(!client.one(&ask(0x20)).text().contains("EXTERNAL"));
    assert_eq!(client.one(&external("")).status, 0x20);
    assert_eq!(client.one(&external("worker")).status, 0x20);
}
