//! What somebody costs who connects, logs in, asks for one thing and goes.

use super::{Trial, each_row, in_turn, laps_of_memcached};
use crate::{
    net::{
        batch::Answered,
        client::Client,
        driver::{Driver, Next, Pace, Route, Script},
        figures::{middle, number, per_second, perhaps, ratio, round_trips},
        login::{Credentials, Login, Mechanism, Verdict},
        servers::{Contender, Kind, Server, Setting, credentials},
        values::{Value, key},
        wire::{Answer, GET, OK, Request},
    },
    percentiles::Percentiles,
    table::Table,
};
use std::{
    io::{self, Write},
    net::Ipv4Addr,
    time::{Duration, Instant},
};

const COLUMNS: [&str; 7] = [
    "server",
    "mechanism",
    "server CPU a visit",
    "of memcached's",
    "wanted",
    "visits a second",
    "a visit, p50 / p99 / p99.9, µs",
];
const ROWS: [(&str, Mechanism); 2] = [
    ("connect, PLAIN, get, close", Mechanism::Plain),
    ("connect, SCRAM-SHA-256, get, close", Mechanism::ScramSha256),
];
const WANTED: f64 = 0.4;
/// Where visitors come from, each from an address of its own: whoever closes a connection cannot use its port again for a second,
/// and one address has fewer ports than a server has visits in that time. So many at once that it always has one to look after.
const HOMES: [Ipv4Addr; 8] = {
    const fn home(last: u8) -> Ipv4Addr {
        Ipv4Addr::new(127, 0, 0, last)
    }
    [home(2), home(3), home(4), home(5), home(6), home(7), home(8), home(9)]
};
const VALUE: usize = 100;
const NUMBER: u32 = 7;

/// # Errors
/// If a server does not start or a login fails, or the table cannot be written.
pub(crate) fn measure(trial: &Trial, out: &mut dyn Write) -> io::Result<()> {
    let taken: Vec<_> = ROWS.iter().filter(|(name, _)| trial.only.includes(name)).collect();
    if taken.is_empty() {
        return Ok(());
    }
    writeln!(
        out,
        "\nEach user has logged in before, so that a server that remembers passwords remembers it; keys derived by clients are kept."
    )?;
    let mut table = Table::new(out, "visit", &COLUMNS)?;
    each_row(taken, |(name, mechanism)| row(name, *mechanism, trial, &mut table))
}

fn row(name: &str, mechanism: Mechanism, trial: &Trial, table: &mut Table<'_>) -> io::Result<()> {
    let caches = trial.caches();
    let mut houses = caches
        .iter()
        .map(|it| House::new(it.start(&Setting::default(), trial.cores)?, mechanism))
        .collect::<io::Result<Vec<_>>>()?;
    let results = in_turn(&mut houses, trial.laps, |house| house.lap(trial.lap))?;
    let theirs = laps_of_memcached(&caches, &results);
    for ((contender, house), laps) in caches.iter().zip(&houses).zip(&results) {
        table.row(name, &cells(contender, house, laps, theirs))?;
    }
    Ok(())
}

fn cells(
    contender: &Contender,
    house: &House,
    laps: &[Lap],
    theirs: Option<&[Lap]>,
) -> [String; COLUMNS.len()] {
    let times: Vec<Percentiles> = laps.iter().map(|lap| lap.times).collect();
    let wanted = matches!(contender.kind, Kind::Keyway(_)).then_some(WANTED);
    [
        contender.name.clone(),
        house.mechanism.name().to_owned(),
        format!("{:.1} µs", middle(laps, |lap| lap.cpu)),
        perhaps(theirs.map(|theirs| ratio(laps, theirs, |lap| lap.cpu))),
        perhaps(wanted),
        per_second(middle(laps, |lap| lap.rate)),
        round_trips(Percentiles::over(&times)),
    ]
}

/// A server that is visited.
struct House {
    server: Server,
    mechanism: Mechanism,
    credentials: Credentials,
    driver: Driver<Visitor>,
}

#[derive(Clone, Copy, Debug)]
struct Lap {
    /// Server CPU in microseconds a visit.
    cpu: f64,
    /// Visits a second.
    rate: f64,
    times: Percentiles,
}

impl House {
    /// With one key in it, by this mechanism; by PLAIN if memcached has it not.
    fn new(server: Server, wanted: Mechanism) -> io::Result<Self> {
        let mut driver = Driver::new()?;
        for home in HOMES {
            driver.add_closed(Route::from(home, server.address), Pace::Prompt, Visitor::default());
        }
        let by = |mechanism| {
            let credentials = credentials(mechanism);
            Client::connect(server.address, Some(&credentials)).map(|client| (mechanism, credentials, client))
        };
        let (mechanism, credentials, mut first) = match (by(wanted), &server.kind) {
            (Err(_), Kind::Memcached(_)) => by(Mechanism::Plain)?,
            (entered, _) => entered?,
        };
        let refused = first.store([Value::filled(NUMBER, VALUE)])?;
        if refused.is_empty() {
            Ok(Self { server, mechanism, credentials, driver })
        } else {
            Err(io::Error::other(format!("{}: the one set was refused", server.name)))
        }
    }

    fn lap(&mut self, length: Duration) -> io::Result<Lap> {
        let mut visiting = Visiting { credentials: &self.credentials, answered: Answered::default() };
        let (before, start) = (self.server.cpu()?, Instant::now());
        self.driver.run(&mut visiting, length).map_err(|error| self.server.blamed(&error))?;
        let (took, cpu) = (start.elapsed().as_secs_f64(), (self.server.cpu()? - before).as_secs_f64());
        let answered = visiting.answered;
        let visits = number(answered.operations);
        Ok(Lap { cpu: cpu * 1e6 / visits, rate: visits / took, times: answered.round_trips() })
    }
}

#[derive(Debug, Default)]
enum Visitor {
    #[default]
    Away,
    /// Since when, and how far.
    LoggingIn(Instant, Box<Login>),
    In(Instant),
}

struct Visiting<'a> {
    credentials: &'a Credentials,
    answered: Answered,
}

impl Script<Visitor> for Visiting<'_> {
    fn connecting(&mut self, visitor: &mut Visitor) {
        *visitor = Visitor::LoggingIn(Instant::now(), Box::new(self.credentials.attempt()));
    }

    fn ask(&mut self, visitor: &mut Visitor, out: &mut Vec<u8>) {
        match visitor {
            Visitor::LoggingIn(_, login) => login.ask(out),
            Visitor::In(_) | Visitor::Away => {
                Request { opcode: GET, opaque: NUMBER, key: &key(NUMBER), ..Request::default() }.append(out);
            }
        }
    }

    fn hear(&mut self, visitor: &mut Visitor, answer: &Answer<'_>) -> io::Result<Next> {
        let since = match visitor {
            Visitor::LoggingIn(since, login) => {
                match login.hear(answer)? {
                    Verdict::In => *visitor = Visitor::In(*since),
                    Verdict::GoOn => {}
                    Verdict::Refused | Verdict::PutOff => return Err(answer.not("a login that succeeds")),
                }
                return Ok(Next::GoOn);
            }
            Visitor::In(since) => *since,
            Visitor::Away => return Err(answer.not("nothing, for nobody is there")),
        };
        let right = answer.opcode == GET
            && answer.status == OK
            && answer.opaque == NUMBER
            && Value::filled(NUMBER, VALUE).is(answer.value);
        if !right {
            return Err(answer.not("the one value"));
        }
        self.answered.add(1, since);
        *visitor = Visitor::Away;
        Ok(Next::Reopen)
    }
}
