//! What sessions and logins tell the audit, by the public face alone.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use keyway::{
    Cache, Config, Draft, Limits, Mechanism, Namespace, Refusal, Role, Rounds, Rule, Rules, Session, Step,
    Users, Verb, Verified, Verifier,
    audit::{Act as Done, Event, Kind, Origin, Peer, Sequence, Subject, Term},
};
use std::time::Duration;

fn cache() -> Cache {
    let cache = Cache::new(Config::new(1 << 20), Users::new()).unwrap();
    cache.audit().show_keys(16);
    cache
}

/// Tells what is new of this kind, and nothing of others.
struct Reader<'c> {
    cache: &'c Cache,
    seen: Sequence,
}

impl<'c> Reader<'c> {
    fn new(cache: &'c Cache) -> Self {
        Self { cache, seen: cache.audit().recent(Sequence::START).last }
    }

    fn news(&mut self) -> Vec<Event> {
        let recent = self.cache.audit().recent(self.seen);
        self.seen = recent.last;
        assert_eq!(recent.missed, 0);
        recent.entries.into_iter().map(|entry| entry.event).collect()
    }
}

type Act = fn(&Session) -> Option<Refusal>;

/// Each verb of a session with the name and key under which its refusal is told.
const VERBS: [(&str, bool, Act); 22] = [
    ("read", true, |it| it.get("the-key").err()),
    ("read", true, |it| it.get_many(&["the-key", "other"]).err()),
    ("write", true, |it| it.set("the-key", "v").err()),
    ("write", true, |it| it.add("the-key", "v").err()),
    ("write", true, |it| it.replace("the-key", "v").err()),
    ("write", true, |it| it.append("the-key", "v").err()),
    ("write", true, |it| it.prepend("the-key", "v").err()),
    ("write", true, |it| it.blank("the-key", 9, 0).err()),
    ("write", true, |it| it.drop_replaced("the-key").err()),
    ("write", true, |it| it.set("the-key", Draft::new("v").expires(Duration::from_secs(9))).err()),
    ("arithmetic", true, |it| it.incr("the-key", 1).err()),
    ("arithmetic", true, |it| it.decr("the-key", 1).err()),
    ("touch", true, |it| it.touch("the-key", Duration::from_secs(9)).err()),
    ("read,touch", true, |it| it.get_and_touch("the-key", Duration::from_secs(9)).err()),
    ("delete", true, |it| it.delete("the-key").err()),
    ("flush-own", false, |it| it.flush().err()),
    ("flush-own", false, |it| it.flush_later(Duration::from_secs(9)).err()),
    ("admin", false, |it| it.may_administer().err()),
    ("admin", false, |it| it.administer(Term::new("an act")).err()),
    ("admin", false, |it| it.audit_since(Sequence::START).err()),
    ("any", false, |it| it.standing().err()),
    ("any", false, |it| it.narrow(Rules::default()).err()),
];

fn refusal(event: &Event) -> (&str, &str, &str, Option<String>) {
    let Event::Refused { user, verb, reason, key } = event else { panic!("{event:?}") };
    (user.as_str(), verb.as_str(), reason.as_str(), key.as_ref().map(ToString::to_string))
}

#[test]
fn each_verb_that_is_refused_is_told_once_and_what_is_allowed_is_not() {
    for (verb, has_key, act) in VERBS {
        // Each with a cache of its own, or they would be folded.
        let cache = cache();
        cache.users().define_role("nothing", Rules::default()).unwrap();
        cache.users().add_trusted("eve", ["nothing"]).unwrap();
        cache.users().add_trusted("root", Role::Admin).unwrap();
        let (eve, root) = (cache.session_for("eve").unwrap(), cache.session_for("root").unwrap());
        let mut reader = Reader::new(&cache);
        let key = has_key.then(|| "the-key".to_owned());
        if verb != "any" {
            assert_eq!(act(&eve), Some(Refusal::Forbidden), "{verb}");
            let news = reader.news();
            assert_eq!(news.len(), 1, "{verb}: {news:?}");
            assert_eq!(refusal(&news[0]), ("eve", verb, "Forbidden", key.clone()));
        }
        cache.users().revoke("eve").unwrap();
        assert!(matches!(reader.news()[..], [Event::Revoked { .. }]));
        assert_eq!(act(&eve), Some(Refusal::Revoked), "{verb}");
        let news = reader.news();
        assert_eq!(news.len(), 1, "{verb}: {news:?}");
        assert_eq!(refusal(&news[0]), ("eve", verb, "Revoked", key));

        let _done = act(&root);
        let news = reader.news();
        assert!(news.iter().all(|event| matches!(event, Event::Administered { .. })), "{verb}: {news:?}");
    }
}

