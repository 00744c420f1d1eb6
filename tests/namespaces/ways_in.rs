//! Who comes into which namespace, and when it ends their sessions.

use super::{MIB, cache, namespace, tenant, user_of};
use keyway::{
    LoginFailure, Mechanism, Refusal, Role, Rounds, Session, SourceError, SourceTerms, SourcedUser, Step,
    UserError, UserRecord, UserSource, Verifier,
};
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

#[test]
fn a_login_opens_the_users_namespace_by_each_way_in() {
    let cache = cache(8 * MIB);
    cache.namespaces().add(namespace("shop", 0)).unwrap();
    let verifier = Verifier::derive("correct horse", Rounds::MIN).unwrap();
    let mut clerk = UserRecord::new("clerk", Role::ReadWrite, verifier);
    clerk.namespace = Some("shop".to_owned());
    cache.users().add_record(clerk).unwrap();
    cache.session_for("clerk").unwrap().set("k", "ours").unwrap();
    user_of(&cache, "main", None).set("k", "main").unwrap();
    let sees = |session: Session| assert_eq!(session.get("k").unwrap().as_deref(), Some(&b"ours"[..]));
    sees(cache.login("clerk", "correct horse").unwrap());
    let by_exchange = || match cache.exchange(Mechanism::Plain).step(b"\0clerk\0correct horse") {
        Step::Open(session) => sees(session),
        Step::Verify(attempt) => match attempt.verify().unwrap() {
            keyway::Verified::Open(session) => sees(session),
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    };
    by_exchange();
    by_exchange();
    cache.namespaces().remove("shop").unwrap();
    let refused = cache.login("clerk", "correct horse").unwrap_err();
    assert_eq!(refused.failure(), LoginFailure::UnknownNamespace);
    assert_eq!(refused.to_string(), "login refused");
    assert_eq!(cache.session_for("clerk").err(), Some(UserError::UnknownNamespace("shop".to_owned())));
}

#[test]
fn another_namespace_ends_the_sessions_and_the_same_one_does_not() {
    let cache = cache(8 * MIB);
    let session = tenant(&cache, "shop", 0);
    cache.namespaces().add(namespace("news", 0)).unwrap();
    session.set("k", "shop").unwrap();
    cache.users().set_namespace("shop", Some("shop")).unwrap();
    assert!(session.get("k").unwrap().is_some());
    cache.users().set_namespace("shop", Some("news")).unwrap();
    assert_eq!(session.get("k").err(), Some(Refusal::Revoked));
    assert!(cache.session_for("shop").unwrap().get("k").unwrap().is_none());
    assert_eq!(cache.users().list()[0].namespace.as_deref(), Some("news"));
}

/// Says of everybody that they work in this namespace, and keeps what it is told.
#[derive(Clone, Debug)]
struct Elsewhere {
    verifier: Verifier,
    namespace: Arc<Mutex<Option<String>>>,
    told: Arc<Mutex<Vec<String>>>,
}

impl Elsewhere {
    fn says(&self, namespace: Option<&str>) {
        *self.namespace.lock().unwrap() = namespace.map(str::to_owned);
    }
}

impl UserSource for Elsewhere {
    fn find(&self, _: &str) -> Result<Option<SourcedUser>, SourceError> {
        let mut user = SourcedUser::stored(Role::ReadWrite, [self.verifier.clone().into()]);
        user.namespace.clone_from(&self.namespace.lock().unwrap());
        Ok(Some(user))
    }

    fn cannot_use(&self, name: &str, why: &UserError) {
        self.told.lock().unwrap().push(format!("{name}: {why}"));
    }
}

#[test]
fn users_of_a_source_work_where_it_says_and_nowhere_while_there_is_no_such_namespace() {
    let cache = cache(8 * MIB);
    let source = Elsewhere {
        verifier: Verifier::derive("correct horse", Rounds::MIN).unwrap(),
        namespace: Arc::default(),
        told: Arc::default(),
    };
    let mut terms = SourceTerms::default();
    terms.fresh = Duration::ZERO;
    cache.users().draw_from(source.clone(), terms);
    let log_in = |name: &str| cache.login(name, "correct horse");

    let main = log_in("clerk").unwrap();
    main.set("k", "main").unwrap();
    source.says(Some("shop"));
    assert_eq!(log_in("clerk").unwrap_err().failure(), LoginFailure::UnknownNamespace);
    assert_eq!(main.get("k").err(), Some(Refusal::Revoked), "she does not stay where she was");
    let told = std::mem::take(&mut *source.told.lock().unwrap());
    assert!(told.len() == 1 && told[0].starts_with("clerk: ") && told[0].contains("\"shop\""), "{told:?}");

    cache.namespaces().add(namespace("shop", 0)).unwrap();
    let shop = log_in("clerk").unwrap();
    assert!(shop.get("k").unwrap().is_none(), "the same key, other data");
    shop.set("k", "shop").unwrap();
    cache.users().look_again().unwrap();
    assert_eq!(shop.get("k").unwrap().as_deref(), Some(&b"shop"[..]), "nothing has changed");
    source.says(None);
    cache.users().look_again().unwrap();
    assert_eq!(shop.get("k").err(), Some(Refusal::Revoked));
    assert_eq!(log_in("clerk").unwrap().get("k").unwrap().as_deref(), Some(&b"main"[..]));

    source.says(Some("shop"));
    let shop = log_in("clerk").unwrap();
    cache.namespaces().remove("shop").unwrap();
    assert_eq!(shop.get("k").err(), Some(Refusal::Revoked));
    assert_eq!(log_in("clerk").unwrap_err().failure(), LoginFailure::UnknownNamespace);
    assert_eq!(cache.session_for("clerk").err(), Some(UserError::UnknownNamespace("shop".to_owned())));
}
