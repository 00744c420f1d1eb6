//! Claims about users of a source: who is asked for, what an answer does, and what goes on without one.

use super::*;
use crate::{
    Limits, Refusal,
    auth::{
        Claim, ComesFrom, Exchange, Mechanism, Role, Rounds, Step, StoredForm, UserRecord, UserStatus, Verb,
        Verifier, failure::LoginFailure, grant::Grant, keyed_hash::HASH_LEN,
    },
    sync::Mutex,
};
use std::{collections::BTreeMap, time::Duration};

const LONG: Duration = Duration::from_secs(1000);

/// What the source is made to say.
#[derive(Debug, Default)]
struct Book {
    stored: BTreeMap<String, (Role, Vec<Verifier>)>,
    weak: BTreeMap<String, StoredForm>,
    /// Passwords that it verifies itself.
    there: BTreeMap<String, String>,
    /// Where its users work, and how much they may do.
    place: (Option<String>, Limits),
    down: bool,
    found: Vec<String>,
    verified: Vec<String>,
    /// What it was told that cannot be used.
    useless: Vec<String>,
}

#[derive(Clone, Debug, Default)]
struct Fake(Arc<Mutex<Book>>);

impl UserSource for Fake {
    fn kind(&self) -> &'static str {
        "fake"
    }

    fn find(&self, name: &str) -> Result<Option<SourcedUser>, SourceError> {
        let mut book = self.0.lock();
        book.found.push(name.to_owned());
        if book.down {
            return Err(SourceError::Unavailable("it is down".to_owned()));
        }
        let stored = book
            .stored
            .get(name)
            .map(|(role, verifiers)| SourcedUser::stored(*role, verifiers.iter().cloned().map(Into::into)));
        let there = book.there.get(name).map(|_| SourcedUser::verified_there(Role::ReadWrite));
        let weak = book.weak.get(name).map(|form| SourcedUser::stored(Role::ReadOnly, [form.clone()]));
        let (namespace, limits) = book.place.clone();
        Ok(stored.or(there).or(weak).map(|user| SourcedUser { namespace, limits, ..user }))
    }

    fn verifies_passwords(&self) -> bool {
        !self.0.lock().there.is_empty()
    }

    fn verify(&self, name: &str, password: &str) -> Result<Judgement, SourceError> {
        let mut book = self.0.lock();
        book.verified.push(name.to_owned());
        if book.down {
            return Err(SourceError::Unavailable("it is down".to_owned()));
        }
        let right = book.there.get(name).is_some_and(|own| own == password);
        Ok(if right { Judgement::Right } else { Judgement::Wrong })
    }

    fn cannot_use(&self, name: &str, why: &UserError) {
        self.0.lock().useless.push(format!("{name}: {why}"));
    }
}

impl Fake {
    fn store(&self, name: &str, role: Role, passwords: &[&str]) {
        let verifiers = passwords.iter().map(|password| verifier(password)).collect();
        self.0.lock().stored.insert(name.to_owned(), (role, verifiers));
    }

    fn keep(&self, name: &str, password: &str) {
        self.0.lock().there.insert(name.to_owned(), password.to_owned());
    }

    fn forget(&self, name: &str) {
        let mut book = self.0.lock();
        book.stored.remove(name);
        book.there.remove(name);
    }

    fn place(&self, namespace: Option<&str>, limits: Limits) {
        self.0.lock().place = (namespace.map(str::to_owned), limits);
    }

    fn go(&self, down: bool) {
        self.0.lock().down = down;
    }

    /// For whom it was asked since the last call, and whose passwords it judged.
    fn asked(&self) -> (Vec<String>, Vec<String>) {
        let mut book = self.0.lock();
        (std::mem::take(&mut book.found), std::mem::take(&mut book.verified))
    }
}

/// At the least rounds, so that a test does not wait for derivations.
fn verifier(password: &str) -> Verifier {
    Verifier::derive(password, Rounds::MIN).unwrap()
}

fn terms(fresh: Duration, grace: Duration) -> SourceTerms {
    SourceTerms { fresh, grace }
}

