//! The status page in a real browser: a headless Chromium, driven by its DevTools protocol over two pipes, beside a server under
//! load. `cargo xtask test` installs one where it may. Without a browser this says that it is skipped, unless `CI` is `true`:
//! then it is a failure. `KEYWAY_SCREENSHOTS=FOLDER` keeps what was seen.
#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    clippy::print_stderr,
    reason = "a test fails by panicking, its frames are small, and what is skipped is said out loud"
)]

mod browser;
mod cli_command;
mod serving;

use browser::{Browser, Page};
use cli_command::Place;
use serving::{AUTH_FAILURE, Client, FILE, PATIENCE, SUCCESS, Serving, add};
use std::{
    io::{Read, Write},
    net::TcpStream,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

const FORBIDDEN: u16 = 0x24;
const TOO_MANY: u16 = 0x32;
const MARKUP: &str = "<script>document.title='owned'</script><img src=x onerror=alert(1)>";

fn start(more: &str) -> (Place, Serving, String, String) {
    let place = Place::new();
    add(&place, "ada", "pencil");
    let ended = place.run("user add <b>bob</b> --password-stdin --role read-only", "crayon");
    let said = format!("{}{}", ended.stdout, ended.stderr);
    assert!(ended.code == Some(0) && said.contains("<b>bob</b>"), "{said}");
    limit(&place);
    let line = format!("-p 0 -m 2 --memory-means charged --metrics 127.0.0.1:0 {more}");
    let (serving, said) = Serving::start(&place, line.trim_end());
    let metrics = serving.lines.recv_timeout(PATIENCE).unwrap();
    let http =
        metrics.strip_prefix("metrics at http://").unwrap().strip_suffix("/metrics").unwrap().to_owned();
    (place, serving, said.address, http)
}

/// A namespace with limits, in which ada works; bob has some of his own.
fn limit(place: &Place) {
    let text = std::fs::read_to_string(place.path(FILE)).unwrap();
    let bounded = |text: &str, name: &str, more: &str| text.replacen(name, &format!("{name}{more}\n"), 1);
    let text = bounded(&text, "name = \"ada\"\n", "namespace = \"shop\"");
    let text = bounded(&text, "name = \"<b>bob</b>\"\n", "limits = { connections = 1 }");
    let shop = "[[namespace]]\nname = \"shop\"\nreserve = \"64KiB\"\nceiling_items = 90000\nlimits = { value = \"1MiB\" }";
    std::fs::write(place.path(FILE), text.replacen("\n[[user]]\n", &format!("\n{shop}\n\n[[user]]\n"), 1))
        .unwrap();
}

fn answer(http: &str, path: &str) -> String {
    let mut socket = TcpStream::connect(http).unwrap();
    write!(socket, "GET {path} HTTP/1.1\r\nHost: {http}\r\n\r\n").unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn there_is_no_page_unless_it_is_asked_for() {
    let (_place, _serving, _, http) = start("");
    for path in ["/", "/status.json"] {
        assert!(answer(&http, path).starts_with("HTTP/1.1 404 "), "{path}");
    }
}

#[test]
fn the_page_has_a_strict_policy_and_the_snapshot_is_json() {
    let (_place, _serving, _, http) = start("--status-page");
    let page = answer(&http, "/");
    assert!(page.starts_with("HTTP/1.1 200 OK\r\n"), "{page}");
    assert!(page.contains("\r\nContent-Security-Policy: default-src 'none'; script-src 'sha256-"), "{page}");
    let snapshot = answer(&http, "/status.json");
    let json: serde_json::Value = serde_json::from_str(snapshot.split("\r\n\r\n").nth(1).unwrap()).unwrap();
    assert_eq!(json["memory"]["budget"], 2 << 20);
    let of_another_page = {
        let mut socket = TcpStream::connect(&http).unwrap();
        write!(socket, "GET /status.json HTTP/1.1\r\nHost: evil.example\r\n\r\n").unwrap();
        let mut answer = String::new();
        socket.read_to_string(&mut answer).unwrap();
        answer
    };
    assert!(of_another_page.starts_with("HTTP/1.1 421 "), "{of_another_page}");
}

/// Uses the cache until it is dropped: more than it holds.
struct Load(Arc<AtomicBool>, Option<thread::JoinHandle<()>>);

impl Load {
    fn start(address: &str) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let (stopped, address) = (stop.clone(), address.to_owned());
        let load = move || {
            let mut ada = Client::connect(&address);
            assert_eq!(ada.login("ada", "pencil"), SUCCESS);
            let value = vec![b'x'; 2000];
            for number in 0_u32.. {
                if stopped.load(Ordering::Relaxed) {
                    return;
                }
                assert_eq!(ada.set(&format!("key-{number}"), &value), SUCCESS);
                for age in 0..4 {
                    ada.get(&format!("key-{}", number.wrapping_sub(age * 500)));
                }
                if number % 64 == 0 {
                    thread::sleep(Duration::from_millis(5));
                }
            }
        };
        Self(stop, Some(thread::spawn(load)))
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
        let _ = self.1.take().map(thread::JoinHandle::join);
    }
}

/// Waits until this expression is true in the page.
fn wait_for(page: &mut Page, expression: &str) {
    let mut tries = 0;
    while page.evaluate(expression) != serde_json::Value::Bool(true) {
        tries += 1;
        let body = page.evaluate("document.body.innerText");
        assert!(tries < 300, "{expression} does not come true: {body}\n{:?}", page.complaints());
        thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn it_is_live_in_a_browser_on_a_desk_and_on_a_phone_and_names_are_never_markup() {
    let Some(browser) = Browser::find() else {
        assert!(std::env::var_os("CI").is_none_or(|ci| ci != "true"), "there is no chromium");
        eprintln!("skipped: the status page in a browser: there is no chromium");
        return;
    };
    let (_place, serving, address, http) = start("--status-page");
    let load = Load::start(&address);
    assert_eq!(Client::connect(&address).login(MARKUP, "guess"), AUTH_FAILURE);
    let mut bob = Client::connect(&address);
    assert_eq!(bob.login("<b>bob</b>", "crayon"), SUCCESS);
    assert_eq!(bob.set("k", b"v"), FORBIDDEN);
    assert_eq!(Client::connect(&address).login("<b>bob</b>", "crayon"), TOO_MANY);

    let mut page = browser.open(&format!("http://{http}/"));
    page.look_like(1280, 900, "light");
    wait_for(&mut page, "document.getElementById('state').textContent === 'live'");
    wait_for(&mut page, "parseFloat(document.getElementById('gets').textContent) > 0");
    wait_for(&mut page, "document.querySelectorAll('#chart .trace').length === 3");
    wait_for(&mut page, "document.getElementById('items').textContent.startsWith('of 2.0 MiB, ')");
    wait_for(&mut page, "parseFloat(document.getElementById('evictions').textContent) > 0");
    let rows = "document.getElementById('refusal-rows').innerText";
    let refusals = page.evaluate(rows);
    let refusals = refusals.as_str().unwrap();
    // What was claimed is cut at 64 bytes.
    assert!(refusals.contains(&MARKUP[..64]) && refusals.contains("UnknownUser"), "{refusals}");
    assert!(refusals.contains("<b>bob</b>") && refusals.contains("Forbidden"), "{refusals}");
    let limits = page.evaluate("document.getElementById('limit-rows').innerText");
    let limits = limits.as_str().unwrap().replace(['\t', '\n'], " ");
    assert!(limits.contains("user <b>bob</b> 1 of 1, 1 refused"), "{limits}");
    assert!(limits.contains("namespace shop") && limits.contains("1.0 MiB"), "{limits}");
    let spaces = page.evaluate("document.getElementById('namespace-rows').innerText");
    assert!(
        spaces.as_str().is_some_and(|it| it.contains("64.0 KiB reserved") && it.contains(" of 90,000")),
        "{spaces}"
    );
    let made = "document.querySelectorAll('main script, main img, main b:not(.card b)').length";
    assert_eq!(page.evaluate(made), 0, "a name became markup");
    assert_eq!(page.evaluate("document.title"), "Keyway");
    page.keep("desktop");

    page.evaluate("document.getElementById('pause').click()");
    let before = page.evaluate("document.getElementById('uptime').textContent");
    thread::sleep(Duration::from_secs(5));
    assert_eq!(page.evaluate("document.getElementById('uptime').textContent"), before, "it is paused");
    page.evaluate("document.getElementById('pause').click()");
    wait_for(&mut page, "document.getElementById('state').textContent === 'live'");

    page.look_like(390, 844, "dark");
    assert_eq!(page.evaluate("document.documentElement.scrollWidth"), 390, "nothing is wider than the phone");
    let dark = "matchMedia('(prefers-color-scheme: dark)').matches && \
                getComputedStyle(document.body).backgroundColor === 'rgb(13, 21, 24)'";
    assert_eq!(page.evaluate(dark), true);
    // Every table has a name and heads, every picture a text, the button a name, and headings do not leave a level out.
    let accessible = "[...document.querySelectorAll('table')].every(t => t.getAttribute('aria-labelledby') && \
                      [...t.querySelectorAll('th')].every(h => h.scope)) && \
                      [...document.querySelectorAll('svg')].every(s => s.ariaHidden === 'true' || s.ariaLabel) && \
                      document.querySelector('button').innerText.length > 0 && \
                      document.querySelectorAll('h1').length === 1 && document.documentElement.lang === 'en'";
    assert_eq!(page.evaluate(accessible), true);
    page.keep("phone");
    // Below 44 pixels a thumb misses; 40 and the space around it are what the header has.
    assert_eq!(page.evaluate("document.getElementById('pause').offsetHeight >= 40"), true);

    drop(load);
    drop(serving);
    wait_for(&mut page, "document.getElementById('state').textContent === 'not reachable'");
    wait_for(&mut page, "!document.getElementById('notice').hidden");
    let complaints = page.complaints();
    // That the server cannot be reached any more is told in the console, too.
    let others: Vec<_> = complaints.iter().filter(|it| !it.contains("ERR_CONNECTION_REFUSED")).collect();
    assert!(others.is_empty(), "{others:?}");
}
