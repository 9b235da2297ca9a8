//! The floor: a loop on mio, without tasks and timers, that answers what it reads.

use alloc::sync::Arc;
use std::io::{self, Read, Write};

use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token, Waker};

use crate::contest::Failure;
use crate::server::gauge::{Entered, Gauge};
use crate::server::{Server, listen};
use crate::threads::loop_thread::LoopThread;

/// What to answer to the bytes of one read; a request comes in one piece, because the client sends it in one.
pub type Answer = for<'r> fn(&'r [u8]) -> &'r [u8];

/// Starts a server that reads into `BUFFER` bytes.
///
/// # Errors
///
/// Returns the system's refusal.
pub fn start<const BUFFER: usize>(answer: Answer) -> Result<Server, Failure> {
    let gauge = Arc::new(Gauge::default());
    let (listener, address) = listen()?;
    let mut listener = TcpListener::from_std(listener);
    let poll = Poll::new()?;
    let end = Waker::new(poll.registry(), END)?;
    poll.registry()
        .register(&mut listener, LISTENER, Interest::READABLE)?;
    let mut server = Bare {
        poll,
        listener,
        connections: Vec::new(),
        free: Vec::new(),
        answer,
        gauge: Arc::clone(&gauge),
    };
    let thread = LoopThread::start("mio-server", move || {
        server.run::<BUFFER>().expect("there are files left");
    })?;
    Ok(Server {
        address,
        gauge,
        _thread: Box::new(Running {
            _thread: thread,
            end,
        }),
    })
}

const END: Token = Token(usize::MAX - 1);
const LISTENER: Token = Token(usize::MAX - 2);

/// The server's thread and what ends it.
struct Running {
    // Above the waker, which is closed after the thread has ended: a closed one wakes nobody.
    _thread: LoopThread,
    end: Waker,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.end.wake().expect("the loop's descriptors are open");
    }
}

struct Bare {
    poll: Poll,
    listener: TcpListener,
    connections: Vec<Option<Connection>>,
    free: Vec<usize>,
    answer: Answer,
    gauge: Arc<Gauge>,
}

struct Connection {
    stream: TcpStream,
    _open: Entered,
}

impl Bare {
    fn run<const BUFFER: usize>(&mut self) -> io::Result<()> {
        let mut events = Events::with_capacity(1_024);
        loop {
            match self.poll.poll(&mut events, None) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                polled => polled?,
            }
            for event in &events {
                match event.token() {
                    END => return Ok(()),
                    LISTENER => self.accept()?,
                    Token(index) => self.serve::<BUFFER>(index),
                }
            }
        }
    }

    fn accept(&mut self) -> io::Result<()> {
        loop {
            let mut stream = match self.listener.accept() {
                Ok((stream, _)) => stream,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            };
            stream.set_nodelay(true)?;
            let index = self.free.pop().unwrap_or_else(|| {
                self.connections.push(None);
                self.connections.len() - 1
            });
            let registry = self.poll.registry();
            registry.register(&mut stream, Token(index), Interest::READABLE)?;
            self.connections[index] = Some(Connection {
                stream,
                _open: self.gauge.enter(),
            });
        }
    }

    fn serve<const BUFFER: usize>(&mut self, index: usize) {
        // A closed one's last event may come in the same batch.
        let Some(connection) = &mut self.connections[index] else {
            return;
        };
        let mut buffer = [0; BUFFER];
        loop {
            match connection.stream.read(&mut buffer) {
                Ok(0) => break,
                Ok(length) => {
                    // The client has one request under way: there is room for the answer.
                    let answer = (self.answer)(&buffer[..length]);
                    if connection.stream.write_all(answer).is_err() {
                        break;
                    }
                    // A read that does not fill the buffer has taken all that there was.
                    if length < BUFFER {
                        return;
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Err(_) => break,
            }
        }
        self.connections[index] = None;
        self.free.push(index);
    }
}
