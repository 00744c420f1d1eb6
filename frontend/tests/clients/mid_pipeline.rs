//! Clients whose user loses something while a part of their pipeline has been carried out, and the rest is on its way.

use super::{Case, Client, Ended, holding_proxy::HoldingProxy};
use crate::raw::{PASSWORD, add_user, cache, eventually, serve};
use keyway::{Cache, Namespace, Role, Session, audit::Kind};
use keyway_frontend::Server;
use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Command,
    thread,
};

pub(crate) const CASES: [Case; 4] = [
    Case {
        name: "a_c_program_on_libmemcached_is_revoked_in_the_middle_of_its_pipeline",
        client: Client::CProgram("pipeline"),
        run: c_program,
    },
    Case {
        name: "a_c_program_on_libmemcached_that_only_reads_is_refused_its_quiet_writes",
        client: Client::CProgram("pipeline"),
        run: reader,
    },
    Case {
        name: "pylibmc_is_revoked_in_the_middle_of_a_multiget",
        client: Client::Python("pylibmc"),
        run: pylibmc,
    },
    Case {
        name: "bmemcached_is_revoked_in_the_middle_of_its_pipeline",
        client: Client::Python("bmemcached"),
        run: bmemcached,
    },
];

/// Whose pipeline it is; and who only reads in the same namespace.
const TENANT: &str = "shop";
const GUEST: &str = "guest";
const NAMESPACE: &str = "wares";
/// What each client asks for behind its pipeline.
const KNOWN: &str = "known";
const EACH: usize = 20;

/// What becomes of the tenant.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Change {
    /// The password stays, and clients log in again by themselves.
    Revoked,
    /// No login succeeds any more.
    Removed,
}

struct Scene {
    cache: Cache,
    server: Server,
    /// Looks into the tenant's namespace, and writes there, without a socket.
    clerk: Session,
}

/// Whether the pipeline reads, or changes, what was there before.
#[derive(Clone, Copy, PartialEq)]
enum Before {
    Nothing,
    Both,
}

impl Scene {
    fn new(before: Before) -> Result<Self, String> {
        let cache = cache();
        cache.namespaces().add(Namespace::new(NAMESPACE)).map_err(|error| error.to_string())?;
        add_user(&cache, TENANT, Role::ReadWrite);
        add_user(&cache, GUEST, Role::ReadOnly);
        cache.users().add_trusted("clerk", Role::ReadWrite).map_err(|error| error.to_string())?;
        for user in [TENANT, GUEST, "clerk"] {
            cache.users().set_namespace(user, Some(NAMESPACE)).map_err(|error| error.to_string())?;
        }
        let clerk = cache.session_for("clerk").map_err(|error| error.to_string())?;
        clerk.set(KNOWN, "known").map_err(|error| error.to_string())?;
        if before == Before::Both {
            for key in keys("early").chain(keys("late")) {
                clerk.set(&key, "before").map_err(|error| error.to_string())?;
            }
        }
        let server = serve(&cache, |_| {});
        Ok(Self { cache, server, clerk })
    }

    fn address(&self) -> SocketAddr {
        self.server.addresses()[0]
    }

    /// What is there under these keys.
    fn values(&self, half: &str) -> Vec<Option<String>> {
        let value = |key: String| {
            let item = self.clerk.get(&key).ok().flatten();
            item.map(|item| String::from_utf8_lossy(&item).into_owned())
        };
        keys(half).map(value).collect()
    }

    fn all_are(&self, half: &str, value: Option<&str>) -> bool {
        self.values(half).iter().all(|found| found.as_deref() == value)
    }

    fn hits(&self) -> u64 {
        self.cache.namespaces().stats().iter().map(|it| it.stats.hits).sum()
    }

    fn logins(&self) -> u64 {
        self.cache.audit().counts().of(Kind::LoggedIn)
    }

    /// Runs a client, makes the change when the first half of its pipeline has been carried out and the second is on its way, and
    /// looks that the client knows: it has logged in anew, where it can, and goes on.
    fn run(
        &self,
        change: Change,
        first_half_is_done: impl Fn(&Self) -> bool,
        client: impl FnOnce(SocketAddr) -> Command,
    ) -> Result<Ended, String> {
        let proxy = HoldingProxy::before(self.address())?;
        let mut command = client(proxy.address());
        let ended = thread::scope(|scope| {
            let running = scope.spawn(move || Ended::of(&mut command));
            proxy.wait_until_held()?;
            eventually("the first half is carried out", || first_half_is_done(self));
            let logins = self.logins();
            match change {
                Change::Revoked => self.cache.users().revoke(TENANT),
                Change::Removed => self.cache.users().remove(TENANT),
            }
            .map_err(|error| error.to_string())?;
            proxy.let_go()?;
            let ended = running.join().map_err(|_| "the client's thread panicked")??;
            let again = self.logins() - logins;
            if (again > 0) == (change == Change::Revoked) {
                Ok(ended)
            } else {
                Err(format!("{again} more logins"))
            }
        })?;
        ended.must_succeed()?;
        ended.must_say("ended")?;
        Ok(ended)
    }

