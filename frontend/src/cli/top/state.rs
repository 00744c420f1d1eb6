//! What is known of the server, and what was chosen to be looked at.

use super::source::Sample;
use keyway_frontend::status::{NamespaceStatus, Rates, Status, UserSessions};
use std::{cmp::Reverse, collections::VecDeque};

/// So many rates are kept: as many as a wide terminal has columns.
const KEPT: usize = 400;

/// What the lower part shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Panel {
    #[default]
    Namespaces,
    Users,
    Refusals,
    HotKeys,
    Limits,
}

impl Panel {
    pub(super) const ALL: [Self; 5] =
        [Self::Namespaces, Self::Users, Self::Refusals, Self::HotKeys, Self::Limits];

    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Namespaces => "namespaces",
            Self::Users => "users",
            Self::Refusals => "refusals",
            Self::HotKeys => "hot keys",
            Self::Limits => "limits",
        }
    }

    pub(super) fn next(self) -> Self {
        Self::ALL[(self as usize + 1) % Self::ALL.len()]
    }
}

/// By what the rows of a panel are sorted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Order {
    /// What is most first: bytes of namespaces, sessions of users.
    #[default]
    Size,
    /// Who does most first: gets of namespaces, requests of users.
    Activity,
    Name,
}

impl Order {
    pub(super) fn next(self) -> Self {
        match self {
            Self::Size => Self::Activity,
            Self::Activity => Self::Name,
            Self::Name => Self::Size,
        }
    }

    pub(super) fn of(self, panel: Panel) -> &'static str {
        match (self, panel) {
            (_, Panel::Refusals) => "newest",
            (_, Panel::HotKeys) => "uses",
            (_, Panel::Limits) => "kind",
            (Self::Name, _) => "name",
            (Self::Size, Panel::Namespaces) => "memory",
            (Self::Size, Panel::Users) => "sessions",
            (Self::Activity, Panel::Namespaces) => "gets",
            (Self::Activity, Panel::Users) => "requests",
        }
    }
}

/// Everything that is drawn.
#[derive(Debug, Default)]
pub(super) struct State {
    /// Where snapshots come from.
    pub(super) source: String,
    pub(super) panel: Panel,
    pub(super) order: Order,
    pub(super) shows_help: bool,
    pub(super) is_paused: bool,
    /// Rows of the panel that are passed over.
    pub(super) scrolled: usize,
    pub(super) status: Option<Box<Status>>,
    pub(super) earlier: Option<Box<Status>>,
    /// The last one last.
    pub(super) rates: VecDeque<Rates>,
    /// Why there is no news, if there is none.
    pub(super) trouble: Option<String>,
    pub(super) hot: Option<Result<Sample, String>>,
}

impl State {
    pub(super) fn new(source: String) -> Self {
        Self { source, ..Self::default() }
    }

    /// Takes in what came of asking.
    pub(super) fn learn(&mut self, news: Result<Box<Status>, String>) {
        let status = match news {
            Ok(status) => status,
            Err(why) => {
                self.trouble = Some(why);
                return;
            }
        };
        self.trouble = None;
        if self.is_paused {
            return;
        }
        match &self.status {
            // It is the same one.
            Some(last) if last.uptime_ms == status.uptime_ms => return,
            // The server has begun anew.
            Some(last) if last.uptime_ms > status.uptime_ms => {
                self.rates.clear();
                self.earlier = None;
            }
            Some(last) => {
                self.rates.push_back(Rates::between(last, &status));
                if self.rates.len() > KEPT {
                    self.rates.pop_front();
                }
                self.earlier = self.status.take();
            }
            None => {}
        }
        self.status = Some(status);
    }

    /// What happens a second now.
    pub(super) fn now(&self) -> Rates {
        self.rates.back().copied().unwrap_or_default()
    }

    /// The namespaces in the chosen order, with evictions a second.
    pub(super) fn namespaces(&self) -> Vec<(NamespaceStatus, Option<f64>)> {
        let Some(status) = &self.status else { return Vec::new() };
        let mut all: Vec<_> =
            status.namespaces.iter().map(|of| (of.clone(), self.evictions_of(of))).collect();
        match self.order {
            Order::Size => all.sort_by_key(|(of, _)| Reverse(of.bytes)),
            Order::Activity => all.sort_by_key(|(of, _)| Reverse(of.hits.saturating_add(of.misses))),
            Order::Name => all.sort_by(|(one, _), (other, _)| one.name.cmp(&other.name)),
        }
        all
    }

    #[expect(clippy::cast_precision_loss, reason = "a rate need not be exact")]
    fn evictions_of(&self, namespace: &NamespaceStatus) -> Option<f64> {
        let (earlier, status) = (self.earlier.as_ref()?, self.status.as_ref()?);
        let before = earlier.namespaces.iter().find(|of| of.name == namespace.name)?;
        let elapsed = status.uptime_ms.checked_sub(earlier.uptime_ms).filter(|elapsed| *elapsed > 0)?;
        let grown = namespace.evictions.saturating_sub(before.evictions);
        Some(grown as f64 * 1000.0 / elapsed as f64)
    }

    /// The users who are in, in the chosen order.
    pub(super) fn users(&self) -> Vec<UserSessions> {
        let mut all = self.status.as_ref().map(|status| status.users.active.clone()).unwrap_or_default();
        match self.order {
            Order::Size => {}
            Order::Activity => all.sort_by_key(|of| Reverse(of.requests)),
            Order::Name => all.sort_by(|one, other| one.user.cmp(&other.user)),
        }
        all
    }
}
