//! An application and a network client on one cache: what either stores, the other reads.
//!
//! The client here is forty lines of the memcached binary protocol, so that the example needs nothing installed; any
//! memcached client that logs in does the same.
//!
//! `cargo run --example share_one_cache`

#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use keyway::{Cache, Config, Role, Users};
use keyway_frontend::{Policy, Server, ServerConfig};
use std::{
    error::Error,
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
};

fn main() -> Result<(), Box<dyn Error>> {
    let users = Users::new();
    users.add_trusted("application", Role::ReadWrite)?;
    users.add("worker", "a long passphrase of the worker", Role::ReadWrite)?;
    let cache = Cache::new(Config::new(64 << 20), users)?;
    let application = cache.session_for("application")?;

    // The same cache, opened to the network. Port 0 picks a free one.
    let mut config = ServerConfig::new(Policy::default());
    config.listen = vec![([127, 0, 0, 1], 0).into()];
    let server = Server::start(cache.clone(), config)?;
    let address = *server.addresses().first().ok_or("it listens somewhere")?;
    println!("listening on {address}");

    let mut worker = Client::log_in(address, "worker", "a long passphrase of the worker")?;

    application.set("from-the-application", "hello, worker")?;
    let read = worker.get("from-the-application")?;
    println!("the worker reads {:?}", String::from_utf8_lossy(&read));
    assert_eq!(read, b"hello, worker");

    worker.set("from-the-worker", "hello, application")?;
    let read = application.get("from-the-worker")?.ok_or("the worker just stored it")?;
    println!("the application reads {:?}", String::from_utf8_lossy(&read));
    assert_eq!(&*read, b"hello, application");

    // One door: a revoked user is out in both, at the very next command.
    cache.users().remove("worker")?;
    let refused = worker.get("from-the-application");
    println!("the worker, removed: {}", refused.err().ok_or("it must be refused")?);

    // In-process sessions do not notice that the server stops.
    server.stop();
    assert!(application.get("from-the-worker")?.is_some());
    Ok(())
}

/// The least of a client.
struct Client(TcpStream);

impl Client {
    fn log_in(address: SocketAddr, name: &str, password: &str) -> Result<Self, Box<dyn Error>> {
        let mut client = Self(TcpStream::connect(address)?);
        client.call(0x21, b"", "PLAIN", format!("\0{name}\0{password}").as_bytes())?;
        Ok(client)
    }

    fn get(&mut self, key: &str) -> Result<Vec<u8>, Box<dyn Error>> {
        let body = self.call(0x00, b"", key, b"")?;
        Ok(body.get(4..).unwrap_or_default().to_vec()) // four bytes of flags come first
    }

    fn set(&mut self, key: &str, value: &str) -> Result<(), Box<dyn Error>> {
        let (flags, expiry) = ([0; 4], [0; 4]);
        self.call(0x01, &[flags, expiry].concat(), key, value.as_bytes()).map(drop)
    }

    fn call(
        &mut self,
        opcode: u8,
        extras: &[u8],
        key: &str,
        value: &[u8],
    ) -> Result<Vec<u8>, Box<dyn Error>> {
        let mut header = [0; 24];
        header[0] = 0x80;
        header[1] = opcode;
        header[2..4].copy_from_slice(&u16::try_from(key.len())?.to_be_bytes());
        header[4] = u8::try_from(extras.len())?;
        header[8..12].copy_from_slice(&u32::try_from(extras.len() + key.len() + value.len())?.to_be_bytes());
        self.0.write_all(&[&header, extras, key.as_bytes(), value].concat())?;

        self.0.read_exact(&mut header)?;
        let [.., a, b, c, d] = header[..12] else { return Err("a header has 24 bytes".into()) };
        let mut body = vec![0; u32::from_be_bytes([a, b, c, d]) as usize];
        self.0.read_exact(&mut body)?;
        match u16::from_be_bytes([header[6], header[7]]) {
            0 => Ok(body),
            status => Err(format!("status {status:#04x}, {}", String::from_utf8_lossy(&body)).into()),
        }
    }
}
