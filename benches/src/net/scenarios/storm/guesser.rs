//! Somebody who does not know the password.

use crate::net::{
    driver::Next,
    login::{Credentials, Login, Mechanism},
    values::key,
    wire::{Answer, CONTINUE, GET, NOT_FOUND, OK, Request},
};
use std::io;

/// What guessers share: what they try, and how often they were refused.
#[derive(Debug)]
pub(super) struct Guesses {
    mechanism: Mechanism,
    name: String,
    /// Kept so that its keys are derived once: what a guess costs the guesser must not slow the storm down.
    wrong: Credentials,
    tried: u64,
    pub(super) refused: u64,
    pub(super) connections: u64,
}

/// Whoever guesses, over one connection after the other.
#[derive(Debug, Default)]
pub(super) struct Guesser {
    state: State,
    knocked: Knocked,
}

#[derive(Debug, Default)]
enum State {
    #[default]
    New,
    Guessing(Box<Login>),
    /// It asks for a key, as if a refused guess had let it in.
    Knocking,
}

/// Once is enough: servers close the connection of who asks without a login, and a storm is of guesses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Knocked {
    #[default]
    NotYet,
    Once,
}

impl Guesses {
    /// At the password of this user.
    pub(super) fn new(mechanism: Mechanism, name: &str) -> Self {
        let wrong = Credentials::new(mechanism, name, "a wrong password");
        Self { mechanism, name: name.to_owned(), wrong, tried: 0, refused: 0, connections: 0 }
    }

    pub(super) fn mechanism(&self) -> Mechanism {
        self.mechanism
    }

    /// A guess that nobody has made before.
    fn guess(&mut self) -> Login {
        self.tried += 1;
        if self.mechanism == Mechanism::Plain {
            let password = format!("wrong {}", self.tried);
            Credentials::new(self.mechanism, &self.name, &password).attempt()
        } else {
            // By the nonce its proof is another one.
            self.wrong.attempt()
        }
    }
}

impl Guesser {
    pub(super) fn connecting(&mut self, guesses: &mut Guesses) {
        guesses.connections += 1;
        self.state = State::New;
    }

    pub(super) fn ask(&mut self, guesses: &mut Guesses, out: &mut Vec<u8>) {
        match &mut self.state {
            State::Knocking => Request { opcode: GET, key: &key(0), ..Request::default() }.append(out),
            State::Guessing(login) => login.ask(out),
            State::New => {
                let mut login = guesses.guess();
                login.ask(out);
                self.state = State::Guessing(Box::new(login));
            }
        }
    }

    /// # Errors
    /// If the server lets it in.
    pub(super) fn hear(&mut self, guesses: &mut Guesses, answer: &Answer<'_>) -> io::Result<Next> {
        if matches!(answer.status, OK | NOT_FOUND) {
            return Err(answer.not("a refusal of somebody who guesses"));
        }
        match &mut self.state {
            State::Guessing(login) if answer.status == CONTINUE => {
                login.hear(answer)?;
                return Ok(Next::Ask);
            }
            State::Guessing(_) => guesses.refused += 1,
            State::Knocking => self.knocked = Knocked::Once,
            State::New => return Err(answer.not("nothing, for nothing was asked")),
        }
        self.state = if self.knocked == Knocked::Once { State::New } else { State::Knocking };
        Ok(Next::Ask)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::wire::{AUTH, AUTH_FAILED, HEADER, TEMPORARY};

    fn guesses() -> Guesses {
        Guesses::new(Mechanism::Plain, "ada")
    }

    fn said(guesser: &mut Guesser, guesses: &mut Guesses) -> (u8, String) {
        let mut out = Vec::new();
        guesser.ask(guesses, &mut out);
        (out[1], String::from_utf8(out.split_off(HEADER)).unwrap())
    }

    fn answer(status: u16) -> Answer<'static> {
        Answer { opcode: AUTH, status, opaque: 0, value: b"" }
    }

    #[test]
    fn it_knocks_after_the_first_refusal_and_guesses_another_password_each_time() {
        let (mut guesser, mut guesses) = (Guesser::default(), guesses());
        guesser.connecting(&mut guesses);
        assert_eq!(said(&mut guesser, &mut guesses), (AUTH, "PLAINada\0ada\0wrong 1".to_owned()));
        assert_eq!(guesser.hear(&mut guesses, &answer(AUTH_FAILED)).unwrap(), Next::Ask);
        assert_eq!(said(&mut guesser, &mut guesses).0, GET);
        assert_eq!(guesser.hear(&mut guesses, &answer(AUTH_FAILED)).unwrap(), Next::Ask);
        for number in 2..5 {
            assert_eq!(said(&mut guesser, &mut guesses).1, format!("PLAINada\0ada\0wrong {number}"));
            guesser.hear(&mut guesses, &answer(TEMPORARY)).unwrap();
        }
        assert_eq!((guesses.refused, guesses.connections), (4, 1));
    }

    #[test]
    fn to_be_let_in_is_an_error_by_guess_and_by_knock() {
        for status in [OK, NOT_FOUND] {
            let (mut guesser, mut guesses) = (Guesser::default(), guesses());
            said(&mut guesser, &mut guesses);
            assert!(guesser.hear(&mut guesses, &answer(status)).is_err());
            guesser.hear(&mut guesses, &answer(AUTH_FAILED)).unwrap();
            assert_eq!(said(&mut guesser, &mut guesses).0, GET);
            assert!(guesser.hear(&mut guesses, &answer(status)).is_err());
        }
    }
}
