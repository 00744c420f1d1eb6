//! Metrics: the names, the values behind them, and that Prometheus can read them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stderr,
    reason = "a test may panic, and says what it skips"
)]

mod raw;

use keyway::{Cache, Namespace, Role};
use keyway_frontend::{
    Server,
    metrics::{CertificateExpiry, Family, FamilyKind, Metrics, Reloads, families, render},
};
use raw::{Client, add_user, ask, cache_of_ada, eventually, get, plain, serve, set, step_of};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::Write,
    path::Path,
    process::{Command, Output, Stdio},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

/// Samples by their name and labels, as they are written.
fn samples(text: &str) -> BTreeMap<String, f64> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| line.rsplit_once(' ').unwrap())
        .map(|(name, value)| (name.to_owned(), value.parse().unwrap()))
        .collect()
}

/// A server that has done something of everything, and all that can be told of it.
fn eventful() -> (Cache, Server, Metrics) {
    let cache = cache_of_ada();
    add_user(&cache, "guest", Role::ReadOnly);
    let mut shop = Namespace::new("shop");
    shop.ceiling_items = Some(100);
    shop.reserve_items = 50;
    shop.reserve = 1 << 20;
    shop.limits.operations_per_second = Some(0);
    cache.namespaces().add(shop).unwrap();
    cache.users().add_trusted("clerk", Role::ReadOnly).unwrap();
    cache.users().set_namespace("clerk", Some("shop")).unwrap();
    assert!(cache.session_for("clerk").unwrap().get("n").is_err());
    let server = serve(&cache, |_| {});
    let mut client = Client::of_ada(&server);
    let cas = client.one(&set("n", "5")).cas;
    client.statuses(&[
        get("n"),
        get("absent"),
        set("n", "6").cas(cas),
        set("n", "6").cas(cas),
        ask(0x05).key("n").extras(step_of(1, 0, u32::MAX)),
        ask(0x1c).key("n").extras(60_u32.to_be_bytes()),
        ask(0x04).key("n"),
    ]);
    let mut guest = Client::to(&server);
    guest.one(&plain("guest", raw::PASSWORD));
    assert_eq!(guest.one(&set("k", "v")).status, 0x24);
    assert_eq!(Client::to(&server).one(&plain("ada", "guess")).status, 0x20);
    assert_eq!(Client::to(&server).one(&ask(0x21).key("ANONYMOUS")).status, 0x20);
    let reloads = Reloads::default();
    reloads.succeeded("users_file");
    let certificate = CertificateExpiry {
        name: "/etc/keyway/\"tls\".pem".to_owned(),
        not_after: UNIX_EPOCH + Duration::from_secs(2_000_000_000),
    };
    let metrics = Metrics::new(cache.clone()).with_server(server.view()).with_reloads(reloads);
    let metrics = metrics.with_certificates(move || vec![certificate.clone()]);
    // Both wait for nobody to end; their sessions are counted.
    drop((client, guest));
    (cache, server, metrics)
}

