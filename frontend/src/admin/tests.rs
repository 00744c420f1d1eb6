//! A running socket, asked as an operator asks it.

use super::{AdminAnswer, AdminClient, AdminRequest, AdminSocket, LimitsRow, SessionRow};
use keyway::{Cache, Config, Refusal, Role, Users};
use std::{
    io::{BufRead, BufReader, Write},
    os::unix::net::UnixStream,
    path::PathBuf,
    time::{Duration, Instant},
};
use tempfile::TempDir;

struct Place {
    cache: Cache,
    socket: AdminSocket,
    path: PathBuf,
    _directory: TempDir,
}

fn place() -> Place {
    let cache = Cache::new(Config::new(1 << 20), Users::new()).unwrap();
    cache.users().add_trusted("ada", Role::ReadWrite).unwrap();
    cache.users().add_trusted("bob", Role::ReadOnly).unwrap();
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("admin.sock");
    let socket = AdminSocket::open(cache.clone(), &path).unwrap();
    Place { cache, socket, path, _directory: directory }
}

impl Place {
    fn ask(&self, request: &AdminRequest) -> (Vec<AdminAnswer>, AdminAnswer) {
        let mut rows = Vec::new();
        let last = AdminClient::connect(&self.path).unwrap().ask(request, |row| rows.push(row)).unwrap();
        (rows, last)
    }

    fn done(&self, request: &AdminRequest) -> u64 {
        match self.ask(request) {
            (rows, AdminAnswer::Done { count }) if rows.is_empty() => count,
            other => panic!("{other:?}"),
        }
    }

    fn refused(&self, request: &AdminRequest) -> String {
        match self.ask(request) {
            (_, AdminAnswer::Error(why)) => why,
            other => panic!("{other:?}"),
        }
    }

    fn sessions(&self) -> Vec<SessionRow> {
        let (rows, _) = self.ask(&AdminRequest::Sessions { after: None, most: None });
        let session = |row| match row {
            AdminAnswer::Session(session) => session,
            other => panic!("{other:?}"),
        };
        rows.into_iter().map(session).collect()
    }
}

#[test]
fn who_is_in_is_listed_and_can_be_ended() {
    let place = place();
    let (one, two) = (place.cache.session_for("ada").unwrap(), place.cache.session_for("ada").unwrap());
    let bob = place.cache.session_for("bob").unwrap();
    let listed = place.sessions();
    assert_eq!(listed.iter().map(|it| it.user.as_str()).collect::<Vec<_>>(), ["ada", "ada", "bob"]);
    assert!(listed.iter().all(|it| it.by == "code" && it.origin == "process" && !it.ended));

    assert_eq!(place.done(&AdminRequest::RevokeSession { session: listed[0].id }), 1);
    assert_eq!(one.get("k").err(), Some(Refusal::Revoked));
    assert_eq!(two.get("k").err(), None);
    assert!(place.sessions()[0].ended);
    assert!(place.refused(&AdminRequest::RevokeSession { session: 999 }).contains("999"));

    assert_eq!(place.done(&AdminRequest::RevokeUser { user: "ada".into() }), 1);
    assert_eq!(two.get("k").err(), Some(Refusal::Revoked));
    assert_eq!(place.done(&AdminRequest::RevokeRole { role: "read-only".into() }), 1);
    assert_eq!(bob.get("k").err(), Some(Refusal::Revoked));
    for wrong in [
        AdminRequest::RevokeUser { user: "eve".into() },
        AdminRequest::RevokeRole { role: "none".into() },
        AdminRequest::RevokeCredential { user: "ada".into(), credential: "1".into() },
        AdminRequest::RevokeToken { token: "AAAAAAAA".into() },
        AdminRequest::RevokeBefore { time: "yesterday".into() },
    ] {
        assert!(!place.refused(&wrong).is_empty());
    }
}

