//! So many operations on a cache that is full, to be counted from outside: `cargo xtask bench-instr`.

use clap::{Parser, ValueEnum};
use keyway_benches::engine::instructions::{Counted, Operation, run};

#[derive(Parser)]
struct Arguments {
    peer: Peer,
    operation: Name,
    count: u64,
}

#[derive(Clone, Copy, ValueEnum)]
enum Peer {
    Session,
    SessionWithoutExpiry,
    Engine,
    EngineInPlace,
    QuickCache,
    Mutexes,
    SystemClock,
}

#[derive(Clone, Copy, ValueEnum)]
enum Name {
    Nothing,
    Get,
    Set,
    Overwrite,
}

fn main() {
    let arguments = Arguments::parse();
    let counted = match arguments.peer {
        Peer::Session => Counted::Session,
        Peer::SessionWithoutExpiry => Counted::SessionWithoutExpiry,
        Peer::Engine => Counted::Engine,
        Peer::EngineInPlace => Counted::EngineInPlace,
        Peer::QuickCache => Counted::Quick,
        Peer::Mutexes => Counted::Mutexes,
        Peer::SystemClock => Counted::SystemClock,
    };
    let operation = match arguments.operation {
        Name::Nothing => Operation::Nothing,
        Name::Get => Operation::Get,
        Name::Set => Operation::EvictingSet,
        Name::Overwrite => Operation::Overwrite,
    };
    run(counted, operation, arguments.count);
}