#[test]
fn a_question_whether_something_is_allowed_is_no_event() {
    let cache = cache();
    cache.users().add_trusted("reader", Role::ReadOnly).unwrap();
    let session = cache.session_for("reader").unwrap();
    let mut reader = Reader::new(&cache);
    assert_eq!(session.may(Verb::Write, Some(b"k")), Err(Refusal::Forbidden));
    session.prefetch(&["k"]);
    assert!(session.get("k").unwrap().is_none());
    assert_eq!(reader.news(), []);
}

/// Of each login, the mechanism, the user or claimed name, and the credential or reason.
fn logins(events: &[Event]) -> Vec<[String; 3]> {
    let text = |text: &dyn ToString| text.to_string();
    let login = |event: &Event| match event {
        Event::LoggedIn { mechanism, user, credential, provenance } => {
            assert_eq!(provenance.as_str(), "own");
            [text(mechanism), text(user), credential.as_ref().map_or_else(String::new, |it| text(it))]
        }
        Event::LoginFailed { mechanism, claimed, reason, .. } => [
            mechanism.as_ref().map_or_else(String::new, |it| text(it)),
            claimed.as_ref().map_or_else(String::new, |it| it.as_str().to_owned()),
            text(reason),
        ],
        other => panic!("{other:?}"),
    };
    events.iter().map(login).collect()
}

#[test]
fn each_login_is_told_once_whichever_way_it_came() {
    let cache = cache();
    let users = cache.users();
    users.add_verifier("ada", Verifier::derive("pencil", Rounds::MIN).unwrap(), Role::ReadWrite).unwrap();
    users.add_trusted("service", Role::ReadOnly).unwrap();
    let mut reader = Reader::new(&cache);
    cache.session_for("service").unwrap();
    assert!(cache.session_for("nobody").is_err());
    cache.login("ada", "pencil").unwrap();
    let error = cache.login("ada", "guess").unwrap_err();
    let news = reader.news();
    assert_eq!(
        logins(&news),
        [["trusted", "service", ""], ["password", "ada", "1"], ["password", "ada", "WrongPassword"]]
            .map(|row| row.map(str::to_owned))
    );
    let Event::LoginFailed { id, .. } = &news[2] else { panic!() };
    assert_eq!(*id, error.id(), "whoever was refused can be found again");

    // The first password is remembered by now, and is no attempt.
    let plain = |message: &[u8]| cache.exchange(Mechanism::Plain).step(message);
    assert!(matches!(plain(b"\0ada\0pencil"), Step::Open(_)));
    let Step::Verify(attempt) = plain(b"\0nobody\0guess") else { panic!() };
    assert_eq!(reader.news().len(), 1, "what is not verified is nothing yet");
    assert!(attempt.verify().is_err());
    assert!(matches!(plain(b"no zeros"), Step::Refused(_)));
    users.revoke("ada").unwrap();
    let Step::Verify(attempt) = plain(b"\0ada\0pencil") else { panic!() };
    assert!(matches!(attempt.verify(), Ok(Verified::Open(_))));
    let mut news = reader.news();
    news.retain(|event| event.kind() != Kind::Revoked);
    assert_eq!(
        logins(&news),
        [["PLAIN", "nobody", "UnknownUser"], ["PLAIN", "", "Malformed"], ["PLAIN", "ada", "1"]]
            .map(|row| row.map(str::to_owned))
    );
}

#[test]
fn what_comes_of_an_exchange_has_the_origin_that_it_was_given() {
    let cache = cache();
    cache
        .users()
        .add_verifier("ada", Verifier::derive("pencil", Rounds::MIN).unwrap(), Role::ReadOnly)
        .unwrap();
    let origin = Origin::connection(7, Some(Peer::Address(([192, 0, 2, 1], 9).into())));
    let exchange = cache.exchange(Mechanism::Plain).coming_from(origin);
    let Step::Verify(attempt) = exchange.step(b"\0ada\0pencil") else { panic!() };
    let Ok(Verified::Open(session)) = attempt.verify() else { panic!() };
    let part = session.narrow(Rules::from(Role::ReadOnly)).unwrap();
    for session in [&session, &part] {
        assert_eq!(session.set("k", "v"), Err(Refusal::Forbidden));
    }
    let entries = cache.audit().recent(Sequence::START).entries;
    let placed = entries.iter().filter(|entry| entry.origin.number() == Some(7));
    let kinds: Vec<_> = placed.map(|entry| entry.event.kind()).collect();
    assert_eq!(kinds, [Kind::LoggedIn, Kind::Refused, Kind::Refused]);
}

