//! Sockets, pipes and files: what blocks elsewhere is awaited here.
//!
//! Code on the reactor has sockets of its own, in [`net`](crate::net). They look like those of the
//! standard library, with an `.await` where those would block: while one operation waits for its
//! peer, the thread does other things. Everything else is as it was. A decorated function takes and
//! returns plain values, and its caller sees no socket:
//!
//! ```
//! use std::io;
//! use std::net::{Ipv4Addr, SocketAddr};
//!
//! use crochet::net::{TcpListener, TcpStream};
//! use crochet::wait_for;
//!
//! /// Starts a server that sends back what it gets; returns its address.
//! #[wait_for(timeout = 5.0)]
//! async fn serve() -> io::Result<SocketAddr> {
//!     let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0).into())?;
//!     let address = listener.local_addr()?;
//!     crochet::spawn(async move {
//!         while let Ok((stream, _)) = listener.accept().await {
//!             drop(crochet::spawn(echo(stream))); // Each connection is a task of its own.
//!         }
//!     });
//!     Ok(address)
//! }
//!
//! async fn echo(stream: TcpStream) -> io::Result<()> {
//!     let mut buffer = [0; 1024];
//!     loop {
//!         match stream.read(&mut buffer).await? {
//!             0 => return Ok(()), // The other end has closed.
//!             length => stream.write_all(&buffer[..length]).await?,
//!         }
//!     }
//! }
//!
//! #[wait_for(timeout = 5.0)]
//! async fn ask(server: SocketAddr, question: &[u8]) -> io::Result<Vec<u8>> {
//!     let stream = TcpStream::connect(server).await?;
//!     stream.write_all(question).await?;
//!     let mut answer = vec![0; question.len()];
//!     stream.read_exact(&mut answer).await?;
//!     Ok(answer)
//! }
//!
//! crochet::setup()?;
//! let server = serve()?;
//! assert_eq!(ask(server, b"hello")?, b"hello");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The server goes on when `serve` has returned, until the reactor stops: it is a
//! [spawned task](super::time_and_tasks). The client's socket is closed when `ask` ends, in whichever
//! way.
//!
//! Reading and writing go through shared references, so one task may read while another writes;
//! [`into_split`](crate::net::TcpStream::into_split) makes halves for two owners. All streams also
//! have the traits of `futures-io`, for [libraries](super::adapters).
//!
//! # Connecting by name
//!
//! [`TcpStream::connect_host`](crate::net::TcpStream::connect_host) looks a name up, in the thread
//! pool, and tries its addresses: IPv4 and IPv6 in turn, the next one when one has failed or has not
//! answered within a quarter of a second. The first to answer wins (RFC 8305, "happy eyeballs").
//! [`Connect`](crate::net::Connect) has the settings. Where nothing works, the error, a
//! [`ConnectError`](crate::net::ConnectError), says what each address answered:
//!
//! ```
//! use std::io;
//! use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
//! use std::time::Duration;
//!
//! use crochet::net::Connect;
//! use crochet::wait_for;
//!
//! #[wait_for(timeout = 10.0)]
//! async fn first_to_answer(addresses: &[SocketAddr]) -> io::Result<SocketAddr> {
//!     let connect = Connect::new().timeout(Duration::from_secs(5)).nodelay();
//!     connect.to_any(addresses).await?.peer_addr()
//! }
//!
//! let listens = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
//! let good = listens.local_addr()?;
//! let client = TcpStream::connect(good)?;
//! let gone = client.local_addr()?; // Nobody listens there.
//!
//! crochet::setup()?;
//! assert_eq!(first_to_answer(&[gone, good])?, good);
//!
//! let refused = first_to_answer(&[gone]).unwrap_err();
//! assert_eq!(refused.kind(), io::ErrorKind::ConnectionRefused);
//! assert!(refused.to_string().contains(&gone.to_string()));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Making a connection takes 30 seconds at most, unless [`Connect`](crate::net::Connect) is told
//! otherwise. It also sets this end's address, keep-alive, and small segments that go out at once.
//!
//! # Time limits
//!
//! The limit of the decorated function covers all that it does. For a part of it, put
//! [`timeout`](crate::timeout) around any future. When the time is up, that future has been dropped,
//! and the stream is as it was:
//!
//! ```
//! use std::io;
//! use std::net::{Ipv4Addr, SocketAddr, TcpListener};
//! use std::time::Duration;
//!
//! use crochet::net::TcpStream;
//! use crochet::wait_for;
//!
//! #[wait_for(timeout = 5.0)]
//! async fn greeting(server: SocketAddr) -> io::Result<Option<Vec<u8>>> {
//!     let stream = TcpStream::connect(server).await?;
//!     let mut text = vec![0; 100];
//!     let limit = Duration::from_millis(10);
//!     match crochet::timeout(limit, stream.read(&mut text)).await {
//!         Ok(read) => text.truncate(read?),
//!         Err(_elapsed) => return Ok(None), // It is silent.
//!     }
//!     Ok(Some(text))
//! }
//!
//! crochet::setup()?;
//! let silent = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
//! assert_eq!(greeting(silent.local_addr()?)?, None);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! What a dropped future leaves behind depends on what it was doing. A `read` or `write` that was not
//! ready has done nothing. `read_exact` and `write_all` may have done a part: after that, close the
//! connection. Each function's *Cancellation* section says which it is.
//!
//! # A peer that does not read
//!
//! `write` and `write_all` wait while the other end has no room. So a task that awaits its writes
//! holds one piece in memory and no more, however slow the peer. Code that cannot await, as a
//! function of [`call_later`](crate::call_later), puts a [`WriteBuffer`](crate::net::WriteBuffer)
//! in front: it accepts bytes at once up to its limit, 64 KiB by default, and refuses more.
//!
//! ```
//! use std::io::{self, Read};
//! use std::net::{Ipv4Addr, SocketAddr, TcpListener};
//! use std::thread;
//!
//! use crochet::net::{TcpStream, WriteBuffer, WriteError};
//! use crochet::wait_for;
//!
//! #[wait_for(timeout = 5.0)]
//! async fn send_twice(server: SocketAddr) -> io::Result<()> {
//!     let (_reader, writer) = TcpStream::connect(server).await?.into_split();
//!     let buffer = WriteBuffer::with_limit(writer, 8);
//!     buffer.write(b"12345678")?;
//!     assert!(matches!(buffer.write(b"9"), Err(WriteError::Full))); // Nothing of it is accepted.
//!     buffer.ready(1).await?; // A task of the reactor has written some meanwhile.
//!     buffer.write(b"9")?;
//!     buffer.close().await // The rest is written first.
//! }
//!
//! let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
//! let server = listener.local_addr()?;
//! let peer = thread::spawn(move || {
//!     let mut read = String::new();
//!     let (mut stream, _) = listener.accept()?;
//!     stream.read_to_string(&mut read).map(|_| read)
//! });
//! crochet::setup()?;
//! send_twice(server)?;
//! assert_eq!(peer.join().unwrap()?, "123456789");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! On the other side, a server that is sent more than it can do stops accepting: a
//! [`Semaphore`](crate::sync::Semaphore) that is acquired before `accept` bounds the connections.
//! When the process has no file descriptors left, a listener closes connections instead of keeping
//! the loop busy, says so in the log once a second, and goes on as soon as there are some.
//!
//! # Datagrams
//!
//! [`UdpSocket`](crate::net::UdpSocket) sends and receives single messages, to one peer or to many,
//! by broadcast and multicast too. They get lost on the way, so whoever asks puts a limit on each
//! attempt; [`best_practices`](super::best_practices) has an example.
//!
//! # On Unix
//!
//! - [`net::unix`](crate::net::unix) has streams and datagrams between processes of one machine,
//!   which can pass file descriptors and tell who is at the other end.
//! - [`pipe`](crate::pipe) makes pipes, takes over those that others have made, and opens named ones.
//! - [`stdio`](crate::stdio) is the process's standard input and output. Reading standard input this
//!   way never keeps the process from ending, as a thread in a blocking read may.
//! - [`Source`](crate::Source) waits for any other file descriptor: a library's socket, a device.
//!
//! ```
//! # #[cfg(unix)]
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use std::io;
//!
//! use crochet::net::unix::UnixStream;
//! use crochet::pipe::pipe;
//! use crochet::wait_for;
//!
//! #[wait_for(timeout = 5.0)]
//! async fn through_both(text: &str) -> io::Result<Vec<u8>> {
//!     let (from, to) = pipe()?;
//!     to.write_all(text.as_bytes()).await?;
//!     let (near, far) = UnixStream::pair()?;
//!     let mut buffer = vec![0; text.len()];
//!     let length = from.read(&mut buffer).await?;
//!     near.write_all(&buffer[..length]).await?;
//!     far.read_exact(&mut buffer).await?;
//!     Ok(buffer)
//! }
//!
//! crochet::setup()?;
//! assert_eq!(through_both("hello")?, b"hello");
//! # Ok(())
//! # }
//! # #[cfg(not(unix))]
//! # fn main() {}
//! ```
//!
//! # Files on a disk
//!
//! A disk has no readiness to wait for, so the functions of [`fs`](crate::fs) work in the
//! [thread pool](super::threads). Buffers are handed over and come back with the result. Reading a
//! whole file takes a limit.
//!
//! ```
//! use std::io;
//! use std::path::Path;
//!
//! use crochet::{fs, wait_for};
//!
//! #[wait_for(timeout = 5.0)]
//! async fn second_word(path: &Path) -> io::Result<Vec<u8>> {
//!     fs::write(path, "hello, world").await?;
//!     let file = fs::File::open(path).await?;
//!     let (read, mut word) = file.read_at(vec![0; 100], 7).await;
//!     word.truncate(read?);
//!     Ok(word)
//! }
//!
//! crochet::setup()?;
//! let path = std::env::temp_dir().join(format!("crochet-guide-{}", std::process::id()));
//! assert_eq!(second_word(&path)?, b"world");
//! std::fs::remove_file(&path)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # A connection that stays
//!
//! Sockets do not leave the reactor's thread, so a decorated function cannot return one. A
//! connection that is to outlive the call belongs to a task, and calls talk to the task through a
//! [channel](crate::channel). Each request carries the half of an
//! [`EventualResult`](crate::EventualResult) that sets it.
//!
//! ```
//! use std::io;
//! use std::net::{Ipv4Addr, SocketAddr};
//! use std::time::Duration;
//!
//! use crochet::channel::{Receiver, Sender};
//! use crochet::net::TcpStream;
//! use crochet::{EventualResult, ResultSetter};
//!
//! type Request = (u8, ResultSetter<u8, io::Error>);
//!
//! /// Can be cloned and used from any thread. The connection is closed with the last one.
//! #[derive(Clone)]
//! struct Client {
//!     requests: Sender<Request>,
//! }
//!
//! impl Client {
//!     fn new(server: SocketAddr) -> Result<Self, Box<dyn std::error::Error>> {
//!         crochet::setup()?;
//!         let (requests, received) = crochet::remote()?.channel(16);
//!         drop(crochet::run_in_reactor(move || converse(server, received)));
//!         Ok(Self { requests })
//!     }
//!
//!     fn ask(&self, number: u8) -> Result<u8, String> {
//!         let limit = Duration::from_secs(5);
//!         let (setter, answer) = EventualResult::pair();
//!         let sent = self.requests.send_within((number, setter), limit);
//!         sent.map_err(|error| error.to_string())?;
//!         match answer.take(limit) {
//!             Ok(answered) => answered.map_err(|error| error.to_string()),
//!             Err(_pending) => Err(String::from("no answer in time")),
//!         }
//!     }
//! }
//!
//! /// Owns the connection, and makes it anew when it has failed.
//! async fn converse(server: SocketAddr, requests: Receiver<Request>) {
//!     let mut stream = None;
//!     while let Ok((number, setter)) = requests.recv().await {
//!         let answered = exchange(server, &mut stream, number).await;
//!         if answered.is_err() {
//!             stream = None;
//!         }
//!         match setter.set(answered) {
//!             Ok(()) => {}
//!             Err(_unwanted) => {} // Whoever asked has given up.
//!         }
//!     }
//! }
//!
//! async fn exchange(
//!     server: SocketAddr,
//!     stream: &mut Option<TcpStream>,
//!     number: u8,
//! ) -> io::Result<u8> {
//!     let stream = match stream {
//!         Some(stream) => stream,
//!         None => stream.insert(TcpStream::connect(server).await?),
//!     };
//!     let mut answer = [number];
//!     stream.write_all(&answer).await?;
//!     stream.read_exact(&mut answer).await?;
//!     Ok(answer[0])
//! }
//!
//! let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
//! let client = Client::new(listener.local_addr()?)?;
//! # let server = std::thread::spawn(move || {
//! #     use std::io::{Read, Write};
//! #     let (mut stream, _) = listener.accept().expect("a client");
//! #     let mut byte = [0];
//! #     while stream.read(&mut byte).expect("loopback") == 1 {
//! #         stream.write_all(&[byte[0] * 2]).expect("loopback");
//! #     }
//! # });
//! assert_eq!(client.ask(21)?, 42);
//! assert_eq!(client.ask(4)?, 8); // By the same connection.
//! # drop(client);
//! # server.join().unwrap(); // It has been closed.
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
