//! `keyway doctor`: what is wrong, and what to do about it.

mod explain;
mod home;
mod remedy;
mod report;
mod target;
mod visit;

use super::failure::Failure;
use clap::{Args, Subcommand};
use explain::ExplainOptions;
use home::HomeOptions;
use report::{Form, Report};
pub(super) use target::Target;
use visit::VisitOptions;

const EXIT_CODES: &str = "Exit codes: 0 nothing is wrong, though there may be warnings; 1 something keeps somebody out or lets somebody in; \
                          2 the command makes no sense";

/// What to look at: this machine, a server, or one refused login.
#[derive(Args, Debug)]
#[command(args_conflicts_with_subcommands = true, after_help = EXIT_CODES)]
pub(crate) struct DoctorOptions {
    #[command(subcommand)]
    question: Option<Question>,
    /// A server to look at from here, and to log in to the way libmemcached does; without one, the users file and this
    /// machine are looked at
    #[arg(value_name = "HOST[:PORT]|tls://HOST[:PORT]|unix:PATH")]
    server: Option<Target>,
    #[command(flatten)]
    visit: VisitOptions,
    #[command(flatten)]
    home: HomeOptions,
    /// Print each finding as a JSON object on a line of its own, with level, what and fix
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Question {
    /// Say why a login was refused, by its id in the server's log, and what to do
    Explain(ExplainOptions),
}

/// Looks. Exit code 0: nothing that keeps somebody out or lets somebody in, though there may be warnings; 1: at least one
/// error.
pub(crate) fn run(options: &DoctorOptions) -> Result<(), Failure> {
    if let Some(Question::Explain(question)) = &options.question {
        return explain::explain(question);
    }
    let mut report = Report::new(if options.json { Form::Json } else { Form::Text });
    match &options.server {
        Some(server) => visit::visit(server, &options.visit, &mut report)?,
        None => home::look(&options.home, &mut report)?,
    }
    report.conclude()
}
