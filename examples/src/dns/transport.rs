//! Carries one question to one server and its answer back, over UDP or TCP, on the event loop.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use crochet::net::{TcpStream, UdpSocket};
use futures_lite::{AsyncReadExt, AsyncWriteExt};

use super::answer::Answer;
use super::error::DnsError;
use super::message::{Question, Verdict};

/// What carries a message, which decides how long it may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// Datagrams.
    Udp,
    /// A stream, with a length of two bytes before each message.
    Tcp,
}

/// Room for an answer over UDP. Longer than what is asked for, to see whole what a careless server
/// sends.
const UDP_BUFFER: usize = 4096;

/// Asks over UDP, from a socket of its own, whose port the kernel picks and which hears the server
/// only.
///
/// Returns `None` when the answer does not fit a datagram. Answers that do not belong to the
/// question are passed over, so this waits until the right one comes: the caller sets the limit.
///
/// # Errors
///
/// [`DnsError::PortClosed`], [`DnsError::Network`], [`DnsError::Malformed`] or [`DnsError::Local`].
///
/// # Cancellation
///
/// Dropping the future closes the socket.
pub async fn ask_over_udp(
    server: SocketAddr,
    question: &Question,
) -> Result<Option<Answer>, DnsError> {
    let failed = |error| DnsError::network(server, error);
    let socket = UdpSocket::bind(any_address_for(server)).map_err(DnsError::local)?;
    socket.connect(server).map_err(failed)?;
    socket.send(&question.encode()).await.map_err(failed)?;
    let mut buffer = vec![0; UDP_BUFFER];
    loop {
        let length = socket.recv(&mut buffer).await.map_err(failed)?;
        match question.judge(&buffer[..length]) {
            Verdict::Answer(answer) => return Ok(Some(answer)),
            Verdict::Truncated => return Ok(None),
            Verdict::Malformed => return Err(malformed(server, "it cannot be decoded")),
            Verdict::Unrelated => {}
        }
    }
}

/// Asks over a TCP connection of its own.
///
/// # Errors
///
/// [`DnsError::PortClosed`], [`DnsError::Network`] or [`DnsError::Malformed`].
///
/// # Cancellation
///
/// Dropping the future closes the connection.
pub async fn ask_over_tcp(server: SocketAddr, question: &Question) -> Result<Answer, DnsError> {
    let failed = |error| DnsError::network(server, error);
    let mut stream = TcpStream::connect(server).await.map_err(failed)?;
    write_message(&mut stream, &question.encode())
        .await
        .map_err(failed)?;
    let bytes = match read_message(&mut stream).await {
        Ok(Some(bytes)) => bytes,
        Ok(None) => return Err(malformed(server, "the connection ended before it")),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
            return Err(malformed(server, "the connection ended inside it"));
        }
        Err(error) => return Err(failed(error)),
    };
    match question.judge(&bytes) {
        Verdict::Answer(answer) => Ok(answer),
        Verdict::Truncated => Err(malformed(server, "it is marked as truncated on a stream")),
        Verdict::Malformed => Err(malformed(server, "it cannot be decoded")),
        Verdict::Unrelated => Err(malformed(server, "it belongs to another question")),
    }
}

/// Reads one message and its length. Returns `None` when the stream ends before it.
///
/// # Errors
///
/// Those of the stream, and [`io::ErrorKind::UnexpectedEof`] when it ends inside a message.
pub async fn read_message(stream: &mut TcpStream) -> io::Result<Option<Vec<u8>>> {
    let mut length = [0; 2];
    if stream.read(&mut length[..1]).await? == 0 {
        return Ok(None);
    }
    stream.read_exact(&mut length[1..]).await?;
    let mut message = vec![0; u16::from_be_bytes(length).into()];
    stream.read_exact(&mut message).await?;
    Ok(Some(message))
}

/// Writes one message after its length, in one piece, so that it leaves in as few packets as it
/// can.
///
/// # Errors
///
/// Those of the stream, and [`io::ErrorKind::InvalidInput`] for a message that is too long for its
/// length to be stated.
pub async fn write_message(stream: &mut TcpStream, message: &[u8]) -> io::Result<()> {
    let length = u16::try_from(message.len())
        .map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
    let framed = [&length.to_be_bytes(), message].concat();
    stream.write_all(&framed).await?;
    stream.flush().await
}

fn malformed(server: SocketAddr, problem: &'static str) -> DnsError {
    DnsError::Malformed { server, problem }
}

fn any_address_for(server: SocketAddr) -> SocketAddr {
    match server {
        SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
        SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
    }
}
