use super::*;
use crate::net::wire::{GET, HEADER, NOOP, OK, Request};
use std::{
    io::{Read, Write},
    net::{Ipv4Addr, SocketAddr, TcpListener},
    thread,
};

/// Answers requests without a body, as this says; ends with its connection.
fn respond(
    listener: &TcpListener,
    mut answer: impl FnMut(u64, &mut TcpStream) -> io::Result<()> + Send + 'static,
) {
    let listener = listener.try_clone().unwrap();
    thread::spawn(move || {
        while let Ok((mut socket, _)) = listener.accept() {
            socket.set_nodelay(true).unwrap();
            let mut count = 0;
            while socket.read_exact(&mut [0; HEADER]).is_ok() && answer(count, &mut socket).is_ok() {
                count += 1;
            }
        }
    });
}

fn packet(opcode: u8, value: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    Request { opcode, value_len: value.len(), ..Request::default() }.append(&mut out);
    out[0] = 0x81;
    out.extend_from_slice(value);
    out
}

fn listener() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

/// Asks for this many at a time, and counts what it is told.
#[derive(Default)]
struct Counting {
    heard: u64,
    opened: u64,
    closed: u64,
}

struct Asks {
    batch: u64,
    left: u64,
    heard: u64,
    at_the_end: AtTheEnd,
}

impl Asks {
    fn new(batch: u64) -> Self {
        Self { batch, left: 0, heard: 0, at_the_end: AtTheEnd::Wait }
    }
}

impl Script<Asks> for Counting {
    fn ask(&mut self, state: &mut Asks, out: &mut Vec<u8>) {
        assert_eq!(state.left, 0, "everything was answered before");
        state.left = state.batch;
        for _ in 0..state.batch {
            Request { opcode: GET, ..Request::default() }.append(out);
        }
    }

    fn hear(&mut self, state: &mut Asks, answer: &Answer<'_>) -> io::Result<Next> {
        if answer.status != OK || answer.opcode != GET {
            return Err(answer.not("an answer"));
        }
        self.heard += 1;
        state.heard += 1;
        state.left -= 1;
        Ok(if state.left == 0 { Next::Ask } else { Next::Hear })
    }

    fn connecting(&mut self, state: &mut Asks) {
        self.opened += 1;
        state.left = 0;
    }

    fn closed(&mut self, _state: &mut Asks) -> io::Result<()> {
        self.closed += 1;
        Ok(())
    }

    fn at_the_end(&self, state: &Asks) -> AtTheEnd {
        state.at_the_end
    }
}

const SHORT: Duration = Duration::from_millis(60);

#[test]
fn batches_are_answered_in_pieces_and_none_is_left_when_a_run_ends() {
    let (listener, address) = listener();
    // Larger than a read, so that it comes in pieces, and small ones together.
    let (large, small) = (packet(GET, &vec![7; 100 << 10]), packet(GET, b"value"));
    respond(&listener, move |count, socket| socket.write_all(if count % 3 == 0 { &large } else { &small }));
    let (mut driver, mut script) = (Driver::new().unwrap(), Counting::default());
    driver.add(TcpStream::connect(address).unwrap(), Pace::Prompt, Asks::new(5)).unwrap();
    let mut before = 0;
    for _ in 0..3 {
        driver.run(&mut script, SHORT).unwrap();
        assert!(script.heard > before && script.heard % 5 == 0, "{}", script.heard);
        before = script.heard;
    }
    assert_eq!((script.opened, script.closed), (0, 0));
}

#[test]
fn a_slow_connection_stalls_nobody() {
    let ((slow, slow_address), (quick, quick_address)) = (listener(), listener());
    respond(&slow, |_, socket| {
        thread::sleep(SHORT / 2);
        socket.write_all(&packet(GET, b""))
    });
    respond(&quick, |_, socket| socket.write_all(&packet(GET, b"")));
    let (mut driver, mut script) = (Driver::new().unwrap(), Counting::default());
    for (address, pace) in [(slow_address, Pace::Prompt), (quick_address, Pace::Patient)] {
        driver.add(TcpStream::connect(address).unwrap(), pace, Asks::new(1)).unwrap();
    }
    driver.run(&mut script, 2 * SHORT).unwrap();
    let [slow, quick] = [&driver.links[0].state, &driver.links[1].state];
    assert!((2..=5).contains(&slow.heard), "{}", slow.heard);
    assert!(quick.heard > 20 * slow.heard, "{}", quick.heard);
}

