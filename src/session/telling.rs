//! What sessions have to do with the audit: what they are refused is told there, and an admin's may read it.

use super::Session;
use crate::{
    Refusal, Verbs,
    audit::{Origin, Recent, Sequence, Term, Trail},
};

impl Session {
    /// Says where whoever uses this session is, for the audit: for a server that hands one session to many connections.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, Users, audit::{Origin, Sequence}};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # cache.users().add_trusted("app", Role::ReadOnly)?;
    /// # let session = cache.session_for("app")?;
    /// let session = session.coming_from(Origin::connection(17, None));
    /// assert!(session.set("k", "v").is_err());
    /// let refusal = cache.audit().recent(Sequence::START).entries.pop().ok_or("it was told")?;
    /// assert_eq!(refusal.origin.number(), Some(17));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn coming_from(self, origin: Origin) -> Self {
        Self { origin, ..self }
    }

    /// For the audit: what was proven for it, and who knows whose that is.
    pub(crate) fn evidence(&self) -> (Option<String>, Term) {
        self.seat.evidence()
    }

    pub(crate) fn trail(&self) -> Option<Trail> {
        self.seat.trail(&self.origin)
    }

    /// What the audit was told after that number: see [`Audit::recent`](crate::audit::Audit::recent). For admins.
    ///
    /// ```
    /// use keyway::{Cache, Config, Refusal, Role, Users, audit::Sequence};
    ///
    /// let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// cache.users().add_trusted("warden", Role::Admin)?;
    /// cache.users().add_trusted("reader", Role::ReadOnly)?;
    ///
    /// let reader = cache.session_for("reader")?;
    /// assert_eq!(reader.set("k", "v"), Err(Refusal::Forbidden));
    /// assert!(matches!(reader.audit_since(Sequence::START), Err(Refusal::Forbidden)));
    ///
    /// let told = cache.session_for("warden")?.audit_since(Sequence::START)?;
    /// assert!(told.entries.iter().any(|entry| entry.event.kind().name() == "refusal"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Refusal::Revoked`], [`Refusal::Forbidden`].
    pub fn audit_since(&self, after: Sequence) -> Result<Recent, Refusal> {
        self.may_administer()?;
        Ok(self.trail().map_or_else(Recent::default, |trail| trail.audit().recent(after)))
    }

    /// Checks that an act on the cache or its server is allowed now, and tells the audit that it is done: for acts that do not fail.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, Users, audit::{Kind, Term}};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # cache.users().add_trusted("app", Role::Admin)?;
    /// # let session = cache.session_for("app")?;
    /// session.administer(Term::new("shutdown"))?;
    /// assert_eq!(cache.audit().counts().of(Kind::Administered), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Refusal::Revoked`], [`Refusal::Forbidden`]; these are told as well.
    pub fn administer(&self, act: Term) -> Result<(), Refusal> {
        self.may_administer()?;
        if let Some(trail) = self.trail() {
            trail.administered(Some(self.user()), act, None);
        }
        Ok(())
    }

    /// Passes on what came of a verb, and tells the audit if that is not allowed. To be called once no lock is held any more.
    #[inline]
    pub(super) fn told<T>(
        &self,
        verbs: impl Into<Verbs>,
        key: Option<&[u8]>,
        done: Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        done.map_err(|refusal| self.tell_if_refused(verbs.into(), key, refusal))
    }

    /// What the verb was refused with.
    #[cold]
    #[inline(never)]
    fn tell_if_refused(&self, verbs: Verbs, key: Option<&[u8]>, refusal: Refusal) -> Refusal {
        if matches!(refusal, Refusal::Revoked | Refusal::Forbidden | Refusal::Limited { .. })
            && let Some(trail) = self.trail()
        {
            trail.refused(self.user(), &self.seat.roles(), verbs.term(), Term::new(refusal.name()), key);
        }
        refusal
    }
}
