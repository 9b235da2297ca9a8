//! A server that does what a test wants.

use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread::{self, JoinHandle};

/// A server in a thread, which answers one request after the other and ends with this value.
pub(crate) struct Upstream {
    address: SocketAddr,
    asked: Arc<AtomicU32>,
    ending: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Upstream {
    /// Starts a server that sends what `answer` makes of each request's number, counted from 1, and
    /// its head, then closes the connection.
    pub(crate) fn start(mut answer: impl FnMut(u32, &str) -> String + Send + 'static) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let address = listener
            .local_addr()
            .expect("a bound socket has an address");
        let (asked, ending) = (Arc::<AtomicU32>::default(), Arc::<AtomicBool>::default());
        let (count, end) = (Arc::clone(&asked), Arc::clone(&ending));
        let thread = thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.expect("the socket stays open");
                if end.load(Ordering::SeqCst) {
                    return;
                }
                let head = read_head(&stream);
                let number = count.fetch_add(1, Ordering::SeqCst) + 1;
                let answer = answer(number, &head);
                // The client may have given up.
                drop(stream.write_all(answer.as_bytes()));
            }
        });
        Self {
            address,
            asked,
            ending,
            thread: Some(thread),
        }
    }

    /// Returns the URL of the document.
    pub(crate) fn url(&self) -> String {
        format!("http://{}/document?of=this", self.address)
    }

    /// Returns how many requests have come.
    pub(crate) fn asked(&self) -> u32 {
        self.asked.load(Ordering::SeqCst)
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        self.ending.store(true, Ordering::SeqCst);
        TcpStream::connect(self.address).expect("it listens");
        let ended = self.thread.take().map(JoinHandle::join);
        assert!(
            thread::panicking() || matches!(ended, Some(Ok(()))),
            "the server's thread panicked"
        );
    }
}

fn read_head(stream: &TcpStream) -> String {
    let mut lines = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        let read = lines.read_line(&mut head).expect("a head is text");
        assert_ne!(read, 0, "the client left in the middle of {head:?}");
    }
    head
}

/// Makes a response with this body.
pub(crate) fn found(body: &str) -> String {
    let length = body.len();
    format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n{body}")
}
