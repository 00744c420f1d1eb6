//! `keyway admin`: what an operator asks of a running server.

mod add_namespace;
mod limits;
mod mint;
mod revoke;
mod set_role;
mod socket;
mod table;

pub(crate) use revoke::revoke_user;
pub(crate) use socket::AdminSocketOption;
use table::as_json;

use super::{failure::Failure, output};
use add_namespace::AddNamespace;
use clap::{Args, Subcommand};
use keyway_frontend::admin::{AdminAnswer, AdminRequest};
use limits::{SetLimits, SetNamespaceLimits};
use mint::Mint;
use revoke::Revoke;
use set_role::SetRole;

/// What to ask of a running server.
#[derive(Args, Debug)]
pub(crate) struct AdminOptions {
    #[command(subcommand)]
    action: Action,
    #[command(flatten)]
    socket: AdminSocketOption,
    /// Print the answers as they come: JSON, one object to a line
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Print the live sessions: whose, by what, from where, since when, how much
    Sessions,
    /// Print who there is, with roles
    Users,
    /// Print the roles that are not built in, with their rules
    Roles,
    /// Print the namespaces: what each was promised, and holds
    Namespaces,
    /// Print the tokens that count
    Tokens,
    /// Make a token for a user: a password for PLAIN that is worth less, for a time. It is shown once, and gone when the server
    /// ends
    Mint(Mint),
    /// End sessions, and take tokens back
    #[command(subcommand)]
    Revoke(Revoke),
    /// Give a user other roles, until the users file says otherwise
    SetRoles {
        /// The exact name
        name: String,
        /// The names of the roles, which take the place of all that the user has
        #[arg(required = true)]
        roles: Vec<String>,
    },
    /// Have a user work in another namespace, until the users file says otherwise; ends the user's sessions
    SetNamespace {
        /// The exact name
        name: String,
        /// The namespace [default: the main key space]
        namespace: Option<String>,
    },
    /// Give a user other limits, until the users file says otherwise; what is not named is not limited
    SetLimits(SetLimits),
    /// Define a role, or put another one in its place, until the users file says otherwise: that counts at the very next command
    /// of whoever has it
    SetRole(SetRole),
    /// Remove a role, until the users file says otherwise; whoever has it may do nothing by it any more
    RemoveRole {
        /// The role
        name: String,
    },
    /// Make a namespace, until the users file says otherwise
    AddNamespace(AddNamespace),
    /// Remove a namespace with what is stored in it, until the users file says otherwise; ends the sessions of its users
    RemoveNamespace {
        /// Its name
        name: String,
    },
    /// Give a namespace other limits, for all its users together, until the users file says otherwise; what is not named is not
    /// limited
    SetNamespaceLimits(SetNamespaceLimits),
    /// Remove a user from the running server, until the users file is read again; ends the user's sessions
    RemoveUser {
        /// The exact name
        name: String,
    },
}

/// Asks, and prints what is answered.
pub(crate) fn run(options: &AdminOptions) -> Result<(), Failure> {
    let mut client = options.socket.connect()?;
    let show = if options.json { as_json } else { table::as_text };
    match &options.action {
        Action::Sessions => all_sessions(&mut client, show),
        Action::Users => client.ask(&AdminRequest::Users, show).map(drop),
        Action::Roles => client.ask(&AdminRequest::Roles, show).map(drop),
        Action::Namespaces => client.ask(&AdminRequest::Namespaces, show).map(drop),
        Action::Tokens => client.ask(&AdminRequest::Tokens, show).map(drop),
        Action::Mint(mint) => {
            let answer = client.ask(&mint.request(), |_| ())?;
            if options.json {
                as_json(answer);
                return Ok(());
            }
            mint::hand_over(answer)
        }
        Action::Revoke(revoke) => done(client.ask(&revoke.request(), |_| ())?, options.json),
        Action::SetRoles { name, roles } => {
            let request = AdminRequest::SetRoles { user: name.clone(), roles: roles.clone() };
            done(client.ask(&request, |_| ())?, options.json)
        }
        Action::SetNamespace { name, namespace } => {
            let request = AdminRequest::SetNamespace { user: name.clone(), namespace: namespace.clone() };
            done(client.ask(&request, |_| ())?, options.json)
        }
        Action::SetLimits(limits) => done(client.ask(&limits.request(), |_| ())?, options.json),
        Action::SetRole(role) => done(client.ask(&role.request(), |_| ())?, options.json),
        Action::RemoveRole { name } => {
            done(client.ask(&AdminRequest::RemoveRole { role: name.clone() }, |_| ())?, options.json)
        }
        Action::AddNamespace(namespace) => done(client.ask(&namespace.request(), |_| ())?, options.json),
        Action::RemoveNamespace { name } => {
            let request = AdminRequest::RemoveNamespace { namespace: name.clone() };
            done(client.ask(&request, |_| ())?, options.json)
        }
        Action::SetNamespaceLimits(limits) => done(client.ask(&limits.request(), |_| ())?, options.json),
        Action::RemoveUser { name } => {
            done(client.ask(&AdminRequest::RemoveUser { user: name.clone() }, |_| ())?, options.json)
        }
    }
}

/// Page by page.
fn all_sessions(client: &mut socket::Client, show: fn(AdminAnswer)) -> Result<(), Failure> {
    let mut after = None;
    loop {
        let mut last = None;
        client.ask(&AdminRequest::Sessions { after, most: None }, |answer| {
            if let AdminAnswer::Session(session) = &answer {
                last = Some(session.id);
            }
            show(answer);
        })?;
        if last.is_none() {
            return Ok(());
        }
        after = last;
    }
}

fn done(answer: AdminAnswer, json: bool) -> Result<(), Failure> {
    match answer {
        answer if json => as_json(answer),
        AdminAnswer::Done { count } => output::complain(&format_args!("done ({count})")),
        _ => {}
    }
    Ok(())
}
