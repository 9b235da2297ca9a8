//! Listens, and serves several users at once.

use std::future;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use crochet::Phase;
use crochet::net::{TcpListener, TcpStream};

use super::access::Access;
use super::error::SshError;
use super::host_key::HostKey;
use super::objects::Objects;
use super::prompt::Halt;
use super::session;

/// How many connections are served at once; more are closed as soon as they come.
pub const MAX_CONNECTIONS: usize = 16;

/// What is served, and to whom.
#[derive(Clone, Debug)]
pub struct Service {
    host_key: HostKey,
    access: Access,
    objects: Objects,
    closing: Halt,
}

impl Service {
    /// Serves `objects` to those whom `access` admits.
    #[must_use]
    pub fn new(host_key: HostKey, access: Access, objects: Objects) -> Self {
        Self {
            host_key,
            access,
            objects,
            closing: Halt::default(),
        }
    }

    pub(super) fn host_key(&self) -> &HostKey {
        &self.host_key
    }

    pub(super) fn access(&self) -> &Access {
        &self.access
    }

    pub(super) fn objects(&self) -> &Objects {
        &self.objects
    }

    /// Returns what halts every evaluation when the program ends.
    pub(super) fn closing(&self) -> &Halt {
        &self.closing
    }
}

/// A server that listens and does not answer yet.
///
/// It belongs to the reactor on whose thread it was made.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    service: Rc<Service>,
}

impl Server {
    /// Listens on `address`. Port 0 means any port that is free.
    ///
    /// When the reactor stops, what is being evaluated is halted, so that it delays nothing.
    ///
    /// # Errors
    ///
    /// [`SshError::Listen`] when the address is taken or not of this machine, [`SshError::Call`]
    /// outside a reactor's thread.
    pub fn bind(address: SocketAddr, service: Service) -> Result<Self, SshError> {
        let listener = TcpListener::bind(address).map_err(SshError::Listen)?;
        let closing = service.closing.clone();
        let remote = crochet::thread_pool()?.remote();
        // Before the pool's threads are waited for.
        remote.add_trigger(Phase::Before, Duration::ZERO, move || {
            closing.request();
            future::ready(())
        });
        Ok(Self {
            listener,
            service: Rc::new(service),
        })
    }

    /// Returns the address that it listens on, with the port that it got.
    ///
    /// # Errors
    ///
    /// [`SshError::Listen`].
    pub fn local_addr(&self) -> Result<SocketAddr, SshError> {
        self.listener.local_addr().map_err(SshError::Listen)
    }

    /// Serves until the socket fails.
    ///
    /// # Errors
    ///
    /// [`SshError::Listen`]. One client's trouble is not a failure.
    ///
    /// # Cancellation
    ///
    /// Dropping the future closes the socket that listens. Sessions go on.
    pub async fn run(self) -> Result<(), SshError> {
        // One reference for each open connection, and this one.
        let open = Rc::new(());
        loop {
            let (stream, client) = self.listener.accept().await.map_err(SshError::Listen)?;
            if Rc::strong_count(&open) > MAX_CONNECTIONS {
                log::warn!("{MAX_CONNECTIONS} connections are open: turned {client} away");
                continue;
            }
            let (service, open) = (Rc::clone(&self.service), Rc::clone(&open));
            drop(crochet::spawn(async move {
                serve(stream, client, &service).await;
                drop(open);
            }));
        }
    }
}

/// Runs `server` as a task of the current reactor, for as long as that runs. A failure is logged.
///
/// # Panics
///
/// Outside a reactor's thread.
pub fn run_detached(server: Server) {
    drop(crochet::spawn(async {
        if let Err(error) = server.run().await {
            log::error!("the SSH server stopped: {error}");
        }
    }));
}

async fn serve(stream: TcpStream, client: SocketAddr, service: &Service) {
    // Keys are pressed one at a time, and each is to be seen at once.
    let served = match stream.set_nodelay(true) {
        Ok(()) => session::serve(stream, service).await,
        Err(error) => Err(error.into()),
    };
    if let Err(error) = served {
        log::info!("the session of {client} ended: {error}");
    }
}
