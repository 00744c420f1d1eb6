//! What runs, and as what process.

use super::{exposition::Exposition, family::Family};
use crate::process::{self, Process};

static BUILD: Family = Family::gauge(
    "keyway_build_info",
    &["version", "target", "features"],
    "1, with the version of Keyway, the system that it was built for, and its features.",
);
static CPU: Family =
    Family::counter("process_cpu_seconds_total", &[], "CPU time of the process, to a hundredth of a second.");
static RESIDENT: Family =
    Family::gauge("process_resident_memory_bytes", &[], "What the process has in memory.");
static VIRTUAL: Family = Family::gauge("process_virtual_memory_bytes", &[], "Its address space.");
static OPEN_FILES: Family = Family::gauge("process_open_fds", &[], "Open files, connections included.");
static MOST_FILES: Family = Family::gauge("process_max_fds", &[], "Open files that it may have.");
static THREADS: Family = Family::gauge("process_threads", &[], "Its threads.");
static STARTED: Family =
    Family::gauge("process_start_time_seconds", &[], "When it began, in seconds since 1970.");

pub(super) static FAMILIES: [&Family; 8] =
    [&BUILD, &CPU, &RESIDENT, &VIRTUAL, &OPEN_FILES, &MOST_FILES, &THREADS, &STARTED];

pub(super) fn build(out: &mut Exposition) {
    let features = [
        ("ldap", cfg!(feature = "ldap")),
        ("postgres", cfg!(feature = "postgres")),
        ("sqlite", cfg!(feature = "sqlite")),
    ];
    let features: Vec<_> = features.iter().filter(|(_, is_on)| *is_on).map(|(name, _)| *name).collect();
    let target = format!("{}-{}", std::env::consts::ARCH, std::env::consts::OS);
    out.family(&BUILD).sample(&[env!("CARGO_PKG_VERSION"), &target, &features.join(",")], 1);
}

/// Under the names that Prometheus' own client libraries use.
pub(super) fn process(out: &mut Exposition, process: &Process) {
    out.value(&CPU, (process.user + process.system).as_secs_f64());
    out.value(&RESIDENT, process.resident_bytes);
    out.value(&VIRTUAL, process.virtual_bytes);
    if let Some(files) = process::open_files() {
        out.value(&OPEN_FILES, files);
    }
    if let Some(files) = process::most_open_files() {
        out.value(&MOST_FILES, files);
    }
    out.value(&THREADS, process.threads);
    out.value(&STARTED, process.started);
}
