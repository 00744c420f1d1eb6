//! How the lines of an answer are shown.

use crate::cli::output;
use keyway_frontend::admin::{AdminAnswer, LimitsRow, NamespaceRow, SessionRow, TokenRow};

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
            output::say(&format_args!(
                "{}  roles={roles}{namespace}{}  credentials={}",
                user.name,
                of_limits(&user.limits),
                user.credentials.len()
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
        ("operations_per_second", limits.operations_per_second),
        ("bytes_per_second", limits.bytes_per_second),
        ("value", limits.value),
    ];
    each.iter().filter_map(|(name, limit)| Some(format!("  {name}={}", (*limit)?))).collect()
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
        "{name}  bytes={}  items={}  reserve={}  reserve-items={}  ceiling={}  ceiling-items={}{}  connections={}  hits={}  misses={}  evictions={}",
        space.bytes,
        space.items,
        space.reserve,
        space.reserve_items,
        most(space.ceiling),
        most(space.ceiling_items),
        of_limits(&space.limits),
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
