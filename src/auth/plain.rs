//! PLAIN (RFC 4616): `[acting as] NUL name NUL password`.

use super::{
    claim::Claim,
    failure::{LoginError, LoginFailure},
    name::UserName,
    password::Password,
    users::Users,
};

/// Two names, a password, two separators; whatever is longer is refused unread.
const MAX_MESSAGE: usize = 2 * UserName::MAX + Password::MAX + 2;

/// Judges the shape at once and leaves the password to [`Claim::verify`].
pub(super) fn claim(users: &Users, message: &[u8]) -> Result<Claim, LoginError> {
    let fields = fields(message).ok_or_else(|| LoginError::nameless(LoginFailure::Malformed))?;
    if fields.password.is_empty() || fields.password.len() > Password::MAX {
        return Err(LoginError::of(fields.name, LoginFailure::Malformed));
    }
    let claim = Claim::new(users, fields.name, fields.password);
    Ok(if fields.acting_as.is_empty() { claim } else { claim.acting_as(fields.acting_as) })
}

struct Fields<'a> {
    acting_as: &'a str,
    name: &'a str,
    password: &'a str,
}

fn fields(message: &[u8]) -> Option<Fields<'_>> {
    if message.len() > MAX_MESSAGE {
        return None;
    }
    let text = str::from_utf8(message).ok()?;
    let (acting_as, rest) = text.split_once('\0')?;
    let (name, password) = rest.split_once('\0')?;
    let fits = acting_as.len() <= UserName::MAX && (1..=UserName::MAX).contains(&name.len());
    (fits && !password.contains('\0')).then_some(Fields { acting_as, name, password })
}

#[cfg(not(loom))]
#[cfg(test)]
mod tests {
    use super::*;

    fn read(message: &[u8]) -> Option<(&str, &str, &str)> {
        fields(message).map(|fields| (fields.acting_as, fields.name, fields.password))
    }

    #[test]
    fn two_separators_make_three_fields() {
        assert_eq!(read(b"\0ada\0pw"), Some(("", "ada", "pw")));
        assert_eq!(read(b"ada\0ada\0pw"), Some(("ada", "ada", "pw")));
        assert_eq!(read(b"bob\0ada\0pw"), Some(("bob", "ada", "pw")));
        assert_eq!(read("\0ad\u{e4}\0p\u{e4}".as_bytes()), Some(("", "ad\u{e4}", "p\u{e4}")));
    }

    #[test]
    fn anything_else_has_no_fields() {
        let table: [&[u8]; 9] = [
            b"",
            b"\0",
            b"ada",
            b"ada\0pw",
            b"\0\0pw",
            b"\0ada\0pw\0",
            b"\0ada\0pw\0more",
            b"\0ada\0\xff\xfe",
            b"\0\xc3\0pw",
        ];
        for message in table {
            assert_eq!(read(message), None, "{message:?}");
        }
    }

    #[test]
    fn each_field_has_its_cap() {
        let message = |acting_as: usize, name: usize, password: usize| {
            format!("{}\0{}\0{}", "a".repeat(acting_as), "n".repeat(name), "p".repeat(password))
        };
        let users = Users::with_mock_key([0; 32]);
        assert!(claim(&users, message(255, 255, 1024).as_bytes()).is_ok());
        for (acting_as, name, password) in [(256, 1, 1), (0, 256, 1), (0, 1, 1025), (0, 1, 0), (0, 0, 1)] {
            let refused = claim(&users, message(acting_as, name, password).as_bytes()).unwrap_err();
            assert_eq!(refused.failure(), LoginFailure::Malformed, "{acting_as} {name} {password}");
        }
    }

    #[test]
    fn a_refusal_names_who_it_was_once_that_could_be_read() {
        let users = Users::with_mock_key([0; 32]);
        assert_eq!(claim(&users, b"\0ada\0").unwrap_err().claimed_name(), Some("ada"));
        assert_eq!(claim(&users, b"ada").unwrap_err().claimed_name(), None);
    }
}
