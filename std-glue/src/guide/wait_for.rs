//! Functions that block until their body, which runs on the reactor, has ended.
//!
//! The attribute [`wait_for`](macro@crate::wait_for) takes a function and a time limit. Callers see
//! an ordinary function of the same name with the same arguments. When it is called, the body runs
//! on the reactor, and the caller's thread waits: for the value, for the error, or for the end of
//! the time limit, whichever comes first.
//!
//! ```
//! use std::time::Duration;
//!
//! use crochet::wait_for;
//!
//! /// Blocks for five seconds at most.
//! #[wait_for(timeout = 5.0)]
//! async fn length(name: &str) -> usize {
//!     crochet::sleep(Duration::from_millis(1)).await;
//!     name.len()
//! }
//!
//! crochet::setup()?;
//! assert_eq!(length("crochet").unwrap(), 7);
//! # Ok::<(), crochet::SetupError>(())
//! ```
//!
//! # The time limit
//!
//! There always is one, because a wait without an end is a program that hangs. It is a number of
//! seconds, a string with a unit, or an expression of type `Duration`, which may name the
//! arguments. It counts from the call and covers everything: the wait for the reactor to begin,
//! too.
//!
//! ```
//! use std::time::Duration;
//!
//! use crochet::{WaitError, wait_for};
//!
//! #[wait_for(timeout = "10ms")]
//! async fn too_long() {
//!     crochet::sleep(Duration::from_secs(3600)).await;
//! }
//!
//! #[wait_for(timeout = limit)]
//! async fn within(limit: Duration, length: Duration) {
//!     crochet::sleep(length).await;
//! }
//!
//! crochet::setup()?;
//! assert!(matches!(too_long(), Err(WaitError::Timeout)));
//! assert!(within(Duration::from_secs(5), Duration::from_millis(1)).is_ok());
//! # Ok::<(), crochet::SetupError>(())
//! ```
//!
//! When the time is up, the operation is cancelled: there is no sleep of an hour left behind here.
//! [`cancellation`](super::cancellation) says exactly what that means.
//!
//! # What the function returns
//!
//! Besides the body's own outcome, a call can end in a [`WaitError`](crate::WaitError): out of
//! time, stopped, panicked, interrupted, and so on. There has to be a place for it, so:
//!
//! - A body that returns a `Result` keeps its type. The error type says how it takes a `WaitError`,
//!   by `From`. [`std::io::Error`] does already: a timeout has the kind `TimedOut`.
//! - A body that returns anything else, or nothing, makes a function that returns
//!   `Result<T, WaitError>`.
//!
//! ```
//! use crochet::{WaitError, wait_for};
//!
//! #[derive(Debug)]
//! enum LookupError {
//!     Unknown(String),
//!     NoAnswer(WaitError),
//! }
//!
//! impl From<WaitError> for LookupError {
//!     fn from(error: WaitError) -> Self {
//!         Self::NoAnswer(error)
//!     }
//! }
//!
//! #[wait_for(timeout = 5.0)]
//! async fn port_of(service: &str) -> Result<u16, LookupError> {
//!     match service {
//!         "domain" => Ok(53),
//!         other => Err(LookupError::Unknown(other.to_owned())),
//!     }
//! }
//!
//! let early = port_of("domain");
//! assert!(matches!(early, Err(LookupError::NoAnswer(WaitError::NotSetUp))));
//! crochet::setup()?;
//! assert_eq!(port_of("domain").unwrap(), 53);
//! match port_of("nonesuch") {
//!     Err(LookupError::Unknown(service)) => assert_eq!(service, "nonesuch"),
//!     other => panic!("{other:?}"),
//! }
//! # Ok::<(), crochet::SetupError>(())
//! ```
//!
//! A panic in the body does not unwind into the caller, and does not harm the reactor. It is
//! [`WaitError::Panicked`](crate::WaitError::Panicked), with its message, file and line.
//!
//! # What the body may be
//!
//! An `async fn`, as above; a plain `fn`, which runs on the reactor in one go; a `fn` that returns
//! an `impl Future<Output = T>`, which runs on the reactor as well; or one that returns a
//! [`Deferred`](crate::Deferred), for code that is told of its result by a callback.
//!
//! ```
//! use std::time::Duration;
//!
//! use crochet::{Deferred, call_later, is_reactor_thread, wait_for};
//!
//! #[wait_for(timeout = 5.0)]
//! fn runs_on_the_reactor() -> bool {
//!     is_reactor_thread()
//! }
//!
//! #[wait_for(timeout = 5.0)]
//! fn later(delay: Duration) -> Deferred<&'static str> {
//!     let (resolver, deferred) = Deferred::new();
//!     call_later(delay, move || match resolver.fire("now") {
//!         Ok(()) => {}
//!         Err(_unwanted) => {} // Cancelled meanwhile.
//!     });
//!     deferred
//! }
//!
//! crochet::setup()?;
//! assert!(runs_on_the_reactor().unwrap());
//! assert_eq!(later(Duration::from_millis(1)).unwrap(), "now");
//! # Ok::<(), crochet::SetupError>(())
//! ```
//!
//! Methods, associated functions and generic ones work too; in the few places where the attribute
//! cannot see what it needs, as in the implementation of a trait, it has
//! [options](macro@crate::wait_for) to be told; the compiler's message names the missing one. Arguments and the output cross to another thread, so
//! they must be `Send`; the future is made on the reactor's thread and stays there, so it may hold
//! an `Rc`.
//!
//! # `impl Trait`
//!
//! A function may hide what it returns, alone or inside of another type: `impl Iterator<Item = u32>`
//! becomes `Result<impl Iterator<Item = u32>, WaitError>`, and `io::Result<impl Display>` stays.
//! The value crosses to the caller's thread, so what is hidden is `Send`.
//!
//! ```
//! use crochet::wait_for;
//!
//! #[wait_for(timeout = 5.0)]
//! async fn even(numbers: &[u32]) -> impl Iterator<Item = u32> {
//!     numbers.iter().copied().filter(|number| number % 2 == 0)
//! }
//!
//! crochet::setup()?;
//! let numbers = [1, 2, 4, 7];
//! assert!(even(&numbers).unwrap().eq([2, 4]));
//! # Ok::<(), crochet::SetupError>(())
//! ```
//!
//! What the hidden type captures is up to the edition of the crate that writes the function. Since
//! edition 2024 it is everything, unless `use<..>` says less; before, a lifetime is written.
//!
//! ```edition2021
//! use crochet::wait_for;
//!
//! #[wait_for(timeout = 5.0)]
//! fn words(text: &str) -> impl Iterator<Item = &str> + '_ {
//!     text.split(' ')
//! }
//!
//! #[wait_for(timeout = 5.0)]
//! async fn count(text: &str) -> impl std::fmt::Display {
//!     text.split(' ').count()
//! }
//!
//! crochet::setup()?;
//! let text = String::from("one two");
//! assert!(words(&text).unwrap().eq(["one", "two"]));
//! let count = count(&text).unwrap();
//! drop(text); // Nothing of it is in the count.
//! assert_eq!(count.to_string(), "2");
//! # Ok::<(), crochet::SetupError>(())
//! ```
//!
//! In a trait, the compiler does not look behind an `impl Trait`: write `impl Trait + Send` there.
//!
//! # Borrowed arguments
//!
//! The caller is blocked for as long as its body runs, so what it lends stays valid: references,
//! `&self` and `&mut` included, are fine.
//!
//! ```
//! use crochet::{WaitError, wait_for};
//!
//! #[derive(Default)]
//! struct Counter {
//!     calls: u32,
//! }
//!
//! impl Counter {
//!     #[wait_for(timeout = 5.0)]
//!     async fn count(&mut self) -> Result<u32, WaitError> {
//!         self.calls += 1;
//!         Ok(self.calls)
//!     }
//! }
//!
//! crochet::setup()?;
//! let mut counter = Counter::default();
//! counter.count().unwrap();
//! assert_eq!(counter.count().unwrap(), 2);
//! # Ok::<(), crochet::SetupError>(())
//! ```
//!
//! This has one price. A call that runs out of time cannot return while its body may still use what
//! it borrowed: if the body has begun, the call waits until the reactor has dropped it. That is
//! soon, unless something blocks the reactor's thread. A function whose arguments are all owned
//! returns at its time limit whatever the reactor does; take `String` in place of `&str` where that
//! matters.
//!
//! # On the reactor itself
//!
//! A blocking call on the reactor's thread would wait for work that only this thread can do. It is
//! refused as [`OnReactorThread`](crate::WaitError::OnReactorThread) before anything is submitted.
//! Code that runs on the reactor calls the function as it was written, under the name
//! `NAME_wrapped`, and awaits it:
//!
//! ```
//! use crochet::{WaitError, wait_for};
//!
//! #[wait_for(timeout = 5.0)]
//! async fn half(number: u32) -> u32 {
//!     number / 2
//! }
//!
//! #[wait_for(timeout = 5.0)]
//! async fn quarter(number: u32) -> u32 {
//!     assert!(matches!(half(number), Err(WaitError::OnReactorThread)));
//!     half_wrapped(half_wrapped(number).await).await
//! }
//!
//! crochet::setup()?;
//! assert_eq!(quarter(28).unwrap(), 7);
//! # Ok::<(), crochet::SetupError>(())
//! ```
//!
//! # Without a function
//!
//! [`wait_for()`](fn@crate::wait_for) takes a closure, [`try_wait_for`](crate::try_wait_for) one
//! that may fail, and [`wait_for_borrowed`](crate::wait_for_borrowed) one that borrows from its
//! surroundings.
