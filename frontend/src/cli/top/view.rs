//! What is drawn, from what is known. Fits into 80 columns and 24 lines, and makes use of more.

use super::{
    figures::{bytes, count, percent, rate, span},
    keys::HELP,
    limits::{Limited, limited},
    once::{rate_of_bytes, share},
    state::{Panel, State},
};
use keyway_frontend::status::{NamespaceStatus, RecentRefusal, Status, UserSessions};
use ratatui::{
    Frame,
    layout::{Alignment, Constraint, Layout, Rect},
    style::{Color, Modifier, Style},
    text::{Line, Span},
    widgets::{Block, Cell, Clear, Paragraph, Row, Sparkline, Table},
};
use std::time::Duration;

const QUIET: Style = Style::new().add_modifier(Modifier::DIM);
const STRONG: Style = Style::new().add_modifier(Modifier::BOLD);
const BAD: Style = Style::new().fg(Color::Red);
const GOOD: Style = Style::new().fg(Color::Cyan);

/// Lines of the summary.
const SUMMARY: u16 = 5;

/// Draws everything. What is scrolled too far comes back.
pub(super) fn draw(frame: &mut Frame<'_>, state: &mut State) {
    let chart = if frame.area().height >= 20 { frame.area().height / 6 + 1 } else { 0 };
    let [top, summary, traffic, panel, foot] = Layout::vertical([
        Constraint::Length(1),
        Constraint::Length(SUMMARY),
        Constraint::Length(chart),
        Constraint::Min(3),
        Constraint::Length(1),
    ])
    .areas(frame.area());
    title(frame, top, state);
    if let Some(status) = &state.status {
        figures(frame, summary, state, status);
        requests(frame, traffic, state);
        rows(frame, panel, state);
    }
    keys(frame, foot, state);
    if state.shows_help {
        help(frame);
    }
}

fn title(frame: &mut Frame<'_>, area: Rect, state: &State) {
    let (version, up) = match &state.status {
        Some(status) => (status.version.as_str(), span(Duration::from_millis(status.uptime_ms))),
        None => ("", String::new()),
    };
    let loops = state.status.as_ref().map_or(0, |status| status.event_loops);
    let left = Line::from(vec![
        Span::styled("keyway ", STRONG.patch(GOOD)),
        Span::raw(format!("{version}  up {up}  ")),
        Span::styled(format!("{loops} event loops"), QUIET),
    ]);
    let right = if state.is_paused { "paused" } else { state.source.as_str() };
    let width = u16::try_from(left.width()).unwrap_or(u16::MAX).saturating_add(2);
    let [left_area, right_area] =
        Layout::horizontal([Constraint::Length(width), Constraint::Min(0)]).areas(area);
    frame.render_widget(left, left_area);
    frame.render_widget(Line::styled(right, QUIET).alignment(Alignment::Right), right_area);
}

fn figures(frame: &mut Frame<'_>, area: Rect, state: &State, status: &Status) {
    let now = state.now();
    let is_known = !state.rates.is_empty();
    let each = |value: f64| if is_known { format!("{}/s", rate(value)) } else { "-".to_owned() };
    let field = |name: &'static str, value: String, width: usize| {
        [Span::styled(format!("{name} "), QUIET), Span::styled(format!("{value:<width$}"), STRONG)]
    };
    let line = |fields: Vec<[Span<'static>; 2]>| Line::from(fields.into_iter().flatten().collect::<Vec<_>>());
    let ratio = now.hit_ratio.or_else(|| status.hit_ratio().filter(|_| !is_known));
    let (memory, users, refusals) = (&status.memory, &status.users, &status.refusals);
    let lines = vec![
        line(vec![
            field("gets    ", each(now.gets), 10),
            field("hits", percent(ratio), 9),
            field("misses", each(now.misses), 10),
            field("sets", each(now.sets), 10),
            field("others", each(now.others), 8),
        ]),
        line(vec![
            field("in      ", format!("{}/s", rate_of_bytes(now.bytes_in)), 15),
            field("out", format!("{}/s", rate_of_bytes(now.bytes_out)), 16),
            field("evictions", each(now.evictions), 10),
            field("expiries", each(now.expirations), 8),
        ]),
        held(area.width, status),
        line(vec![
            field("clients ", format!("{} of {}", status.connections.open, status.connections.limit), 15),
            field("users", format!("{} of {} in", count(users.active_count), count(users.known)), 14),
            field("sessions", count(users.sessions), 8),
            field("items", count(memory.items), 8),
        ]),
        match &state.trouble {
            Some(trouble) => Line::styled(trouble.clone(), BAD),
            None => line(vec![
                field("refused ", format!("{} logins", count(refusals.logins)), 15),
                field("put off", count(refusals.put_off), 12),
                field("verbs", count(refusals.verbs), 11),
                field("now", each(now.refusals), 8),
            ]),
        },
    ];
    frame.render_widget(Paragraph::new(lines), area);
}

