//! The clients that are tried, and what each must do.

mod encrypted;
mod ended;
mod holding_proxy;
mod impostor;
mod local;
mod memcached;
mod mid_pipeline;
mod prepared;
mod server;
mod tenants;

use ended::Ended;
use impostor::{Heard, Impostor, Signature};
use local::Over;
use memcached::{Memcached, REALM};
pub(crate) use mid_pipeline::CASES as IN_MID_PIPELINE;
use prepared::tool as system_tool;
pub(crate) use prepared::{Availability, Client, Prepared};
use server::{ADMIRER, ADMIRER_PASSWORD, PASSWORD, Server, USER, import, told};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// The library in Java, where Debian has it.
const SPYMEMCACHED: &str = "/usr/share/java/spymemcached.jar";

/// One client doing one thing.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) client: Client,
    /// Gets the path of the client's program, or of its folder if it is several.
    pub(crate) run: fn(&Path) -> Result<(), String>,
}

pub(crate) const CASES: [Case; 29] = [
    Case {
        name: "a_c_program_on_libmemcached_logs_in_with_plain",
        client: Client::CProgram("sasl_test"),
        run: |program| c_program(program, "PLAIN", USER),
    },
    Case {
        name: "a_c_program_on_libmemcached_logs_in_with_scram_sha_256",
        client: Client::CProgram("sasl_test"),
        run: |program| c_program(program, "SCRAM-SHA-256", USER),
    },
    Case {
        name: "a_c_program_on_libmemcached_logs_in_with_scram_sha_512",
        client: Client::CProgram("sasl_test"),
        run: |program| c_program(program, "SCRAM-SHA-512", USER),
    },
    Case {
        name: "a_c_program_on_libmemcached_logs_in_where_the_signature_comes_with_success",
        client: Client::CProgram("sasl_test"),
        run: |program| c_program_with(program, "SCRAM-SHA-256", USER, &["--server-final", "success"]),
    },
    Case {
        name: "a_c_program_on_libmemcached_logs_in_with_cram_md5",
        client: Client::CProgram("sasl_test"),
        run: |program| c_program(program, "CRAM-MD5", USER),
    },
    Case {
        name: "a_c_program_on_libmemcached_goes_away_from_a_server_that_signs_wrongly_by_sha_256",
        client: Client::CProgram("sasl_test"),
        run: |program| impostor(program, "SCRAM-SHA-256"),
    },
    Case {
        name: "a_c_program_on_libmemcached_goes_away_from_a_server_that_signs_wrongly_by_sha_512",
        client: Client::CProgram("sasl_test"),
        run: |program| impostor(program, "SCRAM-SHA-512"),
    },
    Case {
        name: "a_realm_behind_the_name_does_not_matter_to_plain",
        client: Client::CProgram("sasl_test"),
        run: |program| c_program(program, "PLAIN", "ada@elsewhere"),
    },
    Case {
        name: "a_realm_behind_the_name_does_not_matter_to_scram",
        client: Client::CProgram("sasl_test"),
        run: |program| c_program(program, "SCRAM-SHA-256", "ada@elsewhere"),
    },
    Case {
        name: "memcapable_finds_the_binary_protocol_complete",
        client: Client::Tool("memccapable"),
        run: memcapable,
    },
    Case {
        name: "pylibmc_does_every_verb",
        client: Client::Python("pylibmc"),
        run: |it| script(it, "pylibmc_verbs.py"),
    },
    Case {
        name: "bmemcached_does_every_verb",
        client: Client::Python("bmemcached"),
        run: |it| script(it, "bmemcached_verbs.py"),
    },
    Case {
        name: "bmemcached_does_every_verb_by_tls",
        client: Client::Python("bmemcached"),
        run: |it| encrypted::script(it, "bmemcached_verbs.py"),
    },
    Case {
        name: "spymemcached_logs_in_with_plain",
        client: Client::Java,
        run: |folder| spymemcached(folder, "PLAIN"),
    },
    Case {
        name: "spymemcached_logs_in_with_cram_md5",
        client: Client::Java,
        run: |folder| spymemcached(folder, "CRAM-MD5"),
    },
    Case {
        name: "users_of_saslpasswd2_log_in_as_ever_once_their_sasldb_is_imported",
        client: Client::CProgramBeside("saslpasswd2"),
        run: sasldb,
    },
    Case {
        name: "users_of_a_pwdb_log_in_as_ever_once_it_is_imported",
        client: Client::CProgram("sasl_test"),
        run: pwdb,
    },
    Case {
        name: "the_doctor_finds_memcached_itself_in_order",
        client: Client::Peer("memcached"),
        run: doctor_of_memcached,
    },
    Case { name: "the_tools_copy_and_show_a_file", client: Client::Tool("memccp"), run: tools },
    Case {
        name: "the_tools_of_two_tenants_show_each_its_own",
        client: Client::Tool("memccp"),
        run: tenants::tools,
    },
    Case {
        name: "pylibmc_as_two_tenants_of_whom_one_is_revoked",
        client: Client::Python("pylibmc"),
        run: tenants::pylibmc,
    },
    Case { name: "the_tools_reach_a_unix_socket", client: Client::Tool("memccp"), run: local::tools },
    Case {
        name: "the_tools_do_not_log_in_over_a_unix_socket",
        client: Client::Tool("memccp"),
        run: local::tools_where_a_login_is_asked_for,
    },
    Case {
        name: "pylibmc_does_every_verb_over_a_unix_socket",
        client: Client::Python("pylibmc"),
        run: local::pylibmc,
    },
    Case { name: "php_logs_in_over_tcp", client: Client::Php, run: |php| local::php(php, Over::Tcp) },
    Case {
        name: "php_is_served_over_a_unix_socket",
        client: Client::Php,
        run: |php| local::php(php, Over::Unix),
    },
    Case { name: "dalli_logs_in_over_tcp", client: Client::Dalli, run: |ruby| local::dalli(ruby, Over::Tcp) },
    Case {
        name: "dalli_logs_in_over_a_unix_socket",
        client: Client::Dalli,
        run: |ruby| local::dalli(ruby, Over::Unix),
    },
    Case { name: "a_reader_may_look_but_not_write", client: Client::Tool("memccp"), run: reader },
];

