//! `keyway config example`: a file with everything in it that a file can have, each line commented out.

use super::{
    setting::{self, Kind, Setting},
    spec,
};
use crate::cli::output;
use std::fmt::Write;

const WIDTH: usize = 100;

const HEAD: &str = "\
# Configuration of `keyway serve --config FILE`. Each key is a long flag of `keyway serve`, and has the same meaning.
# A flag counts before a variable of the environment ($KEYWAY_MEMORY_LIMIT for memory-limit), a variable before this file.
# `keyway config check FILE` says what would run. SIGHUP makes a running server read the file again.
#
# A line that begins with `#` and a key has the default; where the default is no single value, an example.
";

const LISTENER: &str = "\
#[[listener]]
#unix = \"/run/keyway/keyway.sock\"
#mode = \"0660\"
";

/// Values to show where the default is none that could be written.
const EXAMPLES: [(&str, &str); 21] = [
    ("tls-certificate", "\"/etc/keyway/server.pem\""),
    ("tls-key", "\"/etc/keyway/server.key\""),
    ("tls-client-ca", "\"/etc/keyway/authority.pem\""),
    ("metrics", "\"127.0.0.1:9150\""),
    ("metrics-token-file", "\"/etc/keyway/metrics-token\""),
    ("listen", "[\"127.0.0.1\"]"),
    ("unix-socket", "\"/run/keyway/keyway.sock\""),
    ("unix-mask", "\"0700\""),
    ("threads", "4"),
    ("max-item-size", "\"1m\""),
    ("users", "\"/etc/keyway/users.toml\""),
    ("users-source", "\"/etc/keyway/source.toml\""),
    ("sasl-conf", "\"/etc/sasl2/memcached.conf\""),
    ("mechanisms", "[\"SCRAM-SHA-512\", \"SCRAM-SHA-256\", \"PLAIN\"]"),
    ("strangers", "1024"),
    ("verifier-threads", "1"),
    ("derivations-per-address", "32"),
    ("unfinished-values", "16777216"),
    ("admin-socket", "\"/run/keyway/admin\""),
    ("audit", "\"/var/log/keyway/audit.json\""),
    ("anonymous", "\"read-only\""),
];

/// Prints it.
pub(super) fn print() {
    output::say(&text().trim_end());
}

fn text() -> String {
    let mut text = HEAD.to_owned();
    // A table takes all keys that follow it, so it stands last.
    let (tables, plain): (Vec<_>, Vec<_>) =
        setting::all().into_iter().partition(|setting| setting.key() == spec::LISTENER);
    for setting in plain.into_iter().chain(tables) {
        let default = setting.default().map(|default| format!(" [default: {default}]")).unwrap_or_default();
        let _ = writeln!(text);
        for line in wrapped(&format!("{}.{default}", setting.meaning().trim_end_matches('.'))) {
            let _ = writeln!(text, "# {line}");
        }
        if !setting.allowed().is_empty() && setting.kind() != Kind::Switch {
            let _ = writeln!(text, "# One of: {}", setting.allowed().join(", "));
        }
        if setting.key() == spec::LISTENER {
            text.push_str(LISTENER);
        } else {
            let _ = writeln!(text, "#{} = {}", setting.key(), value(&setting));
        }
    }
    text
}

/// A value that the setting takes, as the file has it.
fn value(setting: &Setting) -> String {
    if let Some((_, example)) = EXAMPLES.iter().find(|(key, _)| *key == setting.key()) {
        return (*example).to_owned();
    }
    // Words about a default are no value, though a flag that takes any text would take them.
    let is_value = |default: &String| default != "none" && !default.contains([' ', ';', '$']);
    let default = setting.default().filter(is_value).filter(|default| setting.check(&default.into()).is_ok());
    let value = match (setting.kind(), default) {
        (Kind::Switch, _) => return "false".to_owned(),
        (Kind::Count, _) => return "0".to_owned(),
        (_, Some(default)) => default,
        // Of a flag that nobody thought of here: something that it takes.
        (_, None) => {
            let allowed = setting.allowed();
            let tried =
                allowed.iter().map(String::as_str).chain(["1", "127.0.0.1:9150", "unix=/run/keyway/keyway"]);
            let taken = tried.into_iter().find(|value| setting.check(&value.into()).is_ok());
            let takes_anything = setting.check(&"/".into()).is_ok();
            if takes_anything {
                format!("/etc/keyway/{}", setting.key())
            } else {
                taken.unwrap_or_default().to_owned()
            }
        }
    };
    let is_number = value.bytes().all(|byte| byte.is_ascii_digit()) && !value.is_empty();
    let value = if is_number { value } else { format!("{value:?}") };
    if setting.kind() == Kind::Many { format!("[{value}]") } else { value }
}

fn wrapped(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.len() + 1 + word.len() <= WIDTH => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::config::file;
    use std::fs;

    #[test]
    fn each_key_is_there_and_its_line_can_be_used_as_it_is() {
        let text = text();
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("example.toml");
        let settings = setting::all();
        for setting in &settings {
            let lines = if setting.key() == spec::LISTENER {
                LISTENER
            } else {
                let start = format!("#{} = ", setting.key());
                text.lines().find(|line| line.starts_with(&start)).unwrap_or_else(|| panic!("{start}"))
            };
            let used: String = lines.lines().map(|line| format!("{}\n", &line[1..])).collect();
            fs::write(&path, used).unwrap();
            let given = file::read(&path, &settings).unwrap_or_else(|error| panic!("{lines}: {error}"));
            assert_eq!(given.len(), 1, "{lines}");
        }
        fs::write(&path, &text).unwrap();
        assert!(file::read(&path, &settings).unwrap().is_empty(), "as it is, it changes nothing");
    }

    #[test]
    fn examples_are_of_settings_that_there_are() {
        for (key, _) in EXAMPLES {
            assert!(setting::all().iter().any(|setting| setting.key() == key), "{key}");
        }
    }
}
