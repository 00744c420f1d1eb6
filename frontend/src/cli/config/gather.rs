//! What counts of the command line, the environment and the file: the first of them that says something of a setting.

use super::{
    environment::{CONFIG_VARIABLE, Environment},
    error::{ConfigError, Origin},
    file::{self, Given},
    setting::{self, CONFIG, Setting},
};
use crate::cli::Cli;
use clap::{ArgMatches, CommandFactory, FromArgMatches};
use std::{ffi::OsString, path::PathBuf};

/// A line that begins `keyway serve`, as it was typed.
#[derive(Clone, Debug)]
pub(crate) struct TypedLine(Vec<OsString>);

/// One setting as it counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Effective {
    pub(crate) key: String,
    /// In words; none where nothing is set.
    pub(crate) values: Vec<String>,
    pub(crate) origin: Origin,
}

/// A command line that says everything that counts, and what that is.
#[derive(Debug)]
pub(crate) struct Gathered {
    pub(crate) cli: Cli,
    /// In the order of the help.
    pub(crate) settings: Vec<Effective>,
    /// The configuration file, if there is one.
    pub(crate) file: Option<PathBuf>,
    /// What the operator had better know of the environment.
    pub(crate) oddities: Vec<String>,
}

/// Why there is none.
#[derive(Debug)]
pub(crate) enum Ungathered {
    /// The command line makes no sense, or asks for help.
    Line(clap::Error),
    /// The file or the environment does.
    Config(ConfigError),
}

impl From<ConfigError> for Ungathered {
    fn from(error: ConfigError) -> Self {
        Self::Config(error)
    }
}

impl TypedLine {
    /// The line, if it begins like that.
    pub(crate) fn of(arguments: &[OsString]) -> Option<Self> {
        (arguments.get(1)? == "serve").then(|| Self(arguments.to_vec()))
    }

    /// One that serves with this file, if one is named, and these flags.
    pub(crate) fn serving(file: Option<PathBuf>, flags: &[OsString]) -> Self {
        let mut line = vec![OsString::from("keyway"), OsString::from("serve")];
        line.extend(file.map(|path| {
            let mut argument = OsString::from("--config=");
            argument.push(path);
            argument
        }));
        line.extend_from_slice(flags);
        Self(line)
    }

    /// Reads the file that it or the environment names, and puts everything together.
    pub(crate) fn gather(&self, environment: &Environment) -> Result<Gathered, Ungathered> {
        let settings = setting::all();
        let typed = self.typed()?;
        let named = typed.get_one::<PathBuf>(CONFIG).cloned();
        let path = named.or_else(|| environment.of_name(CONFIG_VARIABLE).map(PathBuf::from));
        let mut given = environment.given(&settings)?;
        if let Some(path) = &path {
            let in_file = file::read(path, &settings)?;
            let rest = in_file.into_iter().filter(|found| !has(&given, found.setting));
            let rest: Vec<_> = rest.collect();
            given.extend(rest);
        }
        given.retain(|given| !given.setting.is_typed(&typed));

        let whole = self.together_with(&given);
        let matches =
            Cli::command().try_get_matches_from(whole).map_err(|error| self.blame(&error, path.as_ref()))?;
        let effective = {
            let serving = matches.subcommand_matches("serve").unwrap_or(&matches);
            settings.iter().map(|setting| effective(setting, serving, &typed, &given)).collect()
        };
        Ok(Gathered {
            cli: Cli::from_arg_matches(&matches).map_err(|error| self.blame(&error, path.as_ref()))?,
            settings: effective,
            file: path,
            oddities: environment.oddities(&settings),
        })
    }

    /// What is typed, whatever that lacks or contradicts: what counts is looked at as a whole.
    fn typed(&self) -> Result<ArgMatches, Ungathered> {
        let lenient = Cli::command().ignore_errors(true);
        let mut matches = lenient.try_get_matches_from(&self.0).map_err(Ungathered::Line)?;
        Ok(matches.remove_subcommand().map(|(_, serving)| serving).unwrap_or_default())
    }