/// Memory as a number and a bar that fills the line.
fn held(width: u16, status: &Status) -> Line<'static> {
    let memory = &status.memory;
    let text = format!("{} of {} ", bytes(memory.bytes), bytes(memory.budget));
    let room = usize::from(width).saturating_sub(9 + text.len() + 2).min(60);
    let filled = usize::try_from(u128::from(memory.bytes) * room as u128 / u128::from(memory.budget.max(1)))
        .unwrap_or(room)
        .min(room);
    Line::from(vec![
        Span::styled("memory   ", QUIET),
        Span::styled(text, STRONG),
        Span::styled("█".repeat(filled), GOOD),
        Span::styled("░".repeat(room - filled), QUIET),
    ])
}

fn requests(frame: &mut Frame<'_>, area: Rect, state: &State) {
    if area.height == 0 {
        return;
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a rate is not negative")]
    let of = |rates: &keyway_frontend::status::Rates| (rates.gets + rates.sets + rates.others).round() as u64;
    let shown = state.rates.len().min(usize::from(area.width));
    let values: Vec<u64> = state.rates.iter().rev().take(shown).rev().map(of).collect();
    let most = values.iter().copied().max().unwrap_or(0);
    // The newest at the right end.
    let values: Vec<u64> = std::iter::repeat_n(0, usize::from(area.width) - shown).chain(values).collect();
    let block = Block::new().title(Line::styled(format!("requests  top {}/s", rate(most as f64)), QUIET));
    frame.render_widget(Sparkline::default().block(block).data(&values).style(GOOD), area);
}

fn rows(frame: &mut Frame<'_>, area: Rect, state: &mut State) {
    let tabs = Panel::ALL.iter().enumerate().flat_map(|(at, panel)| {
        let style = if *panel == state.panel { STRONG.add_modifier(Modifier::REVERSED) } else { QUIET };
        [Span::styled(format!(" {} {} ", at + 1, panel.title()), style), Span::raw(" ")]
    });
    let order = Line::styled(format!("by {}", state.order.of(state.panel)), QUIET).right_aligned();
    let block = Block::new().title(Line::from(tabs.collect::<Vec<_>>())).title(order);
    let (head, widths, all): (Row<'_>, Vec<Constraint>, Vec<Row<'_>>) = match state.panel {
        Panel::Namespaces => namespaces(state),
        Panel::Users => users(state),
        Panel::Refusals => refusals(state),
        Panel::HotKeys => hot_keys(state),
        Panel::Limits => limits(state),
    };
    // Title and head.
    let visible = usize::from(area.height.saturating_sub(2));
    state.scrolled = state.scrolled.min(all.len().saturating_sub(visible));
    if all.is_empty() {
        return frame.render_widget(Paragraph::new(nothing(state)).block(block), area);
    }
    let shown = all.into_iter().skip(state.scrolled).take(visible);
    frame.render_widget(
        Table::new(shown, widths).header(head.style(QUIET)).column_spacing(2).block(block),
        area,
    );
}

/// What stands where there is no row.
fn nothing(state: &State) -> Line<'static> {
    match (state.panel, &state.hot) {
        (Panel::HotKeys, Some(Err(why))) => Line::styled(why.clone(), BAD),
        (Panel::HotKeys, None) => Line::styled("sampling for two seconds", QUIET),
        (Panel::HotKeys, Some(Ok(_))) => Line::styled("no key was used", QUIET),
        (Panel::Refusals, _) => Line::styled("nothing was refused", QUIET),
        (Panel::Limits, _) => Line::styled("nobody who is in has limits, and no namespace", QUIET),
        _ => Line::styled("nobody is in", QUIET),
    }
}

fn right(text: impl Into<String>) -> Cell<'static> {
    Cell::new(Line::from(text.into()).right_aligned())
}

type Rows = (Row<'static>, Vec<Constraint>, Vec<Row<'static>>);

fn namespaces(state: &State) -> Rows {
    let head = Row::new([
        Cell::new("namespace"),
        right("memory"),
        right("reserved"),
        right("at most"),
        right("items"),
        right("hits"),
        right("evicted/s"),
    ]);
    let widths = [
        Constraint::Min(10),
        Constraint::Length(9),
        Constraint::Length(9),
        Constraint::Length(9),
        Constraint::Length(6),
        Constraint::Length(6),
        Constraint::Length(9),
    ];
    let row = |(of, evictions): (NamespaceStatus, Option<f64>)| {
        let gets = of.hits.saturating_add(of.misses);
        #[expect(clippy::cast_precision_loss, reason = "a part need not be exact")]
        let ratio = (gets > 0).then(|| of.hits as f64 / gets as f64);
        Row::new([
            Cell::new(if of.name.is_empty() { "(main)".to_owned() } else { of.name.clone() }),
            right(bytes(of.bytes)),
            right(if of.reserve == 0 { "-".to_owned() } else { bytes(of.reserve) }),
            right(of.ceiling.map_or_else(|| "-".to_owned(), bytes)),
            right(count(of.items)),
            right(percent(ratio)),
            right(evictions.map_or_else(|| "-".to_owned(), rate)),
        ])
    };
    (head, widths.to_vec(), state.namespaces().into_iter().map(row).collect())
}

