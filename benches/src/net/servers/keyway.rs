//! `keyway serve`.

use super::{Setting, USER, certificates, pass_password};
use std::{io, path::Path, process::Command};

/// Adds the user to a file of its own.
pub(super) fn command(program: &Path, setting: &Setting, port: u16, folder: &Path) -> io::Result<Command> {
    let users = folder.join("users.toml");
    let add = ["user", "add", USER, "--password-stdin", "--users"];
    pass_password(Command::new(program).args(add).arg(&users))?;
    let mut command = Command::new(program);
    command
        .args(["serve", "-t", &setting.threads.to_string(), "-m", &setting.memory_mib.to_string()])
        .args(["-c", &setting.connections.to_string(), "-p", &port.to_string(), "--users"])
        .arg(&users);
    if setting.way.is_encrypted() {
        certificates::make(folder)?;
        command.arg("--tls-certificate").arg(folder.join(certificates::CERTIFICATE));
        command.arg("--tls-key").arg(folder.join(certificates::KEY));
    }
    Ok(command)
}
