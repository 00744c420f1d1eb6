//! `keyway manual`: the pages of `man`, made of the command line's own description.

use super::{Cli, failure::Failure, output};
use clap::{Args, CommandFactory};
use std::{
    fs::{self, OpenOptions},
    io::Write,
    path::{Path, PathBuf},
};

/// Where to.
#[derive(Args, Debug)]
pub(crate) struct ManualOptions {
    /// The folder, which is made if there is none
    folder: PathBuf,
}

/// What the description does not have, and which page gets it. In the language of `man`, man(7).
const MORE: [(&str, &str); 2] = [("keyway.1", COMMAND), ("keyway-serve.1", SERVE)];

const COMMAND: &str = r#".SH "EXIT STATUS"
.TP
0
Done.
.TP
1
Refused or failed: the message says why, and what to do.
.TP
2
Called in a way that has no meaning, or with a configuration that cannot be used.
.SH FILES
.TP
/etc/keyway/keyway.toml
The configuration that the service of packages reads: \fBkeyway config example\fR prints one.
.TP
/etc/keyway/users.toml
The users file, where neither \fB\-\-users\fR nor $KEYWAY_USERS names one and there is no ./keyway\-users.toml.
"#;

const SERVE: &str = r#".SH ENVIRONMENT
A flag counts before a variable, a variable before the configuration file. An empty variable counts as not set.
.TP
KEYWAY_CONFIG
Names the configuration file.
.TP
KEYWAY_*
Each flag: KEYWAY_MEMORY_LIMIT is \fB\-\-memory\-limit\fR. Flags without a value take true or false; \fB\-v\fR is KEYWAY_VERBOSE, a
number. What may be given several times stands on several lines.
.TP
MEMCACHED_USERNAME, MEMCACHED_PASSWORD, MEMCACHED_USERNAME_FILE, MEMCACHED_PASSWORD_FILE
Make a user in memory who may read and write, called root if no name is given, beside those of the users file. A user of the same name
in that file is an error. The files have the name or the password in their first line. With MEMCACHED_PASSWORD the process begins
itself anew, so that the password is not left in its environment.
.TP
MEMCACHED_CACHE_SIZE, MEMCACHED_MAX_CONNECTIONS, MEMCACHED_THREADS, MEMCACHED_MAX_ITEM_SIZE, MEMCACHED_PORT_NUMBER, MEMCACHED_LISTEN_ADDRESS
As images of memcached have them, where the KEYWAY_ variable is not set.
.SH SIGNALS
.TP
SIGTERM, SIGINT
What was received is answered, and the server ends. A second one ends it at once.
.TP
SIGHUP
The configuration and the users file are read again. What of the settings cannot be applied while the server runs is told; files
that cannot be used change nothing.
.SH "SEE ALSO"
.BR keyway\-config (1),
.BR keyway\-user (1),
.BR keyway\-doctor (1)
"#;

/// Writes them.
pub(crate) fn run(options: &ManualOptions) -> Result<(), Failure> {
    let folder = &options.folder;
    write(folder).map_err(|error| {
        Failure::refused(format_args!("manual pages in {}: cannot write them: {error}", folder.display()))
    })?;
    output::say(&folder.display());
    Ok(())
}

fn write(folder: &Path) -> std::io::Result<()> {
    fs::create_dir_all(folder)?;
    clap_mangen::generate_to(Cli::command().disable_help_subcommand(true), folder)?;
    for (page, more) in MORE {
        OpenOptions::new().append(true).open(folder.join(page))?.write_all(more.as_bytes())?;
    }
    Ok(())
}
