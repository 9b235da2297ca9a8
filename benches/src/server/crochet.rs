//! A server on a reactor with the default settings.

use alloc::sync::Arc;
use core::future::Future;
use core::time::Duration;

use ::crochet::net::{TcpListener, TcpStream};

use crate::contest::Failure;
use crate::server::gauge::{Entered, Gauge};
use crate::server::{Server, listen};
use crate::threads::crochet::ReactorThread;

/// Starts a server that gives each connection to `serve`, in a task of its own.
///
/// # Errors
///
/// Returns the system's refusal or Crochet's.
pub fn start<F>(serve: impl Fn(TcpStream, Entered) -> F + Send + 'static) -> Result<Server, Failure>
where
    F: Future<Output: 'static> + 'static,
{
    let reactor = ReactorThread::start("crochet-server")?;
    let gauge = Arc::new(Gauge::default());
    let entry = Arc::clone(&gauge);
    let (listener, address) = listen()?;
    let listening = move || async move {
        let listener = TcpListener::from_std(listener)?;
        drop(::crochet::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.expect("there are files left");
                stream.set_nodelay(true).expect("the stream is open");
                drop(::crochet::spawn(serve(stream, entry.enter())));
            }
        }));
        Ok::<(), std::io::Error>(())
    };
    let operation = reactor
        .remote()
        .submit(listening)
        .map_err(|refused| refused.to_string())?;
    operation.wait(PATIENCE)?;
    operation.take().map_err(|_| "it does not listen")???;
    Ok(Server {
        address,
        gauge,
        _thread: Box::new(reactor),
    })
}

const PATIENCE: Duration = Duration::from_secs(10);
