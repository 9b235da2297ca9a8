//! Which thread runs what, and the thread pool for work that blocks.
//!
//! | code | runs on |
//! | --- | --- |
//! | the body of a decorated function, and what it spawns | the reactor's thread |
//! | calls of [`call_later`](crate::call_later), cancellers, shutdown triggers | the reactor's thread |
//! | the destructor of an operation that has begun | the reactor's thread |
//! | the function given to [`defer_to_thread`](crate::defer_to_thread) or [`call_in_thread`](crate::call_in_thread) | a thread of the pool |
//! | whatever calls a decorated function | its own thread, which waits |
//!
//! Any thread may call a decorated function, wait for an [`EventualResult`](crate::EventualResult),
//! or cancel it. Sockets, timers and tasks belong to the reactor's thread, and the compiler keeps
//! them there: they are not `Send`. [`is_reactor_thread`](crate::is_reactor_thread) tells where one
//! is.
//!
//! # The reactor's thread is shared
//!
//! Everything on the reactor takes turns at `.await`s. Code that does not get there, because it
//! computes, reads files, or calls a library that blocks, keeps all the others waiting. Such code
//! goes to the reactor's thread pool.
//!
//! # Work for the pool
//!
//! From an operation, [`defer_to_thread`](crate::defer_to_thread) gives a future of the result. A
//! panic of the function is the future's error.
//!
//! ```
//! use crochet::{WaitError, wait_for};
//!
//! #[wait_for(timeout = 5.0)]
//! async fn sum(numbers: Vec<u64>) -> Result<u64, WaitError> {
//!     // The reactor goes on with other things meanwhile.
//!     let sum = crochet::defer_to_thread(move || numbers.iter().sum()).await?;
//!     Ok(sum)
//! }
//!
//! crochet::setup()?;
//! assert_eq!(sum((1..=1000).collect()).unwrap(), 500_500);
//! # Ok::<(), crochet::SetupError>(())
//! ```
//!
//! [`call_in_thread`](crate::call_in_thread) is for work whose end nobody waits for. Both may be
//! called from any thread.
//!
//! # Back to the reactor
//!
//! A job is ordinary blocking code. It may call decorated functions, and
//! [`blocking_call_from_thread`](crate::blocking_call_from_thread), which runs something on the
//! very reactor that the pool belongs to.
//!
//! A pool whose threads all wait for operations, which in turn wait for the pool, would be stuck
//! for ever. Here a job that waits for anything of this library does not count among those that may
//! run at a time: others run in its stead, on another thread if need be.
//!
//! ```
//! use std::time::Duration;
//!
//! use crochet::{Builder, WaitError};
//!
//! crochet::setup_with(&Builder::default().pool_size(1))?; // One job at a time.
//! let patience = Duration::from_secs(5);
//!
//! let outer = crochet::defer_to_thread(move || {
//!     // Waits for the reactor, which waits for a second job.
//!     crochet::blocking_call_from_thread(patience, || async {
//!         crochet::defer_to_thread(|| 42).await
//!     })
//! });
//! let answer = crochet::try_wait_for(patience, || async {
//!     Ok::<i32, WaitError>(outer.await???)
//! });
//! assert_eq!(answer.unwrap(), 42);
//! # Ok::<(), crochet::SetupError>(())
//! ```
//!
//! # Its size
//!
//! Nothing is started before the first job. Threads are added as there is work, and those that have
//! none end after a while. [`Builder`](crate::Builder) has the settings:
//!
//! | setting | default |
//! | --- | --- |
//! | [`pool_size`](crate::Builder::pool_size): jobs that run at a time | 10 |
//! | [`pool_cap`](crate::Builder::pool_cap): threads, those whose jobs wait included | 256 |
//! | [`pool_queue_limit`](crate::Builder::pool_queue_limit): jobs that wait for a thread | none |
//! | [`pool_keep_alive`](crate::Builder::pool_keep_alive): how long a thread stays without work | 10 s |
//! | [`pool_join_timeout`](crate::Builder::pool_join_timeout): how long a stopping reactor waits for running jobs | 5 s |
//!
//! [`ThreadPool::set_size`](crate::ThreadPool::set_size) changes the size later, and
//! [`ThreadPool::stats`](crate::ThreadPool::stats) says what the pool is doing. Jobs begin in the
//! order in which they were handed over.
