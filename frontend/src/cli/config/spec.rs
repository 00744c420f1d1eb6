//! A table `[[listener]]` as the text that `--listener` takes: `KEY=VALUE,...`.

use std::ops::Range;
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

/// The setting whose values may be tables.
pub(super) const LISTENER: &str = "listener";

/// All sockets of systemd, if it has no name behind it.
const SYSTEMD: &str = "systemd";

/// Where in the table the key is that a refusal begins with, since the flag does not know of lines; else where the table is.
pub(super) fn blamed(table: &DeTable<'_>, what: &str) -> Option<Range<usize>> {
    let named = |key: &str| what.starts_with(&format!("{key}:")) || what.starts_with(&format!("{key:?}"));
    table.keys().find(|key| named(key.get_ref())).map(Spanned::span)
}

/// The keys in the order in which they stand; what they may be, the flag says.
pub(super) fn of_table(table: &DeTable<'_>) -> Result<String, (Range<usize>, String)> {
    let mut pairs = Vec::new();
    for (key, value) in table {
        // A key that may stand alone.
        if key.get_ref() == SYSTEMD && value.get_ref().as_bool() == Some(true) {
            pairs.push((key.span().start, SYSTEMD.to_owned()));
            continue;
        }
        let text = plain(value).map_err(|(span, what)| (span, format!("{}: {what}", key.get_ref())))?;
        if text.contains(['"', '\n']) {
            return Err((
                value.span(),
                format!("{}: a value has no quotation mark and no new line", key.get_ref()),
            ));
        }
        let quoted = text.contains([',', ' ']);
        pairs.push((
            key.span().start,
            if quoted {
                format!("{}=\"{text}\"", key.get_ref())
            } else {
                format!("{}={text}", key.get_ref())
            },
        ));
    }
    pairs.sort();
    Ok(pairs.into_iter().map(|(_, pair)| pair).collect::<Vec<_>>().join(","))
}

fn plain(value: &Spanned<DeValue<'_>>) -> Result<String, (Range<usize>, String)> {
    match value.get_ref() {
        DeValue::String(text) => Ok(text.to_string()),
        DeValue::Boolean(true) => Ok("yes".to_owned()),
        DeValue::Boolean(false) => Ok("no".to_owned()),
        // As in `mode = 0o660`.
        DeValue::Integer(number) => Ok(number.as_str().to_owned()),
        DeValue::Array(list) => Ok(list.iter().map(plain).collect::<Result<Vec<_>, _>>()?.join(" ")),
        other => Err((
            value.span(),
            format!(
                "it is a text, a number, true or false, or a list, and not of the type {}",
                other.type_str()
            ),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(text: &str) -> Result<String, String> {
        of_table(DeTable::parse(text).unwrap().get_ref()).map_err(|(_, what)| what)
    }

    #[test]
    fn a_table_is_what_the_flag_takes() {
        let text = "unix = \"/run/k,w\"\nmode = 0o660\nmechanisms = [\"PLAIN\", \"EXTERNAL\"]\ntls = false\n";
        assert_eq!(spec(text).unwrap(), "unix=\"/run/k,w\",mode=660,mechanisms=\"PLAIN EXTERNAL\",tls=no");
        assert_eq!(spec("systemd = true").unwrap(), "systemd");
        assert_eq!(spec("systemd = \"clients\"").unwrap(), "systemd=clients");
        assert!(spec("tcp = 1.5").unwrap_err().contains("float"));
        assert!(spec("unix = 'a\"b'").unwrap_err().contains("quotation"));
    }
}
