//! A server on tokio's current-thread runtime.

use alloc::sync::Arc;
use core::future::Future;

use ::tokio::net::{TcpListener, TcpStream};

use crate::contest::Failure;
use crate::server::gauge::{Entered, Gauge};
use crate::server::{Server, listen};
use crate::threads::tokio::RuntimeThread;

/// Starts a server that gives each connection to `serve`, in a task of its own.
///
/// # Errors
///
/// Returns the system's refusal or tokio's.
pub fn start<F>(serve: impl Fn(TcpStream, Entered) -> F + Send + 'static) -> Result<Server, Failure>
where
    F: Future<Output: Send + 'static> + Send + 'static,
{
    let runtime = RuntimeThread::start("tokio-server")?;
    let gauge = Arc::new(Gauge::default());
    let entry = Arc::clone(&gauge);
    let (listener, address) = listen()?;
    let listener = {
        let _inside = runtime.handle().enter();
        TcpListener::from_std(listener)?
    };
    drop(runtime.handle().spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.expect("there are files left");
            stream.set_nodelay(true).expect("the stream is open");
            drop(::tokio::spawn(serve(stream, entry.enter())));
        }
    }));
    Ok(Server {
        address,
        gauge,
        _thread: Box::new(runtime),
    })
}