#[test]
fn a_page_follows_another() {
    let place = place();
    let held: Vec<_> = (0..5).map(|_| place.cache.session_for("ada").unwrap()).collect();
    let page = |after| {
        let (rows, last) = place.ask(&AdminRequest::Sessions { after, most: Some(3) });
        assert_eq!(last, AdminAnswer::Done { count: rows.len() as u64 });
        rows.len()
    };
    assert_eq!((page(None), page(Some(held[2].id().number())), page(Some(held[4].id().number()))), (3, 2, 0));
}

#[test]
fn a_token_is_minted_listed_and_taken_back() {
    let place = place();
    let mint = AdminRequest::Mint {
        user: "ada".into(),
        label: "batch".into(),
        verbs: vec!["read".into(), "write".into()],
        prefix: Some("jobs/".into()),
        seconds: Some(60),
        uses: std::num::NonZero::new(2),
    };
    let (_, AdminAnswer::Minted { id, token }) = place.ask(&mint) else { panic!("no token") };
    let worker = place.cache.login("ada", &token).unwrap();
    worker.set("jobs/1", "x").unwrap();
    assert_eq!(worker.delete("jobs/1"), Err(Refusal::Forbidden));
    let (rows, _) = place.ask(&AdminRequest::Tokens);
    let [AdminAnswer::Token(row)] = rows.as_slice() else { panic!("{rows:?}") };
    assert_eq!((row.id.as_str(), row.user.as_str(), row.label.as_str()), (id.as_str(), "ada", "batch"));
    assert_eq!(
        (row.uses_left, row.rules.as_slice()),
        (Some(1), &["allow read,write under \"jobs/\"".to_owned()][..])
    );
    assert!(!format!("{rows:?}").contains(&token[12..]), "the secret is shown once");
    assert_eq!(place.done(&AdminRequest::RevokeToken { token: id }), 1);
    assert_eq!(worker.get("jobs/1").err(), Some(Refusal::Revoked));
    let wrong = AdminRequest::Mint {
        user: "ada".into(),
        label: String::new(),
        verbs: vec!["everything".into()],
        prefix: None,
        seconds: None,
        uses: None,
    };
    assert!(place.refused(&wrong).contains("verb"));
}

#[test]
fn users_are_listed_and_changed() {
    let place = place();
    let (rows, last) = place.ask(&AdminRequest::Users);
    assert_eq!((rows.len(), last), (2, AdminAnswer::Done { count: 2 }));
    let bob = place.cache.session_for("bob").unwrap();
    assert_eq!(bob.set("k", "v"), Err(Refusal::Forbidden));
    place.done(&AdminRequest::SetRoles { user: "bob".into(), roles: vec!["read-write".into()] });
    bob.set("k", "v").unwrap();
    place.done(&AdminRequest::RemoveUser { user: "bob".into() });
    assert_eq!(bob.get("k").err(), Some(Refusal::Revoked));
    assert_eq!(place.done(&AdminRequest::RevokeBefore { time: "2999-01-01T00:00:00Z".into() }), 1);
}

#[test]
fn a_user_gets_limits_and_a_namespace_that_is_there() {
    let place = place();
    let bob = place.cache.session_for("bob").unwrap();
    let namespace = |name: Option<&str>| AdminRequest::SetNamespace {
        user: "bob".into(),
        namespace: name.map(str::to_owned),
    };
    assert!(place.refused(&namespace(Some("shop"))).contains("no namespace \"shop\""));
    assert!(bob.get("k").is_ok(), "nothing was changed");
    place.cache.namespaces().add(keyway::Namespace::new("shop")).unwrap();
    place.done(&namespace(Some("shop")));
    assert_eq!(bob.get("k").err(), Some(Refusal::Revoked));
    let limits = LimitsRow { operations_per_second: std::num::NonZero::new(1), ..LimitsRow::default() };
    place.done(&AdminRequest::SetLimits { user: "bob".into(), limits });
    let (rows, _) = place.ask(&AdminRequest::Users);
    let row = rows.iter().find_map(|row| match row {
        AdminAnswer::User(row) if row.name == "bob" => Some((row.namespace.as_deref(), row.limits)),
        _ => None,
    });
    assert_eq!(row, Some((Some("shop"), limits)));
    let bob = place.cache.session_for("bob").unwrap();
    assert!(bob.get("k").is_ok() && bob.get("k").is_err());
    place.done(&AdminRequest::SetLimits { user: "bob".into(), limits: LimitsRow::default() });
    assert!(bob.get("k").is_ok());
    place.done(&namespace(None));
    assert_eq!(bob.get("k").err(), Some(Refusal::Revoked));
}

