//! Builds the benchmarks in release mode and runs them.

use crate::{
    process::{Failure, Program},
    report::Totals,
    workspace,
};

/// How long the runs are.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Length {
    Full,
    Quick,
}

impl Length {
    pub(crate) fn quick_if(asked: bool) -> Self {
        if asked { Self::Quick } else { Self::Full }
    }

    fn arguments(self) -> &'static [&'static str] {
        match self {
            Self::Full => &["--"],
            Self::Quick => &["--", "--quick"],
        }
    }
}

pub(crate) fn engine(length: Length) -> Result<(), Failure> {
    bench("engine").with(length.arguments()).run(&mut Totals::default())
}

/// Builds the server first: what is measured is what a user would run.
pub(crate) fn net(length: Length) -> Result<(), Failure> {
    let mut totals = Totals::default();
    Program::cargo(&["build", "--release", "--package", "keyway-frontend", "--bin", "keyway"])
        .run(&mut totals)?;
    let server = workspace::target().join("release").join("keyway");
    bench("net").with(length.arguments()).with(["--keyway"]).with([server]).run(&mut totals)
}

fn bench(name: &str) -> Program {
    Program::cargo(&["run", "--release", "--package", "keyway-benches", "--bin", name])
}
