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
//! 7. [`shutdown`]: stopping, draining, triggers, the end of the process, starting again.
//! 8. [`logging`]: what is logged where, and loggers that nobody waits for.
//! 9. [`testing`]: tests with virtual time, which never wait.
//! 10. [`signals`]: Ctrl-C and requests to end.
//! 11. [`fork`]: what a forked child finds.
//! 12. [`differences`]: how this compares with `async` programs and with tokio's `block_on`.
//!
//! The [front page](crate) lists the parts and the rules that hold everywhere. What an item does in
//! every case, its errors and panics, is said at the item, not here.

pub mod best_practices;
pub mod cancellation;
pub mod differences;
pub mod fork;
pub mod logging;
pub mod run_in_reactor;
pub mod setup;
pub mod shutdown;
pub mod signals;
pub mod testing;
pub mod threads;
pub mod wait_for;