#[test]
fn each_value_is_what_happened() {
    let (cache, server, metrics) = eventful();
    eventually("all connections are gone", || server.view().connections() == 0);
    let session = cache.session_for("guest").unwrap();
    let told = samples(&metrics.render());
    for (name, value) in [
        ("memcached_up", 1.0),
        ("memcached_current_connections", 0.0),
        ("memcached_connections_total", 4.0),
        ("memcached_max_connections", 1024.0),
        ("memcached_commands_total{command=\"get\",status=\"hit\"}", 1.0),
        ("memcached_commands_total{command=\"get\",status=\"miss\"}", 1.0),
        // The one that was refused came whole, too.
        ("memcached_commands_total{command=\"set\",status=\"hit\"}", 2.0),
        ("memcached_commands_total{command=\"cas\",status=\"hit\"}", 1.0),
        ("memcached_commands_total{command=\"cas\",status=\"badval\"}", 1.0),
        ("memcached_commands_total{command=\"incr\",status=\"hit\"}", 1.0),
        ("memcached_commands_total{command=\"delete\",status=\"hit\"}", 1.0),
        ("memcached_slab_commands_total{slab=\"1\",command=\"touch\",status=\"hit\"}", 1.0),
        ("memcached_current_items", 0.0),
        ("memcached_items_total", 3.0),
        ("memcached_limit_bytes", (64 << 20).into()),
        ("keyway_logins_total{mechanism=\"PLAIN\",result=\"success\"}", 2.0),
        ("keyway_logins_total{mechanism=\"PLAIN\",result=\"refused\"}", 1.0),
        ("keyway_logins_total{mechanism=\"none\",result=\"refused\"}", 1.0),
        ("keyway_logins_total{mechanism=\"trusted\",result=\"success\"}", 2.0),
        ("keyway_login_refusals_total{reason=\"WrongPassword\"}", 1.0),
        ("keyway_login_refusals_total{reason=\"NotOffered\"}", 1.0),
        ("keyway_denials_total{roles=\"read-only\",verb=\"write\",reason=\"Forbidden\"}", 1.0),
        ("keyway_sessions{roles=\"read-only\"}", 1.0),
        ("keyway_users", 3.0),
        ("keyway_audit_events_total{kind=\"refusal\"}", 2.0),
        ("keyway_namespace_hits_total{namespace=\"\"}", 1.0),
        ("keyway_namespace_reserved_bytes{namespace=\"shop\"}", (1 << 20).into()),
        ("keyway_namespace_ceiling_items{namespace=\"shop\"}", 100.0),
        ("keyway_namespace_reserved_items{namespace=\"shop\"}", 50.0),
        ("keyway_namespace_connections{namespace=\"shop\"}", 0.0),
        ("keyway_namespace_limited_total{namespace=\"shop\",what=\"operations\"}", 1.0),
        ("keyway_namespace_limited_total{namespace=\"shop\",what=\"connections\"}", 0.0),
        ("keyway_event_loop_connections{loop=\"0\"}", 0.0),
        ("keyway_derivations_waiting", 0.0),
        ("keyway_derivations_under_way", 0.0),
        ("keyway_derivation_duration_seconds_count", 3.0),
        ("keyway_derivation_wait_seconds_count", 3.0),
        ("keyway_derivation_duration_seconds_bucket{le=\"0.00001\"}", 0.0),
        ("keyway_reloads_total{what=\"users_file\",result=\"success\"}", 1.0),
        ("keyway_reload_last_successful{what=\"users_file\"}", 1.0),
        ("keyway_certificate_expiry_timestamp_seconds{certificate=\"/etc/keyway/\\\"tls\\\".pem\"}", 2e9),
    ] {
        assert_eq!(told.get(name), Some(&value), "{name}");
    }
    assert!(told["memcached_read_bytes_total"] > 100.0 && told["memcached_written_bytes_total"] > 100.0);
    assert!(told["keyway_derivation_duration_seconds_sum"] > 0.0);
    assert!(told["keyway_stripes"] >= 2.0);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs_f64();
    assert!((told["memcached_time_seconds"] - now).abs() < 5.0);
    drop(session);

    let view = server.view();
    server.stop();
    let told = samples(&render(&cache, Some(&view)));
    assert_eq!((told["memcached_up"], told["memcached_accepting_connections"]), (0.0, 0.0));
    assert_eq!(told["memcached_connections_total"], 4.0);
    assert!(!told.keys().any(|name| name.starts_with("keyway_sessions")), "who has left is listed");
}

#[test]
fn what_is_turned_away_and_refused_room_is_counted() {
    let cache = cache_of_ada();
    let server = serve(&cache, |config| {
        config.policy.max_connections = 3;
        config.policy.max_item = 1 << 10;
        config.strangers_per_address = 2;
    });
    let mut client = Client::of_ada(&server);
    let value = "x".repeat(2 << 10);
    assert_eq!(client.one(&set("k", &value)).status, 0x03);
    let _strangers = [Client::to(&server), Client::to(&server)];
    eventually("both are in", || server.view().connections() == 3);
    Client::to(&server).wait_for_end();
    let told = samples(&render(&cache, Some(&server.view())));
    assert_eq!(told["memcached_item_too_large_total"], 1.0);
    assert_eq!(told["keyway_connections_refused_total{limit=\"max_connections\"}"], 1.0);
    assert_eq!(told["memcached_connections_rejected_total"], 1.0);
    drop(client);
    eventually("a seat is free", || server.view().connections() == 2);
    Client::to(&server).wait_for_end();
    let told = samples(&render(&cache, Some(&server.view())));
    assert_eq!(told["keyway_connections_refused_total{limit=\"strangers_per_address\"}"], 1.0);
    assert_eq!(told["keyway_event_loop_connections{loop=\"0\"}"], 2.0);
}

