//! A setting of `keyway serve`, as its flag has it: what can be said on the command line can be said in the file and in the
//! environment, because all three are made of the same [`clap::Command`].

use crate::cli::Cli;
use clap::{Arg, ArgAction, ArgMatches, Command, CommandFactory, error::ContextKind, parser::ValueSource};
use std::{error::Error, ffi::OsString};

/// What a variable of the environment begins with that is a setting.
pub(super) const PREFIX: &str = "KEYWAY_";
/// Names the file, and so cannot stand in it.
pub(super) const CONFIG: &str = "config";

/// One flag of `keyway serve`.
#[derive(Debug)]
pub(super) struct Setting {
    key: String,
    arg: Arg,
}

/// How a setting is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// It is there or not.
    Switch,
    /// How often it is there.
    Count,
    /// With one value.
    One,
    /// With one value that names several things.
    Names,
    /// With values, each of which stands by itself.
    Many,
}

/// `keyway serve` as clap has it.
pub(super) fn serve_command() -> Command {
    let whole = Cli::command();
    whole.find_subcommand("serve").cloned().unwrap_or(whole)
}

/// All settings, in the order of `keyway serve --help`.
pub(super) fn all() -> Vec<Setting> {
    serve_command().get_arguments().filter_map(Setting::of).collect()
}

impl Setting {
    fn of(arg: &Arg) -> Option<Self> {
        let key = arg.get_long()?;
        let settles_itself = matches!(
            arg.get_action(),
            ArgAction::Help | ArgAction::HelpShort | ArgAction::HelpLong | ArgAction::Version
        );
        (!settles_itself && key != CONFIG).then(|| Self { key: key.to_owned(), arg: arg.clone() })
    }

    /// Its name in the file: that of the long flag.
    pub(super) fn key(&self) -> &str {
        &self.key
    }

    /// Its name in the environment.
    pub(super) fn variable(&self) -> String {
        format!("{PREFIX}{}", self.key.to_ascii_uppercase().replace('-', "_"))
    }

    pub(super) fn short(&self) -> Option<char> {
        self.arg.get_short()
    }

    pub(super) fn kind(&self) -> Kind {
        match self.arg.get_action() {
            ArgAction::SetTrue | ArgAction::SetFalse => Kind::Switch,
            ArgAction::Count => Kind::Count,
            ArgAction::Append => Kind::Many,
            _ if self.value_name() == "NAMES" => Kind::Names,
            _ => Kind::One,
        }
    }

    /// What its value is called in the help.
    pub(super) fn value_name(&self) -> &str {
        self.arg.get_value_names().and_then(|names| names.first()).map_or("", |name| name.as_str())
    }

    /// What the help says of it, without the default.
    pub(super) fn meaning(&self) -> String {
        let help = self.help();
        let Some((before, rest)) = help.split_once(DEFAULT_IN_HELP) else { return help };
        let behind = rest.split_once(']').map_or("", |(_, behind)| behind);
        format!("{}{behind}", before.trim_end())
    }

    /// What it is where nobody sets it, in words for a person.
    pub(super) fn default(&self) -> Option<String> {
        let of_clap = self.arg.get_default_values().first().map(|value| value.to_string_lossy().into_owned());
        let help = self.help();
        let in_help = help.split_once(DEFAULT_IN_HELP).and_then(|(_, rest)| rest.split_once(']'));
        match self.kind() {
            Kind::Switch => Some("false".to_owned()),
            Kind::Count => Some("0".to_owned()),
            _ => of_clap.or_else(|| in_help.map(|(default, _)| default.to_owned())),
        }
    }

    fn help(&self) -> String {
        let help = self.arg.get_long_help().or_else(|| self.arg.get_help());
        help.map(ToString::to_string).unwrap_or_default().replace('\n', " ")
    }

    /// What can be said instead, if that is a list.
    pub(super) fn allowed(&self) -> Vec<String> {
        self.arg.get_possible_values().iter().map(|value| value.get_name().to_owned()).collect()
    }

