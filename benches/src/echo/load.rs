//! The client: one thread, one poller, any number of connections.

use core::net::SocketAddr;
use core::time::Duration;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::os::fd::OwnedFd;

use rustix::event::epoll::{self, CreateFlags, Event, EventData, EventFlags};
use rustix::io::Errno;
use rustix::net::sockopt;
use rustix::time::Timespec;

use crate::contest::Failure;
use crate::echo::gauge::Gauge;

/// Connections to a server. Closing them leaves nothing behind in the system that the next ones would run into.
pub struct Load {
    epoll: OwnedFd,
    streams: Vec<TcpStream>,
    /// How much of the answer under way has come, by connection.
    received: Vec<usize>,
    events: Vec<Event>,
}

/// Bytes of a request, and of its answer.
pub const MESSAGE: usize = 64;

impl Load {
    /// Opens `connections` connections to `server`, whose gauge tells when it has accepted them.
    ///
    /// # Errors
    ///
    /// Returns the system's refusal, or that the server does not accept.
    pub fn connect(server: SocketAddr, connections: usize, gauge: &Gauge) -> Result<Self, Failure> {
        let epoll = epoll::create(CreateFlags::CLOEXEC)?;
        let mut streams = Vec::with_capacity(connections);
        for index in 0..connections {
            let stream = TcpStream::connect(server)?;
            stream.set_nodelay(true)?;
            stream.set_nonblocking(true)?;
            // Closed by a reset: else each would keep its port for a minute.
            sockopt::set_socket_linger(&stream, Some(Duration::ZERO))?;
            let data = EventData::new_u64(index as u64);
            epoll::add(&epoll, &stream, data, EventFlags::IN)?;
            streams.push(stream);
            // A full queue of the listener would drop the next one, to be tried again after a second.
            if streams.len() % ACCEPTED_AT_ONCE == 0 {
                gauge.wait_for(streams.len())?;
            }
        }
        gauge.wait_for(connections)?;
        let no_event = Event {
            flags: EventFlags::empty(),
            data: EventData::new_u64(0),
        };
        Ok(Self {
            epoll,
            received: vec![0; connections],
            streams,
            events: vec![no_event; EVENTS],
        })
    }

    /// Makes `requests` requests in all and takes their answers; each connection has one under way.
    ///
    /// # Errors
    ///
    /// Returns the system's refusal, or that an answer is not what was sent or does not come within 10 seconds.
    pub fn exchange(&mut self, requests: usize) -> Result<(), Failure> {
        let mut sent = requests.min(self.streams.len());
        let mut answered = 0;
        for stream in &self.streams[..sent] {
            send(stream)?;
        }
        while answered < requests {
            let ready = match epoll::wait(&self.epoll, &mut self.events[..], Some(&PATIENCE)) {
                Ok(0) => return Err("no answer within 10 seconds".into()),
                Ok(ready) => ready,
                Err(Errno::INTR) => continue,
                Err(errno) => return Err(errno.into()),
            };
            for position in 0..ready {
                let index = self.events[position].data.u64() as usize;
                if !self.receive(index)? {
                    continue;
                }
                answered += 1;
                if sent < requests {
                    send(&self.streams[index])?;
                    sent += 1;
                }
            }
        }
        Ok(())
    }

    /// Reads what has come; tells whether the answer is complete.
    fn receive(&mut self, index: usize) -> Result<bool, Failure> {
        let mut buffer = [0; MESSAGE];
        let rest = MESSAGE - self.received[index];
        match (&self.streams[index]).read(&mut buffer[..rest]) {
            Ok(0) => Err("the server has closed a connection".into()),
            Ok(length) if buffer[..length] != REQUEST[..length] => {
                Err("the answer is not what was sent".into())
            }
            Ok(length) => {
                self.received[index] = (self.received[index] + length) % MESSAGE;
                Ok(self.received[index] == 0)
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}

fn send(mut stream: &TcpStream) -> io::Result<()> {
    // A connection with one request under way has room for it.
    stream.write_all(&REQUEST)
}

/// Every byte the same, so that any part of an answer can be checked.
const REQUEST: [u8; MESSAGE] = [0x2a; MESSAGE];

const EVENTS: usize = 256;

/// Below the length of every contestant's queue of connections to be accepted.
const ACCEPTED_AT_ONCE: usize = 64;

const PATIENCE: Timespec = Timespec {
    tv_sec: 10,
    tv_nsec: 0,
};
