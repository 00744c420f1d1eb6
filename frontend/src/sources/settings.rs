//! The settings of a source: a TOML file.

use super::{ldap, postgres, sqlite};
use keyway::{SourceTerms, UserSource};
use serde::Deserialize;
use std::{
    error::Error,
    fmt, fs,
    path::{Path, PathBuf},
    time::Duration,
};

/// Where users come from, by a file in TOML: one of the tables `[sqlite]`, `[postgres]` and `[ldap]`, and in front of it what
/// all of them have. `docs/ldap-and-sql.md` describes each key. Each table needs the cargo feature of its name.
///
/// ```
/// use keyway_frontend::SourceSettings;
/// use std::path::Path;
///
/// let text = r#"
///     grace_seconds = 600
///     [sqlite]
///     file = "users.db"
///     query = "SELECT verifier, role FROM users WHERE name = ?1"
/// "#;
/// let settings = SourceSettings::parse(text, Path::new("/etc/keyway"))?;
/// assert_eq!(settings.kind(), "sqlite");
/// // Without the feature `sqlite`, this says that it is missing.
/// assert_eq!(settings.open().is_ok(), cfg!(feature = "sqlite"));
/// # Ok::<(), keyway_frontend::SourceSettingsError>(())
/// ```
#[derive(Debug)]
pub struct SourceSettings {
    terms: SourceTerms,
    recheck: Duration,
    limit: Duration,
    /// What paths in the file are relative to.
    folder: PathBuf,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Sqlite(Box<sqlite::Settings>),
    Postgres(Box<postgres::Settings>),
    Ldap(Box<ldap::Settings>),
}

/// How often the users who are known are looked up again: within this time, one who was removed loses its sessions.
const USUAL_RECHECK: Duration = Duration::from_secs(60);

/// In what time a source must have answered. Longer than a healthy one ever takes, and short enough that the thread which
/// waits is soon back.
const USUAL_LIMIT: Duration = Duration::from_secs(1);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    fresh_seconds: Option<u64>,
    grace_seconds: Option<u64>,
    recheck_seconds: Option<u64>,
    timeout_ms: Option<u64>,
    sqlite: Option<sqlite::Settings>,
    postgres: Option<postgres::Settings>,
    ldap: Option<ldap::Settings>,
}

impl Raw {
    fn kind(&mut self) -> Result<Kind, SourceSettingsError> {
        match (self.sqlite.take(), self.postgres.take(), self.ldap.take()) {
            (Some(settings), None, None) => Ok(Kind::Sqlite(Box::new(settings))),
            (None, Some(settings), None) => Ok(Kind::Postgres(Box::new(settings))),
            (None, None, Some(settings)) => Ok(Kind::Ldap(Box::new(settings))),
            _ => {
                Err(SourceSettingsError::of("exactly one of [sqlite], [postgres] and [ldap] is to be there"))
            }
        }
    }
}

impl SourceSettings {
    /// Reads a file.
    ///
    /// ```
    /// use keyway_frontend::SourceSettings;
    ///
    /// # let place = tempfile::tempdir()?;
    /// let file = place.path().join("source.toml");
    /// let missing = SourceSettings::load(&file).err().ok_or("there is none")?;
    /// assert!(missing.to_string().contains("source.toml: cannot be read"));
    /// std::fs::write(&file, "[sqlite]\nfile = 'users.db'\nquery = 'SELECT verifier, role FROM users WHERE name = ?1'\n")?;
    /// assert_eq!(SourceSettings::load(&file)?.kind(), "sqlite");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// It cannot be read, or says what has no meaning.
    pub fn load(path: &Path) -> Result<Self, SourceSettingsError> {
        let parsed = fs::read_to_string(path)
            .map_err(|error| SourceSettingsError::of(format!("cannot be read: {error}")))
            .and_then(|text| Self::parse(&text, path.parent().unwrap_or_else(|| Path::new(""))));
        parsed.map_err(|error| SourceSettingsError { file: Some(path.to_owned()), ..error })
    }

