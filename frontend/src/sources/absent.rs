//! Stands for a kind of source that was not compiled in, so that its table in the settings is not taken for a slip.

use keyway::UserSource;
use serde::{Deserialize, de::IgnoredAny};
use std::{path::Path, time::Duration};

#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub(super) struct Settings(IgnoredAny);

impl Settings {
    pub(super) fn open(&self, _limit: Duration, _folder: &Path) -> Result<Box<dyn UserSource>, String> {
        Err("this program was built without it; build it with the cargo feature of that name".to_owned())
    }
}
