//! A table `[[listener]]` as the text that `--listener` takes: `KEY=VALUE,...`.

use std::ops::Range;
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

/// The setting whose values may be tables.
pub(super) const LISTENER: &str = "listener";

/// The keys in the order in which they stand; what they may be, the flag says.
pub(super) fn of_table(table: &DeTable<'_>) -> Result<String, (Range<usize>, String)> {
    let mut pairs = Vec::new();
    for (key, value) in table {
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
        assert!(spec("tcp = 1.5").unwrap_err().contains("float"));
        assert!(spec("unix = 'a\"b'").unwrap_err().contains("quotation"));
    }
}
