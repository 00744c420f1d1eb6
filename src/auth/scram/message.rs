//! The two messages of a client, read strictly.

use super::{gs2::Gs2Header, saslname::unescape};
use crate::auth::scram_hash::{HashOutput, ScramHash};
use base64::{Engine, engine::general_purpose::STANDARD};
use std::{ops::RangeInclusive, str::Split};

/// Of the first message, in bytes: two names and a nonce, with room for extensions.
const MAX_FIRST: usize = 1024;

/// Of the last message, in bytes: the header of the first in base64, both nonces and a proof.
const MAX_FINAL: usize = 2048;

/// Of the client's nonce, in bytes. The server's own makes the dialogue unique even if this one is short, so any that
/// is not empty will do; the cap keeps the answer small.
const NONCE_LENS: RangeInclusive<usize> = 1..=256;

/// Letters that mean something in SCRAM. As an extension each would repeat or contradict the field proper.
const RESERVED: &str = "aceimnprsv";

/// Why a message is refused. All of them look alike to the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// Longer than any honest message.
    TooLong,
    /// Not UTF-8, or with NUL, CR or LF.
    Text,
    /// Fields missing, out of order or unknown where they must be known.
    Shape,
    /// `m=`: an extension that must be understood, and is not.
    MandatoryExtension,
    /// Empty, or with an escape that is none.
    Name,
    /// Empty, too long, or with characters outside printable ASCII.
    Nonce,
    /// Not canonical base64, or not of the length that it must have.
    Encoding,
}

/// `n=name,r=nonce`, with what precedes it.
#[derive(Debug)]
pub(super) struct ClientFirst<'a> {
    pub(super) header: Gs2Header<'a>,
    /// All behind the header, extensions included: what the proof covers.
    pub(super) bare: &'a str,
    pub(super) name: String,
    pub(super) nonce: &'a str,
}

impl<'a> ClientFirst<'a> {
    pub(super) fn parse(message: &'a [u8]) -> Result<Self, Fault> {
        let (header, bare) = Gs2Header::split_from(text(message, MAX_FIRST)?)?;
        if bare.starts_with("m=") {
            return Err(Fault::MandatoryExtension);
        }
        let mut fields = bare.split(',');
        let name = unescape(field(&mut fields, "n=")?)?;
        let nonce = field(&mut fields, "r=")?;
        // '!' to '~' is printable ASCII; a comma cannot be here, it would have ended the field.
        if !NONCE_LENS.contains(&nonce.len()) || !nonce.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(Fault::Nonce);
        }
        extensions(fields)?;
        Ok(Self { header, bare, name, nonce })
    }
}

/// `c=header,r=nonces,p=proof`.
pub(super) struct ClientFinal<'a> {
    /// The header of the first message, decoded, and what the client is bound to behind it.
    pub(super) bound_to: Vec<u8>,
    pub(super) nonce: &'a str,
    /// All before `,p=`, extensions included: what the proof covers.
    pub(super) without_proof: &'a str,
    pub(super) proof: HashOutput,
}

impl<'a> ClientFinal<'a> {
    /// With a proof as long as this function's output.
    pub(super) fn parse(message: &'a [u8], hash: ScramHash) -> Result<Self, Fault> {
        let (without_proof, last) = text(message, MAX_FINAL)?.rsplit_once(',').ok_or(Fault::Shape)?;
        let proof = decode(last.strip_prefix("p=").ok_or(Fault::Shape)?)?;
        let proof = HashOutput::read(hash, &proof).ok_or(Fault::Encoding)?;
        let mut fields = without_proof.split(',');
        let bound_to = decode(field(&mut fields, "c=")?)?;
        let nonce = field(&mut fields, "r=")?;
        extensions(fields)?;
        Ok(Self { bound_to, nonce, without_proof, proof })
    }
}

fn text(message: &[u8], max: usize) -> Result<&str, Fault> {
    if message.len() > max {
        return Err(Fault::TooLong);
    }
    let text = str::from_utf8(message).map_err(|_| Fault::Text)?;
    if text.contains(['\0', '\r', '\n']) { Err(Fault::Text) } else { Ok(text) }
}

