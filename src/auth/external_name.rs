//! One name that a lower layer can prove, and what it reads like.

use super::user_error::UserError;
use core::net::IpAddr;
use std::{fmt, str::FromStr};

/// One name of somebody that a lower layer can prove: of a process by the system, of who holds a certificate by who issued it.
///
/// | kind | text form |
/// |---|---|
/// | [`Uid`](Self::Uid) | `uid:1000` |
/// | [`Subject`](Self::Subject) | `subject:CN=worker-7,O=Shop` |
/// | [`San`](Self::San) | `san:worker-7.shop.example`, `san:10.0.0.7`, `san:ops@shop.example`, `san:spiffe://shop.example/worker` |
///
/// Names are equal if their text forms are, to the letter; a wildcard stands for itself. Reading a text form brings it into the
/// one form that it has: host names in lower case, addresses as they are usually written.
///
/// ```
/// use keyway::ExternalName;
///
/// let name: ExternalName = "san:Worker-7.Shop.Example".parse()?;
/// assert_eq!(name, ExternalName::San("worker-7.shop.example".to_owned()));
/// assert_eq!(name.to_string(), "san:worker-7.shop.example");
/// assert!("worker-7".parse::<ExternalName>().is_err());
/// # Ok::<(), keyway::UserError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum ExternalName {
    /// The user of the operating system whose process is at the other end of a unix socket.
    Uid(u32),
    /// The subject of a certificate, as RFC 4514 writes it: the last part first, apart by commas without blanks.
    Subject(String),
    /// One of the alternative names of a certificate (RFC 5280, section 4.2.1.6): a host name, an address, an e-mail address or
    /// a URI. Make one by [`ExternalName::san`].
    San(String),
}

impl ExternalName {
    /// The longest text behind the kind, in bytes: certificates with longer names are of no use here.
    ///
    /// ```
    /// use keyway::ExternalName;
    ///
    /// let named = |len| format!("san:{}", "x".repeat(len)).parse::<ExternalName>();
    /// assert!(named(ExternalName::MAX).is_ok() && named(ExternalName::MAX + 1).is_err());
    /// ```
    pub const MAX: usize = 1024;

    /// An alternative name of a certificate, in its one form.
    ///
    /// ```
    /// use keyway::ExternalName;
    ///
    /// // Host names and addresses are written in one way, whatever the certificate has.
    /// assert_eq!(ExternalName::san("Worker.Example").to_string(), "san:worker.example");
    /// assert_eq!(ExternalName::san("2001:DB8:0:0::7").to_string(), "san:2001:db8::7");
    /// assert_eq!(ExternalName::san("Ops@Shop.example").to_string(), "san:Ops@Shop.example");
    /// ```
    #[must_use]
    pub fn san(name: &str) -> Self {
        // What has neither of these is a host name, and those are equal in upper and lower case (RFC 4343).
        let is_host = !name.contains(['@', ':', '/']);
        Self::San(match name.parse::<IpAddr>() {
            Ok(address) => address.to_string(),
            Err(_) if is_host => name.to_ascii_lowercase(),
            Err(_) => name.to_owned(),
        })
    }
}

impl FromStr for ExternalName {
    type Err = UserError;

    /// # Errors
    ///
    /// [`UserError::BadExternalName`].
    fn from_str(text: &str) -> Result<Self, UserError> {
        let bad = || UserError::BadExternalName(text.chars().take(64).collect());
        let (kind, name) = text.split_once(':').ok_or_else(bad)?;
        if name.is_empty() || name.len() > Self::MAX || name.chars().any(char::is_control) {
            return Err(bad());
        }
        match kind {
            // One way to write each number.
            "uid" => {
                name.parse().ok().filter(|uid: &u32| uid.to_string() == name).map(Self::Uid).ok_or_else(bad)
            }
            "subject" => Ok(Self::Subject(name.to_owned())),
            "san" => Ok(Self::san(name)),
            _ => Err(bad()),
        }
    }
}

impl fmt::Display for ExternalName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Uid(uid) => write!(f, "uid:{uid}"),
            Self::Subject(name) => write!(f, "subject:{name}"),
            Self::San(name) => write!(f, "san:{name}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_name_has_one_text_form() {
        let table = [
            ("uid:0", "uid:0"),
            ("uid:4294967295", "uid:4294967295"),
            ("subject:CN=worker-7,O=Shop", "subject:CN=worker-7,O=Shop"),
            ("subject:CN=a\\,b: c", "subject:CN=a\\,b: c"),
            ("san:WORKER.shop.example", "san:worker.shop.example"),
            ("san:*.Shop.example", "san:*.shop.example"),
            ("san:10.0.0.7", "san:10.0.0.7"),
            ("san:2001:DB8:0:0::7", "san:2001:db8::7"),
            ("san:Ops@shop.example", "san:Ops@shop.example"),
            ("san:spiffe://shop.example/Worker", "san:spiffe://shop.example/Worker"),
        ];
        for (text, shown) in table {
            let name: ExternalName = text.parse().unwrap();
            assert_eq!(name.to_string(), shown);
            assert_eq!(shown.parse(), Ok(name));
        }
    }

    #[test]
    fn what_is_no_name_is_refused() {
        let long = format!("san:{}", "x".repeat(1025));
        for text in [
            "",
            "uid",
            "uid:",
            "uid:-1",
            "uid:+1",
            "uid:01",
            "uid:4294967296",
            "uid:1 ",
            "UID:1",
            "gid:1",
            "subject:",
            "san:",
            "san:a\nb",
            "san:a\0",
            "worker",
            &long,
        ] {
            assert!(matches!(text.parse::<ExternalName>(), Err(UserError::BadExternalName(_))), "{text:?}");
        }
    }
}
