//! What TLS costs the server, beside the same in the clear.

use super::{Trial, each_row, in_turn};
use crate::{
    net::{
        figures::{middle, number, per_second, ratio},
        login::{Credentials, Mechanism, Verdict},
        servers::{Contender, Kind, Server, Setting, credentials},
        values::{Value, key},
        way::{Connector, Line, Way},
        wire::{Answer, GET, HEADER, OK, Request, SET, SET_EXTRAS},
    },
    table::Table,
};
use std::{
    io::{self, Write},
    net::Ipv4Addr,
    time::{Duration, Instant},
};

const COLUMNS: [&str; 4] = ["way", "server CPU an operation", "of the clear's", "operations a second"];
const VALUE: usize = 100;
const KEYS: u32 = 10_000;
/// Flags come with a get.
const ANSWER: usize = HEADER + 4 + VALUE;

/// What is asked for.
#[derive(Clone, Copy, Debug)]
enum Load {
    /// So many connections that each send a batch, and read all answers.
    Gets { connections: usize, batch: usize },
    /// Connect, log in, get, close.
    Visits(Mechanism),
}

const ROWS: [(&str, Load); 4] = [
    ("tls: get, 50 x 1", Load::Gets { connections: 50, batch: 1 }),
    ("tls: get, 16 x 32", Load::Gets { connections: 16, batch: 32 }),
    ("tls: connect, PLAIN, get, close", Load::Visits(Mechanism::Plain)),
    ("tls: connect, SCRAM-SHA-256, get, close", Load::Visits(Mechanism::ScramSha256)),
];

/// # Errors
/// If a server does not start or answers something else than it should, or the table cannot be written.
pub(crate) fn measure(trial: &Trial, out: &mut dyn Write) -> io::Result<()> {
    let taken: Vec<_> = ROWS.iter().filter(|(name, _)| trial.only.includes(name)).collect();
    let ours = trial.contenders.iter().find(|it| matches!(it.kind, Kind::Keyway(_)));
    let (Some(ours), false) = (ours, taken.is_empty()) else { return Ok(()) };
    writeln!(out, "\nTLS 1.3 with a certificate on P-256; the load waits for all answers of a round.")?;
    let mut table = Table::new(out, "load", &COLUMNS)?;
    each_row(taken, |(name, load)| row(name, *load, ours, trial, &mut table))
}

fn row(name: &str, load: Load, ours: &Contender, trial: &Trial, table: &mut Table<'_>) -> io::Result<()> {
    let ways: &[Way] = match load {
        Load::Gets { .. } => &[Way::Clear, Way::Tls],
        Load::Visits(_) => &[Way::Clear, Way::Tls, Way::TlsResumed],
    };
    let mut houses =
        ways.iter().map(|way| House::new(*way, load, ours, trial)).collect::<io::Result<Vec<_>>>()?;
    let results = in_turn(&mut houses, trial.laps, |house| house.lap(trial.lap))?;
    for ((way, house), laps) in ways.iter().zip(&houses).zip(&results) {
        let cells = [
            match way {
                Way::Clear => format!("{}, clear", house.server.name),
                Way::Tls => format!("{}, TLS", house.server.name),
                Way::TlsResumed => format!("{}, TLS, resumed", house.server.name),
            },
            format!("{:.2} µs", middle(laps, |lap| lap.cpu)),
            format!("{:.2}", ratio(laps, &results[0], |lap| lap.cpu)),
            per_second(middle(laps, |lap| lap.rate)),
        ];
        table.row(name, &cells)?;
    }
    Ok(())
}

/// A server by one way, under its load.
struct House {
    server: Server,
    way: Way,
    connector: Connector,
    credentials: Credentials,
    load: Load,
    /// Of gets.
    lines: Vec<Line>,
    next: u32,
}

#[derive(Clone, Copy, Debug)]
struct Lap {
    /// Server CPU in microseconds an operation.
    cpu: f64,
    /// Operations a second.
    rate: f64,
}

impl House {
    fn new(way: Way, load: Load, ours: &Contender, trial: &Trial) -> io::Result<Self> {
        let server = ours.start(&Setting { way, ..Setting::default() }, trial.cores)?;
        let connector = Connector::new(&server, way)?;
        let credentials = credentials(match load {
            Load::Gets { .. } => Mechanism::ScramSha256,
            Load::Visits(mechanism) => mechanism,
        });
        let mut house = Self { server, way, connector, credentials, load, lines: Vec::new(), next: 0 };
        let mut first = house.arrive()?;
        store(&mut first)?;
        if let Load::Gets { connections, .. } = load {
            house.lines = (0..connections).map(|_| house.arrive()).collect::<io::Result<_>>()?;
        }
        Ok(house)
    }

