//! A server on smol's executor and async-io's reactor.

use alloc::sync::Arc;
use core::future::Future;

use ::smol::Async;
use ::smol::future;
use ::smol::net::{TcpListener, TcpStream};

use crate::contest::Failure;
use crate::server::gauge::{Entered, Gauge};
use crate::server::{Server, listen};
use crate::threads::smol::ExecutorThread;

/// Starts a server that gives each connection to `serve`, in a task of its own.
///
/// # Errors
///
/// Returns the system's refusal.
pub fn start<F>(serve: impl Fn(TcpStream, Entered) -> F + Send + 'static) -> Result<Server, Failure>
where
    F: Future<Output: Send + 'static> + Send + 'static,
{
    let executor = ExecutorThread::start("smol-server")?;
    let gauge = Arc::new(Gauge::default());
    let entry = Arc::clone(&gauge);
    let (listener, address) = listen()?;
    let listener = TcpListener::from(Async::new(listener)?);
    let spawner = Arc::clone(executor.executor());
    let accepting = executor.executor().spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.expect("there are files left");
            stream.set_nodelay(true).expect("the stream is open");
            spawner.spawn(serve(stream, entry.enter())).detach();
        }
    });
    // The listener's end, before the executor's: the task holds the executor, which holds the task.
    let ended = OnDrop(Some(move || {
        future::block_on(accepting.cancel());
    }));
    Ok(Server {
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
