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
use crate::server::gauge::Gauge;

/// What a client and a server say to each other.
pub trait Protocol {
    /// What every request is.
    const REQUEST: &'static [u8];

    /// What has come of the answer under way, by connection. `Default` is nothing.
    type Received: Default;

    /// Takes what has come next; tells whether the answer is complete, and then forgets it.
    ///
    /// # Errors
    ///
    /// Returns what is wrong with the answer.
    fn receive(received: &mut Self::Received, bytes: &[u8]) -> Result<bool, Failure>;
}

/// Connections to a server. Closing them leaves nothing behind in the system that the next ones would run into.
pub struct Load<P: Protocol> {
    epoll: OwnedFd,
    connections: Vec<(TcpStream, P::Received)>,
    events: Vec<Event>,
}

impl<P: Protocol> Load<P> {
    /// Opens `connections` connections to `server`, whose gauge tells when it has accepted them.
    ///
    /// # Errors
    ///
    /// Returns the system's refusal, or that the server does not accept.
    pub fn connect(server: SocketAddr, connections: usize, gauge: &Gauge) -> Result<Self, Failure> {
        let epoll = epoll::create(CreateFlags::CLOEXEC)?;
        let mut opened = Vec::with_capacity(connections);
        for index in 0..connections {
            let stream = TcpStream::connect(server)?;
            stream.set_nodelay(true)?;
            stream.set_nonblocking(true)?;
            // Closed by a reset: else each would keep its port for a minute.
            sockopt::set_socket_linger(&stream, Some(Duration::ZERO))?;
            let data = EventData::new_u64(index as u64);
            epoll::add(&epoll, &stream, data, EventFlags::IN)?;
            opened.push((stream, P::Received::default()));
            // A full queue of the listener would drop the next one, to be tried again after a second.
            if opened.len() % ACCEPTED_AT_ONCE == 0 {
                gauge.wait_for(opened.len())?;
            }
        }
        gauge.wait_for(connections)?;
        let no_event = Event {
            flags: EventFlags::empty(),
            data: EventData::new_u64(0),
        };
        Ok(Self {
            epoll,
            connections: opened,
            events: vec![no_event; EVENTS],
        })
    }

    /// Makes `requests` requests in all and takes their answers; each connection has one under way.
    ///
    /// # Errors
    ///
    /// Returns the system's refusal, or that an answer is wrong or does not come within 10 seconds.
    pub fn exchange(&mut self, requests: usize) -> Result<(), Failure> {
        let mut sent = requests.min(self.connections.len());
        let mut answered = 0;
        for (stream, _) in &mut self.connections[..sent] {
            stream.write_all(P::REQUEST)?;
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
                    // A connection with one request under way has room for it.
                    self.connections[index].0.write_all(P::REQUEST)?;
                    sent += 1;
                }
            }
        }
        Ok(())
    }

    /// Reads what has come; tells whether the answer is complete.
    fn receive(&mut self, index: usize) -> Result<bool, Failure> {
        let mut buffer = [0; BUFFER];
        let (stream, received) = &mut self.connections[index];
        match stream.read(&mut buffer) {
            Ok(0) => Err("the server has closed a connection".into()),
            Ok(length) => P::receive(received, &buffer[..length]),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}

/// More than any answer has: one read takes all that has come.
const BUFFER: usize = 1_024;

const EVENTS: usize = 256;

/// Below the length of every contestant's queue of connections to be accepted.
const ACCEPTED_AT_ONCE: usize = 64;

const PATIENCE: Timespec = Timespec {
    tv_sec: 10,
    tv_nsec: 0,
};
