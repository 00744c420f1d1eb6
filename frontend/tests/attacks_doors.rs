//! Ways in beside the one that asks for a login. Named after their rows in the list of known attacks.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::cast_possible_truncation)] // what fails here fails the test

mod raw;

use keyway_frontend::{Connection, Desk, Dialogue, Door, Policy, Turn};
use raw::{Ask, Client, PASSWORD, ask, cache_of_ada, plain, replies, serve};
use std::{
    io::Read,
    net::{SocketAddr, TcpListener, TcpStream, UdpSocket},
    sync::Arc,
    time::Duration,
};

/// Every opcode but the version's and those of a login.
fn before_login_refused() -> impl Iterator<Item = u8> {
    (0..=u8::MAX).filter(|opcode| ![0x0b, 0x20, 0x21, 0x22].contains(opcode))
}

/// A request of this opcode as it would be served after login.
fn request(opcode: u8) -> Ask {
    let (extras, key) = match opcode {
        0x01..=0x03 | 0x11..=0x13 => (8, "k"),
        0x05 | 0x06 | 0x15 | 0x16 => (20, "k"),
        0x1c..=0x1e | 0x23 | 0x24 => (4, "k"),
        0x07 | 0x08 | 0x0a | 0x17 | 0x18 => (0, ""),
        _ => (0, "k"),
    };
    ask(opcode).key(key).extras(vec![0; extras])
}

fn connected(address: SocketAddr) -> Client {
    let socket = TcpStream::connect(address).unwrap();
    socket.set_read_timeout(Some(raw::PATIENCE)).unwrap();
    Client { socket }
}

#[test]
fn row_12_16_23_nothing_listens_on_udp() {
    let server = serve(&cache_of_ada(), |_| {});
    let address = server.addresses()[0];
    drop(UdpSocket::bind(address).expect("nobody has the port"));
    let stranger = UdpSocket::bind(("127.0.0.1", 0)).unwrap();
    stranger.connect(address).unwrap();
    stranger.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
    // memcached's header of a datagram, and the request whose answers are the largest.
    stranger.send(&[&[0, 1, 0, 0, 0, 1, 0, 0][..], &ask(0x10).bytes()].concat()).unwrap();
    assert!(stranger.recv(&mut [0; 2048]).is_err());
}

/// Several listeners, event loops and servers of one cache: none lets a verb by.
#[test]
fn row_13_every_listener_asks_for_a_login() {
    let cache = cache_of_ada();
    let ports = [[127, 0, 0, 1], [127, 0, 0, 2], [127, 0, 0, 1]].map(|host| SocketAddr::from((host, 0)));
    let servers = [2, 1].map(|threads| {
        serve(&cache, |config| {
            config.listen = ports.iter().map(|port| (*port).into()).collect();
            config.policy.threads = threads;
        })
    });
    let addresses: Vec<_> = servers.iter().flat_map(|server| server.addresses()).copied().collect();
    assert_eq!(addresses.len(), 6);
    for address in addresses {
        for opcode in before_login_refused() {
            let mut client = connected(address);
            client.send(&[request(opcode), plain("ada", PASSWORD)].map(|ask| ask.bytes()).concat());
            assert_eq!(client.statuses_until_closed(), [0x20], "{opcode:#x} at {address}");
        }
        let mut client = connected(address);
        assert_eq!(client.statuses(&[plain("ada", PASSWORD), request(0x01), request(0x00)]), [0, 0, 0]);
        assert_eq!(cache.session_for("ada").unwrap().delete("k"), Ok(true));
    }
    assert_eq!(cache.stats().stored, 6);
}

/// Somebody else's event loop: one thread, one connection, sleeps where it would block.
fn drive(socket: TcpStream, door: &Arc<Door>) {
    socket.set_nonblocking(true).unwrap();
    let mut connection = Connection::new(socket, Dialogue::new(Arc::clone(door), 0));
    let mut desk = Desk::new();
    loop {
        connection.note_readable();
        connection.note_writable();
        match connection.turn(&mut desk) {
            Ok(Turn::Rest) => std::thread::sleep(Duration::from_micros(200)),
            Ok(Turn::Again | Turn::Leave) => {}
            Ok(Turn::Verify(attempt)) => connection.verdict(attempt.verify(), &mut desk).unwrap(),
            Ok(Turn::Over) | Err(_) => return,
        }
    }
}

#[test]
fn row_13_a_loop_of_ones_own_has_the_same_gate() {
    let cache = cache_of_ada();
    let door = Arc::new(Door::new(cache.clone(), Policy::default()));
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    for opcode in before_login_refused() {
        let mut client = connected(listener.local_addr().unwrap());
        client.send(&[request(opcode), plain("ada", PASSWORD)].map(|ask| ask.bytes()).concat());
        client.half_close();
        drive(listener.accept().unwrap().0, &door);
        let mut back = Vec::new();
        client.socket.read_to_end(&mut back).unwrap();
        assert_eq!(
            replies(&back).iter().map(|reply| reply.status).collect::<Vec<_>>(),
            [0x20],
            "{opcode:#x}"
        );
    }
    assert_eq!(cache.stats().stored, 0);
}
