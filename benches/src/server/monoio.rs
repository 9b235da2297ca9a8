//! A server on monoio's runtime, through io_uring.

use alloc::sync::Arc;
use core::future::Future;

use ::monoio::net::{TcpListener, TcpStream};

use crate::contest::Failure;
use crate::server::gauge::{Entered, Gauge};
use crate::server::{Server, listen};
use crate::threads::monoio::UringThread;

/// Starts a server that gives each connection to `serve`, in a task of its own.
///
/// # Errors
///
/// Returns the system's refusal, of io_uring for one.
pub fn start<F>(serve: impl Fn(TcpStream, Entered) -> F + Send + 'static) -> Result<Server, Failure>
where
    F: Future<Output: 'static> + 'static,
{
    let gauge = Arc::new(Gauge::default());
    let entry = Arc::clone(&gauge);
    let (listener, address) = listen()?;
    let thread = UringThread::start("monoio-server", move || async move {
        let listener = TcpListener::from_std(listener).expect("the listener is open");
        loop {
            let (stream, _) = listener.accept().await.expect("there are files left");
            stream.set_nodelay(true).expect("the stream is open");
            drop(::monoio::spawn(serve(stream, entry.enter())));
        }
    })?;
    Ok(Server {
        address,
        gauge,
        _thread: Box::new(thread),
    })
}
