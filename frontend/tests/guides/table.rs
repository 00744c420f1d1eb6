//! What is to be known of a guide beside its text: what a test has in place of what only a person or another machine has, and which
//! commands are left out, and why. A command that is not named here is run.

/// Programs that are not part of the project and need not be installed; a command that names one that is not there is left out, and
/// the test says so.
pub(crate) const PROGRAMS: [&str; 7] =
    ["db5.3_dump", "jq", "memccat", "memccp", "memcstat", "openssl", "sqlite3"];

const A_BUILD: &str = "it is a build, a measurement or these tests themselves, and has a step of its own";
const OF_THE_SYSTEM: &str = "it changes the system that the test runs on";

/// How a guide is run.
pub(crate) struct Guide {
    /// From the root of the repository.
    pub(crate) file: String,
    /// Without these programs nothing of it can be done.
    pub(crate) needs: &'static [&'static str],
    /// Done by bash before the first command: what the guide takes to be there.
    pub(crate) before: &'static str,
    /// In commands, files and what is printed: the guide's words, and the test's.
    pub(crate) swaps: &'static [(&'static str, &'static str)],
    /// How commands begin that are not run, and why.
    pub(crate) left_out: &'static [(&'static str, &'static str)],
    /// How a command begins, and what is in what it prints.
    pub(crate) says: &'static [(&'static str, &'static str)],
    /// Done by bash behind the last command.
    pub(crate) after: &'static str,
}

impl Guide {
    /// Its words with the test's in their place.
    pub(crate) fn swapped(&self, text: &str) -> String {
        self.swaps.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
    }
}

