//! Serves a zone over UDP and TCP, on the event loop.

use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use crochet::net::{TcpListener, TcpStream, UdpSocket};
use futures_lite::future;

use super::respond::respond;
use super::transport::{Transport, read_message, write_message};
use super::zone::Zone;

/// How many TCP connections are served at once; more are closed as soon as they come.
const MAX_CONNECTIONS: usize = 64;

/// How long a TCP client may take to send a query and to read its answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// Longer than any query over UDP that makes sense.
const QUERY_BUFFER: usize = 4096;

/// How often a free port is looked for that is free for UDP as well as TCP.
const PORT_ATTEMPTS: u32 = 16;

/// An authoritative server that listens and does not answer yet.
///
/// It belongs to the reactor on whose thread it was made.
#[derive(Debug)]
pub struct Server {
    udp: UdpSocket,
    tcp: TcpListener,
    zone: Rc<Zone>,
}

impl Server {
    /// Listens on `address` for UDP and TCP. Port 0 means any port that is free for both.
    ///
    /// # Errors
    ///
    /// When the address is taken or not of this machine.
    pub fn bind(address: SocketAddr, zone: Zone) -> io::Result<Self> {
        let (udp, tcp) = bind_both(address)?;
        Ok(Self {
            udp,
            tcp,
            zone: Rc::new(zone),
        })
    }

    /// Returns the address that it listens on, with the port that it got.
    ///
    /// # Errors
    ///
    /// Those of the operating system.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.udp.local_addr()
    }

    /// Answers queries until a socket fails.
    ///
    /// # Errors
    ///
    /// What made the socket fail. One client's trouble is not a failure.
    ///
    /// # Cancellation
    ///
    /// Dropping the future closes the sockets that listen. Connections that are open end with their
    /// client, or after 5 s of its silence.
    pub async fn run(self) -> io::Result<()> {
        let Self { udp, tcp, zone } = self;
        future::try_zip(serve_udp(&udp, &zone), serve_tcp(&tcp, &zone)).await?;
        Ok(())
    }
}

/// Runs `server` as a task of the current reactor, for as long as that runs. A failure is logged.
///
/// # Panics
///
/// Outside a reactor's thread.
pub fn run_detached(server: Server) {
    detach(async {
        if let Err(error) = server.run().await {
            log::error!("the embedded DNS server stopped: {error}");
        }
    });
}

fn detach(task: impl Future<Output = ()> + 'static) {
    drop(crochet::spawn(task));
}

fn bind_both(address: SocketAddr) -> io::Result<(UdpSocket, TcpListener)> {
    let mut attempts = match address.port() {
        0 => PORT_ATTEMPTS,
        _ => 1,
    };
    loop {
        attempts -= 1;
        let tcp = TcpListener::bind(address)?;
        match UdpSocket::bind(tcp.local_addr()?) {
            Err(error) if error.kind() == io::ErrorKind::AddrInUse && attempts > 0 => {}
            udp => return Ok((udp?, tcp)),
        }
    }
}

async fn serve_udp(socket: &UdpSocket, zone: &Zone) -> io::Result<()> {
    let mut buffer = vec![0; QUERY_BUFFER];
    loop {
        let (length, client) = match socket.recv_from(&mut buffer).await {
            Ok(received) => received,
            Err(error) if is_about_one_client(&error) => continue,
            Err(error) => return Err(error),
        };
        if let Some(answer) = respond(zone, &buffer[..length], Transport::Udp) {
            if let Err(error) = socket.send_to(&answer, client).await {
                log::debug!("no answer to {client}: {error}");
            }
        }
    }
}

async fn serve_tcp(listener: &TcpListener, zone: &Rc<Zone>) -> io::Result<()> {
    // One reference for each open connection, and this one.
    let open = Rc::new(());
    loop {
        let (stream, client) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) if is_about_one_client(&error) => continue,
            Err(error) => return Err(error),
        };
        if Rc::strong_count(&open) > MAX_CONNECTIONS {
            log::debug!("{MAX_CONNECTIONS} connections are open: turned {client} away");
            continue;
        }
        let (zone, open) = (Rc::clone(zone), Rc::clone(&open));
        detach(async move {
            if let Err(error) = serve_connection(stream, &zone).await {
                log::debug!("lost the connection of {client}: {error}");
            }
            drop(open);
        });
    }
}

/// Answers one query after the other until the client ends the connection, sends what deserves no
/// answer, or is too slow.
async fn serve_connection(mut stream: TcpStream, zone: &Zone) -> io::Result<()> {
    let timed_out = |_| io::Error::from(io::ErrorKind::TimedOut);
    while let Some(query) = crochet::timeout(PATIENCE, read_message(&mut stream))
        .await
        .map_err(timed_out)??
    {
        let Some(answer) = respond(zone, &query, Transport::Tcp) else {
            break;
        };
        crochet::timeout(PATIENCE, write_message(&mut stream, &answer))
            .await
            .map_err(timed_out)??;
    }
    Ok(())
}

/// Some systems report on the listening socket that a client went away.
fn is_about_one_client(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(
        error.kind(),
        ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted
    )
}
