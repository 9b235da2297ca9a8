//! Where the decorated functions of a program belong.
//!
//! # Hide the loop
//!
//! That there is a reactor is a matter of how a library works inside, not of what it offers. Its
//! users want to call `client.measure("crochet")` and get a number or an error. So:
//!
//! - **Decorated functions are private**, or belong to one small module. The public functions
//!   around them take and return the types of the problem. Whoever reads the public part need not
//!   know this library.
//! - **The public part owns its errors.** A timeout is one of them, under a name that users of the
//!   library understand.
//! - **It calls [`setup`](crate::setup) itself**, where its users begin. That is cheap and may be
//!   repeated.
//!
//! # Decorate little
//!
//! Each decorated call is a trip to another thread and back. More important, each is a place where
//! the caller blocks and where a time limit has to be chosen. A program has few such places. Below
//! them, write ordinary `async` functions, which call each other without any of that:
//!
//! - **Undecorated functions compose.** They can be retried, raced, and run side by side, under one
//!   time limit for the whole.
//! - **They can be tested alone**, on virtual time; see [`testing`](super::testing).
//! - **A decorated function is one line**: it names the time limit and calls the layer below.
//!
//! # In three layers
//!
//! ```
//! use std::io;
//! use std::net::{Ipv4Addr, SocketAddr};
//!
//! /// Knows the protocol. Runs on the reactor, and is not decorated.
//! mod protocol {
//!     use std::io;
//!     use std::net::{Ipv4Addr, SocketAddr};
//!     use std::time::Duration;
//!
//!     use crochet::net::UdpSocket;
//!
//!     /// Sends the question until there is an answer.
//!     pub(super) async fn ask(server: SocketAddr, question: &[u8]) -> io::Result<Vec<u8>> {
//!         let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0).into())?;
//!         socket.connect(server)?;
//!         loop {
//!             let attempt = attempt(&socket, question);
//!             if let Ok(answered) = crochet::timeout(Duration::from_millis(500), attempt).await {
//!                 return answered;
//!             }
//!         }
//!     }
//!
//!     async fn attempt(socket: &UdpSocket, question: &[u8]) -> io::Result<Vec<u8>> {
//!         socket.send(question).await?;
//!         let mut answer = vec![0; 512];
//!         let length = socket.recv(&mut answer).await?;
//!         answer.truncate(length);
//!         Ok(answer)
//!     }
//! }
//!
//! /// Crosses over to the reactor, and decides how long that may take. Private.
//! mod blocking {
//!     use std::io;
//!     use std::net::SocketAddr;
//!
//!     #[crochet::wait_for(timeout = "5s")]
//!     pub(super) async fn ask(server: SocketAddr, question: &[u8]) -> io::Result<Vec<u8>> {
//!         super::protocol::ask(server, question).await
//!     }
//! }
//!
//! /// What users see: nothing here speaks of a reactor.
//! pub struct Client {
//!     server: SocketAddr,
//! }
//!
//! impl Client {
//!     pub fn new(server: SocketAddr) -> io::Result<Self> {
//!         crochet::setup().map_err(io::Error::other)?;
//!         Ok(Self { server })
//!     }
//!
//!     /// Returns how many bytes the server makes of `text`.
//!     pub fn measure(&self, text: &str) -> io::Result<usize> {
//!         blocking::ask(self.server, text.as_bytes()).map(|answer| answer.len())
//!     }
//! }
//!
//! fn main() -> io::Result<()> {
//!     let echo = std::net::UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
//!     let client = Client::new(echo.local_addr()?)?;
//!     # std::thread::spawn(move || {
//!     #     let mut buffer = [0; 512];
//!     #     while let Ok((length, from)) = echo.recv_from(&mut buffer) {
//!     #         echo.send_to(&buffer[..length], from).expect("loopback");
//!     #     }
//!     # });
//!     assert_eq!(client.measure("crochet")?, 7);
//!     Ok(())
//! }
//! ```
//!
//! The loop that asks again has no limit of its own, and needs none: when the five seconds are
//! over, the operation is dropped at its `.await`, and the socket is closed with it.
//!
//! # Many things at once
//!
//! Do not start threads to make several blocking calls at the same time. Let one operation do them
//! side by side, with [`spawn`](crate::spawn):
//!
//! ```
//! use std::time::Duration;
//!
//! use crochet::{WaitError, wait_for};
//!
//! async fn length(word: &'static str) -> usize {
//!     crochet::sleep(Duration::from_millis(1)).await;
//!     word.len()
//! }
//!
//! #[wait_for(timeout = 5.0)]
//! async fn total(words: Vec<&'static str>) -> Result<usize, WaitError> {
//!     let tasks: Vec<_> = words.into_iter().map(|word| crochet::spawn(length(word))).collect();
//!     let mut sum = 0;
//!     for task in tasks {
//!         sum += task.await?;
//!     }
//!     Ok(sum)
//! }
//!
//! crochet::setup()?;
//! assert_eq!(total(vec!["one", "two", "three"]).unwrap(), 11);
//! # Ok::<(), crochet::SetupError>(())
//! ```
//!
//! A spawned task goes on when its handle is dropped; see [`cancellation`](super::cancellation) for
//! what that means at the time limit. Where the caller has something else to do meanwhile, use
//! [`run_in_reactor`](super::run_in_reactor).
//!
//! # Keep the reactor free
//!
//! All operations share one thread. Code that computes for long, reads large files, or calls a
//! library that blocks, delays every one of them, and no time limit interrupts it. It belongs into
//! the [thread pool](super::threads).
