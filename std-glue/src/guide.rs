//! How to use this library: chapters to read, with examples that run.
//!
//! The modules below hold text and no code. In the order in which a newcomer needs them:
//!
//! 1. [`setup`]: starting the reactor, or running it yourself.
//! 2. [`wait_for`]: functions that block until their body, which runs on the reactor, has ended.
//! 3. [`run_in_reactor`]: functions that return at once, and what their
//!    [`EventualResult`](crate::EventualResult) can do.
//! 4. [`best_practices`]: where the decorated functions of a program belong.
//! 5. [`cancellation`]: what it means that an operation is cancelled, and what it does not mean.
//! 6. [`threads`]: which thread runs what, and the thread pool for work that blocks.
//! 7. [`time_and_tasks`]: timers, calls that repeat, work side by side, and what becomes of it.
//! 8. [`networking`]: sockets, pipes and files, time limits, peers that are slow.
//! 9. [`processes`]: other programs, and their ends.
//! 10. [`adapters`]: hyper, TLS, and libraries that want tokio's I/O traits.
//! 11. [`shutdown`]: stopping, draining, triggers, the end of the process, starting again.
//! 12. [`logging`]: what is logged where, and loggers that nobody waits for.
//! 13. [`observability`]: what the reactor is doing, and what holds it up; loops of hosts.
//! 14. [`testing`]: tests with virtual time, which never wait.
//! 15. [`signals`]: Ctrl-C and requests to end.
//! 16. [`fork`]: what a forked child finds.
//! 17. [`differences`]: how this compares with `async` programs and with tokio's `block_on`.
//!
//! The [front page](crate) lists the parts and the rules that hold everywhere. What an item does in
//! every case, its errors and panics, is said at the item, not here.

pub mod adapters;
pub mod best_practices;
pub mod cancellation;
pub mod differences;
pub mod fork;
pub mod logging;
pub mod networking;
pub mod observability;
pub mod processes;
pub mod run_in_reactor;
pub mod setup;
pub mod shutdown;
pub mod signals;
pub mod testing;
pub mod threads;
pub mod time_and_tasks;
pub mod wait_for;