fn drawing(fresh: Duration, grace: Duration) -> (Users, Fake) {
    let (users, source) = (Users::with_mock_key([9; HASH_LEN]), Fake::default());
    users.draw_from(source.clone(), terms(fresh, grace));
    (users, source)
}

/// As a server does it: at once if that can be, else on a thread apart.
fn plain(users: &Users, name: &str, password: &str) -> Result<Grant, LoginFailure> {
    let claim = match Claim::new(users, name, password).recall() {
        Ok(outcome) => return outcome.map_err(|error| error.failure()),
        Err(claim) => claim,
    };
    claim.verify().map_err(|error| error.failure())
}

fn is_open(grant: &Grant) -> bool {
    match grant.admit(Verb::Read, Some(b"k")) {
        Ok(()) => true,
        Err(refusal) => {
            assert_eq!(refusal, Refusal::Revoked);
            false
        }
    }
}

/// What SCRAM's first message leads to: the challenge, after a look-up if one is needed.
fn scram(users: &Users, name: &str) -> (String, Exchange) {
    let message = format!("n,,n={name},r=fyko+d2lbb");
    let step = match Exchange::begin(Mechanism::ScramSha256, users).look_up_first(message.as_bytes()) {
        Ok(look_up) => look_up.run(),
        Err(exchange) => exchange.step(message.as_bytes()),
    };
    match step {
        Step::Challenge(challenge, exchange) => (String::from_utf8(challenge).unwrap(), exchange),
        other => panic!("{other:?}"),
    }
}

/// Why a proof that is none is refused.
fn refusal(challenge: &str, exchange: Exchange) -> LoginFailure {
    let nonces = challenge.split(',').next().unwrap();
    let last = format!("c=biws,{nonces},p={}", "A".repeat(43) + "=");
    match exchange.step(last.as_bytes()) {
        Step::Judge(proof) => proof.judge().unwrap_err().failure(),
        other => panic!("{other:?}"),
    }
}

/// What CRAM-MD5 comes to with an answer that nothing proves.
fn cram_md5(users: &Users, name: &str) -> LoginFailure {
    let Step::Challenge(_, exchange) = Exchange::begin(Mechanism::CramMd5, users).step(b"") else { panic!() };
    let answer = format!("{name} {}", "0".repeat(32));
    let step = match exchange.look_up_first(answer.as_bytes()) {
        Ok(look_up) => look_up.run(),
        Err(exchange) => exchange.step(answer.as_bytes()),
    };
    match step {
        Step::Judge(proof) => proof.judge().unwrap_err().failure(),
        other => panic!("{other:?}"),
    }
}

fn salt(challenge: &str) -> String {
    challenge.split(',').find_map(|field| field.strip_prefix("s=")).unwrap().to_owned()
}

#[test]
fn users_of_a_source_log_in_with_each_password_that_it_stores() {
    let (users, source) = drawing(LONG, LONG);
    source.store("ada", Role::ReadOnly, &["new", "old"]);
    for password in ["new", "old"] {
        let grant = plain(&users, "ada", password).unwrap();
        assert_eq!((grant.account().name(), grant.admit(Verb::Read, Some(b"k"))), ("ada", Ok(())));
        assert_eq!(grant.admit(Verb::Write, Some(b"k")), Err(Refusal::Forbidden));
    }
    assert_eq!(plain(&users, "ada", "other").err(), Some(LoginFailure::WrongPassword));
    assert_eq!(plain(&users, "eve", "new").err(), Some(LoginFailure::UnknownUser));
    assert_eq!(plain(&users, "ada@vm", "new").unwrap().account().name(), "ada");
    assert!(users.list().is_empty(), "they are not ours to list");
}

