//! EXTERNAL (RFC 4422, appendix A): who the client is was proven before it said anything.

use super::{
    channel::Channel,
    failure::{LoginError, LoginFailure},
    grant::Grant,
    name::UserName,
    users::Users,
};

/// Logs in whoever the channel says is at the other end. The message is empty, or the name of the user that the client wants to
/// act as, which has to be that of one whom the channel proves it to be.
pub(super) fn log_in(users: &Users, known: Option<&Channel>, message: &[u8]) -> Result<Grant, LoginError> {
    let identity = known.and_then(|channel| channel.identity.as_ref());
    let identity = identity.ok_or_else(|| LoginError::nameless(LoginFailure::NoIdentity))?;
    let claimed = identity.names.first().map(ToString::to_string).unwrap_or_default();
    let failed = |failure| LoginError::of(&claimed, failure);
    let acting_as = acting_as(message).map_err(failed)?;
    users.log_in_by_identity(identity, acting_as.as_ref()).map_err(failed)
}

fn acting_as(message: &[u8]) -> Result<Option<UserName>, LoginFailure> {
    let name = str::from_utf8(message).map_err(|_| LoginFailure::Malformed)?;
    if name.is_empty() {
        return Ok(None);
    }
    UserName::new(name).map(Some).map_err(|_| LoginFailure::Malformed)
}
