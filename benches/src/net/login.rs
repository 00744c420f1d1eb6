//! Logging in, told message by message, so that a client that waits and one that does not can both do it.

use super::wire::{AUTH, AUTH_FAILED, Answer, BUSY, CONTINUE, OK, Request, STEP, TEMPORARY};
use keyway_frontend::client;
use std::io;

pub(super) use keyway::Mechanism;

/// Who logs in, and how. Clones share the keys that were derived from the password.
#[derive(Clone, Debug)]
pub(super) struct Credentials {
    mechanism: Mechanism,
    of_client: client::Credentials,
}

/// One attempt.
#[derive(Debug)]
pub(super) struct Login {
    credentials: Credentials,
    state: State,
}

#[derive(Debug)]
enum State {
    Begun,
    /// What to say next.
    Speaking(client::Login, Vec<u8>),
    Listening(client::Login),
    /// It cannot go on.
    Failed(client::LoginFault),
}

/// What a server's answer means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    In,
    /// There is more to say.
    GoOn,
    /// Name or password are wrong.
    Refused,
    /// It cannot be said now.
    PutOff,
}

impl Credentials {
    pub(super) fn new(mechanism: Mechanism, name: &str, password: &str) -> Self {
        Self { mechanism, of_client: client::Credentials::new(name, password) }
    }

    /// An attempt.
    pub(super) fn attempt(&self) -> Login {
        Login { credentials: self.clone(), state: State::Begun }
    }
}

impl Login {
    /// Appends the next message.
    pub(super) fn ask(&mut self, out: &mut Vec<u8>) {
        let Credentials { mechanism, of_client } = &self.credentials;
        let (opcode, message, next) = match std::mem::replace(&mut self.state, State::Begun) {
            State::Begun => match client::Login::begin(*mechanism, of_client) {
                Ok((login, message)) => (AUTH, message.to_vec(), State::Listening(login)),
                Err(fault) => (AUTH, Vec::new(), State::Failed(fault)),
            },
            State::Speaking(login, message) => (STEP, message, State::Listening(login)),
            stays => (STEP, Vec::new(), stays),
        };
        let key = mechanism.name().as_bytes();
        Request { opcode, key, value_len: message.len(), ..Request::default() }.append(out);
        out.extend_from_slice(&message);
        self.state = next;
    }

    /// Takes the answer to it.
    ///
    /// # Errors
    /// If it is not one that a login can have, or the server does not know the password itself.
    pub(super) fn hear(&mut self, answer: &Answer<'_>) -> io::Result<Verdict> {
        match (answer.status, std::mem::replace(&mut self.state, State::Begun)) {
            (_, State::Failed(fault)) => Err(io::Error::other(fault)),
            (OK, State::Listening(login)) => {
                login.success(answer.value).map(|()| Verdict::In).map_err(io::Error::other)
            }
            (CONTINUE, State::Listening(mut login)) => {
                let message = login.challenge(answer.value).map_err(io::Error::other)?;
                self.state = State::Speaking(login, message.to_vec());
                Ok(Verdict::GoOn)
            }
            (AUTH_FAILED, _) => Ok(Verdict::Refused),
            (BUSY | TEMPORARY, _) => Ok(Verdict::PutOff),
            _ => Err(answer.not("an answer to a login")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, value: &[u8]) -> Answer<'_> {
        Answer { opcode: AUTH, status, opaque: 0, value }
    }

    fn said(login: &mut Login) -> String {
        let mut out = Vec::new();
        login.ask(&mut out);
        String::from_utf8(out.split_off(super::super::wire::HEADER)).unwrap()
    }

    #[test]
    fn plain_is_one_message_and_one_answer() {
        let begun = || {
            let mut login = Credentials::new(Mechanism::Plain, "user", "pencil").attempt();
            assert_eq!(said(&mut login), "PLAINuser\0user\0pencil");
            login
        };
        assert_eq!(begun().hear(&answer(OK, b"Authenticated")).unwrap(), Verdict::In);
        assert_eq!(begun().hear(&answer(AUTH_FAILED, b"")).unwrap(), Verdict::Refused);
        assert_eq!(begun().hear(&answer(TEMPORARY, b"")).unwrap(), Verdict::PutOff);
        assert!(begun().hear(&answer(0x81, b"")).is_err());
    }

    #[test]
    fn scram_goes_on_with_its_challenge_and_believes_nothing_unsigned() {
        let mut login = Credentials::new(Mechanism::ScramSha256, "user", "pencil").attempt();
        let first = said(&mut login);
        let nonce =
            first.strip_prefix("SCRAM-SHA-256n,a=user,n=user,r=").expect("what libmemcached says").to_owned();
        let challenge = format!("r={nonce}x,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096");
        assert_eq!(login.hear(&answer(CONTINUE, challenge.as_bytes())).unwrap(), Verdict::GoOn);
        assert!(said(&mut login).starts_with("SCRAM-SHA-256c="));
        assert!(login.hear(&answer(OK, b"Authenticated")).is_err());
    }
}
