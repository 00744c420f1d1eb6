//! A token that those have to show who ask.

use super::request::Request;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use sha2::{Digest, Sha256};
use std::{error::Error, fmt, fs, io, path::Path};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// What whoever asks has to know: as `Authorization: Bearer` (RFC 6750), or, for a browser, as the password of
/// `Authorization: Basic` (RFC 7617) with any name. Only its hash is kept.
///
/// ```
/// use keyway_frontend::http::AccessToken;
///
/// let token = AccessToken::new("0123456789abcdef")?;
/// assert_eq!(format!("{token:?}"), "AccessToken(..)");
/// # Ok::<(), keyway_frontend::http::AccessTokenError>(())
/// ```
#[derive(Clone)]
pub struct AccessToken([u8; 32]);

/// Why a text is no token.
///
/// ```
/// use keyway_frontend::http::{AccessToken, AccessTokenError};
///
/// assert!(matches!(AccessToken::new("short"), Err(AccessTokenError::TooShort)));
/// assert!(matches!(AccessToken::new("0123456789 abcdef"), Err(AccessTokenError::Unspeakable)));
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum AccessTokenError {
    /// The file cannot be read.
    Unreadable(io::Error),
    /// It is shorter than [`AccessToken::SHORTEST`] bytes.
    TooShort,
    /// It has a blank or a control character inside, which no header could carry.
    Unspeakable,
}

impl AccessToken {
    /// Bytes of the shortest token. A request costs whoever guesses a connection, and nothing else slows it down.
    ///
    /// ```
    /// use keyway_frontend::http::AccessToken;
    ///
    /// let of_length = |len| AccessToken::new(&"t".repeat(len));
    /// assert!(of_length(AccessToken::SHORTEST).is_ok() && of_length(AccessToken::SHORTEST - 1).is_err());
    /// ```
    pub const SHORTEST: usize = 16;

    /// This token.
    ///
    /// ```
    /// # use keyway_frontend::http::{Access, AccessToken, HttpServer, Response, Routes};
    /// # use std::{io::{Read, Write}, net::{SocketAddr, TcpStream}, time::Duration};
    /// # let anywhere = [SocketAddr::from(([127, 0, 0, 1], 0))];
    /// let mut routes = Routes::new();
    /// routes.add("/metrics", Access::TokenHolders, |_| Response::text("up 1\n"));
    /// routes.require(AccessToken::new("0123456789abcdef")?);
    /// let server = HttpServer::start(&anywhere, routes)?;
    ///
    /// let mut socket = TcpStream::connect(server.addresses()[0])?;
    /// # socket.set_read_timeout(Some(Duration::from_secs(5)))?;
    /// socket.write_all(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer 0123456789abcdef\r\n\r\n")?;
    /// let mut answer = String::new();
    /// socket.read_to_string(&mut answer)?;
    /// assert!(answer.ends_with("up 1\n"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`AccessTokenError::TooShort`], [`AccessTokenError::Unspeakable`].
    pub fn new(token: &str) -> Result<Self, AccessTokenError> {
        if token.len() < Self::SHORTEST {
            return Err(AccessTokenError::TooShort);
        }
        if !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(AccessTokenError::Unspeakable);
        }
        Ok(Self(Sha256::digest(token).into()))
    }

    /// The first line of this file, without blanks around it.
    ///
    /// ```
    /// use keyway_frontend::http::{AccessToken, AccessTokenError};
    ///
    /// # let place = tempfile::tempdir()?;
    /// let file = place.path().join("metrics-token");
    /// std::fs::write(&file, "0123456789abcdef\n")?; // as `openssl rand -hex 32` would
    /// assert!(AccessToken::from_file(&file).is_ok());
    /// std::fs::write(&file, "\n0123456789abcdef\n")?; // the first line counts
    /// assert!(matches!(AccessToken::from_file(&file), Err(AccessTokenError::TooShort)));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`AccessTokenError`].
    pub fn from_file(path: &Path) -> Result<Self, AccessTokenError> {
        let text = Zeroizing::new(fs::read_to_string(path).map_err(AccessTokenError::Unreadable)?);
        Self::new(text.lines().next().unwrap_or_default().trim())
    }

    /// Whether the request shows it. How long that takes says nothing about how much of it is right.
    pub(super) fn is_shown_by(&self, request: &Request) -> bool {
        let shown = request.header("authorization").and_then(shown);
        shown.is_some_and(|shown| Sha256::digest(&*shown).as_slice().ct_eq(&self.0).into())
    }
}