#[test]
fn the_source_is_asked_at_each_login_but_by_a_fresh_password_and_as_often_for_any_name() {
    let (users, source) = drawing(LONG, LONG);
    source.store("ada", Role::ReadOnly, &["new"]);
    users.add_record(UserRecord::new("own", Role::Admin, verifier("own"))).unwrap();
    let found = |names: &[&str]| (names.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>(), vec![]);
    plain(&users, "ada", "new").unwrap();
    assert_eq!(source.asked(), found(&["ada"]));
    plain(&users, "ada", "new").unwrap();
    assert!(Claim::new(&users, "ada", "new").verify().is_ok());
    assert_eq!(source.asked(), found(&[]), "fresh");
    for name in ["ada", "eve"] {
        assert!(plain(&users, name, "wrong").is_err());
        assert_eq!(source.asked(), found(&[name]));
        let with_realm = format!("{name}@vm");
        assert!(plain(&users, &with_realm, "wrong").is_err());
        assert_eq!(source.asked(), found(&[&with_realm, name]));
        let _ = scram(&users, name);
        assert_eq!(source.asked(), found(&[name]));
        let _ = cram_md5(&users, name);
        assert_eq!(source.asked(), found(&[name]));
    }
    plain(&users, "own", "own").unwrap();
    let _ = scram(&users, "own@vm");
    assert_eq!(source.asked(), found(&[]), "ours");
    users.draw_from(source.clone(), terms(Duration::ZERO, LONG));
    plain(&users, "ada", "new").unwrap();
    assert_eq!(source.asked(), found(&["ada"]), "never fresh");
    let name = UserName::new("ada").unwrap();
    assert!(users.recalls_after(&name, &users.consult(&name)), "but what is stored has not changed");
}

#[test]
fn what_the_source_says_counts_at_once() {
    let (users, source) = drawing(Duration::ZERO, LONG);
    source.store("ada", Role::ReadOnly, &["new", "old"]);
    let sessions = ["new", "old"].map(|password| plain(&users, "ada", password).unwrap());
    source.store("ada", Role::ReadWrite, &[]);
    let mut book = source.0.lock();
    let new = verifier("new");
    book.stored.insert("ada".to_owned(), (Role::ReadWrite, vec![new.clone()]));
    drop(book);
    // Other verifiers, even of the same passwords, are other credentials.
    let now = plain(&users, "ada", "new").unwrap();
    assert_eq!(sessions.each_ref().map(is_open), [false, false]);
    assert_eq!(now.admit(Verb::Write, Some(b"k")), Ok(()));
    source.0.lock().stored.insert("ada".to_owned(), (Role::ReadOnly, vec![verifier("x"), new]));
    users.look_again().unwrap();
    assert_eq!(now.admit(Verb::Write, Some(b"k")), Err(Refusal::Forbidden), "another role, the same session");
    source.forget("ada");
    users.look_again().unwrap();
    assert!(!is_open(&now));
    assert_eq!(plain(&users, "ada", "new").err(), Some(LoginFailure::UnknownUser));
}

#[test]
fn another_namespace_in_the_source_ends_sessions_and_other_limits_do_not_whoever_judges_the_password() {
    let (users, source) = drawing(Duration::ZERO, LONG);
    source.keep("there", "pencil");
    source.store("here", Role::ReadWrite, &["pencil"]);
    let place = |namespace, operations| {
        let limits = Limits { operations_per_second: operations, ..Limits::default() };
        source.place(namespace, limits);
        users.look_again().unwrap();
    };
    source.place(Some("shop"), Limits::default());
    let held = ["there", "here"].map(|name| plain(&users, name, "pencil").unwrap());
    let namespaces = || ["there", "here"].map(|name| users.namespace_of(name));
    assert_eq!(namespaces(), [Some("shop".to_owned()), Some("shop".to_owned())]);
    place(Some("shop"), None);
    assert_eq!(held.each_ref().map(is_open), [true; 2], "the same one");
    place(Some("shop"), Some(7));
    assert_eq!(held.each_ref().map(is_open), [true; 2], "limits count for the sessions that are open");
    assert!(held.iter().all(|grant| grant.account().meter().is_some_and(|(_, limited)| limited)));
    place(Some("shop"), None);
    assert!(held.iter().all(|grant| grant.account().meter().is_some_and(|(_, limited)| !limited)));
    place(Some("news"), None);
    assert_eq!(held.each_ref().map(is_open), [false; 2]);
    let held = ["there", "here"].map(|name| plain(&users, name, "pencil").unwrap());
    place(None, None);
    assert_eq!((held.each_ref().map(is_open), namespaces()), ([false; 2], [None, None]));
    // What an operator set lasts until the next look.
    users.set_namespace("there", Some("elsewhere")).unwrap();
    users.look_again().unwrap();
    assert_eq!(namespaces(), [None, None]);
}

