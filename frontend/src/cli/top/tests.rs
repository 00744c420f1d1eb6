//! The screen, drawn without a terminal, beside the screens in `screens/`, which were looked at. After a change that is meant,
//! `KEYWAY_WRITE_SCREENS=1` writes them anew, to be looked at again.

use super::{
    keys::{Then, press},
    once,
    source::Sample,
    state::{Order, Panel, State},
    view,
};
use keyway_frontend::{admin::HotKeyRow, status::Status};
use ratatui::{
    Terminal,
    backend::TestBackend,
    crossterm::event::{KeyCode, KeyEvent, KeyModifiers},
};
use serde_json::json;
use std::{env, fs, path::Path};

/// A snapshot after so many seconds of the same load.
fn status(seconds: u64) -> Box<Status> {
    status_after(seconds, seconds)
}

/// A snapshot after so many seconds and as much load as comes in `work` ones, with names that would like to be more than names.
fn status_after(uptime: u64, work: u64) -> Box<Status> {
    let seconds = work;
    let namespace = |name: &str, bytes: u64, hits: u64, evictions: u64| {
        json!({
            "name": name, "reserve": if name.is_empty() { 0 } else { 8 << 20 }, "bytes": bytes, "items": bytes / 512,
            "hits": hits * seconds, "misses": 1000 * seconds, "evictions": evictions * seconds, "expirations": 0,
            "ceiling_items": if name == "mail" { Some(9000) } else { None }, "connections": 7,
            "limits": if name == "shop" { json!({ "connections": 500, "bytes_per_second": 50 << 20 }) } else { json!({}) },
            "refused": if name == "shop" { json!({ "bytes_in": 3, "bytes_out": 39 }) } else { json!({}) },
        })
    };
    let refusal = |number: u64, user: &str, id: Option<&str>| {
        json!({
            "number": number, "at": "2026-11-26T09:30:01Z", "kind": if id.is_some() { "login_failed" } else { "refusal" },
            "id": id, "user": user, "verb": if id.is_some() { "SCRAM-SHA-256" } else { "write" },
            "reason": if id.is_some() { "WrongPassword" } else { "Forbidden" }, "from": "192.0.2.7:50123",
        })
    };
    let status = json!({
        "version": "0.1.0", "at": "2026-11-26T09:30:02Z", "uptime_ms": 11_530_000 + 1000 * uptime, "event_loops": 4,
        "connections": { "open": 42, "total": 1234, "limit": 1024 },
        "users": {
            "known": 14, "sessions": 45, "active_count": 2,
            "active": [
                {
                    "user": "ada", "sessions": 40, "requests": 1_234_567, "bytes_in": 9 << 20, "bytes_out": 5_u64 << 30,
                    "connections": 39, "limits": { "connections": 40, "operations_per_second": 20_000, "value": 65_536 },
                    "refused": { "connections": 12, "operations": 1_234_567 },
                },
                { "user": "zoe<script>", "sessions": 5, "requests": 7_000_000, "bytes_in": 1 << 10, "bytes_out": 700 },
            ],
        },
        "requests": {
            "get_hits": 11_600 * seconds, "get_misses": 716 * seconds, "sets": 1_200 * seconds, "deletes": 9 * seconds,
            "touches": 2 * seconds, "arithmetic": seconds, "flushes": 0, "logins": seconds, "login_errors": 0,
            "bytes_in": 1_258_291 * seconds, "bytes_out": 3_565_158 * seconds,
        },
        "memory": {
            "budget": 64 << 20, "bytes": 48 << 20, "items": 123_456, "stored": 500_000, "evictions": 120 * seconds,
            "expirations": 3 * seconds,
        },
        "namespaces": [
            namespace("", 16 << 20, 4000, 20), namespace("shop", 28 << 20, 9000, 100), namespace("mail", 4 << 20, 100, 0),
        ],
        "refusals": {
            "logins": 3, "put_off": 1, "verbs": 2,
            "recent": [refusal(9, "ada", None), refusal(7, "eve\u{1b}[2J\n", Some("bq3kzv7nja"))],
        },
    });
    Box::new(serde_json::from_value(status).unwrap())
}

fn state() -> State {
    let mut state = State::new("/run/keyway/admin.sock".to_owned());
    let mut work = 0;
    for second in 1..=70 {
        // Up and down again and again, the newest as it is in the figures.
        work += if second == 70 { 1 } else { 1 + 9 * (second * 7 % 23) / 23 };
        state.learn(Ok(status_after(second, work)));
    }
    state
}

fn drawn(state: &mut State, width: u16, height: u16) -> String {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| view::draw(frame, state)).unwrap();
    let buffer = terminal.backend().buffer();
    let line =
        |y| (0..width).map(|x| buffer[(x, y)].symbol()).collect::<String>().trim_end().to_owned() + "\n";
    (0..height).map(line).collect()
}

