//! Binding to the channel: what has to hold between what a client says of it and where its messages come from.

use super::gs2::Flag;
use crate::auth::failure::LoginFailure;

/// The one way that there is here (RFC 9266). `tls-unique` is not defined for TLS 1.3, and `tls-server-end-point` says only which
/// certificate the server has.
const TLS_EXPORTER: &str = "tls-exporter";

/// What the dialogue has to be bound to.
#[derive(Clone, Copy)]
pub(in crate::auth) enum Binding {
    /// Nothing: a mechanism without -PLUS where none with it is offered.
    Unavailable,
    /// Nothing, though a mechanism with -PLUS is offered.
    Offered,
    /// This channel, by a mechanism with -PLUS.
    To([u8; 32]),
}

impl Binding {
    /// Whether what the client says goes with it; what has to follow the header in the last message.
    pub(super) fn agree(&self, flag: Flag<'_>) -> Result<&[u8], LoginFailure> {
        match (self, flag) {
            (Self::To(channel), Flag::Bound(TLS_EXPORTER)) => Ok(channel),
            (Self::To(_), Flag::Bound(_)) => Err(LoginFailure::UnknownBinding),
            // It would bind, and was kept from it.
            (Self::Offered, Flag::Unoffered) => Err(LoginFailure::Downgraded),
            (Self::Unavailable, Flag::Unoffered) | (Self::Unavailable | Self::Offered, Flag::Unable) => {
                Ok(&[])
            }
            // A mechanism with -PLUS and no binding, or one without it and a binding.
            (Self::To(_), Flag::Unable | Flag::Unoffered)
            | (Self::Unavailable | Self::Offered, Flag::Bound(_)) => Err(LoginFailure::Malformed),
        }
    }
}
