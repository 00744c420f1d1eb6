//! Users in an SQLite database.

use super::{
    pool::{Pool, Trouble},
    row::{self, Row},
};
use keyway::{Roles, SourceError, SourcedUser, UserSource};
use rusqlite::{Connection, ErrorCode, OpenFlags};
use serde::Deserialize;
use std::{
    fs, io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

/// Steps of SQLite's machine between two looks at the time: some ten microseconds.
const STEPS: i32 = 1000;

/// The table `[sqlite]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Settings {
    file: PathBuf,
    query: String,
    role: Option<String>,
}

#[derive(Debug)]
struct Sqlite {
    file: PathBuf,
    query: String,
    roles: Option<Roles>,
    limit: Duration,
    pool: Pool<Opened>,
}

struct Opened {
    connection: Connection,
    identity: Identity,
}

/// Which file it is: device and number. Another one in its place is another database, which an open connection would never see.
type Identity = (u64, u64);

impl Settings {
    pub(super) fn open(&self, limit: Duration, folder: &Path) -> Result<Box<dyn UserSource>, String> {
        let roles = row::usual_roles(self.role.as_deref())?;
        let file = folder.join(&self.file);
        let source =
            Sqlite { file, query: self.query.clone(), roles, limit, pool: Pool::new("sqlite", limit) };
        Ok(Box::new(source))
    }
}

impl Sqlite {
    /// For reading only; a file that is not there is not made.
    fn connect(&self) -> Result<Opened, Trouble> {
        let identity = self.identity()?;
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&self.file, flags).map_err(trouble)?;
        connection.busy_timeout(self.limit).map_err(trouble)?;
        Ok(Opened { connection, identity })
    }

    fn identity(&self) -> Result<Identity, Trouble> {
        let told = |error: io::Error| Trouble::Silent(format!("{}: {error}", self.file.display()));
        fs::metadata(&self.file).map(|file| (file.dev(), file.ino())).map_err(told)
    }

    fn ask(&self, Opened { connection, identity }: &mut Opened, name: &str) -> Result<Vec<Row>, Trouble> {
        if self.identity()? != *identity {
            return Err(Trouble::Lost("another file is in its place".to_owned()));
        }
        let (asked, limit) = (Instant::now(), self.limit);
        connection.progress_handler(STEPS, Some(move || asked.elapsed() > limit)).map_err(trouble)?;
        let mut statement = connection.prepare(&self.query).map_err(trouble)?;
        let (columns, parameters) = (statement.column_count(), statement.parameter_count());
        if !(1..=2).contains(&columns) || parameters != 1 || !statement.readonly() {
            return Err(Trouble::Unusable(
                "`query` must be a SELECT of a verifier, or of a verifier and a role, with one parameter ?1"
                    .to_owned(),
            ));
        }
        let rows = statement.query_map([name], |row| {
            let role: Option<String> = if columns > 1 { row.get(1)? } else { None };
            Ok((row.get::<_, Option<String>>(0)?, role))
        });
        let mut found = Vec::new();
        // One more than a user may have is enough to say so.
        for row in rows.map_err(trouble)?.take(17) {
            let (verifier, role) = row.map_err(trouble)?;
            // Without one, nobody logs in by it.
            found.extend(verifier.map(|verifier| Row { verifier, role }));
        }
        Ok(found)
    }
}

impl UserSource for Sqlite {
    fn find(&self, name: &str) -> Result<Option<SourcedUser>, SourceError> {
        self.pool.with(|| self.connect(), |opened| row::user(self.ask(opened, name)?, self.roles.as_ref()))
    }
}

/// What passes by itself is waited for; what somebody must see to is not.
#[expect(clippy::needless_pass_by_value, reason = "it is what `map_err` hands over")]
fn trouble(error: rusqlite::Error) -> Trouble {
    let passing = [
        ErrorCode::CannotOpen,
        ErrorCode::DatabaseBusy,
        ErrorCode::DatabaseLocked,
        ErrorCode::OperationInterrupted,
        ErrorCode::SystemIoFailure,
    ];
    match error.sqlite_error_code() {
        Some(code) if passing.contains(&code) => Trouble::Silent(error.to_string()),
        _ => Trouble::Unusable(error.to_string()),
    }
}

#[cfg(test)]
mod tests;
