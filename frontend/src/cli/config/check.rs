//! `keyway config check`: what would run, without running it.

use super::{
    environment::Environment,
    error::Origin,
    gather::{Effective, Gathered, TypedLine, Ungathered},
    setting,
    user::EnvironmentUser,
};
use crate::cli::{Command, failure::Failure, output, serve};

/// Says it, or what is wrong.
pub(super) fn check(line: &TypedLine) -> Result<(), Failure> {
    let environment = Environment::of_process();
    let gathered = line.gather(&environment).map_err(|why| match why {
        Ungathered::Line(error) => Failure::usage(error.to_string().trim_start_matches("error: ").trim_end()),
        Ungathered::Config(error) => error.into(),
    })?;
    let Gathered { cli, settings, file, oddities } = gathered;
    for oddity in oddities {
        output::complain(&format_args!("WARNING: {oddity}"));
    }
    match &file {
        Some(path) => output::say(&format_args!("configuration file: {}", path.display())),
        None => output::say(&"configuration file: none"),
    }
    table(&settings);
    let Command::Serve(options) = cli.command else {
        return Err(Failure::usage("these are flags of another command than `keyway serve`"));
    };
    let user = EnvironmentUser::of(&environment)?;
    for said in serve::rehearse(&options, user.as_ref().map(|user| user.name.as_str()))? {
        output::say(&said);
    }
    Ok(())
}

fn table(settings: &[Effective]) {
    let defaults = setting::all();
    let rows: Vec<_> = settings
        .iter()
        .zip(&defaults)
        .map(|(setting, of_help)| {
            let value = match setting.values.as_slice() {
                [] => of_help.default().map_or_else(|| "-".to_owned(), |default| format!("({default})")),
                values => values.join(", "),
            };
            (setting.key.as_str(), value, &setting.origin)
        })
        .collect();
    let key_width = rows.iter().map(|(key, ..)| key.len()).max().unwrap_or(0);
    let shown = |origin: &&Origin| **origin != Origin::Default;
    // What somebody set comes first: that is what whoever asks has in mind.
    for (key, value, origin) in rows.iter().filter(|(.., origin)| shown(origin)) {
        output::say(&format_args!("  {key:key_width$}  {value}  [{origin}]"));
    }
    output::say(&"  the rest is as it is by default:");
    for (key, value, _) in rows.iter().filter(|(.., origin)| !shown(origin)) {
        output::say(&format_args!("  {key:key_width$}  {value}"));
    }
}
