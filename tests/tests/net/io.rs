//! Reading and writing through the traits of `futures-io`.

use std::future::poll_fn;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::Pin;
use std::task::Poll;

use crochet::net::{TcpListener, TcpStream};
use futures_io::{AsyncRead, AsyncWrite};

/// Any free port of this machine.
pub(crate) const LOOPBACK: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// The same by IPv6.
pub(crate) const LOOPBACK_V6: SocketAddr = SocketAddr::new(IpAddr::V6(Ipv6Addr::LOCALHOST), 0);

pub(crate) async fn read(stream: &TcpStream, buf: &mut [u8]) -> io::Result<usize> {
    let mut stream = stream;
    poll_fn(|cx| Pin::new(&mut stream).poll_read(cx, buf)).await
}

pub(crate) async fn write(stream: &TcpStream, buf: &[u8]) -> io::Result<usize> {
    let mut stream = stream;
    poll_fn(|cx| Pin::new(&mut stream).poll_write(cx, buf)).await
}

pub(crate) async fn close(stream: &TcpStream) -> io::Result<()> {
    let mut stream = stream;
    poll_fn(|cx| Pin::new(&mut stream).poll_close(cx)).await
}

pub(crate) async fn write_all(stream: &TcpStream, mut buf: &[u8]) -> io::Result<()> {
    while !buf.is_empty() {
        match write(stream, buf).await? {
            0 => return Err(io::ErrorKind::WriteZero.into()),
            written => buf = &buf[written..],
        }
    }
    Ok(())
}

pub(crate) async fn read_exact(stream: &TcpStream, buf: &mut [u8]) -> io::Result<()> {
    let mut filled = 0;
    while filled < buf.len() {
        match read(stream, &mut buf[filled..]).await? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            count => filled += count,
        }
    }
    Ok(())
}

pub(crate) async fn read_to_end(stream: &TcpStream) -> io::Result<Vec<u8>> {
    let mut all = Vec::new();
    let mut chunk = vec![0; 64 * 1024];
    loop {
        match read(stream, &mut chunk).await? {
            0 => return Ok(all),
            count => all.extend_from_slice(&chunk[..count]),
        }
    }
}

/// Makes both ends of a connection.
pub(crate) async fn pair() -> io::Result<(TcpStream, TcpStream)> {
    let listener = TcpListener::bind(LOOPBACK)?;
    let near = TcpStream::connect(listener.local_addr()?).await?;
    let (far, peer) = listener.accept().await?;
    assert_eq!(peer, near.local_addr()?);
    Ok((near, far))
}

/// Polls a future once, and asserts that it would wait.
pub(crate) async fn assert_pending<F: Future + Unpin>(future: &mut F) {
    let polled = poll_fn(|cx| Poll::Ready(Pin::new(&mut *future).poll(cx).is_pending()));
    assert!(polled.await, "it would wait");
}
