//! A password in the environment of a process is seen by whoever may look at that process, for as long as it runs: the system keeps
//! the environment with which a program was begun. So the program begins itself anew, without it.

use super::user::{PASSWORD, PASSWORD_FILE};
use crate::cli::{failure::Failure, output};
use std::{
    env,
    ffi::OsString,
    io::{self, PipeReader, Write},
    os::unix::process::CommandExt,
    process::Command,
};
use zeroize::Zeroizing;

/// More than any password has, and less than a pipe holds while nobody reads.
const MOST: usize = 4096;
/// Where the program that begins anew finds the password: once, since a pipe that was read is empty.
const STDIN: &str = "/dev/stdin";

/// Begins this process anew, with the same id, if it has a password in its environment: the password comes through a pipe then.
/// Where that cannot be done, the log says so and the process goes on as it is.
pub(crate) fn hide_password(arguments: &[OsString]) -> Result<(), Failure> {
    let Some(password) = env::var_os(PASSWORD).filter(|value| !value.is_empty()) else { return Ok(()) };
    // The same variables as `EnvironmentUser` refuses.
    if env::var_os(PASSWORD_FILE).is_some_and(|value| !value.is_empty()) {
        return Ok(());
    }
    let password = Zeroizing::new(password.into_encoded_bytes());
    if password.len() > MOST {
        return Err(Failure::usage(format_args!("${PASSWORD} is too long for a password")));
    }
    let why = match begin_anew(&password, arguments) {
        Ok(why) | Err(why) => why,
    };
    output::complain(&format_args!(
        "WARNING: ${PASSWORD} stays in the environment of this process, since it could not be begun anew: {why}; \
         ${PASSWORD_FILE} is safer"
    ));
    Ok(())
}

/// Returns only what went wrong.
fn begin_anew(password: &[u8], arguments: &[OsString]) -> io::Result<io::Error> {
    let program = env::current_exe()?;
    let mut command = Command::new(program);
    if let Some((name, rest)) = arguments.split_first() {
        command.arg0(name).args(rest);
    }
    command.env_remove(PASSWORD).env(PASSWORD_FILE, STDIN).stdin(filled(password)?);
    Ok(command.exec())
}

fn filled(password: &[u8]) -> io::Result<PipeReader> {
    let (reader, mut writer) = io::pipe()?;
    writer.write_all(password)?;
    Ok(reader)
}
