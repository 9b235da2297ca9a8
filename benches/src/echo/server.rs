//! The servers.

mod bare;

use alloc::sync::Arc;
use core::net::{Ipv4Addr, SocketAddr};
use core::time::Duration;
use std::io;

use ::smol::future;
use ::smol::io::{AsyncReadExt as _, AsyncWriteExt as _};
use ::tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::contest::{Failure, Role};
use crate::echo::gauge::{Entered, Gauge};
use crate::threads::crochet::ReactorThread;
use crate::threads::smol::ExecutorThread;
use crate::threads::tokio::RuntimeThread;

/// An echo server in a thread of its own, which ends when this is dropped.
pub struct Server {
    name: &'static str,
    role: Role,
    address: SocketAddr,
    gauge: Arc<Gauge>,
    _thread: Box<dyn Send>,
}

impl Server {
    /// Returns the name that the table shows.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Returns what it is compared as.
    pub fn role(&self) -> Role {
        self.role
    }

    /// Returns where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns the count of its connections.
    pub fn gauge(&self) -> &Gauge {
        &self.gauge
    }
}

/// What starts a server whose connections each read into `BUFFER` bytes.
pub type Start = fn() -> Result<Server, Failure>;

/// Returns what starts each of the servers, with its name.
pub fn all<const BUFFER: usize>() -> [(&'static str, Start); 4] {
    [
        ("crochet", crochet::<BUFFER>),
        ("tokio", tokio::<BUFFER>),
        ("smol", smol::<BUFFER>),
        ("bare mio", bare::start::<BUFFER>),
    ]
}

/// Any port of this machine alone.
const ANYWHERE: SocketAddr = SocketAddr::new(core::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

fn crochet<const BUFFER: usize>() -> Result<Server, Failure> {
    use ::crochet::net::{TcpListener, TcpStream};

    async fn serve<const BUFFER: usize>(stream: TcpStream, _open: Entered) -> io::Result<()> {
        let mut buffer = [0; BUFFER];
        loop {
            match stream.read(&mut buffer).await? {
                0 => return Ok(()),
                length => stream.write_all(&buffer[..length]).await?,
            }
        }
    }

    let reactor = ReactorThread::start("crochet-echo")?;
    let gauge = Arc::new(Gauge::default());
    let entry = Arc::clone(&gauge);
    let listening = move || async move {
        let listener = TcpListener::bind(ANYWHERE)?;
        let address = listener.local_addr()?;
        let accepting = async move {
            loop {
                let (stream, _) = listener.accept().await.expect("there are files left");
                stream.set_nodelay(true).expect("the stream is open");
                drop(::crochet::spawn(serve::<BUFFER>(stream, entry.enter())));
            }
        };
        drop(::crochet::spawn(accepting));
        Ok::<SocketAddr, io::Error>(address)
    };
    let operation = reactor
        .remote()
        .submit(listening)
        .map_err(|refused| refused.to_string())?;
    operation.wait(START)?;
    let address = operation.take().map_err(|_| "it does not listen")???;
    Ok(Server {
        name: "crochet",
        role: Role::Own,
        address,
        gauge,
        _thread: Box::new(reactor),
    })
}

const START: Duration = Duration::from_secs(10);

fn tokio<const BUFFER: usize>() -> Result<Server, Failure> {
    use ::tokio::net::{TcpListener, TcpStream};

    async fn serve<const BUFFER: usize>(mut stream: TcpStream, _open: Entered) -> io::Result<()> {
        let mut buffer = [0; BUFFER];
        loop {
            match stream.read(&mut buffer).await? {
                0 => return Ok(()),
                length => stream.write_all(&buffer[..length]).await?,
            }
        }
    }

    let runtime = RuntimeThread::start("tokio-echo")?;
    let gauge = Arc::new(Gauge::default());
    let entry = Arc::clone(&gauge);
    let (listener, address) = listen()?;
    let listener = {
        let _inside = runtime.handle().enter();
        TcpListener::from_std(listener)?
    };
    let accepting = async move {
        loop {
            let (stream, _) = listener.accept().await.expect("there are files left");
            stream.set_nodelay(true).expect("the stream is open");
            drop(::tokio::spawn(serve::<BUFFER>(stream, entry.enter())));
        }
    };
    drop(runtime.handle().spawn(accepting));
    Ok(Server {
        name: "tokio",
        role: Role::Peer,
        address,
        gauge,
        _thread: Box::new(runtime),
    })
}

fn smol<const BUFFER: usize>() -> Result<Server, Failure> {
    use ::smol::Async;
    use ::smol::net::{TcpListener, TcpStream};

    async fn serve<const BUFFER: usize>(mut stream: TcpStream, _open: Entered) -> io::Result<()> {
        let mut buffer = [0; BUFFER];
        loop {
            match stream.read(&mut buffer).await? {
                0 => return Ok(()),
                length => stream.write_all(&buffer[..length]).await?,
            }
        }
    }

    let executor = ExecutorThread::start("smol-echo")?;
    let gauge = Arc::new(Gauge::default());
    let entry = Arc::clone(&gauge);
    let (listener, address) = listen()?;
    let listener = TcpListener::from(Async::new(listener)?);
    let spawner = Arc::clone(executor.executor());
    let accepting = executor.executor().spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.expect("there are files left");
            stream.set_nodelay(true).expect("the stream is open");
            spawner
                .spawn(serve::<BUFFER>(stream, entry.enter()))
                .detach();
        }
    });
    // The listener's end, before the executor's: the task holds the executor, which holds the task.
    let ended = OnDrop(Some(move || {
        future::block_on(accepting.cancel());
    }));
    Ok(Server {
        name: "smol",
        role: Role::Peer,
        address,
        gauge,
        _thread: Box::new((ended, executor)),
    })
}

/// Calls a function when it is dropped.
struct OnDrop<F: FnOnce()>(Option<F>);

impl<F: FnOnce()> Drop for OnDrop<F> {
    fn drop(&mut self) {
        if let Some(call) = self.0.take() {
            call();
        }
    }
}

fn listen() -> io::Result<(std::net::TcpListener, SocketAddr)> {
    let listener = std::net::TcpListener::bind(ANYWHERE)?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    Ok((listener, address))
}