    /// Reads a text; paths in it are relative to `folder`.
    ///
    /// ```
    /// use keyway_frontend::SourceSettings;
    /// use std::path::Path;
    ///
    /// let nothing = SourceSettings::parse("grace_seconds = 60\n", Path::new("")).err().ok_or("no table")?;
    /// assert!(nothing.to_string().contains("exactly one of [sqlite], [postgres] and [ldap]"));
    /// # Ok::<(), &str>(())
    /// ```
    ///
    /// # Errors
    /// It says what has no meaning.
    pub fn parse(text: &str, folder: &Path) -> Result<Self, SourceSettingsError> {
        let mut raw: Raw = toml::from_str(text).map_err(|error| in_line(&error, text))?;
        let kind = raw.kind()?;
        let seconds = |said: Option<u64>, usual| said.map_or(usual, Duration::from_secs);
        let mut terms = SourceTerms::default();
        terms.fresh = seconds(raw.fresh_seconds, terms.fresh);
        terms.grace = seconds(raw.grace_seconds, terms.grace);
        let recheck = seconds(raw.recheck_seconds, USUAL_RECHECK);
        let limit = raw.timeout_ms.map_or(USUAL_LIMIT, Duration::from_millis);
        if recheck.is_zero() || limit.is_zero() {
            return Err(SourceSettingsError::of("`recheck_seconds` and `timeout_ms` are at least 1"));
        }
        Ok(Self { terms, recheck, limit, folder: folder.to_owned(), kind })
    }

    /// Makes the source. It is not asked yet, and need not be there.
    ///
    /// ```
    /// use keyway::Users;
    /// use keyway_frontend::SourceSettings;
    /// use std::path::Path;
    ///
    /// let text = "[sqlite]\nfile = 'users.db'\nquery = 'SELECT verifier, role FROM users WHERE name = ?1'\n";
    /// let settings = SourceSettings::parse(text, Path::new("/etc/keyway"))?;
    /// let users = Users::new();
    /// match settings.open() {
    ///     Ok(source) => users.draw_from(source, settings.terms()),
    ///     Err(error) => assert!(!cfg!(feature = "sqlite") && error.to_string().contains("[sqlite]")),
    /// }
    /// # Ok::<(), keyway_frontend::SourceSettingsError>(())
    /// ```
    ///
    /// # Errors
    /// A setting that cannot work, or a file with a password or certificates that cannot be read; or this program was built
    /// without the feature that it needs.
    pub fn open(&self) -> Result<Box<dyn UserSource>, SourceSettingsError> {
        let (limit, folder) = (self.limit, &*self.folder);
        let opened = match &self.kind {
            Kind::Sqlite(settings) => settings.open(limit, folder),
            Kind::Postgres(settings) => settings.open(limit, folder),
            Kind::Ldap(settings) => settings.open(limit, folder),
        };
        opened.map_err(|what| SourceSettingsError::of(format!("[{}]: {what}", self.kind())))
    }

    /// How long what the source says counts.
    ///
    /// ```
    /// # use keyway_frontend::SourceSettings;
    /// # use std::{path::Path, time::Duration};
    /// let text = "grace_seconds = 600\n[ldap]\nurl = 'ldaps://ldap.example.org'\nbase = 'ou=people'\nfilter = '(uid={name})'\nrole = 'read-only'";
    /// let terms = SourceSettings::parse(text, Path::new(""))?.terms();
    /// assert_eq!(terms.grace, Duration::from_secs(600));
    /// assert_eq!(terms.fresh, Duration::from_secs(60)); // as usual
    /// # Ok::<(), keyway_frontend::SourceSettingsError>(())
    /// ```
    #[must_use]
    pub fn terms(&self) -> SourceTerms {
        self.terms
    }

    /// How often known users are to be looked up again.
    ///
    /// ```
    /// # use keyway_frontend::SourceSettings;
    /// # use std::{path::Path, time::Duration};
    /// let text = "recheck_seconds = 5\n[ldap]\nurl = 'ldaps://ldap.example.org'\nbase = 'ou=people'\nfilter = '(uid={name})'\nrole = 'read-only'";
    /// assert_eq!(SourceSettings::parse(text, Path::new(""))?.recheck(), Duration::from_secs(5));
    /// # Ok::<(), keyway_frontend::SourceSettingsError>(())
    /// ```
    #[must_use]
    pub fn recheck(&self) -> Duration {
        self.recheck
    }

    /// Whether the source will verify passwords itself, and so wants to see them: a directory does.
    ///
    /// ```
    /// # use keyway_frontend::SourceSettings;
    /// # use std::path::Path;
    /// let text = "[ldap]\nurl = 'ldaps://ldap.example.org'\nbase = 'ou=people'\nfilter = '(uid={name})'\nrole = 'read-only'";
    /// assert!(SourceSettings::parse(text, Path::new(""))?.verifies_passwords());
    /// # Ok::<(), keyway_frontend::SourceSettingsError>(())
    /// ```
    #[must_use]
    pub fn verifies_passwords(&self) -> bool {
        matches!(self.kind, Kind::Ldap(_))
    }