fn c_program(program: &Path, mechanism: &str, name: &str) -> Result<(), String> {
    c_program_with(program, mechanism, name, &[])
}

fn c_program_with(program: &Path, mechanism: &str, name: &str, flags: &[&str]) -> Result<(), String> {
    let offered = "SCRAM-SHA-512,SCRAM-SHA-256,PLAIN,CRAM-MD5";
    let server = Server::start(&[&["-vvv", "--mechanisms", offered], flags].concat())?;
    visit(program, server, mechanism, name)
}

/// The whole way of somebody who comes from `memcached -S`: a database as memcached's guides make it, imported; then the same
/// client logs in with the same password, whatever realm it says.
fn sasldb(program: &Path) -> Result<(), String> {
    let saslpasswd2 = system_tool("saslpasswd2").ok_or("saslpasswd2 is gone")?;
    for (mechanism, name) in [("PLAIN", USER), ("SCRAM-SHA-256", USER), ("PLAIN", "ada@another.host")] {
        let server = Server::of(&["-vvv"], |folder, users| {
            let database = folder.join("sasldb2");
            let mut make = Command::new(&saslpasswd2);
            make.args(["-p", "-c", "-a", "memcached", "-u", "some.host", "-f"]).arg(&database).arg(USER);
            told(&mut make, PASSWORD)?.must_succeed()?;
            import("sasldb", &database, users)
        })?;
        visit(program, server, mechanism, name)?;
    }
    Ok(())
}

/// Our client against the server and the SASL library that it takes after.
fn doctor_of_memcached(memcached: &Path) -> Result<(), String> {
    let saslpasswd2 = system_tool("saslpasswd2").ok_or("saslpasswd2 is not installed")?;
    for mechanism in ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "CRAM-MD5"] {
        let peer = Memcached::start(memcached, &saslpasswd2, mechanism)?;
        let good = peer.doctor(PASSWORD)?;
        good.must_succeed()?;
        good.must_say(&format!("logged in as \"{USER}@{REALM}\" by {mechanism}"))?;
        good.must_say("a get is answered")?;
        let bad = peer.doctor("certainly not the password")?;
        bad.must_fail()?;
        bad.must_say("was refused (0x20)")?;
    }
    Ok(())
}

fn pwdb(program: &Path) -> Result<(), String> {
    for mechanism in ["PLAIN", "SCRAM-SHA-256"] {
        let server = Server::of(&["-vvv"], |folder, users| {
            let file = folder.join("pwdb");
            fs::write(&file, format!("{USER}:{PASSWORD}:ignored\n")).map_err(|error| error.to_string())?;
            import("pwdb", &file, users)
        })?;
        visit(program, server, mechanism, USER)?;
    }
    Ok(())
}

/// The library logs its login itself, and tells its caller nothing of one that is refused.
fn spymemcached(folder: &Path, mechanism: &str) -> Result<(), String> {
    let server = Server::start(&["-vvv", "--mechanisms", "PLAIN,CRAM-MD5"])?;
    let classes = format!("{}:{SPYMEMCACHED}", folder.display());
    let run = Ended::of(
        Command::new("java")
            .args(["-cp", &classes, "SpymemcachedLogin", server.host(), &server.port()])
            .args([USER, PASSWORD, mechanism]),
    )?;
    run.must_succeed()?;
    run.must_say("got greeting back")?;
    run.must_say("a wrong password is refused")?;
    run.must_say("Auth failure.")?;
    let log = server.stop()?;
    log.must_say(&format!("logged in mechanism=\"{mechanism}\""))?;
    log.must_say("reason=WrongPassword")
}

