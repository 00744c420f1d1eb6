//! A grant in use.

use super::{By, OpenedBy, SessionId};
use crate::{
    Refusal,
    audit::{Origin, Term, Trail},
    auth::{failure::LoginFailure, grant::Grant, rules::Rules, users::Users, verb::Verbs},
    metering::{Load, Metered, Meters},
    sync::MODELLED,
};

/// A grant in use in some room, listed among the live sessions until its last clone is dropped.
/// A pointer each, since each idle connection has one.
#[derive(Debug)]
pub(crate) struct Seat<R: Metered> {
    grant: Grant,
    room: R,
}

impl<R: Metered> Seat<R> {
    /// Lists it, if its user and the room may have one more connection where it came by a login. What the one refuses takes no
    /// place of the other: it is given back before this returns.
    pub(crate) fn take(grant: Grant, room: R, users: &Users, origin: &Origin) -> Result<Self, LoginFailure> {
        if grant.live().by().is_login() {
            if !room.meter().enter() {
                return Err(LoginFailure::NamespaceFull);
            }
            if let Some((meter, _)) = grant.account().meter()
                && !meter.enter()
            {
                room.meter().leave();
                return Err(LoginFailure::TooManyConnections);
            }
        }
        Ok(Self::list(grant.coming_from(origin.clone()), room, users))
    }

    /// Lists one that came by no login, and so is no connection.
    pub(crate) fn of_code(grant: Grant, room: R, users: &Users) -> Self {
        debug_assert!(!grant.live().by().is_login(), "a login may be one too many");
        Self::list(grant, room, users)
    }

    fn list(grant: Grant, room: R, users: &Users) -> Self {
        grant.live().hold();
        grant.live().belong_to(users.clone());
        users.registry().enter(&grant);
        Self { grant, room }
    }

    /// Where it is.
    #[inline]
    pub(crate) fn room(&self) -> &R {
        &self.room
    }

    /// One with a part of the rights, listed by itself, which ends with this one.
    pub(crate) fn narrow(&self, rules: Rules) -> Result<Self, Refusal>
    where
        R: Clone,
    {
        let (account, since) = self.grant.deputy(rules)?;
        let users = self.users().ok_or(Refusal::Revoked)?;
        let live = users.registry().prepare(By::Narrowed(self.id()));
        Ok(Self::list(Grant::new(account, since, live), self.room.clone(), &users))
    }

    pub(crate) fn grant(&self) -> &Grant {
        &self.grant
    }

    /// Who lists it; always somebody, while there is a seat.
    pub(crate) fn users(&self) -> Option<Users> {
        self.grant.live().users()
    }

    pub(crate) fn id(&self) -> SessionId {
        self.grant.live().id()
    }

    pub(crate) fn opened_by(&self) -> OpenedBy {
        self.grant.live().by().told()
    }

    pub(crate) fn user(&self) -> &str {
        self.grant.account().name()
    }

    /// The names of the user's roles, as they are listed; empty where there is no such user any more.
    pub(crate) fn roles(&self) -> String {
        // A model asks for nothing that no claim rests on.
        let users = self.users().filter(|_| !MODELLED);
        users.and_then(|users| users.roles_of(self.user())).unwrap_or_default()
    }

    /// See `By::evidence`.
    pub(crate) fn evidence(&self) -> (Option<String>, Term) {
        self.grant.live().by().evidence()
    }

    /// Where things are told that were done with it, from there.
    pub(crate) fn trail(&self, origin: &Origin) -> Option<Trail> {
        self.users().map(|users| Trail::new(users.audit(), origin.clone()))
    }

    /// From where it was opened.
    pub(crate) fn origin(&self) -> Origin {
        self.grant.live().origin()
    }

    pub(crate) fn note_traffic(&self, requests: u64, bytes_in: u64, bytes_out: u64) {
        self.grant.live().traffic().add(requests, bytes_in, bytes_out);
    }

    /// See [`Grant::admit`].
    #[inline]
    pub(crate) fn admit(&self, verbs: impl Into<Verbs>, key: Option<&[u8]>) -> Result<(), Refusal> {
        self.grant.admit(verbs, key)
    }

    /// See [`Grant::permits`].
    #[inline]
    pub(crate) fn permits(&self, verbs: impl Into<Verbs>, key: Option<&[u8]>) -> Result<(), Refusal> {
        self.grant.permits(verbs, key)
    }

    /// Whether the use may be limited, by the user's limits or those of the room: then [`measure`](Self::measure) before each verb.
    #[inline]
    pub(crate) fn may_be_limited(&self) -> bool {
        !cfg!(keyway_unchecked) && self.user_may_be_limited() | self.room.is_limited()
    }

    /// The same of the user alone, for who looks at the room anyway.
    #[inline]
    pub(crate) fn user_may_be_limited(&self) -> bool {
        !cfg!(keyway_unchecked) && self.grant.account().may_be_limited()
    }

    /// Where verbs are counted, now.
    fn meters(&self) -> Meters<'_> {
        let of_user = self.grant.account().meter().filter(|(_, limited)| *limited);
        Meters {
            user: of_user.map(|(meter, _)| meter),
            namespace: self.room.is_limited().then(|| self.room.meter()),
        }
    }

    /// Takes so many verbs off the limits of the user and of the room; what is not allowed at all takes nothing.
    #[cold]
    #[inline(never)]
    pub(crate) fn measure(&self, verbs: Verbs, keys: &[&[u8]], load: Load) -> Result<(), Refusal> {
        let meters = self.meters();
        if meters.is_empty() {
            return Ok(());
        }
        keys.iter().try_for_each(|key| self.grant.permits(verbs, Some(key)))?;
        if keys.is_empty() {
            self.grant.permits(verbs, None)?;
        }
        if let Load::In(len) = load
            && let Some(limit) = meters.largest_value()
            && len > limit
        {
            return Err(Refusal::TooLarge { limit });
        }
        meters.take(keys.len().max(1) as u64, load)
    }

    /// Counts bytes of values that were given out.
    #[cold]
    #[inline(never)]
    pub(crate) fn give_out(&self, bytes: usize) {
        self.meters().give_out(bytes);
    }

    /// The largest value that the user may store there, in bytes.
    pub(crate) fn largest_value(&self) -> usize {
        self.meters().largest_value().unwrap_or(usize::MAX)
    }
}

impl<R: Metered + Clone> Clone for Seat<R> {
    fn clone(&self) -> Self {
        self.grant.live().hold();
        Self { grant: self.grant.clone(), room: self.room.clone() }
    }
}

impl<R: Metered> Drop for Seat<R> {
    fn drop(&mut self) {
        let live = self.grant.live();
        if !live.release() {
            return;
        }
        if let Some(users) = live.leave() {
            users.registry().leave(&self.grant);
        }
        if live.by().is_login() {
            if let Some((meter, _)) = self.grant.account().meter() {
                meter.leave();
            }
            self.room.meter().leave();
        }
    }
}
