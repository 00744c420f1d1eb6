//! So many operations on a cache that is full, to be counted from outside: `cargo xtask bench-instr`.

use clap::{Parser, ValueEnum};
use keyway_benches::engine::instructions::{Operation, run};

#[derive(Parser)]
struct Arguments {
    operation: Name,
    count: u64,
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
    let operation = match arguments.operation {
        Name::Nothing => Operation::Nothing,
        Name::Get => Operation::Get,
        Name::Set => Operation::EvictingSet,
        Name::Overwrite => Operation::Overwrite,
    };
    run(operation, arguments.count);
}
