//! What keys do.

use super::state::{Panel, State};
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// Whether it goes on after a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Then {
    GoOn,
    Quit,
}

/// The keys, and what they do: for the help.
pub(super) const HELP: [(&str, &str); 9] = [
    ("q, Esc, Ctrl-C", "quit"),
    ("Tab, 1 to 5", "namespaces, users, refusals, hot keys, limits"),
    ("k", "hot keys: sampled while they are shown"),
    ("s", "sort by size, activity or name"),
    ("Up, Down", "scroll"),
    ("PgUp, PgDn", "scroll by ten"),
    ("Space", "pause, and go on"),
    ("r", "forget the past rates"),
    ("h, ?", "this help"),
];

/// Does what a key says.
pub(super) fn press(state: &mut State, key: KeyEvent) -> Then {
    let with_control = key.modifiers.contains(KeyModifiers::CONTROL);
    match key.code {
        KeyCode::Char('c' | 'd') if with_control => return Then::Quit,
        KeyCode::Char('h' | '?') => state.shows_help = !state.shows_help,
        // Whatever else it would do: it ends the help first.
        KeyCode::Esc | KeyCode::Enter | KeyCode::Char('q') if state.shows_help => state.shows_help = false,
        KeyCode::Char('q') | KeyCode::Esc => return Then::Quit,
        KeyCode::Tab | KeyCode::Right => show(state, state.panel.next()),
        KeyCode::Char('1') => show(state, Panel::Namespaces),
        KeyCode::Char('2') => show(state, Panel::Users),
        KeyCode::Char('3') => show(state, Panel::Refusals),
        KeyCode::Char('4' | 'k') => show(state, Panel::HotKeys),
        KeyCode::Char('5') => show(state, Panel::Limits),
        KeyCode::Char('s') => state.order = state.order.next(),
        KeyCode::Char(' ') => state.is_paused = !state.is_paused,
        KeyCode::Char('r') => state.rates.clear(),
        KeyCode::Up => state.scrolled = state.scrolled.saturating_sub(1),
        KeyCode::Down => state.scrolled = state.scrolled.saturating_add(1),
        KeyCode::PageUp => state.scrolled = state.scrolled.saturating_sub(10),
        KeyCode::PageDown => state.scrolled = state.scrolled.saturating_add(10),
        KeyCode::Home => state.scrolled = 0,
        _ => {}
    }
    Then::GoOn
}

fn show(state: &mut State, panel: Panel) {
    (state.panel, state.scrolled) = (panel, 0);
}