/// What is known of this one.
pub(crate) fn guide(file: &str) -> Guide {
    let plain = Guide {
        file: file.to_owned(),
        needs: &[],
        before: "",
        swaps: &[],
        left_out: &[],
        says: &[],
        after: "",
    };
    match file {
        "docs/tls.md" => Guide {
            needs: &["openssl"],
            swaps: &[("--tls-client-ca authority.pem &", "--tls-client-ca authority.pem -v &")],
            says: &[
                ("openssl s_client", "CONNECTION ESTABLISHED"),
                ("openssl s_client", "Protocol version: TLSv1.3"),
                ("openssl s_client", "Verification: OK"),
                ("keyway doctor", "by SCRAM-SHA-256-PLUS"),
                ("keyway user list", "ada     read-write  subject:CN=worker-7,O=Shop"),
                ("keyway user list", "worker  read-only  san:worker-8.shop.example"),
            ],
            after: "await \"$log\" 'certificates read again'",
            ..plain
        },
        "README.md" => Guide {
            swaps: &[
                ("cargo run --release -- serve", "keyway serve"),
                ("--servers=127.0.0.1 ", "--servers=127.0.0.1:11211 "),
                ("--password=...", "--password=$(password)"),
                ("keyway top --admin-socket keyway.sock", "keyway top --admin-socket keyway.sock --once"),
            ],
            left_out: &[("cargo xtask", A_BUILD)],
            says: &[
                ("keyway serve   # a server", "This is the only time that its password is shown"),
                ("memcstat", "curr_connections"),
                ("keyway config check", "memory-limit"),
                ("keyway top", "hit ratio: "),
            ],
            ..plain
        },
        "CONTRIBUTING.md" | "docs/performance.md" | "docs/verification.md" => {
            Guide { left_out: &[("cargo ", A_BUILD)], ..plain }
        }
        "docs/audit.md" => {
            Guide { after: "stop; grep -q '\"event\":\"server_started\"' var/log/keyway/audit.json", ..plain }
        }
        "docs/coming-from-memcached.md" => Guide {
            before: "\
cp \"$ROOT/frontend/tests/recorded/sasldb2\" etc/sasldb2
cp etc/sasldb2 users.dump # for where there is no db5.3_dump; it is read as well
echo alan:pencil > memcached-sasl-pwdb
echo blaise:pencil > memcached.auth
echo 'edgar|SCRAM-SHA-256$4096:AAECAwQFBgcICQoLDA0ODw==$R7Xp8fxYiP6GYYr1NjhYO2FGc1xPYSdhzT5mTzfxlTA=:R7Xp8fxYiP6GYYr1NjhYO2FGc1xPYSdhzT5mTzfxlTA=' > roles.txt
echo 'grace:{SHA}fEqNCco3Yq9h5ZUglD3CZJT4lBs=' > .htpasswd
echo 'user kurt on #5994471abb01112afcc18159f6cc74b4f511b99806da59b3caf5a9c173cacfc5 ~* +@all' > users.acl",
            // The recorded database has two realms, and a name with different passwords in both.
            swaps: &[("keyway import sasldb", "keyway import --realm only=vm sasldb")],
            after: "for name in alan blaise edgar grace kurt; do keyway user list | grep -c \"^$name \"; done",
            ..plain
        },
        "docs/ldap-and-sql.md" => Guide {
            needs: &["sqlite3"],
            swaps: &[("doctor 127.0.0.1 ", "doctor 127.0.0.1:11211 ")],
            left_out: if cfg!(feature = "sqlite") { &[] } else { WITHOUT_SQLITE },
            ..plain
        },
        "docs/listeners.md" => Guide {
            // An address that each machine has, and stands for the network as well; and the group of whoever runs this.
            swaps: &[("10.0.0.5", "0.0.0.0"), ("www-data", "$(id -gn)")],
            says: &[("memccat", "hello"), ("keyway doctor", "connected to unix:")],
            ..plain
        },
        "docs/monitoring.md" => Guide {
            // For where there is no openssl.
            before: "echo 0123456789abcdef0123456789abcdef > metrics.token",
            swaps: &[
                ("--metrics 127.0.0.1", "--metrics 127.0.0.1:9150"),
                ("--metrics '*'", "--metrics '*:9150'"),
            ],
            ..plain
        },
        "docs/operating.md" => Guide {
            swaps: &[
                ("sudo -u keyway keyway", "keyway"),
                // What the service does.
                ("sudo systemctl enable --now keyway", "keyway serve --users /var/lib/keyway/users.toml"),
                ("keyway doctor 127.0.0.1", "keyway doctor 127.0.0.1:11211"),
            ],
            left_out: &[
                ("cargo ", A_BUILD),
                ("docker build", A_BUILD),
                ("sudo apt install", OF_THE_SYSTEM),
            ],
            says: &[("keyway config check keyway.toml -- -m 512", "512")],
            after: "keyway config check etc/keyway/keyway.toml | grep -c SCRAM-SHA-512",
            ..plain
        },
        "docs/roles-and-namespaces.md" => Guide {
            says: &[("keyway role show", "read@reports/"), ("keyway role list", "reporter")],
            ..plain
        },
        "docs/status-and-top.md" => Guide { says: &[("keyway top", "hit ratio: ")], ..plain },
        "docs/tokens-and-revocation.md" => Guide {
            before: "\
keyway user add fleet
keyway user add worker > worker.password
serve --admin-socket keyway-admin.sock",
            swaps: &[
                // What goes on while an operator looks.
                ("export KEYWAY", "log_in worker \"$(cat worker.password)\"; export KEYWAY"),
                ("revoke session 17", "revoke session \"$(keyway admin sessions | sed -n '1s/ .*//p')\""),
            ],
            says: &[
                ("keyway admin mint", "kwt_"),
                ("keyway admin sessions", "worker"),
                ("keyway admin set-roles", "done (1)"),
                ("keyway admin set-namespace", "done (1)"),
                ("keyway admin revoke session", "done (1)"),
            ],
            ..plain
        },
        "docs/users-and-passwords.md" => Guide {
            swaps: &[
                ("keyway user add worker  ", "keyway user add worker | tee worker.password  "),
                ("keyway user check worker", "cat worker.password | keyway user check worker --password-stdin"),
            ],
            left_out: &[("keyway user add ada --ask", "it asks at a terminal; `cli_prompt.rs` is at one")],
            says: &[
                ("keyway user list", "reader  read-only"),
                ("keyway user credentials", "LABEL  CREATED"),
                ("keyway user check", "would log in"),
            ],
            ..plain
        },
        "docs/when-a-login-fails.md" => Guide {
            // The doctor ends with 1 where it finds something, and that is shown.
            before: "\
set +o pipefail
keyway user add capttofu@ishvara
grep ' id=m3iupekh75 ' \"$ROOT/docs/when-a-login-fails.md\" > keyway.log",
            says: &[("keyway doctor --json", "choose another -l")],
            ..plain
        },
        _ => plain,
    }
}

const WITHOUT_SQLITE: &[(&str, &str)] = &[
    ("keyway serve --users-source", "this build has no sqlite"),
    ("keyway doctor", "there is no server then"),
];
