//! The loads, and what each may cost.

use crate::net::{
    batch::Kind,
    draws::Draws,
    servers::{self, Contender, Setting},
};

/// A pattern of use: connections that each send a batch, and read all of its answers before the next.
#[derive(Clone, Copy, Debug)]
pub(super) struct Load {
    pub(super) name: &'static str,
    pub(super) connections: usize,
    pub(super) batch: usize,
    pub(super) kind: Kind,
    /// Keys that are asked for; all of them are there.
    pub(super) keys: u32,
    /// Bytes of each value.
    pub(super) value: usize,
    popularity: Popularity,
    /// The most server CPU that an operation may take, as part of memcached's.
    pub(super) wanted: Option<f64>,
}

#[derive(Clone, Copy, Debug)]
enum Popularity {
    Uniform,
    Zipf,
}

const GETS: Load = Load {
    name: "get, 50 x 1",
    connections: 50,
    batch: 1,
    kind: Kind::Get,
    keys: 10_000,
    value: 100,
    popularity: Popularity::Uniform,
    wanted: Some(0.87),
};
const PIPELINES: Load = Load { name: "get, 16 x 32", connections: 16, batch: 32, wanted: Some(0.33), ..GETS };
/// So many values of 100 KiB are more than processors keep near, and little beside the memory of the servers.
const LARGE: Load = Load { connections: 16, keys: 1000, value: 100 << 10, ..GETS };

pub(super) const LOADS: [Load; 9] = [
    GETS,
    PIPELINES,
    Load { name: "set, 16 x 32", kind: Kind::Set, wanted: Some(0.40), ..PIPELINES },
    Load {
        name: "90/10 get/set, zipf 0.99, 1M keys, 16 x 16",
        batch: 16,
        kind: Kind::Mixed,
        keys: 1_000_000,
        popularity: Popularity::Zipf,
        wanted: Some(0.62),
        ..PIPELINES
    },
    Load {
        name: "multiget of 100, 4 connections",
        connections: 4,
        batch: 100,
        kind: Kind::Multiget,
        wanted: Some(0.36),
        ..GETS
    },
    Load { name: "get of 4 KiB, 16 x 1", keys: 10_000, value: 4 << 10, wanted: Some(0.83), ..LARGE },
    Load { name: "get of 2 KiB, 16 x 32", batch: 32, keys: 10_000, value: 2 << 10, wanted: None, ..LARGE },
    Load { name: "get of 100 KiB, 16 x 1", wanted: Some(0.87), ..LARGE },
    Load { name: "set of 100 KiB, 16 x 1", kind: Kind::Set, wanted: None, ..LARGE },
];

/// What several event loops are asked: each thread of the load has so many connections of its own.
pub(super) const FOR_LOOPS: [Load; 2] = [GETS, PIPELINES];

impl Load {
    /// Whether it can answer this. The echo makes up first values and no quiet gets; it copies a request until it is whole, so it
    /// is no limit of large sets. Values are kept where they are large, and written one at a time.
    pub(super) fn suits(&self, contender: &Contender) -> bool {
        if contender.kind == servers::Kind::Keeper
            && !(self.value > (2 << 10) && self.batch == 1 && self.kind == Kind::Get)
        {
            return false;
        }
        let echoed = match self.kind {
            Kind::Get => true,
            Kind::Set => self.value < (4 << 10),
            Kind::Mixed | Kind::Multiget => false,
        };
        contender.stores() || echoed
    }

    pub(super) fn draws(&self) -> Draws {
        match self.popularity {
            Popularity::Uniform => Draws::uniform(self.keys),
            Popularity::Zipf => Draws::zipf(self.keys, 0.99),
        }
    }

    pub(super) fn setting(&self) -> Setting {
        Setting { value: self.value, keys: self.keys, ..Setting::default() }
    }
}
