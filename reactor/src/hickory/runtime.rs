//! Tasks for hickory, and where it gets its sockets.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::time::Duration;

use hickory_proto::ProtoError;
use hickory_proto::runtime::{RuntimeProvider, Spawn};

use super::{HickoryTcpStream, HickoryTime, HickoryUdpSocket};
use crate::spawn::spawn;

/// Lets hickory run on the reactor that the calling thread runs.
///
/// Connecting and binding elsewhere is an error, [`NotOnReactor`](crate::NotOnReactor). On virtual time there
/// are no sockets, and both are the error that the reactor has none.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct HickoryRuntime;

/// Runs hickory's connections as tasks of the reactor that the calling thread runs.
///
/// Like any other task they are dropped when the reactor stops. A panic of one ends that one only and is
/// logged. That one has failed is noted in the log as well, at the level `debug`: the resolver, which tries
/// other servers, hears of it by itself.
///
/// # Panics
///
/// `spawn_bg` does, when the calling thread is not running a reactor.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct HickoryExecutor;

impl RuntimeProvider for HickoryRuntime {
    type Handle = HickoryExecutor;
    type Timer = HickoryTime;
    type Udp = HickoryUdpSocket;
    type Tcp = HickoryTcpStream;

    fn create_handle(&self) -> Self::Handle {
        HickoryExecutor
    }

    /// Connects within `timeout`; without one, within five seconds, as hickory itself.
    fn connect_tcp(
        &self,
        server_addr: SocketAddr,
        bind_addr: Option<SocketAddr>,
        timeout: Option<Duration>,
    ) -> Pin<Box<dyn Send + Future<Output = io::Result<Self::Tcp>>>> {
        Box::pin(HickoryTcpStream::connect(server_addr, bind_addr, timeout))
    }

    fn bind_udp(
        &self,
        local_addr: SocketAddr,
        _server_addr: SocketAddr,
    ) -> Pin<Box<dyn Send + Future<Output = io::Result<Self::Udp>>>> {
        Box::pin(async move { HickoryUdpSocket::bind(local_addr) })
    }
}

impl Spawn for HickoryExecutor {
    #[track_caller]
    fn spawn_bg<F>(&mut self, future: F)
    where
        F: Future<Output = Result<(), ProtoError>> + Send + 'static,
    {
        let connection = async {
            if let Err(error) = future.await {
                log::debug!(target: "crochet::reactor", "a connection to a name server failed: {error}");
            }
        };
        // Whoever asks through the connection sees that it has ended.
        drop(spawn(connection));
    }
}
