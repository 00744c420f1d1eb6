//! The escapes of a name in a SCRAM message.

use super::message::Fault;

/// `=2C` is a comma and `=3D` an equals sign; neither stands for itself, and there is no other escape.
pub(super) fn unescape(text: &str) -> Result<String, Fault> {
    let mut parts = text.split('=');
    let mut name = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (character, rest) = match part.split_at_checked(2) {
            Some(("2C", rest)) => (',', rest),
            Some(("3D", rest)) => ('=', rest),
            _ => return Err(Fault::Name),
        };
        name.push(character);
        name.push_str(rest);
    }
    if name.is_empty() || name.contains('\0') { Err(Fault::Name) } else { Ok(name) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_two_escapes_are_undone_and_no_other_is_known() {
        assert_eq!(unescape("ada").as_deref(), Ok("ada"));
        assert_eq!(unescape("a=2Cb=3Dc=3D").as_deref(), Ok("a,b=c="));
        assert_eq!(unescape("=3D2C").as_deref(), Ok("=2C"), "once, not twice");
        assert_eq!(unescape("\u{e4}=2C\u{e4}").as_deref(), Ok("\u{e4},\u{e4}"));
        for bad in ["", "=", "a=", "a=2", "a=2c", "a=3d", "a=00", "a==", "a=\u{e4}"] {
            assert_eq!(unescape(bad), Err(Fault::Name), "{bad:?}");
        }
    }
}