#[test]
fn some_turns_are_timed_and_single_requests_by_their_verb() {
    let cache = cache_of_ada();
    let server = serve(&cache, |_| {});
    let mut client = Client::of_ada(&server);
    for _ in 0..1000 {
        client.one(&get("absent"));
    }
    let told = samples(&render(&cache, Some(&server.view())));
    let (gets, turns) = (
        told["keyway_request_duration_seconds_count{verb=\"get\"}"],
        told["keyway_turn_duration_seconds_count"],
    );
    assert!((5.0..60.0).contains(&gets), "{gets} of a thousand were timed");
    assert!(turns >= gets && turns < 100.0, "{turns}");
    assert_eq!(told["keyway_request_duration_seconds_count{verb=\"set\"}"], 0.0);
    let seconds = told["keyway_request_duration_seconds_sum{verb=\"get\"}"] / gets;
    assert!(seconds > 1e-7 && seconds < 0.1, "{seconds}");
}

/// Each family of a text: its kind, and the labels of its samples.
fn told_families(text: &str) -> BTreeMap<String, (String, BTreeSet<String>)> {
    let mut told = BTreeMap::new();
    for line in text.lines().filter_map(|line| line.strip_prefix("# TYPE ")) {
        let (name, kind) = line.split_once(' ').unwrap();
        let labels: BTreeSet<String> = text
            .lines()
            .filter(|sample| sample.starts_with(&format!("{name}{{")))
            .flat_map(|sample| {
                sample[name.len() + 1..].split("\",").map(|it| it.split('=').next().unwrap().to_owned())
            })
            .collect();
        assert!(told.insert(name.to_owned(), (kind.to_owned(), labels)).is_none(), "{name} begins twice");
    }
    told
}

#[test]
fn the_list_of_families_is_what_is_told() {
    let (_cache, _server, metrics) = eventful();
    let _session = _cache.session_for("guest").unwrap();
    let text = metrics.render();
    let told = told_families(&text);
    let listed: BTreeMap<&str, &Family> = families().map(|family| (family.name, family)).collect();
    assert_eq!(listed.len(), families().count(), "a name is listed twice");
    for name in told.keys() {
        assert!(listed.contains_key(name.as_str()), "{name} is told and not listed");
    }
    for (name, family) in listed {
        let Some((kind, labels)) = told.get(name) else {
            panic!("{name} is listed, and not told though something of everything has happened");
        };
        assert_eq!(kind, family.kind.name(), "{name}");
        if family.kind != FamilyKind::Histogram {
            assert_eq!(labels, &family.labels.iter().map(|&it| it.to_owned()).collect(), "{name}");
        }
        assert!(!family.help.is_empty() && family.help.ends_with('.'), "{name}: {}", family.help);
        let help = format!("# HELP {name} {}\n", family.help);
        assert!(text.contains(&help), "{help}");
    }
}

#[test]
fn the_names_of_memcached_exporter_are_all_told_or_said_to_be_absent() {
    let (_cache, _server, metrics) = eventful();
    let told = told_families(&metrics.render());
    let mut known = BTreeSet::new();
    for row in include_str!("metrics/memcached_exporter.tsv").lines().filter(|line| !line.starts_with('#')) {
        let [name, kind, labels, here, meaning] = row.split('\t').collect::<Vec<_>>()[..] else {
            panic!("not five columns: {row}");
        };
        assert!(known.insert(name) && !meaning.is_empty(), "{row}");
        let found = told.get(name);
        if here == "absent" {
            assert!(found.is_none(), "{name} is said to be absent");
            continue;
        }
        let (told_kind, told_labels) = found.unwrap_or_else(|| panic!("{name} is missing"));
        assert!(told_kind == kind || (name == "memcached_uptime_seconds" && told_kind == "gauge"), "{name}");
        let labels: BTreeSet<_> = labels.split(',').filter(|it| *it != "-").map(str::to_owned).collect();
        assert_eq!(told_labels, &labels, "{name}");
    }
    let ours = told.keys().filter(|name| name.starts_with("memcached_"));
    let invented: Vec<_> = ours.filter(|name| !known.contains(name.as_str())).collect();
    assert!(invented.is_empty(), "the exporter has no {invented:?}");
}

/// What promtool says, if it is here.
fn promtool(arguments: &[&str], input: &str) -> Option<Output> {
    let mut command = Command::new("promtool");
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    match command.spawn() {
        Ok(mut promtool) => {
            promtool.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
            Some(promtool.wait_with_output().unwrap())
        }
        Err(error) => {
            assert!(std::env::var_os("CI").is_none_or(|ci| ci != "true"), "promtool: {error}");
            eprintln!("skipped: promtool is not here ({error}); it is in the package prometheus");
            None
        }
    }
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&[&*output.stdout, &*output.stderr].concat()).into_owned()
}

#[test]
fn promtool_finds_nothing_to_complain_of() {
    let (_cache, _server, metrics) = eventful();
    let Some(output) = promtool(&["check", "metrics"], &metrics.render()) else { return };
    assert!(output.status.success() && said(&output).is_empty(), "{}", said(&output));
}

