//! Who takes part.

use core::fmt;
use core::time::Duration;
use std::io;
use std::sync::mpsc;
use std::thread;
use std::time::Instant;

use ::crochet::SetupError;

use crate::contest::{Contestant, Failure, Role};
use crate::measure::clock::share;
use crate::threads::calloop::CallbackThread;
use crate::threads::crochet::{ProcessReactor, ReactorThread};
use crate::threads::loop_thread::LoopThread;
use crate::threads::smol::ExecutorThread;
use crate::threads::tokio::RuntimeThread;
use crate::throughput::tally::Tally;

/// How much is submitted in a turn.
#[derive(Debug, Clone, Copy)]
pub struct Batch {
    /// The threads that submit.
    pub producers: usize,
    /// The pieces of work that each of them submits.
    pub each: usize,
}

/// One way to submit a piece of work. `S` submits a producer's whole share, so no call goes through a pointer.
pub struct Submitter<S> {
    name: &'static str,
    role: Role,
    batch: Batch,
    tally: &'static Tally,
    submit_share: S,
}

impl<S> Submitter<S>
where
    S: Fn(&'static Tally, usize) -> Result<(), Failure> + Sync,
{
    fn new(name: &'static str, role: Role, batch: Batch, submit_share: S) -> Self {
        Self {
            name,
            role,
            batch,
            // One for each contestant of the process: it is never freed.
            tally: Box::leak(Box::default()),
            submit_share,
        }
    }
}

impl Submitter<()> {
    /// Starts a reactor in a thread of its own.
    ///
    /// # Errors
    ///
    /// Returns the system's refusal.
    pub fn remote(batch: Batch) -> io::Result<impl Contestant> {
        let reactor = ReactorThread::start("crochet-throughput")?;
        let submit = move |tally: &'static Tally, pieces| {
            for _ in 0..pieces {
                let submitted = reactor.remote().submit(move || async move { tally.done() });
                // Dropping its handle lets it go on by itself.
                drop(submitted.map_err(|refused| refused.to_string())?);
            }
            Ok(())
        };
        Ok(Submitter::new(
            "crochet Remote::submit",
            Role::Own,
            batch,
            submit,
        ))
    }

    /// Starts the process's reactor.
    ///
    /// # Errors
    ///
    /// Returns Crochet's refusal.
    pub fn run_in_reactor(batch: Batch) -> Result<impl Contestant, SetupError> {
        let reactor = ProcessReactor::start()?;
        let submit = move |tally: &'static Tally, pieces| {
            // The calls find it by themselves; it runs as long as this closure is there.
            let _running = &reactor;
            for _ in 0..pieces {
                drop(::crochet::run_in_reactor(
                    move || async move { tally.done() },
                ));
            }
            Ok(())
        };
        Ok(Submitter::new(
            "crochet run_in_reactor",
            Role::Own,
            batch,
            submit,
        ))
    }

    /// Starts a current-thread runtime in a thread of its own.
    ///
    /// # Errors
    ///
    /// Returns the system's refusal.
    pub fn tokio(batch: Batch) -> io::Result<impl Contestant> {
        let runtime = RuntimeThread::start("tokio-throughput")?;
        let submit = move |tally: &'static Tally, pieces| {
            for _ in 0..pieces {
                drop(runtime.handle().spawn(async move { tally.done() }));
            }
            Ok(())
        };
        Ok(Submitter::new(
            "tokio Handle::spawn",
            Role::Peer,
            batch,
            submit,
        ))
    }

    /// Starts an executor in a thread of its own.
    ///
    /// # Errors
    ///
    /// Returns the system's refusal.
    pub fn smol(batch: Batch) -> io::Result<impl Contestant> {
        let executor = ExecutorThread::start("smol-throughput")?;
        let submit = move |tally: &'static Tally, pieces| {
            for _ in 0..pieces {
                executor
                    .executor()
                    .spawn(async move { tally.done() })
                    .detach();
            }
            Ok(())
        };
        Ok(Submitter::new(
            "smol Executor::spawn",
            Role::Peer,
            batch,
            submit,
        ))
    }

    /// Starts a loop that calls what comes through its channel: sockets, but no tasks.
    ///
    /// # Errors
    ///
    /// Returns the system's refusal.
    pub fn calloop(batch: Batch) -> io::Result<impl Contestant> {
        let thread = CallbackThread::start("calloop-throughput", |work: Box<Work>| work())?;
        let submit = move |tally: &'static Tally, pieces| {
            for _ in 0..pieces {
                let sent = thread.sender().send(Box::new(|| tally.done()));
                sent.map_err(|refused| refused.to_string())?;
            }
            Ok(())
        };
        Ok(Submitter::new(
            "calloop channel, boxed",
            Role::Peer,
            batch,
            submit,
        ))
    }

    /// Starts a thread that calls what comes through a channel: neither tasks nor sockets.
    ///
    /// # Errors
    ///
    /// Returns the system's refusal.
    pub fn mpsc(batch: Batch) -> io::Result<impl Contestant> {
        let (work, works) = mpsc::channel::<Box<Work>>();
        let thread = LoopThread::start("mpsc-throughput", move || {
            for work in works {
                work();
            }
        })?;
        let channel = Channel {
            work,
            _thread: thread,
        };
        let submit = move |tally: &'static Tally, pieces| {
            for _ in 0..pieces {
                channel.send(tally)?;
            }
            Ok(())
        };
        Ok(Submitter::new(
            "std mpsc, boxed",
            Role::Floor,
            batch,
            submit,
        ))
    }
}

/// A piece of work without a task.
type Work = dyn FnOnce() + Send;

/// What a thread takes its work from.
struct Channel {
    // Above the thread: closing the channel is what ends it.
    work: mpsc::Sender<Box<Work>>,
    _thread: LoopThread,
}

impl Channel {
    fn send(&self, tally: &'static Tally) -> Result<(), Failure> {
        let sent = self.work.send(Box::new(|| tally.done()));
        sent.map_err(|refused| refused.to_string().into())
    }
}

impl<S> Contestant for Submitter<S>
where
    S: Fn(&'static Tally, usize) -> Result<(), Failure> + Sync,
{
    fn name(&self) -> &'static str {
        self.name
    }

    fn role(&self) -> Role {
        self.role
    }

    fn turn(&mut self, samples: &mut Vec<u64>) -> Result<(), Failure> {
        let Batch { producers, each } = self.batch;
        self.tally.begin(producers * each);
        let start = Instant::now();
        thread::scope(|scope| {
            let producing: Vec<_> = (0..producers)
                .map(|_| scope.spawn(|| (self.submit_share)(self.tally, each)))
                .collect();
            producing
                .into_iter()
                .try_for_each(|thread| thread.join().expect("a producer only submits"))
        })?;
        match self.tally.wait(PATIENCE) {
            0 => {
                samples.push(share(start.elapsed(), producers * each));
                Ok(())
            }
            left => Err(Undone(left).into()),
        }
    }
}

/// Far beyond what a turn takes, so only lost work reaches it.
const PATIENCE: Duration = Duration::from_secs(60);

/// Some work was submitted and not done.
#[derive(Debug, Clone, Copy)]
struct Undone(usize);

impl fmt::Display for Undone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} pieces of work were not done within {PATIENCE:?}",
            self.0
        )
    }
}

impl core::error::Error for Undone {}
