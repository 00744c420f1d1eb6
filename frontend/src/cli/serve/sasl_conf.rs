//! `--sasl-conf`: what a memcached of before was told through its SASL library.

use super::mechanisms::MechanismList;
use crate::cli::{failure::Failure, output};
use std::{
    env, fs,
    path::{Path, PathBuf},
};

/// Where memcached's SASL library looks for such a file, or for the directory that it is in.
const VARIABLE: &str = "SASL_CONF_PATH";
/// What it is called in a directory.
const NAME: &str = "memcached.conf";

/// What there was in the file that counts here.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct SaslConf {
    /// `mech_list`, as far as there are such mechanisms.
    pub(crate) mechanisms: Option<MechanismList>,
    /// `sasldb_path`.
    pub(crate) sasldb: Option<PathBuf>,
    /// `log_level`, as a count of `-v`.
    pub(crate) verbosity: u8,
    /// What was not taken, and why.
    pub(crate) ignored: Vec<String>,
}

impl SaslConf {
    /// From what `--sasl-conf` says, else from the variable; all defaults if neither is there.
    pub(crate) fn find(option: Option<&Path>) -> Result<Self, Failure> {
        let variable = || env::var_os(VARIABLE).filter(|value| !value.is_empty()).map(PathBuf::from);
        match option.map(Path::to_owned).or_else(variable) {
            Some(path) => Self::load(&if path.is_dir() { path.join(NAME) } else { path }),
            None => Ok(Self::default()),
        }
    }

    fn load(path: &Path) -> Result<Self, Failure> {
        let refused = |why: &dyn std::fmt::Display| {
            Failure::refused(format_args!("SASL configuration {}: {why}", path.display()))
        };
        let text = fs::read_to_string(path).map_err(|error| refused(&error))?;
        Self::parse(&text).map_err(|why| refused(&why))
    }

    fn parse(text: &str) -> Result<Self, String> {
        let mut conf = Self::default();
        for (line, number) in text.lines().zip(1..) {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let (key, value) =
                line.split_once(':').ok_or_else(|| format!("line {number}: no colon after the option"))?;
            conf.take(key.trim(), value.trim())?;
        }
        Ok(conf)
    }

    fn take(&mut self, key: &str, value: &str) -> Result<(), String> {
        match key {
            "mech_list" => self.mechanisms = Some(self.known_of(value)?),
            "sasldb_path" => self.sasldb = Some(PathBuf::from(value)),
            "log_level" => self.verbosity = verbosity(value),
            "pwcheck_method" | "auxprop_plugin" => {
                self.ignore(key, value, "passwords are verified by what the users file has of them");
            }
            _ => self.ignore(key, value, "there is nothing like it here"),
        }
        Ok(())
    }

    fn known_of(&mut self, names: &str) -> Result<MechanismList, String> {
        let names = names.split([' ', ',', '\t']).filter(|name| !name.is_empty());
        let (known, others): (Vec<_>, Vec<_>) = names.partition(|name| name.parse::<MechanismList>().is_ok());
        for other in others {
            self.ignore("mech_list", other, "this mechanism is not offered");
        }
        known.join(" ").parse().map_err(|why| format!("mech_list: {why}"))
    }

    fn ignore(&mut self, key: &str, value: &str, why: &str) {
        self.ignored.push(format!("{key}: {value}: ignored, {why}"));
    }

    /// Says what was ignored.
    pub(super) fn announce(&self) {
        for line in &self.ignored {
            output::complain(&format_args!("WARNING: SASL configuration: {line}"));
        }
    }
}

/// Of 0 to 7 there, warnings are up to 3, and 7 would be passwords, which are never logged here.
fn verbosity(level: &str) -> u8 {
    level.parse::<u8>().map_or(0, |level| level.saturating_sub(3).min(3))
}

#[cfg(test)]
mod tests {
    use super::*;
    use keyway::Mechanism;

    #[test]
    fn what_memcached_was_told_is_taken_and_the_rest_is_said() {
        let conf = SaslConf::parse(
            "# comment\nmech_list: plain scram-sha-256 cram-md5 digest-md5\nlog_level: 5\n\nsasldb_path:/etc/sasl2/memcached-sasldb2\n\
             pwcheck_method: auxprop\nauto_transition: no\n",
        )
        .unwrap();
        let mechanisms = conf.mechanisms.as_deref().unwrap_or_default();
        assert_eq!(mechanisms, [Mechanism::Plain, Mechanism::ScramSha256, Mechanism::CramMd5]);
        assert_eq!(conf.sasldb.as_deref(), Some(Path::new("/etc/sasl2/memcached-sasldb2")));
        assert_eq!(conf.verbosity, 2);
        for word in ["digest-md5", "pwcheck_method", "auto_transition"] {
            assert!(conf.ignored.iter().any(|line| line.contains(word)), "{word}: {:?}", conf.ignored);
        }
        assert_eq!(conf.ignored.len(), 3);
    }

    #[test]
    fn a_file_that_leaves_no_mechanism_or_is_none_is_refused() {
        for text in ["mech_list: gssapi digest-md5", "mech_list:", "no options here"] {
            assert!(SaslConf::parse(text).is_err(), "{text}");
        }
        assert_eq!(SaslConf::parse("").unwrap(), SaslConf::default());
    }
}
