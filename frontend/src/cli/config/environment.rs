//! Settings in the environment: `KEYWAY_MEMORY_LIMIT` for `memory-limit`, and those of memcached's container images, as far as there
//! is something like them here.

use super::{
    error::{ConfigError, Origin},
    file::Given,
    setting::{Kind, PREFIX, Setting},
    user::PASSWORD,
};
use crate::cli::similar;
use std::{collections::BTreeMap, env, ffi::OsString, fmt};

/// What images of memcached (bitnami's, whose names many others took over) read, and which setting that is here.
const OF_IMAGES: [(&str, &str); 6] = [
    ("MEMCACHED_LISTEN_ADDRESS", "listen"),
    ("MEMCACHED_PORT_NUMBER", "port"),
    ("MEMCACHED_CACHE_SIZE", "memory-limit"),
    ("MEMCACHED_MAX_CONNECTIONS", "conn-limit"),
    ("MEMCACHED_THREADS", "threads"),
    ("MEMCACHED_MAX_ITEM_SIZE", "max-item-size"),
];
/// Flags of memcached as one text, which is not taken apart here.
const EXTRA_FLAGS: &str = "MEMCACHED_EXTRA_FLAGS";
/// Names the configuration file where `--config` does not.
pub(crate) const CONFIG_VARIABLE: &str = "KEYWAY_CONFIG";
/// Where passwords of a source of users may be; its name is free, and this is what the documentation calls it.
const SOURCE_PASSWORD: &str = "KEYWAY_SOURCE_PASSWORD";

/// The variables of a process that may concern a server.
#[derive(Default)]
pub(crate) struct Environment(BTreeMap<String, OsString>);

impl Environment {
    /// Those of this process. A variable that is empty counts as not set: that is how many tools unset one.
    pub(crate) fn of_process() -> Self {
        Self::of(env::vars_os())
    }

    fn of(variables: impl IntoIterator<Item = (OsString, OsString)>) -> Self {
        let named = variables.into_iter().filter_map(|(name, value)| Some((name.into_string().ok()?, value)));
        Self(named.filter(|(name, value)| concerns(name) && !value.is_empty()).collect())
    }

    /// Without what is needed only once.
    pub(super) fn without_secrets(mut self) -> Self {
        self.0.remove(PASSWORD);
        self
    }

    pub(crate) fn of_name(&self, name: &str) -> Option<&OsString> {
        self.0.get(name)
    }

    /// The settings that it has.
    pub(super) fn given<'a>(&self, settings: &'a [Setting]) -> Result<Vec<Given<'a>>, ConfigError> {
        let mut given = Vec::new();
        for setting in settings {
            let own = setting.variable();
            let images = OF_IMAGES.iter().find(|(_, key)| *key == setting.key()).map(|(name, _)| *name);
            let named = [Some(own.as_str()), images].into_iter().flatten();
            let found = named.filter_map(|name| Some((name, self.0.get(name)?)));
            let Some((name, value)) = found.into_iter().find(|(name, value)| !of_kubernetes(name, value))
            else {
                continue;
            };
            let origin = Origin::Variable(name.to_owned());
            let values =
                values(setting, value).map_err(|what| ConfigError::Wrong { origin: origin.clone(), what })?;
            given.push(Given { setting, values, origin });
        }
        Ok(given)
    }

    /// What is there and is no setting, in words for the operator: a misspelt one would be silently without effect.
    pub(super) fn oddities(&self, settings: &[Setting]) -> Vec<String> {
        let mut oddities = Vec::new();
        let known: Vec<String> = settings.iter().map(Setting::variable).collect();
        for (name, value) in &self.0 {
            let settled = name == CONFIG_VARIABLE || name == SOURCE_PASSWORD || of_kubernetes(name, value);
            if !name.starts_with(PREFIX) || settled || known.contains(name) {
                continue;
            }
            if let Some(meant) = similar::likeliest(name, &known.iter().map(String::as_str)) {
                oddities.push(format!("${name} is no setting; did you mean ${meant}?"));
            } else {
                tracing::info!(variable = %name, "a variable of the environment looks like a setting and is none");
            }
        }
        if self.0.contains_key(EXTRA_FLAGS) {
            oddities.push(format!(
                "${EXTRA_FLAGS} is not read; put the flags behind `keyway serve` or into variables"
            ));
        }
        oddities
    }
}

fn concerns(name: &str) -> bool {
    name.starts_with(PREFIX) || name.starts_with("MEMCACHED_")
}

/// Kubernetes tells each container of each service, by such variables: of one called `keyway`, KEYWAY_PORT is `tcp://10.0.0.7:11211`.
fn of_kubernetes(name: &str, value: &OsString) -> bool {
    let Some(rest) = name.strip_prefix(PREFIX) else { return false };
    let of_port =
        rest.strip_prefix("PORT_").is_some_and(|port| port.starts_with(|first: char| first.is_ascii_digit()));
    rest.starts_with("SERVICE_")
        || of_port
        || (rest == "PORT" && value.to_str().is_some_and(|value| value.contains("://")))
}

