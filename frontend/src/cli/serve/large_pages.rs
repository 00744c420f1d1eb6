//! `-L`: the heap on large pages, so that the way to an item in memory is not a way through the tables of pages as well.
//!
//! Only glibc's own settings can say so, and it reads them before a program runs: so the program starts itself anew with them, in
//! the same process, with the same arguments and sockets.

use crate::cli::{failure::Failure, output};
use std::{env, fs, os::unix::process::CommandExt, process::Command};

/// Where glibc reads its settings.
const TUNABLES: &str = "GLIBC_TUNABLES";
const PAGES: &str = "glibc.malloc.hugetlb=";
/// What has glibc ask for them.
const ON: &str = "glibc.malloc.hugetlb=1";
/// glibc asks for large pages where a heap grows by `brk`, which is the first arena alone.
const ASKING: &str = "glibc.malloc.hugetlb=1:glibc.malloc.arena_max=1";
/// What the system grants.
const MODE: &str = "/sys/kernel/mm/transparent_hugepage/enabled";
/// How large they are, in bytes.
const LARGE: &str = "/sys/kernel/mm/transparent_hugepage/hpage_pmd_size";
/// What this process is granted: `prctl(PR_SET_THP_DISABLE)` is inherited, and containers' runtimes may use it.
const STATUS: &str = "/proc/self/status";

/// How often that may be said in vain. glibc 2.36 looks for the end of what `MODE` says beyond what it read of it, and so does not
/// take the setting in one start of four or so; what lies there is drawn anew with each start.
const MOST_TRIES: usize = 16;

/// Returns in a process whose heap is on large pages, as far as the system grants them. To be called before anything that must not
/// be done twice.
pub(super) fn ensure() -> Result<(), Failure> {
    let told = env::var(TUNABLES).unwrap_or_default();
    let tries = told.matches(PAGES).count();
    let taken = || !is_granted_on_asking() || is_asked_for().unwrap_or(true);
    if tries > MOST_TRIES || tries > 0 && (taken() || !told.contains(ASKING)) {
        warn_if_refused(&told);
        return Ok(());
    }
    let tunables = if told.is_empty() { ASKING.to_owned() } else { format!("{told}:{ASKING}") };
    Err(Failure::refused(format_args!(
        "-L: the program cannot be started anew with large pages: {}; set {TUNABLES}={ASKING} in its environment instead",
        start_anew(&tunables)
    )))
}

fn is_granted_on_asking() -> bool {
    fs::read_to_string(MODE).is_ok_and(|modes| modes.contains("[madvise]"))
}

/// Whether glibc does: if so, its heap grew by a large page at once or ends where one does, and else it is smaller by far as yet.
fn is_asked_for() -> Option<bool> {
    let large: u64 = fs::read_to_string(LARGE).ok()?.trim().parse().ok()?;
    let maps = fs::read_to_string("/proc/self/maps").ok()?;
    let heap = maps.lines().find(|mapping| mapping.ends_with("[heap]"))?;
    let (start, end) = heap.split_once(' ')?.0.split_once('-')?;
    let address = |digits| u64::from_str_radix(digits, 16).ok();
    let (start, end) = (address(start)?, address(end)?);
    Some(end.saturating_sub(start) >= large || end.is_multiple_of(large))
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

fn warn_if_refused(told: &str) {
    let says = |file: &str, what: &str| fs::read_to_string(file).is_ok_and(|text| text.contains(what));
    if says(MODE, "[never]") {
        output::complain(&format_args!(
            "WARNING: -L: this system grants no large pages; write `madvise` to {MODE} for that"
        ));
    } else if says(STATUS, "THP_enabled:\t0") {
        output::complain(
            &"WARNING: -L: this process is granted no large pages; whatever starts it forbade them (PR_SET_THP_DISABLE)",
        );
    } else if told.contains(ON) && is_granted_on_asking() && is_asked_for() == Some(false) {
        output::complain(&format_args!(
            "WARNING: -L: glibc missed its setting {ON}, as some versions do now and then; start it once more for large pages"
        ));
    }
}
