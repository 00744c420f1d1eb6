//! Each verb of one session with one key, with and without an item.

use super::{naive, pair::Pair};
use keyway::{Delta, Expiry, Refusal, Rules, Session, Verb};

type Act = fn(&Session, &[u8]) -> Result<(), Refusal>;

/// Each verb of a session, and what it needs.
const VERBS: &[(&[Verb], Act)] = &[
    (&[Verb::Read], |session, key| session.get(key).map(drop)),
    (&[Verb::Read], |session, key| session.get_many(&[key]).map(drop)),
    (&[Verb::Write], |session, key| session.set(key, "2").map(drop)),
    (&[Verb::Write], |session, key| session.add(key, "2").map(drop)),
    (&[Verb::Write], |session, key| session.replace(key, "2").map(drop)),
    (&[Verb::Write], |session, key| session.append(key, "2").map(drop)),
    (&[Verb::Write], |session, key| session.prepend(key, "2").map(drop)),
    (&[Verb::Write], |session, key| session.blank(key, 1, 0).map(drop)),
    (&[Verb::Write], |session, key| session.drop_replaced(key)),
    (&[Verb::Arithmetic], |session, key| session.incr(key, Delta::by(1).or_initial(1)).map(drop)),
    (&[Verb::Arithmetic], |session, key| session.decr(key, 1).map(drop)),
    (&[Verb::Touch], |session, key| session.touch(key, Expiry::Never).map(drop)),
    (&[Verb::Touch, Verb::Read], |session, key| session.get_and_touch(key, Expiry::Never).map(drop)),
    (&[Verb::Delete], |session, key| session.delete(key).map(drop)),
    (&[Verb::FlushOwn], |session, _| session.flush()),
    (&[Verb::FlushOwn], |session, _| session.flush_later(Expiry::Never)),
    (&[Verb::Admin], |session, _| session.may_administer()),
];

pub(crate) fn each_verb(pair: &Pair, number: usize, key: &[u8]) {
    let seat = &pair.sessions[number];
    let (session, observer) = (&seat.session, pair.observer(seat.namespace));
    let rules = pair.rules_of(seat.holder.user);
    let stands = pair.stands(&seat.holder);
    let expected = |verbs: &[Verb], key| {
        if stands { seat.holder.answer(&rules, verbs, key) } else { Err(Refusal::Revoked) }
    };
    for there in [true, false] {
        for (verbs, verb) in VERBS {
            observer.flush().unwrap();
            if there {
                observer.set(key, "1").unwrap();
            }
            let wanted = expected(verbs, verbs[0].has_key().then_some(key));
            match (verb(session, key), wanted) {
                (Err(refused @ (Refusal::Revoked | Refusal::Forbidden)), wanted) => {
                    assert_eq!(Err(refused), wanted, "{verbs:?} {}", key.escape_ascii());
                    let item = observer.get(key).unwrap();
                    let acted = "it was refused, and has acted";
                    assert_eq!(item.as_deref(), there.then_some(&b"1"[..]), "{acted}");
                }
                (_, wanted) => assert_eq!(wanted, Ok(()), "{verbs:?} {}", key.escape_ascii()),
            }
        }
    }
    for verb in Verb::ALL {
        let everywhere = Rules::from_iter(rules.iter().cloned());
        assert_eq!(everywhere.allow(verb, None), naive::allows(&rules, verb, None), "{verb} {rules:?}");
        // At the key, and wherever a rule begins that has a part in it.
        for key in [key].into_iter().chain(seat.holder.edges(&rules)) {
            let key = verb.has_key().then_some(key);
            assert_eq!(session.may(verb, key), expected(&[verb], key), "{verb} {key:?} {:?}", seat.holder);
        }
    }
    assert_eq!(session.standing().is_ok(), stands);
}
