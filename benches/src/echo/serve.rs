//! The servers: what each library's users would write.

use core::future::Future;
use std::io;

use crate::contest::Role;
use crate::report::output::Output;
use crate::server::gauge::Entered;
use crate::server::{self, Entrant};
use crate::threads;

/// Returns the servers whose connections each read into `BUFFER` bytes; says so in `output` if one cannot run here.
pub fn all<const BUFFER: usize>(suite: &str, output: &mut Output) -> Vec<Entrant> {
    use ::crochet::net::TcpStream as Crochet;
    use ::smol::net::TcpStream as Smol;
    use ::tokio::net::TcpStream as Tokio;

    let entrant = |name, role, start| Entrant { name, role, start };
    let mut all = vec![
        entrant("crochet", Role::Own, || {
            server::crochet::start(echo::<Crochet, BUFFER>)
        }),
        entrant("tokio", Role::Peer, || {
            server::tokio::start(echo::<Tokio, BUFFER>)
        }),
        entrant("smol", Role::Peer, || {
            server::smol::start(echo::<Smol, BUFFER>)
        }),
    ];
    match threads::monoio::probe() {
        Ok(()) => all.push(entrant("monoio", Role::Peer, || {
            server::monoio::start(echo_owned::<BUFFER>)
        })),
        Err(refused) => output.say(format_args!("\n{suite}: monoio is left out: {refused}")),
    }
    all.push(entrant("floor: bare mio", Role::Floor, || {
        server::mio::start::<BUFFER>(|request| request)
    }));
    all
}

/// Echoes until the client is gone.
async fn echo<S: Duplex, const BUFFER: usize>(mut stream: S, _open: Entered) -> io::Result<()> {
    let mut buffer = [0; BUFFER];
    loop {
        match stream.read(&mut buffer).await? {
            0 => return Ok(()),
            length => stream.write_all(&buffer[..length]).await?,
        }
    }
}

/// The same with a buffer that goes into the kernel's hands and comes back.
async fn echo_owned<const BUFFER: usize>(
    mut stream: ::monoio::net::TcpStream,
    _open: Entered,
) -> io::Result<()> {
    use ::monoio::io::{AsyncReadRent as _, AsyncWriteRentExt as _};

    let mut buffer = Vec::with_capacity(BUFFER);
    loop {
        let (length, filled) = stream.read(buffer).await;
        if length? == 0 {
            return Ok(());
        }
        let (written, emptied) = stream.write_all(filled).await;
        written?;
        buffer = emptied;
    }
}

/// The two methods that every library's stream has, by the same names.
trait Duplex {
    fn read<'a>(&'a mut self, buffer: &'a mut [u8]) -> impl Future<Output = io::Result<usize>>;

    fn write_all<'a>(&'a mut self, bytes: &'a [u8]) -> impl Future<Output = io::Result<()>>;
}

impl Duplex for ::crochet::net::TcpStream {
    fn read<'a>(&'a mut self, buffer: &'a mut [u8]) -> impl Future<Output = io::Result<usize>> {
        Self::read(self, buffer)
    }

    fn write_all<'a>(&'a mut self, bytes: &'a [u8]) -> impl Future<Output = io::Result<()>> {
        Self::write_all(self, bytes)
    }
}

impl Duplex for ::tokio::net::TcpStream {
    fn read<'a>(&'a mut self, buffer: &'a mut [u8]) -> impl Future<Output = io::Result<usize>> {
        ::tokio::io::AsyncReadExt::read(self, buffer)
    }

    fn write_all<'a>(&'a mut self, bytes: &'a [u8]) -> impl Future<Output = io::Result<()>> {
        ::tokio::io::AsyncWriteExt::write_all(self, bytes)
    }
}

impl Duplex for ::smol::net::TcpStream {
    fn read<'a>(&'a mut self, buffer: &'a mut [u8]) -> impl Future<Output = io::Result<usize>> {
        ::smol::io::AsyncReadExt::read(self, buffer)
    }

    fn write_all<'a>(&'a mut self, bytes: &'a [u8]) -> impl Future<Output = io::Result<()>> {
        ::smol::io::AsyncWriteExt::write_all(self, bytes)
    }
}
