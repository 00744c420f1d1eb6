//! Users in an SQLite database.

use super::{
    allotment::RawLimits,
    columns::{Cell, Columns, expected},
    pool::{Pool, Trouble},
    row::{self, Row, Usual},
};
use keyway::{SourceError, SourcedUser, UserError, UserSource};
use rusqlite::{Connection, ErrorCode, OpenFlags, types::ValueRef};
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
    namespace: Option<String>,
    limits: Option<RawLimits>,
}

#[derive(Debug)]
struct Sqlite {
    file: PathBuf,
    query: String,
    usual: Usual,
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
        let usual = Usual::new(self.role.as_deref(), self.namespace.as_deref(), self.limits.as_ref())?;
        let file = folder.join(&self.file);
        let source =
            Sqlite { file, query: self.query.clone(), usual, limit, pool: Pool::new("sqlite", limit) };
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

    fn ask(
        &self,
        Opened { connection, identity }: &mut Opened,
        name: &str,
    ) -> Result<(Vec<Row>, Columns), Trouble> {
        if self.identity()? != *identity {
            return Err(Trouble::Lost("another file is in its place".to_owned()));
        }
        let (asked, limit) = (Instant::now(), self.limit);
        connection.progress_handler(STEPS, Some(move || asked.elapsed() > limit)).map_err(trouble)?;
        let mut statement = connection.prepare(&self.query).map_err(trouble)?;
        if statement.parameter_count() != 1 || !statement.readonly() {
            return Err(Trouble::Unusable(expected("?1")));
        }
        let columns = Columns::new(statement.column_names()).map_err(Trouble::Unusable)?;
        let rows = statement.query_map([name], |row| {
            let role: Option<String> = if columns.has_role() { row.get(1)? } else { None };
            let further = columns.further().map(|at| row.get_ref(at).map(cell)).collect::<Result<_, _>>()?;
            Ok((row.get::<_, Option<String>>(0)?, role, further))
        });
        let mut found = Vec::new();
        // One more than a user may have is enough to say so.
        for row in rows.map_err(trouble)?.take(17) {
            let (verifier, role, further) = row.map_err(trouble)?;
            // Without one, nobody logs in by it.
            found.extend(verifier.map(|verifier| Row { verifier, role, further }));
        }
        Ok((found, columns))
    }
}

fn cell(value: ValueRef<'_>) -> Cell {
    match value {
        ValueRef::Null => Cell::Null,
        ValueRef::Integer(number) => Cell::Number(number),
        ValueRef::Text(text) => str::from_utf8(text).map_or(Cell::Other, |text| Cell::Text(text.to_owned())),
        ValueRef::Real(_) | ValueRef::Blob(_) => Cell::Other,
    }
}

impl UserSource for Sqlite {
    fn kind(&self) -> &'static str {
        "sqlite"
    }

    fn find(&self, name: &str) -> Result<Option<SourcedUser>, SourceError> {
        let user = |opened: &mut Opened| {
            let (rows, columns) = self.ask(opened, name)?;
            row::user(rows, &columns, &self.usual)
        };
        self.pool.with(|| self.connect(), user)
    }

    fn cannot_use(&self, name: &str, why: &UserError) {
        self.pool.complain_of(name, why);
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
