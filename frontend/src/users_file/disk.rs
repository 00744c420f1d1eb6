//! How a users file is read from disk and replaced on it: modes, owners, links, and nothing half-written.

use super::error::{Problem, UsersFileError};
use std::{
    fs::{self, File, Metadata, OpenOptions, Permissions},
    io::{self, Read, Write},
    os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, fchown},
    path::{Path, PathBuf},
};

/// Owner reads and writes, nobody else does anything: who reads verifiers can try passwords against them at
/// home.
pub(super) const MODE: u32 = 0o600;
const WRITABLE_BY_OTHERS: u32 = 0o022;
const READABLE_BY_OTHERS: u32 = 0o044;
const PERMISSION_BITS: u32 = 0o7777;

/// Some 200,000 users; a path given by mistake is not read into memory whole.
const MAX_BYTES: u64 = 64 << 20;

/// The text of the file, if its mode is one to trust.
pub(super) fn read(path: &Path) -> Result<String, UsersFileError> {
    // Looked at before it is opened: opening a pipe would wait for a writer.
    if !fs::metadata(path).map_err(Problem::system("read it"))?.is_file() {
        return Err(Problem::NotAFile.into());
    }
    let file = File::open(path).map_err(Problem::system("read it"))?;
    let found = file.metadata().map_err(Problem::system("read it"))?;
    let mode = found.mode() & PERMISSION_BITS;
    if mode & WRITABLE_BY_OTHERS != 0 {
        return Err(Problem::WritableByOthers { mode }.into());
    }
    if mode & READABLE_BY_OTHERS != 0 {
        let mode = format_args!("{mode:04o}");
        tracing::warn!(file = %path.display(), %mode, "others than its owner can read the users file; use `chmod 600`");
    }
    let mut text = String::new();
    file.take(MAX_BYTES + 1).read_to_string(&mut text).map_err(Problem::system("read it"))?;
    if text.len() as u64 > MAX_BYTES {
        return Err(Problem::TooLarge { limit: MAX_BYTES }.into());
    }
    Ok(text)
}

/// The path of the file itself, behind all links, whether it exists yet or not.
pub(super) fn resolve(path: &Path) -> Result<PathBuf, UsersFileError> {
    match fs::canonicalize(path) {
        Ok(target) => return Ok(target),
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(Problem::System { doing: "find it", source: error }.into());
        }
        Err(_) => {}
    }
    match fs::symlink_metadata(path) {
        Ok(found) if found.is_symlink() => return Err(Problem::DanglingLink.into()),
        // Somebody has made it since.
        Ok(_) => return Ok(fs::canonicalize(path).map_err(Problem::system("find it"))?),
        Err(_) => {}
    }
    let name = path.file_name().ok_or(Problem::NotAFile)?;
    let directory =
        path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    let directory =
        fs::canonicalize(directory).map_err(Problem::system("find the directory that it is to be in"))?;
    Ok(directory.join(name))
}

/// A hidden file in the same directory, named after the users file.
pub(super) fn beside(target: &Path, suffix: &str) -> PathBuf {
    let name = target.file_name().unwrap_or_default().to_string_lossy();
    target.with_file_name(format!(".{name}.{suffix}"))
}

/// Puts `text` in place of the file, at once: it is complete and on the disk under another name before it
/// gets this one. Only for the holder of the lock, because of that other name.
pub(super) fn replace(target: &Path, text: &str) -> Result<(), UsersFileError> {
    let draft = beside(target, "new");
    let outcome = write_draft(&draft, target, text).and_then(|()| {
        fs::rename(&draft, target).map_err(Problem::system("put it in place"))?;
        sync_directory(target)
    });
    if outcome.is_err() {
        // Gone already if only the last step failed; otherwise the next change removes it.
        let _ = fs::remove_file(&draft);
    }
    Ok(outcome?)
}

fn write_draft(draft: &Path, target: &Path, text: &str) -> Result<(), Problem> {
    match fs::remove_file(draft) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(Problem::System {
                doing: "remove what an earlier change left beside it",
                source: error,
            });
        }
        _ => {}
    }
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(MODE)
        .open(draft)
        .map_err(Problem::system("write beside it"))?;
    // The umask may have taken bits from the mode.
    file.set_permissions(Permissions::from_mode(MODE)).map_err(Problem::system("set its mode"))?;
    if let Ok(old) = fs::metadata(target) {
        keep_owner(&file, &old, target);
    }
    file.write_all(text.as_bytes()).map_err(Problem::system("write it"))?;
    file.sync_all().map_err(Problem::system("bring it to the disk"))
}

/// Root may change a file of the server's user; it must stay readable for that one. Nobody else may give
/// files away, and then the operator has to hear of it.
fn keep_owner(file: &File, old: &Metadata, target: &Path) {
    let Ok(new) = file.metadata() else { return };
    let owned_alike = old.uid() == new.uid() && old.gid() == new.gid();
    if !owned_alike && fchown(file, Some(old.uid()), Some(old.gid())).is_err() && old.uid() != new.uid() {
        let (file, before, now) = (target.display(), old.uid(), new.uid());
        tracing::warn!(%file, before, now, "the users file has another owner now; make sure that the server can read it");
    }
    let mode = old.mode() & PERMISSION_BITS;
    if mode & READABLE_BY_OTHERS != 0 {
        let mode = format_args!("{mode:04o}");
        tracing::warn!(file = %target.display(), before = %mode, "only its owner can read the users file now (0600)");
    }
}

/// Without this, a power cut could undo the rename.
fn sync_directory(target: &Path) -> Result<(), Problem> {
    let directory = target.parent().unwrap_or_else(|| Path::new("/"));
    File::open(directory)
        .and_then(|directory| directory.sync_all())
        .map_err(Problem::system("bring its directory to the disk"))
}
