//! The same over the loopback: a client that asks for a turn's worth at once, or for one thing at a time, beside others with pipelines.

use super::{Heard, KEYS, Noise, VALUE, full_cache, listen};
use keyway::{Cache, Role, TokenScope};
use keyway_frontend::{Server, ServerConfig};
use std::{
    io::{self, Read, Write},
    net::{SocketAddr, TcpStream},
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    thread,
    time::Duration,
};

const GET: u8 = 0x00;
const SET: u8 = 0x01;
const LOGIN: u8 = 0x21;
/// What the server does for one connection before it looks at the next.
pub(super) const TURN: u32 = 128;
/// Sets that are sent at once.
const PIPELINE: u64 = 1000;

pub(super) fn beside(noise: &Noise, lap: Duration, at_once: u32) -> io::Result<Heard> {
    let cache = full_cache(noise)?;
    let mut config = ServerConfig::new(keyway_frontend::Policy::default());
    config.policy.threads = 1;
    config.listen = vec![SocketAddr::from(([127, 0, 0, 1], 0)).into()];
    let server = Server::start(cache.clone(), config).map_err(|error| io::Error::other(error.to_string()))?;
    let address = server.addresses()[0];
    let mut quiet = Client::of(&cache, address, "quiet")?;
    let (done, stored) = (AtomicBool::new(false), AtomicU64::new(0));
    thread::scope(|scope| {
        for voice in 0..noise.voices {
            // Who is not let in has nothing to say.
            let Ok(mut noisy) = Client::of(&cache, address, "noisy") else { continue };
            let (done, stored) = (&done, &stored);
            scope.spawn(move || {
                let mut number = (voice as u64 + 1) << 32;
                while !done.load(Ordering::Relaxed) {
                    let Ok(carried_out) = noisy.pour(number) else { return };
                    number += PIPELINE;
                    stored.fetch_add(carried_out, Ordering::Relaxed);
                }
            });
        }
        let heard = listen(lap, &stored, |number| quiet.look(number, at_once).map(|()| at_once));
        done.store(true, Ordering::Relaxed);
        heard
    })
}

struct Client(TcpStream);

impl Client {
    /// Logged in by a token, for which nothing is derived.
    fn of(cache: &Cache, address: SocketAddr, user: &str) -> io::Result<Self> {
        let token = cache.users().mint(user, TokenScope::by(Role::ReadWrite));
        let token = token.map_err(|error| io::Error::other(error.to_string()))?;
        let mut client = Self(TcpStream::connect(address)?);
        client.0.set_nodelay(true)?;
        let said = format!("\0{user}\0{}", token.reveal());
        match client.ask(LOGIN, &[], b"PLAIN", said.as_bytes())? {
            0 => Ok(client),
            status => Err(io::Error::other(format!("{user} is not let in: {status:#x}"))),
        }
    }

    fn ask(&mut self, opcode: u8, extras: &[u8], key: &[u8], value: &[u8]) -> io::Result<u16> {
        let mut frame = Vec::new();
        push(&mut frame, opcode, extras, key, value);
        self.0.write_all(&frame)?;
        self.status()
    }

    /// Gets so many items that are there, from this one on, asked for at once.
    fn look(&mut self, first: u32, at_once: u32) -> io::Result<()> {
        let mut frames = Vec::new();
        for number in first..first + at_once {
            push(&mut frames, GET, &[], &u64::from(number % KEYS).to_be_bytes(), &[]);
        }
        self.0.write_all(&frames)?;
        let mut answers = io::BufReader::with_capacity(1 << 16, &self.0);
        for _ in 0..at_once {
            match status(&mut answers)? {
                0 => {}
                status => {
                    return Err(io::Error::other(format!("what is reserved is not there: {status:#x}")));
                }
            }
        }
        Ok(())
    }

    /// How many of as many sets as are sent at once were carried out.
    fn pour(&mut self, first: u64) -> io::Result<u64> {
        let mut frames = Vec::new();
        for number in first..first + PIPELINE {
            push(&mut frames, SET, &[0; 8], &number.to_be_bytes(), &[7; VALUE]);
        }
        self.0.write_all(&frames)?;
        let mut carried_out = 0;
        let mut answers = io::BufReader::with_capacity(1 << 16, &self.0);
        for _ in 0..PIPELINE {
            carried_out += u64::from(status(&mut answers)? == 0);
        }
        Ok(carried_out)
    }

    fn status(&mut self) -> io::Result<u16> {
        status(&mut self.0)
    }
}

fn push(frames: &mut Vec<u8>, opcode: u8, extras: &[u8], key: &[u8], value: &[u8]) {
    let body = u32::try_from(extras.len() + key.len() + value.len()).unwrap_or(0);
    let [key_len, extras_len] = [key, extras].map(|part| u8::try_from(part.len()).unwrap_or(0));
    frames.extend([0x80, opcode, 0, key_len, extras_len, 0, 0, 0]);
    frames.extend(body.to_be_bytes());
    frames.extend([0; 12]);
    [extras, key, value].into_iter().for_each(|part| frames.extend(part));
}

fn status(from: &mut impl Read) -> io::Result<u16> {
    let mut header = [0; 24];
    from.read_exact(&mut header)?;
    let body = u32::from_be_bytes([header[8], header[9], header[10], header[11]]);
    io::copy(&mut from.take(body.into()), &mut io::sink())?;
    Ok(u16::from_be_bytes([header[6], header[7]]))
}
