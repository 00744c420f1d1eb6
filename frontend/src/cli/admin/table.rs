//! How the lines of an answer are shown.

use crate::cli::output;
use keyway_frontend::admin::{AdminAnswer, LimitsRow, NamespaceRow, RefusedRow, SessionRow, TokenRow};

#[expect(clippy::needless_pass_by_value, reason = "one of two of which the other takes it apart")]
pub(super) fn as_json(answer: AdminAnswer) {
    if let Ok(line) = serde_json::to_string(&answer) {
        output::say(&line);
    }
}

pub(super) fn as_text(answer: AdminAnswer) {
    match answer {
        AdminAnswer::Session(session) => output::say(&of_session(&session)),
        AdminAnswer::Token(token) => output::say(&of_token(&token)),
        AdminAnswer::User(user) => {
            let namespace = user.namespace.map(|name| format!("  namespace={name}")).unwrap_or_default();
            let roles = user.roles.join(",");
            let confirmed = user.confirmed.map(|time| format!("  confirmed={time}")).unwrap_or_default();
            output::say(&format_args!(
                "{}  roles={roles}{namespace}{}{}  connections={}  credentials={}  from={}{confirmed}",
                user.name,
                of_limits(&user.limits),
                of_refused(&user.refused),
                user.connections,
                user.credentials.len(),
                user.from,
            ));
        }
        AdminAnswer::Namespace(space) => output::say(&of_namespace(&space)),
        AdminAnswer::Role(role) => output::say(&format_args!("{}  {}", role.name, role.rules.join("; "))),
        _ => {}
    }
}

fn of_limits(limits: &LimitsRow) -> String {
    let each = [
        ("connections", limits.connections),
        ("operations-per-second", limits.operations_per_second),
        ("bytes-per-second", limits.bytes_per_second),
        ("value", limits.value),
    ];
    each.iter().filter_map(|(name, limit)| Some(format!("  limit-{name}={}", (*limit)?))).collect()
}

/// Only what happened.
fn of_refused(refused: &RefusedRow) -> String {
    let each = [
        ("connections", refused.connections),
        ("operations", refused.operations),
        ("bytes-in", refused.bytes_in),
        ("bytes-out", refused.bytes_out),
    ];
    let happened = each.iter().filter(|(_, count)| *count > 0);
    happened.map(|(name, count)| format!("  refused-{name}={count}")).collect()
}

fn of_session(session: &SessionRow) -> String {
    let ended = if session.ended { "  revoked" } else { "" };
    format!(
        "{}  {}  by={:?}  from={}  since={}  requests={}  in={}  out={}{ended}",
        session.id,
        session.user,
        session.by,
        session.origin,
        session.opened,
        session.requests,
        session.bytes_in,
        session.bytes_out
    )
}

fn of_namespace(space: &NamespaceRow) -> String {
    let name = if space.name.is_empty() { "(main)" } else { &space.name };
    let most = |ceiling: Option<u64>| ceiling.map_or_else(|| "none".to_owned(), |most| most.to_string());
    format!(
        "{name}  bytes={}  items={}  reserve={}  reserve-items={}  ceiling={}  ceiling-items={}{}{}  connections={}  hits={}  misses={}  evictions={}",
        space.bytes,
        space.items,
        space.reserve,
        space.reserve_items,
        most(space.ceiling),
        most(space.ceiling_items),
        of_limits(&space.limits),
        of_refused(&space.refused),
        space.connections,
        space.hits,
        space.misses,
        space.evictions
    )
}

fn of_token(token: &TokenRow) -> String {
    let until = token.expires.as_deref().unwrap_or("revoked");
    let uses = token.uses_left.map_or_else(|| "any".to_owned(), |uses| uses.to_string());
    let used = token.last_used.as_deref().unwrap_or("never");
    format!(
        "{}  {}  label={:?}  rules={:?}  until={until}  uses={uses}  used={used}",
        token.id,
        token.user,
        token.label,
        token.rules.join("; ")
    )
}
