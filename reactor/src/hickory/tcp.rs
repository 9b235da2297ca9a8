//! TCP connections for hickory.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_io::{AsyncRead, AsyncWrite};
use hickory_proto::tcp::DnsTcpStream;

use super::HickoryTime;
use crate::kept::{Kept, KeptFuture};
use crate::net::{Connect, TcpStream};

/// A TCP connection to a name server: the name of one that the reactor has.
///
/// Once the reactor has stopped, reading and writing are the error
/// [`NotConnected`](io::ErrorKind::NotConnected).
///
/// # Panics
///
/// Reading and writing do, when the calling thread is not running the reactor that it was made on.
#[derive(Debug)]
pub struct HickoryTcpStream {
    kept: Kept<TcpStream>,
}

/// How long connecting takes at most when hickory names no limit.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

impl HickoryTcpStream {
    pub(super) async fn connect(
        server: SocketAddr,
        local: Option<SocketAddr>,
        limit: Option<Duration>,
    ) -> io::Result<Self> {
        let connect = Connect::new()
            .nodelay()
            .timeout(limit.unwrap_or(CONNECT_TIMEOUT));
        let connect = match local {
            Some(local) => connect.local_addr(local),
            None => connect,
        };
        let connecting = async move {
            let kept = Kept::new(connect.to(server).await?)?;
            Ok(Self { kept })
        };
        KeptFuture::new(connecting)?.await?
    }
}

impl DnsTcpStream for HickoryTcpStream {
    type Time = HickoryTime;
}

impl AsyncRead for HickoryTcpStream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let stream = self.kept.get()?;
        Pin::new(&mut &*stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for HickoryTcpStream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let stream = self.kept.get()?;
        Pin::new(&mut &*stream).poll_write(cx, buf)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let stream = self.kept.get()?;
        Pin::new(&mut &*stream).poll_flush(cx)
    }

    fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let stream = self.kept.get()?;
        Pin::new(&mut &*stream).poll_close(cx)
    }
}
