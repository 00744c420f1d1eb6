//! What a noisy tenant costs a quiet one: how much of its speed is left to it, and how much would be its share.

mod wire;

use super::plan::Plan;
use crate::{cpu, median, table::Table};
use keyway::{Cache, Config, Draft, Limits, Namespace, Role, Session, Users};
use std::{
    io::{self, Write},
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    thread,
    time::{Duration, Instant},
};

const BUDGET: usize = 64 << 20;
/// The quiet tenant's keys, which are within what is reserved for it.
const KEYS: u32 = 10_000;
const VALUE: usize = 200;
const RATE: u64 = 10_000;

/// What goes on beside the quiet tenant.
#[derive(Clone, Copy, Debug)]
struct Noise {
    name: &'static str,
    /// Threads, or connections, that store as fast as they can.
    voices: usize,
    limits: Limits,
}

/// What was counted meanwhile.
#[derive(Clone, Copy, Debug)]
struct Heard {
    /// Of the quiet tenant, a second.
    quiet: f64,
    /// CPU time of the quiet tenant's own thread for each get, in nanoseconds.
    cpu: f64,
    /// What the noisy one carried out, a second.
    noisy: f64,
}

/// A quiet tenant beside noise of several kinds, in process and over the loopback.
///
/// # Errors
/// If a server does not start, or the table cannot be written.
///
/// # Panics
/// If the quiet tenant misses what is reserved for it.
pub fn neighbours(plan: &Plan, out: &mut dyn Write) -> io::Result<()> {
    let (lap, laps) = plan.length.of((Duration::from_secs(1), 5), (Duration::from_millis(50), 2));
    let cores = thread::available_parallelism().map_or(1, usize::from);
    writeln!(
        out,
        "Neighbours: one thread of a quiet tenant gets {KEYS} items of {VALUE} bytes that are reserved for it, beside threads, or connections \
         with pipelines, of a noisy one that store as fast as they can. Its share is what it does alone, divided among all who want to run: \
         threads among cores, connections on an event loop. {cores} cores. Medians of {laps}."
    )?;
    let columns = ["quiet gets/s", "of its share", "CPU of a get, ns", "noisy sets/s"];
    let mut table = Table::new(out, "in process", &columns)?;
    show(&mut table, &noises(cores), |noise| in_process(noise, lap), (cores, laps))?;
    for at_once in [wire::TURN, 1] {
        let columns = ["quiet gets/s", "of its share", "CPU of a get, ns (client)", "noisy sets/s"];
        let name = format!("on the wire, one event loop, {at_once} gets at once");
        let mut table = Table::new(out, &name, &columns)?;
        show(&mut table, &noises(cores), |noise| wire::beside(noise, lap, at_once), (1, laps))?;
    }
    Ok(())
}

fn noises(cores: usize) -> Vec<Noise> {
    let none = Limits::default();
    let (mut rate, mut one) = (none, none);
    rate.operations_per_second = Some(RATE);
    one.connections = Some(1);
    vec![
        Noise { name: "alone", voices: 0, limits: none },
        Noise { name: "beside one", voices: 1, limits: none },
        Noise { name: "beside two for each core", voices: 2 * cores, limits: none },
        Noise { name: "the same, with a limit of 10,000 verbs a second", voices: 2 * cores, limits: rate },
        Noise { name: "the same, with a limit of one connection", voices: 2 * cores, limits: one },
    ]
}

fn show(
    table: &mut Table<'_>,
    noises: &[Noise],
    measure: impl Fn(&Noise) -> io::Result<Heard>,
    (cores, laps): (usize, usize),
) -> io::Result<()> {
    let mut alone = None;
    for noise in noises {
        let laps = (0..laps).map(|_| measure(noise)).collect::<io::Result<Vec<_>>>()?;
        let middle = |part: fn(&Heard) -> f64| median(laps.iter().map(part).collect());
        let quiet = middle(|lap| lap.quiet);
        let alone = *alone.get_or_insert(quiet);
        #[expect(clippy::cast_precision_loss, reason = "these are a few")]
        let share = alone * (cores as f64 / (noise.voices + 1) as f64).min(1.0);
        let cells = [
            format!("{quiet:.0}"),
            format!("{:.2}", quiet / share),
            format!("{:.0}", middle(|lap| lap.cpu)),
            format!("{:.0}", middle(|lap| lap.noisy)),
        ];
        table.row(noise.name, &cells)?;
    }
    Ok(())
}

