//! `keyway serve` by TLS, with what comes with systems: openssl for certificates and as a client.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::cast_possible_truncation,
    clippy::print_stderr,
    reason = "a test that cannot go on fails"
)]

mod cli_command;
mod raw;
mod serving;
mod tls;

use cli_command::Place;
use rustix::process::Signal;
use serving::{Serving, add};
use std::{
    fs,
    io::{Read, Write},
    net::TcpStream,
    process::{Command, Stdio},
    time::{SystemTime, UNIX_EPOCH},
};
use tls::{House, TlsClient};

/// The usual start line with the certificates of this house.
fn line(house: &House, more: &str) -> String {
    let path = |name: &str| house.path(name).display().to_string();
    format!("-p 0 -vv --tls-certificate {} --tls-key {}{more}", path("server.pem"), path("server.key"))
}

fn connect(house: &House, address: &str) -> TlsClient {
    let config = house.client_config(None, &[&rustls::version::TLS13]);
    TlsClient::connect(address.parse().unwrap(), config).unwrap()
}

#[test]
fn changed_files_count_within_a_second_and_bad_ones_are_told_once() {
    let (place, house) = (Place::new(), House::new());
    add(&place, "ada", raw::PASSWORD);
    let (serving, said) = Serving::start(&place, &line(&house, ""));
    let mut client = connect(&house, &said.address);
    assert_eq!(client.one(&raw::plain("ada", raw::PASSWORD)).status, 0);
    let shown = || connect(&house, &said.address).0.conn.peer_certificates().unwrap()[0].clone();
    let first = shown();

    house.install(&house.server());
    raw::eventually("the new certificate is shown", || shown() != first);
    serving.logged("certificates read again");

    let second = shown();
    fs::write(house.path("server.key"), "nonsense").unwrap();
    serving.logged("new connections get what they got before");
    serving.signal(Signal::HUP);
    std::thread::sleep(std::time::Duration::from_millis(1200));
    assert_eq!(shown(), second);
    assert_eq!(serving.log().matches("new connections get what they got before").count(), 1);
    house.install(&house.server());
    serving.signal(Signal::HUP);
    raw::eventually("the next one is shown", || shown() != second);
    assert_eq!(client.one(&raw::noop()).status, 0, "who was there is still there");
    assert_eq!(serving.end(Signal::TERM).0, Some(0));
}

#[test]
fn metrics_tell_when_the_certificate_ends_and_how_the_last_reload_went() {
    let (place, house) = (Place::new(), House::new());
    add(&place, "ada", raw::PASSWORD);
    let (serving, _) = Serving::start(&place, &line(&house, " --metrics 127.0.0.1:0"));
    let said = serving.lines.recv_timeout(serving::PATIENCE).unwrap();
    let address = said.strip_prefix("metrics at http://").unwrap().strip_suffix("/metrics").unwrap();
    let metrics = || {
        let mut socket = TcpStream::connect(address).unwrap();
        socket.write_all(b"GET /metrics HTTP/1.0\r\n\r\n").unwrap();
        let mut answer = String::new();
        socket.read_to_string(&mut answer).unwrap();
        answer
    };
    let name = format!("{{certificate=\"{}\"}} ", house.path("server.pem").display());
    let text = metrics();
    let end = text.lines().find_map(|line| {
        line.strip_prefix("keyway_certificate_expiry_timestamp_seconds")?.strip_prefix(&name)
    });
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    assert!(end.unwrap().parse::<u64>().unwrap() > now, "{text}");
    fs::write(house.path("server.key"), "nonsense").unwrap();
    let last = |value| format!("\nkeyway_reload_last_successful{{what=\"certificates\"}} {value}\n");
    raw::eventually("the failure shows", || metrics().contains(&last(0)));
    house.install(&house.server());
    raw::eventually("the success shows", || metrics().contains(&last(1)));
}

