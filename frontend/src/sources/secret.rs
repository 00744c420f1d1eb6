//! A password for a source itself: from a file or from the environment, never from the settings.

use std::{env, fmt, fs, path::Path};
use zeroize::Zeroizing;

/// Where a password is looked for that no file is named for.
pub(super) const VARIABLE: &str = "KEYWAY_SOURCE_PASSWORD";

/// Overwritten when dropped, and never shown.
#[derive(Clone)]
pub(super) struct Secret(Zeroizing<String>);

impl Secret {
    /// The first line of this file; without a file, what the environment says, if it says something.
    pub(super) fn find(file: Option<&Path>) -> Result<Option<Self>, String> {
        let text = match file {
            Some(path) => Zeroizing::new(
                fs::read_to_string(path)
                    .map_err(|error| format!("the password in {} cannot be read: {error}", path.display()))?,
            ),
            None => match env::var(VARIABLE) {
                Ok(text) => Zeroizing::new(text),
                Err(_) => return Ok(None),
            },
        };
        let line = text.lines().next().unwrap_or_default();
        if line.is_empty() {
            let place = file.map_or_else(|| VARIABLE.to_owned(), |path| path.display().to_string());
            return Err(format!("the password in {place} is empty"));
        }
        Ok(Some(Self(Zeroizing::new(line.to_owned()))))
    }

    pub(super) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_the_first_line_of_its_file_and_is_never_empty() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("password");
        fs::write(&path, "s3cret and more \nsecond\n").unwrap();
        let secret = Secret::find(Some(&path)).unwrap().unwrap();
        assert_eq!(secret.reveal(), "s3cret and more ");
        assert_eq!(format!("{secret:?}"), "Secret(..)");
        fs::write(&path, "\n").unwrap();
        assert!(Secret::find(Some(&path)).unwrap_err().contains("is empty"));
        assert!(Secret::find(Some(&folder.path().join("missing"))).unwrap_err().contains("cannot be read"));
    }
}