/// Stores, fetches, and is refused with another password.
fn visit(program: &Path, server: Server, mechanism: &str, name: &str) -> Result<(), String> {
    let run = Ended::of(
        Command::new(program)
            .args([server.host(), &server.port(), name, PASSWORD, mechanism])
            .args(["greeting", "a value with blanks\tand an umlaut \u{fc}"]),
    )?;
    run.must_succeed()?;
    run.must_say("got greeting back")?;
    run.must_say("a wrong password is refused")?;
    // The client may fall back to another mechanism; the server's trace tells which one it was.
    server.stop()?.must_say(mechanism)
}

/// A server that knows the password is believed; one that does not is left before any command.
fn impostor(program: &Path, mechanism: &'static str) -> Result<(), String> {
    for (signature, receipt) in [(Signature::Right(PASSWORD), true), (Signature::Wrong, false)] {
        let impostor = Impostor::start(mechanism, signature).map_err(|error| error.to_string())?;
        let run = Ended::of(
            Command::new(program)
                .args([&impostor.address.ip().to_string(), &impostor.address.port().to_string()])
                .args([USER, PASSWORD, mechanism, "greeting", "hello"]),
        )?;
        // Also the right one has nothing to give.
        run.must_fail()?;
        let heard = impostor.heard()?;
        if heard != (Heard { proof: true, receipt, asked: receipt }) {
            return Err(format!("{mechanism}, {signature:?}: the client did {heard:?}"));
        }
    }
    Ok(())
}

fn memcapable(program: &Path) -> Result<(), String> {
    let server = Server::start(&["--anonymous", "read-write"])?;
    let run = Ended::of(Command::new(program).args(["-b", "-v", "-h", server.host(), "-p", &server.port()]))?;
    run.must_succeed()?;
    run.must_say("All tests passed")?;
    server.stop().map(drop)
}

fn script(python: &Path, name: &str) -> Result<(), String> {
    let server = Server::start(&[])?;
    let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests").join("clients").join(name);
    let run =
        Ended::of(Command::new(python).arg(script).args([server.host(), &server.port(), USER, PASSWORD]))?;
    run.must_succeed()?;
    run.must_say("a wrong password is refused")?;
    server.stop().map(drop)
}

/// A tool of libmemcached, beside `known`, with what it needs to log in.
fn tool(known: &Path, name: &str, server: &Server, login: [&str; 2]) -> Command {
    let mut command = Command::new(known.with_file_name(name));
    command.args([format!("--servers={}:{}", server.host(), server.port()), "--binary".into()]);
    let [user, password] = login;
    command.args(["--username", user, "--password", password]);
    command
}

fn tools(memccp: &Path) -> Result<(), String> {
    let server = Server::start(&[])?;
    let file = server.folder().join("letter");
    fs::write(&file, "dear reader").map_err(|error| error.to_string())?;
    let login = [USER, PASSWORD];
    Ended::of(tool(memccp, "memccp", &server, login).arg(&file))?.must_succeed()?;
    let shown = Ended::of(tool(memccp, "memccat", &server, login).arg("letter"))?;
    shown.must_succeed()?;
    shown.must_say("dear reader")?;
    let stats = Ended::of(&mut tool(memccp, "memcstat", &server, login))?;
    stats.must_succeed()?;
    for line in ["curr_items: 1", "rusage_user: ", "accepting_conns: 1", "rejected_connections: 0"] {
        stats.must_say(line)?;
    }
    for (group, line) in
        [("slabs", "1:used_chunks: 1"), ("items", "items:1:number: 1"), ("settings", "maxconns: ")]
    {
        let stats = Ended::of(tool(memccp, "memcstat", &server, login).arg(format!("--args={group}")))?;
        stats.must_succeed()?;
        stats.must_say(line)?;
    }
    Ended::of(tool(memccp, "memccat", &server, [USER, "guess"]).arg("letter"))?.must_fail()?;
    server.stop().map(drop)
}

fn reader(memccp: &Path) -> Result<(), String> {
    let server = Server::start(&[])?;
    let file = server.folder().join("letter");
    let write = |text: &str| fs::write(&file, text).map_err(|error| error.to_string());
    write("the first")?;
    Ended::of(tool(memccp, "memccp", &server, [USER, PASSWORD]).arg(&file))?.must_succeed()?;
    write("the second")?;
    Ended::of(tool(memccp, "memccp", &server, [ADMIRER, ADMIRER_PASSWORD]).arg(&file))?.must_fail()?;
    let shown = Ended::of(tool(memccp, "memccat", &server, [ADMIRER, ADMIRER_PASSWORD]).arg("letter"))?;
    shown.must_succeed()?;
    shown.must_say("the first")?;
    server.stop().map(drop)
}
