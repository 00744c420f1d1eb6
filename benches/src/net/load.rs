//! What the servers are asked for, and what it cost them.

use super::{
    client::{Client, GET, GETKQ, NOOP, SET, request},
    servers::{PASSWORD, Running, USER},
};
use crate::dice::Dice;
use std::{io, time::Instant};

/// A pattern of use: connections that each send a batch, and read all of its answers before the next.
#[derive(Clone, Copy, Debug)]
pub struct Load {
    /// For the table.
    pub name: &'static str,
    connections: usize,
    batch: usize,
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Get,
    Set,
    Multiget,
}

/// All of them.
pub const LOADS: [Load; 4] = [
    Load { name: "get, 50 connections, one at a time", connections: 50, batch: 1, kind: Kind::Get },
    Load { name: "get, 16 connections x 32", connections: 16, batch: 32, kind: Kind::Get },
    Load { name: "set, 16 connections x 32", connections: 16, batch: 32, kind: Kind::Set },
    Load { name: "multiget of 100, 4 connections", connections: 4, batch: 100, kind: Kind::Multiget },
];

/// How long a run is.
#[derive(Clone, Copy, Debug)]
pub struct Scale {
    /// Operations of one run.
    pub operations: usize,
    /// Runs of which the median counts.
    pub runs: usize,
}

/// Keys that are asked for; all of them are there.
const KEYS: usize = 10_000;
const VALUE: usize = 100;
/// Flags and expiry of a set.
const NO_EXTRAS: [u8; 8] = [0; 8];

impl Load {
    /// Server CPU in microseconds an operation, and thousands of operations a second.
    ///
    /// # Errors
    /// The connection's, and an answer that is not the expected one.
    pub fn run(&self, server: &Running, scale: Scale) -> io::Result<(f64, f64)> {
        let connect = || Client::log_in(server.address, USER, PASSWORD);
        let mut clients = (0..self.connections).map(|_| connect()).collect::<io::Result<Vec<_>>>()?;
        if let Some(client) = clients.first_mut() {
            fill(client)?;
        }
        let rounds = (scale.operations / (self.connections * self.batch)).max(1);
        let mut dice = Dice::new(11);
        let (before, start) = (server.cpu_micros()?, Instant::now());
        for _ in 0..rounds {
            self.round(&mut clients, &mut dice)?;
        }
        let (took, after) = (start.elapsed().as_secs_f64(), server.cpu_micros()?);
        let operations = count(rounds * self.connections * self.batch);
        Ok(((after - before) / operations, operations / took / 1e3))
    }

    fn round(&self, clients: &mut [Client], dice: &mut Dice) -> io::Result<()> {
        let mut asked = Vec::with_capacity(clients.len() * self.batch);
        for client in clients.iter_mut() {
            let mut out = Vec::new();
            for _ in 0..self.batch {
                let number = dice.below(KEYS);
                asked.push(number);
                match self.kind {
                    Kind::Get => request(&mut out, GET, &[], &key(number), &[]),
                    Kind::Set => request(&mut out, SET, &NO_EXTRAS, &key(number), &value(number)),
                    Kind::Multiget => request(&mut out, GETKQ, &[], &key(number), &[]),
                }
            }
            if self.kind == Kind::Multiget {
                request(&mut out, NOOP, &[], &[], &[]);
            }
            client.send(&out)?;
        }
        for (client, asked) in clients.iter_mut().zip(asked.chunks(self.batch)) {
            for number in asked {
                let answer = client.answer()?;
                let right =
                    answer.status == 0 && (self.kind == Kind::Set || answer.body.ends_with(&value(*number)));
                if !right {
                    return Err(io::Error::other("another answer than the expected one"));
                }
            }
            if self.kind == Kind::Multiget && client.answer()?.opcode != NOOP {
                return Err(io::Error::other("a multiget must end with its noop"));
            }
        }
        Ok(())
    }
}

fn fill(client: &mut Client) -> io::Result<()> {
    for number in 0..KEYS {
        let mut out = Vec::new();
        request(&mut out, SET, &NO_EXTRAS, &key(number), &value(number));
        client.send(&out)?;
        client.answer()?;
    }
    Ok(())
}

fn key(number: usize) -> Vec<u8> {
    format!("key:{number:012}").into_bytes()
}

fn value(number: usize) -> [u8; VALUE] {
    let mut value = [0x5a; VALUE];
    value[VALUE - 8..].copy_from_slice(&number.to_le_bytes());
    value
}

#[allow(clippy::cast_precision_loss, reason = "counts of operations are far below 2^53")]
fn count(operations: usize) -> f64 {
    operations as f64
}