    /// Whether the flag takes this value. On an error, what it does take.
    pub(super) fn check(&self, value: &OsString) -> Result<(), String> {
        // Alone, since what it requires or excludes may be given elsewhere; the whole is looked at later.
        let mut arg = Arg::new("value").long("value").action(self.arg.get_action().clone());
        arg = arg.value_parser(self.arg.get_value_parser().clone());
        let mut flag = OsString::from("--value=");
        flag.push(value);
        let tried = Command::new("keyway").arg(arg).try_get_matches_from([OsString::from("keyway"), flag]);
        tried.map(drop).map_err(|error| {
            let allowed: Vec<_> = self.allowed();
            match error.source() {
                _ if !allowed.is_empty() => format!("it is one of {}", allowed.join(", ")),
                Some(why) => why.to_string(),
                None if error.get(ContextKind::InvalidValue).is_some() => "a value is missing".to_owned(),
                None => error.to_string().trim().to_owned(),
            }
        })
    }

    /// As arguments of a command line.
    pub(super) fn arguments(&self, values: &[OsString]) -> Vec<OsString> {
        let flag = format!("--{}", self.key);
        let times = |count| vec![OsString::from(&flag); count];
        match self.kind() {
            Kind::Switch => times(usize::from(values.iter().any(|value| value == "true"))),
            Kind::Count => {
                let count = values.first().and_then(|value| value.to_str()?.parse::<u8>().ok());
                times(count.unwrap_or_default().into())
            }
            Kind::One | Kind::Names | Kind::Many => values
                .iter()
                .map(|value| {
                    let mut argument = OsString::from(format!("{flag}="));
                    argument.push(value);
                    argument
                })
                .collect(),
        }
    }

    /// Whether the command line itself says it.
    pub(super) fn is_typed(&self, matches: &ArgMatches) -> bool {
        matches.value_source(self.arg.get_id().as_str()) == Some(ValueSource::CommandLine)
    }

    /// Its values as they count, in words for a person; none where nothing is set.
    pub(super) fn values(&self, matches: &ArgMatches) -> Vec<String> {
        let id = self.arg.get_id().as_str();
        match self.kind() {
            Kind::Switch => vec![matches.get_flag(id).to_string()],
            Kind::Count => vec![matches.get_count(id).to_string()],
            Kind::One | Kind::Names | Kind::Many => {
                let raw = matches.get_raw(id).into_iter().flatten();
                raw.map(|value| value.to_string_lossy().into_owned()).collect()
            }
        }
    }
}

const DEFAULT_IN_HELP: &str = "[default: ";

#[cfg(test)]
mod tests {
    use super::*;

    fn setting(key: &str) -> Setting {
        all().into_iter().find(|setting| setting.key() == key).unwrap()
    }

    #[test]
    fn each_flag_of_serve_is_a_setting() {
        let settings = all();
        for arg in serve_command().get_arguments() {
            let long =
                arg.get_long().unwrap_or_else(|| panic!("{} has no long name, so no key", arg.get_id()));
            let apart = matches!(long, "help" | CONFIG);
            assert_eq!(settings.iter().any(|setting| setting.key() == long), !apart, "{long}");
        }
        assert!(settings.len() > 25, "{}", settings.len());
    }

    #[test]
    fn a_value_is_checked_as_the_flag_checks_it() {
        assert_eq!(setting("memory-limit").check(&"64".into()), Ok(()));
        assert_eq!(setting("memory-limit").check(&"0".into()).unwrap_err(), "0 is not in 1..=4294967295");
        assert_eq!(
            setting("memory-means").check(&"all".into()).unwrap_err(),
            "it is one of resident, charged"
        );
        assert!(setting("max-item-size").check(&"2x".into()).unwrap_err().contains("512k"));
        // What it requires is not looked at here.
        assert_eq!(setting("audit-limit").check(&"1g".into()), Ok(()));
    }

    #[test]
    fn what_a_setting_is_where_nobody_sets_it_is_read_off_the_help() {
        for (key, default) in [
            ("port", Some("11211")),
            ("login-deadline", Some("10")),
            ("forget-logins", Some("false")),
            ("verbose", Some("0")),
            ("threads", Some("one for each core")),
            ("anonymous", None),
        ] {
            assert_eq!(setting(key).default().as_deref(), default, "{key}");
        }
        assert!(!setting("threads").meaning().contains("default"));
    }
}
