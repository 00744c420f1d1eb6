//! Redis' ACL files: a `user` line each, with rules that are read from left to right.

use super::{Entry, Found, ImportError, Secret, lines};
use keyway::PasswordHash;
use zeroize::Zeroizing;

/// What the rules of a user come to. What he may do is not taken over.
#[derive(Default)]
struct Rules<'a> {
    on: bool,
    no_password: bool,
    /// With their sign, `#` for a hash or `>` for a password in clear; each once.
    passwords: Vec<(char, &'a str)>,
    /// A password that is none.
    wrong: bool,
}

pub(super) fn read(bytes: &[u8]) -> Result<Found, ImportError> {
    let mut found = Found::default();
    for (line, text) in lines::numbered(bytes) {
        let text = text?.trim();
        if text.is_empty() || text.starts_with('#') {
            continue;
        }
        let mut words = text.split_ascii_whitespace();
        let (Some("user"), Some(name)) = (words.next(), words.next()) else {
            return Err(ImportError::Line { line, what: "not `user`, a name and rules" });
        };
        let rules = Rules::of(words);
        let (name, realm) = lines::name_and_realm(name);
        match rules.secret() {
            Ok(secret) => found.entries.push(Entry { name, realm, secret }),
            Err(why) => found.passed_over.push(format!("line {line}: {name:?} {why}")),
        }
    }
    Ok(found)
}

impl<'a> Rules<'a> {
    fn of(words: impl Iterator<Item = &'a str>) -> Self {
        let mut rules = Self::default();
        words.for_each(|word| rules.apply(word));
        rules
    }

    fn apply(&mut self, word: &'a str) {
        match word {
            "on" => self.on = true,
            "off" => self.on = false,
            "nopass" => (self.no_password, self.passwords) = (true, Vec::new()),
            "resetpass" => (self.no_password, self.passwords) = (false, Vec::new()),
            "reset" => *self = Self::default(),
            _ => self.apply_password(word),
        }
    }

    fn apply_password(&mut self, word: &'a str) {
        let mut rest = word.chars();
        let sign = rest.next();
        let value = rest.as_str();
        match sign {
            Some(sign @ ('#' | '>')) => {
                self.no_password = false;
                if !self.passwords.contains(&(sign, value)) {
                    self.passwords.push((sign, value));
                }
                self.wrong |= sign == '#' && word.parse::<PasswordHash>().is_err();
            }
            Some('!') => self.passwords.retain(|it| *it != ('#', value)),
            Some('<') => self.passwords.retain(|it| *it != ('>', value)),
            // Which keys, channels and commands.
            _ => {}
        }
    }

    fn secret(&self) -> Result<Secret, &'static str> {
        if !self.on {
            return Err("is off, so nobody logs in as it; switch it on there, or use `keyway user add`");
        }
        if self.no_password {
            return Err(
                "needs no password (nopass), which no user of ours can; use `keyway user add`, or for a cache that is \
                 open to everybody `keyway serve --anonymous`",
            );
        }
        if self.wrong {
            return Err("has a hash that is not SHA-256 in small hexadecimal digits");
        }
        let secrets: Vec<Secret> = self.passwords.iter().filter_map(secret).collect();
        if secrets.is_empty() {
            Err("has no password, so nobody logs in as it")
        } else {
            Ok(Secret::any_of(secrets))
        }
    }
}

fn secret((sign, value): &(char, &str)) -> Option<Secret> {
    match sign {
        '#' => format!("#{value}").parse::<PasswordHash>().ok().map(|hash| Secret::Form(hash.into())),
        _ if value.is_empty() => None,
        _ => Some(Secret::Password(Zeroizing::new((*value).to_owned()))),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;

    const ONE: &str = "#ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    const OTHER: &str = "#cb8379ac2098aa165029e3938a51da0bcecfc008fd6795f401178647f96c5b34";

    /// The passwords of ada as they are kept, after these rules.
    fn kept(rules: &str) -> Option<Vec<String>> {
        let found = read(format!("user ada {rules}\n").as_bytes()).unwrap();
        assert_eq!(found.entries.len() + found.passed_over.len(), 1);
        let told = |secret: &Secret| match secret {
            Secret::Password(password) => format!(">{}", **password),
            Secret::Form(form) => form.to_string(),
            Secret::AnyOf(_) => unreachable!("there is no such thing within one"),
        };
        found.entries.first().map(|entry| match &entry.secret {
            Secret::AnyOf(several) => several.iter().map(told).collect(),
            one => vec![told(one)],
        })
    }

    #[test]
    fn each_password_of_a_user_comes_along_and_permissions_do_not() {
        assert_eq!(kept(&format!("on {ONE} ~* &* +@all")), Some(vec![ONE.to_owned()]));
        assert_eq!(
            kept(&format!("on sanitize-payload {ONE} {OTHER} {ONE} resetchannels -@all +get")),
            Some(vec![ONE.to_owned(), OTHER.to_owned()])
        );
        assert_eq!(
            kept(&format!("on >s3cret {ONE} %R~cached:*")),
            Some(vec![">s3cret".to_owned(), ONE.to_owned()])
        );
    }

    #[test]
    fn rules_count_from_left_to_right() {
        assert_eq!(kept(&format!("on {ONE} resetpass >new")), Some(vec![">new".to_owned()]));
        assert_eq!(kept(&format!("on nopass {ONE}")), Some(vec![ONE.to_owned()]));
        assert_eq!(kept(&format!("on {ONE} {OTHER} !{}", &ONE[1..])), Some(vec![OTHER.to_owned()]));
        assert_eq!(kept("on >one >two <one"), Some(vec![">two".to_owned()]));
        assert_eq!(kept(&format!("on {ONE} off")), None);
    }

    #[test]
    fn who_cannot_log_in_is_passed_over_with_a_reason_and_without_a_secret() {
        for rules in [
            "on nopass",
            "on",
            "off >hunter2",
            "on > ~*",
            "on #hunter2",
            "reset >hunter2",
            &format!("on {ONE} nopass"),
        ] {
            let found = read(format!("user ada {rules}\n").as_bytes()).unwrap();
            assert_eq!((found.entries.len(), found.passed_over.len()), (0, 1), "{rules}");
            assert!(found.passed_over[0].contains("line 1: \"ada\""), "{found:?}");
            assert!(!found.passed_over[0].contains("hunter2"), "{found:?}");
        }
    }

    #[test]
    fn a_line_that_is_no_user_is_an_error_and_comments_are_not() {
        assert!(read(b"# made by hand\n\n  user ada on >x\r\n").unwrap().entries.len() == 1);
        for text in ["bind 127.0.0.1", "user", "users ada on >x"] {
            assert!(matches!(read(text.as_bytes()), Err(ImportError::Line { line: 1, .. })), "{text}");
        }
    }
}