fn users(state: &State) -> Rows {
    let head = Row::new([Cell::new("user"), right("sessions"), right("requests"), right("in"), right("out")]);
    let widths = [
        Constraint::Min(16),
        Constraint::Length(8),
        Constraint::Length(8),
        Constraint::Length(10),
        Constraint::Length(10),
    ];
    let row = |of: UserSessions| {
        Row::new([
            Cell::new(printable(&of.user)),
            right(count(of.sessions)),
            right(count(of.requests)),
            right(bytes(of.bytes_in)),
            right(bytes(of.bytes_out)),
        ])
    };
    (head, widths.to_vec(), state.users().into_iter().map(row).collect())
}

fn refusals(state: &State) -> Rows {
    let head = Row::new(["when", "id", "who", "what", "why", "from"].map(Cell::new));
    let widths = [
        Constraint::Length(8),
        Constraint::Length(10),
        Constraint::Fill(2),
        Constraint::Length(13),
        Constraint::Fill(3),
        Constraint::Fill(3),
    ];
    let row = |of: &RecentRefusal| {
        Row::new([
            // The time of day of an RFC 3339 time.
            Cell::new(of.at.get(11..19).unwrap_or(&of.at).to_owned()),
            Cell::new(of.id.clone().unwrap_or_else(|| "-".to_owned())),
            Cell::new(of.user.as_deref().map_or_else(|| "-".to_owned(), printable)),
            Cell::new(of.verb.clone().unwrap_or_else(|| "login".to_owned())),
            Cell::new(of.reason.clone()).style(BAD),
            Cell::new(of.from.clone()),
        ])
    };
    let recent = state.status.as_ref().map(|status| status.refusals.recent.iter().map(row).collect());
    (head, widths.to_vec(), recent.unwrap_or_default())
}

fn hot_keys(state: &State) -> Rows {
    let head = Row::new([Cell::new("key"), Cell::new("namespace"), right("uses/s"), right("share")]);
    let widths = [Constraint::Min(20), Constraint::Length(14), Constraint::Length(8), Constraint::Length(7)];
    let rows = match &state.hot {
        Some(Ok(sample)) => sample
            .keys
            .iter()
            .map(|of| {
                // The key is escaped already.
                Row::new([
                    Cell::new(of.key.clone()),
                    Cell::new(if of.namespace.is_empty() {
                        "(main)".to_owned()
                    } else {
                        of.namespace.clone()
                    }),
                    right(count(of.per_second)),
                    right(share(of.share_ppm)),
                ])
            })
            .collect(),
        _ => Vec::new(),
    };
    (head, widths.to_vec(), rows)
}

/// In brackets, how often each was in the way.
fn limits(state: &State) -> Rows {
    let head = Row::new([
        Cell::new("limits (refused)"),
        right("connections"),
        right("verbs/s"),
        right("bytes/s"),
        right("value"),
    ]);
    let widths = [
        Constraint::Min(16),
        Constraint::Length(16),
        Constraint::Length(12),
        Constraint::Length(16),
        Constraint::Length(9),
    ];
    let row = |of: Limited| Row::new(std::iter::once(Cell::new(of.who())).chain(of.cells().map(right)));
    let rows = state.status.as_ref().map(|status| limited(status).into_iter().map(row).collect());
    (head, widths.to_vec(), rows.unwrap_or_default())
}

/// What a peer claimed may hold anything; what could act on a terminal, or be taken for something else, is escaped.
fn printable(text: &str) -> String {
    text.escape_debug().to_string()
}

fn keys(frame: &mut Frame<'_>, area: Rect, state: &State) {
    let key = |key: &'static str, what: &'static str| {
        [Span::styled(key, STRONG), Span::styled(format!(" {what}   "), QUIET)]
    };
    let pause = if state.is_paused { "go on" } else { "pause" };
    let all = [
        key("q", "quit"),
        key("Tab", "next"),
        key("s", "sort"),
        key("k", "hot keys"),
        key("Space", pause),
        key("h", "help"),
    ];
    frame.render_widget(Line::from(all.into_iter().flatten().collect::<Vec<_>>()), area);
}

fn help(frame: &mut Frame<'_>) {
    let lines: Vec<Line<'_>> = HELP
        .iter()
        .map(|(key, what)| {
            Line::from(vec![Span::styled(format!(" {key:<16}"), STRONG), Span::raw(format!("{what} "))])
        })
        .collect();
    let height = u16::try_from(lines.len() + 2).unwrap_or(u16::MAX);
    let area = frame.area().centered(Constraint::Length(62), Constraint::Length(height));
    frame.render_widget(Clear, area);
    frame.render_widget(Paragraph::new(lines).block(Block::bordered().title(" keys ")), area);
}