/// A cache with both tenants, in which the quiet one's items lie and all else is full of the noisy one's.
fn full_cache(noise: &Noise) -> io::Result<Cache> {
    let failed = |error: &dyn std::error::Error| io::Error::other(error.to_string());
    let cache = Cache::new(Config::new(BUDGET), Users::new()).map_err(|error| failed(&error))?;
    let (mut quiet, noisy) = (Namespace::new("quiet"), Namespace::new("noisy"));
    quiet.reserve = BUDGET / 10;
    for namespace in [quiet, noisy] {
        let name = namespace.name.clone();
        cache.namespaces().add(namespace).map_err(|error| failed(&error))?;
        cache.users().add_trusted(&name, Role::ReadWrite).map_err(|error| failed(&error))?;
        cache.users().set_namespace(&name, Some(&name)).map_err(|error| failed(&error))?;
    }
    let session = |name| cache.session_for(name).map_err(|error| failed(&error));
    let (quiet, noisy) = (session("quiet")?, session("noisy")?);
    for number in 0..BUDGET / 250 {
        store(&noisy, number as u64)?;
    }
    for number in 0..u64::from(KEYS) {
        store(&quiet, number)?;
    }
    // Once what is to be there is there.
    cache.namespaces().set_limits("noisy", noise.limits).map_err(|error| failed(&error))?;
    Ok(cache)
}

fn store(session: &Session, number: u64) -> io::Result<()> {
    let stored = session.set(&number.to_be_bytes(), Draft::new(&[7; VALUE]));
    stored.map(drop).map_err(|refusal| io::Error::other(refusal.to_string()))
}

fn in_process(noise: &Noise, lap: Duration) -> io::Result<Heard> {
    let cache = full_cache(noise)?;
    let session = |name| cache.session_for(name).map_err(|error| io::Error::other(error.to_string()));
    let quiet = session("quiet")?;
    let (done, stored) = (AtomicBool::new(false), AtomicU64::new(0));
    thread::scope(|scope| {
        // Sessions of code are no connections: a limit of these bounds threads only where each has one.
        let voices = noise
            .limits
            .connections
            .map_or(noise.voices, |most| noise.voices.min(usize::try_from(most).unwrap_or(usize::MAX)));
        for voice in 0..voices {
            let noisy = session("noisy")?;
            let (done, stored) = (&done, &stored);
            scope.spawn(move || {
                let mut number = (voice as u64 + 1) << 32;
                while !done.load(Ordering::Relaxed) {
                    let carried_out = (0..64).filter(|it| store(&noisy, number + it).is_ok()).count();
                    number += 64;
                    stored.fetch_add(carried_out as u64, Ordering::Relaxed);
                }
            });
        }
        let heard = listen(lap, &stored, |number| {
            for number in number..number + 16 {
                let found = quiet.get(&u64::from(number % KEYS).to_be_bytes());
                assert!(found.is_ok_and(|item| item.is_some()), "what is reserved is there");
            }
            Ok(16)
        });
        done.store(true, Ordering::Relaxed);
        heard
    })
}

/// Has gets carried out for so long, some at a time from this key on, whose number comes back.
fn listen(
    lap: Duration,
    stored: &AtomicU64,
    mut get: impl FnMut(u32) -> io::Result<u32>,
) -> io::Result<Heard> {
    // A rate's bucket holds a second's worth.
    thread::sleep(lap);
    let (start, cpu, before) = (Instant::now(), cpu::of_thread(), stored.load(Ordering::Relaxed));
    let mut gets = 0_u32;
    while start.elapsed() < lap {
        gets += get(gets.wrapping_mul(0x9e37_79b1) % KEYS)?;
    }
    let (seconds, cpu) = (start.elapsed().as_secs_f64(), cpu::of_thread() - cpu);
    #[expect(clippy::cast_precision_loss, reason = "figures to three places")]
    let noisy = (stored.load(Ordering::Relaxed) - before) as f64 / seconds;
    Ok(Heard { quiet: f64::from(gets) / seconds, cpu: cpu.as_secs_f64() * 1e9 / f64::from(gets), noisy })
}
