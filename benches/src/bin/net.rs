//! The server beside memcached: `cargo xtask bench-net`.

use clap::Parser;
use keyway_benches::{
    Length, Wanted,
    net::{Plan, measure, serve_echo},
};
use std::{io, path::PathBuf};

#[derive(Parser)]
#[command(about = "The server beside memcached")]
struct Arguments {
    /// Short runs: shows that it works, says little
    #[arg(long)]
    quick: bool,
    /// Only rows whose names contain one of these: get, set, get/set, multiget, PLAIN, SCRAM, close, fair, storm, idle, item, resident, tls
    #[arg(long, value_delimiter = ';', value_name = "NAME;..")]
    only: Vec<String>,
    /// Only servers whose names contain one of these: keyway, memcached, echo
    #[arg(long, value_delimiter = ',', value_name = "NAME")]
    peers: Vec<String>,
    /// How often each server has its turn
    #[arg(long)]
    laps: Option<usize>,
    /// The server's program
    #[arg(long)]
    keyway: PathBuf,
    /// Another build of it, to compare with; may be given more than once
    #[arg(long, value_name = "NAME=PROGRAM", value_parser = named)]
    also: Vec<(String, PathBuf)>,
}

fn named(text: &str) -> Result<(String, PathBuf), &'static str> {
    let (name, program) = text.split_once('=').ok_or("a name, =, and the path of a program")?;
    Ok((name.to_owned(), program.into()))
}

fn main() -> io::Result<()> {
    if let Some(served) = serve_echo() {
        return served;
    }
    let arguments = Arguments::parse();
    let mut builds = vec![("keyway".to_owned(), arguments.keyway)];
    builds.extend(arguments.also);
    let plan = Plan {
        length: if arguments.quick { Length::Quick } else { Length::Full },
        laps: arguments.laps,
        only: Wanted(arguments.only),
        peers: Wanted(arguments.peers),
        builds,
    };
    measure(&plan, &mut io::stdout())
}
