//! Metrics of a cache that lives in the application: as text, and over HTTP beside the application's own paths.
//!
//! `cargo run -p keyway-frontend --example metrics` asks itself and ends; with `serve` behind it, look at
//! <http://127.0.0.1:9150/metrics>.

#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use keyway::{Cache, Config, Role, Users};
use keyway_frontend::{
    http::{Access, HttpServer, Response, Routes},
    metrics::{Metrics, render},
};
use std::{
    env,
    error::Error,
    io::{Read, Write},
    net::{Ipv4Addr, SocketAddr, TcpStream},
    thread,
    time::Duration,
};

fn main() -> Result<(), Box<dyn Error>> {
    let users = Users::new();
    users.add_trusted("shop", Role::ReadWrite)?;
    let cache = Cache::new(Config::new(8 << 20), users)?;
    let shop = cache.session_for("shop")?;
    shop.set("greeting", "hello")?;
    shop.get("greeting")?;
    shop.get("farewell")?;

    // For whoever has an HTTP server already, or sends metrics elsewhere: the text, now.
    let text = render(&cache, None);
    let hits = text.lines().find(|line| line.starts_with("keyway_namespace_hits_total{"));
    println!("{}", hits.unwrap_or_default());

    // For whoever has none: a small one, with paths of the application's own.
    let stays = env::args().nth(1).as_deref() == Some("serve");
    let port = if stays { 9150 } else { 0 };
    let mut routes = Routes::new();
    Metrics::new(cache).serve_at(&mut routes);
    routes.add("/", Access::Everybody, |_| Response::text("the shop is open\n"));
    let server = HttpServer::start(&[SocketAddr::from((Ipv4Addr::LOCALHOST, port))], routes)?;
    let address = server.addresses().first().ok_or("it listens")?;
    println!("http://{address}/metrics");

    if stays {
        thread::sleep(Duration::MAX);
    }
    let mut socket = TcpStream::connect(address)?;
    socket.write_all(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")?;
    let mut answer = String::new();
    socket.read_to_string(&mut answer)?;
    println!("{}", answer.lines().next().unwrap_or_default());
    Ok(())
}