    fn written_is_early_alone(&self) -> Result<(), String> {
        self.must(self.all_are("early", Some("early")) && self.all_are("late", None))
    }

    fn deleted_is_early_alone(&self) -> Result<(), String> {
        self.must(self.all_are("early", None) && self.all_are("late", Some("before")))
    }

    fn must(&self, holds: bool) -> Result<(), String> {
        let found = || format!("early: {:?}, late: {:?}", self.values("early"), self.values("late"));
        if holds { Ok(()) } else { Err(found()) }
    }
}

fn keys(half: &str) -> impl Iterator<Item = String> {
    (0..EACH).map(move |number| format!("{half}:{number}"))
}

fn pipeline(program: &Path, at: SocketAddr, user: &str, way: &str) -> Command {
    let mut command = Command::new(program);
    command.args([&at.ip().to_string(), &at.port().to_string(), user, PASSWORD, way]);
    command
}

fn script(python: &Path, name: &str, at: SocketAddr) -> Command {
    let mut command = Command::new(python);
    command.arg(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/clients").join(name));
    command.args([&at.ip().to_string(), &at.port().to_string(), TENANT, PASSWORD]);
    command
}

/// Where it can log in again, what it asks for behind its pipeline is there at the second try at the latest.
fn goes_on(ended: &Ended, change: Change, said: &str) -> Result<(), String> {
    match change {
        Change::Revoked => ended.must_say(said),
        Change::Removed => ended.must_not_say(said),
    }
}

const CHANGES: [Change; 2] = [Change::Revoked, Change::Removed];

fn c_program(program: &Path) -> Result<(), String> {
    for change in CHANGES {
        for way in ["buffered", "quiet"] {
            let scene = Scene::new(Before::Nothing)?;
            let done = |scene: &Scene| scene.all_are("early", Some("early"));
            let ended = scene.run(change, done, |at| pipeline(program, at, TENANT, way))?;
            scene.written_is_early_alone()?;
            goes_on(&ended, change, "asked again: SUCCESS")?;
        }
        let scene = Scene::new(Before::Both)?;
        let done = |scene: &Scene| scene.all_are("early", None);
        let ended = scene.run(change, done, |at| pipeline(program, at, TENANT, "deletes"))?;
        scene.deleted_is_early_alone()?;
        goes_on(&ended, change, "asked again: SUCCESS")?;

        let scene = Scene::new(Before::Both)?;
        let done = |scene: &Scene| scene.hits() == EACH as u64;
        let ended = scene.run(change, done, |at| pipeline(program, at, TENANT, "multiget"))?;
        ended.must_say("fetched early:19")?;
        ended.must_not_say("fetched late")?;
        goes_on(&ended, change, "asked again: SUCCESS")?;
    }
    Ok(())
}

/// It skips the refusals, which nobody asked for, up to the answer to what it asks for then. Those of quiet deletes it does not
/// know: it hangs up, and connects anew.
fn reader(program: &Path) -> Result<(), String> {
    for (way, before, asked) in [
        ("quiet", Before::Nothing, "asked: SUCCESS"),
        ("buffered", Before::Nothing, "asked again: SUCCESS"),
        ("deletes", Before::Both, "asked again: SUCCESS"),
    ] {
        let scene = Scene::new(before)?;
        let ended = Ended::of(&mut pipeline(program, scene.address(), GUEST, way))?;
        ended.must_succeed()?;
        ended.must_say(asked)?;
        let there = (before == Before::Both).then_some("before");
        scene.must(scene.all_are("early", there) && scene.all_are("late", there))?;
    }
    Ok(())
}

/// It keeps to itself what went wrong with a multiget.
fn pylibmc(python: &Path) -> Result<(), String> {
    for change in CHANGES {
        let scene = Scene::new(Before::Both)?;
        let done = |scene: &Scene| scene.hits() == EACH as u64;
        let ended = scene.run(change, done, |at| script(python, "pylibmc_pipeline.py", at))?;
        ended.must_not_say("late:")?;
        goes_on(&ended, change, "asked again: b'known'")?;
    }
    Ok(())
}

fn bmemcached(python: &Path) -> Result<(), String> {
    let run = |scene: &Scene, change, done: fn(&Scene) -> bool, way| {
        let ended = scene.run(change, done, |at| {
            let mut command = script(python, "bmemcached_pipeline.py", at);
            command.arg(way);
            command
        })?;
        goes_on(&ended, change, "asked once more: known")?;
        Ok::<_, String>(ended)
    };
    for change in CHANGES {
        let scene = Scene::new(Before::Nothing)?;
        let ended = run(&scene, change, |scene| scene.all_are("early", Some("early")), "sets")?;
        // When the server hangs up, it takes nothing for stored.
        ended.must_say("not stored: 40")?;
        scene.written_is_early_alone()?;

        let scene = Scene::new(Before::Both)?;
        run(&scene, change, |scene| scene.all_are("early", None), "deletes")?;
        scene.deleted_is_early_alone()?;

        let scene = Scene::new(Before::Both)?;
        let ended = run(&scene, change, |scene| scene.hits() == EACH as u64, "gets")?;
        ended.must_not_say("late:")?;
    }
    Ok(())
}
