//! The commands of `docs/tls.md`, run as they stand there: in one folder, from top to bottom.
#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test may panic")]

use std::{
    path::Path,
    process::{Command, Stdio},
};

/// All that is between the marks of a shell's code.
fn commands(guide: &str) -> String {
    let blocks = guide.split("```sh\n").skip(1);
    blocks.map(|block| block.split("```").next().unwrap()).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_commands_of_the_guide_do_what_it_says() {
    let there = |program: &str, flag: &str| {
        Command::new(program).arg(flag).stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok()
    };
    if !(there("openssl", "version") && there("bash", "--version")) {
        return eprintln!("left out: no openssl, or no bash");
    }
    let folder = tempfile::tempdir().unwrap();
    // A port of its own, and the time to begin to listen and to read the files again.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port().to_string();
    let script = commands(include_str!("../../docs/tls.md"))
        .replace("11311", &port)
        .replace("server.pem --tls-key server.key --tls-client-ca authority.pem &", "server.pem --tls-key server.key --tls-client-ca authority.pem -v > log 2>&1 &\nfor _ in $(seq 200); do grep -q 'listening on' log && break; sleep 0.05; done");
    let keyway = Path::new(env!("CARGO_BIN_EXE_keyway")).parent().unwrap();
    let path = format!("{}:{}", keyway.display(), std::env::var("PATH").unwrap());
    let whole = format!(
        "set -em\ntrap 'kill -TERM %1' EXIT\n{script}\n\
         for _ in $(seq 200); do grep -q 'certificates read again' log && break; sleep 0.05; done\ngrep 'certificates read again' log\n"
    );
    let mut bash = Command::new("bash");
    bash.args(["-c", &whole]).current_dir(folder.path()).env("PATH", path).env_remove("KEYWAY_USERS");
    let ended = bash.stdin(Stdio::null()).output().unwrap();
    let said = [ended.stdout, ended.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    assert!(
        ended.status.success(),
        "{said}\n{}",
        std::fs::read_to_string(folder.path().join("log")).unwrap_or_default()
    );
    for wanted in
        ["CONNECTION ESTABLISHED", "Protocol version: TLSv1.3", "Verification: OK", "by SCRAM-SHA-256-PLUS"]
    {
        assert!(said.contains(wanted), "{wanted}: {said}");
    }
    assert!(said.contains("ada     read-write  subject:CN=worker-7,O=Shop"), "{said}");
    assert!(said.contains("worker  read-only  san:worker-8.shop.example"), "{said}");
}
