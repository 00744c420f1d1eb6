//! Which users file is meant: the one search order of all commands.

use super::failure::Failure;
use std::{
    env,
    path::{Path, PathBuf},
};

/// Names the users file where `--users` does not.
pub(crate) const VARIABLE: &str = "KEYWAY_USERS";
/// Where it is looked for first, and where a new one is made.
pub(crate) const IN_DIRECTORY: &str = "./keyway-users.toml";
/// Where it is looked for last.
pub(crate) const ON_SYSTEM: &str = "/etc/keyway/users.toml";

/// Where the search led.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// This one exists.
    There(PathBuf),
    /// This one was named, by the option or the variable, and does not exist.
    Missing(PathBuf),
    /// None was named, and none is where one could be.
    Nowhere,
}

/// The search order: `--users`, `KEYWAY_USERS`, `./keyway-users.toml`, `/etc/keyway/users.toml`. A file that
/// is named is the one that is meant, also when it does not exist; of the other two, it is the first that
/// exists.
#[derive(Debug)]
pub(crate) struct Search {
    named: Option<PathBuf>,
    places: [PathBuf; 2],
}

impl Search {
    /// The search of this process, given what `--users` says.
    pub(crate) fn new(option: Option<&Path>) -> Self {
        // An empty variable is how many tools unset one.
        let variable = env::var_os(VARIABLE).filter(|value| !value.is_empty()).map(PathBuf::from);
        Self {
            named: option.map(Path::to_owned).or(variable),
            places: [PathBuf::from(IN_DIRECTORY), PathBuf::from(ON_SYSTEM)],
        }
    }

    /// Looks. What is in the way (a directory that may not be read, say) ends the search: going on would
    /// take up a file that was not meant.
    pub(crate) fn run(&self) -> Result<Found, Failure> {
        if let Some(named) = &self.named {
            let found = if exists(named)? { Found::There } else { Found::Missing };
            return Ok(found(named.clone()));
        }
        for place in &self.places {
            if exists(place)? {
                return Ok(Found::There(place.clone()));
            }
        }
        Ok(Found::Nowhere)
    }

    /// The file to look into.
    pub(crate) fn existing(&self) -> Result<PathBuf, Failure> {
        match self.run()? {
            Found::There(path) => Ok(path),
            Found::Missing(path) => Err(missing(&path)),
            Found::Nowhere => Err(Failure::refused(format_args!(
                "there is no users file: no --users, no {VARIABLE}, no {IN_DIRECTORY}, no {ON_SYSTEM}; \
                 `keyway user add NAME` makes one"
            ))),
        }
    }

    /// The file to add to, which may not exist yet.
    pub(crate) fn existing_or_new(&self) -> Result<PathBuf, Failure> {
        match self.run()? {
            Found::There(path) | Found::Missing(path) => Ok(path),
            Found::Nowhere => Ok(PathBuf::from(IN_DIRECTORY)),
        }
    }
}

/// What to say of a file that was named and does not exist.
pub(crate) fn missing(path: &Path) -> Failure {
    let path = path.display();
    Failure::refused(format_args!(
        "users file {path} does not exist; make it with `keyway user add NAME --users {path}`"
    ))
}

fn exists(path: &Path) -> Result<bool, Failure> {
    path.try_exists().map_err(|error| {
        Failure::refused(format_args!("users file {}: cannot look for it: {error}", path.display()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn search(directory: &Path, named: Option<&str>) -> Search {
        Search {
            named: named.map(|name| directory.join(name)),
            places: [directory.join("first"), directory.join("second")],
        }
    }

    #[test]
    fn a_named_file_is_meant_also_when_it_does_not_exist_and_others_do() {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join("first"), "").unwrap();
        let named = directory.path().join("named");
        let search = search(directory.path(), Some("named"));
        assert_eq!(search.run().unwrap(), Found::Missing(named.clone()));
        assert_eq!(search.existing_or_new().unwrap(), named);
        assert!(search.existing().unwrap_err().to_string().contains("keyway user add"));
        fs::write(&named, "").unwrap();
        assert_eq!(search.run().unwrap(), Found::There(named));
    }

    #[test]
    fn of_the_places_the_first_that_exists_is_meant() {
        let directory = tempfile::tempdir().unwrap();
        let search = search(directory.path(), None);
        assert_eq!(search.run().unwrap(), Found::Nowhere);
        for place in ["second", "first"] {
            fs::write(directory.path().join(place), "").unwrap();
            assert_eq!(search.run().unwrap(), Found::There(directory.path().join(place)));
        }
    }

    #[test]
    fn what_cannot_be_looked_at_ends_the_search() {
        let directory = tempfile::tempdir().unwrap();
        // A file where a directory would have to be: looking behind it fails with something else than "no
        // such file".
        fs::write(directory.path().join("file"), "").unwrap();
        let behind_a_file = search(directory.path(), Some("file/users"));
        let looked = behind_a_file.run();
        assert!(looked.is_err(), "{looked:?}");
    }
}
