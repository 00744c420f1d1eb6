//! memcached with SASL, its users in a sasldb of its own.

use super::{Setting, USER, pass_password};
use std::{fs, io, path::Path, process::Command};

/// What is missing of the two programs that it takes.
pub(crate) fn missing() -> Vec<&'static str> {
    let absent = |name: &&str| matches!(Command::new(name).arg("-h").output(), Err(error) if error.kind() == io::ErrorKind::NotFound);
    ["memcached", "saslpasswd2"].into_iter().filter(absent).collect()
}

pub(super) fn command(options: &[&str], setting: &Setting, port: u16, folder: &Path) -> io::Result<Command> {
    let database = folder.join("sasldb2");
    let settings = format!(
        "mech_list: plain cram-md5 scram-sha-1 scram-sha-256\npwcheck_method: auxprop\nauxprop_plugin: sasldb\nsasldb_path: {}\n",
        database.display()
    );
    fs::write(folder.join("memcached.conf"), settings)?;
    let add = ["-a", "memcached", "-c", "-p", USER, "-f"];
    pass_password(Command::new("saslpasswd2").args(add).arg(&database))?;
    let mut command = Command::new("memcached");
    command
        .env("SASL_CONF_PATH", folder)
        .args(["-S", "-t", &setting.threads.to_string(), "-U", "0", "-l", "127.0.0.1", "-u", "root"])
        .args(["-m", &setting.memory_mib.to_string(), "-c", &setting.connections.to_string()])
        .args(["-p", &port.to_string()])
        .args(options);
    Ok(command)
}
