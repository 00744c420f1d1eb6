//! Files of lines, `name:password`.

use super::{Entry, Found, ImportError, Secret};
use zeroize::Zeroizing;

/// What a second colon means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rest {
    /// The password ends there.
    Ignored,
    /// It is part of the password.
    Password,
}

pub(super) fn read(bytes: &[u8], rest: Rest) -> Result<Found, ImportError> {
    let mut found = Found::default();
    for (line, text) in numbered(bytes) {
        let text = text?;
        if text.is_empty() {
            continue;
        }
        let (name, password) = text.split_once(':').ok_or(ImportError::Line { line, what: "no colon" })?;
        let password = match (rest, password.split_once(':')) {
            (Rest::Ignored, Some((password, _))) => password,
            _ => password,
        };
        if name.is_empty() || password.is_empty() {
            found.passed_over.push(format!("line {line}: no name or no password"));
            continue;
        }
        let (name, realm) = name_and_realm(name);
        let secret = Secret::Password(Zeroizing::new(password.to_owned()));
        found.entries.push(Entry { name, realm, secret });
    }
    Ok(found)
}

/// Told from each other at the last `@`.
pub(super) fn name_and_realm(text: &str) -> (String, Option<String>) {
    match text.rsplit_once('@') {
        Some((name, realm)) if !name.is_empty() => (name.to_owned(), Some(realm.to_owned())),
        _ => (text.to_owned(), None),
    }
}

/// The lines with their numbers, without what ends them.
pub(super) fn numbered(bytes: &[u8]) -> impl Iterator<Item = (usize, Result<&str, ImportError>)> {
    bytes.split(|byte| *byte == b'\n').zip(1..).map(|(text, line)| {
        let text = text.strip_suffix(b"\r").unwrap_or(text);
        (line, std::str::from_utf8(text).map_err(|_| ImportError::Line { line, what: "not UTF-8" }))
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;

    fn users(text: &str, rest: Rest) -> Vec<(String, Option<String>, String)> {
        let password = |secret: &Secret| match secret {
            Secret::Password(password) => (**password).clone(),
            _ => unreachable!("there are passwords only"),
        };
        let user = |it: Entry| (it.name.clone(), it.realm.clone(), password(&it.secret));
        read(text.as_bytes(), rest).unwrap().entries.into_iter().map(user).collect()
    }

    #[test]
    fn a_second_colon_ends_the_password_or_belongs_to_it() {
        let user = |password: &str| vec![("ada".to_owned(), None, password.to_owned())];
        assert_eq!(users("ada:s3cret:more:x\n", Rest::Ignored), user("s3cret"));
        assert_eq!(users("ada:s3cret:more:x", Rest::Password), user("s3cret:more:x"));
    }

    #[test]
    fn empty_lines_and_halves_are_no_users_and_other_lines_are_errors() {
        let found = read(b"\n:pw\nada:\r\ngrace:pw\r\n", Rest::Ignored).unwrap();
        assert_eq!((found.entries.len(), found.passed_over.len()), (1, 2));
        for (text, line) in [(&b"ada:pw\nnothing"[..], 2), (b"ada:\xff\xfe", 1)] {
            let error = read(text, Rest::Ignored).unwrap_err();
            assert!(matches!(error, ImportError::Line { line: at, .. } if at == line), "{error}");
        }
    }

    #[test]
    fn a_realm_is_told_from_the_name_at_the_last_at() {
        let all = users("a@b@vm:pw\n@vm:pw", Rest::Ignored);
        assert_eq!(all[0], ("a@b".to_owned(), Some("vm".to_owned()), "pw".to_owned()));
        assert_eq!((all[1].0.as_str(), &all[1].1), ("@vm", &None));
    }
}
