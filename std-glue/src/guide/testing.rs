//! Tests with virtual time, which never wait.
//!
//! A test that sleeps is slow when it passes, and fails when the machine is busy. Code that uses
//! this library need not be tested that way: the reactor's time can be virtual. It then moves only
//! when the test moves it, or when nobody has anything else to do, and an hour passes at once. The
//! module [`testing`](crate::testing) has the tools; this chapter is about which one to take.
//!
//! # The body alone: `NAME_wrapped`
//!
//! Each decorated function is also there as it was written, under the name `NAME_wrapped`. An
//! `async` body runs in a [`Harness`](crate::testing::Harness): a reactor on virtual time, on the
//! test's own thread. What happens is the same in every run.
//!
//! ```
//! use std::time::Duration;
//!
//! use crochet::testing::Harness;
//! use crochet::{WaitError, wait_for};
//!
//! #[wait_for(timeout = "1h")]
//! async fn third_time_lucky() -> Result<u32, WaitError> {
//!     let mut attempts = 1;
//!     while attempts < 3 {
//!         crochet::sleep(Duration::from_secs(600)).await;
//!         attempts += 1;
//!     }
//!     Ok(attempts)
//! }
//!
//! let mut harness = Harness::new();
//! let attempts = harness.block_on(third_time_lucky_wrapped())?;
//! assert_eq!(attempts.unwrap(), 3);
//! assert_eq!(harness.now(), Duration::from_secs(1200));
//! # Ok::<(), crochet::testing::BlockOnError>(())
//! ```
//!
//! [`Harness::advance`](crate::testing::Harness::advance) moves the time by hand, to look at the
//! state in between.
//!
//! # Blocking functions
//!
//! To test what callers see, time limit included, run a
//! [`VirtualReactor`](crate::testing::VirtualReactor) and call the function as it is. Within
//! [`with_reactor`](crate::testing::with_reactor), calls of that thread go to it and not to the
//! process's reactor, so each test has its own, and tests run in parallel.
//!
//! ```
//! use std::time::Duration;
//!
//! use crochet::testing::{VirtualReactor, with_reactor};
//! use crochet::{WaitError, wait_for};
//!
//! #[wait_for(timeout = "1h")]
//! async fn fetch(delay: Duration) -> Result<&'static str, WaitError> {
//!     crochet::sleep(delay).await;
//!     Ok("fetched")
//! }
//!
//! let reactor = VirtualReactor::start()?;
//! with_reactor(reactor.remote(), || {
//!     // The time passes by itself while this thread is blocked.
//!     let _auto = reactor.clock().auto_advance();
//!     assert_eq!(fetch(Duration::from_secs(3599)).unwrap(), "fetched");
//!     assert!(matches!(fetch(Duration::from_secs(3601)), Err(WaitError::Timeout)));
//! });
//! assert_eq!(reactor.clock().now(), Duration::from_secs(3599 + 3600));
//! # Ok::<(), crochet::SetupError>(())
//! ```
//!
//! # Step by step
//!
//! When several threads are involved, or the moment matters, the test moves the time. It first
//! makes sure that the others have come as far as they are to come.
//!
//! ```
//! use std::future;
//! use std::thread;
//! use std::time::Duration;
//!
//! use crochet::EventualError;
//! use crochet::testing::{VirtualReactor, with_reactor};
//!
//! let reactor = VirtualReactor::start()?;
//! let hour = Duration::from_secs(3600);
//! let endless = with_reactor(reactor.remote(), || {
//!     crochet::run_in_reactor(future::pending::<()>)
//! });
//! thread::scope(|scope| {
//!     let waiter = scope.spawn(|| endless.wait(hour));
//!     reactor.clock().wait_for_blocked(1);
//!     reactor.clock().advance(hour - Duration::from_millis(1));
//!     assert!(!waiter.is_finished());
//!     reactor.clock().advance(Duration::from_millis(1));
//!     assert!(matches!(waiter.join().unwrap(), Err(EventualError::Timeout)));
//! });
//! # Ok::<(), crochet::SetupError>(())
//! ```
//!
//! # Code that starts threads of its own
//!
//! `with_reactor` holds for one thread. Code that starts threads which call decorated functions
//! gets a process-wide virtual reactor by [`setup_virtual`](crate::testing::setup_virtual), in
//! place of `setup`. There is one of it at a time, so such tests take turns, or live in test
//! programs of their own.
//!
//! # What virtual time does not cover
//!
//! There are no sockets in it: give the code under test a trait, a channel or an
//! [`EventualResult::pair`](crate::EventualResult::pair) where the network would be, or test it
//! against a real peer on a real reactor. Jobs of the thread pool, and the limits of
//! [`stop`](crate::stop) and [`drain`](crate::drain), stay in real time. A clock that moves by itself
//! does not wait for such a job: whoever waits for one under `auto_advance` may time out meanwhile,
//! so move the time by hand there.
