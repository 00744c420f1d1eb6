//! A memcached client of the plainest kind over a real socket, and servers for it to talk to.
#![allow(dead_code, unreachable_pub, unused_imports)] // each test program uses its own part of this

#[path = "../conversation/mod.rs"]
mod conversation;
#[path = "../conversation/scram.rs"]
mod scram;

pub use conversation::{
    Ask, PASSWORD, Reply, add_user, ask, cache, get, header, noop, plain, replies, set, step_of,
    user_in_each_form,
};
pub use scram::{Final, client_final, client_final_512};

use keyway::{Cache, CramMd5Secret, Credential, Role, Rounds, ScramHash, UserRecord, Verifier};
use keyway_frontend::{Server, ServerConfig};
use std::{
    io::{ErrorKind, Read, Write},
    net::{Shutdown, SocketAddr, TcpStream},
    time::{Duration, Instant},
};

/// How long a test waits for what must come: no deadline of the server, only the end of hope.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A cache with `ada`, who may read and write and has [`PASSWORD`].
pub fn cache_of_ada() -> Cache {
    let cache = cache();
    add_user(&cache, "ada", Role::ReadWrite);
    cache
}

/// The same, of whose password every form is stored, so that every mechanism works.
pub fn cache_of_every_form() -> Cache {
    let derive = |hash| Verifier::derive_for(hash, PASSWORD, Rounds::MIN).unwrap();
    let mut credential = Credential::new("1", derive(ScramHash::Sha256));
    credential.forms.push(derive(ScramHash::Sha512).into());
    credential.forms.push(CramMd5Secret::derive(PASSWORD).unwrap().into());
    let cache = cache();
    let name = "ada".to_owned();
    let record = UserRecord::with_credentials(name, Role::ReadWrite, vec![credential]);
    cache.users().add_record(record).unwrap();
    cache
}

/// A server of this cache on a free port of the loopback, configured further by `adjust`.
pub fn serve(cache: &Cache, adjust: impl FnOnce(&mut ServerConfig)) -> Server {
    let mut config = ServerConfig::new(Default::default());
    config.listen = vec![([127, 0, 0, 1], 0).into()];
    adjust(&mut config);
    Server::start(cache.clone(), config).unwrap()
}

/// A server with one event loop on which everybody may do everything without login.
pub fn serve_openly(cache: &Cache) -> Server {
    serve(cache, |config| open(config, cache))
}

/// Lets everybody in without login.
pub fn open(config: &mut ServerConfig, cache: &Cache) {
    cache.users().add_trusted("guest", Role::Admin).unwrap();
    config.listen[0].entrance.anonymous = Some(cache.session_for("guest").unwrap());
}

/// Tries until it holds.
#[track_caller]
pub fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < PATIENCE, "never came true: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// A connection.
#[derive(Debug)]
pub struct Client {
    pub socket: TcpStream,
}

impl Client {
    pub fn to(server: &Server) -> Self {
        let socket = TcpStream::connect(server.addresses()[0]).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        socket.set_write_timeout(Some(PATIENCE)).unwrap();
        socket.set_nodelay(true).unwrap();
        Self { socket }
    }

    /// A connection that was given a seat: tries until one is free. Where nobody has to log in.
    #[track_caller]
    pub fn seated(server: &Server) -> Self {
        let mut seated = None;
        eventually("a seat is free", || {
            let mut client = Self::to(server);
            // Who is turned away may be reset at any point.
            let answered = client.socket.write_all(&noop().bytes()).is_ok()
                && client.socket.read_exact(&mut [0; 24]).is_ok();
            seated = answered.then_some(client);
            answered
        });
        seated.unwrap()
    }

    /// A connection on which `ada` is logged in.
    pub fn of_ada(server: &Server) -> Self {
        let mut client = Self::to(server);
        assert_eq!(client.one(&plain("ada", PASSWORD)).status, 0);
        client
    }

    pub fn send(&mut self, bytes: &[u8]) {
        self.socket.write_all(bytes).unwrap();
    }

    /// The next answer.
    #[track_caller]
    pub fn reply(&mut self) -> Reply {
        let mut bytes = vec![0; 24];
        self.socket.read_exact(&mut bytes).unwrap();
        let body = u32::from_be_bytes(bytes[8..12].try_into().unwrap());
        bytes.resize(24 + body as usize, 0);
        self.socket.read_exact(&mut bytes[24..]).unwrap();
        replies(&bytes).remove(0)
    }

    /// Asks and waits for the answer.
    #[track_caller]
    pub fn one(&mut self, ask: &Ask) -> Reply {
        self.send(&ask.bytes());
        self.reply()
    }

    /// All that comes before the server closes.
    #[track_caller]
    pub fn until_closed(&mut self) -> Vec<Reply> {
        let mut back = Vec::new();
        self.socket.read_to_end(&mut back).unwrap();
        replies(&back)
    }

    /// The statuses of all that comes before the server closes.
    #[track_caller]
    pub fn statuses_until_closed(&mut self) -> Vec<u16> {
        self.until_closed().iter().map(|reply| reply.status).collect()
    }

    /// Sends requests in one piece, and gives the statuses of as many answers.
    #[track_caller]
    pub fn statuses(&mut self, asks: &[Ask]) -> Vec<u16> {
        self.send(&asks.iter().flat_map(Ask::bytes).collect::<Vec<_>>());
        asks.iter().map(|_| self.reply().status).collect()
    }

    /// Waits for the server to close, without a further answer.
    #[track_caller]
    pub fn wait_for_end(&mut self) {
        match self.socket.read(&mut [0; 64]) {
            Ok(0) => {}
            Ok(more) => panic!("{more} more bytes instead of the end"),
            Err(error) => assert_eq!(error.kind(), ErrorKind::ConnectionReset),
        }
    }

    /// Tells the server that no more requests come.
    pub fn half_close(&self) {
        self.socket.shutdown(Shutdown::Write).unwrap();
    }

    /// Logs in by SCRAM, checks the server's own proof, and gives the status of the last answer.
    pub fn log_in_by_scram(&mut self, user: &str, password: &str) -> u16 {
        let last = self.begin_scram(user).last(password);
        let verdict = self.one(&ask(0x22).key(SCRAM).value(last.message));
        if verdict.status != 0x21 {
            return verdict.status;
        }
        assert_eq!(verdict.text(), last.signature, "the server does not know the password");
        self.one(&ask(0x22).key(SCRAM)).status
    }

    /// Begins to log in by SCRAM.
    #[track_caller]
    pub fn begin_scram(&mut self, user: &str) -> Begun {
        let bare = format!("n={user},r=rOprNGfwEbeRWgbNEkqO");
        let challenge = self.one(&ask(0x21).key(SCRAM).value(format!("n,,{bare}")));
        assert_eq!(challenge.status, 0x21);
        Begun { bare, challenge: challenge.text() }
    }
}

/// The mechanism's name.
pub const SCRAM: &str = "SCRAM-SHA-256";

/// What was said so far of a login by SCRAM.
#[derive(Clone, Debug)]
pub struct Begun {
    pub bare: String,
    pub challenge: String,
}

impl Begun {
    /// The client's last message.
    pub fn last(&self, password: &str) -> Final {
        client_final("n,,", &self.bare, &self.challenge, password)
    }
}
