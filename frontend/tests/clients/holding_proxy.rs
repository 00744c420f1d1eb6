//! A proxy that holds the second half of a client's pipeline until it is told to let it go.

use super::server::text;
use std::{
    io::{ErrorKind, Read, Write},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
        mpsc::{self, Receiver, Sender},
    },
    thread,
    time::Duration,
};

/// With what the keys of a second half begin.
pub(crate) const LATE: &str = "late:";

/// A client that has not got so far by then never will.
const PATIENCE: Duration = Duration::from_secs(60);

/// Stands before a server. The first request whose key begins with [`LATE`] waits here, with everything behind it on its
/// connection; all else goes on at once.
pub(crate) struct HoldingProxy {
    address: SocketAddr,
    held: Receiver<()>,
    let_go: Sender<()>,
    over: Arc<AtomicBool>,
}

/// The proxy's end of it, for whichever connection is the first.
type Hold = Arc<Mutex<Option<(Sender<()>, Receiver<()>)>>>;

impl HoldingProxy {
    pub(crate) fn before(server: SocketAddr) -> Result<Self, String> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).map_err(text)?;
        let address = listener.local_addr().map_err(text)?;
        let (tell, held) = mpsc::channel();
        let (let_go, wait) = mpsc::channel();
        let hold: Hold = Arc::new(Mutex::new(Some((tell, wait))));
        let over = Arc::new(AtomicBool::new(false));
        let ended = over.clone();
        thread::spawn(move || {
            for client in listener.incoming().flatten().take_while(|_| !ended.load(Ordering::Relaxed)) {
                // A client that cannot be connected finds out for itself.
                let _ = connect(client, server, &hold);
            }
        });
        Ok(Self { address, held, let_go, over })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn wait_until_held(&self) -> Result<(), String> {
        self.held.recv_timeout(PATIENCE).map_err(|error| format!("no second half came: {error}"))
    }

    pub(crate) fn let_go(&self) -> Result<(), String> {
        self.let_go.send(()).map_err(text)
    }
}

impl Drop for HoldingProxy {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        // So that the thread looks.
        let _ = TcpStream::connect(self.address);
    }
}

fn connect(client: TcpStream, server: SocketAddr, hold: &Hold) -> std::io::Result<()> {
    let server = TcpStream::connect(server)?;
    server.set_nodelay(true)?;
    client.set_nodelay(true)?;
    let (from, to, hold) = (client.try_clone()?, server.try_clone()?, hold.clone());
    thread::spawn(move || {
        let _ = requests(&from, &to, &hold);
        let _ = to.shutdown(Shutdown::Write);
    });
    thread::spawn(move || {
        let _ = answers(&server, &client);
        // As the server does: whoever sends on is not reset before it has read what was said last.
        let _ = client.shutdown(Shutdown::Write);
    });
    Ok(())
}

fn requests(mut from: &TcpStream, mut to: &TcpStream, hold: &Hold) -> std::io::Result<()> {
    let mut header = [0; 24];
    loop {
        from.read_exact(&mut header)?;
        let [key, body] = [u32::from(u16::from_be_bytes([header[2], header[3]])), word(&header[8..12])];
        let mut rest = vec![0; body as usize];
        from.read_exact(&mut rest)?;
        let extras = usize::from(header[4]);
        if rest[extras..extras + key as usize].starts_with(LATE.as_bytes())
            && let Some((tell, wait)) = hold.lock().unwrap_or_else(PoisonError::into_inner).take()
        {
            // Whoever is gone by now wants nothing held.
            let _ = tell.send(()).map(|()| wait.recv());
        }
        to.write_all(&[&header[..], &rest].concat())?;
    }
}

fn word(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0, |word, byte| word << 8 | u32::from(*byte))
}

fn answers(mut from: &TcpStream, mut to: &TcpStream) -> std::io::Result<()> {
    let mut some = [0; 4096];
    loop {
        match from.read(&mut some) {
            Ok(0) => return Ok(()),
            Ok(read) => to.write_all(&some[..read])?,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}
