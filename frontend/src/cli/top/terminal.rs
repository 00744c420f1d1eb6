//! The terminal: drawn to, listened to, and left as it was found.

use super::{
    feed,
    hot_keys::Sampling,
    keys::{Then, press},
    source::Source,
    state::{Panel, State},
    view,
};
use crate::cli::failure::Failure;
use ratatui::{
    DefaultTerminal,
    crossterm::event::{self, Event, KeyEventKind},
};
use signal_hook::consts::{SIGHUP, SIGTERM};
use std::{
    io::{self, IsTerminal},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

/// How long a snapshot waits to be drawn, at most, and a signal to be heard.
const LISTEN: Duration = Duration::from_millis(100);

/// Shows the server until a key or a signal ends it.
pub(super) fn run(source: &Source, interval: Duration, with_keys: bool) -> Result<(), Failure> {
    if !io::stdout().is_terminal() || !io::stdin().is_terminal() {
        return Err(Failure::refused("this is no terminal; `keyway top --once` prints text"));
    }
    // What cannot be reached at all is better said on a line of its own.
    let first = source.status().map_err(Failure::refused)?;
    let broken = |error: io::Error| Failure::refused(format_args!("the terminal does not do: {error}"));
    let ended = Arc::new(AtomicBool::new(false));
    for signal in [SIGTERM, SIGHUP] {
        signal_hook::flag::register(signal, Arc::clone(&ended)).map_err(broken)?;
    }
    let news = feed::start(source.clone(), interval).map_err(broken)?;
    let mut state = State::new(source.name());
    state.learn(Ok(Box::new(first)));
    if with_keys {
        state.panel = Panel::HotKeys;
    }
    // From here on the terminal is another one, also if this panics: then it is put back by a hook.
    let mut terminal = ratatui::try_init().map_err(broken)?;
    let mut shown = || -> io::Result<()> {
        let mut sampling = None;
        while !ended.load(Ordering::Relaxed) {
            while let Ok(news) = news.try_recv() {
                state.learn(news);
            }
            sample(&mut state, &mut sampling, source)?;
            draw(&mut terminal, &mut state)?;
            if event::poll(LISTEN)? && hear(&mut state, &event::read()?) == Then::Quit {
                break;
            }
        }
        Ok(())
    };
    let shown = shown();
    ratatui::restore();
    shown.map_err(broken)
}

fn draw(terminal: &mut DefaultTerminal, state: &mut State) -> io::Result<()> {
    terminal.draw(|frame| view::draw(frame, state)).map(drop)
}

fn hear(state: &mut State, event: &Event) -> Then {
    match event {
        Event::Key(key) if key.kind != KeyEventKind::Release => press(state, *key),
        // A new size is seen when it is drawn next.
        _ => Then::GoOn,
    }
}

/// Keys are sampled while they are looked at, and no longer.
fn sample(state: &mut State, sampling: &mut Option<Sampling>, source: &Source) -> io::Result<()> {
    if state.panel != Panel::HotKeys {
        (*sampling, state.hot) = (None, None);
        return Ok(());
    }
    let sampling = match sampling {
        Some(sampling) => sampling,
        None => sampling.insert(Sampling::start(source.clone())?),
    };
    if let Some(sample) = sampling.take() {
        state.hot = Some(sample);
    }
    Ok(())
}