#[test]
fn the_source_is_told_of_whom_its_answer_lets_nobody_in() {
    let (users, source) = drawing(Duration::ZERO, LONG);
    source.store("ada", Role::ReadWrite, &["1", "2", "3", "4", "5"]);
    assert!(plain(&users, "ada", "1").is_err());
    let useless = std::mem::take(&mut source.0.lock().useless);
    assert!(useless.len() == 1 && useless[0].starts_with("ada: "), "{useless:?}");
    source.store("ada", Role::ReadWrite, &["1"]);
    plain(&users, "ada", "1").unwrap();
    users.add_verifier("own", verifier("own"), Role::ReadWrite).unwrap();
    for name in ["ada", "own", "nobody"] {
        users.tell_source(name, &UserError::UnknownNamespace("shop".to_owned()));
    }
    let useless = std::mem::take(&mut source.0.lock().useless);
    assert!(useless.len() == 1 && useless[0].contains("\"shop\""), "of its own alone: {useless:?}");
}

#[test]
fn a_password_that_the_source_verifies_is_remembered_for_as_long_as_it_is_fresh() {
    let (users, source) = drawing(LONG, LONG);
    source.keep("ada", "pencil");
    let grant = plain(&users, "ada", "pencil").unwrap();
    assert_eq!(source.asked().1, ["ada"]);
    assert!(plain(&users, "ada", "pencil").is_ok());
    assert_eq!(source.asked(), (vec![], vec![]), "remembered");
    assert_eq!(plain(&users, "ada", "pen").err(), Some(LoginFailure::WrongPassword));
    assert_eq!(plain(&users, "eve", "pen").err(), Some(LoginFailure::UnknownUser));
    assert_eq!(source.asked().1, ["ada", "eve"], "asked for unknown names as well");
    assert!(is_open(&grant));
    users.look_again().unwrap();
    assert!(is_open(&grant), "nothing is known to have changed");

    users.draw_from(source.clone(), terms(Duration::ZERO, LONG));
    source.keep("ada", "pen");
    assert_eq!(plain(&users, "ada", "pencil").err(), Some(LoginFailure::WrongPassword));
    assert!(!is_open(&grant), "it was right once, so it was changed");
    assert!(plain(&users, "ada", "pen").is_ok());
}

#[test]
fn a_name_whose_password_is_verified_there_looks_to_scram_like_one_that_nobody_has() {
    let (users, source) = drawing(LONG, LONG);
    source.keep("ada", "pencil");
    for name in ["ada", "eve"] {
        let (challenge, exchange) = scram(&users, name);
        assert_eq!(salt(&challenge), salt(&scram(&users, name).0), "{name}: it stays");
        assert!(matches!(
            refusal(&challenge, exchange),
            LoginFailure::MissingForm(Mechanism::ScramSha256) | LoginFailure::UnknownUser
        ));
        plain(&users, "ada", "pencil").unwrap();
    }
}