#[test]
fn the_settings_and_rules_of_the_guide_are_what_prometheus_takes() {
    let guide =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/monitoring.md")).unwrap();
    let blocks: Vec<&str> =
        guide.split("```yaml\n").skip(1).map(|it| it.split("```").next().unwrap()).collect();
    let place = tempfile::tempdir().unwrap();
    let token = place.path().join("keyway.token");
    fs::write(&token, "0123456789abcdef").unwrap();
    let (mut rules, mut configs) = (0, 0);
    for block in blocks {
        let (what, file) =
            if block.starts_with("groups:") { ("rules", "rules.yml") } else { ("config", "prometheus.yml") };
        let file = place.path().join(file);
        // The file has to be there.
        fs::write(&file, block.replace("/etc/prometheus/keyway.token", token.to_str().unwrap())).unwrap();
        if what == "rules" {
            rules += 1;
            let known: BTreeSet<String> = families().flat_map(names_of).collect();
            let expressions = block.lines().filter_map(|line| line.trim().strip_prefix("expr: "));
            let asked: BTreeSet<String> = expressions.flat_map(metrics_in).collect();
            assert!(asked.len() >= 7 && asked.is_subset(&known), "{:?}", asked.difference(&known));
        } else {
            configs += 1;
        }
        let Some(output) = promtool(&["check", what, file.to_str().unwrap()], "") else { return };
        assert!(output.status.success(), "{block}\n{}", said(&output));
    }
    assert!(rules == 1 && configs == 1, "{rules} {configs}");
}

/// Names of metrics in an expression.
fn metrics_in(expression: &str) -> Vec<String> {
    let words = expression.split(|it: char| !it.is_ascii_alphanumeric() && it != '_');
    let fronts = ["memcached_", "keyway_", "process_"];
    words.filter(|word| fronts.iter().any(|front| word.starts_with(front))).map(str::to_owned).collect()
}

#[test]
fn the_dashboard_asks_for_nothing_that_is_not_told() {
    let place = Path::new(env!("CARGO_MANIFEST_DIR")).join("../packaging/grafana/keyway.json");
    let dashboard: serde_json::Value = serde_json::from_str(&fs::read_to_string(place).unwrap()).unwrap();
    let known: BTreeSet<String> = families().flat_map(names_of).collect();
    let asked: BTreeSet<String> = expressions(&dashboard).iter().flat_map(|it| metrics_in(it)).collect();
    assert!(asked.len() >= 20, "few are asked for: {asked:?}");
    let unknown: Vec<_> = asked.difference(&known).collect();
    assert!(unknown.is_empty(), "the dashboard asks for {unknown:?}");
}

/// What samples of a family are called.
fn names_of(family: &Family) -> Vec<String> {
    let name = family.name;
    match family.kind {
        FamilyKind::Histogram => ["bucket", "sum", "count"].map(|it| format!("{name}_{it}")).into(),
        _ => vec![name.to_owned()],
    }
}

fn expressions(value: &serde_json::Value) -> Vec<String> {
    match value {
        serde_json::Value::Object(fields) => fields
            .iter()
            .flat_map(|(name, value)| match value {
                serde_json::Value::String(text)
                    if ["expr", "query", "definition"].contains(&name.as_str()) =>
                {
                    vec![text.clone()]
                }
                other => expressions(other),
            })
            .collect(),
        serde_json::Value::Array(values) => values.iter().flat_map(expressions).collect(),
        _ => Vec::new(),
    }
}

#[test]
fn the_table_in_the_guide_is_up_to_date() {
    let place = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/monitoring.md");
    let guide = fs::read_to_string(&place).unwrap();
    let (begin, end) = ("<!-- metrics: begin -->\n", "<!-- metrics: end -->");
    let (front, rest) = guide.split_once(begin).unwrap();
    let (table, back) = rest.split_once(end).unwrap();
    let mut wanted = "| metric | type | labels | meaning |\n|---|---|---|---|\n".to_owned();
    for Family { name, kind, labels, help, .. } in families() {
        let labels = labels.iter().map(|label| format!("`{label}`")).collect::<Vec<_>>().join(", ");
        wanted += &format!("| `{name}` | {} | {labels} | {} |\n", kind.name(), help.trim_end_matches('.'));
    }
    if std::env::var_os("KEYWAY_RENEW").is_some() {
        fs::write(&place, [front, begin, &wanted, end, back].concat()).unwrap();
    } else {
        assert!(
            table == wanted,
            "the table is out of date: KEYWAY_RENEW=1 cargo test -p keyway-frontend --test metrics"
        );
    }
}
