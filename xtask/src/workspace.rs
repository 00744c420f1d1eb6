//! Where the workspace lies, and whether this is a run that must not skip anything.

use std::{env, path::PathBuf};

/// The folder of the workspace's `Cargo.toml`: the parent of this package's own, which cargo tells.
pub(crate) fn root() -> PathBuf {
    let own = env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from).unwrap_or_default();
    own.parent().map_or_else(PathBuf::new, PathBuf::from)
}

/// Where cargo builds.
pub(crate) fn target() -> PathBuf {
    env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

/// The features with which everything is built and tested once: nothing is then built twice for one feature more. The
/// benchmarks' own are not among them, since each is another allocator.
pub(crate) const FEATURES: [&str; 2] =
    ["--features", "keyway/serde,keyway-frontend/sqlite,keyway-frontend/postgres,keyway-frontend/ldap"];

/// Whether this is continuous integration, where a missing client is a failure and not a skip.
pub(crate) fn must_not_skip() -> bool {
    env::var_os("CI").is_some_and(|value| value == "true")
}
