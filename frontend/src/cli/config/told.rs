//! What a running server was told, and what it is told now.

use super::{
    environment::Environment,
    error::ConfigError,
    gather::{Effective, Gathered, TypedLine, Ungathered},
    setting,
};
use crate::cli::{Command, failure::Failure, serve::ServeOptions};

/// What `keyway serve` runs with, and where that is from.
#[derive(Debug)]
pub(crate) struct Told {
    line: TypedLine,
    environment: Environment,
    /// As they count in the running server.
    settings: Vec<Effective>,
}

/// A setting that is another one now.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) key: String,
    /// In words.
    pub(crate) before: String,
    pub(crate) now: String,
    effective: Effective,
}

impl Told {
    pub(crate) fn new(line: TypedLine, environment: Environment, settings: Vec<Effective>) -> Self {
        Self { line, environment: environment.without_secrets(), settings }
    }

    /// Reads the file again, as it was named at the start, and what is different now.
    pub(crate) fn again(&self) -> Result<(Box<ServeOptions>, Vec<Change>), Failure> {
        let Gathered { cli, settings, .. } =
            self.line.gather(&self.environment).map_err(|why| match why {
                Ungathered::Config(error) => Failure::from(error),
                // It made sense when the server started.
                Ungathered::Line(error) => {
                    ConfigError::Together { file: None, what: error.to_string() }.into()
                }
            })?;
        let Command::Serve(options) = cli.command else {
            return Err(Failure::usage("the command line is none of `keyway serve`"));
        };
        Ok((options, changes(&self.settings, settings)))
    }

    /// Takes note that the server runs like this now.
    pub(crate) fn carried_out(&mut self, change: Change) {
        let running = self.settings.iter_mut().find(|setting| setting.key == change.key);
        if let Some(running) = running {
            *running = change.effective;
        }
    }
}

fn changes(running: &[Effective], now: Vec<Effective>) -> Vec<Change> {
    let different = now.into_iter().zip(running).filter(|(now, before)| now.values != before.values);
    different
        .map(|(now, before)| Change {
            key: now.key.clone(),
            before: in_words(before),
            now: in_words(&now),
            effective: now,
        })
        .collect()
}

fn in_words(setting: &Effective) -> String {
    if !setting.values.is_empty() {
        return setting.values.join(", ");
    }
    let of_help = setting::all().into_iter().find(|known| known.key() == setting.key);
    of_help.and_then(|known| known.default()).unwrap_or_else(|| "none".to_owned())
}
