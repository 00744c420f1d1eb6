//! A rule as it is typed: `read,write@reports/`.

use keyway::{Effect, Rule, Verbs};
use std::{fmt, str::FromStr};

/// Verbs, and with what the keys begin that they are for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::cli) struct RuleText {
    verbs: Verbs,
    prefix: Vec<u8>,
}

impl RuleText {
    pub(super) fn of(rule: &Rule) -> Self {
        Self { verbs: rule.verbs(), prefix: rule.prefix().unwrap_or_default().to_vec() }
    }

    pub(in crate::cli) fn rule(&self, effect: Effect) -> Rule {
        let rule = match effect {
            Effect::Allow => Rule::allow(self.verbs),
            Effect::Deny => Rule::deny(self.verbs),
        };
        rule.under(&self.prefix)
    }
}

impl FromStr for RuleText {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (verbs, prefix) = match text.split_once('@') {
            Some((_, "")) => return Err("nothing behind the @; leave it out to mean every key".to_owned()),
            Some((verbs, prefix)) => (verbs, bytes_of(prefix)?),
            None => (text, Vec::new()),
        };
        Ok(Self { verbs: verbs.parse().map_err(|error: keyway::UnknownVerb| error.to_string())?, prefix })
    }
}

fn bytes_of(mut text: &str) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    while let Some(at) = text.find('\\') {
        bytes.extend_from_slice(&text.as_bytes()[..at]);
        text = &text[at + 1..];
        let hex = text.strip_prefix('x').and_then(|rest| rest.get(..2));
        let byte = hex.filter(|hex| hex.bytes().all(|digit| digit.is_ascii_hexdigit()));
        text = match byte.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                &text[3..]
            }
            None => {
                bytes.push(b'\\');
                text.strip_prefix('\\')
                    .ok_or("a backslash begins \\\\ or \\xNN, with two hexadecimal digits")?
            }
        };
    }
    bytes.extend_from_slice(text.as_bytes());
    Ok(bytes)
}

impl fmt::Display for RuleText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.verbs)?;
        if self.prefix.is_empty() {
            return Ok(());
        }
        f.write_str("@")?;
        for chunk in self.prefix.utf8_chunks() {
            for character in chunk.valid().chars() {
                match character {
                    '\\' => f.write_str("\\\\")?,
                    // They would reach the terminal.
                    control if control.is_control() => {
                        let mut bytes = [0; 4];
                        control
                            .encode_utf8(&mut bytes)
                            .bytes()
                            .try_for_each(|byte| write!(f, "\\x{byte:02x}"))?;
                    }
                    other => write!(f, "{other}")?,
                }
            }
            chunk.invalid().iter().try_for_each(|byte| write!(f, "\\x{byte:02x}"))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use keyway::Verb;
    use proptest::prelude::*;

    #[test]
    fn a_rule_is_verbs_and_perhaps_a_prefix() {
        let rule: RuleText = "write,read@reports/@x".parse().unwrap();
        assert_eq!(rule.rule(Effect::Deny), Rule::deny(Verb::Read | Verb::Write).under("reports/@x"));
        assert_eq!(rule.to_string(), "read,write@reports/@x");
        let rule: RuleText = r"read@a\\\xFF\x00b".parse().unwrap();
        assert_eq!(rule.prefix, b"a\\\xff\x00b");
        assert_eq!(rule.to_string(), r"read@a\\\xff\x00b");
        assert_eq!("stats".parse::<RuleText>().unwrap().rule(Effect::Allow), Rule::allow(Verb::Stats));
        for text in ["", "get", "read@", "read@\\", "read@\\x1", "read@\\xg0", "read@\\n", "@a", "read@\\x+1"]
        {
            assert!(text.parse::<RuleText>().is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_prefix_is_read_as_it_is_shown(prefix in prop::collection::vec(any::<u8>(), 1..40)) {
            let rule = RuleText { verbs: Verb::Read.into(), prefix };
            let shown = rule.to_string();
            prop_assert!(!shown.contains(char::is_control), "{}", shown);
            prop_assert_eq!(shown.parse::<RuleText>().unwrap(), rule);
        }
    }
}
