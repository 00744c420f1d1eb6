//! The way to a running server.

use crate::cli::failure::Failure;
use clap::Args;
use keyway_frontend::admin::{AdminAnswer, AdminClient, AdminRequest};
use std::{
    env, io,
    ops::ControlFlow,
    path::{Path, PathBuf},
};

/// Names the socket where `--admin-socket` does not.
const VARIABLE: &str = "KEYWAY_ADMIN_SOCKET";

/// Where it is looked for last.
const IN_DIRECTORY: &str = "./keyway-admin.sock";

/// Which server is meant.
#[derive(Args, Debug)]
pub(crate) struct AdminSocketOption {
    /// The socket of a server that was started with the same option [default: $KEYWAY_ADMIN_SOCKET, else ./keyway-admin.sock]
    #[arg(long, global = true, value_name = "PATH")]
    admin_socket: Option<PathBuf>,
}

/// A connection that says where it leads when it fails.
pub(crate) struct Client {
    path: PathBuf,
    client: AdminClient,
}

impl AdminSocketOption {
    pub(crate) fn connect(&self) -> Result<Client, Failure> {
        let path = self.path();
        match AdminClient::connect(&path) {
            Ok(client) => Ok(Client { path, client }),
            Err(error) => Err(unreachable(&path, &error)),
        }
    }

    pub(crate) fn path(&self) -> PathBuf {
        // An empty variable is how many tools unset one.
        let variable = || env::var_os(VARIABLE).filter(|value| !value.is_empty()).map(PathBuf::from);
        self.admin_socket.clone().or_else(variable).unwrap_or_else(|| IN_DIRECTORY.into())
    }
}

fn unreachable(path: &Path, error: &io::Error) -> Failure {
    let advice = match error.kind() {
        io::ErrorKind::PermissionDenied => "run this as the system user that the server runs as",
        _ => "start the server with --admin-socket, and name the same path here",
    };
    Failure::refused(format_args!("no server can be reached at {}: {error}; {advice}", path.display()))
}

impl Client {
    /// Hands what goes on to `row`, until that breaks off. That the server ends it is a failure.
    pub(crate) fn follow(
        self,
        request: &AdminRequest,
        mut row: impl FnMut(AdminAnswer) -> ControlFlow<()>,
    ) -> Result<(), Failure> {
        let mut wanted = true;
        let followed = self.client.follow(request, |answer| {
            let flow = row(answer);
            wanted = flow.is_continue();
            flow
        });
        match followed {
            Ok(Some(AdminAnswer::Error(why))) => Err(Failure::refused(why)),
            Ok(_) if !wanted => Ok(()),
            Ok(_) => {
                Err(Failure::refused(format_args!("the server at {} has ended it", self.path.display())))
            }
            Err(error) => Err(no_answer(&self.path, &error)),
        }
    }

    pub(crate) fn ask(
        &mut self,
        request: &AdminRequest,
        row: impl FnMut(AdminAnswer),
    ) -> Result<AdminAnswer, Failure> {
        match self.client.ask(request, row) {
            Ok(AdminAnswer::Error(why)) => Err(Failure::refused(why)),
            Ok(answer) => Ok(answer),
            Err(error) => Err(no_answer(&self.path, &error)),
        }
    }
}

fn no_answer(path: &Path, error: &io::Error) -> Failure {
    Failure::refused(format_args!(
        "the server at {} did not answer: {error}; its log may say why",
        path.display()
    ))
}
