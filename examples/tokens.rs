//! A fleet of workers, each with a token of its own: less than the dispatcher may, for a time, and taken back one by one.
//!
//! `cargo run --example tokens`

#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use keyway::{Cache, Config, Mechanism, Refusal, Role, Session, Step, TokenScope, Users, Verb};
use std::{error::Error, thread, time::Duration};

fn main() -> Result<(), Box<dyn Error>> {
    let users = Users::new();
    users.add("dispatcher", "a passphrase that no worker ever sees", Role::ReadWrite)?;
    let cache = Cache::new(Config::new(16 << 20), users)?;
    let dispatcher = cache.login("dispatcher", "a passphrase that no worker ever sees")?;

    // Each worker may read its input and write its result, for a quarter of an hour, and log in twice: once, and once more
    // after a restart.
    let mut tokens = Vec::new();
    for number in 0..4 {
        dispatcher.set(&format!("jobs/{number}/input"), &number.to_string())?;
        let scope = TokenScope::of(Verb::Read | Verb::Write)
            .under(format!("jobs/{number}/"))
            .lasting(Duration::from_secs(15 * 60))
            .for_uses(2)
            .labelled(format!("worker {number}"));
        tokens.push(dispatcher.mint(scope)?);
    }

    // The token is the password of PLAIN, and nothing has to be derived for it. What a worker elsewhere sends over a socket
    // is this message.
    let workers: Vec<_> =
        tokens.iter().map(|token| log_in(&cache, token.reveal())).collect::<Result<_, _>>()?;
    thread::scope(|scope| {
        for (number, worker) in workers.iter().enumerate() {
            scope.spawn(move || work(worker, number));
        }
    });
    for number in 0..4 {
        let result = dispatcher.get(&format!("jobs/{number}/result"))?.ok_or("each worker is done")?;
        println!("job {number}: {}", String::from_utf8_lossy(&result));
    }

    // One worker has been broken into. Its token is taken back, and its session ends; the others go on.
    dispatcher.revoke_token(tokens[2].id())?;
    assert_eq!(workers[2].get("jobs/2/input").err(), Some(Refusal::Revoked));
    assert!(workers[1].get("jobs/1/input")?.is_some());
    for token in dispatcher.tokens()? {
        println!("{}: {}, {:?} logins left", token.id, token.label, token.uses_left);
    }

    // Whatever the dispatcher loses, all workers have lost.
    cache.users().set_roles("dispatcher", Role::ReadOnly)?;
    assert_eq!(workers[0].set("jobs/0/result", "again"), Err(Refusal::Forbidden));
    cache.users().revoke("dispatcher")?;
    assert_eq!(workers[0].get("jobs/0/input").err(), Some(Refusal::Revoked));
    assert!(log_in(&cache, tokens[0].reveal()).is_err());
    Ok(())
}

fn log_in(cache: &Cache, token: &str) -> Result<Session, Box<dyn Error>> {
    match cache.exchange(Mechanism::Plain).step(format!("\0dispatcher\0{token}").as_bytes()) {
        Step::Open(session) => Ok(session),
        Step::Refused(error) => Err(error.into()),
        other => Err(format!("a token is taken or refused at once, not {other:?}").into()),
    }
}

fn work(worker: &Session, number: usize) {
    let input = worker.get(&format!("jobs/{number}/input")).ok().flatten();
    let squared = input.and_then(|item| str::from_utf8(&item).ok()?.parse::<u64>().ok()).map(|it| it * it);
    if let Some(squared) = squared {
        worker.set(&format!("jobs/{number}/result"), &squared.to_string()).ok();
    }
    // Its neighbour's job is none of its business.
    let other = format!("jobs/{}/input", number + 1);
    assert_eq!(worker.get(&other).err(), Some(Refusal::Forbidden));
}
