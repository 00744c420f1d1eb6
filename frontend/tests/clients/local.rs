//! Clients of the same machine: over a unix socket, and beside that over TCP those that are tried nowhere else.
//!
//! libmemcached, and with it its tools, pylibmc and PHP, logs in over TCP alone: over a unix socket it sends its first command as if
//! there were no login (its `connect.cc`), whatever it was told of users. So its clients get a socket where nobody has to.

use super::{
    Ended,
    server::{PASSWORD, Server, USER},
};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// What a client comes over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Over {
    Tcp,
    Unix,
}

/// A socket on which everybody is in who may open it.
const WITHOUT_LOGIN: [&str; 2] = ["--listener", "unix=socket,anonymous=read-write"];
/// A socket that asks for a login.
const WITH_LOGIN: [&str; 2] = ["-s", "socket"];

/// What scripts say at their end.
const REFUSED: &str = "a wrong password is refused";
const NO_LOGIN: &str = "no login over a unix socket";

/// A server that listens both ways.
struct Both {
    server: Server,
    socket: PathBuf,
}

impl Both {
    fn start(arguments: &[&str]) -> Result<Self, String> {
        let server = Server::start(arguments)?;
        let socket = server.folder().join("socket");
        Ok(Self { server, socket })
    }

    /// Host and port as clients are told them.
    fn place(&self, over: Over) -> [String; 2] {
        match over {
            Over::Tcp => [self.server.host().to_owned(), self.server.port()],
            Over::Unix => [self.socket.display().to_string(), "0".to_owned()],
        }
    }

    fn script(&self, program: &Path, name: &str, over: Over, last: &str) -> Result<(), String> {
        let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests").join("clients").join(name);
        let mut run = Command::new(program);
        let ended = Ended::of(run.arg(script).args(self.place(over)).args([USER, PASSWORD]))?;
        ended.must_succeed()?;
        ended.must_say(last)
    }

    /// Ends it; the socket goes with it.
    fn stop(self) -> Result<Ended, String> {
        let socket = self.socket.clone();
        let gone = self.server.stop();
        if socket.exists() { Err("the socket is left behind".into()) } else { gone }
    }
}

pub(super) fn tools(memccp: &Path) -> Result<(), String> {
    let both = Both::start(&WITHOUT_LOGIN)?;
    let file = both.server.folder().join("letter");
    fs::write(&file, "dear neighbour").map_err(|error| error.to_string())?;
    let tool = |name: &str| {
        let mut command = Command::new(memccp.with_file_name(name));
        command.args([format!("--servers={}", both.socket.display()), "--binary".to_owned()]);
        command
    };
    Ended::of(tool("memccp").arg(&file))?.must_succeed()?;
    let shown = Ended::of(tool("memccat").arg("letter"))?;
    shown.must_succeed()?;
    shown.must_say("dear neighbour")?;
    both.stop().map(drop)
}

/// That is said, and nothing served, where a login is asked for.
pub(super) fn tools_where_a_login_is_asked_for(memccp: &Path) -> Result<(), String> {
    let both = Both::start(&[&WITH_LOGIN[..], &["-v"]].concat())?;
    let mut memccat = Command::new(memccp.with_file_name("memccat"));
    memccat.args([
        format!("--servers={}", both.socket.display()),
        "--binary".to_owned(),
        "letter".to_owned(),
    ]);
    let ended = Ended::of(memccat.args(["--username", USER, "--password", PASSWORD]))?;
    ended.must_fail()?;
    both.stop()?.must_say("reason=NoLogin")
}

pub(super) fn pylibmc(python: &Path) -> Result<(), String> {
    let both = Both::start(&WITHOUT_LOGIN)?;
    both.script(python, "pylibmc_verbs.py", Over::Unix, NO_LOGIN)?;
    both.stop().map(drop)
}

/// The extension takes the strongest mechanism that libmemcached has.
pub(super) fn php(php: &Path, over: Over) -> Result<(), String> {
    let both = Both::start(&[&WITHOUT_LOGIN[..], &["-vvv"]].concat())?;
    both.script(php, "php_verbs.php", over, if over == Over::Tcp { REFUSED } else { NO_LOGIN })?;
    let ended = both.stop()?;
    match over {
        Over::Tcp => ended.must_say(r#"logged in mechanism="SCRAM-SHA-"#),
        Over::Unix => ended.must_say("peer=uid:"),
    }
}

/// It has PLAIN alone.
pub(super) fn dalli(ruby: &Path, over: Over) -> Result<(), String> {
    let both = Both::start(&[&WITH_LOGIN[..], &["-vvv"]].concat())?;
    both.script(ruby, "dalli_verbs.rb", over, REFUSED)?;
    both.stop()?.must_say(r#"logged in mechanism="PLAIN""#)
}
