//! A listener that answers nothing and counts who came.

use std::{
    net::{SocketAddr, TcpListener, TcpStream},
    sync::Mutex,
};

/// Listens on a free port of 127.0.0.1. Connections are accepted by the system and counted when asked for; nothing is read or written.
#[derive(Debug)]
pub struct SilentListener {
    listener: TcpListener,
    taken: Mutex<Vec<TcpStream>>,
}

impl SilentListener {
    /// Starts listening.
    pub fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
        listener
            .set_nonblocking(true)
            .expect("a fresh socket takes options");
        Self {
            listener,
            taken: Mutex::default(),
        }
    }

    /// Gives the address that it listens on.
    pub fn address(&self) -> SocketAddr {
        self.listener
            .local_addr()
            .expect("a bound socket has an address")
    }

    /// Gives the URL of a path, which starts with a slash.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address())
    }

    /// Counts the connections so far. They stay open until the listener is dropped.
    pub fn connections(&self) -> usize {
        let mut taken = self.taken.lock().expect("no holder panics");
        while let Ok((stream, _)) = self.listener.accept() {
            taken.push(stream);
        }
        taken.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_connection_counts() {
        let listener = SilentListener::start();
        assert_eq!(listener.connections(), 0);
        let one = TcpStream::connect(listener.address()).unwrap();
        drop(TcpStream::connect(listener.address()).unwrap());
        assert_eq!(listener.connections(), 2);
        assert_eq!(listener.connections(), 2);
        drop(one);
    }
}
