//! The least of a client of the binary protocol: logs in, sends packets, checks answers.

use std::{
    io::{self, Read, Write},
    net::{SocketAddr, TcpStream},
};

pub(super) const GET: u8 = 0x00;
pub(super) const SET: u8 = 0x01;
pub(super) const GETKQ: u8 = 0x0d;
pub(super) const NOOP: u8 = 0x0a;
const AUTH: u8 = 0x21;

const HEADER: usize = 24;

/// An answer's parts that are looked at.
pub(super) struct Answer<'a> {
    pub(super) opcode: u8,
    pub(super) status: u16,
    /// Extras, key and value.
    pub(super) body: &'a [u8],
}

pub(super) struct Client {
    socket: TcpStream,
    buffer: Vec<u8>,
    /// What of the buffer is read and not yet looked at.
    filled: std::ops::Range<usize>,
}

/// Appends a request.
pub(super) fn request(out: &mut Vec<u8>, opcode: u8, extras: &[u8], key: &[u8], value: &[u8]) {
    let body = extras.len() + key.len() + value.len();
    out.extend_from_slice(&[0x80, opcode]);
    out.extend_from_slice(&u16::try_from(key.len()).unwrap_or(u16::MAX).to_be_bytes());
    out.extend_from_slice(&[u8::try_from(extras.len()).unwrap_or(u8::MAX), 0, 0, 0]);
    out.extend_from_slice(&u32::try_from(body).unwrap_or(u32::MAX).to_be_bytes());
    out.extend_from_slice(&[0; 12]);
    out.extend_from_slice(extras);
    out.extend_from_slice(key);
    out.extend_from_slice(value);
}

impl Client {
    /// Connects and logs in by PLAIN.
    pub(super) fn log_in(address: SocketAddr, name: &str, password: &str) -> io::Result<Self> {
        let socket = TcpStream::connect(address)?;
        socket.set_nodelay(true)?;
        let mut client = Self { socket, buffer: vec![0; 256 << 10], filled: 0..0 };
        let mut login = Vec::new();
        request(&mut login, AUTH, &[], b"PLAIN", format!("\0{name}\0{password}").as_bytes());
        client.send(&login)?;
        match client.answer()?.status {
            0 => Ok(client),
            status => Err(io::Error::other(format!("login refused with status {status:#x}"))),
        }
    }

    pub(super) fn send(&mut self, requests: &[u8]) -> io::Result<()> {
        self.socket.write_all(requests)
    }

    /// The next answer.
    pub(super) fn answer(&mut self) -> io::Result<Answer<'_>> {
        self.fill(HEADER)?;
        let start = self.filled.start;
        let header = &self.buffer[start..start + HEADER];
        let body = u32::from_be_bytes([header[8], header[9], header[10], header[11]]) as usize;
        self.fill(HEADER + body)?;
        let start = self.filled.start;
        self.filled.start += HEADER + body;
        let packet = &self.buffer[start..start + HEADER + body];
        let status = u16::from_be_bytes([packet[6], packet[7]]);
        Ok(Answer { opcode: packet[1], status, body: &packet[HEADER..] })
    }

    /// Reads until so many bytes are there.
    fn fill(&mut self, wanted: usize) -> io::Result<()> {
        while self.filled.len() < wanted {
            if self.filled.start + wanted > self.buffer.len() {
                self.buffer.copy_within(self.filled.clone(), 0);
                self.filled = 0..self.filled.len();
            }
            let count = self.socket.read(&mut self.buffer[self.filled.end..])?;
            if count == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            self.filled.end += count;
        }
        Ok(())
    }
}