#[test]
fn what_cannot_work_is_said_before_anything_is_served() {
    let (place, house) = (Place::new(), House::new());
    add(&place, "ada", raw::PASSWORD);
    let refused = |line: &str, why: &str| {
        let ended = place.run(&format!("serve {line}"), "");
        assert!(ended.code != Some(0) && ended.stderr.contains(why), "{line}: {ended:?}");
    };
    refused("-p 0 --tls-certificate a.pem", "--tls-key");
    refused("-p 0 --tls-certificate a.pem --tls-key a.key", "a.pem: cannot be read");
    refused(&line(&house, " --client-certificates required"), "no authority whose are taken");
    refused(&line(&house, " --tls-min-version 1.1"), "1.2");
}

/// What s_client says to these flags, having sent this.
fn s_client(house: &House, address: &str, flags: &str, sent: &[u8]) -> String {
    let mut command = Command::new("openssl");
    command.args(["s_client", "-connect", address, "-servername", "localhost", "-CAfile"]);
    command.arg(house.path("authority.pem")).args(flags.split(' ').filter(|flag| !flag.is_empty()));
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let _ = stdin.write_all(sent);
    let mut said = String::new();
    if sent.is_empty() {
        drop(stdin);
    } else {
        // It ends as soon as there is nothing more to send, so that is held back until the server has closed.
        let mut out = Vec::new();
        child.stdout.take().unwrap().read_to_end(&mut out).unwrap();
        said.push_str(&String::from_utf8_lossy(&out));
    }
    let ended = child.wait_with_output().unwrap();
    said + &String::from_utf8_lossy(&ended.stdout) + &String::from_utf8_lossy(&ended.stderr)
}

/// By openssl as a client: versions, resumption, certificates of clients, and a whole conversation.
#[test]
fn openssl_finds_what_it_should_and_nothing_older() {
    if Command::new("openssl").arg("version").output().is_err() {
        return eprintln!("left out: no openssl");
    }
    let (place, house) = (Place::new(), House::new());
    add(&place, "ada", raw::PASSWORD);
    place.run("user external ada add subject:CN=worker-7,O=Shop", "");
    let ca = format!(" --tls-client-ca {}", house.path("authority.pem").display());
    let (_serving, said) = Serving::start(&place, &line(&house, &ca));
    let client = |flags: &str, sent: &[u8]| s_client(&house, &said.address, flags, sent);

    for version in ["1_3", "1_2"] {
        let shown = client(&format!("-tls{version}"), b"");
        assert!(shown.contains("Verify return code: 0 (ok)"), "{shown}");
        assert!(shown.contains(&format!("TLSv{}", version.replace('_', "."))), "{shown}");
        assert!(
            shown.contains("Secure Renegotiation IS") && !shown.contains("Early data was accepted"),
            "{shown}"
        );
    }
    for version in ["1_1", "1"] {
        // The lowest level has openssl itself offer what it leaves out as a rule.
        let shown = client(&format!("-tls{version} -cipher DEFAULT@SECLEVEL=0"), b"");
        assert!(shown.contains("Cipher is (NONE)") && shown.contains("alert"), "{shown}");
    }
    for weak in ["AES128-SHA", "ECDHE-ECDSA-AES128-SHA", "ECDHE-ECDSA-AES256-SHA384"] {
        let shown = client(&format!("-tls1_2 -cipher {weak}@SECLEVEL=0"), b"");
        assert!(
            shown.contains("Cipher is (NONE)") || shown.contains("no ciphers available"),
            "{weak}: {shown}"
        );
    }

    // EXTERNAL, a value, and an end: all by openssl.
    let pair = house.client("worker-7", None);
    fs::write(house.path("client.pem"), pair.certificate).unwrap();
    fs::write(house.path("client.key"), pair.key).unwrap();
    let shows = format!(
        "-quiet -cert {} -key {}",
        house.path("client.pem").display(),
        house.path("client.key").display()
    );
    let asks = [raw::ask(0x21).key("EXTERNAL"), raw::set("k", "by openssl"), raw::get("k"), raw::ask(0x07)];
    let sent: Vec<u8> = asks.iter().flat_map(raw::Ask::bytes).collect();
    let shown = client(&shows, &sent);
    assert!(shown.contains("Authenticated") && shown.contains("by openssl"), "{shown}");
    let without = client("-quiet", &sent);
    assert!(!without.contains("by openssl"), "{without}");
}