    /// Which kind it is, by the name of its table.
    ///
    /// ```
    /// # use keyway_frontend::SourceSettings;
    /// # use std::path::Path;
    /// let text = "[ldap]\nurl = 'ldaps://ldap.example.org'\nbase = 'ou=people'\nfilter = '(uid={name})'\nrole = 'read-only'";
    /// assert_eq!(SourceSettings::parse(text, Path::new(""))?.kind(), "ldap");
    /// # Ok::<(), keyway_frontend::SourceSettingsError>(())
    /// ```
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self.kind {
            Kind::Sqlite(_) => "sqlite",
            Kind::Postgres(_) => "postgres",
            Kind::Ldap(_) => "ldap",
        }
    }
}

/// What is wrong with the settings of a source. It never has a part of a secret in it.
///
/// ```
/// use keyway_frontend::SourceSettings;
/// use std::path::Path;
///
/// let wrong = SourceSettings::parse("fresh_seconds = 60\ngrace_seconds = 'long'\n", Path::new("")).err().ok_or("a time is a number")?;
/// assert!(wrong.to_string().contains("line 2"));
/// # Ok::<(), &str>(())
/// ```
#[derive(Debug)]
pub struct SourceSettingsError {
    file: Option<PathBuf>,
    line: Option<usize>,
    what: String,
}

impl SourceSettingsError {
    fn of(what: impl Into<String>) -> Self {
        Self { file: None, line: None, what: what.into() }
    }
}

/// Where it is in the text, and what, without the text itself: a password may have been put there.
fn in_line(error: &toml::de::Error, text: &str) -> SourceSettingsError {
    let line = error
        .span()
        .map(|span| 1 + text.as_bytes()[..span.start].iter().filter(|byte| **byte == b'\n').count());
    SourceSettingsError { line, ..SourceSettingsError::of(error.message()) }
}

impl fmt::Display for SourceSettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("settings of the source of users")?;
        if let Some(file) = &self.file {
            write!(f, " {}", file.display())?;
        }
        if let Some(line) = self.line {
            write!(f, ", line {line}")?;
        }
        write!(f, ": {}", self.what)
    }
}

impl Error for SourceSettingsError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<SourceSettings, String> {
        SourceSettings::parse(text, Path::new("")).map_err(|error| error.to_string())
    }

    const SQLITE: &str =
        "[sqlite]\nfile = 'users.db'\nquery = 'SELECT verifier FROM users WHERE name = ?1'\n";

    #[test]
    fn times_are_read_and_have_defaults() {
        let usual = parse(SQLITE).unwrap();
        assert_eq!(
            (usual.terms, usual.recheck, usual.limit),
            (SourceTerms::default(), USUAL_RECHECK, USUAL_LIMIT)
        );
        let times = "fresh_seconds = 0\ngrace_seconds = 2\nrecheck_seconds = 3\ntimeout_ms = 4\n";
        let set = parse(&format!("{times}{SQLITE}")).unwrap();
        assert_eq!((set.terms.fresh, set.terms.grace), (Duration::ZERO, Duration::from_secs(2)));
        assert_eq!((set.recheck, set.limit), (Duration::from_secs(3), Duration::from_millis(4)));
    }

    #[test]
    fn what_has_no_meaning_is_refused_with_its_line_and_without_its_text() {
        for (text, says) in [
            ("", "exactly one of"),
            (
                &*format!("{SQLITE}[ldap]\nurl = 'ldap://h'\nbase = ''\nfilter = '(uid={{name}})'"),
                "exactly one of",
            ),
            (&*format!("timeout_ms = 0\n{SQLITE}"), "at least 1"),
            (&*format!("recheck_seconds = 0\n{SQLITE}"), "at least 1"),
            (&*format!("grace = 's3cret'\n{SQLITE}"), "line 1: unknown field `grace`"),
            ("fresh_seconds = 1\ns3cret", "line 2"),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.contains(says) && !error.contains("s3cret"), "{text}: {error}");
        }
    }

    #[test]
    fn a_file_that_is_not_there_is_named() {
        let error = SourceSettings::load(Path::new("/nonexistent/source.toml")).unwrap_err().to_string();
        assert!(error.contains("/nonexistent/source.toml: cannot be read"), "{error}");
    }
}
