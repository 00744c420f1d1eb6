//! SCRAM verifiers as `PostgreSQL` keeps them, which are taken as they are.

use super::{Entry, Found, ImportError, Secret, lines::numbered};
use keyway::Verifier;

pub(super) fn read(bytes: &[u8]) -> Result<Found, ImportError> {
    let mut found = Found::default();
    for (line, text) in numbered(bytes) {
        let text = text?;
        if text.is_empty() {
            continue;
        }
        let (name, verifier) = text
            .split_once(['|', ':'])
            .ok_or(ImportError::Line { line, what: "no name before a bar or a colon" })?;
        match verifier.parse::<Verifier>() {
            Ok(verifier) if !name.is_empty() => found.entries.push(Entry {
                name: name.to_owned(),
                realm: None,
                secret: Secret::Form(verifier.into()),
            }),
            _ => found.passed_over.push(format!("line {line}: {name:?} has no SCRAM-SHA-256 verifier")),
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;
    use keyway::Rounds;

    #[test]
    fn verifiers_are_taken_as_they_are_and_others_passed_over() {
        let verifier = Verifier::derive("s3cret", Rounds::MIN).unwrap().to_string();
        let text = format!("ada|{verifier}\npg_monitor|\nold|md5abcdef\ngrace:{verifier}\n");
        let found = read(text.as_bytes()).unwrap();
        let names: Vec<_> = found.entries.iter().map(|entry| entry.name.as_str()).collect();
        assert_eq!((names, found.passed_over.len()), (vec!["ada", "grace"], 2));
        for entry in &found.entries {
            assert!(matches!(&entry.secret, Secret::Form(it) if it.to_string() == verifier));
        }
        assert!(read(b"no delimiter").is_err());
    }
}
