//! `--mechanisms`: which SASL mechanisms are offered.

use keyway::Mechanism;
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
                .ok_or_else(|| format!("{name:?} is not known; there are SCRAM-SHA-256 and PLAIN"))?;
            if !list.contains(&mechanism) {
                list.push(mechanism);
            }
        }
        if list.is_empty() {
            return Err("at least one is needed: SCRAM-SHA-256 or PLAIN".to_owned());
        }
        Ok(Self(list))
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
    }

    #[test]
    fn an_unknown_name_and_no_name_are_refused() {
        for text in ["", " ", "ANONYMOUS", "PLAIN CRAM-MD5"] {
            assert!(text.parse::<MechanismList>().is_err(), "{text:?}");
        }
    }
}
