//! A certificate authority of its own, and a certificate for the loopback.

use super::process;
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// Files in PEM.
pub struct Certificates {
    pub authority: PathBuf,
    pub certificate: PathBuf,
    pub key: PathBuf,
}

impl Certificates {
    /// Makes them in this folder, for this name of the server; `None` without openssl.
    pub fn make(folder: &Path, name: &str) -> Option<Self> {
        let program = process::find("openssl", &[])?;
        let openssl = |line: &str| {
            process::run(Command::new(&program).args(line.split(' ')).current_dir(folder));
        };
        fs::write(folder.join("extensions"), format!("subjectAltName={name}\nbasicConstraints=CA:FALSE\n"))
            .unwrap();
        let new = "req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";
        openssl(&format!("{new} -x509 -keyout authority.key -out authority.pem -subj /CN=authority -days 2"));
        openssl(&format!("{new} -keyout server.key -out server.csr -subj /CN=server"));
        openssl(
            "x509 -req -in server.csr -CA authority.pem -CAkey authority.key -CAcreateserial -days 2 \
             -extfile extensions -out server.pem",
        );
        Some(Self {
            authority: folder.join("authority.pem"),
            certificate: folder.join("server.pem"),
            key: folder.join("server.key"),
        })
    }
}
