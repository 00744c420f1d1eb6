use super::*;
use keyway::{Role, SourcedPassword};
use tempfile::TempDir;

const VERIFIER: &str = "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==\
    $WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=";
const QUERY: &str = "SELECT verifier, role FROM users WHERE name = ?1";
const LIMIT: Duration = Duration::from_millis(300);

struct Database(TempDir);

impl Database {
    fn new() -> Self {
        let it = Self(tempfile::tempdir().unwrap());
        it.execute("CREATE TABLE users (name TEXT PRIMARY KEY, verifier TEXT, role TEXT)");
        it.execute(&format!("INSERT INTO users VALUES ('ada', '{VERIFIER}', 'read-only')"));
        it
    }

    fn execute(&self, sql: &str) {
        Connection::open(self.0.path().join("users.db")).unwrap().execute_batch(sql).unwrap();
    }

    fn source(&self, query: &str) -> Box<dyn UserSource> {
        let settings = Settings { file: "users.db".into(), query: query.to_owned(), role: None };
        settings.open(LIMIT, self.0.path()).unwrap()
    }
}

#[test]
fn a_name_is_bound_and_never_spliced() {
    let database = Database::new();
    let source = database.source(QUERY);
    let found = source.find("ada").unwrap().unwrap();
    assert_eq!(found.roles, Role::ReadOnly.into());
    assert!(matches!(found.password, SourcedPassword::Stored(_)));
    for name in ["eve", "' OR '1'='1", "ada' --", "%", "ADA"] {
        assert!(source.find(name).unwrap().is_none(), "{name}");
    }
    database.execute("INSERT INTO users VALUES ('o''brien', NULL, 'read-only')");
    assert!(source.find("o'brien").unwrap().is_none(), "without a verifier nobody logs in");
}

#[test]
fn changes_are_seen_also_when_another_file_takes_the_place() {
    let database = Database::new();
    let source = database.source(QUERY);
    assert_eq!(source.find("ada").unwrap().unwrap().roles, Role::ReadOnly.into());
    database.execute("UPDATE users SET role = 'admin'");
    assert_eq!(source.find("ada").unwrap().unwrap().roles, Role::Admin.into());
    let path = |name| database.0.path().join(name);
    fs::copy(path("users.db"), path("next.db")).unwrap();
    fs::rename(path("next.db"), path("users.db")).unwrap();
    database.execute("DELETE FROM users");
    assert!(source.find("ada").unwrap().is_none());
}

#[test]
fn a_query_that_cannot_be_meant_is_told() {
    let database = Database::new();
    for query in [
        "SELECT 1, 2, 3",
        "SELECT verifier FROM users",
        "SELECT verifier FROM users WHERE name = ?1 AND role = ?2",
        "DELETE FROM users WHERE name = ?1 RETURNING verifier",
        "SELECT verifier FROM nobody WHERE name = ?1",
        "SELECT 1 WHERE ?1 = ?1",
        "not SQL",
    ] {
        let told = database.source(query).find("ada");
        assert!(matches!(told, Err(SourceError::Unusable(_))), "{query}: {told:?}");
    }
    assert!(database.source(QUERY).find("ada").unwrap().is_some(), "nothing was deleted");
}

#[test]
fn a_missing_a_locked_and_an_endless_database_are_given_up_in_time() {
    let database = Database::new();
    let in_time = |source: &dyn UserSource| {
        let start = Instant::now();
        let told = source.find("ada");
        assert!(matches!(told, Err(SourceError::Unavailable(_))), "{told:?}");
        assert!(start.elapsed() < 10 * LIMIT, "{:?}", start.elapsed());
    };
    in_time(&*database.source(
        "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT 'v' FROM n WHERE x < 0 AND ?1 = ?1",
    ));
    let writer = Connection::open(database.0.path().join("users.db")).unwrap();
    writer.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let source = database.source(QUERY);
    in_time(&*source);
    writer.execute_batch("COMMIT").unwrap();
    std::thread::sleep(LIMIT);
    assert!(source.find("ada").unwrap().is_some(), "it is asked again after a pause");

    let missing = Settings { file: "missing.db".into(), query: QUERY.to_owned(), role: None };
    in_time(&*missing.open(LIMIT, database.0.path()).unwrap());
    assert!(!database.0.path().join("missing.db").exists(), "and not made");
}
