//! A server that takes connections and says nothing.

use std::{
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

pub struct Swallower {
    pub port: u16,
    taken: Arc<Mutex<Vec<TcpStream>>>,
}

impl Swallower {
    pub fn new() -> Self {
        Self::on(TcpListener::bind("127.0.0.1:0").unwrap())
    }

    pub fn on(listener: TcpListener) -> Self {
        let port = listener.local_addr().unwrap().port();
        let taken = Arc::<Mutex<Vec<_>>>::default();
        let kept = Arc::clone(&taken);
        // Ends with the test program.
        thread::spawn(move || {
            for socket in listener.incoming().flatten() {
                kept.lock().unwrap().push(socket);
            }
        });
        Self { port, taken }
    }

    /// How many connections it has taken.
    pub fn taken(&self) -> usize {
        self.taken.lock().unwrap().len()
    }
}
