//! The configuration file: TOML, whose keys are the long flags of `keyway serve`.

use super::{
    error::{ConfigError, Origin},
    setting::{CONFIG, Kind, Setting},
    spec,
};
use crate::cli::similar;
use std::{ffi::OsString, fs, ops::Range, path::Path};
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

/// A setting that is given, and where.
#[derive(Debug)]
pub(super) struct Given<'a> {
    pub(super) setting: &'a Setting,
    pub(super) values: Vec<OsString>,
    pub(super) origin: Origin,
}

/// Reads the whole file. What is misspelt or out of range is an error: what is overlooked would run otherwise than its writer
/// thinks.
pub(super) fn read<'a>(path: &Path, settings: &'a [Setting]) -> Result<Vec<Given<'a>>, ConfigError> {
    let text =
        fs::read_to_string(path).map_err(|why| ConfigError::Unreadable { path: path.to_owned(), why })?;
    parse(&text, path, settings)
}

fn parse<'a>(text: &str, path: &Path, settings: &'a [Setting]) -> Result<Vec<Given<'a>>, ConfigError> {
    let at = |span: Range<usize>| {
        let before = text.as_bytes().iter().take(span.start);
        Origin::File { path: path.to_owned(), line: before.filter(|byte| **byte == b'\n').count() + 1 }
    };
    let table = DeTable::parse(text).map_err(|error| ConfigError::Wrong {
        origin: at(error.span().unwrap_or_default()),
        what: error.message().to_owned(),
    })?;
    let mut given = Vec::new();
    for (key, value) in table.get_ref() {
        let wrong = |span, what| ConfigError::Wrong { origin: at(span), what };
        let setting = settings
            .iter()
            .find(|setting| setting.key() == key.get_ref())
            .ok_or_else(|| wrong(key.span(), unknown(key.get_ref(), settings)))?;
        let values = values(setting, value)
            .map_err(|(span, what)| wrong(span, format!("{}: {what}", setting.key())))?;
        given.push(Given { setting, values, origin: at(key.span()) });
    }
    Ok(given)
}

fn unknown(key: &str, settings: &[Setting]) -> String {
    if key == CONFIG {
        return "config: the file cannot name another one".to_owned();
    }
    let short = settings.iter().find(|setting| setting.short().is_some_and(|short| key == short.to_string()));
    let meant =
        short.map(Setting::key).or_else(|| similar::likeliest(key, &settings.iter().map(Setting::key)));
    match meant {
        Some(meant) => format!("{key} is no setting; did you mean {meant}?"),
        None => format!(
            "{key} is no setting; keys are the long flags of `keyway serve`, and `keyway config example` prints all of them"
        ),
    }
}

type Misfit = (Range<usize>, String);

/// What a flag would have to be given for this value.
fn values(setting: &Setting, value: &Spanned<DeValue<'_>>) -> Result<Vec<OsString>, Misfit> {
    let misfit = |what: &str| Err((value.span(), what.to_owned()));
    let joined = match (setting.kind(), value.get_ref()) {
        (Kind::Switch, DeValue::Boolean(on)) => return Ok(vec![on.to_string().into()]),
        (Kind::Switch, _) => return misfit("it is true or false"),
        (Kind::Count, DeValue::Integer(count)) => {
            let count = count.to_string();
            return match count.parse::<u8>() {
                Ok(_) => Ok(vec![count.into()]),
                Err(_) => misfit("it is a number from 0 to 255"),
            };
        }
        (Kind::Count, _) => return misfit("it is a number from 0 to 255"),
        (Kind::Many, DeValue::Array(list)) => return list.iter().map(|one| checked(setting, one)).collect(),
        (Kind::Names, DeValue::Array(list)) => {
            let names: Result<Vec<_>, Misfit> = list.iter().map(name).collect();
            OsString::from(names?.join(" "))
        }
        _ => return checked(setting, value).map(|value| vec![value]),
    };
    let refused = |what| (value.span(), format!("{:?} cannot be: {what}", joined.to_string_lossy()));
    setting.check(&joined).map_err(refused)?;
    Ok(vec![joined])
}

