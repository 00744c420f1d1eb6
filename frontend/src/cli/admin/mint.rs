//! `keyway admin mint`.

use crate::cli::{failure::Failure, output, user::duration};
use clap::Args;
use keyway_frontend::admin::{AdminAnswer, AdminRequest};
use std::{num::NonZero, time::Duration};

/// What the token is to be good for. It is never worth more than its user.
#[derive(Args, Debug)]
pub(super) struct Mint {
    /// Whose token it is: the name that goes with it in a login
    name: String,
    /// What it is for, as it is listed
    #[arg(long, default_value = "")]
    label: String,
    /// The verbs that it may use, with commas, such as read,write [default: all that the user may]
    #[arg(long, value_name = "VERBS", value_delimiter = ',')]
    verbs: Vec<String>,
    /// With what the keys begin that it may touch [default: any]
    #[arg(long)]
    prefix: Option<String>,
    /// For how long, such as 15min [default: 1h]
    #[arg(long = "for", value_name = "DURATION", value_parser = duration)]
    lifetime: Option<Duration>,
    /// For how many logins [default: any number]
    #[arg(long)]
    uses: Option<NonZero<u32>>,
}

impl Mint {
    pub(super) fn request(&self) -> AdminRequest {
        AdminRequest::Mint {
            user: self.name.clone(),
            label: self.label.clone(),
            verbs: self.verbs.clone(),
            prefix: self.prefix.clone(),
            seconds: self.lifetime.map(|lifetime| lifetime.as_secs()),
            uses: self.uses,
        }
    }
}

/// The token on a line of its own, so that a script can take it.
pub(super) fn hand_over(answer: AdminAnswer) -> Result<(), Failure> {
    let AdminAnswer::Minted { id, token } = answer else {
        return Err(Failure::refused("the server answered something else than a token"));
    };
    output::complain(&format_args!("minted {id}; this is the only time that the token is shown"));
    output::hand_over(&token).map_err(|error| {
        Failure::refused(format_args!(
            "the token could not be shown: {error}; take it back with `keyway admin revoke token {id}`"
        ))
    })
}
