//! Who comes in, and who is refused what.

use super::{exposition::Exposition, family::Family};
use keyway::{
    Cache,
    audit::{Kind, LoginCount},
};
use std::collections::BTreeMap;

static LOGINS: Family = Family::counter(
    "keyway_logins_total",
    &["mechanism", "result"],
    "Logins by SASL mechanism (password and trusted: by the process itself; none: no mechanism that is offered was named) and \
     result: success, refused (found wrong), put_off (not judged, such as for a full queue).",
);
static LOGIN_REFUSALS: Family = Family::counter(
    "keyway_login_refusals_total",
    &["reason"],
    "Logins that were refused or put off, by reason, as in the log.",
);
static SESSIONS: Family = Family::gauge(
    "keyway_sessions",
    &["roles"],
    "Live sessions by the roles of their users, those of the process itself included.",
);
static DENIALS: Family = Family::counter(
    "keyway_denials_total",
    &["roles", "verb", "reason"],
    "Verbs refused to sessions, by the roles of their users: Forbidden by the rules, Limited by the user's limits, NamespaceLimited by those of its namespace, Revoked.",
);
static USERS: Family = Family::gauge(
    "keyway_users",
    &[],
    "Users whom a users file or code added; not those whom a source such as a directory knows.",
);
static AUDIT_EVENTS: Family =
    Family::counter("keyway_audit_events_total", &["kind"], "Events that the audit was told of, by kind.");
static AUDIT_FOLDED: Family = Family::counter(
    "keyway_audit_folded_total",
    &[],
    "Events that were counted in one entry with others like them, because there were too many.",
);
static AUDIT_WRITTEN: Family =
    Family::counter("keyway_audit_written_total", &[], "Entries written to the audit's file.");
static AUDIT_DROPPED: Family = Family::counter(
    "keyway_audit_dropped_total",
    &[],
    "Entries that could not be written to the audit's file, or were overwritten before.",
);

pub(super) static FAMILIES: [&Family; 9] = [
    &LOGINS,
    &LOGIN_REFUSALS,
    &SESSIONS,
    &DENIALS,
    &USERS,
    &AUDIT_EVENTS,
    &AUDIT_FOLDED,
    &AUDIT_WRITTEN,
    &AUDIT_DROPPED,
];

pub(super) fn write(out: &mut Exposition, cache: &Cache) {
    logins(out, &cache.audit().login_counts());
    let mut sessions = out.family(&SESSIONS);
    for (roles, count) in cache.users().sessions_by_roles() {
        sessions.sample(&[&roles], count);
    }
    let mut denials = out.family(&DENIALS);
    for denied in cache.audit().denial_counts() {
        denials.sample(&[denied.roles.as_str(), denied.verb.as_str(), denied.reason.as_str()], denied.count);
    }
    out.value(&USERS, cache.users().user_count());
    audit(out, cache);
}

fn logins(out: &mut Exposition, counts: &[LoginCount]) {
    let mut by_mechanism: BTreeMap<(&str, &str), u64> = BTreeMap::new();
    let mut by_reason: BTreeMap<&str, u64> = BTreeMap::new();
    for counted in counts {
        let result = match counted.kind {
            Kind::LoggedIn => "success",
            Kind::LoginPutOff => "put_off",
            _ => "refused",
        };
        let mechanism = counted.mechanism.map_or("none", |mechanism| mechanism.as_str());
        *by_mechanism.entry((mechanism, result)).or_default() += counted.count;
        if let Some(reason) = counted.reason {
            *by_reason.entry(reason.as_str()).or_default() += counted.count;
        }
    }
    let mut logins = out.family(&LOGINS);
    by_mechanism.iter().for_each(|((mechanism, result), count)| logins.sample(&[mechanism, result], count));
    let mut refusals = out.family(&LOGIN_REFUSALS);
    by_reason.iter().for_each(|(reason, count)| refusals.sample(&[reason], count));
}

fn audit(out: &mut Exposition, cache: &Cache) {
    let counts = cache.audit().counts();
    let mut events = out.family(&AUDIT_EVENTS);
    // These two are entries about other events, and counted as those below.
    for kind in Kind::ALL.into_iter().filter(|kind| !matches!(kind, Kind::Folded | Kind::Dropped)) {
        events.sample(&[kind.name()], counts.of(kind));
    }
    out.value(&AUDIT_FOLDED, counts.folded);
    out.value(&AUDIT_WRITTEN, counts.written);
    out.value(&AUDIT_DROPPED, counts.dropped);
}
