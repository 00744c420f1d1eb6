//! A request becomes lines of an answer.

use super::{
    AdminAnswer, AdminRequest, AskedRule,
    answer::{RoleRow, SessionRow},
};
use crate::status::StatusBoard;
use keyway::{Admin, Cache, Namespace, Refusal, Rule, Rules, SessionId, TokenScope, Verbs};
use std::{error::Error, time::Duration};
use tracing::info;

/// Carries a request out, and tells each line of the answer but the last one, which is returned.
///
/// # Errors
/// Those of `tell`.
pub(super) fn carry_out<E>(
    operator: &Admin,
    cache: &Cache,
    board: Option<&StatusBoard>,
    request: AdminRequest,
    mut tell: impl FnMut(AdminAnswer) -> Result<(), E>,
) -> Result<AdminAnswer, E> {
    match request {
        AdminRequest::Sessions { after, most } => {
            let most = most.unwrap_or(AdminRequest::PAGE).min(AdminRequest::PAGE);
            let sessions = operator.sessions(after.map(SessionId::from), most as usize);
            each(sessions, |session| tell(AdminAnswer::Session(SessionRow::from(session))))
        }
        AdminRequest::Users => each(operator.user_list(), |user| tell(AdminAnswer::User(user.into()))),
        AdminRequest::Roles => {
            each(operator.roles(), |(name, rules)| tell(AdminAnswer::Role(RoleRow::new(name, &rules))))
        }
        AdminRequest::Namespaces => {
            each(operator.namespaces(&cache.namespaces()), |space| tell(AdminAnswer::Namespace(space.into())))
        }
        AdminRequest::Status => match board {
            None => Ok(AdminAnswer::Error("there is no server here whose state could be told".to_owned())),
            Some(board) => {
                tell(AdminAnswer::Status(Box::new(board.status().as_ref().clone())))?;
                Ok(AdminAnswer::Done { count: 1 })
            }
        },
        AdminRequest::Tokens => each(operator.tokens(), |token| tell(AdminAnswer::Token(token.into()))),
        change => Ok(change_by(operator, cache, change).unwrap_or_else(AdminAnswer::Error)),
    }
}

fn each<T, E>(
    list: Result<Vec<T>, Refusal>,
    mut tell: impl FnMut(T) -> Result<(), E>,
) -> Result<AdminAnswer, E> {
    let list = match list {
        Ok(list) => list,
        Err(refusal) => return Ok(AdminAnswer::Error(told(refusal))),
    };
    let count = list.len() as u64;
    list.into_iter().try_for_each(&mut tell)?;
    Ok(AdminAnswer::Done { count })
}

