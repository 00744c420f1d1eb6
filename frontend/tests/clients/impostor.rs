//! A server that does not know the password and lets everybody in: a client that looks at what SCRAM tells it goes away.

use crate::raw;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use std::{
    io::{self, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    thread::{self, JoinHandle},
    time::Duration,
};

/// What the impostor answers to the client's proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signature {
    /// The one that only a server can make which knows the user: for a client that must go on.
    Right(&'static str),
    /// Another one.
    Wrong,
}

/// What a client did.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Heard {
    /// It sent its proof.
    pub(crate) proof: bool,
    /// It took the signature for right: it sent the empty step behind it.
    pub(crate) receipt: bool,
    /// It asked for something, as who is logged in does.
    pub(crate) asked: bool,
}

pub(crate) struct Impostor {
    pub(crate) address: SocketAddr,
    thread: JoinHandle<io::Result<Heard>>,
}

/// A client that says nothing for so long has gone, or waits for something that does not come.
const PATIENCE: Duration = Duration::from_secs(20);

impl Impostor {
    /// Listens for one client, to which it offers this mechanism alone.
    pub(crate) fn start(mechanism: &'static str, signature: Signature) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let thread = thread::spawn(move || {
            let (stream, _) = listener.accept()?;
            stream.set_read_timeout(Some(PATIENCE))?;
            Talk { stream, mechanism, signature, first: String::new(), challenge: String::new() }.hear()
        });
        Ok(Self { address, thread })
    }

    /// What the client did, once it has gone.
    pub(crate) fn heard(self) -> Result<Heard, String> {
        let heard = self.thread.join().map_err(|_| "the impostor panicked".to_owned())?;
        heard.map_err(|error| format!("the impostor: {error}"))
    }
}

struct Talk {
    stream: TcpStream,
    mechanism: &'static str,
    signature: Signature,
    /// The client's first message, and what was answered.
    first: String,
    challenge: String,
}

impl Talk {
    fn hear(mut self) -> io::Result<Heard> {
        let mut heard = Heard::default();
        let mut header = [0; 24];
        // The end of the connection is the end of the tale, however it comes.
        while self.stream.read_exact(&mut header).is_ok() {
            let body = u32::from_be_bytes([header[8], header[9], header[10], header[11]]);
            let mut body = vec![0; body as usize];
            self.stream.read_exact(&mut body)?;
            let skipped = usize::from(header[4]) + usize::from(u16::from_be_bytes([header[2], header[3]]));
            let value = String::from_utf8_lossy(&body[skipped..]).into_owned();
            let (status, said) = match header[1] {
                0x20 => (0, self.mechanism.to_owned()),
                0x21 => (0x21, self.greet(value)),
                0x22 if value.is_empty() => {
                    heard.receipt = true;
                    (0, "Authenticated".to_owned())
                }
                0x22 => {
                    heard.proof = true;
                    (0x21, self.sign())
                }
                // A client that gives up takes its leave.
                0x07 | 0x17 => break,
                _ => {
                    heard.asked = true;
                    (0x01, "Not found".to_owned())
                }
            };
            self.answer(&header, status, &said)?;
        }
        Ok(heard)
    }

    fn greet(&mut self, first: String) -> String {
        let nonce = first.rsplit_once("r=").map_or("", |(_, nonce)| nonce);
        let salt = STANDARD.encode([7; 16]);
        self.challenge = format!("r={nonce}imposture,s={salt},i=4096");
        self.first = first;
        self.challenge.clone()
    }

    fn sign(&self) -> String {
        let wide = self.mechanism.contains("512");
        match self.signature {
            Signature::Wrong => format!("v={}", STANDARD.encode(vec![7; if wide { 64 } else { 32 }])),
            Signature::Right(password) => {
                let bare = self.first.splitn(3, ',').nth(2).unwrap_or_default();
                let header = &self.first[..self.first.len() - bare.len()];
                let by = if wide { raw::client_final_512 } else { raw::client_final };
                by(header, bare, &self.challenge, password).signature
            }
        }
    }

    fn answer(&mut self, asked: &[u8; 24], status: u16, said: &str) -> io::Result<()> {
        let mut answer = vec![0x81, asked[1], 0, 0, 0, 0];
        answer.extend(status.to_be_bytes());
        answer.extend(u32::try_from(said.len()).map_err(io::Error::other)?.to_be_bytes());
        answer.extend(&asked[12..16]);
        answer.extend([0; 8]);
        answer.extend(said.as_bytes());
        self.stream.write_all(&answer)
    }
}
