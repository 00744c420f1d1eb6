//! Clients that know nothing of namespaces, and work in one each.

use super::{
    Ended, Server,
    server::{PASSWORD, add_user, keyway},
    tool,
};
use std::{
    fs,
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

const TENANTS: [&str; 2] = ["shop", "blog"];
/// Who only reads what the first one has.
const GUEST: &str = "guest";

/// A server with two tenants, each in the namespace of its name.
fn server(socket: Option<&Path>) -> Result<Server, String> {
    let socket = socket.map(|it| it.display().to_string());
    let administered = socket.iter().flat_map(|it| ["--admin-socket", it.as_str()]).collect::<Vec<_>>();
    Server::of(&administered, |_, users| {
        add_user(users, "ada", "read-write", PASSWORD, &[])?;
        let mut text = fs::read_to_string(users).map_err(|error| error.to_string())?;
        for tenant in TENANTS {
            text += &format!("\n[[namespace]]\nname = \"{tenant}\"\nreserve = \"1MiB\"\n");
        }
        fs::write(users, text).map_err(|error| error.to_string())?;
        add_user(users, GUEST, "read-only", PASSWORD, &["--namespace", TENANTS[0]])?;
        TENANTS.iter().try_for_each(|it| add_user(users, it, "read-write", PASSWORD, &["--namespace", it]))
    })
}

/// The same file name holds another letter for each.
pub(super) fn tools(memccp: &Path) -> Result<(), String> {
    let server = server(None)?;
    let file = server.folder().join("letter");
    for tenant in TENANTS {
        fs::write(&file, format!("to the {tenant}")).map_err(|error| error.to_string())?;
        Ended::of(tool(memccp, "memccp", &server, [tenant, PASSWORD]).arg(&file))?.must_succeed()?;
    }
    for tenant in TENANTS {
        let shown = Ended::of(tool(memccp, "memccat", &server, [tenant, PASSWORD]).arg("letter"))?;
        shown.must_succeed()?;
        shown.must_say(&format!("to the {tenant}"))?;
        let stats = Ended::of(&mut tool(memccp, "memcstat", &server, [tenant, PASSWORD]))?;
        stats.must_say("curr_items: 1")?;
    }
    Ended::of(tool(memccp, "memccat", &server, ["ada", PASSWORD]).arg("letter"))?.must_fail()?;
    server.stop().map(drop)
}

/// One of two tenants is revoked by the operator's command while both and a guest are connected.
pub(super) fn pylibmc(python: &Path) -> Result<(), String> {
    let folder = tempfile::TempDir::new().map_err(|error| error.to_string())?;
    let socket = folder.path().join("admin");
    let server = server(Some(&socket))?;
    let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/clients/pylibmc_tenants.py");
    let mut child = Command::new(python)
        .arg(script)
        .args([server.host(), &server.port(), TENANTS[0], TENANTS[1], GUEST, PASSWORD])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| error.to_string())?;
    let mut asked = String::new();
    if let Some(output) = child.stdout.take() {
        let mut output = BufReader::new(output);
        output.read_line(&mut asked).map_err(|error| error.to_string())?;
        child.stdout = Some(output.into_inner());
    }
    if asked.contains("revoke the first tenant") {
        let revoke = Ended::of(keyway().args(["user", "revoke", TENANTS[0], "--admin-socket"]).arg(&socket))?;
        revoke.must_succeed()?;
    }
    if let Some(mut input) = child.stdin.take() {
        let _ended_already = writeln!(input, "go on");
    }
    let output = child.wait_with_output().map_err(|error| error.to_string())?;
    let said = [asked.into_bytes(), output.stdout, output.stderr].concat();
    let ended = Ended::new("pylibmc_tenants.py", output.status, String::from_utf8_lossy(&said).into_owned());
    ended.must_succeed()?;
    ended.must_say("done")?;
    server.stop().map(drop)
}
