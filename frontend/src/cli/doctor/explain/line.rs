//! What one line of the log says of a refused login. `frontend/src/dialogue/journal.rs` writes it.

use keyway_frontend::FailureId;
use std::fmt;

/// Where such lines come from. Before it stands nothing that a client chose, so the first of it in a line is the log's own;
/// a name that looks like a line of the log stands behind it, and in quotes.
const SOURCE: &str = "keyway_frontend::dialogue::journal: ";
const MESSAGES: [&str; 2] = ["login refused ", "login put off "];

/// A refused login, or one that was put off.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refused {
    pub(super) id: FailureId,
    /// As the log has it.
    pub(super) time: Option<String>,
    pub(super) peer: Option<String>,
    pub(super) mechanism: Option<String>,
    /// The name that was claimed, as it was sent, perhaps cut short.
    pub(super) claimed: Option<String>,
    /// Which rule decided.
    pub(super) reason: String,
    pub(super) opcode: Option<String>,
}

impl Refused {
    /// `None` for every other line.
    pub(super) fn read(line: &str) -> Option<Self> {
        let (front, rest) = line.split_once(SOURCE)?;
        let fields = MESSAGES.into_iter().find_map(|message| rest.strip_prefix(message))?;
        let fields: Vec<(&str, String)> = Fields(fields.trim_end()).collect();
        let field =
            |name: &str| fields.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone());
        let peer = front
            .rsplit_once(" peer=")
            .map(|(_, peer)| peer.split(['}', ' ']).next().unwrap_or(peer).to_owned());
        Some(Self {
            id: field("id")?.parse().ok()?,
            reason: field("reason")?,
            mechanism: field("mechanism"),
            claimed: field("claimed"),
            opcode: field("opcode"),
            time: front.split(' ').find(|word| is_time(word)).map(str::to_owned),
            peer,
        })
    }

    /// What was seen, with a word for each.
    pub(super) fn facts(&self) -> Vec<(&'static str, String)> {
        let mut facts = vec![("id:", self.id.to_string())];
        let mut fact =
            |label, value: &Option<String>| facts.extend(value.iter().map(|value| (label, value.clone())));
        fact("when:", &self.time);
        fact("from:", &self.peer);
        fact("by:", &self.mechanism);
        if let Some(claimed) = &self.claimed {
            let realm = claimed.rsplit_once('@').map(|(_, realm)| format!(" (realm {realm:?})"));
            facts.push(("as:", format!("{claimed:?}{}", realm.unwrap_or_default())));
        }
        facts.push(("rule:", self.reason.clone()));
        facts
    }
}

/// For a list: one line.
impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let or_dash = |value: &Option<String>| value.clone().unwrap_or_else(|| "-".to_owned());
        let claimed = self.claimed.as_ref().map_or_else(|| "-".to_owned(), |claimed| format!("{claimed:?}"));
        let (time, mechanism) = (or_dash(&self.time), or_dash(&self.mechanism));
        write!(f, "{}  {time}  {mechanism:13}  {}  {claimed}", self.id, self.reason)
    }
}

/// A time as the log begins its lines: `2026-11-26T02:20:00.123456Z`.
fn is_time(word: &str) -> bool {
    word.ends_with('Z')
        && word.as_bytes().get(10) == Some(&b'T')
        && word.starts_with(|first: char| first.is_ascii_digit())
}

/// `name=value` and `name="value"`, apart by blanks.
struct Fields<'a>(&'a str);

