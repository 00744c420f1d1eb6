//! The header of a client's first message: channel binding, and whom the user wants to act as.
//! RFC 5802, section 7: `gs2-header`.

use super::{message::Fault, saslname::unescape};

/// What the client says of binding to the channel (RFC 5802, section 7: `gs2-cbind-flag`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flag<'a> {
    /// `n`: it cannot.
    Unable,
    /// `y`: it can, and saw no offer of it.
    Unoffered,
    /// `p=`: it does, in the way that has this name.
    Bound(&'a str),
}

/// A flag, then a comma, then `a=name` or nothing, then a comma.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Gs2Header<'a> {
    /// As it was sent, with both commas: the last message must repeat it.
    pub(super) text: &'a str,
    pub(super) flag: Flag<'a>,
    pub(super) acting_as: Option<String>,
}

impl<'a> Flag<'a> {
    fn read(text: &'a str) -> Result<Self, Fault> {
        match text {
            "n" => Ok(Self::Unable),
            "y" => Ok(Self::Unoffered),
            _ => text
                .strip_prefix("p=")
                .filter(|name| is_binding_name(name))
                .map(Self::Bound)
                .ok_or(Fault::Shape),
        }
    }
}

/// RFC 5802, section 7: `cb-name`.
fn is_binding_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-'))
}

impl<'a> Gs2Header<'a> {
    /// The header and what follows it.
    pub(super) fn split_from(message: &'a str) -> Result<(Self, &'a str), Fault> {
        let (flag, rest) = message.split_once(',').ok_or(Fault::Shape)?;
        let flag = Flag::read(flag)?;
        let (field, bare) = rest.split_once(',').ok_or(Fault::Shape)?;
        let acting_as = match field.strip_prefix("a=") {
            Some(name) => Some(unescape(name)?),
            None if field.is_empty() => None,
            None => return Err(Fault::Shape),
        };
        let text = &message[..message.len() - bare.len()];
        Ok((Self { text, flag, acting_as }, bare))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_ends_at_the_second_comma() {
        let table = [
            ("n,,n=ada", "n,,", Flag::Unable, None),
            ("y,,n=ada", "y,,", Flag::Unoffered, None),
            ("p=tls-exporter,,n=ada", "p=tls-exporter,,", Flag::Bound("tls-exporter"), None),
            ("p=a.B-9,a=ada,n=ada", "p=a.B-9,a=ada,", Flag::Bound("a.B-9"), Some("ada")),
            ("n,a=ada,n=ada", "n,a=ada,", Flag::Unable, Some("ada")),
            ("n,a=a=2Cb,n=ada", "n,a=a=2Cb,", Flag::Unable, Some("a,b")),
        ];
        for (message, text, flag, acting_as) in table {
            let (header, bare) = Gs2Header::split_from(message).unwrap();
            assert_eq!((header.text, header.flag), (text, flag));
            assert_eq!((header.acting_as.as_deref(), bare), (acting_as, "n=ada"));
        }
    }

    #[test]
    fn other_flags_and_fields_are_refused() {
        let refused = |message| Gs2Header::split_from(message).unwrap_err();
        for message in [
            "",
            "n",
            "n,",
            "n=ada,r=x",
            "N,,n=ada",
            "z,,n=ada",
            ",,n=ada",
            "n,x,n=ada",
            "nn,,n=ada",
            "p,,n=ada",
            "p=,,n=ada",
            "p=a b,,n=ada",
            "p=a=b,,n=ada",
            "P=tls-exporter,,n=ada",
        ] {
            assert_eq!(refused(message), Fault::Shape, "{message:?}");
        }
        assert_eq!(refused("n,a=,n=ada"), Fault::Name);
        assert_eq!(refused("n,a=a=,n=ada"), Fault::Name);
    }
}
