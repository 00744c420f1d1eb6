//! A users file as text: the same users always give the same text, so that two versions can be compared.

use super::{UsersFile, namespace_record::NamespaceRecord, role_record::RoleRecord};
use crate::size;
use crate::timestamp;
use base64::{Engine, engine::general_purpose::STANDARD};
use keyway::{Credential, Effect, Limits, Rule, UserRecord};
use std::{
    fmt::Write,
    time::{SystemTime, UNIX_EPOCH},
};

/// Written at the top of each users file.
const HEADER: &str = "\
# Users of a Keyway cache. `keyway user` keeps this file; a running server takes up each change within a second, and
# ends the sessions that were opened with a password which is gone.
#
# version   the form of this file; this is 3
# mock_key  secret: 32 random bytes in base64. A name that does not exist is shown a salt made from them, the same
#           after each restart, so that nobody can tell it from a user's
# [[role]]  what its users may do, beside the roles that are always there: read-only, read-write and admin
#   allow     rules: verbs = [\"read\", ..] of read, write, delete, arithmetic, touch, flush-own, stats, flush-all, admin;
#             prefix = \"..\" for keys that begin so, or prefix_base64; without one, for every key
#   deny      the same; what is denied here is so whatever is allowed, and what is not allowed is refused
#   audit     \"sample:0.01\" tells the audit of one in a hundred reads and writes
# [[namespace]]  a key space of its own
#   reserve, reserve_items, ceiling, ceiling_items  what is kept for it, and the most that it holds
#   limits    as of a user, for all users of it together
# [[user]]  one for each user, sorted by name
#   name      as clients send it; upper and lower case are different
#   roles     one or several
#   namespace where the user's keys are, if there is such a line
#   external  what proves without a password that it is this user: \"uid:1000\" of a unix socket's peer, \"subject:CN=..\" or
#             \"san:..\" of a client's certificate
#   limits    connections, operations_per_second, bytes_per_second, value (the largest)
# [[user.credential]]  one for each password of the user above, the oldest first; a user may have several at once
#   label       what you call it
#   created     when it was made; times are in UTC
#   not_before  no login before, if there is such a line
#   expires     no login from then on, if there is such a line, and sessions that were opened with it end
#   verifiers   what is kept of the password: SCRAM-SHA-256$<rounds>:<salt>$<StoredKey>:<ServerKey>
#
# Only its owner may read it (mode 0600). These lines come back with each change; other comments are lost.

";

pub(super) fn render(file: &UsersFile) -> String {
    let mut text = String::from(HEADER);
    // Writing to a string does not fail.
    let _ = writeln!(text, "version = {}", super::parse::VERSION);
    let _ = writeln!(text, "mock_key = {}", quote(&STANDARD.encode(file.mock_key)));
    file.roles.values().for_each(|role| text.push_str(&role_text(role)));
    file.namespaces.values().for_each(|namespace| text.push_str(&namespace_text(namespace)));
    for user in file.users.values() {
        text.push_str(&user_text(user));
        for credential in &user.credentials {
            let _ = write!(text, "\n{}", described(credential));
        }
    }
    text
}

fn role_text(role: &RoleRecord) -> String {
    let mut text = format!("\n[[role]]\nname = {}\n", quote(&role.name));
    for (key, effect) in [("allow", Effect::Allow), ("deny", Effect::Deny)] {
        let rules: Vec<String> =
            role.rules.iter().filter(|rule| rule.effect() == effect).map(rule_text).collect();
        let _ = match rules.as_slice() {
            [] => Ok(()),
            [rule] => writeln!(text, "{key} = [{rule}]"),
            rules => writeln!(text, "{key} = [\n    {},\n]", rules.join(",\n    ")),
        };
    }
    if let Some(sample) = role.audit {
        let _ = writeln!(text, "audit = {}", quote(&sample.to_string()));
    }
    text
}