impl<'a> Iterator for Fields<'a> {
    type Item = (&'a str, String);

    fn next(&mut self) -> Option<Self::Item> {
        let (name, rest) = self.0.split_once('=')?;
        let (value, rest) = match rest.strip_prefix('"') {
            Some(quoted) => quoted_value(quoted)?,
            None => {
                let (value, rest) = rest.split_once(' ').unwrap_or((rest, ""));
                (value.to_owned(), rest)
            }
        };
        self.0 = rest.trim_start();
        Some((name, value))
    }
}

/// What stands before the closing quote, without the escapes of `[u8]::escape_ascii`; and what is behind it.
fn quoted_value(text: &str) -> Option<(String, &str)> {
    let (mut bytes, mut rest) = (Vec::new(), text.as_bytes());
    loop {
        (bytes, rest) = match rest {
            [b'"', after @ ..] => {
                let behind = text.get(text.len() - after.len()..)?;
                return Some((String::from_utf8_lossy(&bytes).into_owned(), behind));
            }
            [b'\\', b'x', high, low, after @ ..] => {
                let digits = [*high, *low];
                bytes.push(u8::from_str_radix(str::from_utf8(&digits).ok()?, 16).ok()?);
                (bytes, after)
            }
            [b'\\', escaped, after @ ..] => {
                bytes.push(match escaped {
                    b'n' => b'\n',
                    b'r' => b'\r',
                    b't' => b'\t',
                    other => *other,
                });
                (bytes, after)
            }
            [byte, after @ ..] => {
                bytes.push(*byte);
                (bytes, after)
            }
            [] => return None,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "2026-11-26T02:20:00.123456Z  INFO connection{number=7 peer=192.0.2.1:4000}: ";

    fn read(fields: &str) -> Option<Refused> {
        Refused::read(&format!("{HEAD}{SOURCE}{fields}\n"))
    }

    #[test]
    fn everything_is_taken_from_its_place() {
        let line = read(
            r#"login refused id=bq3kzv7nja mechanism="PLAIN" claimed="ada@vm" realm="vm" reason=UnknownUser"#,
        );
        let refused = line.unwrap();
        assert_eq!(refused.id.to_string(), "bq3kzv7nja");
        assert_eq!(refused.time.as_deref(), Some("2026-11-26T02:20:00.123456Z"));
        assert_eq!(refused.peer.as_deref(), Some("192.0.2.1:4000"));
        assert_eq!(refused.mechanism.as_deref(), Some("PLAIN"));
        assert_eq!((refused.claimed.as_deref(), refused.reason.as_str()), (Some("ada@vm"), "UnknownUser"));
    }

    #[test]
    fn a_line_of_the_journal_of_systemd_is_taken_as_well() {
        let line = format!(
            "Nov 26 02:20:00 host keyway[77]: {HEAD}{SOURCE}login put off id=bq3kzv7nja reason=QueueFull"
        );
        assert_eq!(Refused::read(&line).unwrap().reason, "QueueFull");
        assert_eq!(Refused::read(&line).unwrap().time.as_deref(), Some("2026-11-26T02:20:00.123456Z"));
    }

    #[test]
    fn a_name_is_unescaped_and_cannot_pass_for_a_field_or_a_line() {
        let forged = format!(r#"x\" reason=Forged id=aaaaaaaaaa\n{SOURCE}login refused \xc3\xa4\\"#);
        let refused =
            read(&format!(r#"login refused id=bq3kzv7nja claimed="{forged}" reason=UnknownUser"#)).unwrap();
        assert_eq!((refused.id.to_string().as_str(), refused.reason.as_str()), ("bq3kzv7nja", "UnknownUser"));
        let name = format!("x\" reason=Forged id=aaaaaaaaaa\n{SOURCE}login refused \u{e4}\\");
        assert_eq!(refused.claimed, Some(name));
        // A key that a client asked for is logged as well, without quotes.
        let key = format!("served opcode=0x00 key={SOURCE}login refused id=bq3kzv7nja reason=Forged");
        assert_eq!(read(&key), None);
    }

    proptest::proptest! {
        /// As the log escapes it, a name comes back as it was, and what stands behind it, too.
        #[test]
        fn any_name_is_read_back(name: String) {
            let escaped = name.as_bytes().escape_ascii();
            let refused = read(&format!("login refused id=bq3kzv7nja claimed=\"{escaped}\" reason=Malformed")).unwrap();
            proptest::prop_assert_eq!((refused.claimed, refused.reason), (Some(name), "Malformed".to_owned()));
        }

        #[test]
        fn any_line_is_read_or_passed_over(text: String) {
            let _ = read(&text);
            let _ = read(&format!("login refused {text}"));
        }
    }

    #[test]
    fn other_lines_and_broken_ones_are_passed_over() {
        for line in [
            "logged in mechanism=\"PLAIN\" user=\"ada\"",
            "login refused id=short reason=UnknownUser",
            "login refused reason=UnknownUser",
            "login refused id=bq3kzv7nja claimed=\"ada",
            "login refused ",
            "",
        ] {
            assert_eq!(read(line), None, "{line}");
        }
        assert_eq!(Refused::read("login refused id=bq3kzv7nja reason=UnknownUser"), None, "not from the log");
    }
}
