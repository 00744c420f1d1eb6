//! `KEY=VALUE,...`: values that have a comma in them stand between quotation marks.

/// The pairs in their order. A key may stand without a value.
pub(super) fn split(text: &str) -> Result<Vec<(String, Option<String>)>, String> {
    let mut pairs = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let end = rest.find(['=', ',']).unwrap_or(rest.len());
        let (key, behind) = rest.split_at(end);
        let key = key.trim().to_owned();
        let Some(behind) = behind.strip_prefix('=') else {
            pairs.push((key, None));
            rest = behind.strip_prefix(',').unwrap_or_default();
            continue;
        };
        let (value, behind) = value(behind)?;
        pairs.push((key, Some(value.to_owned())));
        rest = match behind.strip_prefix(',') {
            Some(rest) => rest,
            None if behind.is_empty() => "",
            None => return Err(format!("a comma is missing before {behind:?}")),
        };
    }
    Ok(pairs)
}

/// The value that the text begins with, and what follows it.
fn value(text: &str) -> Result<(&str, &str), String> {
    match text.strip_prefix('"') {
        Some(quoted) => quoted.split_once('"').ok_or_else(|| format!("no quotation mark ends {text:?}")),
        None => Ok(text.split_at(text.find(',').unwrap_or(text.len()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_may_be_quoted_and_keys_may_stand_alone() {
        let shown = |text: &str| {
            let pairs = split(text)?;
            let shown = pairs
                .into_iter()
                .map(|(key, value)| value.map_or_else(|| key.clone(), |value| format!("{key}:{value}")));
            Ok::<_, String>(shown.collect::<Vec<_>>().join(";"))
        };
        for (text, pairs) in [
            ("", ""),
            ("systemd", "systemd"),
            ("systemd,plain=protected", "systemd;plain:protected"),
            ("unix=\"/run/a,b\",mechanisms=\"A B\"", "unix:/run/a,b;mechanisms:A B"),
            ("tcp=[::1]:7, plain=anywhere", "tcp:[::1]:7;plain:anywhere"),
            ("a=b=c", "a:b=c"),
            ("a=", "a:"),
        ] {
            assert_eq!(shown(text).as_deref(), Ok(pairs), "{text}");
        }
        for text in ["a=\"b", "a=\"b\"c=d"] {
            assert!(split(text).is_err(), "{text}");
        }
    }
}
