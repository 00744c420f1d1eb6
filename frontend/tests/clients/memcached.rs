//! memcached with SASL, on a free port of the loopback interface, with one user.

use super::{
    ended::Ended,
    server::{PASSWORD, USER, keyway, told},
};
use std::{
    fmt::Display,
    fs,
    net::{SocketAddr, TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};
use tempfile::TempDir;

/// A server that does not listen by then never will.
const PATIENCE: Duration = Duration::from_secs(30);
/// The realm of its user, which the client has to say.
pub(crate) const REALM: &str = "some.host";

/// A running server; killed when dropped.
pub(crate) struct Memcached {
    child: Child,
    address: SocketAddr,
    /// Goes away with the server.
    _folder: TempDir,
}

impl Memcached {
    /// Offers this mechanism alone.
    pub(crate) fn start(memcached: &Path, saslpasswd2: &Path, mechanism: &str) -> Result<Self, String> {
        let folder = TempDir::new().map_err(text)?;
        let database = folder.path().join("sasldb2");
        let mut make = Command::new(saslpasswd2);
        make.args(["-p", "-c", "-a", "memcached", "-u", REALM, "-f"]).arg(&database).arg(USER);
        told(&mut make, PASSWORD)?.must_succeed()?;
        let settings = format!(
            "mech_list: {mechanism}\npwcheck_method: auxprop\nauxprop_plugin: sasldb\nsasldb_path: {}\n",
            database.display()
        );
        fs::write(folder.path().join("memcached.conf"), settings).map_err(text)?;
        // Freed again at once; somebody else may get it in between, and then this server ends.
        let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
        let address = free.map_err(text)?;
        let child = Command::new(memcached)
            .args(["-S", "-u", "root", "-U", "0", "-l", "127.0.0.1", "-p", &address.port().to_string()])
            .env("SASL_CONF_PATH", folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(text)?;
        let mut server = Self { child, address, _folder: folder };
        server.await_listening()?;
        Ok(server)
    }

    /// What `keyway doctor` says of it, logging in with this password.
    pub(crate) fn doctor(&self, password: &str) -> Result<Ended, String> {
        let mut command = keyway();
        let name = format!("{USER}@{REALM}");
        command.args(["doctor", &self.address.to_string(), "--password-stdin", "--user", &name]);
        told(&mut command, password)
    }

    fn await_listening(&mut self) -> Result<(), String> {
        let until = Instant::now() + PATIENCE;
        while TcpStream::connect(self.address).is_err() {
            if let Some(status) = self.child.try_wait().map_err(text)? {
                return Err(format!("memcached ended with {status}"));
            }
            if Instant::now() > until {
                return Err("memcached does not listen".into());
            }
            thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }
}

impl Drop for Memcached {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn text(error: impl Display) -> String {
    error.to_string()
}
