//! Logging in, told message by message, so that a client that waits and one that does not can both do it.

use super::{
    scram::{Exchange, Keys, Proof},
    wire::{AUTH, AUTH_FAILED, Answer, BUSY, CONTINUE, OK, Request, STEP, TEMPORARY},
};
use std::{cell::RefCell, io, rc::Rc};

/// How to prove a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mechanism {
    Plain,
    ScramSha256,
}

impl Mechanism {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Plain => "PLAIN",
            Self::ScramSha256 => "SCRAM-SHA-256",
        }
    }
}

/// Who logs in, and how. Clones share the keys that were derived from the password.
#[derive(Clone, Debug)]
pub(super) struct Credentials {
    mechanism: Mechanism,
    name: String,
    password: String,
    keys: Rc<RefCell<Option<Keys>>>,
}

/// One attempt.
#[derive(Debug)]
pub(super) struct Login {
    credentials: Credentials,
    state: State,
}

#[derive(Debug)]
enum State {
    Begun(u64),
    First(Exchange),
    Challenged(Proof),
    Proven(Proof),
    Acknowledged,
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
    pub(super) fn new(mechanism: Mechanism, name: impl Into<String>, password: impl Into<String>) -> Self {
        Self { mechanism, name: name.into(), password: password.into(), keys: Rc::default() }
    }

    /// An attempt; its number tells its nonce from others'.
    pub(super) fn attempt(&self, number: u64) -> Login {
        Login { credentials: self.clone(), state: State::Begun(number) }
    }
}

impl Login {
    /// Appends the next message.
    pub(super) fn ask(&mut self, out: &mut Vec<u8>) {
        let Credentials { mechanism, name, password, .. } = &self.credentials;
        let (opcode, message, next) = match std::mem::replace(&mut self.state, State::Acknowledged) {
            State::Begun(number) if *mechanism == Mechanism::ScramSha256 => {
                let (exchange, first) = Exchange::start(name, &format!("bench{number:019}"));
                (AUTH, first, State::First(exchange))
            }
            State::Begun(_) => (AUTH, format!("\0{name}\0{password}"), State::Acknowledged),
            State::Challenged(proof) => (STEP, proof.message.clone(), State::Proven(proof)),
            other => (STEP, String::new(), other),
        };
        let key = mechanism.name().as_bytes();
        Request { opcode, key, value_len: message.len(), ..Request::default() }.append(out);
        out.extend_from_slice(message.as_bytes());
        self.state = next;
    }

    /// Takes the answer to it.
    ///
    /// # Errors
    /// If it is not one that a login can have, or the server does not know the password itself.
    pub(super) fn hear(&mut self, answer: &Answer<'_>) -> io::Result<Verdict> {
        match (answer.status, std::mem::replace(&mut self.state, State::Acknowledged)) {
            (OK, State::Acknowledged) => Ok(Verdict::In),
            (OK | CONTINUE, State::Proven(proof)) if answer.value == proof.signature.as_bytes() => {
                Ok(if answer.status == OK { Verdict::In } else { Verdict::GoOn })
            }
            (CONTINUE, State::First(exchange)) => {
                let Credentials { password, keys, .. } = &self.credentials;
                self.state =
                    State::Challenged(exchange.prove(answer.value, password, &mut keys.borrow_mut())?);
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
        let mut login = Credentials::new(Mechanism::Plain, "user", "pencil").attempt(0);
        assert_eq!(said(&mut login), "PLAIN\0user\0pencil");
        assert_eq!(login.hear(&answer(OK, b"Authenticated")).unwrap(), Verdict::In);
        assert_eq!(login.hear(&answer(AUTH_FAILED, b"")).unwrap(), Verdict::Refused);
        assert_eq!(login.hear(&answer(TEMPORARY, b"")).unwrap(), Verdict::PutOff);
        assert!(login.hear(&answer(0x81, b"")).is_err());
    }

    #[test]
    fn scram_believes_only_a_server_that_signs() {
        let credentials = Credentials::new(Mechanism::ScramSha256, "user", "pencil");
        let challenge = b"r=bench0000000000000000007x,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=64";
        let proven = || {
            let mut login = credentials.attempt(7);
            assert_eq!(said(&mut login), "SCRAM-SHA-256n,,n=user,r=bench0000000000000000007");
            assert_eq!(login.hear(&answer(CONTINUE, challenge)).unwrap(), Verdict::GoOn);
            assert!(said(&mut login).starts_with("SCRAM-SHA-256c=biws,r=bench0000000000000000007x,p="));
            login
        };
        let (exchange, _) = Exchange::start("user", "bench0000000000000000007");
        let signature = exchange.prove(challenge, "pencil", &mut None).unwrap().signature;
        let mut login = proven();
        assert_eq!(login.hear(&answer(CONTINUE, signature.as_bytes())).unwrap(), Verdict::GoOn);
        assert_eq!(said(&mut login), "SCRAM-SHA-256");
        assert_eq!(login.hear(&answer(OK, b"")).unwrap(), Verdict::In);
        assert_eq!(proven().hear(&answer(OK, signature.as_bytes())).unwrap(), Verdict::In);
        assert!(proven().hear(&answer(OK, b"v=AAAA")).is_err());
        assert!(proven().hear(&answer(OK, b"")).is_err());
    }
}
