//! Users in a PostgreSQL database.

use super::{
    allotment::RawLimits,
    columns::{Cell, Columns, expected},
    pool::{Pool, Trouble},
    reactor::{Reactor, told},
    row::{self, Row, Usual},
    secret::Secret,
    tls,
};
use keyway::{SourceError, SourcedUser, UserError, UserSource};
use rustls::ClientConfig;
use serde::Deserialize;
use std::{
    error::Error,
    io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use tokio_postgres::{
    Client, Column, Config, NoTls, Socket, Statement,
    config::{Host, SslMode},
    error::SqlState,
    tls::MakeTlsConnect,
    types::Type,
};
use tokio_postgres_rustls::MakeRustlsConnect;

/// The table `[postgres]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Settings {
    connection: String,
    password_file: Option<PathBuf>,
    tls: Option<Tls>,
    ca_file: Option<PathBuf>,
    query: String,
    role: Option<String>,
    namespace: Option<String>,
    limits: Option<RawLimits>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Tls {
    Required,
    Off,
}

#[derive(Debug)]
struct Postgres {
    config: Config,
    /// `None`: over a socket of this machine, or because the settings say so.
    tls: Option<ClientConfig>,
    query: String,
    usual: Usual,
    limit: Duration,
    pool: Pool<Connection>,
}

struct Connection {
    reactor: Reactor,
    client: Arc<Client>,
    statement: Statement,
    columns: Columns,
}

impl Settings {
    pub(super) fn open(&self, limit: Duration, folder: &Path) -> Result<Box<dyn UserSource>, String> {
        let usual = Usual::new(self.role.as_deref(), self.namespace.as_deref(), self.limits.as_ref())?;
        let mut config: Config = self
            .connection
            .parse()
            .map_err(|_| "`connection` is no connection string of PostgreSQL".to_owned())?;
        if config.get_password().is_some() {
            return Err(
                "`connection` holds a password; put it into the file that `password_file` names".to_owned()
            );
        }
        let file = self.password_file.as_ref().map(|file| folder.join(file));
        if let Some(secret) = Secret::find(file.as_deref())? {
            config.password(secret.reveal());
        }
        let local = config.get_hosts().iter().all(|host| matches!(host, Host::Unix(_)));
        let tls = match self.tls {
            Some(Tls::Off) => None,
            None if local => None,
            Some(Tls::Required) | None => {
                let roots = self.ca_file.as_ref().map(|file| folder.join(file));
                Some(tls::config(roots.as_deref())?)
            }
        };
        config.ssl_mode(if tls.is_some() { SslMode::Require } else { SslMode::Disable });
        config.application_name("keyway").connect_timeout(limit);
        let pool = Pool::new("postgres", limit);
        Ok(Box::new(Postgres { config, tls, query: self.query.clone(), usual, limit, pool }))
    }
}

impl Postgres {
    fn connect(&self) -> Result<Connection, Trouble> {
        let reactor = Reactor::new()?;
        let (config, query, limit) = (self.config.clone(), self.query.clone(), self.limit);
        let (client, statement) = match self.tls.clone() {
            Some(tls) => reactor.run(limit, prepare(config, MakeRustlsConnect::new(tls), query, limit)),
            None => reactor.run(limit, prepare(config, NoTls, query, limit)),
        }?;
        let columns =
            Columns::new(statement.columns().iter().map(Column::name)).map_err(Trouble::Unusable)?;
        Ok(Connection { reactor, client: Arc::new(client), statement, columns })
    }

    fn ask(&self, connection: &Connection, name: &str) -> Result<Vec<Row>, Trouble> {
        let (client, statement) = (Arc::clone(&connection.client), connection.statement.clone());
        let name = name.to_owned();
        let rows = connection
            .reactor
            .run(self.limit, async move { client.query(&statement, &[&name]).await.map_err(trouble) })?;
        let mut found = Vec::new();
        for row in rows {
            let columns = &connection.columns;
            let role = if columns.has_role() { row.try_get(1).map_err(trouble)? } else { None };
            let further = columns.further().map(|at| cell(&row, at)).collect::<Result<_, _>>()?;
            // Without one, nobody logs in by it.
            let verifier: Option<String> = row.try_get(0).map_err(trouble)?;
            found.extend(verifier.map(|verifier| Row { verifier, role, further }));
        }
        Ok(found)
    }
}

/// What is no whole number is read as a text, or cannot be.
fn cell(row: &tokio_postgres::Row, at: usize) -> Result<Cell, Trouble> {
    let number = match *row.columns()[at].type_() {
        Type::INT2 => row.try_get::<_, Option<i16>>(at).map(|number| number.map(i64::from)),
        Type::INT4 => row.try_get::<_, Option<i32>>(at).map(|number| number.map(i64::from)),
        Type::INT8 => row.try_get(at),
        _ => {
            let text: Option<String> = row.try_get(at).map_err(trouble)?;
            return Ok(text.map_or(Cell::Null, Cell::Text));
        }
    };
    Ok(number.map_err(trouble)?.map_or(Cell::Null, Cell::Number))
}

/// A connection on which nothing can be written and no query runs for longer than `limit`, with the query ready.
async fn prepare<T>(
    config: Config,
    tls: T,
    query: String,
    limit: Duration,
) -> Result<(Client, Statement), Trouble>
where
    T: MakeTlsConnect<Socket, Stream: Send + 'static, TlsConnect: Send> + Send,
    <T::TlsConnect as tokio_postgres::tls::TlsConnect<Socket>>::Future: Send,
{
    let (client, connection) = config.connect(tls).await.map_err(|error| Trouble::Silent(told(&error)))?;
    Reactor::accompany(async move {
        if let Err(error) = connection.await {
            tracing::debug!("a connection to PostgreSQL ended: {}", told(&error));
        }
    });
    let terms = format!(
        "SET default_transaction_read_only = on; SET statement_timeout = {}",
        limit.as_millis().max(1)
    );
    client.batch_execute(&terms).await.map_err(trouble)?;
    let statement = client.prepare(&query).await.map_err(trouble)?;
    if statement.params().len() != 1 {
        return Err(Trouble::Unusable(expected("$1")));
    }
    Ok((client, statement))
}

/// Of the classes of SQLSTATE, those about the connection, resources and an operator's intervention pass by themselves; the
/// others somebody must see to.
#[expect(clippy::needless_pass_by_value, reason = "it is what `map_err` hands over")]
fn trouble(error: tokio_postgres::Error) -> Trouble {
    let text = told(&error);
    let is_broken = || error.is_closed() || error.source().is_some_and(|cause| cause.is::<io::Error>());
    match error.code() {
        // By the limit that was set: it would take as long once more.
        Some(code) if *code == SqlState::QUERY_CANCELED => Trouble::Silent(text),
        Some(code) if ["08", "53", "57", "58"].iter().any(|class| code.code().starts_with(class)) => {
            Trouble::Lost(text)
        }
        None if is_broken() => Trouble::Lost(text),
        // Such as a value of another type.
        _ => Trouble::Unusable(text),
    }
}

impl UserSource for Postgres {
    fn kind(&self) -> &'static str {
        "postgres"
    }

    fn find(&self, name: &str) -> Result<Option<SourcedUser>, SourceError> {
        let user = |connection: &mut Connection| {
            row::user(self.ask(connection, name)?, &connection.columns, &self.usual)
        };
        self.pool.with(|| self.connect(), user)
    }

    fn cannot_use(&self, name: &str, why: &UserError) {
        self.pool.complain_of(name, why);
    }
}
