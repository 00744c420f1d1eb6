//! The last refusals, followed in the audit's ring.

use super::{RecentRefusal, Refusals};
use crate::timestamp;
use keyway::audit::{Audit, Entry, Event, Kind, Sequence};
use std::collections::VecDeque;

/// The last refusals.
#[derive(Debug, Default)]
pub(super) struct Follower {
    last: Sequence,
    recent: VecDeque<RecentRefusal>,
}

impl Follower {
    /// Catches up with the audit.
    pub(super) fn refusals(&mut self, audit: &Audit) -> Refusals {
        let news = audit.recent(self.last);
        self.last = news.last;
        for refusal in news.entries.iter().filter_map(refusal) {
            self.recent.push_front(refusal);
        }
        self.recent.truncate(Refusals::LISTED);
        let counts = audit.counts();
        Refusals {
            logins: counts.of(Kind::LoginFailed),
            put_off: counts.of(Kind::LoginPutOff),
            verbs: counts.of(Kind::Refused),
            recent: self.recent.iter().cloned().collect(),
        }
    }
}

fn refusal(entry: &Entry) -> Option<RecentRefusal> {
    let (id, user, verb, reason) = match &entry.event {
        Event::LoginFailed { id, mechanism, claimed, reason } => {
            (Some(id), claimed.as_ref().map(|name| name.as_str()), *mechanism, reason)
        }
        Event::LoginPutOff { id, mechanism, claimed, reason } => {
            (Some(id), claimed.as_ref().map(|name| name.as_str()), Some(*mechanism), reason)
        }
        Event::Refused { user, verb, reason, key: _ } => (None, Some(user.as_str()), Some(*verb), reason),
        _ => return None,
    };
    Some(RecentRefusal {
        number: entry.sequence.number(),
        at: timestamp::write(entry.at),
        kind: entry.event.kind().name().to_owned(),
        id: id.map(ToString::to_string),
        user: user.map(str::to_owned),
        verb: verb.map(|verb| verb.to_string()),
        reason: reason.to_string(),
        from: entry.origin.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use keyway::{Cache, Config, Role, Users};

    #[test]
    fn refused_logins_and_verbs_are_listed_newest_first_and_no_more_than_so_many() {
        let cache = Cache::new(Config::new(1 << 20), Users::new()).unwrap();
        cache.users().add_trusted("reader", Role::ReadOnly).unwrap();
        let mut follower = Follower::default();
        assert!(follower.refusals(cache.audit()).recent.is_empty());
        assert!(cache.login("<script>", "guess").is_err());
        let session = cache.session_for("reader").unwrap();
        assert!(session.set("secret key", "v").is_err());
        let told = follower.refusals(cache.audit());
        assert_eq!((told.logins, told.verbs, told.recent.len()), (1, 1, 2));
        let (verb, login) = (&told.recent[0], &told.recent[1]);
        assert_eq!((verb.kind.as_str(), verb.user.as_deref(), &verb.id), ("refusal", Some("reader"), &None));
        assert_eq!((verb.verb.as_deref(), verb.from.as_str()), (Some("write"), "process"));
        assert_eq!((login.kind.as_str(), login.user.as_deref()), ("login_failed", Some("<script>")));
        assert_eq!(login.id.as_ref().map(String::len), Some(10));
        for _ in 0..50 {
            assert!(session.set("k", "v").is_err());
        }
        cache.audit().settle();
        let later = follower.refusals(cache.audit());
        assert!(later.recent.len() <= Refusals::LISTED && later.recent.len() > 2);
        assert!(later.recent.is_sorted_by(|one, next| one.number > next.number));
        assert_eq!(later.verbs, 51, "folded ones count");
        assert!(!serde_json::to_string(&later).unwrap().contains("secret"));
    }
}
