//! PostgreSQL.

use super::{
    Certificates,
    process::{self, NOBODY, Running},
};
use std::{
    fs,
    os::unix::fs::chown,
    path::{Path, PathBuf},
    process::Command,
};
use tempfile::TempDir;

/// The user of the database that looks users up, and its password.
const ROLE: &str = "looker";
const PASSWORD: &str = "look but do not touch";

/// A database cluster of its own.
pub struct Postgres {
    folder: TempDir,
    programs: PathBuf,
    pub port: u16,
    pub certificates: Certificates,
    running: Option<Running>,
}

impl Postgres {
    /// Makes and starts one with a table of users; `None` where it is not installed.
    pub fn start() -> Option<Self> {
        let programs = programs()?;
        let folder = TempDir::new().unwrap();
        let certificates = Certificates::make(folder.path(), "DNS:localhost")?;
        let own = |path: &Path| {
            if process::is_root() {
                chown(path, Some(NOBODY), Some(NOBODY)).unwrap();
            }
        };
        own(folder.path());
        own(&certificates.key);
        fs::write(folder.path().join("secret"), PASSWORD).unwrap();
        let data = folder.path().join("data");
        process::run(
            process::unprivileged(&programs.join("initdb"))
                .args([
                    "--no-sync",
                    "--username=owner",
                    "--auth=trust",
                    "--encoding=UTF8",
                    "--locale=C",
                    "-D",
                ])
                .arg(&data),
        );
        // The owner comes over the socket in the folder alone.
        let lines = "local all all trust\nhost all looker 127.0.0.1/32 scram-sha-256\n";
        fs::write(data.join("pg_hba.conf"), lines).unwrap();
        let mut it = Self { folder, programs, port: process::free_port(), certificates, running: None };
        it.go_on();
        it.execute(&format!(
            "CREATE ROLE {ROLE} LOGIN PASSWORD '{PASSWORD}'; \
             CREATE TABLE users (name text PRIMARY KEY, verifier text, role text); \
             GRANT SELECT ON users TO {ROLE}"
        ));
        Some(it)
    }

    /// Starts it, again perhaps.
    pub fn go_on(&mut self) {
        let (folder, port) = (self.folder.path().display().to_string(), self.port.to_string());
        let setting = |name: &str, value: &dyn std::fmt::Display| format!("--{name}={value}");
        let mut command = process::unprivileged(&self.programs.join("postgres"));
        command.arg("-D").arg(self.folder.path().join("data")).args([
            setting("listen_addresses", &"127.0.0.1"),
            setting("port", &port),
            setting("unix_socket_directories", &folder),
            setting("fsync", &"off"),
            setting("ssl", &"on"),
            setting("ssl_cert_file", &self.certificates.certificate.display()),
            setting("ssl_key_file", &self.certificates.key.display()),
        ]);
        let mut running = Running::start(&mut command);
        running.await_port(self.port);
        self.running = Some(running);
        // It listens before it lets anybody in.
        let start = std::time::Instant::now();
        while !self.psql("SELECT 1").status().unwrap().success() {
            assert!(start.elapsed().as_secs() < 60, "it lets nobody in");
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
    }

    /// Ends it in good order, as a restart would.
    pub fn end(&mut self) {
        if let Some(mut running) = self.running.take() {
            // "Fast": connections are told, and cut off.
            process::run(Command::new("kill").args(["-INT", &running.id().to_string()]));
            running.wait();
        }
    }

    /// As the owner.
    pub fn execute(&self, sql: &str) {
        process::run(&mut self.psql(sql));
    }

    fn psql(&self, sql: &str) -> Command {
        let mut psql = Command::new(self.programs.join("psql"));
        psql.args([
            "--no-psqlrc",
            "--quiet",
            "--set=ON_ERROR_STOP=1",
            "--username=owner",
            "--dbname=postgres",
        ]);
        psql.arg("--host").arg(self.folder.path()).args(["--port", &self.port.to_string(), "--command", sql]);
        psql.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
        psql
    }

    /// Settings of a source with this query, over TLS.
    pub fn settings(&self, query: &str) -> String {
        self.settings_at("host=localhost hostaddr=127.0.0.1", self.port, "ca_file = 'authority.pem'", query)
    }

    /// The same with another way to the server.
    pub fn settings_at(&self, host: &str, port: u16, more: &str, query: &str) -> String {
        format!(
            "timeout_ms = 500\n[postgres]\nconnection = \"{host} port={port} user={ROLE} dbname=postgres\"\n\
             password_file = 'secret'\n{more}\nquery = \"\"\"{query}\"\"\"\n"
        )
    }

    /// What paths in the settings are relative to.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // Its own children end with it only if it is asked.
        self.end();
    }
}

/// The folder of the newest one that is installed.
fn programs() -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut folders: Vec<PathBuf> = versions.map(|version| version.path().join("bin")).collect();
    folders.sort();
    folders.reverse();
    let initdb = process::find("initdb", &folders)?;
    let folder = initdb.parent()?.to_owned();
    ["postgres", "psql"].iter().all(|name| folder.join(name).is_file()).then_some(folder)
}