fn shown(field: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let (scheme, rest) = str::from_utf8(field).ok()?.split_once(' ')?;
    let rest = rest.trim();
    if scheme.eq_ignore_ascii_case("bearer") {
        return Some(Zeroizing::new(rest.as_bytes().to_vec()));
    }
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let pair = Zeroizing::new(STANDARD.decode(rest).ok()?);
    let colon = pair.iter().position(|byte| *byte == b':')?;
    Some(Zeroizing::new(pair.get(colon + 1..)?.to_vec()))
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccessToken(..)")
    }
}

impl fmt::Display for AccessTokenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(error) => write!(f, "it cannot be read: {error}"),
            Self::TooShort => write!(
                f,
                "its first line is shorter than {} bytes; `openssl rand -hex 32` makes one",
                AccessToken::SHORTEST
            ),
            Self::Unspeakable => {
                f.write_str("its first line has blanks or characters beyond ASCII in it; `openssl rand -hex 32` makes one")
            }
        }
    }
}

impl Error for AccessTokenError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Unreadable(error) => Some(error),
            Self::TooShort | Self::Unspeakable => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{super::request::Parsed, *};

    const TOKEN: &str = "0123456789abcdef";

    fn asking(authorization: &str) -> Request {
        let head = format!("GET / HTTP/1.0\r\n{authorization}\r\n\r\n");
        match Request::parse(head.as_bytes()) {
            Parsed::Whole(request) => request,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_token_is_shown_as_bearer_or_as_a_password() {
        let token = AccessToken::new(TOKEN).unwrap();
        let basic = |pair: &str| format!("Authorization: basic {}", STANDARD.encode(pair));
        for field in [
            format!("authorization: BEARER {TOKEN}"),
            basic(&format!(":{TOKEN}")),
            basic(&format!("me:{TOKEN}")),
        ] {
            assert!(token.is_shown_by(&asking(&field)), "{field}");
        }
        for field in [
            "X: y".to_owned(),
            format!("Authorization: {TOKEN}"),
            "Authorization: Bearer".to_owned(),
            "Authorization: Bearer ".to_owned(),
            format!("Authorization: Bearer {TOKEN}0"),
            format!("Authorization: Bearer {}", &TOKEN[1..]),
            format!("Authorization: Digest {TOKEN}"),
            basic(TOKEN),
            basic(&format!("{TOKEN}:")),
            "Authorization: Basic %%%".to_owned(),
        ] {
            assert!(!token.is_shown_by(&asking(&field)), "{field}");
        }
    }

    #[test]
    fn a_token_is_long_enough_and_fits_into_a_header() {
        assert!(matches!(AccessToken::new(&TOKEN[1..]), Err(AccessTokenError::TooShort)));
        assert!(matches!(AccessToken::new("0123456789 abcdef"), Err(AccessTokenError::Unspeakable)));
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("token");
        assert!(matches!(AccessToken::from_file(&path), Err(AccessTokenError::Unreadable(_))));
        fs::write(&path, format!(" {TOKEN}\r\nsecond line\n")).unwrap();
        assert!(
            AccessToken::from_file(&path)
                .unwrap()
                .is_shown_by(&asking(&format!("Authorization: Bearer {TOKEN}")))
        );
        assert_eq!(format!("{:?}", AccessToken::from_file(&path).unwrap()), "AccessToken(..)");
    }
}
