//! The header of a client's first message: channel binding, and whom the user wants to act as.

use super::{message::Fault, saslname::unescape};

/// `n,` or `y,`, then `a=name` or nothing, then a comma.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Gs2Header<'a> {
    /// As it was sent, with both commas: the last message must repeat it.
    pub(super) text: &'a str,
    pub(super) acting_as: Option<String>,
}

impl<'a> Gs2Header<'a> {
    /// The header and what follows it.
    pub(super) fn split_from(message: &'a str) -> Result<(Self, &'a str), Fault> {
        let (flag, rest) = message.split_once(',').ok_or(Fault::Shape)?;
        // `y` says that the client would bind to the channel and saw no offer of it. None is made here, so that is
        // no downgrade; `p=` is for the mechanism with -PLUS.
        match flag {
            "n" | "y" => {}
            _ if flag.starts_with("p=") => return Err(Fault::ChannelBinding),
            _ => return Err(Fault::Shape),
        }
        let (field, bare) = rest.split_once(',').ok_or(Fault::Shape)?;
        let acting_as = match field.strip_prefix("a=") {
            Some(name) => Some(unescape(name)?),
            None if field.is_empty() => None,
            None => return Err(Fault::Shape),
        };
        let text = &message[..message.len() - bare.len()];
        Ok((Self { text, acting_as }, bare))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_ends_at_the_second_comma() {
        let table = [
            ("n,,n=ada", "n,,", None),
            ("y,,n=ada", "y,,", None),
            ("n,a=ada,n=ada", "n,a=ada,", Some("ada")),
            ("n,a=a=2Cb,n=ada", "n,a=a=2Cb,", Some("a,b")),
        ];
        for (message, text, acting_as) in table {
            let (header, bare) = Gs2Header::split_from(message).unwrap();
            assert_eq!((header.text, header.acting_as.as_deref(), bare), (text, acting_as, "n=ada"));
        }
    }

    #[test]
    fn other_flags_and_fields_are_refused() {
        let refused = |message| Gs2Header::split_from(message).unwrap_err();
        assert_eq!(refused("p=tls-exporter,,n=ada"), Fault::ChannelBinding);
        for message in
            ["", "n", "n,", "n=ada,r=x", "N,,n=ada", "z,,n=ada", ",,n=ada", "n,x,n=ada", "nn,,n=ada"]
        {
            assert_eq!(refused(message), Fault::Shape, "{message:?}");
        }
        assert_eq!(refused("n,a=,n=ada"), Fault::Name);
        assert_eq!(refused("n,a=a=,n=ada"), Fault::Name);
    }
}