/// One value, if the flag takes it.
fn checked(setting: &Setting, value: &Spanned<DeValue<'_>>) -> Result<OsString, Misfit> {
    let single = single(setting, value)?;
    match setting.check(&single) {
        Ok(()) => Ok(single),
        Err(what) => Err(match value.get_ref().as_table() {
            Some(table) => (spec::blamed(table, &what).unwrap_or_else(|| value.span()), what),
            None => (value.span(), format!("{:?} cannot be: {what}", single.to_string_lossy())),
        }),
    }
}

fn single(setting: &Setting, value: &Spanned<DeValue<'_>>) -> Result<OsString, Misfit> {
    let misfit = |what: String| Err((value.span(), what));
    match value.get_ref() {
        DeValue::String(text) => Ok(OsString::from(text.as_ref())),
        DeValue::Integer(number) if number.radix() == 10 => Ok(number.to_string().into()),
        DeValue::Table(table) if setting.key() == spec::LISTENER => spec::of_table(table).map(OsString::from),
        other => {
            let allowed = setting.allowed();
            let allowed = if allowed.is_empty() {
                "a number or a text in quotation marks".to_owned()
            } else {
                format!("one of {}, in quotation marks", allowed.join(", "))
            };
            misfit(format!("it is {allowed}, and not of the type {}", other.type_str()))
        }
    }
}

