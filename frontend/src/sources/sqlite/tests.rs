use super::*;
use keyway::{Role, SourcedPassword};
use tempfile::TempDir;

const VERIFIER: &str = "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==\
    $WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=";
const QUERY: &str = "SELECT verifier, role FROM users WHERE name = ?1";
const LIMIT: Duration = Duration::from_millis(300);

struct Database(TempDir);

fn settings(file: &str, query: &str) -> Settings {
    Settings { file: file.into(), query: query.to_owned(), role: None, namespace: None, limits: None }
}

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
        let settings = settings("users.db", query);
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
fn further_columns_say_where_a_user_works_and_how_much_it_may_do() {
    let database = Database::new();
    database.execute(
        "ALTER TABLE users ADD COLUMN tenant TEXT; ALTER TABLE users ADD COLUMN most INT; \
         ALTER TABLE users ADD COLUMN rate; INSERT INTO users SELECT 'bob', verifier, role, 'shop', 7, '64KiB' FROM users",
    );
    let source = database.source(
        "SELECT verifier, role, tenant AS namespace, most AS connections, rate AS bytes_per_second FROM users WHERE name = ?1",
    );
    let of = |name| {
        let user = source.find(name).unwrap().unwrap();
        (user.namespace, user.limits.connections, user.limits.bytes_per_second)
    };
    assert_eq!(of("bob"), (Some("shop".to_owned()), Some(7), Some(64 << 10)));
    assert_eq!(of("ada"), (None, None, None), "NULL is none");
    for (change, says) in [
        ("tenant = 'a s3cret'", "column namespace"),
        ("tenant = X'00'", "column namespace"),
        ("tenant = 'shop', most = 0", "column connections"),
        ("most = 1.5", "column connections"),
        ("most = 1, rate = 's3cret'", "column bytes_per_second"),
    ] {
        database.execute(&format!("UPDATE users SET {change} WHERE name = 'bob'"));
        let told = source.find("bob");
        let Err(SourceError::Unusable(why)) = told else { panic!("{change}: {told:?}") };
        assert!(why.contains(says) && !why.contains("s3cret"), "{why}");
    }
}

#[test]
fn a_query_that_cannot_be_meant_is_told() {
    let database = Database::new();
    for query in [
        "SELECT 1, 2, 3",
        "SELECT verifier, role, role FROM users WHERE name = ?1",
        "SELECT verifier, role AS namespace FROM users WHERE name = ?1",
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

    let missing = settings("missing.db", QUERY);
    in_time(&*missing.open(LIMIT, database.0.path()).unwrap());
    assert!(!database.0.path().join("missing.db").exists(), "and not made");
}
