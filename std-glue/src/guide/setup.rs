//! Starting the reactor, or running it yourself.
//!
//! Linking this library does nothing to a process. There is no thread, no file descriptor and no
//! hook until somebody asks for a reactor; a call before that fails as
//! [`NotSetUp`](crate::WaitError::NotSetUp).
//!
//! # The usual way
//!
//! [`setup`](crate::setup) starts one reactor for the whole process, in a thread of its own.
//!
//! ```
//! use std::time::Duration;
//!
//! use crochet::WaitError;
//!
//! let second = Duration::from_secs(1);
//! let early = crochet::wait_for(second, || async { 2 + 2 });
//! assert!(matches!(early, Err(WaitError::NotSetUp)));
//!
//! crochet::setup()?;
//! crochet::setup()?; // Once is enough; more often does no harm.
//! assert_eq!(crochet::wait_for(second, || async { 2 + 2 }).unwrap(), 4);
//! # Ok::<(), crochet::SetupError>(())
//! ```
//!
//! Any thread may call it, and several at once may: the first call starts the reactor, and the
//! others find it started. So a library need not ask whether the program, or another library, has
//! called it. It calls `setup` where its users begin, such as in the constructor of its client
//! type, and all share one reactor.
//!
//! All, that is, that are linked into one program. A plug-in that is loaded at run time, a `cdylib`, has a
//! copy of this library in it, and so a reactor of its own, which neither [`no_setup`](crate::no_setup) nor
//! [`stop`](crate::stop) in the program is about. Both stop when the process ends.
//!
//! The reactor ends with the process; see [`shutdown`](super::shutdown). It puts a hook in front of
//! the panic hook, which notes where a contained panic happened and calls the hook before, and asks
//! the system to be told of forks and of the process's end. No signal is touched, and no logger is
//! set.
//!
//! # With other settings
//!
//! A program that wants a limit on queued operations, or another size of the thread pool, calls
//! [`setup_with`](crate::setup_with) before anybody calls `setup`. It is told when it comes too
//! late.
//!
//! ```
//! use crochet::{Builder, SetupError};
//!
//! crochet::setup_with(&Builder::default().queue_limit(10_000).pool_size(4))?;
//!
//! let second = crochet::setup_with(&Builder::default());
//! assert!(matches!(second, Err(SetupError::AlreadySetUp)));
//! # Ok::<(), SetupError>(())
//! ```
//!
//! With a [queue limit](crate::Builder::queue_limit), a call that blocks waits for room, within its
//! time limit, and one in the background fails as [`QueueFull`](crate::EventualError::QueueFull).
//!
//! # Calls back to back
//!
//! On more than one core, most of a short call's time is the waking of two sleeping threads. By default
//! both ends therefore look out for a moment before they sleep, as long as their waits turn out to
//! be short; programs whose operations take longer, and idle ones, do not notice. A program that would
//! rather never spend processor time on waiting, or always, says so with a
//! [`WaitStrategy`](crate::WaitStrategy):
//!
//! ```
//! use std::time::Duration;
//!
//! use crochet::{Builder, WaitStrategy};
//!
//! let saving = Builder::default()
//!     .wait_strategy(WaitStrategy::Park)
//!     .idle_strategy(WaitStrategy::Park);
//!
//! let eager = WaitStrategy::SpinThenPark(Duration::from_millis(1));
//! let eager = Builder::default().wait_strategy(eager).idle_strategy(eager);
//! # drop((saving, eager));
//! ```
//!
//! # When the application has the loop
//!
//! A program whose main thread is to be the reactor's calls [`no_setup`](crate::no_setup) before
//! any library calls `setup`. It gets the [`Reactor`](crate::Reactor) and runs it; every later
//! `setup` does nothing, so the libraries use that one.
//!
//! ```
//! use std::thread;
//! use std::time::Duration;
//!
//! let mut reactor = crochet::no_setup()?;
//!
//! let program = thread::spawn(|| {
//!     crochet::setup().expect("there is a reactor: this does nothing");
//!     let sum = crochet::wait_for(Duration::from_secs(5), || async { 2 + 2 });
//!     crochet::remote().expect("there is a reactor").stop();
//!     sum
//! });
//! reactor.run()?; // Returns when the reactor has been stopped.
//! assert_eq!(program.join().unwrap().unwrap(), 4);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! A program with a loop of its own, such as a game or a graphical one, does a
//! [turn](crate::Reactor::turn) whenever it has time. A turn does not sleep. Blocking calls are
//! refused on that thread, because nobody else would do what they wait for; results that are there
//! already can be fetched.
//!
//! ```
//! use std::time::Duration;
//!
//! use crochet::Budget;
//!
//! let mut reactor = crochet::no_setup()?;
//! let answer = crochet::run_in_reactor(|| async {
//!     crochet::sleep(Duration::from_millis(1)).await;
//!     42
//! });
//! while !answer.is_ready() {
//!     reactor.turn(Budget::default())?;
//!     // Here the frame is drawn.
//! }
//! assert_eq!(answer.wait(Duration::ZERO).unwrap(), 42);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Such a reactor is the application's to end as well: the process's end does not wait for it.
//!
//! # More than one reactor
//!
//! A [`Reactor`](crate::Reactor) is a value. Any thread can [make](crate::Reactor::new) one and
//! [run](crate::Reactor::run) it, beside that of the process, and other threads reach it through
//! its [`Remote`](crate::Remote). Decorated functions go to the process's reactor, unless their
//! caller is within [`with_reactor`](crate::testing::with_reactor).