#[test]
fn while_the_source_is_down_whoever_it_knew_goes_on_and_others_are_put_off() {
    for fresh in [Duration::ZERO, LONG] {
        let (users, source) = drawing(fresh, LONG);
        source.store("ada", Role::ReadWrite, &["pencil"]);
        source.store("bob", Role::ReadWrite, &["crayon"]);
        source.keep("zoe", "pen");
        let open = ["ada", "zoe"]
            .map(|name| plain(&users, name, if name == "ada" { "pencil" } else { "pen" }).unwrap());
        source.go(true);
        for (name, password) in [("ada", "pencil"), ("zoe", "pen")] {
            assert!(plain(&users, name, password).is_ok(), "{name}");
        }
        for (name, password) in [("ada", "wrong"), ("bob", "crayon"), ("zoe", "wrong"), ("eve", "x")] {
            assert_eq!(plain(&users, name, password).err(), Some(LoginFailure::SourceUnavailable), "{name}");
        }
        for name in ["ada", "bob", "zoe", "eve"] {
            let (challenge, exchange) = scram(&users, name);
            assert_eq!(refusal(&challenge, exchange), LoginFailure::SourceUnavailable, "{name}");
            assert_eq!(cram_md5(&users, name), LoginFailure::SourceUnavailable, "{name}");
        }
        assert!(matches!(users.look_again(), Err(SourceError::Unavailable(_))));
        assert!(open.iter().all(is_open));
        source.go(false);
        assert_eq!(plain(&users, "ada", "wrong").err(), Some(LoginFailure::WrongPassword));
        assert!(plain(&users, "bob", "crayon").is_ok());
    }
}

#[test]
fn when_the_time_of_grace_is_over_nobody_logs_in_and_sessions_stay() {
    let (users, source) = drawing(Duration::ZERO, Duration::ZERO);
    source.store("ada", Role::ReadWrite, &["pencil"]);
    source.keep("zoe", "pen");
    let held =
        [("ada", "pencil"), ("zoe", "pen")].map(|(name, password)| plain(&users, name, password).unwrap());
    source.go(true);
    for (name, password) in [("ada", "pencil"), ("zoe", "pen"), ("eve", "x")] {
        assert_eq!(plain(&users, name, password).err(), Some(LoginFailure::SourceUnavailable), "{name}");
        let (challenge, exchange) = scram(&users, name);
        assert_eq!(refusal(&challenge, exchange), LoginFailure::SourceUnavailable, "{name}");
    }
    assert!(held.iter().all(is_open));
}

#[test]
fn what_a_file_says_and_what_a_source_says_do_not_take_from_each_other() {
    let (users, source) = drawing(LONG, LONG);
    source.store("ada", Role::ReadWrite, &["pencil"]);
    source.store("own", Role::ReadWrite, &["theirs"]);
    let ada = plain(&users, "ada", "pencil").unwrap();
    let file = || vec![UserRecord::new("own", Role::Admin, verifier("own"))];
    users.replace(file()).unwrap();
    assert!(is_open(&ada), "a file that is read again does not know her");
    assert!(plain(&users, "own", "own").is_ok());
    assert!(plain(&users, "own", "theirs").is_err());
    users.replace(Vec::new()).unwrap();
    assert!(plain(&users, "own", "theirs").is_ok(), "nobody else's name any more");
    let theirs = plain(&users, "own", "theirs").unwrap();
    users.replace(file()).unwrap();
    assert!(!is_open(&theirs), "it is another password");
    users.look_again().unwrap();
    assert!(plain(&users, "own", "own").is_ok(), "and the source does not take it back");
}

#[test]
fn whoever_has_left_is_forgotten_when_the_time_of_grace_is_over() {
    let (users, source) = drawing(Duration::ZERO, LONG);
    source.store("ada", Role::ReadWrite, &["pencil"]);
    source.store("bob", Role::ReadWrite, &["crayon"]);
    let ada = plain(&users, "ada", "pencil").unwrap();
    drop(plain(&users, "bob", "crayon").unwrap());
    source.asked();
    users.look_again().unwrap();
    assert_eq!(source.asked().0, ["ada", "bob"]);
    users.draw_from(source.clone(), terms(Duration::ZERO, Duration::ZERO));
    users.look_again().unwrap();
    assert_eq!(source.asked().0, ["ada"], "a session is a reason to look");
    drop(ada);
    users.look_again().unwrap();
    assert_eq!(source.asked().0, [""; 0]);
}

