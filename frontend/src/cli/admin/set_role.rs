//! `keyway admin set-role`.

use crate::cli::role::RuleText;
use clap::Args;
use keyway::Effect;
use keyway_frontend::admin::{AdminRequest, AskedRule};

/// A role, and all that it is to be.
#[derive(Args, Debug)]
pub(super) struct SetRole {
    /// The role; none that is built in
    name: String,
    /// Verbs, with commas, and for which keys, as `keyway role set` has them: read,write@reports/
    #[arg(long, value_name = "VERBS[@PREFIX]")]
    allow: Vec<RuleText>,
    /// The same; what is denied here is so whatever is allowed, also by another role
    #[arg(long, value_name = "VERBS[@PREFIX]")]
    deny: Vec<RuleText>,
}

impl SetRole {
    pub(super) fn request(&self) -> AdminRequest {
        let allowed = self.allow.iter().map(|text| text.rule(Effect::Allow));
        let rules = allowed.chain(self.deny.iter().map(|text| text.rule(Effect::Deny)));
        let rules = rules.map(|rule| AskedRule::from(&rule)).collect();
        AdminRequest::SetRole { role: self.name.clone(), rules }
    }
}
