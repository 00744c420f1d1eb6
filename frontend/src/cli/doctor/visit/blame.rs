//! What went wrong at a server, and what to do about it.

use super::{AUTH_FAILED, KEY, Visit};
use crate::cli::doctor::report::Report;
use keyway::Rounds;
use keyway_frontend::client::{Client, ClientError, Credentials, Doing, LoginFault};

const SASL_OFF: [u16; 2] = [0x81, 0x83];
const TRY_LATER: [u16; 2] = [0x85, 0x86];

impl Visit {
    /// What an error means, and what to do.
    pub(super) fn blame(&self, error: &ClientError, report: &mut Report) {
        match error {
            ClientError::Refused { doing: Doing::ListingMechanisms, status, .. } if SASL_OFF.contains(status) => {
                self.sasl_is_off(*status, report);
            }
            ClientError::Refused { doing, status: AUTH_FAILED, .. } => self.refused(*doing, report),
            ClientError::Refused { status, .. } if TRY_LATER.contains(status) => report.error(
                format_args!("{error}: the login was put off"),
                "wait a minute: too many wrong passwords came from this address, or too many logins wait; \
                 `keyway doctor explain` on the server says which",
            ),
            ClientError::Refused { .. } => report.error(error, "look into the server's log"),
            ClientError::Closed(Doing::ListingMechanisms) => report.error(
                format_args!("{error}, at once"),
                "it has too many connections (-c), or too many that have not logged in (--strangers-per-address), or \
                 does not speak the binary protocol (a port for text or TLS)",
            ),
            ClientError::Closed(_) => report.error(error, "look into the server's log; five refused logins end a connection"),
            ClientError::NotThisProtocol(_) => report.error(
                error,
                "another kind of server listens there, or TLS stands before it; memcached speaks it without `-B ascii`",
            ),
            ClientError::TimedOut { .. } => {
                report.error(error, "the server hangs or is overloaded, or the network loses packets; --patience waits longer");
            }
            ClientError::Login(fault) => self.distrust(fault, report),
            _ => report.error(error, "look into the server's log, and at the network between"),
        }
    }

    fn sasl_is_off(&self, status: u16, report: &mut Report) {
        let open = Client::connect(self.address.clone(), self.patience)
            .and_then(|mut client| client.get(KEY))
            .is_ok();
        let what = if open {
            "SASL is off and everybody who reaches the server may read it; clients with a password skip the login"
        } else {
            "SASL is off and nobody is let in without a login, so nobody is"
        };
        report.error(
            format_args!("{what} (the server answered {status:#04x} to listing the mechanisms)"),
            "start it with users (`keyway serve` with a users file, `memcached -S`)",
        );
    }

    fn refused(&self, doing: Doing, report: &mut Report) {
        if doing != Doing::LoggingIn {
            report.error(
                format_args!("{doing}: refused as if nobody were logged in (0x20)"),
                "the server forgot a login that it had accepted; look into its log",
            );
            return;
        }
        let name = self.credentials.as_ref().map(Credentials::name).unwrap_or_default();
        report.error(
            format_args!("the login of {name:?} was refused (0x20), and no server says why to a client"),
            "on the server, `keyway serve -v` logs each refused login with an id: `keyway doctor explain ID` tells the reason; \
             `keyway user check NAME` tries a password there",
        );
    }

    fn distrust(&self, fault: &LoginFault, report: &mut Report) {
        let fix = match fault {
            LoginFault::TooManyRounds(_) => format!(
                "clients on libsasl2 accept {} at most, and do not fall back to PLAIN: store the password again with fewer",
                Rounds::MAX
            ),
            LoginFault::TooFewRounds(_) => {
                format!("RFC 7677 asks for {} at least, and clients refuse less: store the password again", Rounds::MIN)
            }
            LoginFault::WrongSignature | LoginFault::Unsigned | LoginFault::ForeignNonce => {
                "somebody may be in between, or this is not the server that it should be: change the password if it was used; else \
                 what the server stores of it is broken, and wants to be stored again"
                    .to_owned()
            }
            LoginFault::Unpreparable => "use a name and a password without control characters".to_owned(),
            _ => "the server does not follow the mechanism; look for a newer version".to_owned(),
        };
        report.error(fault, fix);
    }
}
