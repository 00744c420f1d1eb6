//! Whose limits there are, what is used of them, and how often they were in the way.

use super::figures::{bytes, count};
use keyway_frontend::status::{LimitsRow, RefusedRow, Status};
use std::num::NonZero;

/// A user or a namespace that has limits, or had some that were in the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Limited {
    kind: &'static str,
    name: String,
    connections: u64,
    limits: LimitsRow,
    refused: RefusedRow,
}

/// Namespaces first: what they allow, their users share.
pub(super) fn limited(status: &Status) -> Vec<Limited> {
    let namespaces = status.namespaces.iter().map(|of| Limited {
        kind: "namespace",
        name: of.name.clone(),
        connections: of.connections,
        limits: of.limits,
        refused: of.refused,
    });
    let users = status.users.active.iter().map(|of| Limited {
        kind: "user",
        name: of.user.clone(),
        connections: of.connections,
        limits: of.limits,
        refused: of.refused,
    });
    namespaces.chain(users).filter(Limited::has_any).collect()
}

impl Limited {
    fn has_any(&self) -> bool {
        self.limits != LimitsRow::default() || self.refused != RefusedRow::default()
    }

    /// Of which kind it is, and its name, escaped.
    pub(super) fn who(&self) -> String {
        let name =
            if self.name.is_empty() { "(main)".to_owned() } else { self.name.escape_debug().to_string() };
        format!("{} {name}", self.kind)
    }

    /// What is limited and used, as short as a cell: how many there may be, and in brackets how many were too many.
    pub(super) fn cells(&self) -> [String; 4] {
        self.each().map(|Fact { limit, refused, .. }| {
            let limit = limit.unwrap_or_else(|| "-".to_owned());
            if refused == 0 { limit } else { format!("{limit} ({})", count(refused)) }
        })
    }

    /// The same as text, without what is neither limited nor was.
    pub(super) fn text(&self) -> String {
        let each = self.each().into_iter().filter(|fact| fact.limit.is_some() || fact.refused > 0);
        let text = |Fact { what, limit, refused }| match (limit, refused) {
            (Some(limit), 0) => format!("{what} {limit}"),
            (Some(limit), refused) => format!("{what} {limit}, {} refused", count(refused)),
            (None, refused) => format!("{what} not limited, {} refused", count(refused)),
        };
        each.map(text).collect::<Vec<_>>().join("; ")
    }

    fn each(&self) -> [Fact; 4] {
        let (limits, refused) = (&self.limits, &self.refused);
        let connections =
            |most: NonZero<u64>| format!("{} of {}", count(self.connections), count(most.get()));
        let fact = |what, limit, refused| Fact { what, limit, refused };
        [
            fact("connections", limits.connections.map(connections), refused.connections),
            fact("verbs/s", limits.operations_per_second.map(|most| count(most.get())), refused.operations),
            fact(
                "bytes/s",
                sized(limits.bytes_per_second),
                refused.bytes_in.saturating_add(refused.bytes_out),
            ),
            fact("value", sized(limits.value), 0),
        ]
    }
}

/// One thing that may be limited.
struct Fact {
    what: &'static str,
    limit: Option<String>,
    refused: u64,
}

fn sized(limit: Option<NonZero<u64>>) -> Option<String> {
    limit.map(|most| bytes(most.get()))
}