fn is_as_in(file: &str, screen: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/cli/top/screens").join(file);
    if env::var_os("KEYWAY_WRITE_SCREENS").is_some() {
        fs::write(&path, screen).unwrap();
    }
    let expected = fs::read_to_string(&path).unwrap();
    assert!(screen == expected, "{file} is another one now:\n{screen}\ninstead of\n{expected}");
}

fn type_in(state: &mut State, keys: &str) -> Then {
    let key = |key: char| KeyEvent::new(KeyCode::Char(key), KeyModifiers::NONE);
    keys.chars().map(|it| press(state, key(it))).last().unwrap_or(Then::GoOn)
}

#[test]
fn each_panel_is_drawn_as_it_was_looked_at_in_80_columns_and_24_lines() {
    let mut state = state();
    is_as_in("namespaces.txt", &drawn(&mut state, 80, 24));
    type_in(&mut state, "2");
    is_as_in("users.txt", &drawn(&mut state, 80, 24));
    type_in(&mut state, "3");
    is_as_in("refusals.txt", &drawn(&mut state, 80, 24));
    type_in(&mut state, "k");
    let key = |key: &str, per_second: u64| -> HotKeyRow {
        let row = json!({
            "namespace": "shop", "key": key, "per_second": per_second, "share_ppm": per_second, "least_share_ppm": 1,
        });
        serde_json::from_value(row).unwrap()
    };
    let mut keys = vec![key(r"front\x1b[2Jpage", 412_000), key("cart:7", 1_500)];
    keys[1].namespace.clear();
    state.hot = Some(Ok(Sample { keys, drawn: 90_000 }));
    is_as_in("hot-keys.txt", &drawn(&mut state, 80, 24));
    type_in(&mut state, "5");
    is_as_in("limits.txt", &drawn(&mut state, 80, 24));
    type_in(&mut state, "4h");
    is_as_in("help.txt", &drawn(&mut state, 80, 24));
}

#[test]
fn it_fits_into_any_size_and_says_what_is_wrong() {
    let mut state = state();
    for panel in Panel::ALL {
        state.panel = panel;
        for (width, height) in [(1, 1), (20, 5), (80, 24), (300, 100)] {
            drawn(&mut state, width, height);
        }
    }
    state.panel = Panel::Namespaces;
    is_as_in("wide.txt", &drawn(&mut state, 132, 40));
    state.learn(Err("no server answers at /run/keyway/admin.sock: gone".to_owned()));
    assert!(drawn(&mut state, 80, 24).contains("no server answers at /run"));
    state.learn(Ok(status(102)));
    assert!(!drawn(&mut state, 80, 24).contains("no server"));
    assert!(
        drawn(&mut State::new("here".to_owned()), 80, 24).contains("q quit"),
        "before the first snapshot"
    );
}

#[test]
fn keys_sort_scroll_pause_and_quit() {
    let mut state = state();
    let names = |state: &State| state.namespaces().into_iter().map(|(of, _)| of.name).collect::<Vec<_>>();
    assert_eq!(names(&state), ["shop", "", "mail"]);
    type_in(&mut state, "s");
    assert_eq!(
        (state.order, names(&state)),
        (Order::Activity, vec!["shop".into(), "".into(), "mail".into()])
    );
    type_in(&mut state, "s");
    assert_eq!(names(&state), ["", "mail", "shop"]);
    type_in(&mut state, "2");
    assert_eq!(state.users()[0].user, "ada");
    for _ in 0..50 {
        press(&mut state, KeyEvent::new(KeyCode::Down, KeyModifiers::NONE));
    }
    drawn(&mut state, 80, 24);
    assert_eq!(state.scrolled, 0, "there is nothing to scroll to");
    let before = state.status.as_ref().unwrap().uptime_ms;
    type_in(&mut state, " ");
    state.learn(Ok(status(500)));
    assert_eq!(state.status.as_ref().unwrap().uptime_ms, before);
    type_in(&mut state, " ");
    state.learn(Ok(status(500)));
    assert_ne!(state.status.as_ref().unwrap().uptime_ms, before);
    assert_eq!(type_in(&mut state, "hq"), Then::GoOn, "the first ends the help");
    assert_eq!(type_in(&mut state, "q"), Then::Quit);
    let interrupt = KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL);
    assert_eq!(press(&mut state, interrupt), Then::Quit);
    state.learn(Ok(status(1)));
    assert!(state.rates.is_empty(), "the server has begun anew");
}

#[test]
fn text_for_scripts_has_a_fact_to_a_line_and_nothing_that_acts_on_a_terminal() {
    let text = once::of(&status(100), &status(101));
    is_as_in("once.txt", &text);
    assert!(!text.contains('\u{1b}'));
}
