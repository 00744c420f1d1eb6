//! `--audit`: what happens at the door, written down.

use super::size;
use crate::cli::failure::Failure;
use clap::Args;
use keyway::{Cache, audit::KeyPrefix};
use keyway_frontend::{AuditDestination, AuditSettings, AuditWriter};

/// What is written of the audit, and where to. Whatever is given here, it is kept in memory as well, for admins.
#[derive(Args, Clone, Debug)]
pub(super) struct AuditOptions {
    /// Append each login, refusal, revocation, change and act of an admin to this file, or to stderr, as a line of JSON. The
    /// file may be moved away while the server runs; SIGHUP makes it begin a new one at once
    #[arg(long, value_name = "FILE")]
    audit: Option<AuditDestination>,
    /// Bytes of a key that the audit shows where one is refused or sampled; 0 for none [default: 0]
    #[arg(long, value_name = "BYTES", value_parser = clap::value_parser!(u64).range(..=KeyPrefix::MAX as u64))]
    audit_keys: Option<u64>,
    /// Bytes that the audit's file may have, or with k, m or g behind the number; what comes beyond is counted only [default: 1g]
    #[arg(long, value_name = "SIZE", value_parser = parse_size, requires = "audit")]
    audit_limit: Option<u64>,
}

impl AuditOptions {
    /// Begins to write. What is returned has to live for as long as there is something to write.
    pub(super) fn start(&self, cache: &Cache) -> Result<Option<AuditWriter>, Failure> {
        self.show_keys(cache);
        let start = |settings| AuditWriter::start(cache.audit(), settings);
        self.settings().map(start).transpose().map_err(Failure::refused)
    }

    /// Goes on as these say, where others said how before. Where the new file cannot be opened, it goes on as before.
    pub(super) fn go_on(&self, cache: &Cache, writer: &mut Option<AuditWriter>) -> Result<(), Failure> {
        match (self.settings(), writer.as_ref()) {
            (Some(settings), Some(writer)) => writer.redirect(settings).map_err(Failure::refused)?,
            (Some(_), None) => *writer = self.start(cache)?,
            (None, _) => *writer = None,
        }
        Ok(())
    }

    /// As much of each key as is to be shown.
    pub(super) fn show_keys(&self, cache: &Cache) {
        let bytes = self.audit_keys.unwrap_or(0);
        cache.audit().show_keys(usize::try_from(bytes).unwrap_or(KeyPrefix::MAX));
    }

    fn settings(&self) -> Option<AuditSettings> {
        let mut settings = AuditSettings::new(self.audit.clone()?);
        settings.limit = self.audit_limit.unwrap_or(settings.limit);
        Some(settings)
    }
}

fn parse_size(text: &str) -> Result<u64, String> {
    size::count(text, "kmg")
        .filter(|bytes| *bytes > 0)
        .ok_or_else(|| "a size is a number of bytes, or of units as in 512k, 100m or 2g".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_is_bytes_or_units() {
        for (text, bytes) in [("1", 1), ("4096", 4096), ("2k", 2048), ("3M", 3 << 20), ("1g", 1 << 30)] {
            assert_eq!(parse_size(text), Ok(bytes), "{text}");
        }
        for text in ["", "0", "g", "-1", "1.5m", "1t", "99999999999999999999g", "+1"] {
            assert!(parse_size(text).is_err(), "{text}");
        }
    }
}