#[test]
fn each_listener_says_whether_it_speaks_tls_and_what_it_asks_of_clients() {
    let (place, house) = (Place::new(), House::new());
    add(&place, "ada", raw::PASSWORD);
    let ca = house.path("authority.pem").display().to_string();
    let socket = place.path("socket").display().to_string();
    let more = format!(
        " --tls-client-ca {ca} --listener tcp=127.0.0.1:0,tls=no --listener tcp=127.0.0.1:0,client-certificates=required \
         --listener tcp=127.0.0.1:0 --listener unix={socket}"
    );
    let (serving, said) = Serving::start(&place, &line(&house, &more));
    let mut text = said.text;
    while text.matches("login required").count() < 4 {
        text += &serving.lines.recv_timeout(serving::PATIENCE).unwrap();
        text.push('\n');
    }
    let offers: Vec<_> = text.lines().filter(|line| line.contains("login required")).map(str::trim).collect();
    assert!(offers[0].starts_with("loopback; SCRAM-SHA-512 SCRAM-SHA-256 PLAIN"), "{text}");
    for by_tls in &offers[1..3] {
        assert!(
            by_tls.starts_with("TLS, client certificates; SCRAM-SHA-512 SCRAM-SHA-256 EXTERNAL PLAIN"),
            "{text}"
        );
    }
    assert!(offers[3].starts_with("unix socket; "), "{text}");

    let mut addresses = text.lines().filter_map(|line| line.strip_prefix("listening on 127.0.0.1:"));
    let mut next = || format!("127.0.0.1:{}", addresses.next().unwrap());
    assert_eq!(serving::Client::connect(&next()).login("ada", raw::PASSWORD), 0, "in the clear");
    let config = |pair| house.client_config(pair, &[&rustls::version::TLS13]);
    let (required, optional) = (next(), next());
    let client = house.client("worker", None);
    for (address, pair, lets_in) in
        [(&required, None, false), (&required, Some(&client), true), (&optional, None, true)]
    {
        let mut tls = TlsClient::connect(address.parse().unwrap(), config(pair)).unwrap();
        tls.send(&raw::plain("ada", raw::PASSWORD).bytes());
        assert_eq!(tls.try_reply().is_ok_and(|reply| reply.status == 0), lets_in, "{address}");
    }
    let refused = place.run("serve --listener tcp=127.0.0.1:0,tls=yes", "");
    assert!(refused.code != Some(0) && refused.stderr.contains("--tls-certificate"), "{refused:?}");
}

#[test]
fn the_doctor_verifies_the_certificate_and_binds_its_login_to_the_channel() {
    let (place, house, stranger) = (Place::new(), House::new(), House::new());
    add(&place, "ada", raw::PASSWORD);
    let (_serving, said) = Serving::start(&place, &line(&house, ""));
    let port = said.address.rsplit_once(':').unwrap().1;
    let visit = |ca: &House, host: &str| {
        let ca = ca.path("authority.pem").display().to_string();
        place.run(
            &format!("doctor tls://{host}:{port} --tls-ca {ca} --user ada --password-stdin"),
            raw::PASSWORD,
        )
    };
    let good = visit(&house, "localhost");
    assert_eq!(good.code, Some(0), "{good:?}");
    assert!(good.stdout.contains("logged in as \"ada\" by SCRAM-SHA-256-PLUS"), "{good:?}");
    for (ca, host) in [(&stranger, "localhost"), (&house, "127.0.0.1")] {
        let bad = visit(ca, host);
        assert!(bad.code == Some(1) && bad.stdout.contains("certificate"), "{bad:?}");
        assert!(!bad.stdout.contains("logged in"), "{bad:?}");
    }
    let without = place.run(&format!("doctor tls://localhost:{port}"), "");
    assert!(without.code == Some(2) && without.stderr.contains("--tls-ca"), "{without:?}");
}
