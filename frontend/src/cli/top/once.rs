//! `keyway top --once`: plain text for scripts and for those who cannot see a screen redrawn. One fact to a line.

use super::{
    figures::{bytes, count, percent, rate, span},
    limits::limited,
    source::Source,
};
use crate::cli::failure::Failure;
use keyway_frontend::status::{Rates, RecentRefusal, Status};
use std::{fmt::Write as _, thread, time::Duration};

/// How long keys are sampled, if they are.
const SAMPLED: Duration = Duration::from_secs(2);

/// What two snapshots say, so far apart.
pub(super) fn text(source: &Source, interval: Duration, with_keys: bool) -> Result<String, Failure> {
    let earlier = source.status().map_err(Failure::refused)?;
    thread::sleep(interval);
    let later = source.status().map_err(Failure::refused)?;
    let mut text = of(&earlier, &later);
    if with_keys {
        let sample = source.hot_keys(SAMPLED, 20).map_err(Failure::refused)?;
        for key in &sample.keys {
            let _ = writeln!(
                text,
                "hot key \"{}\"{}: {}/s, {}",
                key.key,
                in_namespace(&key.namespace),
                count(key.per_second),
                share(key.share_ppm)
            );
        }
    }
    Ok(text)
}

#[expect(clippy::cast_precision_loss, reason = "millionths are exact")]
pub(super) fn share(millionths: u64) -> String {
    percent(Some(millionths as f64 / 1e6))
}

fn in_namespace(name: &str) -> String {
    if name.is_empty() { String::new() } else { format!(" in {name}") }
}

pub(super) fn of(earlier: &Status, later: &Status) -> String {
    let rates = Rates::between(earlier, later);
    let mut text = String::new();
    let mut line = |name: &str, value: String| {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{name}: {value}");
    };
    line("version", later.version.clone());
    line("uptime", span(Duration::from_millis(later.uptime_ms)));
    line("event loops", later.event_loops.to_string());
    line("gets", format!("{}/s", rate(rates.gets)));
    line("misses", format!("{}/s", rate(rates.misses)));
    line("hit ratio", format!("{} ({} since start)", percent(rates.hit_ratio), percent(later.hit_ratio())));
    line("sets", format!("{}/s", rate(rates.sets)));
    line("other requests", format!("{}/s", rate(rates.others)));
    line("bytes in", format!("{}/s", rate_of_bytes(rates.bytes_in)));
    line("bytes out", format!("{}/s", rate_of_bytes(rates.bytes_out)));
    line("memory", format!("{} of {}", bytes(later.memory.bytes), bytes(later.memory.budget)));
    line("items", count(later.memory.items));
    line("evictions", format!("{}/s", rate(rates.evictions)));
    line("expiries", format!("{}/s", rate(rates.expirations)));
    line("connections", format!("{} of {}", later.connections.open, later.connections.limit));
    let users = &later.users;
    line("users", format!("{} of {} in, {} sessions", users.active_count, users.known, users.sessions));
    let refusals = &later.refusals;
    line(
        "refusals",
        format!("{} logins, {} verbs, {} logins put off", refusals.logins, refusals.verbs, refusals.put_off),
    );
    for of in &later.namespaces {
        let name = if of.name.is_empty() { "(main)" } else { &of.name };
        let most = of.ceiling.map(|most| format!(" of {}", bytes(most))).unwrap_or_default();
        let most_items = of.ceiling_items.map(|most| format!(" of {}", count(most))).unwrap_or_default();
        let mut held = format!("{}{most}, {}{most_items} items", bytes(of.bytes), count(of.items));
        if of.reserve > 0 {
            let _ = write!(held, ", {} reserved", bytes(of.reserve));
        }
        if of.reserve_items > 0 {
            let _ = write!(held, ", {} items reserved", count(of.reserve_items));
        }
        line(&format!("namespace {name}"), held);
    }
    for of in &users.active {
        line(
            &format!("user {}", of.user),
            format!("{} sessions, {} requests", of.sessions, count(of.requests)),
        );
    }
    for of in limited(later) {
        line(&format!("limits of {}", of.who()), of.text());
    }
    for of in &refusals.recent {
        line("refused", refusal(of));
    }
    text
}

/// Of bytes a second.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a rate is not negative")]
pub(super) fn rate_of_bytes(rate: f64) -> String {
    bytes(rate.round() as u64)
}

/// What was claimed is escaped.
fn refusal(of: &RecentRefusal) -> String {
    let mut text = format!("{} {}", of.at, of.kind);
    for (name, value) in [("verb", &of.verb), ("user", &of.user), ("id", &of.id)] {
        if let Some(value) = value {
            let _ = write!(text, " {name}={value:?}");
        }
    }
    let _ = write!(text, " reason={} from={}", of.reason, of.from);
    text
}
