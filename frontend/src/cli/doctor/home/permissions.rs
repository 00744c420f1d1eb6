//! Who else can read or replace the users file.

use crate::cli::doctor::report::Report;
use rustix::process::geteuid;
use std::{
    collections::BTreeSet,
    fs::{self, Metadata},
    os::unix::fs::MetadataExt,
    path::Path,
    time::SystemTime,
};

const WRITABLE_BY_GROUP: u32 = 0o020;
const WRITABLE_BY_OTHERS: u32 = 0o002;
const USED_BY_OTHERS: u32 = 0o077;
/// In such a directory only a file's owner replaces it.
const STICKY: u32 = 0o1000;
const ROOT: u32 = 0;

/// The file, and every directory above it, behind links and before them.
pub(super) fn look(path: &Path, report: &mut Report) {
    let (target, found) = match fs::canonicalize(path).and_then(|target| Ok((fs::metadata(&target)?, target)))
    {
        Ok((found, target)) => (target, found),
        Err(error) => {
            return report.error(format_args!("users file {}: {error}", path.display()), "check the path");
        }
    };
    file(&target, &found, report);
    let named = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    // Each once, as whatever path it is first met.
    let mut seen = BTreeSet::new();
    let before = report.errors();
    for directory in target.ancestors().skip(1).chain(named.ancestors().skip(1)) {
        if let Ok(found) = fs::metadata(directory)
            && seen.insert((found.dev(), found.ino()))
        {
            self::directory(directory, &found, report);
        }
    }
    if report.errors() == before {
        report.ok(format_args!("nobody else can replace {}", target.display()));
    }
}

fn file(path: &Path, found: &Metadata, report: &mut Report) {
    let (shown, mode) = (path.display(), found.mode() & 0o7777);
    // A file that others can write is refused when it is loaded, and told there.
    if mode & USED_BY_OTHERS & !0o022 != 0 {
        report.warning(
            format_args!("{shown} has mode {mode:04o}: others can read it, and try passwords at home"),
            format_args!("chmod 600 {shown}; generate passwords (`keyway user passwd --generate`) for whoever has a weak one"),
        );
    } else if mode & USED_BY_OTHERS == 0 {
        report.ok(format_args!("{shown} is its owner's alone (mode {mode:04o})"));
    }
    let (owner, me) = (found.uid(), geteuid().as_raw());
    if owner != me && me != ROOT {
        report.warning(
            format_args!("{shown} belongs to user {owner}, and you are user {me}"),
            "make sure that it belongs to whoever runs the server",
        );
    }
    if let Ok(ahead) =
        found.modified().map(|changed| changed.duration_since(SystemTime::now()).unwrap_or_default())
        && ahead.as_secs() > 0
    {
        report.warning(
            format_args!(
                "{shown} was changed {} s from now, says its time: this clock is behind, or was",
                ahead.as_secs()
            ),
            "set the clock (`timedatectl`), then `touch` the file",
        );
    }
}

fn directory(path: &Path, found: &Metadata, report: &mut Report) {
    let (shown, mode) = (path.display(), found.mode() & 0o7777);
    let sticky = mode & STICKY != 0;
    if mode & WRITABLE_BY_OTHERS != 0 && !sticky {
        report.error(
            format_args!("{shown} has mode {mode:04o}: everybody on this machine can put another users file in place, and log in as anybody"),
            format_args!("chmod o-w {shown}"),
        );
    } else if mode & WRITABLE_BY_GROUP != 0 && !sticky {
        report.warning(
            format_args!(
                "{shown} has mode {mode:04o}: its group ({}) can put another users file in place",
                found.gid()
            ),
            format_args!("chmod g-w {shown}"),
        );
    }
    if found.uid() != ROOT && found.uid() != geteuid().as_raw() && geteuid().as_raw() != ROOT {
        report.note(format_args!("{shown} belongs to user {}, who can replace what is in it", found.uid()));
    }
}