#[test]
fn refusals_are_counted_by_the_roles_that_the_user_had() {
    let cache = cache();
    cache.users().define_role("nothing", Rules::default()).unwrap();
    cache.users().add_trusted("eve", ["nothing", "read-only"]).unwrap();
    let eve = cache.session_for("eve").unwrap();
    for _ in 0..3 {
        assert_eq!(eve.delete("k"), Err(Refusal::Forbidden));
    }
    cache.users().remove("eve").unwrap();
    assert_eq!(eve.delete("k"), Err(Refusal::Revoked));
    let counted = cache.audit().denial_counts();
    let mut counted: Vec<_> =
        counted.iter().map(|it| (it.roles.as_str(), it.reason.as_str(), it.count)).collect();
    counted.sort_unstable();
    assert_eq!(counted, [("", "Revoked", 1), ("nothing, read-only", "Forbidden", 3)]);
}

#[test]
fn what_a_session_is_refused_is_told_from_where_its_holder_says() {
    let cache = cache();
    cache.users().add_trusted("reader", Role::ReadOnly).unwrap();
    let origin = Origin::connection(7, Some(Peer::Address(([192, 0, 2, 1], 9).into())));
    let session = cache.session_for("reader").unwrap();
    let moved = session.clone().coming_from(origin);
    for (session, number) in [(&moved, Some(7)), (&session, None)] {
        assert_eq!(session.delete("k"), Err(Refusal::Forbidden));
        let entry = cache.audit().recent(Sequence::START).entries.pop().unwrap();
        assert_eq!((entry.event.kind(), entry.origin.number()), (Kind::Refused, number));
    }
}

#[test]
fn of_a_role_that_is_sampled_so_much_is_told_and_of_others_nothing() {
    let cache = cache();
    let users = cache.users();
    let all = || Rules::from(Role::ReadWrite);
    users.define_role("watched", all().sample(1.0)).unwrap();
    users.define_role("rarely", Rules::from([Rule::allow(Verb::Read)]).sample(0.01)).unwrap();
    users.add_trusted("watched", ["watched"]).unwrap();
    users.add_trusted("rarely", ["rarely", "read-write"]).unwrap();
    users.add_trusted("other", Role::ReadWrite).unwrap();
    let [watched, rarely, other] =
        ["watched", "rarely", "other"].map(|name| cache.session_for(name).unwrap());
    let mut reader = Reader::new(&cache);
    watched.set("a-key", "v").unwrap();
    watched.get("a-key").unwrap();
    watched.get_many(&["a-key", "b-key"]).unwrap();
    watched.prefetch(&["a-key"]);
    assert!(watched.may_administer().is_err());
    other.set("a-key", "v").unwrap();
    other.get("a-key").unwrap();
    let told: Vec<_> = reader
        .news()
        .iter()
        .map(|event| match event {
            Event::Sampled { user, verb, key } => format!("{user} {verb} {}", key.as_ref().unwrap()),
            other => refusal(other).1.to_owned(),
        })
        .collect();
    let reads =
        ["watched write a-key", "watched read a-key", "watched read a-key", "watched read b-key", "admin"];
    assert_eq!(told, reads);

    let sampled = || cache.audit().counts().of(Kind::Sampled);
    let before = sampled();
    (0..100_000).for_each(|_| drop(rarely.get("a-key").unwrap()));
    let hits = sampled() - before;
    assert!((800..1200).contains(&hits), "{hits} of a thousand");
    // A narrowed session is its maker's, and what it does counts once.
    let part = watched.narrow(all()).unwrap();
    let before = sampled();
    part.set("a-key", "v").unwrap();
    assert_eq!(sampled() - before, 1);
    // From the next verb on.
    users.define_role("watched", all()).unwrap();
    let before = sampled();
    watched.set("a-key", "v").unwrap();
    assert_eq!(sampled(), before);
}

#[test]
fn each_change_of_a_namespace_is_told_once_and_what_changes_nothing_is_not() {
    let cache = Cache::new(Config::new(8 << 20), Users::new()).unwrap();
    let namespaces = cache.namespaces();
    let mut reader = Reader::new(&cache);
    let mut told = || {
        let changes = reader.news().into_iter().map(|event| match event {
            Event::Changed { subject: Subject::Namespace, act, name, .. } => (act, name.unwrap().to_string()),
            other => panic!("{other:?}"),
        });
        changes.collect::<Vec<_>>()
    };
    let one = |act| vec![(act, "shop".to_owned())];
    let mut shop = Namespace::new("shop");
    namespaces.add(shop.clone()).unwrap();
    assert_eq!(told(), one(Done::Added));
    namespaces.change(shop.clone()).unwrap();
    namespaces.replace(vec![shop.clone()]).unwrap();
    namespaces.set_limits("shop", Limits::default()).unwrap();
    assert_eq!(told(), []);
    shop.limits.connections = Some(7);
    namespaces.set_limits("shop", shop.limits).unwrap();
    assert_eq!(told(), one(Done::Changed));
    shop.ceiling = Some(4 << 20);
    namespaces.change(shop).unwrap();
    assert_eq!(told(), one(Done::Changed));
    namespaces.replace(Vec::new()).unwrap();
    assert_eq!(told(), one(Done::Removed));
}