fn values(setting: &Setting, value: &OsString) -> Result<Vec<OsString>, String> {
    let text = value.to_str();
    match setting.kind() {
        Kind::Switch => match text.map(str::to_ascii_lowercase).as_deref() {
            Some("true" | "yes" | "on" | "1") => Ok(vec!["true".into()]),
            Some("false" | "no" | "off" | "0") => Ok(vec!["false".into()]),
            _ => Err("it is true or false".to_owned()),
        },
        Kind::Count => match text.map(str::parse::<u8>) {
            Some(Ok(count)) => Ok(vec![count.to_string().into()]),
            _ => Err("it is a number from 0 to 255".to_owned()),
        },
        // Each on a line of its own, since a value may have commas and spaces in it.
        Kind::Many => {
            let lines = text.ok_or_else(|| "it is no text in UTF-8".to_owned())?.lines();
            let lines = lines.map(str::trim).filter(|line| !line.is_empty());
            lines.map(|line| checked(setting, line.into())).collect()
        }
        Kind::One | Kind::Names => Ok(vec![checked(setting, value.clone())?]),
    }
}

fn checked(setting: &Setting, value: OsString) -> Result<OsString, String> {
    match setting.check(&value) {
        Ok(()) => Ok(value),
        Err(what) => Err(format!("{:?} cannot be: {what}", value.to_string_lossy())),
    }
}

/// Names only: a password may be among the values.
impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

#[cfg(test)]
impl Environment {
    pub(crate) fn with(variables: &[(&str, &str)]) -> Self {
        Self::of(variables.iter().map(|(name, value)| (name.into(), value.into())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::config::setting;

    fn given(variables: &[(&str, &str)]) -> Result<Vec<(String, Vec<OsString>)>, String> {
        let settings = setting::all();
        let given = Environment::with(variables).given(&settings).map_err(|error| error.to_string())?;
        Ok(given.into_iter().map(|given| (given.setting.key().to_owned(), given.values)).collect())
    }

    #[test]
    fn each_setting_has_a_variable_and_images_have_some() {
        for (variables, key, values) in [
            (&[("KEYWAY_MEMORY_LIMIT", "128")][..], "memory-limit", &["128"][..]),
            (&[("MEMCACHED_CACHE_SIZE", "128")], "memory-limit", &["128"]),
            (&[("MEMCACHED_CACHE_SIZE", "128"), ("KEYWAY_MEMORY_LIMIT", "64")], "memory-limit", &["64"]),
            (&[("MEMCACHED_CACHE_SIZE", "128"), ("KEYWAY_MEMORY_LIMIT", "")], "memory-limit", &["128"]),
            (&[("KEYWAY_FORGET_LOGINS", "Yes")], "forget-logins", &["true"]),
            (&[("KEYWAY_FORGET_LOGINS", "0")], "forget-logins", &["false"]),
            (&[("KEYWAY_VERBOSE", "2")], "verbose", &["2"]),
            (&[("KEYWAY_LISTEN", "127.0.0.1,::1")], "listen", &["127.0.0.1,::1"]),
            (&[("KEYWAY_LISTEN", "127.0.0.1\n ::1\n")], "listen", &["127.0.0.1", "::1"]),
            (&[("MEMCACHED_PORT_NUMBER", "7")], "port", &["7"]),
        ] {
            let values: Vec<OsString> = values.iter().map(OsString::from).collect();
            assert_eq!(given(variables).unwrap(), [(key.to_owned(), values)], "{variables:?}");
        }
        assert_eq!(given(&[("KEYWAY_PORT", "")]).unwrap(), []);
    }

    #[test]
    fn what_is_wrong_is_told_with_its_variable() {
        for (name, value, words) in [
            ("KEYWAY_MEMORY_LIMIT", "x", &["$KEYWAY_MEMORY_LIMIT", "\"x\" cannot be"][..]),
            ("MEMCACHED_THREADS", "0", &["$MEMCACHED_THREADS", "1..=1024"]),
            ("KEYWAY_FORGET_LOGINS", "maybe", &["true or false"]),
            ("KEYWAY_VERBOSE", "-vv", &["0 to 255"]),
        ] {
            let error = given(&[(name, value)]).unwrap_err();
            for word in words {
                assert!(error.contains(word), "{name}: {error}");
            }
        }
    }

    #[test]
    fn what_kubernetes_says_of_a_service_is_no_setting() {
        let of_service = [
            ("KEYWAY_PORT", "tcp://10.0.0.7:11211"),
            ("KEYWAY_PORT_11211_TCP", "tcp://10.0.0.7:11211"),
            ("KEYWAY_SERVICE_HOST", "10.0.0.7"),
        ];
        assert_eq!(given(&of_service).unwrap(), []);
        assert_eq!(Environment::with(&of_service).oddities(&setting::all()), Vec::<String>::new());
    }

    #[test]
    fn what_looks_like_a_setting_and_is_none_is_told() {
        let environment = Environment::with(&[
            ("KEYWAY_MEMORY", "1"),
            ("KEYWAY_CONFIG", "f"),
            ("MEMCACHED_EXTRA_FLAGS", "-v"),
            ("HOME", "/"),
        ]);
        let oddities = environment.oddities(&setting::all());
        assert_eq!(oddities.len(), 2, "{oddities:?}");
        assert!(oddities[0].contains("did you mean $KEYWAY_MEMORY_LIMIT?"), "{oddities:?}");
        assert!(oddities[1].contains("MEMCACHED_EXTRA_FLAGS"), "{oddities:?}");
    }
}
