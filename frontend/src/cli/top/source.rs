//! Where snapshots come from.

use super::http;
use crate::cli::{admin::AdminSocketOption, failure::Failure};
use keyway_frontend::{
    admin::{AdminAnswer, AdminClient, AdminRequest, HotKeyRow},
    status::Status,
};
use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

/// Where snapshots come from. Each is asked for by a connection of its own, so that nobody else is kept waiting in between.
#[derive(Clone, Debug)]
pub(super) enum Source {
    /// An admin socket.
    Socket(PathBuf),
    /// A status address.
    Http(http::Address),
}

/// What one sample said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Sample {
    pub(super) keys: Vec<HotKeyRow>,
    /// Uses that were drawn.
    pub(super) drawn: u64,
}

impl Source {
    pub(super) fn new(
        url: Option<&str>,
        token_file: Option<&Path>,
        socket: &AdminSocketOption,
    ) -> Result<Self, Failure> {
        let Some(url) = url else { return Ok(Self::Socket(socket.path())) };
        let token = token_file.map(|path| {
            fs::read_to_string(path).map(|token| token.trim().to_owned()).map_err(|error| {
                Failure::refused(format_args!("cannot read the token of {}: {error}", path.display()))
            })
        });
        http::Address::new(url, token.transpose()?).map(Self::Http).map_err(Failure::usage)
    }

    /// How it is named.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Socket(path) => path.display().to_string(),
            Self::Http(address) => address.to_string(),
        }
    }

    /// A snapshot; else what is wrong, and what to do.
    pub(super) fn status(&self) -> Result<Status, String> {
        match self {
            Self::Http(address) => address.status(),
            Self::Socket(path) => {
                let mut status = None;
                ask(path, &AdminRequest::Status, |answer| {
                    if let AdminAnswer::Status(told) = answer {
                        status = Some(*told);
                    }
                })?;
                status.ok_or_else(|| "the server told nothing of its state".to_owned())
            }
        }
    }

    /// Which keys are used most in this time.
    pub(super) fn hot_keys(&self, lasting: Duration, most: u32) -> Result<Sample, String> {
        let Self::Socket(path) = self else {
            return Err("hot keys are told by the admin socket alone: --admin-socket".to_owned());
        };
        let seconds = u32::try_from(lasting.as_secs()).unwrap_or(u32::MAX).max(1);
        let mut sample = Sample::default();
        let last = ask(path, &AdminRequest::HotKeys { seconds, most }, |answer| {
            if let AdminAnswer::HotKey(row) = answer {
                sample.keys.push(row);
            }
        })?;
        if let AdminAnswer::Done { count } = last {
            sample.drawn = count;
        }
        Ok(sample)
    }
}

fn ask(path: &Path, request: &AdminRequest, row: impl FnMut(AdminAnswer)) -> Result<AdminAnswer, String> {
    let told = AdminClient::connect(path).and_then(|mut client| client.ask(request, row));
    match told {
        Ok(AdminAnswer::Error(why)) => Err(why),
        Ok(last) => Ok(last),
        Err(error) => Err(format!(
            "no server answers at {}: {error}; start it with --admin-socket, and name the same path here",
            path.display()
        )),
    }
}
