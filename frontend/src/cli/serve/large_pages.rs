//! `-L`: the heap on large pages, so that the way to an item in memory is not a way through the tables of pages as well.
//!
//! Only glibc's own settings can say so, and it reads them before a program runs: so the program starts itself anew with them, in
//! the same process, with the same arguments and sockets.

use crate::cli::{failure::Failure, output};
use std::{env, fs, os::unix::process::CommandExt, process::Command};

/// Where glibc reads its settings.
const TUNABLES: &str = "GLIBC_TUNABLES";
const PAGES: &str = "glibc.malloc.hugetlb=";
/// glibc asks for large pages where a heap grows by `brk`, which is the first arena alone.
const ASKING: &str = "glibc.malloc.hugetlb=1:glibc.malloc.arena_max=1";
/// What the system grants.
const MODE: &str = "/sys/kernel/mm/transparent_hugepage/enabled";

/// Returns in a process whose heap is on large pages, as far as the system grants them. To be called before anything that must not
/// be done twice.
pub(super) fn ensure() -> Result<(), Failure> {
    let told = env::var(TUNABLES).unwrap_or_default();
    if told.contains(PAGES) {
        warn_if_refused();
        return Ok(());
    }
    let tunables = if told.is_empty() { ASKING.to_owned() } else { format!("{told}:{ASKING}") };
    Err(Failure::refused(format_args!(
        "-L: the program cannot be started anew with large pages: {}; set {TUNABLES}={tunables} in its environment instead",
        start_anew(&tunables)
    )))
}

/// Does not come back, but with an error.
fn start_anew(tunables: &str) -> std::io::Error {
    let program = match env::current_exe() {
        Ok(program) => program,
        Err(error) => return error,
    };
    let mut arguments = env::args_os();
    let mut again = Command::new(program);
    if let Some(name) = arguments.next() {
        again.arg0(name);
    }
    again.args(arguments).env(TUNABLES, tunables).exec()
}

fn warn_if_refused() {
    if fs::read_to_string(MODE).is_ok_and(|modes| modes.contains("[never]")) {
        output::complain(&format_args!(
            "WARNING: -L: this system grants no large pages; write `madvise` to {MODE} for that"
        ));
    }
}
