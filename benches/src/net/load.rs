//! What the servers are asked for, and what it cost them.

use super::{
    client::Client,
    servers::{Contender, Server, Setting},
    values::{Value, key},
    wire::{GET, GETKQ, NOOP, OK, Request, SET, SET_EXTRAS},
};
use crate::dice::Dice;
use std::{
    io,
    time::{Duration, Instant},
};

/// A pattern of use: connections that each send a batch, and read all of its answers before the next.
#[derive(Clone, Copy, Debug)]
pub(super) struct Load {
    pub(super) name: &'static str,
    connections: usize,
    batch: usize,
    kind: Kind,
    /// The most that it may cost beside memcached.
    pub(super) wanted: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Get,
    Set,
    Multiget,
}

pub(super) const LOADS: [Load; 4] = [
    Load { name: "get, 50 x 1", connections: 50, batch: 1, kind: Kind::Get, wanted: 0.87 },
    Load { name: "get, 16 x 32", connections: 16, batch: 32, kind: Kind::Get, wanted: 0.33 },
    Load { name: "set, 16 x 32", connections: 16, batch: 32, kind: Kind::Set, wanted: 0.40 },
    Load {
        name: "multiget of 100, 4 connections",
        connections: 4,
        batch: 100,
        kind: Kind::Multiget,
        wanted: 0.36,
    },
];

/// Keys that are asked for; all of them are there.
const KEYS: u32 = 10_000;
const VALUE: usize = 100;

/// What a lap cost.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lap {
    /// Server CPU in microseconds an operation.
    pub(super) cpu: f64,
    /// Thousands of operations a second.
    pub(super) rate: f64,
}

/// A server under a load, with its connections.
pub(super) struct Track {
    pub(super) server: Server,
    clients: Vec<Client>,
    dice: Dice,
    round: u32,
    /// In which round each key was last set.
    newest: Vec<u32>,
}

impl Load {
    /// Whether the echo can answer it.
    pub(super) fn suits(&self, contender: &Contender) -> bool {
        contender.stores() || self.kind != Kind::Multiget
    }

    pub(super) fn track(&self, server: Server) -> io::Result<Track> {
        let mut clients = (0..self.connections).map(|_| server.client()).collect::<io::Result<Vec<_>>>()?;
        if let Some(client) = clients.first_mut().filter(|_| server.stores()) {
            let refused = client.store((0..KEYS).map(|number| Value::filled(number, VALUE)))?;
            if !refused.is_empty() {
                return Err(io::Error::other(format!(
                    "{}: {} sets were refused",
                    server.name,
                    refused.len()
                )));
            }
        }
        Ok(Track { server, clients, dice: Dice::new(11), round: 0, newest: vec![0; KEYS as usize] })
    }

    pub(super) fn setting() -> Setting {
        Setting { value: VALUE, ..Setting::default() }
    }

    /// # Errors
    /// The connection's, and an answer that is not the expected one.
    pub(super) fn lap(&self, track: &mut Track, length: Duration) -> io::Result<Lap> {
        track.round += 1;
        let (before, start) = (track.server.cpu()?, Instant::now());
        let mut operations = 0;
        while start.elapsed() < length {
            self.round(track)?;
            operations += self.connections * self.batch;
        }
        let (took, cpu) = (start.elapsed(), track.server.cpu()? - before);
        self.look_again(track)?;
        #[allow(clippy::cast_precision_loss, reason = "counts of operations are far below 2^53")]
        let operations = operations as f64;
        Ok(Lap { cpu: cpu.as_secs_f64() * 1e6 / operations, rate: operations / took.as_secs_f64() / 1e3 })
    }

    fn round(&self, track: &mut Track) -> io::Result<()> {
        let Track { clients, dice, round, newest, .. } = track;
        let mut asked = Vec::with_capacity(clients.len() * self.batch);
        let mut out = Vec::new();
        for client in clients.iter_mut() {
            out.clear();
            for _ in 0..self.batch {
                let number = u32::try_from(dice.below(KEYS as usize)).unwrap_or_default();
                asked.push(number);
                self.append(number, *round, &mut out);
            }
            if self.kind == Kind::Multiget {
                Request { opcode: NOOP, ..Request::default() }.append(&mut out);
            }
            client.send(&out)?;
        }
        for (client, asked) in clients.iter_mut().zip(asked.chunks(self.batch)) {
            for number in asked {
                let answer = client.answer()?;
                let right = answer.status == OK
                    && answer.opaque == *number
                    && (self.kind == Kind::Set || Value::filled(*number, VALUE).is(answer.value));
                if !right {
                    return Err(answer.not(&format!("the answer for key {number}")));
                }
                if self.kind == Kind::Set {
                    newest[*number as usize] = *round;
                }
            }
            if self.kind == Kind::Multiget {
                let answer = client.answer()?;
                if answer.opcode != NOOP {
                    return Err(answer.not("the noop that ends a multiget"));
                }
            }
        }
        Ok(())
    }

    fn append(&self, number: u32, round: u32, out: &mut Vec<u8>) {
        let key = key(number);
        let read = Request { opcode: GET, opaque: number, key: &key, ..Request::default() };
        match self.kind {
            Kind::Get => read.append(out),
            Kind::Multiget => Request { opcode: GETKQ, ..read }.append(out),
            Kind::Set => {
                Request { opcode: SET, extras: &SET_EXTRAS, value_len: VALUE, ..read }.append(out);
                Value { number, round, len: VALUE }.append(out);
            }
        }
    }

    /// What was set must be there.
    fn look_again(&self, track: &mut Track) -> io::Result<()> {
        let Track { server, clients, newest, .. } = track;
        let Some(client) = clients.first_mut().filter(|_| self.kind == Kind::Set && server.stores()) else {
            return Ok(());
        };
        let held = client.check(0..KEYS, |number, bytes| {
            Value { number, round: newest[number as usize], len: VALUE }.is(bytes)
        })?;
        if held == u64::from(KEYS) {
            Ok(())
        } else {
            Err(io::Error::other(format!("{}: {held} of {KEYS} keys that were set are there", server.name)))
        }
    }
}
