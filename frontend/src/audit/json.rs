//! An entry as one line of JSON (RFC 8259), all of it ASCII: what a peer chose can neither end the line nor do anything to a
//! terminal, and a reader of JSON gets it back as it was.

use crate::timestamp;
use keyway::audit::{Entry, Value};
use serde::ser::{Serialize, SerializeMap, Serializer as _};
use serde_json::{Serializer, ser::Formatter};
use std::io;

/// Adds an entry's line to what is to be written.
pub(super) fn add_line(lines: &mut Vec<u8>, entry: &Entry) {
    let before = lines.len();
    let mut to = Serializer::with_formatter(&mut *lines, AsciiOnly);
    let written = to.serialize_map(None).and_then(|mut map| {
        let mut outcome = Ok(());
        entry.fields(|field, value| {
            if outcome.is_ok() {
                outcome = map.serialize_entry(field, &Field(value));
            }
        });
        outcome.and_then(|()| map.end())
    });
    debug_assert!(written.is_ok(), "memory takes everything, and fields are texts and numbers");
    match written {
        Ok(()) => lines.push(b'\n'),
        Err(_) => lines.truncate(before),
    }
}

struct Field<'a>(Value<'a>);

impl Serialize for Field<'_> {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Text(text) | Value::Claimed(text) => to.serialize_str(text),
            Value::Bytes(bytes) => to.collect_str(&bytes.escape_ascii()),
            Value::Number(number) => to.serialize_u64(number),
            Value::Time(time) => to.serialize_str(&timestamp::write_micros(time)),
            Value::Failure(id) => to.collect_str(&id),
            Value::Peer(peer) => to.collect_str(&peer),
            Value::Addresses(addresses) => to.collect_seq(addresses.iter()),
        }
    }
}

/// Escapes everything that is not printable ASCII. serde_json itself does so for control characters below 0x20, quotes and
/// backslashes.
struct AsciiOnly;

impl Formatter for AsciiOnly {
    fn write_string_fragment<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        for character in fragment.chars() {
            if character == ' ' || character.is_ascii_graphic() {
                write!(writer, "{character}")?;
            } else {
                let mut units = [0; 2];
                for unit in character.encode_utf16(&mut units) {
                    write!(writer, "\\u{unit:04x}")?;
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use keyway::{
        Cache, Config, Role, Users,
        audit::{Event, Origin, Peer, Sequence, Term},
    };
    use proptest::prelude::*;
    use serde_json::Value as Json;

    /// The lines of what was told to this cache's audit.
    fn lines(cache: &Cache) -> (String, Vec<Json>) {
        let mut bytes = Vec::new();
        for entry in cache.audit().recent(Sequence::START).entries {
            add_line(&mut bytes, &entry);
        }
        let text = String::from_utf8(bytes).unwrap();
        let lines: Vec<Json> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        (text, lines)
    }

    fn cache() -> Cache {
        let cache = Cache::new(Config::new(1 << 20), Users::new()).unwrap();
        cache.users().add_trusted("reader", Role::ReadOnly).unwrap();
        cache.audit().show_keys(64);
        cache
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(512))]

        #[test]
        fn any_name_and_any_key_give_one_line_of_json_with_just_that_in_it(
            name in any::<String>(),
            wild in proptest::collection::vec(any::<char>(), 0..80),
            key in proptest::collection::vec(any::<u8>(), 1..=250),
        ) {
            let cache = cache();
            let reader = cache.session_for("reader").unwrap();
            let wild: String = wild.into_iter().collect();
            // Refused for their form or as unknown, which derives nothing for the former.
            for name in [&name, &wild] {
                let _refused = cache.exchange(keyway::Mechanism::CramMd5).step(name.as_bytes());
                let origin = Origin::connection(1, None);
                let _refused = cache.exchange(keyway::Mechanism::Plain).coming_from(origin)
                    .step(format!("nobody\0{name}\0guess").as_bytes());
            }
            let _refused = reader.set(&key, "value");
            let (text, lines) = lines(&cache);
            prop_assert!(text.bytes().all(|byte| byte == b'\n' || (0x20..0x7f).contains(&byte)), "{text}");
            prop_assert_eq!(text.lines().count(), lines.len());
            prop_assert!(!text.contains("value"));
            let refusal = lines.iter().find(|line| line["event"] == "refusal").unwrap();
            prop_assert_eq!(&refusal["key"], &Json::from(key[..key.len().min(64)].escape_ascii().to_string()));
            let claimed: Vec<_> = lines.iter().filter_map(|line| line["claimed"].as_str()).collect();
            for shown in claimed {
                prop_assert!(name.starts_with(shown) || wild.starts_with(shown), "{shown:?}");
            }
        }
    }

    #[test]
    fn a_name_that_was_claimed_comes_back_as_it_was() {
        let cache = cache();
        let name = "e\u{e4}\u{1f511}\u{7f}\u{2028}\"}\\\n{";
        assert!(cache.login(name, "guess").is_err());
        let (text, lines) = lines(&cache);
        assert_eq!(lines.last().unwrap()["claimed"], name);
        assert!(text.contains(r#""claimed":"e\u00e4\ud83d\udd11\u007f\u2028\"}\\\n{""#), "{text}");
    }

    #[test]
    fn an_address_a_time_and_a_list_are_texts_as_others_write_them() {
        let cache = cache();
        let addresses = Box::from(["127.0.0.1:11211".into()]);
        let origin = Origin::connection(3, Some(Peer::Address("[2001:db8::1]:7".parse().unwrap())));
        cache.audit().record(&origin, Event::ServerStarted { addresses });
        let warden = cache.users().add_trusted("warden", Role::Admin).map(|()| "warden").unwrap();
        cache.session_for(warden).unwrap().administer(Term::new("an act")).unwrap();
        let (_, lines) = lines(&cache);
        let started = lines.iter().find(|line| line["event"] == "server_started").unwrap();
        assert_eq!(started["addresses"][0], "127.0.0.1:11211");
        assert_eq!((&started["peer"], &started["connection"]), (&"[2001:db8::1]:7".into(), &3.into()));
        let time = started["time"].as_str().unwrap();
        assert!(time.len() == 27 && humantime::parse_rfc3339(time).is_ok(), "{time}");
        let admin = lines.iter().find(|line| line["event"] == "admin").unwrap();
        assert_eq!((&admin["user"], &admin["act"]), (&"warden".into(), &"an act".into()));
    }
}