fn field<'a>(fields: &mut Split<'a, char>, prefix: &str) -> Result<&'a str, Fault> {
    fields.next().and_then(|field| field.strip_prefix(prefix)).ok_or(Fault::Shape)
}

/// Extensions are ignored, but must be ones: a letter of their own, `=` and something.
fn extensions(fields: Split<'_, char>) -> Result<(), Fault> {
    for field in fields {
        let (letter, value) = field.split_once('=').ok_or(Fault::Shape)?;
        if letter == "m" {
            return Err(Fault::MandatoryExtension);
        }
        let lettered = letter.len() == 1 && letter.bytes().all(|byte| byte.is_ascii_alphabetic());
        if !lettered || RESERVED.contains(letter) || value.is_empty() {
            return Err(Fault::Shape);
        }
    }
    Ok(())
}

/// Only the one canonical way to write the bytes.
fn decode(text: &str) -> Result<Vec<u8>, Fault> {
    STANDARD.decode(text).map_err(|_| Fault::Encoding)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The proof of RFC 7677's example.
    const PROOF: &str = "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=";

    fn first(message: &str) -> Result<ClientFirst<'_>, Fault> {
        ClientFirst::parse(message.as_bytes())
    }

    fn last(message: &str) -> Result<ClientFinal<'_>, Fault> {
        ClientFinal::parse(message.as_bytes(), ScramHash::Sha256)
    }

    #[test]
    fn a_first_message_is_read_whole() {
        let read = first("n,a=a=2Cda,n=a=2Cda,r=fyko+d2lbb,x=1=2,y=z").unwrap();
        assert_eq!(read.header.text, "n,a=a=2Cda,");
        assert_eq!(read.bare, "n=a=2Cda,r=fyko+d2lbb,x=1=2,y=z");
        assert_eq!((read.name.as_str(), read.nonce), ("a,da", "fyko+d2lbb"));
    }

    #[test]
    fn a_first_message_that_is_not_quite_one_is_refused() {
        let table = [
            ("", Fault::Shape),
            ("n,,", Fault::Shape),
            ("n,,n=ada", Fault::Shape),
            ("n,,r=nonce,n=ada", Fault::Shape),
            ("n,,n=ada,s=nonce", Fault::Shape),
            ("n,,N=ada,r=nonce", Fault::Shape),
            ("n,,n=ada,r=nonce,", Fault::Shape),
            ("n,,n=ada,r=nonce,x", Fault::Shape),
            ("n,,n=ada,r=nonce,x=", Fault::Shape),
            ("n,,n=ada,r=nonce,xy=1", Fault::Shape),
            ("n,,n=ada,r=nonce,1=1", Fault::Shape),
            ("n,,n=ada,r=nonce,n=bob", Fault::Shape),
            ("n,,n=ada,r=nonce,r=other", Fault::Shape),
            ("n,,m=ext,n=ada,r=nonce", Fault::MandatoryExtension),
            ("n,,n=ada,r=nonce,m=ext", Fault::MandatoryExtension),
            ("p=tls=unique,,n=ada,r=nonce", Fault::Shape),
            ("n,,n=,r=nonce", Fault::Name),
            ("n,,n=a=b,r=nonce", Fault::Name),
            ("n,,n=ada,r=", Fault::Nonce),
            ("n,,n=ada,r=no nce", Fault::Nonce),
            ("n,,n=ada,r=n\u{e4}", Fault::Nonce),
            ("n,,n=ada,r=n\u{7f}", Fault::Nonce),
            ("n,,n=ada\n,r=nonce", Fault::Text),
            ("n,,n=ada\r,r=nonce", Fault::Text),
            ("n,,n=a\0da,r=nonce", Fault::Text),
        ];
        for (message, fault) in table {
            assert_eq!(first(message).err(), Some(fault), "{message:?}");
        }
        assert_eq!(ClientFirst::parse(b"n,,n=\xff,r=nonce").err(), Some(Fault::Text));
    }

    #[test]
    fn lengths_end_at_their_caps() {
        assert!(first(&format!("n,,n=ada,r={}", "x".repeat(256))).is_ok());
        assert_eq!(first(&format!("n,,n=ada,r={}", "x".repeat(257))).err(), Some(Fault::Nonce));
        let padded = |len: usize| format!("n,,n=ada,r=nonce,x={}", "x".repeat(len - 19));
        assert!(first(&padded(MAX_FIRST)).is_ok());
        assert_eq!(first(&padded(MAX_FIRST + 1)).err(), Some(Fault::TooLong));
        let padded = |len: usize| format!("c=biws,r=n,x={},p={PROOF}", "x".repeat(len - 60));
        assert!(last(&padded(MAX_FINAL)).is_ok());
        assert_eq!(last(&padded(MAX_FINAL + 1)).err(), Some(Fault::TooLong));
    }

    #[test]
    fn a_last_message_is_read_whole() {
        let message = format!("c=biws,r=nonces,x=1,p={PROOF}");
        let read = last(&message).unwrap();
        assert_eq!(read.bound_to, b"n,,");
        assert_eq!((read.nonce, read.without_proof), ("nonces", "c=biws,r=nonces,x=1"));
        assert_eq!(STANDARD.encode(&*read.proof), PROOF);
    }

    #[test]
    fn a_proof_is_as_long_as_the_output_of_its_hash_function() {
        let of = |len: usize| format!("c=biws,r=nonces,p={}", STANDARD.encode(vec![7; len]));
        for (hash, right) in [(ScramHash::Sha256, 32), (ScramHash::Sha512, 64)] {
            for len in [0, 20, 32, 48, 63, 64, 65] {
                let read = ClientFinal::parse(of(len).as_bytes(), hash).map(|read| read.proof.len());
                assert_eq!(read, if len == right { Ok(len) } else { Err(Fault::Encoding) }, "{hash:?} {len}");
            }
        }
    }

    #[test]
    fn a_last_message_that_is_not_quite_one_is_refused() {
        let table = [
            (String::new(), Fault::Shape),
            (format!("p={PROOF}"), Fault::Shape),
            (format!("c=biws,p={PROOF}"), Fault::Shape),
            (format!("r=nonces,p={PROOF}"), Fault::Shape),
            (format!("r=nonces,c=biws,p={PROOF}"), Fault::Shape),
            ("c=biws,r=nonces".to_owned(), Fault::Shape),
            (format!("c=biws,p={PROOF},r=nonces"), Fault::Shape),
            (format!("c=biws,r=nonces,p={PROOF},x=1"), Fault::Shape),
            (format!("c=biws,r=nonces,p={PROOF},p={PROOF}"), Fault::Shape),
            (format!("c=biws,r=nonces,r=nonces,p={PROOF}"), Fault::Shape),
            (format!("c=biws,r=nonces,m=ext,p={PROOF}"), Fault::MandatoryExtension),
            (format!("c=bi,r=nonces,p={PROOF}"), Fault::Encoding),
            (format!("c=bix=,r=nonces,p={PROOF}"), Fault::Encoding),
            ("c=biws,r=nonces,p=".to_owned(), Fault::Encoding),
            (format!("c=biws,r=nonces,p={}", PROOF.replace('=', "")), Fault::Encoding),
            (format!("c=biws,r=nonces,p={}", PROOF.replace("VQ=", "VR=")), Fault::Encoding),
            (format!("c=biws,r=nonces,p={}", PROOF.replace('+', "-")), Fault::Encoding),
            (format!("c=biws,r=nonces,p={PROOF} "), Fault::Encoding),
            (format!("c=biws,r=nonces,p={}", STANDARD.encode([0; 31])), Fault::Encoding),
            (format!("c=biws,r=nonces,p={}", STANDARD.encode([0; 33])), Fault::Encoding),
            (format!("c=biws,r=nonces\n,p={PROOF}"), Fault::Text),
        ];
        for (message, fault) in table {
            assert_eq!(last(&message).err(), Some(fault), "{message:?}");
        }
    }
}