#[test]
fn whoever_the_source_knows_is_known_here_while_that_counts_or_a_session_is_left() {
    let (users, source) = drawing(LONG, LONG);
    let known = |users: &Users| {
        let all = users.known().into_iter();
        all.map(|of| format!("{} {}", of.record.name, of.from.name())).collect::<Vec<_>>()
    };
    users.add_verifier("own", verifier("own"), Role::Admin).unwrap();
    source.place(Some("shop"), Limits { value: Some(9), ..Limits::default() });
    source.store("ada", Role::ReadOnly, &["pencil"]);
    source.store("own", Role::ReadOnly, &["theirs"]);
    assert_eq!(known(&users), ["own own"], "nobody has asked for her");
    let before = SystemTime::now();
    let ada = plain(&users, "ada", "pencil").unwrap();
    assert!(plain(&users, "eve", "pencil").is_err() && plain(&users, "own", "theirs").is_err());
    assert_eq!(known(&users), ["ada fake", "own own"]);
    assert!(users.list().len() == 1 && users.user_count() == 1, "what a list or code added");
    let status = users.known_as("ada").unwrap();
    let UserStatus { record, from, .. } = status;
    assert_eq!((record.namespace.as_deref(), record.limits.value), (Some("shop"), Some(9)));
    assert!(record.credentials.len() == 1 && record.credentials[0].forms.is_empty());
    let ComesFrom::Source { confirmed, .. } = from else { panic!("{from:?}") };
    assert!(confirmed >= before - Duration::from_secs(1) && confirmed <= SystemTime::now());

    users.draw_from(source.clone(), terms(Duration::ZERO, Duration::ZERO));
    assert_eq!(known(&users), ["ada fake", "own own"], "there is a session");
    drop(ada);
    assert_eq!(known(&users), ["own own"]);
    assert!(users.known_as("ada").is_none() && users.known_as("own").is_some());
    users.draw_from(source.clone(), terms(LONG, LONG));
    assert_eq!(known(&users), ["ada fake", "own own"]);
    source.forget("ada");
    users.look_again().unwrap();
    assert_eq!(known(&users), ["own own"]);
}

#[test]
fn an_answer_that_was_overtaken_counts_for_nothing() {
    let (users, source) = drawing(LONG, LONG);
    source.store("ada", Role::ReadWrite, &["pencil"]);
    let early = Instant::now();
    let grant = plain(&users, "ada", "pencil").unwrap();
    let name = UserName::new("ada").unwrap();
    users.shared.directory.write().take_up(&name, None, early, SystemTime::now()).unwrap();
    assert!(is_open(&grant));
    users.shared.directory.write().take_up(&name, None, Instant::now(), SystemTime::now()).unwrap();
    assert!(!is_open(&grant));
}

#[test]
fn more_passwords_than_a_user_may_have_are_no_answer() {
    let (users, source) = drawing(LONG, LONG);
    source.store("ada", Role::ReadWrite, &["1", "2", "3", "4", "5"]);
    assert_eq!(plain(&users, "ada", "1").err(), Some(LoginFailure::SourceUnavailable));
    source.store("bob", Role::ReadWrite, &["1"]);
    let bob = plain(&users, "bob", "1").unwrap();
    source.store("bob", Role::ReadWrite, &["1", "2", "3", "4", "5"]);
    assert!(matches!(users.look_again(), Err(SourceError::Unusable(why)) if why.contains("bob")));
    assert!(is_open(&bob));
}

#[test]
fn a_weak_hash_that_the_source_stores_stays_what_it_is() {
    let (users, source) = drawing(LONG, LONG);
    // SHA-1 of "pencil", as Apache writes it.
    let weak: StoredForm = "{SHA}0vxRJJChUDZGC1SJQBQ51tpUB/o=".parse().unwrap();
    source.0.lock().weak.insert("ada".to_owned(), weak);
    let grant = plain(&users, "ada", "pencil").unwrap();
    assert!(users.take_upgrades().is_empty(), "nobody could store it");
    users.look_again().unwrap();
    assert!(is_open(&grant) && plain(&users, "ada", "pencil").is_ok());
}
