//! `--mechanisms` and `--server-final`: which SASL mechanisms are offered, and how.

use clap::ValueEnum;
use keyway::Mechanism;
use keyway_frontend::ServerFinal;
use std::{ops::Deref, str::FromStr};

/// At least one, each once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct MechanismList(Vec<Mechanism>);

impl FromStr for MechanismList {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut list = Vec::new();
        for name in text.split([' ', ',']).filter(|name| !name.is_empty()) {
            let mechanism = Mechanism::from_name(name.as_bytes())
                .ok_or_else(|| format!("{name:?} is not known; there are {}", known()))?;
            if !list.contains(&mechanism) {
                list.push(mechanism);
            }
        }
        if list.is_empty() {
            return Err(format!("at least one is needed; there are {}", known()));
        }
        Ok(Self(list))
    }
}

fn known() -> String {
    Mechanism::ALL.map(Mechanism::name).join(", ")
}

/// Where SCRAM's last message of the server goes: see [`ServerFinal`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ServerFinalOption {
    /// In a step of its own, where libmemcached checks it
    Step,
    /// In the packet that tells of success, as clients of Couchbase expect
    Success,
}

impl From<ServerFinalOption> for ServerFinal {
    fn from(option: ServerFinalOption) -> Self {
        match option {
            ServerFinalOption::Step => Self::Step,
            ServerFinalOption::Success => Self::Success,
        }
    }
}

impl Deref for MechanismList {
    type Target = [Mechanism];

    fn deref(&self) -> &[Mechanism] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_taken_in_order_in_any_case_and_once() {
        let list: MechanismList = "plain, SCRAM-SHA-256 PLAIN".parse().unwrap();
        assert_eq!(*list, [Mechanism::Plain, Mechanism::ScramSha256]);
        let list: MechanismList = "SCRAM-SHA512,SCRAM-SHA-512,cram-md5".parse().unwrap();
        assert_eq!(*list, [Mechanism::ScramSha512, Mechanism::CramMd5]);
    }

    #[test]
    fn an_unknown_name_and_no_name_are_refused() {
        for text in ["", " ", "ANONYMOUS", "PLAIN DIGEST-MD5"] {
            assert!(text.parse::<MechanismList>().is_err(), "{text:?}");
        }
    }
}
