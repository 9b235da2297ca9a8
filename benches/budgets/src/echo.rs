//! Messages that go to a peer and come back.

use core::error::Error;
use core::net::{Ipv4Addr, SocketAddr};
use std::io;

use crochet_reactor::net::{TcpListener, TcpStream};
use crochet_reactor::{Reactor, spawn};

use crate::budget_counted;

/// Sends messages to and fro between two tasks. Both run on one loop, so that nothing depends on when a thread runs.
pub fn run() -> Result<usize, Box<dyn Error>> {
    const TIMES: usize = 1_024;
    const WARM_UP: usize = 16;
    let mut reactor = Reactor::new()?;
    reactor.block_on(exchange(WARM_UP))??;
    budget_counted(|| reactor.block_on(exchange(TIMES)))??;
    Ok(TIMES)
}

const MESSAGE: usize = 64;

async fn exchange(times: usize) -> io::Result<()> {
    let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
    let address = listener.local_addr()?;
    let server = spawn(async move {
        let (stream, _) = listener.accept().await?;
        let mut buffer = [0; MESSAGE];
        loop {
            match stream.read(&mut buffer).await? {
                0 => return Ok::<(), io::Error>(()),
                length => stream.write_all(&buffer[..length]).await?,
            }
        }
    });
    let client = TcpStream::connect(address).await?;
    let mut buffer = [0; MESSAGE];
    for turn in 0..times {
        let message = [turn as u8; MESSAGE];
        client.write_all(&message).await?;
        client.read_exact(&mut buffer).await?;
        assert_eq!(buffer, message, "the message comes back");
    }
    drop(client);
    server.await.expect("the server ends with its connection")
}