fn rule_text(rule: &Rule) -> String {
    let verbs: Vec<String> = rule.verbs().iter().map(|verb| quote(verb.name())).collect();
    let verbs = verbs.join(", ");
    match rule.prefix().map(|prefix| (prefix, str::from_utf8(prefix))) {
        None => format!("{{ verbs = [{verbs}] }}"),
        Some((_, Ok(text))) => format!("{{ verbs = [{verbs}], prefix = {} }}", quote(text)),
        Some((bytes, Err(_))) => {
            format!("{{ verbs = [{verbs}], prefix_base64 = {} }}", quote(&STANDARD.encode(bytes)))
        }
    }
}

fn namespace_text(namespace: &NamespaceRecord) -> String {
    let NamespaceRecord { name, reserve, reserve_items, ceiling, ceiling_items, limits } = namespace;
    let mut text = format!("\n[[namespace]]\nname = {}\n", quote(name));
    let some = |number: u64| Some(number).filter(|number| *number > 0);
    let bytes = |number: Option<u64>| number.map(|number| quote(&size::write(number)));
    let count = |number: Option<u64>| number.map(|number| number.to_string());
    for (key, bound) in [
        ("reserve", bytes(some(*reserve))),
        ("reserve_items", count(some(*reserve_items))),
        ("ceiling", bytes(*ceiling)),
        ("ceiling_items", count(*ceiling_items)),
    ] {
        if let Some(bound) = bound {
            let _ = writeln!(text, "{key} = {bound}");
        }
    }
    push_limits(&mut text, limits);
    text
}

fn user_text(user: &UserRecord) -> String {
    let roles: Vec<String> = user.roles.names().map(quote).collect();
    let mut text = format!("\n[[user]]\nname = {}\nroles = [{}]\n", quote(&user.name), roles.join(", "));
    if let Some(namespace) = &user.namespace {
        let _ = writeln!(text, "namespace = {}", quote(namespace));
    }
    if !user.external.is_empty() {
        let names: Vec<String> = user.external.iter().map(|name| quote(&name.to_string())).collect();
        let _ = writeln!(text, "external = [{}]", names.join(", "));
    }
    push_limits(&mut text, &user.limits);
    text
}

fn push_limits(text: &mut String, limits: &Limits) {
    if !limits.is_none() {
        let _ = writeln!(text, "limits = {{ {} }}", limits_text(limits));
    }
}

fn limits_text(limits: &Limits) -> String {
    let count = |number: Option<u64>| number.map(|number| number.to_string());
    let bytes = |number: Option<u64>| number.map(|number| quote(&size::write(number)));
    let each = [
        ("connections", count(limits.connections)),
        ("operations_per_second", count(limits.operations_per_second)),
        ("bytes_per_second", bytes(limits.bytes_per_second)),
        ("value", bytes(limits.value)),
    ];
    let said = each.into_iter().filter_map(|(key, value)| Some(format!("{key} = {}", value?)));
    said.collect::<Vec<_>>().join(", ")
}

fn described(credential: &Credential) -> String {
    let mut text = format!("[[user.credential]]\nlabel = {}\n", quote(&credential.label));
    let mut time = |key: &str, time: Option<SystemTime>| {
        if let Some(time) = time {
            let _ = writeln!(text, "{key} = {}", timestamp::write(time));
        }
    };
    time("created", Some(credential.created).filter(|created| *created > UNIX_EPOCH));
    time("not_before", credential.not_before);
    time("expires", credential.expires);
    let forms: Vec<String> = credential.forms.iter().map(|form| quote(&form.to_string())).collect();
    let _ = match forms.as_slice() {
        [form] => writeln!(text, "verifiers = [{form}]"),
        // A line each, so that a comparison shows which one is another.
        forms => writeln!(text, "verifiers = [\n    {},\n]", forms.join(",\n    ")),
    };
    text
}

/// A TOML string, escaped where need be.
fn quote(text: &str) -> String {
    toml::Value::from(text).to_string()
}
