//! A users file as text: the same users always give the same text, so that two versions can be compared.

use super::{UsersFile, timestamp};
use base64::{Engine, engine::general_purpose::STANDARD};
use keyway::Credential;
use std::{
    fmt::Write,
    time::{SystemTime, UNIX_EPOCH},
};

/// Written at the top of each users file.
const HEADER: &str = "\
# Users of a Keyway cache. `keyway user` keeps this file; a running server takes up each change within a second, and
# ends the sessions that were opened with a password which is gone.
#
# version   the form of this file; this is 2
# mock_key  secret: 32 random bytes in base64. A name that does not exist is shown a salt made from them, the same
#           after each restart, so that nobody can tell it from a user's
# [[user]]  one for each user, sorted by name
#   name      as clients send it; upper and lower case are different
#   role      read-only, read-write or admin
# [[user.credential]]  one for each password of the user above, the oldest first; a user may have several at once
#   label       what you call it
#   created     when it was made; times are in UTC
#   not_before  no login before, if there is such a line
#   expires     no login from then on, if there is such a line, and sessions that were opened with it end
#   verifiers   what is kept of the password: SCRAM-SHA-256$<rounds>:<salt>$<StoredKey>:<ServerKey>
#
# Only its owner may read it (mode 0600). These lines come back with each change; other comments are lost.

";

pub(super) fn render(file: &UsersFile) -> String {
    let mut text = String::from(HEADER);
    // Writing to a string does not fail.
    let _ = writeln!(text, "version = {}", super::parse::VERSION);
    let _ = writeln!(text, "mock_key = {}", quote(&STANDARD.encode(file.mock_key)));
    for (name, user) in &file.users {
        let _ = writeln!(text, "\n[[user]]\nname = {}", quote(name));
        let _ = writeln!(text, "role = {}", quote(&user.roles.to_string()));
        for credential in &user.credentials {
            let _ = write!(text, "\n{}", described(credential));
        }
    }
    text
}

fn described(credential: &Credential) -> String {
    let mut text = format!("[[user.credential]]\nlabel = {}\n", quote(&credential.label));
    let mut time = |key: &str, time: Option<SystemTime>| {
        if let Some(time) = time {
            let _ = writeln!(text, "{key} = {}", timestamp::write(time));
        }
    };
    time("created", Some(credential.created).filter(|created| *created > UNIX_EPOCH));
    time("not_before", credential.not_before);
    time("expires", credential.expires);
    let forms: Vec<String> = credential.forms.iter().map(|form| quote(&form.to_string())).collect();
    let _ = match forms.as_slice() {
        [form] => writeln!(text, "verifiers = [{form}]"),
        // A line each, so that a comparison shows which one is another.
        forms => writeln!(text, "verifiers = [\n    {},\n]", forms.join(",\n    ")),
    };
    text
}

/// A TOML string, escaped where need be.
fn quote(text: &str) -> String {
    toml::Value::from(text).to_string()
}
