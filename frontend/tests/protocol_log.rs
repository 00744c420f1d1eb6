//! What a whole conversation leaves in the log with everything turned on.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

mod conversation;
#[path = "conversation/scram.rs"]
mod scram;

use conversation::{Line, PASSWORD, ask, get, locked_door, plain, set};
use std::{
    io::{Result, Write},
    sync::{Arc, Mutex},
};
use tracing::Level;

/// Where the log goes here.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<u8>>>);

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        self.0.lock().unwrap().extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> Result<()> {
        Ok(())
    }
}

/// Everything that is logged while `talk` runs.
fn log_of(talk: impl FnOnce()) -> String {
    let kept = Kept::default();
    let writer = kept.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(Level::TRACE)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    tracing::subscriber::with_default(subscriber, talk);
    let bytes = kept.0.lock().unwrap().clone();
    String::from_utf8(bytes).unwrap()
}

#[test]
fn row_69_neither_passwords_nor_proofs_nor_values_are_logged_and_who_logged_in_is() {
    let (_cache, door) = locked_door();
    let mut secrets = vec![PASSWORD.to_owned()];
    secrets.extend(
        ["a-wrong-guess", "another-guess", "unknown-payload", "the-value", "clientnonce"].map(String::from),
    );
    let log = log_of(|| {
        let mut line = Line::to(&door);
        line.one(&plain("ada", PASSWORD));
        line.one(&plain("ada", "a-wrong-guess"));
        line.one(&plain("mallory", "another-guess"));
        line.one(&ask(0x21).key("NONESUCH").value("unknown-payload"));
        let bare = "n=ada,r=clientnonce";
        let first = line.one(&ask(0x21).key("SCRAM-SHA-256").value(format!("n,,{bare}"))).text();
        let last = scram::client_final("n,,", bare, &first, PASSWORD);
        let signature = line.one(&ask(0x22).key("SCRAM-SHA-256").value(&last.message)).text();
        line.one(&ask(0x22).key("SCRAM-SHA-256"));
        line.one(&set("the-key", "the-value"));
        line.one(&get("the-key"));
        secrets.extend([first, last.message, signature]);
    });
    // Of the SCRAM messages each part by itself: nonce, salt, proof, signature.
    let parts = secrets.iter().flat_map(|secret| secret.split(',')).filter(|part| !part.starts_with("i="));
    for secret in parts.map(|part| part.trim_start_matches(|c| "rspvc".contains(c)).trim_start_matches('=')) {
        assert!(secret.len() > 3 && !log.contains(secret), "{secret} is in the log:\n{log}");
    }
    for told in ["ada", "mallory", "WrongPassword", "UnknownUser", "SCRAM-SHA-256", "the-key"] {
        assert!(log.contains(told), "{told}:\n{log}");
    }
}

#[test]
fn row_02_03_a_key_is_logged_escaped_and_cut_short_on_one_line() {
    let (_cache, door) = locked_door();
    let log = log_of(|| {
        let mut line = Line::to(&door);
        line.one(&plain("ada", PASSWORD));
        line.one(&get(b"x\r\nforged line\x1b[2J\0\xff"));
        line.one(&ask(0x04).key([b'k'; 250]));
        line.one(&plain("eve\nforged name", "guess"));
        line.one(&ask(0x77).key(b"\nforged").value("body"));
    });
    assert!(log.contains(r"x\r\nforged line\x1b[2J\x00\xff"), "{log}");
    assert!(log.contains("(250 bytes)") && !log.contains(&"k".repeat(65)), "{log}");
    assert!(log.lines().all(|line| !line.starts_with("forged")), "{log}");
    assert!(log.bytes().all(|byte| byte == b'\n' || (0x20..0x7f).contains(&byte)), "{log}");
}
