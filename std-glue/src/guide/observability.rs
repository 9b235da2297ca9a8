//! What the reactor is doing, what holds it up, and reactors inside loops of a host's own.
//!
//! # A look at it
//!
//! [`Remote::stats`](crate::Remote::stats) reads the counters from any thread, without disturbing the
//! loop. [`Remote::snapshot`](crate::Remote::snapshot) asks the loop, and so takes a time limit, for
//! all that it has: tasks, timers, sockets. Each task tells its name, if it has one, where it was
//! spawned or submitted, what it is doing, and since when.
//!
//! ```
//! use std::future;
//! use std::time::Duration;
//!
//! crochet::setup()?;
//! let reactor = crochet::remote()?;
//! let patience = Duration::from_secs(5);
//!
//! let upload = crochet::operation().name("upload").run(future::pending::<()>).cancel_on_drop();
//! let look = reactor.snapshot(patience)?;
//! let task = look.tasks.iter().find(|task| task.name() == Some("upload")).expect("it goes on");
//! println!("{task}"); // Its name, its place in the source, its state, its age.
//! assert_eq!(task.site().file(), file!());
//!
//! drop(upload);
//! let stats = reactor.stats();
//! assert!(stats.operations_begun >= 1 && stats.panics == 0);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Two readings, subtracted, are rates: of turns, of system calls that woke the loop, of operations.
//! `operations_begun - operations_ended` is how many are under way. The counters cost an addition
//! each, and are always on.
//!
//! # Tasks that hold the others up
//!
//! Everything shares one thread, so the usual trouble is a task that computes or blocks between two
//! `.await`s. [`Builder::slow_poll`](crate::Builder::slow_poll) has the reactor say in the log which
//! task took longer than a given time, and from where it was spawned or submitted. That costs two
//! looks at the clock per poll, so it is off unless asked for.
//!
//! ```
//! use std::time::Duration;
//!
//! use crochet::{Builder, Timing};
//!
//! let settings = Builder::default()
//!     .slow_poll(Duration::from_micros(1))
//!     .timing(Timing::TurnsAndPolls);
//! crochet::setup_with(&settings)?;
//!
//! let patience = Duration::from_secs(5);
//! let counted = crochet::wait_for(patience, || async {
//!     // A mistake: this belongs into the thread pool.
//!     (0..1_000_000_u64).map(std::hint::black_box).sum::<u64>()
//! });
//! assert_eq!(counted?, 499_999_500_000);
//! // Asked on the loop, after that poll was counted.
//! let look = crochet::remote()?.snapshot(patience)?;
//! assert!(look.stats.slow_polls >= 1);
//!
//! let times = look.times.expect("they are measured");
//! let longest = times.polls.quantile(1.0).expect("there was one");
//! assert!(longest > Duration::from_micros(1));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! | setting | tells |
//! | --- | --- |
//! | [`slow_poll`](crate::Builder::slow_poll) | in the log, as a warning, which task kept the loop so long; counted in `slow_polls` |
//! | [`long_turn`](crate::Builder::long_turn) | in the log, that timers and events came so late, by one task or by many; counted in `long_turns` |
//! | [`timing`](crate::Builder::timing) | as [histograms](crate::Times), how long turns took, and polls if asked |
//!
//! The log gets one such record in a second at most, which says how many were left out. A loop that
//! does not answer [`tasks`](crate::Remote::tasks) or `snapshot` in time is being held up at that
//! moment.
//!
//! # A reactor in a host's loop
//!
//! Some programs have a loop already: a game's frames, a window system's events, an epoll. Such a host
//! makes its own [`Reactor`](crate::Reactor), or takes that of [`no_setup`](crate::no_setup), and does
//! [turns](crate::Reactor::turn) in its loop. A turn never sleeps, and a [`Budget`](crate::Budget)
//! limits it: so many timers, so many tasks, the rest in the next turn.
//!
//! ```
//! use std::time::{Duration, Instant};
//!
//! use crochet::{Budget, Reactor};
//!
//! let mut reactor = Reactor::new()?;
//! let loading = reactor.spawn(async { crochet::sleep(Duration::from_millis(2)).await });
//!
//! let mut frames = 0;
//! while !loading.is_finished() {
//!     let end = Instant::now() + Duration::from_micros(500); // The reactor's part of a frame.
//!     loop {
//!         reactor.turn(Budget::new(16, 16))?;
//!         let has_more = reactor.next_turn_in() == Some(Duration::ZERO);
//!         if !has_more || Instant::now() >= end {
//!             break;
//!         }
//!     }
//!     frames += 1; // Here it draws.
//! }
//! assert!(frames > 0);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! A host that waits in a poller of its own adds the reactor's
//! [`pollable_fd`](crate::Reactor::pollable_fd) to it (on Unix), and waits no longer than
//! [`next_turn_in`](crate::Reactor::next_turn_in) says:
//!
//! 1. ask `next_turn_in`, and wait for so long at most, for the reactor's file descriptor and others;
//! 2. if that is readable, or the time has come, do a turn;
//! 3. again.
//!
//! Other threads use such a reactor as any other. On the host's own thread blocking calls to it are
//! refused, in turns and between them: nobody else would do what they wait for. At its end the host
//! calls [`stop`](crate::Remote::stop) and does one more turn, or drops the reactor.