fn change_by(operator: &Admin, cache: &Cache, request: AdminRequest) -> Result<AdminAnswer, String> {
    let done = |count: usize| AdminAnswer::Done { count: count as u64 };
    match request {
        AdminRequest::Mint { user, label, verbs, prefix, seconds, uses } => {
            let scope = scope(label, &verbs, prefix.as_deref(), seconds, uses.map(u32::from))?;
            let minted = operator.mint(&user, scope).map_err(told)?;
            info!(user, token = %minted.id(), "an operator minted a token");
            Ok(AdminAnswer::Minted { id: minted.id().to_string(), token: minted.reveal().to_owned() })
        }
        AdminRequest::RevokeSession { session } => {
            operator.revoke_session(SessionId::from(session)).map_err(told)?;
            info!(session, "an operator ended a session");
            Ok(done(1))
        }
        AdminRequest::RevokeUser { user } => {
            operator.revoke_user(&user).map_err(told)?;
            info!(user, "an operator ended all sessions of a user");
            Ok(done(1))
        }
        AdminRequest::RevokeRole { role } => {
            let count = operator.revoke_role(&role).map_err(told)?;
            info!(role, count, "an operator ended all sessions of the users with a role");
            Ok(done(count))
        }
        AdminRequest::RevokeCredential { user, credential } => {
            operator.revoke_credential(&user, &credential).map_err(told)?;
            info!(user, credential, "an operator ended all sessions by a password");
            Ok(done(1))
        }
        AdminRequest::RevokeToken { token } => {
            operator.revoke_token(token.parse().map_err(told)?).map_err(told)?;
            info!(token, "an operator revoked a token");
            Ok(done(1))
        }
        AdminRequest::RevokeBefore { time } => {
            let before = humantime::parse_rfc3339(&time)
                .map_err(|error| format!("{time:?} is no time such as 2026-11-26T05:00:00Z: {error}"))?;
            operator.revoke_before(before).map_err(told)?;
            info!(time, "an operator ended what is older");
            Ok(done(1))
        }
        AdminRequest::SetRoles { user, roles } => {
            operator.set_roles(&user, roles.into_iter().collect::<keyway::Roles>()).map_err(told)?;
            info!(user, "an operator changed the roles of a user");
            Ok(done(1))
        }
        AdminRequest::SetNamespace { user, namespace } => {
            operator.assign_namespace(&cache.namespaces(), &user, namespace.as_deref()).map_err(told)?;
            info!(user, namespace, "an operator changed the namespace of a user");
            Ok(done(1))
        }
        AdminRequest::SetLimits { user, limits } => {
            operator.set_limits(&user, limits.into()).map_err(told)?;
            info!(user, "an operator changed the limits of a user");
            Ok(done(1))
        }
        AdminRequest::SetNamespaceLimits { namespace, limits } => {
            operator.set_namespace_limits(&cache.namespaces(), &namespace, limits.into()).map_err(told)?;
            info!(namespace, "an operator changed the limits of a namespace");
            Ok(done(1))
        }
        AdminRequest::RemoveUser { user } => {
            operator.remove_user(&user).map_err(told)?;
            info!(user, "an operator removed a user");
            Ok(done(1))
        }
        AdminRequest::SetRole { role, rules } => {
            let rules = rules.iter().map(AskedRule::rule).collect::<Result<Rules, _>>()?;
            operator.define_listed_role(&role, rules).map_err(told)?;
            info!(role, "an operator defined a role");
            Ok(done(1))
        }
        AdminRequest::RemoveRole { role } => {
            operator.remove_role(&role).map_err(told)?;
            info!(role, "an operator removed a role");
            Ok(done(1))
        }
        AdminRequest::AddNamespace { namespace, reserve, reserve_items, ceiling, ceiling_items } => {
            let mut terms = Namespace::new(namespace.as_str());
            terms.reserve = in_memory(reserve);
            terms.reserve_items = in_memory(reserve_items);
            terms.ceiling = ceiling.map(|ceiling| in_memory(ceiling.get()));
            terms.ceiling_items = ceiling_items.map(|ceiling| in_memory(ceiling.get()));
            operator.add_namespace(&cache.namespaces(), terms).map_err(told)?;
            info!(namespace, reserve, reserve_items, ceiling, ceiling_items, "an operator made a namespace");
            Ok(done(1))
        }
        AdminRequest::RemoveNamespace { namespace } => {
            operator.remove_namespace(&cache.namespaces(), &namespace).map_err(told)?;
            info!(namespace, "an operator removed a namespace");
            Ok(done(1))
        }
        AdminRequest::Sessions { .. }
        | AdminRequest::Users
        | AdminRequest::Roles
        | AdminRequest::Namespaces
        | AdminRequest::Status
        | AdminRequest::Watch { .. }
        | AdminRequest::HotKeys { .. }
        | AdminRequest::Tokens => Err("nothing is changed by that".to_owned()),
    }
}

/// What is beyond the machine is beyond any budget too.
fn in_memory(size: u64) -> usize {
    usize::try_from(size).unwrap_or(usize::MAX)
}

fn scope(
    label: String,
    verbs: &[String],
    prefix: Option<&str>,
    seconds: Option<u64>,
    uses: Option<u32>,
) -> Result<TokenScope, String> {
    let verbs = match verbs {
        [] => Verbs::ALL,
        named => {
            named.iter().map(|name| name.parse::<keyway::Verb>()).collect::<Result<_, _>>().map_err(told)?
        }
    };
    let mut scope = TokenScope::by(Rules::from([Rule::allow(verbs)])).labelled(label);
    if let Some(prefix) = prefix {
        scope = scope.under(prefix);
    }
    if let Some(seconds) = seconds {
        scope = scope.lasting(Duration::from_secs(seconds));
    }
    if let Some(uses) = uses {
        scope = scope.for_uses(uses);
    }
    Ok(scope)
}

fn told(error: impl Error) -> String {
    error.to_string()
}
