//! Peers that ask and never read, against the real server over a socket. Named after their rows in the list of known
//! attacks.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::cast_possible_truncation)] // what fails here fails the test

mod raw;

use raw::{Ask, Client, ask, cache, cache_of_ada, get, noop, serve, serve_openly, set};
use std::{
    io::{ErrorKind, Write},
    thread,
    time::Duration,
};

/// More than the sockets' buffers on both sides ever take.
const ENDLESS: usize = 64 << 20;

/// For so long nothing more is taken of one who is said to be read no further.
const STILL: Duration = Duration::from_millis(300);

/// Sends the same again and again without reading, until for a while nothing is taken; how many bytes were.
fn taken_unread(client: &mut Client, request: &Ask) -> usize {
    client.socket.set_write_timeout(Some(STILL)).unwrap();
    let many = request.bytes().repeat(1000);
    let mut taken = 0;
    while taken < ENDLESS {
        let at = taken % many.len();
        match client.socket.write(&many[at..]) {
            Ok(count) => taken += count,
            Err(error) if [ErrorKind::WouldBlock, ErrorKind::TimedOut].contains(&error.kind()) => {
                return taken;
            }
            Err(error) => panic!("{error}"),
        }
    }
    panic!("{taken} bytes were read of somebody who does not read");
}

/// More requests than a count of sixteen bits counts, for one item that is then removed.
#[test]
fn row_17_an_item_outlives_all_unread_answers_that_hold_it() {
    const REQUESTS: u32 = 70_000;
    let server = serve_openly(&cache());
    let mut client = Client::to(&server);
    // So large that an answer holds the item instead of a copy.
    let value: Vec<u8> = (0..5000).map(|at| (at % 251) as u8).collect();
    assert_eq!(client.one(&set("k", &value)).status, 0);
    let mut sending = client.socket.try_clone().unwrap();
    let asks = [get("k").bytes().repeat(REQUESTS as usize), ask(0x0c).key("k").bytes()].concat();
    let sender = thread::spawn(move || sending.write_all(&asks));
    // The others wait while the item is removed, and its memory taken.
    assert!(client.reply().value == value);
    let mut other = Client::to(&server);
    assert_eq!(other.statuses(&[ask(0x04).key("k"), ask(0x08)]), [0, 0]);
    for round in 0..100 {
        assert_eq!(other.one(&set(format!("k{round}"), vec![0xee; 5000])).status, 0);
    }
    let mut found = 1;
    for _ in 1..REQUESTS {
        let reply = client.reply();
        match reply.status {
            0 => assert!(reply.value == value, "another value after {found}"),
            status => assert_eq!(status, 1),
        }
        found += u32::from(reply.status == 0);
    }
    assert_eq!(client.reply().status, 1);
    assert!(found < REQUESTS, "it was removed in the middle");
    sender.join().unwrap().unwrap();
}

#[test]
fn row_32_a_stream_of_statistics_is_bounded_by_who_reads_it() {
    let server = serve_openly(&cache());
    let mut deaf = Client::to(&server);
    taken_unread(&mut deaf, &ask(0x10));
    let mut other = Client::to(&server);
    assert_eq!(other.statuses(&[set("k", "v"), get("k")]), [0, 0]);
    // What waits comes whole once it is read.
    let mut groups = 0;
    while groups < 100 {
        let reply = deaf.reply();
        assert_eq!((reply.opcode, reply.status), (0x10, 0));
        groups += u32::from(reply.key.is_empty());
    }
}

#[test]
fn row_38_who_never_logs_in_and_never_reads_is_read_no_further_and_hung_up_on() {
    let server = serve(&cache_of_ada(), |config| config.login_deadline = Duration::from_secs(5));
    let mut deaf = Client::to(&server);
    taken_unread(&mut deaf, &ask(0x0b));
    let mut other = Client::of_ada(&server);
    assert_eq!(other.one(&noop()).status, 0);
    // At the login deadline it is over, however much it has still to say.
    raw::eventually("a stranger who does not read is hung up on", || {
        let sent = deaf.socket.write(&ask(0x0b).bytes());
        sent.is_err_and(|error| [ErrorKind::ConnectionReset, ErrorKind::BrokenPipe].contains(&error.kind()))
    });
    assert_eq!(other.one(&noop()).status, 0);
}