fn name(value: &Spanned<DeValue<'_>>) -> Result<String, Misfit> {
    let name = value.get_ref().as_str().map(str::to_owned);
    name.ok_or_else(|| (value.span(), "it is a list of names in quotation marks".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::config::setting;
    use proptest::prelude::{prop_assert, proptest};

    fn parsed(text: &str) -> Result<Vec<(String, Vec<OsString>)>, String> {
        let settings = setting::all();
        let given = parse(text, Path::new("k.toml"), &settings).map_err(|error| error.to_string())?;
        Ok(given.into_iter().map(|given| (given.setting.key().to_owned(), given.values)).collect())
    }

    #[test]
    fn values_are_those_of_the_flags() {
        let text = "memory-limit = 1_024\nmax-item-size = \"2m\"\nforget-logins = true\nverbose = 2\n\
                    listen = [\"127.0.0.1\", \"[::1]\"]\nmechanisms = [\"SCRAM-SHA-256\", \"PLAIN\"]\nport = 0\n";
        let mut parsed = parsed(text).unwrap();
        parsed.sort();
        let wanted: [(&str, &[&str]); 7] = [
            ("forget-logins", &["true"]),
            ("listen", &["127.0.0.1", "[::1]"]),
            ("max-item-size", &["2m"]),
            ("mechanisms", &["SCRAM-SHA-256 PLAIN"]),
            ("memory-limit", &["1024"]),
            ("port", &["0"]),
            ("verbose", &["2"]),
        ];
        let wanted: Vec<_> = wanted
            .iter()
            .map(|(key, values)| ((*key).to_owned(), values.iter().map(OsString::from).collect::<Vec<_>>()))
            .collect();
        assert_eq!(parsed, wanted);
    }

    #[test]
    fn listeners_are_tables_or_what_the_flag_takes() {
        let text = "[[listener]]\ntcp = \"127.0.0.1:0\"\n\n[[listener]]\nunix = \"/run/keyway/socket\"\nmode = 0o660\n\
                    mechanisms = [\"EXTERNAL\", \"PLAIN\"]\n\n[[listener]]\nsystemd = true\n";
        let values =
            ["tcp=127.0.0.1:0", "unix=/run/keyway/socket,mode=660,mechanisms=\"EXTERNAL PLAIN\"", "systemd"];
        let wanted = vec![("listener".to_owned(), values.map(OsString::from).to_vec())];
        assert_eq!(parsed(text).unwrap(), wanted);
        assert_eq!(
            parsed("listener = [\"tcp=127.0.0.1:0\"]").unwrap(),
            [("listener".to_owned(), vec![OsString::from("tcp=127.0.0.1:0")])]
        );
    }

    proptest! {
        /// Whatever stands in a file: it is taken, or refused with the file's name and a line that there is.
        #[test]
        fn any_text_is_taken_or_refused_with_its_line(
            lines in proptest::collection::vec(
                ("[a-z-]{0,3}(memory-limit|listen|verbose|listener|tcp|users)?", "[ =\\[\\]\"{}]{0,2}", "[ -~\\p{L}]{0,8}"),
                0..6,
            )
        ) {
            let text: Vec<_> = lines.iter().map(|(key, sign, value)| format!("{key}{sign}{value}")).collect();
            let text = text.join("\n");
            if let Err(error) = parsed(&text) {
                let line = error.strip_prefix("configuration file k.toml, line ");
                let line = line.and_then(|rest| rest.split_once(':')?.0.parse::<usize>().ok());
                prop_assert!(line.is_some_and(|line| (1..=text.matches('\n').count() + 1).contains(&line)), "{error}");
            }
        }
    }

    #[test]
    fn the_files_of_the_guides_can_be_used() {
        let mut seen = 0;
        for (name, guide) in [
            ("operating.md", include_str!("../../../../docs/operating.md")),
            ("listeners.md", include_str!("../../../../docs/listeners.md")),
            ("tls.md", include_str!("../../../../docs/tls.md")),
            ("monitoring.md", include_str!("../../../../docs/monitoring.md")),
        ] {
            for block in guide.split("```toml\n").skip(1) {
                let block = block.split("```").next().unwrap();
                assert!(parsed(block).is_ok(), "{name}: {:?}", parsed(block));
                seen += 1;
            }
        }
        assert!(seen > 0);
    }

    #[test]
    fn what_is_wrong_is_told_with_line_key_and_what_is_allowed() {
        for (text, words) in [
            ("\nmemory-limit = 0", &["k.toml, line 2", "memory-limit", "1..=4294967295"][..]),
            ("port = 70000", &["line 1", "port", "0..=65535"]),
            ("memory-means = \"all\"", &["resident, charged"]),
            ("memory-means = 1", &["resident, charged"]),
            ("memory-limit = 6.4", &["memory-limit", "float"]),
            ("forget-logins = \"yes\"", &["true or false"]),
            ("verbose = 256", &["0 to 255"]),
            ("users = [\"a\", \"b\"]", &["users", "array"]),
            ("mechanisms = [\"PLAIN\", \"DIGEST\"]", &["DIGEST", "SCRAM-SHA-256"]),
            ("mechanisms = [1]", &["names"]),
            ("\n\nlisten = [\"127.0.0.1\",\n\"127.0.0.1:x\"]", &["line 4", "no port"]),
            ("memory_limit = 1", &["did you mean memory-limit?"]),
            ("memroy-limit = 1", &["did you mean memory-limit?"]),
            ("memory = 1", &["did you mean memory-limit?"]),
            ("m = 64", &["did you mean memory-limit?"]),
            ("colour = 1", &["colour is no setting", "config example"]),
            ("[[listener]]\ntcp = \"127.0.0.1\"\nmode = \"0660\"", &["line 1", "listener", "unix=PATH"]),
            (
                "[[listener]]\ntcp = \"127.0.0.1\"\n\n[[listener]]\nunix = \"/s\"\nmode = \"999\"",
                &["line 6", "mode", "octal"],
            ),
            ("[[listener]]\ntcp = \"127.0.0.1\"\nmechanism = \"PLAIN\"", &["line 3", "mechanisms perhaps"]),
            ("config = \"other\"", &["another"]),
            ("[server]\nport = 1", &["line 1", "server is no setting"]),
            ("port = 1\nport = 2", &["line 2", "duplicate key"]),
            ("port 1", &["line 1"]),
        ] {
            let error = parsed(text).unwrap_err();
            for word in words {
                assert!(error.contains(word), "{text:?}: {word:?}: {error}");
            }
        }
    }
}