    fn together_with(&self, given: &[Given<'_>]) -> Vec<OsString> {
        let (command, typed) = self.0.split_at(2);
        let elsewhere = given.iter().flat_map(|given| given.setting.arguments(&given.values));
        command.iter().cloned().chain(elsewhere).chain(typed.iter().cloned()).collect()
    }

    /// What is wrong with the line alone is its own fault.
    fn blame(&self, error: &clap::Error, file: Option<&PathBuf>) -> Ungathered {
        match Cli::command().try_get_matches_from(&self.0) {
            Err(own) => Ungathered::Line(own),
            Ok(_) => {
                let text = error.to_string();
                let what = text.split("\n\nUsage:").next().unwrap_or(&text).trim_start_matches("error: ");
                ConfigError::Together { file: file.cloned(), what: what.trim().to_owned() }.into()
            }
        }
    }
}

fn has(given: &[Given<'_>], setting: &Setting) -> bool {
    given.iter().any(|given| given.setting.key() == setting.key())
}

fn effective(setting: &Setting, serving: &ArgMatches, typed: &ArgMatches, given: &[Given<'_>]) -> Effective {
    let elsewhere = given.iter().find(|given| given.setting.key() == setting.key());
    let origin = match elsewhere {
        _ if setting.is_typed(typed) => Origin::Typed,
        Some(given) => given.origin.clone(),
        None => Origin::Default,
    };
    Effective { key: setting.key().to_owned(), values: setting.values(serving), origin }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    struct Place(tempfile::TempDir);

    impl Place {
        fn new(text: &str) -> Self {
            let place = tempfile::tempdir().unwrap();
            fs::write(place.path().join("k.toml"), text).unwrap();
            Self(place)
        }

        fn gather(&self, flags: &str, variables: &[(&str, &str)]) -> Result<Gathered, Ungathered> {
            let flags: Vec<OsString> = flags.split_whitespace().map(OsString::from).collect();
            TypedLine::serving(Some(self.0.path().join("k.toml")), &flags)
                .gather(&Environment::with(variables))
        }

        fn one(&self, key: &str, flags: &str, variables: &[(&str, &str)]) -> (Vec<String>, Origin) {
            let gathered = self.gather(flags, variables).unwrap();
            let found = gathered.settings.into_iter().find(|setting| setting.key == key).unwrap();
            (found.values, found.origin)
        }

        fn error(&self, flags: &str, variables: &[(&str, &str)]) -> String {
            match self.gather(flags, variables).unwrap_err() {
                Ungathered::Line(error) => format!("line: {error}"),
                Ungathered::Config(error) => error.to_string(),
            }
        }
    }

    #[test]
    fn a_flag_counts_before_a_variable_before_the_file_before_the_default() {
        let place = Place::new("# mine\nmemory-limit = 3\nlisten = [\"127.0.0.3\", \"127.0.0.4\"]\n");
        let variable = [("KEYWAY_MEMORY_LIMIT", "2")];
        let (values, origin) = place.one("memory-limit", "-m 1", &variable);
        assert_eq!((values, origin), (vec!["1".to_owned()], Origin::Typed));
        let (values, origin) = place.one("memory-limit", "", &variable);
        assert_eq!((values, origin), (vec!["2".to_owned()], Origin::Variable(variable[0].0.to_owned())));
        let (values, origin) = place.one("memory-limit", "", &[]);
        assert_eq!(values, ["3"]);
        assert!(matches!(origin, Origin::File { line: 2, .. }), "{origin}");
        let (values, origin) = place.one("port", "", &[]);
        assert_eq!((values, origin), (vec!["11211".to_owned()], Origin::Default));
        // As a whole: addresses of the file are not added to those of the line.
        assert_eq!(place.one("listen", "-l ::1", &[]).0, ["::1"]);
        assert_eq!(place.one("listen", "", &[]).0, ["127.0.0.3", "127.0.0.4"]);
    }

    #[test]
    fn switches_and_counts_come_through() {
        let place = Place::new("forget-logins = true\nverbose = 2\n");
        assert_eq!(place.one("forget-logins", "", &[]).0, ["true"]);
        assert_eq!(place.one("forget-logins", "", &[("KEYWAY_FORGET_LOGINS", "no")]).0, ["false"]);
        assert_eq!(place.one("verbose", "", &[]).0, ["2"]);
        assert_eq!(place.one("verbose", "-v", &[]).0, ["1"]);
    }

    #[test]
    fn what_a_flag_needs_may_stand_elsewhere() {
        let place = Place::new("audit = \"stderr\"\n");
        assert!(place.gather("--audit-limit 1g", &[]).is_ok());
        let place = Place::new("audit-limit = \"1g\"\n");
        let error = place.error("", &[]);
        assert!(error.contains("do not go together") && error.contains("--audit"), "{error}");
        assert!(!error.contains("Usage"), "{error}");
    }

    #[test]
    fn what_is_wrong_with_the_line_is_told_as_without_a_file() {
        let place = Place::new("port = 1\n");
        assert!(place.error("--no-such-flag", &[]).starts_with("line: error: unexpected argument"));
        assert!(place.error("-m 0", &[]).starts_with("line: error: invalid value"));
        assert!(place.error("--help", &[]).starts_with("line: Serve a cache"));
    }

    #[test]
    fn a_file_that_is_not_there_is_an_error() {
        let line = TypedLine::serving(Some("/no/such/file.toml".into()), &[]);
        let Err(Ungathered::Config(error)) = line.gather(&Environment::default()) else {
            panic!("it was gathered")
        };
        assert!(error.to_string().contains("/no/such/file.toml: cannot read it"), "{error}");
    }
}