#[test]
fn namespaces_are_listed_with_what_they_hold() {
    let place = place();
    let mut shop = keyway::Namespace::new("shop");
    shop.reserve = 1 << 16;
    place.cache.namespaces().add(shop).unwrap();
    place.cache.users().set_namespace("ada", Some("shop")).unwrap();
    place.cache.session_for("ada").unwrap().set("k", "v").unwrap();
    let (rows, last) = place.ask(&AdminRequest::Namespaces);
    let [AdminAnswer::Namespace(main), AdminAnswer::Namespace(shop)] = &rows[..] else { panic!("{rows:?}") };
    assert_eq!((main.name.as_str(), main.items, shop.name.as_str(), shop.items), ("", 0, "shop", 1));
    assert!(shop.reserve == 1 << 16 && shop.ceiling.is_none() && shop.bytes > 0);
    assert_eq!(last, AdminAnswer::Done { count: 2 });
}

#[test]
fn a_namespace_gets_limits_and_keeps_what_it_was_promised() {
    let place = place();
    let mut shop = keyway::Namespace::new("shop");
    shop.reserve = 1 << 16;
    place.cache.namespaces().add(shop).unwrap();
    place.cache.users().set_namespace("ada", Some("shop")).unwrap();
    let ada = place.cache.session_for("ada").unwrap();
    let limits = LimitsRow { operations_per_second: std::num::NonZero::new(1), ..LimitsRow::default() };
    let set =
        |namespace: &str, limits| AdminRequest::SetNamespaceLimits { namespace: namespace.into(), limits };
    place.done(&set("shop", limits));
    assert!(ada.get("k").is_ok() && ada.get("k").is_err());
    let (rows, _) = place.ask(&AdminRequest::Namespaces);
    let AdminAnswer::Namespace(shop) = &rows[1] else { panic!("{rows:?}") };
    assert_eq!((shop.limits, shop.reserve, shop.connections), (limits, 1 << 16, 0));
    place.done(&set("shop", LimitsRow::default()));
    assert!((0..9).all(|_| ada.get("k").is_ok()));
    for wrong in ["", "none"] {
        assert!(place.refused(&set(wrong, limits)).contains("no namespace"));
    }
}

#[test]
fn what_is_no_request_is_told_so_and_the_next_one_is_heard() {
    let place = place();
    let mut client = UnixStream::connect(&place.path).unwrap();
    client.write_all(b"who is there?\n{\"ask\":\"users\"}\n").unwrap();
    let mut lines = BufReader::new(client).lines().map(Result::unwrap);
    assert!(lines.next().unwrap().starts_with("{\"error\":"));
    assert!(lines.next().unwrap().starts_with("{\"user\":"));
}

#[test]
fn one_that_floods_or_stalls_is_let_go_and_an_end_waits_for_nobody() {
    let place = place();
    let mut client = UnixStream::connect(&place.path).unwrap();
    let _cut_off = client.write_all(&vec![b'x'; 1 << 20]);
    let mut said = String::new();
    let _reset = BufReader::new(&client).read_line(&mut said);
    assert!(said.is_empty() || said.contains("too long"), "{said}");
    assert_eq!(place.sessions().len(), 0, "the next one is heard");

    let _stalls = UnixStream::connect(&place.path).unwrap();
    std::thread::sleep(Duration::from_millis(50));
    let start = Instant::now();
    drop(place.socket);
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
    assert!(!place.path.exists());
}
