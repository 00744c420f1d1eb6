//! Runs a guide by bash, in a folder of its own, beside the `keyway` that was built.

use crate::{
    markdown::Deed,
    table::{Guide, PROGRAMS},
};
use std::{
    env, fs,
    net::TcpListener,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};
use tempfile::TempDir;

/// Far beyond what any guide takes, on whatever machine: one that is not over by then waits for something that never comes.
const LIMIT: Duration = Duration::from_secs(240);

/// What guides name of the system's; each becomes one in the test's own folder.
const PLACES: [&str; 5] =
    ["/run/keyway", "/var/lib/keyway", "/var/log/keyway", "/etc/keyway", "/etc/sasldb2"];
/// Ports that guides name.
const PORTS: [&str; 3] = ["11211", "11212", "9150"];

/// What is to be run, and where.
pub(crate) struct Run<'a> {
    guide: &'a Guide,
    folder: TempDir,
    ports: Vec<String>,
    deeds: Vec<Deed>,
}

impl<'a> Run<'a> {
    /// Puts the test's own places and ports into what the guide has done.
    pub(crate) fn new(guide: &'a Guide, deeds: Vec<Deed>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for place in PLACES.iter().filter(|place| place.ends_with("keyway")) {
            fs::create_dir_all(format!("{}{place}", folder.path().display())).unwrap();
        }
        // Held together until all are known, so that no two are the same.
        let free: Vec<_> = PORTS.iter().map(|_| TcpListener::bind("127.0.0.1:0").unwrap()).collect();
        let ports = free.iter().map(|it| it.local_addr().unwrap().port().to_string()).collect();
        let mut run = Self { guide, folder, ports, deeds: Vec::new() };
        run.deeds = deeds.into_iter().map(|deed| run.here(deed)).collect();
        run
    }

    fn here(&self, deed: Deed) -> Deed {
        match deed {
            Deed::Run { line, command, printed } => Deed::Run {
                line,
                command: self.swapped(&command),
                printed: printed.iter().map(|it| self.swapped(it)).collect(),
            },
            Deed::Write { path, text } => {
                Deed::Write { path: self.swapped(&path), text: self.swapped(&text) }
            }
        }
    }

    fn swapped(&self, text: &str) -> String {
        let own = self.guide.swapped(text);
        let root = self.folder.path().display();
        let placed = PLACES.iter().fold(own, |text, place| text.replace(place, &format!("{root}{place}")));
        PORTS.iter().zip(&self.ports).fold(placed, |text, (from, to)| text.replace(from, to))
    }

    /// What is wrong with the guide, if anything.
    pub(crate) fn outcome(&self) -> Result<(), String> {
        let script = self.script();
        let mut bash = Command::new("bash");
        bash.args(["-c", &script]).current_dir(self.folder.path());
        let of_keyway = |(name, _): &(std::ffi::OsString, _)| {
            let name = name.to_string_lossy();
            name.starts_with("KEYWAY_") || name.starts_with("MEMCACHED_") || name == "SASL_CONF_PATH"
        };
        for (name, _) in env::vars_os().filter(of_keyway) {
            bash.env_remove(name);
        }
        let keyway = Path::new(env!("CARGO_BIN_EXE_keyway")).parent().unwrap();
        let path = format!("{}:{}", keyway.display(), env::var("PATH").unwrap_or_default());
        bash.env("PATH", path).env("HOME", self.folder.path()).env("OUT", self.out());
        bash.env("ROOT", fs::canonicalize(Path::new(env!("CARGO_MANIFEST_DIR")).join("..")).unwrap());
        bash.env("KEYWAY_PORT", &self.ports[0]).env("PORT", &self.ports[0]);
        // A group, so that a guide that hangs is ended with all that it began.
        bash.process_group(0).stdin(Stdio::null());
        bash.stdout(fs::File::create(self.out().join("trace")).unwrap());
        bash.stderr(fs::File::create(self.out().join("stderr")).unwrap());
        let ended = ended(bash.spawn().unwrap());
        let said = |name: &str| fs::read_to_string(self.out().join(name)).unwrap_or_default();
        match ended {
            None => Err(format!("it does not end: line {}", said("trace"))),
            Some(false) => {
                let at = said("trace").lines().last().unwrap_or("none").to_owned();
                Err(format!(
                    "line {at} fails:\n{}{}{}",
                    said(&format!("{at:0>4}.out")),
                    said("stderr"),
                    self.logs()
                ))
            }
            Some(true) => self.prints(),
        }
    }

    fn script(&self) -> String {
        let mut script = include_str!("run.sh").to_owned();
        script += &format!("\n{}\n", self.guide.before);
        for deed in &self.deeds {
            script += &match deed {
                Deed::Write { path, text } => format!("cat > {path} <<'KEYWAY_END'\n{text}KEYWAY_END\n"),
                Deed::Run { line, command, .. } => self.lines(*line, command),
            };
        }
        script + self.guide.after + "\nstop\n"
    }

    fn lines(&self, line: usize, command: &str) -> String {
        if self.guide.left_out.iter().any(|(start, _)| command.starts_with(start)) {
            return String::new();
        }
        let is_word = |program: &&&str| command.split([' ', '|']).any(|word| word == **program);
        if let Some(missing) = PROGRAMS.iter().filter(is_word).find(|program| !is_installed(program)) {
            left_out(&format!("{}, line {line}", self.guide.file), missing);
            return String::new();
        }
        let at = format!("at={line:04}; echo {line} >&3\n");
        match command.strip_prefix("keyway serve") {
            Some(flags) => format!("{at}serve{}\n", flags.trim_end_matches('&')),
            None => format!("{at}{{ {command}\n}} > \"$OUT/$at.out\" 2>&1\n"),
        }
    }

    /// Whether it printed what the guide says.
    fn prints(&self) -> Result<(), String> {
        for deed in &self.deeds {
            let Deed::Run { line, command, printed } = deed else { continue };
            let Ok(said) = fs::read_to_string(self.out().join(format!("{line:04}.out"))) else { continue };
            let mut lines = said.lines();
            for wanted in printed.iter().filter(|wanted| *wanted != "...") {
                if !lines.any(|it| it.trim_end() == wanted.trim_end()) {
                    return Err(format!("line {line}: {command}\ndoes not print {wanted:?}, but:\n{said}"));
                }
            }
            for (start, wanted) in self.guide.says {
                if command.starts_with(start) && !said.contains(&self.swapped(wanted)) {
                    return Err(format!("line {line}: {command}\ndoes not say {wanted:?}, but:\n{said}"));
                }
            }
        }
        Ok(())
    }

    /// What servers said.
    fn logs(&self) -> String {
        let servers = self.deeds.iter().filter_map(|deed| match deed {
            Deed::Run { line, command, .. } if command.starts_with("keyway serve") => Some(line),
            _ => None,
        });
        servers
            .map(|line| fs::read_to_string(self.out().join(format!("{line:04}.out"))).unwrap_or_default())
            .collect()
    }

    /// Beside what the guide itself makes, and not in its way.
    fn out(&self) -> PathBuf {
        let out = self.folder.path().join(".out");
        fs::create_dir_all(&out).unwrap();
        out
    }
}

/// Says that something is left out, since a program is not there; in continuous integration nothing may be.
pub(crate) fn left_out(what: &str, missing: &str) {
    let must_be = env::var("CI").is_ok_and(|ci| ci == "true");
    assert!(!must_be, "{what}: there is no {missing}");
    eprintln!("{what}: left out: no {missing}");
}

/// Whether there is such a program in the path.
pub(crate) fn is_installed(program: &str) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

/// Whether it ended well; `None` if it did not end, and was ended.
fn ended(mut bash: Child) -> Option<bool> {
    let begun = Instant::now();
    loop {
        if let Some(status) = bash.try_wait().unwrap() {
            return Some(status.success());
        }
        if begun.elapsed() > LIMIT {
            let group = rustix::process::Pid::from_child(&bash);
            rustix::process::kill_process_group(group, rustix::process::Signal::KILL).unwrap();
            bash.wait().unwrap();
            return None;
        }
        thread::sleep(Duration::from_millis(10));
    }
}
