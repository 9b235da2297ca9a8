//! Timers, calls that repeat, work side by side, and what becomes of it.
//!
//! The examples run on [virtual time](super::testing), where seconds pass at once. In a program the
//! same code stands in the body of a decorated function.
//!
//! # Waiting for a time
//!
//! | | |
//! | --- | --- |
//! | [`sleep`](crate::sleep), [`sleep_until`](crate::sleep_until) | waits |
//! | [`timeout`](crate::timeout), [`timeout_at`](crate::timeout_at) | limits how long something else may take, and drops it then |
//! | [`call_later`](crate::call_later) | calls a function, which nobody waits for |
//! | [`interval`](crate::interval()), [`interval_at`](crate::interval_at) | gives ticks at equal distances, to be awaited |
//! | [`LoopingCall`](crate::LoopingCall) | calls a function at equal distances |
//!
//! Time is counted in microseconds and rounded up: nothing comes early. Setting a timer and taking it
//! back takes as long with ten thousand timers as with one, so a time limit on each of many
//! connections is no burden. When the loop keeps waking up for timers less than 50 microseconds apart, it
//! wakes up for those of 50 microseconds together; and for those of 200 microseconds where they are
//! a crowd, of 80,000 a second or more. Dropping the future of a sleep or a timeout takes its timer
//! back.
//! A [`Deadline`](crate::Deadline) is one limit for several steps.
//!
//! # Calls later
//!
//! A delayed call can be taken back, put off and hastened for as long as it has not been made.
//! Dropping its handle leaves it alone.
//!
//! ```
//! use std::cell::Cell;
//! use std::rc::Rc;
//! use std::time::Duration;
//!
//! use crochet::testing::Harness;
//! use crochet::{CallError, call_later, sleep};
//!
//! const SECOND: Duration = Duration::from_secs(1);
//!
//! let mut harness = Harness::new();
//! let is_closed = harness.block_on(async {
//!     let is_closed = Rc::new(Cell::new(false));
//!     let close = Rc::clone(&is_closed);
//!     let idle = call_later(SECOND * 10, move || close.set(true));
//!
//!     sleep(SECOND * 9).await;
//!     idle.reset(SECOND * 10)?; // Something has happened: ten seconds from now.
//!     sleep(SECOND * 9).await;
//!     assert!(!is_closed.get());
//!     idle.delay(SECOND)?; // One more than that.
//!     assert_eq!(idle.remaining()?, SECOND * 2);
//!     sleep(SECOND * 2).await;
//!     assert_eq!(idle.cancel(), Err(CallError::AlreadyCalled));
//!     Ok::<bool, CallError>(is_closed.get())
//! })?;
//! assert!(is_closed?);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Again and again
//!
//! Intervals and looping calls lie on a grid that is anchored where they are started and does not
//! drift. Points that go by while one is busy are skipped, never made up for in a burst; the count
//! tells of them. An interval is for code that awaits:
//!
//! ```
//! use std::time::Duration;
//!
//! use crochet::testing::Harness;
//! use crochet::{interval, sleep};
//!
//! const SECOND: Duration = Duration::from_secs(1);
//!
//! let mut harness = Harness::new();
//! let counts = harness.block_on(async {
//!     let mut interval = interval(SECOND);
//!     let first = interval.tick().await; // At once.
//!     sleep(SECOND * 5 / 2).await; // The points at one second and at two go by.
//!     [first, interval.tick().await]
//! })?;
//! assert_eq!(counts, [1, 3]);
//! assert_eq!(harness.now(), SECOND * 3);
//! # Ok::<(), crochet::testing::BlockOnError>(())
//! ```
//!
//! A [`LoopingCall`](crate::LoopingCall) is Twisted's. What it calls may return a future, which it
//! waits for; an error ends the looping and is the outcome of its completion.
//!
//! ```
//! use std::future::ready;
//! use std::time::Duration;
//!
//! use crochet::testing::Harness;
//! use crochet::{LoopingCall, LoopingError};
//!
//! let mut harness = Harness::new();
//! let ended = harness.block_on(async {
//!     let mut left = 3;
//!     let looping = LoopingCall::of_futures(move || {
//!         left -= 1;
//!         ready(if left > 0 { Ok(()) } else { Err("nothing is left") })
//!     });
//!     let completion = looping.start(Duration::from_secs(60)).expect("it was not running");
//!     completion.await // `looping.stop()` would end it, too.
//! })?;
//! assert!(matches!(ended, Err(LoopingError::Failed("nothing is left"))));
//! assert_eq!(harness.now(), Duration::from_secs(120));
//! # Ok::<(), crochet::testing::BlockOnError>(())
//! ```
//!
//! A blocking program that wants something refreshed in the background submits that loop as an
//! operation, and keeps the handle for as long as it wants it:
//!
//! ```
//! use std::sync::mpsc::{self, Sender};
//! use std::time::Duration;
//!
//! use crochet::run_in_reactor;
//!
//! #[run_in_reactor]
//! async fn refresh(period: Duration, fresh: Sender<u32>) {
//!     let mut interval = crochet::interval(period);
//!     for number in 0.. {
//!         interval.tick().await;
//!         if fresh.send(number).is_err() {
//!             return; // Nobody listens any more.
//!         }
//!     }
//! }
//!
//! crochet::setup()?;
//! let (fresh, values) = mpsc::channel();
//! let refreshing = refresh(Duration::from_millis(1), fresh).cancel_on_drop();
//! assert_eq!(values.iter().take(3).collect::<Vec<_>>(), [0, 1, 2]);
//! drop(refreshing); // It ends here.
//! # Ok::<(), crochet::SetupError>(())
//! ```
//!
//! # Slack
//!
//! A timer that need not be exact is given a slack: it then ends at the roundest time within that, as
//! others do, and the reactor wakes up once for all of them. Many timers of connections are like that.
//!
//! ```
//! use std::time::Duration;
//!
//! use crochet::testing::Harness;
//! use crochet::{join_all, sleep};
//!
//! let mut harness = Harness::new();
//! let ends = harness.block_on(async {
//!     let begun = crochet::Deadline::after(Duration::from_secs(60));
//!     let tenth = Duration::from_millis(100);
//!     join_all([1000, 1015, 1030].map(|millis| {
//!         let sleep = sleep(Duration::from_millis(millis)).slack(tenth);
//!         let begun = begun.clone();
//!         async move {
//!             sleep.await;
//!             begun.left()
//!         }
//!     }))
//!     .await
//! })?;
//! assert!(ends.iter().all(|end| *end == ends[0])); // All at the same time.
//! # Ok::<(), crochet::testing::BlockOnError>(())
//! ```
//!
//! # Tasks
//!
//! [`spawn`](crate::spawn) has a future run beside the one that spawns it. Its handle is a future of
//! the result. A task is not tied to its handle, nor to the operation that spawned it:
//!
//! | what | does |
//! | --- | --- |
//! | awaiting the handle | gives the output, or a [`JoinError`](crate::JoinError) |
//! | dropping the handle | lets the task go on |
//! | [`cancel`](crate::JoinHandle::cancel) | has the reactor drop the task, soon |
//! | dropping a handle that was made to [`cancel_on_drop`](crate::JoinHandle::cancel_on_drop) | the same |
//! | a panic | ends that task alone; it is logged when nobody asks for it |
//! | the reactor's stop | drops all tasks |
//!
//! For a fixed number of futures no task is needed: [`join_all`](crate::join_all) waits for all,
//! [`gather`](crate::gather()) for all or the first failure, [`race`](crate::race) for the first to
//! end, [`race_ok`](crate::race_ok) for the first to succeed. They drop whatever has not ended by then.
//!
//! # Scopes
//!
//! Most tasks should end with the work that they are part of. In a [`scope`](crate::scope()) they do,
//! in whichever way that ends: by returning, by an error, by its time limit, by being cancelled.
//!
//! ```
//! use std::time::Duration;
//!
//! use crochet::testing::Harness;
//! use crochet::{join_all, scope, sleep, timeout};
//!
//! const SECOND: Duration = Duration::from_secs(1);
//!
//! let mut harness = Harness::new();
//! harness.block_on(async {
//!     let sum = scope(|scope| async move {
//!         // Goes on while the others do, and not longer.
//!         drop(scope.spawn_named("heartbeat", async {
//!             let mut beat = crochet::interval(SECOND);
//!             loop {
//!                 beat.tick().await;
//!             }
//!         }));
//!         let parts = [1, 2, 3].map(|part| {
//!             scope.spawn(async move {
//!                 sleep(SECOND * part).await;
//!                 part
//!             })
//!         });
//!         join_all(parts).await.into_iter().map(|part| part.expect("no panic")).sum::<u32>()
//!     });
//!     assert_eq!(timeout(SECOND * 10, sum).await.expect("in time").unwrap(), 6);
//! })?;
//! assert_eq!(harness.now(), SECOND * 3); // They ran side by side.
//! # Ok::<(), crochet::testing::BlockOnError>(())
//! ```
//!
//! A child that panics ends its scope, with the panic as the error;
//! [`scope_with`](crate::scope_with) leaves it to the child's handle.
//!
//! # Names
//!
//! [`spawn_named`](crate::spawn_named) and [`operation`](crate::operation) give names, which stand in
//! messages and in [listings](super::observability). Without one there is the place in the source
//! that spawned or submitted.
//!
//! # Taking turns
//!
//! Tasks run one at a time, each until its next `.await` that has to wait. One that computes for long
//! calls [`yield_now`](crate::yield_now) now and then:
//!
//! ```
//! use crochet::{wait_for, yield_now};
//!
//! #[wait_for(timeout = 5.0)]
//! async fn sum(numbers: &[u64]) -> u64 {
//!     let mut sum = 0;
//!     for some in numbers.chunks(10_000) {
//!         sum += some.iter().sum::<u64>();
//!         yield_now().await; // All others have their turn.
//!     }
//!     sum
//! }
//!
//! crochet::setup()?;
//! let numbers: Vec<u64> = (1..=100_000).collect();
//! assert_eq!(sum(&numbers).unwrap(), 5_000_050_000);
//! # Ok::<(), crochet::SetupError>(())
//! ```
//!
//! What takes longer than that belongs into the [thread pool](super::threads). In the other
//! direction, nobody has to be polite on a socket that always has something to read: after a number of
//! operations in one go, a task waits for its next turn. The loop itself runs up to 128 tasks and 256
//! timers before it looks for events again, a [budget](crate::Builder::budget) that can be set:
//! smaller for timers and events that are to come sooner, larger for fewer system calls.
//!
//! # Waiting for each other
//!
//! [`sync`](crate::sync) has a lock, a semaphore, a queue and an event for tasks of one reactor, which
//! serve those who wait in their order. Between threads and the reactor there are
//! [channels](crate::channel): awaited on one side, blocking on the other.
