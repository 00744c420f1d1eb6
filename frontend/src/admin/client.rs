//! The other end of the socket.

use super::{AdminAnswer, AdminRequest};
use std::{
    io::{self, BufRead, BufReader, Write},
    os::unix::net::UnixStream,
    path::Path,
    time::Duration,
};

/// An operator's connection to a running server.
#[derive(Debug)]
pub struct AdminClient {
    socket: BufReader<UnixStream>,
}

/// A server that is alive answers at once, unless another operator is at it.
const PATIENCE: Duration = Duration::from_secs(30);

impl AdminClient {
    /// Connects to the socket at this path.
    ///
    /// # Errors
    /// The system's.
    pub fn connect(path: &Path) -> io::Result<Self> {
        let socket = UnixStream::connect(path)?;
        socket.set_read_timeout(Some(PATIENCE))?;
        socket.set_write_timeout(Some(PATIENCE))?;
        Ok(Self { socket: BufReader::new(socket) })
    }

    /// Asks, hands each line of the answer but the last one to `row`, and returns the last one.
    ///
    /// # Errors
    /// The system's, and that what came is no answer.
    pub fn ask(
        &mut self,
        request: &AdminRequest,
        mut row: impl FnMut(AdminAnswer),
    ) -> io::Result<AdminAnswer> {
        let mut line = serde_json::to_string(request)?;
        line.push('\n');
        self.socket.get_mut().write_all(line.as_bytes())?;
        loop {
            line.clear();
            if self.socket.read_line(&mut line)? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            match serde_json::from_str(&line)? {
                last @ (AdminAnswer::Done { .. } | AdminAnswer::Minted { .. } | AdminAnswer::Error(_)) => {
                    return Ok(last);
                }
                answer => row(answer),
            }
        }
    }
}
