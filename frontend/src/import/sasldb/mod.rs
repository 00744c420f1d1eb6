//! The user database of Cyrus SASL: a key for each property of a user, `name NUL realm NUL property`, and of these the clear
//! password, `userPassword`, is what counts.

mod dump;
mod hash_file;

use super::{Entry, Found, ImportError, Secret};
use zeroize::Zeroizing;

/// The property that is the clear password.
const PASSWORD: &[u8] = b"userPassword";

/// One record of the database.
#[derive(Clone, PartialEq, Eq)]
struct Record {
    key: Vec<u8>,
    value: Zeroizing<Vec<u8>>,
}

pub(super) fn read(bytes: &[u8]) -> Result<Found, ImportError> {
    let records = match dump::records(bytes) {
        Some(records) => records?,
        None => hash_file::records(bytes)?,
    };
    let mut found = Found::default();
    for record in records {
        match entry(&record) {
            Ok(entry) => found.entries.push(entry),
            Err(why) => found.passed_over.push(format!("{}: {why}", record.key.escape_ascii())),
        }
    }
    Ok(found)
}

fn entry(record: &Record) -> Result<Entry, &'static str> {
    let mut parts = record.key.splitn(3, |byte| *byte == 0);
    let (Some(name), Some(realm), Some(property)) = (parts.next(), parts.next(), parts.next()) else {
        return Err("not a name, a realm and a property");
    };
    if property.strip_suffix(b"\0").unwrap_or(property) != PASSWORD {
        return Err("another property than the password");
    }
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).map_err(|_| "not UTF-8");
    let password = std::str::from_utf8(&record.value).map_err(|_| "the password is not UTF-8")?;
    // Some versions end it as C does.
    let password = password.strip_suffix('\0').unwrap_or(password);
    if name.is_empty() || password.is_empty() {
        return Err("no name or no password");
    }
    let realm = if realm.is_empty() { None } else { Some(text(realm)?) };
    let secret = Secret::Password(Zeroizing::new(password.to_owned()));
    Ok(Entry { name: text(name)?, realm, secret })
}

#[cfg(test)]
mod tests;