    /// A connection that has logged in.
    fn arrive(&mut self) -> io::Result<Line> {
        // As in `logins`: ports of one address run out.
        self.next = self.next.wrapping_add(1);
        let home = Ipv4Addr::new(127, 0, 0, 2 + u8::try_from(self.next % 32).unwrap_or_default());
        let mut line = self.connector.connect(home)?;
        let mut login = self.credentials.attempt();
        loop {
            let mut out = Vec::new();
            login.ask(&mut out);
            line.send(&out)?;
            match login.hear(&Answer::read(&packet(&mut line)?)?.ok_or(io::ErrorKind::InvalidData)?.0)? {
                Verdict::In => return Ok(line),
                Verdict::GoOn => {}
                Verdict::Refused | Verdict::PutOff => return Err(io::Error::other("no login")),
            }
        }
    }

    fn lap(&mut self, length: Duration) -> io::Result<Lap> {
        let (before, start) = (self.server.cpu()?, Instant::now());
        let mut operations = 0;
        while start.elapsed() < length {
            operations += match self.load {
                Load::Gets { batch, .. } => self.round(batch)?,
                Load::Visits(_) => self.visit()?,
            };
        }
        let (took, cpu) = (start.elapsed().as_secs_f64(), (self.server.cpu()? - before).as_secs_f64());
        let operations = number(operations);
        Ok(Lap { cpu: cpu * 1e6 / operations, rate: operations / took })
    }

    /// A batch of each connection.
    fn round(&mut self, batch: usize) -> io::Result<u64> {
        let first = self.next;
        let number = |line: usize, at: usize| {
            first.wrapping_add(u32::try_from(line * batch + at).unwrap_or_default()) % KEYS
        };
        let mut out = Vec::new();
        for (place, line) in self.lines.iter_mut().enumerate() {
            out.clear();
            (0..batch).for_each(|at| get(number(place, at), &mut out));
            line.send(&out)?;
        }
        let mut answers = vec![0; batch * ANSWER];
        for (place, line) in self.lines.iter_mut().enumerate() {
            line.fill(&mut answers)?;
            for (at, answer) in answers.chunks_exact(ANSWER).enumerate() {
                check(answer, number(place, at))?;
            }
        }
        let asked = self.lines.len() * batch;
        self.next = self.next.wrapping_add(u32::try_from(asked).unwrap_or_default());
        Ok(asked as u64)
    }

    fn visit(&mut self) -> io::Result<u64> {
        let mut line = self.arrive()?;
        if line.is_resumed() != (self.way == Way::TlsResumed) {
            return Err(io::Error::other(
                "a session was taken up again where none should be, or none where one should",
            ));
        }
        let (mut out, mut answer) = (Vec::new(), [0; ANSWER]);
        get(self.next % KEYS, &mut out);
        line.send(&out)?;
        line.fill(&mut answer)?;
        check(&answer, self.next % KEYS)?;
        Ok(1)
    }
}

fn get(number: u32, out: &mut Vec<u8>) {
    Request { opcode: GET, opaque: number, key: &key(number), ..Request::default() }.append(out);
}

fn check(answer: &[u8], number: u32) -> io::Result<()> {
    let mut due = Vec::new();
    Value::filled(number, VALUE).append(&mut due);
    match Answer::read(answer)? {
        Some((answer, ANSWER)) if answer.status == OK && answer.opaque == number && answer.value == due => {
            Ok(())
        }
        Some((answer, _)) => Err(answer.not("the value of a key")),
        None => Err(io::Error::other("half an answer")),
    }
}

/// One answer, whole.
fn packet(line: &mut Line) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; HEADER];
    line.fill(&mut bytes)?;
    let body = u32::from_be_bytes([bytes[8], bytes[9], bytes[10], bytes[11]]);
    bytes.resize(HEADER + body as usize, 0);
    line.fill(&mut bytes[HEADER..])?;
    Ok(bytes)
}

fn store(line: &mut Line) -> io::Result<()> {
    for number in 0..KEYS {
        let (value, key, mut out) = (Value::filled(number, VALUE), key(number), Vec::new());
        Request { opcode: SET, opaque: number, extras: &SET_EXTRAS, key: &key, value_len: VALUE }
            .append(&mut out);
        value.append(&mut out);
        line.send(&out)?;
        match Answer::read(&packet(line)?)? {
            Some((answer, _)) if answer.status == OK => {}
            _ => return Err(io::Error::other("a set was refused")),
        }
    }
    Ok(())
}