#[test]
fn who_is_closed_by_the_server_comes_back() {
    let (listener, address) = listener();
    // The last words and the end come together.
    respond(&listener, |count, socket| {
        socket.write_all(&packet(GET, b""))?;
        if count == 2 { Err(io::ErrorKind::Other.into()) } else { Ok(()) }
    });
    let (mut driver, mut script) = (Driver::new().unwrap(), Counting::default());
    driver.add_closed(Route::to(address), Pace::Patient, Asks::new(1));
    driver.run(&mut script, SHORT).unwrap();
    assert!(script.closed > 1 && script.opened >= script.closed, "{} {}", script.opened, script.closed);
    assert!(script.heard >= 3 * script.closed, "{} {}", script.heard, script.closed);
}

#[test]
fn the_end_does_not_wait_for_who_may_be_left_and_the_next_run_makes_a_new_connection() {
    let (listener, address) = listener();
    respond(&listener, |_, _| Ok(()));
    let (mut driver, mut script) = (Driver::new().unwrap(), Counting::default());
    driver.add_closed(
        Route::to(address),
        Pace::Patient,
        Asks { at_the_end: AtTheEnd::Leave, ..Asks::new(1) },
    );
    let start = Instant::now();
    driver.run(&mut script, SHORT).unwrap();
    driver.run(&mut script, SHORT).unwrap();
    assert!(start.elapsed() < 20 * SHORT);
    assert_eq!((script.opened, script.heard), (2, 0));
}

#[test]
fn wrong_and_unasked_answers_end_a_run() {
    for answer in [packet(NOOP, b""), [packet(GET, b""), packet(GET, b"")].concat()] {
        let (listener, address) = listener();
        respond(&listener, move |_, socket| socket.write_all(&answer));
        let mut driver = Driver::new().unwrap();
        driver.add_closed(Route::to(address), Pace::Prompt, Asks::new(1));
        assert!(driver.run(&mut Counting::default(), SHORT).is_err());
    }
}

#[test]
fn a_server_that_goes_away_ends_a_run_whose_script_does_not_expect_it() {
    struct Strict;
    impl Script<()> for Strict {
        fn ask(&mut self, _: &mut (), out: &mut Vec<u8>) {
            Request { opcode: GET, ..Request::default() }.append(out);
        }
        fn hear(&mut self, _: &mut (), _: &Answer<'_>) -> io::Result<Next> {
            Ok(Next::Ask)
        }
    }
    let (listener, address) = listener();
    respond(&listener, |_, _| Err(io::ErrorKind::Other.into()));
    let mut driver = Driver::new().unwrap();
    driver.add(TcpStream::connect(address).unwrap(), Pace::Prompt, ()).unwrap();
    assert!(driver.run(&mut Strict, SHORT).is_err());
}

#[test]
fn an_end_that_comes_with_the_last_words_is_seen() {
    let (listener, address) = listener();
    let client = TcpStream::connect(address).unwrap();
    let (mut server, _) = listener.accept().unwrap();
    server.write_all(&packet(GET, b"")).unwrap();
    server.shutdown(std::net::Shutdown::Write).unwrap();
    let (mut driver, mut script) = (Driver::new().unwrap(), Counting::default());
    let asks = Asks { at_the_end: AtTheEnd::Leave, ..Asks::new(1) };
    driver.add(client, Pace::Prompt, asks).unwrap();
    driver.run(&mut script, SHORT).unwrap();
    assert_eq!((script.heard, script.closed, script.opened), (1, 1, 1));
}

#[test]
fn a_connection_comes_from_where_it_should() {
    let (listener, address) = listener();
    let home = Ipv4Addr::new(127, 0, 0, 3);
    let mut driver = Driver::new().unwrap();
    let asks = Asks { at_the_end: AtTheEnd::Leave, ..Asks::new(1) };
    driver.add_closed(Route::from(home, address), Pace::Prompt, asks);
    driver.run(&mut Counting::default(), SHORT).unwrap();
    assert_eq!(listener.accept().unwrap().1.ip(), home);
}

#[test]
fn who_has_not_come_in_when_a_run_ends_comes_anew_in_the_next() {
    let (listener, address) = listener();
    respond(&listener, |_, socket| socket.write_all(&packet(GET, b"")));
    let (mut driver, mut script) = (Driver::new().unwrap(), Counting::default());
    driver.add_closed(Route::to(address), Pace::Prompt, Asks::new(1));
    driver.run(&mut script, Duration::ZERO).unwrap();
    assert!(driver.links[0].is_closed());
    driver.run(&mut script, SHORT).unwrap();
    assert!(script.opened == 2 && script.heard > 0 && !driver.links[0].is_closed());
}
