//! Functions that return at once, and the result that they give.
//!
//! The attribute [`run_in_reactor`](macro@crate::run_in_reactor) takes a function whose body is to
//! run in the background. A call hands it to the reactor and returns an
//! [`EventualResult`](crate::EventualResult); it never blocks and never fails. If there is a reason
//! why the body cannot run, the result says so.
//!
//! ```
//! use std::time::Duration;
//!
//! use crochet::{EventualError, EventualResult, run_in_reactor};
//!
//! #[run_in_reactor]
//! async fn halve(number: u32) -> Result<u32, String> {
//!     crochet::sleep(Duration::from_millis(1)).await;
//!     if number % 2 == 0 { Ok(number / 2) } else { Err(format!("{number} is odd")) }
//! }
//!
//! crochet::setup()?;
//! let patience = Duration::from_secs(5);
//! let even: EventualResult<u32, String> = halve(14);
//! let odd = halve(7); // Both are under way.
//!
//! assert_eq!(even.wait(patience).unwrap(), 7);
//! match odd.wait(patience) {
//!     Err(EventualError::Failed(error)) => assert_eq!(error, "7 is odd"),
//!     other => panic!("{other:?}"),
//! }
//! # Ok::<(), crochet::SetupError>(())
//! ```
//!
//! The operation outlives the call, so its arguments are owned: no references, and a method takes
//! `self: Arc<Self>` in place of `&self`. Its error type is `Debug`, so that an error that nobody
//! asks for can be logged. As with [`wait_for`](super::wait_for), the body may be plain, `async`,
//! or return a future or a `Deferred`. For closures there are [`run_in_reactor()`](fn@crate::run_in_reactor) and
//! [`try_run_in_reactor`](crate::try_run_in_reactor).
//!
//! A function that returns `impl Trait` gives an `EventualResult<impl Trait>`. Whoever calls `wait`
//! gets a copy, and so needs `impl Trait + Clone`; `take` and `.await` do not.
//!
//! ```
//! use std::io;
//! use std::time::Duration;
//!
//! use crochet::{EventualResult, run_in_reactor};
//!
//! #[run_in_reactor]
//! async fn squares(end: u32) -> io::Result<impl Iterator<Item = u32>> {
//!     Ok((0..end).map(|number| number * number))
//! }
//!
//! crochet::setup()?;
//! let squares: EventualResult<_, io::Error> = squares(4);
//! match squares.take(Duration::from_secs(5)) {
//!     Ok(ended) => assert!(ended.unwrap().eq([0, 1, 4, 9])),
//!     Err(pending) => drop(pending), // The time was up.
//! }
//! # Ok::<(), crochet::SetupError>(())
//! ```
//!
//! # Getting the result
//!
//! | method | gives | the handle afterwards |
//! | --- | --- | --- |
//! | [`wait`](crate::EventualResult::wait) | a copy, so the types are `Clone` | stays: wait again, from any thread |
//! | [`take`](crate::EventualResult::take) | the result itself | consumed, or given back if there is no result yet |
//! | `.await` | the result itself, in any executor | empty |
//! | [`is_ready`](crate::EventualResult::is_ready) | whether there is one | stays |
//! | [`original_failure`](crate::EventualResult::original_failure) | what went wrong, and where | stays |
//!
//! A wait that runs out of time has changed nothing. The operation goes on, and a later wait may
//! give its result. [`pair`](crate::EventualResult::pair) shows that well: it makes a result that
//! is set by hand, for operations that are not a future on the reactor.
//!
//! ```
//! use std::time::Duration;
//!
//! use crochet::{EventualError, EventualResult};
//!
//! crochet::setup()?;
//! let (setter, result) = EventualResult::<u32>::pair();
//! assert!(matches!(result.wait(Duration::from_millis(1)), Err(EventualError::Timeout)));
//!
//! setter.set(Ok(7)).expect("it is wanted");
//! assert_eq!(result.wait(Duration::from_secs(5)).unwrap(), 7);
//! assert_eq!(result.wait(Duration::ZERO).unwrap(), 7); // As often as you like.
//! # Ok::<(), crochet::SetupError>(())
//! ```
//!
//! A wait on a thread that runs a reactor is refused while there is no result; await it there. A
//! result that is there is returned on any thread.
//!
//! # Several at a time
//!
//! Each call begins its operation at once, so calling several is all that it takes to have them run
//! side by side. Waiting for them one after another takes as long as the slowest. To take the first
//! that succeeds, and have the others cancelled, tie each to its handle and let the reactor
//! [`race`](crate::race_ok) the handles, which are futures:
//!
//! ```
//! use std::time::Duration;
//!
//! use crochet::{race_ok, run_in_reactor};
//!
//! #[run_in_reactor]
//! async fn fetch(mirror: &'static str) -> Result<String, String> {
//!     match mirror {
//!         "near" => Ok(format!("the page, from {mirror}")),
//!         "far" => std::future::pending().await, // Never gets there.
//!         other => Err(format!("{other} is down")),
//!     }
//! }
//!
//! crochet::setup()?;
//! let handles = ["far", "gone", "near"].map(|mirror| fetch(mirror).cancel_on_drop());
//! let first = crochet::wait_for(Duration::from_secs(5), || race_ok(handles));
//! let (place, page) = first.expect("in time").expect("one of them is there");
//! assert_eq!((place, page.as_str()), (2, "the page, from near"));
//! // The operation that fetches from afar has been cancelled.
//! # Ok::<(), crochet::SetupError>(())
//! ```
//!
//! When the time is up, all are cancelled. Handles that are plain, as `fetch` returns them, would
//! leave the operations going on.
//!
//! # Ending it early
//!
//! A timeout of `wait` is about the waiting, not about the work. To limit the work itself:
//!
//! - [`cancel`](crate::EventualResult::cancel) asks for the end of the operation, at any time, from
//!   any thread.
//! - [`wait_or_cancel`](crate::EventualResult::wait_or_cancel) waits, and cancels when the time is
//!   up or the wait is interrupted, as functions of [`wait_for`](super::wait_for) do.
//! - [`cancel_on_drop`](crate::EventualResult::cancel_on_drop) ties the operation to its handle, so
//!   that an early return, or a panic of the caller, takes the operation along.
//! - A **deadline** goes with the operation from the start, whoever waits or does not. It counts
//!   from the call, time in the reactor's queue included. Nothing is logged when it passes.
//!
//! ```
//! use std::future;
//! use std::time::Duration;
//!
//! use crochet::{EventualError, run_in_reactor};
//!
//! #[run_in_reactor(deadline = "1ms")]
//! async fn poll_for_ever() {
//!     future::pending().await
//! }
//!
//! crochet::setup()?;
//! let patience = Duration::from_secs(5);
//! let ended = poll_for_ever().wait(patience);
//! assert!(matches!(ended, Err(EventualError::DeadlineExceeded)));
//!
//! let endless = crochet::run_in_reactor(future::pending::<()>);
//! let given_up = endless.wait_or_cancel(Duration::from_millis(1));
//! assert!(matches!(given_up, Err(EventualError::Timeout)));
//! assert!(matches!(endless.wait(patience), Err(EventualError::Cancelled)));
//!
//! let tied = crochet::run_in_reactor(future::pending::<()>).cancel_on_drop();
//! drop(tied); // Its operation ends here.
//! # Ok::<(), crochet::SetupError>(())
//! ```
//!
//! For closures, [`operation`](crate::operation) sets a deadline, and a name for messages. Dropping
//! a plain handle cancels nothing: the operation goes on by itself.
//!
//! # When it fails
//!
//! [`EventualError`](crate::EventualError) tells a timeout of the wait from the operation's own
//! end, which may be its own error, a panic, a cancellation, its deadline, or the stop of the
//! reactor. [`original_failure`](crate::EventualResult::original_failure) adds where the operation
//! was submitted, what it is called, and where it panicked; with `RUST_BACKTRACE` set, also how it
//! got there.
//!
//! ```
//! use std::time::Duration;
//!
//! crochet::setup()?;
//! let result = crochet::operation()
//!     .name("refresh the cache")
//!     .run(|| async { panic!("no cache") });
//! assert!(result.wait(Duration::from_secs(5)).is_err());
//!
//! let failure = result.original_failure().expect("it has failed");
//! assert_eq!(failure.name(), Some("refresh the cache"));
//! let panic = failure.panic().expect("by a panic");
//! assert_eq!(panic.message(), "no cache");
//! assert!(panic.file().is_some() && panic.line().is_some());
//! # Ok::<(), crochet::SetupError>(())
//! ```
//!
//! A failure that nobody asks for does not vanish: it is logged once, as an error. Asking is a wait
//! that returns the failure, `take`, awaiting, or `original_failure`.
//!
//! # Keeping it for later: the stash
//!
//! A web server answers one request and forgets; the download that it began goes on.
//! [`stash`](crate::EventualResult::stash) puts the handle away and gives an id, a text for the
//! visitor's session. A later request [retrieves](crate::retrieve_result) the handle with it, once.
//!
//! ```
//! use std::time::Duration;
//!
//! use crochet::{RetrieveError, retrieve_result, run_in_reactor};
//!
//! #[run_in_reactor]
//! async fn download(page: String) -> Result<usize, String> {
//!     Ok(page.len())
//! }
//!
//! crochet::setup()?;
//! // The first request.
//! let session: String = download(String::from("index")).stash().to_string();
//!
//! // The next one.
//! let id = session.parse()?;
//! let result = retrieve_result::<usize, String>(id)?;
//! match result.take(Duration::from_secs(5)) {
//!     Ok(ended) => assert_eq!(ended.unwrap(), 5),
//!     Err(pending) => drop(pending.stash()), // Not yet: put it away again, under a new id.
//! }
//! let again = retrieve_result::<usize, String>(id);
//! assert!(matches!(again, Err(RetrieveError::Unknown)));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Ids are never used twice in a process and cannot be guessed from others. A result that is asked
//! for as another type stays where it is. What nobody fetches does not pile up: the stash has a
//! limit of number and of age, set by [`configure_stash`](crate::configure_stash) and counted by
//! [`stash_stats`](crate::stash_stats). An operation whose handle is given up goes on, and its
//! failure is logged as any that nobody asked for.
