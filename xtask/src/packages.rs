//! The Debian packages that the real clients and the real servers of users need: installed if something is missing and we may.

use crate::{
    process::{Failure, Program},
    report::Totals,
    workspace,
};

/// libmemcached's tools, and Cyrus SASL's; then what compiles the C client, and pylibmc with its SASL; then a Python to run it;
/// then a client in Java and what compiles it; then those in PHP and Ruby; then the servers of users, with what changes what is in them and what makes
/// their certificates; then what checks metrics, and a browser for the status page; then what reads manual pages and units of systemd; then what guides
/// name.
const NEEDED: [&str; 27] = [
    "libmemcached-tools",
    "sasl2-bin",
    "libmemcached-dev",
    "libsasl2-dev",
    "libsasl2-modules",
    "zlib1g-dev",
    "gcc",
    "libc6-dev",
    "python3-dev",
    "python3-venv",
    "libspymemcached-java",
    "default-jdk-headless",
    "php-cli",
    "php-memcached",
    "ruby",
    "ruby-dalli",
    "slapd",
    "ldap-utils",
    "postgresql",
    "openssl",
    "prometheus",
    "chromium",
    "groff-base",
    "systemd",
    "jq",
    "sqlite3",
    "db5.3-util",
];

/// Installs what is missing. Without the rights to, or elsewhere than on Debian, it says what is needed; that is a
/// failure where nothing may be skipped.
pub(crate) fn install(totals: &mut Totals) -> Result<(), Failure> {
    if Program::new("dpkg-query").with(["--version"]).output().is_none() {
        return cannot(&format!(
            "this is no Debian; the real clients and servers need what it calls {}",
            NEEDED.join(" ")
        ));
    }
    let missing: Vec<&str> = NEEDED.into_iter().filter(|name| !is_installed(name)).collect();
    if missing.is_empty() {
        println!("nothing is missing");
        return Ok(());
    }
    let wanted = missing.join(" ");
    if !are_we_root() {
        return cannot(&format!(
            "missing for the real clients and servers; install them with: sudo apt-get install {wanted}"
        ));
    }
    match apt(&missing, totals) {
        Ok(()) => Ok(()),
        Err(failure) => cannot(&format!("{failure}; the real clients and servers need {wanted}")),
    }
}

fn apt(missing: &[&str], totals: &mut Totals) -> Result<(), Failure> {
    let quiet = |arguments: &[&str]| {
        // At this run level a package starts no service: the tests start their own.
        let apt = Program::new("apt-get").with(arguments).under("DEBIAN_FRONTEND", "noninteractive");
        apt.under("RUNLEVEL", "1")
    };
    quiet(&["-qq", "update"]).run(totals)?;
    quiet(&["-qq", "install", "--yes", "--no-install-recommends"]).with(missing).run(totals)
}

fn cannot(why: &str) -> Result<(), Failure> {
    if workspace::must_not_skip() {
        return Err(Failure::new(why));
    }
    println!("skipped: {why}");
    Ok(())
}

fn is_installed(name: &str) -> bool {
    let status =
        Program::new("dpkg-query").with(["--show", "--showformat=${db:Status-Status}", name]).output();
    status.is_some_and(|status| status == "installed")
}

fn are_we_root() -> bool {
    Program::new("id").with(["-u"]).output().is_some_and(|id| id.trim() == "0")
}
