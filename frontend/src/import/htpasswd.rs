//! Apache's files of `name:hash` lines, which `htpasswd` writes.

use super::{Entry, Found, ImportError, Secret, lines};
use keyway::PasswordHash;

pub(super) fn read(bytes: &[u8]) -> Result<Found, ImportError> {
    let mut found = Found::default();
    for (line, text) in lines::numbered(bytes) {
        let text = text?.trim_end();
        if text.is_empty() || text.starts_with('#') {
            continue;
        }
        let (name, rest) = text.split_once(':').ok_or(ImportError::Line { line, what: "no colon" })?;
        // What follows a second colon is a comment.
        let hash = rest.split(':').next().unwrap_or_default();
        let (name, realm) = lines::name_and_realm(name);
        match hash.parse::<PasswordHash>() {
            Ok(hash) if !name.is_empty() => {
                found.entries.push(Entry { name, realm, secret: Secret::Form(hash.into()) });
            }
            Ok(_) => found.passed_over.push(format!("line {line}: no name")),
            Err(_) => found.passed_over.push(format!("line {line}: {name:?} {}", why(hash))),
        }
    }
    Ok(found)
}

/// In words without secrets, why a hash cannot be taken.
fn why(hash: &str) -> &'static str {
    const KINDS: [(&str, &str); 6] = [
        ("$apr1$", "has an MD5 hash ($apr1$), which is not read here; set a password with `keyway user add`"),
        ("$1$", "has an MD5 hash ($1$), which is not read here; set a password with `keyway user add`"),
        (
            "$5$",
            "has a SHA-256 crypt hash ($5$), which is not read here; set a password with `keyway user add`",
        ),
        (
            "$6$",
            "has a SHA-512 crypt hash ($6$), which is not read here; set a password with `keyway user add`",
        ),
        (
            "$2",
            "has a bcrypt hash that is not whole, or whose cost is not 4 to 14; set a password with `keyway user add`",
        ),
        ("{", "has a hash of a kind that is not read here; set a password with `keyway user add`"),
    ];
    let known = KINDS.iter().find(|(prefix, _)| hash.starts_with(prefix));
    known.map_or(
        "has a crypt() hash or a password in clear, and nobody can tell which; set a password with `keyway user add`",
        |(_, why)| why,
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;

    /// Of jBCrypt's tests, and of SHA-1: `abc`.
    const BCRYPT: &str = "$2y$06$If6bvum7DFjUnE9p2uDeDu0YHzrHM6tf.iqN8.yx.jNN1ILEf7h0i";
    const SHA: &str = "{SHA}qZk+NkcGgWq6PiVxeFDCbJzQ2J0=";

    #[test]
    fn hashes_are_taken_as_they_are() {
        let text = format!("# web users\n\nada:{BCRYPT}\r\nbob@vm:{SHA}:since 2019\n");
        let found = read(text.as_bytes()).unwrap();
        assert!(found.passed_over.is_empty(), "{found:?}");
        let all: Vec<_> = found.entries.iter().map(|it| (&*it.name, it.realm.as_deref())).collect();
        assert_eq!(all, [("ada", None), ("bob", Some("vm"))]);
        for (entry, hash) in found.entries.iter().zip([BCRYPT, SHA]) {
            assert!(matches!(&entry.secret, Secret::Form(form) if form.to_string() == hash));
        }
    }

    #[test]
    fn what_cannot_be_taken_is_said_without_its_hash() {
        for hash in
            ["$apr1$NRZ2BLmY$5vFzbMxm", "$6$s$h", "rqXexS6ZhobKA", "hunter2", "{SSHA}xyz", "$2y$31$x", ""]
        {
            let found = read(format!("ada:{hash}\n").as_bytes()).unwrap();
            assert_eq!((found.entries.len(), found.passed_over.len()), (0, 1), "{hash}");
            let told = &found.passed_over[0];
            assert!(told.contains("\"ada\"") && told.contains("keyway user add"), "{told}");
            assert!(hash.is_empty() || !told.contains(hash), "{told}");
        }
        assert_eq!(read(format!(":{SHA}\n").as_bytes()).unwrap().passed_over.len(), 1);
        assert!(matches!(read(b"ada\n"), Err(ImportError::Line { line: 1, .. })));
    }
}
