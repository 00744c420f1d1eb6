//! What connections that have not logged in cost at their worst, by an allocator that counts: so many at most for each,
//! hence so many times that in all.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod raw;

use keyway_frontend::Server;
use raw::{Client, PATIENCE, ask, cache_of_ada, eventually, get, plain, serve, set};
use std::{
    io::{ErrorKind, Write},
    thread,
    time::{Duration, Instant},
};

#[global_allocator]
static ALLOCATOR: dhat::Alloc = dhat::Alloc;

/// Bytes that were asked of the allocator for a stranger, at most, whatever it does. `docs/security.md` names it.
const MOST: usize = 9 << 10;

/// So many that what the server has once does not count.
const STRANGERS: usize = 12;

/// The largest body of a login request that is taken.
const BODY: usize = 4 << 10;

const SCRAM: &str = "SCRAM-SHA-256";

fn allocated() -> usize {
    dhat::HeapStats::get().curr_bytes
}

/// With little room in the system's buffers, so that soon the server has to keep what this one does not read.
fn stranger(server: &Server) -> Client {
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    socket.set_recv_buffer_size(16 << 10).unwrap();
    socket.set_send_buffer_size(16 << 10).unwrap();
    socket.connect(&server.addresses()[0].into()).unwrap();
    let client = Client { socket: socket.into() };
    client.socket.set_read_timeout(Some(PATIENCE)).unwrap();
    client
}

/// All send the same again and again until the server takes no more of anybody.
fn send_until_stuck(crowd: &mut [Client], bytes: &[u8]) {
    let (mut sent, mut moved) = ([0; STRANGERS], Instant::now());
    crowd.iter().for_each(|client| client.socket.set_nonblocking(true).unwrap());
    while moved.elapsed() < Duration::from_millis(700) {
        for (client, sent) in crowd.iter_mut().zip(&mut sent) {
            match client.socket.write(&bytes[*sent..]) {
                Ok(more) => {
                    *sent = (*sent + more) % bytes.len();
                    moved = Instant::now();
                }
                Err(error) => assert_eq!(error.kind(), ErrorKind::WouldBlock),
            }
        }
    }
}

/// Connections open now.
fn connections(open: &mut Client) -> String {
    open.send(&ask(0x10).bytes());
    let mut found = String::new();
    loop {
        let reply = open.reply();
        if reply.key.is_empty() {
            return found;
        }
        if reply.key == b"curr_connections" {
            found = reply.text();
        }
    }
}

/// A first message of SCRAM, as long as one is read.
fn long_greeting() -> Vec<u8> {
    let front = "n,,n=ada,r=nonce,x=";
    ask(0x21).key(SCRAM).value(format!("{front}{}", "x".repeat(1024 - front.len()))).bytes()
}

/// Most of a login request, and no end of it.
fn unfinished() -> Vec<u8> {
    let whole = ask(0x21).key("PLAIN").value("x".repeat(BODY - "PLAIN".len())).bytes();
    whole[..whole.len() - 1].to_vec()
}

/// A password behind which more waits than is read at once.
fn crowded_password() -> Vec<u8> {
    let password = plain(&"n".repeat(255), &"p".repeat(1024)).bytes();
    [password, ask(0x0b).bytes().repeat(400)].concat()
}

/// A proof as long as one is read, in this dialogue, behind which more waits than is read at once.
fn crowded_proof(challenge: &str) -> Vec<u8> {
    let nonce = challenge.split(',').next().unwrap();
    let proof = format!(",p={}=", "A".repeat(43));
    let front = format!("c=biws,{nonce},x=");
    let padding = "x".repeat((2 << 10) - front.len() - proof.len());
    let proof = ask(0x22).key(SCRAM).value(format!("{front}{padding}{proof}")).bytes();
    [proof, ask(0x0b).bytes().repeat(400)].concat()
}

/// Requests whose answers are longer than they are, some of them logins.
fn chatter() -> Vec<u8> {
    [long_greeting(), ask(0x0b).bytes().repeat(100)].concat()
}

#[test]
fn row_39_a_stranger_costs_9_kib_at_most_whatever_it_does() {
    let _counting = dhat::Profiler::builder().testing().build();
    let cache = cache_of_ada();
    let server = serve(&cache, |config| {
        config.strangers_per_address = STRANGERS;
        config.strangers = STRANGERS;
        config.login_deadline = Duration::from_secs(600);
        config.verifier_threads = 1;
        config.guesses_per_name = 1;
        config.guesses_per_address = 1;
    });
    // What is made on first use is there after this; and this address has no guesses left.
    let mut open = Client::of_ada(&server);
    assert_eq!((open.one(&set("k", "v")).status, open.one(&get("k")).status), (0, 0));
    assert_eq!(Client::to(&server).one(&plain("ada", "wrong")).status, 0x20);
    let mut crowd: Vec<Client> = Vec::with_capacity(STRANGERS);
    let messages = [unfinished(), crowded_password(), chatter(), ask(0x20).bytes().repeat(200)];
    let [unfinished, crowded, chatter, small_talk] = &messages;
    let greeting = long_greeting();

    type Act<'a> = &'a (dyn Fn(&mut [Client]) + Sync);
    let acts: [(&str, Act<'_>); 5] = [
        ("half a request behind an exchange", &|crowd| {
            for client in crowd {
                client.send(&greeting);
                let _challenge = client.reply();
                client.send(unfinished);
            }
        }),
        ("a password that waits, and more behind it", &|crowd| {
            crowd.iter_mut().for_each(|client| client.send(crowded));
        }),
        ("a proof that waits, and more behind it", &|crowd| {
            for client in crowd {
                client.send(&greeting);
                let challenge = client.reply().text();
                client.send(&crowded_proof(&challenge));
            }
        }),
        ("answers that are not read, and an exchange", &|crowd| send_until_stuck(crowd, chatter)),
        ("answers that are not read", &|crowd| send_until_stuck(crowd, small_talk)),
    ];
    for (what, act) in acts {
        eventually("the strangers before have gone", || connections(&mut open) == "1");
        let start = allocated();
        crowd.extend((0..STRANGERS).map(|_| stranger(&server)));
        let mut peak = 0;
        let mut look = || peak = peak.max(allocated().saturating_sub(start));
        thread::scope(|scope| {
            let acting = scope.spawn(|| act(&mut crowd));
            while !acting.is_finished() {
                look();
                thread::sleep(Duration::from_millis(1));
            }
        });
        // Until the server has read it; a guess too many waits for longer than this.
        for _ in 0..500 {
            look();
            thread::sleep(Duration::from_millis(1));
        }
        let each = peak / STRANGERS;
        println!("{each} bytes for each: {what}");
        assert!(each <= MOST, "{each} bytes for each: {what}");
        crowd.clear();
    }
    assert_eq!(open.one(&get("k")).status, 0, "who is logged in goes on");
}
