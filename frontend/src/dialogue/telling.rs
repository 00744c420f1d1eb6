//! What a connection tells the audit that the library does not see: logins that are refused by their form alone, or are never
//! judged. All others are told where they are judged, and what a session is refused, by the session.

use super::{Dialogue, PutOff};
use keyway::{
    Mechanism,
    audit::{Claimed, Event, FailureId, Term},
};

impl Dialogue {
    #[cold]
    pub(super) fn tell_failed_login(&self, id: FailureId, reason: &'static str) {
        let reason = Term::new(reason);
        self.tell(Event::LoginFailed { id, mechanism: None, claimed: None, reason });
    }

    #[cold]
    pub(super) fn tell_put_off_login(
        &self,
        id: FailureId,
        mechanism: Mechanism,
        claimed: &Claimed,
        why: PutOff,
    ) {
        let (mechanism, reason) = (Term::new(mechanism.name()), Term::new(why.name()));
        self.tell(Event::LoginPutOff { id, mechanism, claimed: Some(claimed.clone()), reason });
    }

    fn tell(&self, event: Event) {
        self.door.cache().audit().record(&self.origin, event);
    }
}
