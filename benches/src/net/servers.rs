//! The servers, each started for one run with a user of its own, and their CPU time.

use std::{
    fs, io,
    net::{SocketAddr, TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

pub(super) const USER: &str = "bench";
pub(super) const PASSWORD: &str = "a password of the benchmark";

/// A server that is ended when this is dropped.
#[derive(Debug)]
pub struct Running {
    /// For the table.
    pub name: &'static str,
    pub(super) address: SocketAddr,
    process: Child,
    _folder: tempfile::TempDir,
}

/// The server's core; the load has the other one.
const CORE: &str = "0";
/// Times that a server is knocked at, 50 ms apart.
const KNOCKS: u32 = 100;
/// A tick of the kernel's accounting in microseconds: Linux shows CPU time to user space in hundredths of a second.
const TICK_MICROS: f64 = 10_000.0;

/// `keyway serve` with one thread.
///
/// # Errors
/// If it does not start.
pub fn keyway(program: &Path) -> io::Result<Running> {
    let folder = tempfile::tempdir()?;
    let users = folder.path().join("users.toml");
    let mut add = Command::new(program)
        .args(["user", "add", USER, "--password-stdin", "--users"])
        .arg(&users)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    pass_password(&mut add)?;
    let port = free_port()?;
    let mut serve = pinned(program);
    serve.args(["serve", "-t", "1", "-m", "1024", "-p", &port.to_string(), "--users"]).arg(&users);
    start("keyway", serve, port, folder)
}

/// `memcached -S -t 1`, or `None` where it or its password tool is not installed.
///
/// # Errors
/// If it does not start.
pub fn memcached() -> io::Result<Option<Running>> {
    let folder = tempfile::tempdir()?;
    let database = folder.path().join("sasldb2");
    let conf = format!(
        "mech_list: plain\npwcheck_method: auxprop\nauxprop_plugin: sasldb\nsasldb_path: {}\n",
        database.display()
    );
    fs::write(folder.path().join("memcached.conf"), conf)?;
    let added = Command::new("saslpasswd2")
        .args(["-a", "memcached", "-c", "-p", USER, "-f"])
        .arg(&database)
        .stdin(Stdio::piped())
        .spawn();
    match added {
        Ok(mut added) => pass_password(&mut added)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    }
    if Command::new("memcached").arg("-V").stdout(Stdio::null()).status().is_err() {
        return Ok(None);
    }
    let port = free_port()?;
    let mut serve = pinned(Path::new("memcached"));
    serve.env("SASL_CONF_PATH", folder.path()).args([
        "-S",
        "-t",
        "1",
        "-m",
        "1024",
        "-l",
        "127.0.0.1",
        "-u",
        "root",
        "-p",
        &port.to_string(),
    ]);
    start("memcached", serve, port, folder).map(Some)
}

fn pass_password(process: &mut Child) -> io::Result<()> {
    if let Some(mut input) = process.stdin.take() {
        io::Write::write_all(&mut input, PASSWORD.as_bytes())?;
    }
    if process.wait()?.success() { Ok(()) } else { Err(io::Error::other("the user could not be added")) }
}

fn pinned(program: &Path) -> Command {
    let mut command = Command::new("taskset");
    command.args(["-c", CORE]).arg(program).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

fn start(
    name: &'static str,
    mut serve: Command,
    port: u16,
    folder: tempfile::TempDir,
) -> io::Result<Running> {
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    let running = Running { name, address, process: serve.spawn()?, _folder: folder };
    for _ in 0..KNOCKS {
        if TcpStream::connect(address).is_ok() {
            return Ok(running);
        }
        thread::sleep(Duration::from_millis(50));
    }
    Err(io::Error::other(format!("{name} did not start")))
}

impl Running {
    /// CPU time of the server so far, user and system, in microseconds.
    ///
    /// # Errors
    /// If the system does not tell.
    pub(super) fn cpu_micros(&self) -> io::Result<f64> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.process.id()))?;
        // The name of the program is in brackets and may hold anything; utime and stime are the 12th and 13th after.
        let after = stat.rsplit_once(')').map_or("", |(_, after)| after);
        let ticks: f64 =
            after.split_whitespace().skip(11).take(2).filter_map(|field| field.parse::<f64>().ok()).sum();
        Ok(ticks * TICK_MICROS)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ended = self.process.kill();
        let _reaped = self.process.wait();
    }
}
