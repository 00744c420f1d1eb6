//! slapd, the server of OpenLDAP.

use super::{
    Certificates,
    process::{self, Running},
};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};
use tempfile::TempDir;

pub const BASE: &str = "dc=example,dc=org";
/// Who may search, and only that.
pub const SERVICE: &str = "cn=looker,dc=example,dc=org";
pub const SERVICE_PASSWORD: &str = "look but do not touch";

const ENTRIES: &str = "\
dn: dc=example,dc=org
objectClass: dcObject
objectClass: organization
o: example
dc: example

dn: cn=looker,dc=example,dc=org
objectClass: organizationalRole
objectClass: simpleSecurityObject
cn: looker
userPassword: look but do not touch

dn: ou=people,dc=example,dc=org
objectClass: organizationalUnit
ou: people

dn: uid=ada,ou=people,dc=example,dc=org
objectClass: inetOrgPerson
uid: ada
cn: Ada
sn: Lovelace
employeeType: cn=writers
userPassword: pencil

dn: uid=eve*,ou=people,dc=example,dc=org
objectClass: inetOrgPerson
uid: eve*
cn: Eve
sn: Star
employeeType: cn=readers
userPassword: asterisk

dn: uid=locked,ou=people,dc=example,dc=org
objectClass: inetOrgPerson
uid: locked
cn: Without a password
sn: Locked
employeeType: cn=writers

dn: uid=idle,ou=people,dc=example,dc=org
objectClass: inetOrgPerson
uid: idle
cn: Without a role
sn: Idle
userPassword: pencil

dn: uid=twin,ou=people,dc=example,dc=org
objectClass: inetOrgPerson
uid: twin
cn: One
sn: Twin
userPassword: pencil

dn: uid=twin,dc=example,dc=org
objectClass: inetOrgPerson
uid: twin
cn: Two
sn: Twin
userPassword: pencil

dn: ou=elsewhere,dc=example,dc=org
objectClass: referral
objectClass: extensibleObject
ou: elsewhere
ref: ldap://127.0.0.1:1/dc=elsewhere
";

/// A directory of its own.
pub struct Slapd {
    folder: TempDir,
    program: PathBuf,
    pub port: u16,
    pub tls_port: u16,
    running: Option<Running>,
}

impl Slapd {
    /// Makes and starts one with some people; `None` where it is not installed.
    pub fn start() -> Option<Self> {
        let sbin = [PathBuf::from("/usr/sbin"), PathBuf::from("/usr/local/sbin")];
        let program = process::find("slapd", &sbin)?;
        let folder = TempDir::new().unwrap();
        let certificates = Certificates::make(folder.path(), "IP:127.0.0.1")?;
        let path = |name: &str| folder.path().join(name);
        fs::create_dir(path("data")).unwrap();
        fs::write(path("secret"), SERVICE_PASSWORD).unwrap();
        fs::write(path("entries.ldif"), ENTRIES).unwrap();
        // A bind with a name and no password succeeds here, as at many servers: it must not be tried.
        let settings = format!(
            "include /etc/ldap/schema/core.schema\n\
             include /etc/ldap/schema/cosine.schema\n\
             include /etc/ldap/schema/inetorgperson.schema\n\
             modulepath /usr/lib/ldap\n\
             moduleload back_mdb\n\
             allow bind_anon_dn\n\
             TLSCertificateFile {}\n\
             TLSCertificateKeyFile {}\n\
             TLSCACertificateFile {}\n\
             database mdb\n\
             suffix {BASE}\n\
             rootdn cn=admin,{BASE}\n\
             rootpw root\n\
             directory {}\n\
             access to attrs=userPassword by anonymous auth by * none\n\
             access to * by dn={SERVICE} read by * none\n",
            certificates.certificate.display(),
            certificates.key.display(),
            certificates.authority.display(),
            path("data").display(),
        );
        fs::write(path("slapd.conf"), settings).unwrap();
        let slapadd = process::find("slapadd", &sbin)?;
        process::run(
            Command::new(slapadd).arg("-f").arg(path("slapd.conf")).arg("-l").arg(path("entries.ldif")),
        );
        let (port, tls_port) = (process::free_port(), process::free_port());
        let mut it = Self { folder, program, port, tls_port, running: None };
        it.go_on();
        Some(it)
    }

    /// Starts it, again perhaps.
    pub fn go_on(&mut self) {
        let urls = format!("{} {} {}", self.url(), self.tls_url(), self.socket_url());
        let mut command = Command::new(&self.program);
        // With a level of debugging, if none, it stays in the foreground.
        command.arg("-f").arg(self.folder.path().join("slapd.conf")).args(["-d", "0", "-h", &urls]);
        let mut running = Running::start(&mut command);
        running.await_port(self.port);
        running.await_port(self.tls_port);
        self.running = Some(running);
    }

    /// Ends it.
    pub fn end(&mut self) {
        self.running = None;
    }

    /// Carries out changes in LDIF, as the administrator.
    pub fn modify(&self, ldif: &str) {
        let file = self.folder.path().join("change.ldif");
        fs::write(&file, ldif).unwrap();
        process::run(
            Command::new("ldapmodify")
                .args(["-x", "-H", &self.url(), "-D", &format!("cn=admin,{BASE}"), "-w", "root", "-f"])
                .arg(file),
        );
    }

    /// Whether a bind with this name and password succeeds.
    pub fn lets_in(&self, dn: &str, password: &str) -> bool {
        let mut command = Command::new("ldapwhoami");
        command.args(["-x", "-H", &self.url(), "-D", dn, "-w", password]).output().unwrap().status.success()
    }

    pub fn url(&self) -> String {
        format!("ldap://127.0.0.1:{}", self.port)
    }

    pub fn tls_url(&self) -> String {
        format!("ldaps://127.0.0.1:{}", self.tls_port)
    }

    pub fn socket_url(&self) -> String {
        format!("ldapi://{}", self.folder.path().join("socket").display().to_string().replace('/', "%2F"))
    }

    /// Settings of a source with this URL and these further lines.
    pub fn settings(&self, url: &str, more: &str) -> String {
        format!(
            "timeout_ms = 500\n[ldap]\nurl = '{url}'\nbind_dn = '{SERVICE}'\npassword_file = 'secret'\n\
             base = '{BASE}'\nfilter = '(uid={{name}})'\nrole_attribute = 'employeetype'\n{more}\n\
             roles = [{{ value = 'cn=readers', role = 'read-only' }}, {{ value = 'CN=writers', role = 'read-write' }}]\n"
        )
    }

    /// What paths in the settings are relative to.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }
}
