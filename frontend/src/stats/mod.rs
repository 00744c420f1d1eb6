//! What `stats` tells, group by group, under memcached's names.

mod audit;
mod conns;
mod general;
mod namespaces;
mod settings;
mod shelves;

use crate::{
    Door,
    wire::{Answer, Status},
};
use keyway::{Refusal, Session, Verb, audit::Term};
use std::fmt::{Display, Write};

/// What `version` answers. Clients read three numbers from its front and choose by them what they may send; they are
/// those of the memcached whose answers these were compared with. What follows the dash is ours, as in memcached's
/// own development versions. libmemcached gives it 32 bytes.
pub(crate) const VERSION_TEXT: &str = concat!("1.6.18-keyway-", env!("CARGO_PKG_VERSION"));

/// A group of statistics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Group {
    General,
    Settings,
    Items,
    Slabs,
    Sizes,
    Conns,
    /// What the audit counted.
    Audit,
    Namespaces,
    Reset,
    /// `detail on` and `detail off`: memcached counts by key prefix then. Here that is never counted (it would tell
    /// one user of another's keys), so both are taken and change nothing.
    Detail,
    DetailDump,
}

impl Group {
    fn named(name: &[u8]) -> Option<Self> {
        Some(match name {
            b"" => Self::General,
            b"settings" => Self::Settings,
            b"items" => Self::Items,
            b"slabs" => Self::Slabs,
            b"sizes" => Self::Sizes,
            b"conns" => Self::Conns,
            b"audit" => Self::Audit,
            b"namespaces" => Self::Namespaces,
            b"reset" => Self::Reset,
            b"detail on" | b"detail off" => Self::Detail,
            b"detail dump" => Self::DetailDump,
            _ => return None,
        })
    }
}

/// Answers a request for statistics: a packet for each, then one with neither name nor text.
pub(crate) fn report(
    session: &Session,
    door: &Door,
    name: &[u8],
    answer: &mut Answer<'_>,
) -> Result<Status, Refusal> {
    session.may(Verb::Stats, None)?;
    let group = Group::named(name).ok_or(Refusal::NotFound)?;
    let stats = session.stats()?;
    let is_tenant = session.namespace().is_some();
    let mut sheet = Sheet { answer, text: String::new() };
    match group {
        Group::General if is_tenant => general::fill_for_tenant(&mut sheet, door, &stats),
        Group::General => general::fill(&mut sheet, door, &stats),
        Group::Settings => settings::fill(&mut sheet, door, &stats),
        Group::Items if is_tenant => shelves::items(&mut sheet, &stats, None),
        Group::Items => shelves::items(&mut sheet, &stats, Some(&door.counts())),
        Group::Slabs if is_tenant => shelves::slabs(&mut sheet, &stats, None),
        Group::Slabs => shelves::slabs(&mut sheet, &stats, Some(&door.counts())),
        Group::Sizes => sheet.line("sizes_status", "disabled"),
        // Whose address is on which connection is no business of another user's.
        Group::Conns if session.may(Verb::Admin, None).is_ok() => conns::fill(&mut sheet, door),
        Group::Conns | Group::Detail => {}
        Group::Namespaces => {
            session.may_administer()?;
            namespaces::fill(&mut sheet, door);
        }
        Group::Audit => {
            session.may_administer()?;
            audit::fill(&mut sheet, door);
        }
        Group::Reset => {
            session.administer(Term::new("stats reset"))?;
            door.reset_counts();
        }
        Group::DetailDump => sheet.line("detailed", "END\r\n"),
    }
    answer.stat("", "");
    Ok(Status::Done)
}

/// Where lines of statistics go.
struct Sheet<'s, 'o> {
    answer: &'s mut Answer<'o>,
    /// Reused for each line.
    text: String,
}

impl Sheet<'_, '_> {
    fn line(&mut self, name: &str, value: impl Display) {
        self.text.clear();
        // Writing to a string cannot fail.
        let _ = write!(self.text, "{value}");
        self.answer.stat(name, &self.text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_read_three_numbers_from_the_version() {
        let numbers = VERSION_TEXT.split('-').next().unwrap();
        // libmemcached keeps each in 8 bits and reads 255 as "unknown".
        let parts: Vec<u8> = numbers.split('.').map(|part| part.parse().unwrap()).collect();
        assert_eq!(parts, [1, 6, 18]);
        assert!(VERSION_TEXT.len() < 32);
    }

    #[test]
    fn a_group_has_exactly_its_name() {
        for name in [&b"detail what"[..], b"detail", b"Settings", b"items ", b"cachedump 1 1", b"\0"] {
            assert_eq!(Group::named(name), None, "{}", name.escape_ascii());
        }
        assert_eq!(Group::named(b""), Some(Group::General));
    }
}
