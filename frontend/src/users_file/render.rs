//! A users file as text: the same users always give the same text, so that two versions can be compared.

use super::UsersFile;
use base64::{Engine, engine::general_purpose::STANDARD};
use std::fmt::Write;

/// Written at the top of each users file.
const HEADER: &str = "\
# Users of a Keyway cache. `keyway user add | passwd | remove | list | check` keeps this file; a running server
# takes up each change within a second, and ends the sessions of users who are gone or have another password.
#
# version   the form of this file; this is 1
# mock_key  secret: 32 random bytes in base64. A name that does not exist is shown a salt made from them, the same
#           after each restart, so that nobody can tell it from a user's
# [[user]]  one for each user, sorted by name
#   name      as clients send it; upper and lower case are different
#   role      read-only, read-write or admin
#   verifier  what is kept of the password: SCRAM-SHA-256$<rounds>:<salt>$<StoredKey>:<ServerKey>
#
# Only its owner may read it (mode 0600). These lines come back with each change; other comments are lost.

";

pub(super) fn render(file: &UsersFile) -> String {
    let mut text = String::from(HEADER);
    // Writing to a string does not fail.
    let _ = writeln!(text, "version = {}", super::parse::VERSION);
    let _ = writeln!(text, "mock_key = {}", quote(&STANDARD.encode(file.mock_key)));
    for (name, credential) in &file.users {
        let _ = writeln!(text, "\n[[user]]\nname = {}", quote(name));
        let _ = writeln!(text, "role = {}", quote(credential.role.name()));
        let _ = writeln!(text, "verifier = {}", quote(&credential.verifier.to_string()));
    }
    text
}

/// A TOML string, escaped where need be.
fn quote(text: &str) -> String {
    toml::Value::from(text).to_string()
}
