//! A logger, and the thread that calls it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crochet_reactor::glue::PerProcess;
use log::{Level, Log, Metadata, Record};

use crochet_reactor::glue::ServiceThread;

use super::live;
use super::owned::Owned;
use super::passage::{Mark, Passage};
use super::queue::{Finished, Job, Limits, Pushed, Queue};

/// A wrapped logger. Its log thread shares it, and ends when told to.
pub(super) struct Bridge {
    logger: Box<dyn Log>,
    settings: Settings,
    mark: Mark,
    // A forked child has none of its parent's records, threads and locks.
    queue: PerProcess<Queue>,
}

/// How a bridge behaves.
#[derive(Clone, Copy, Debug)]
pub(super) struct Settings {
    pub(super) limits: Limits,
    pub(super) flush_limit: Duration,
    pub(super) filter: Filter,
}

/// Who asks the logger whether it wants a record.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Filter {
    ByCallers,
    ByLogThread,
}

impl Bridge {
    pub(super) fn new(logger: Box<dyn Log>, settings: Settings) -> Self {
        Self {
            logger,
            settings,
            mark: Mark::new(),
            queue: PerProcess::new(Queue::new()),
        }
    }

    /// Returns this process's queue.
    pub(super) fn queue(&self) -> &Queue {
        self.queue.get(Queue::new)
    }

    pub(super) fn flush_limit(&self) -> Duration {
        self.settings.flush_limit
    }

    /// Tells whether the calling thread is in a call of the wrapped logger.
    pub(super) fn is_writing_here(&self) -> bool {
        Passage::is_within(self.mark)
    }

    /// Tells whether a record that is logged here and now would be queued.
    pub(super) fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        Passage::through(self.mark).is_some() && self.is_wanted_now(metadata)
    }

    /// Hands a record on, or drops it.
    pub(super) fn log(self: &Arc<Self>, record: &Record<'_>) {
        let queue = self.queue();
        let Some(passage) = Passage::through(self.mark) else {
            queue.refuse();
            return;
        };
        if !self.is_wanted_now(record.metadata()) {
            return;
        }
        match queue.push(Owned::of(record), passage, self.settings.limits) {
            Pushed::Done => {}
            Pushed::Start => self.start(queue),
            // The process is ending; there may be no other chance to flush.
            Pushed::Ended(record) => {
                self.write(queue, &record, passage);
                self.flush_logger();
            }
        }
    }

    /// Waits until what is queued has been written and flushed; tells whether it was in time.
    pub(super) fn flush(self: &Arc<Self>, limit: Duration) -> bool {
        let queue = self.queue();
        if queue.claim_start_for_rest() {
            self.start(queue);
        }
        queue.flush(limit)
    }

    /// Ends the log thread when it has written everything, and waits for that at most for `limit`.
    ///
    /// A thread that is still in the logger then is left behind, and ends if the logger returns.
    pub(super) fn end(self: &Arc<Self>, limit: Duration) {
        let begun = Instant::now();
        let queue = self.queue();
        queue.ask_to_end();
        if self.is_writing_here() || limit.is_zero() {
            return;
        }
        if queue.claim_start_for_rest() {
            // The system has refused a thread so far: be the log thread, as long as there is time.
            self.run(|| begun.elapsed() < limit);
        }
        queue.join(limit.saturating_sub(begun.elapsed()));
    }

    fn start(self: &Arc<Self>, queue: &Queue) {
        live::add(self);
        let theirs = Arc::clone(self);
        match ServiceThread::start("crochet-log", move || theirs.run(|| true)) {
            Ok(thread) => queue.started(thread),
            // It cannot be logged. The records wait, and the next one tries again.
            Err(_refused) => queue.not_started(),
        }
    }

    /// Writes until the queue is at its end and the bridge is to end, or `has_time` says no.
    fn run(&self, has_time: impl Fn() -> bool) {
        let queue = self.queue();
        let mut finished = Finished::Nothing;
        while has_time() {
            finished = match queue.next(finished) {
                Job::Write(queued) => {
                    self.report(queued.missing);
                    self.write(queue, &queued.record, queued.passage);
                    Finished::Write
                }
                Job::Report(missing) => {
                    self.report(missing);
                    Finished::Nothing
                }
                Job::Flush(written) => {
                    self.flush_logger();
                    Finished::Flush(written)
                }
                Job::End => return,
            };
        }
    }

    fn write(&self, queue: &Queue, record: &Owned, passage: Passage) {
        if self.settings.filter == Filter::ByLogThread && !self.is_wanted(&record.metadata()) {
            return;
        }
        let _writing = passage.enter();
        if contain(|| record.write_to(&*self.logger)).is_none() {
            queue.lost();
        }
    }

    /// Says that records are missing here, if the program wants to know.
    fn report(&self, missing: u64) {
        if missing == 0 || log::max_level() < Level::Warn {
            return;
        }
        let text = match missing {
            1 => String::from("1 record was dropped: the queue of the log thread was full"),
            _ => format!("{missing} records were dropped: the queue of the log thread was full"),
        };
        let record = Owned::new(Level::Warn, "crochet::logs", text);
        if self.is_wanted(&record.metadata()) {
            let _writing = Passage::own(self.mark).enter();
            // If it panics, the number is still in the counter.
            contain(|| record.write_to(&*self.logger));
        }
    }

    fn flush_logger(&self) {
        let _writing = Passage::own(self.mark).enter();
        contain(|| self.logger.flush());
    }

    fn is_wanted_now(&self, metadata: &Metadata<'_>) -> bool {
        self.settings.filter == Filter::ByLogThread || self.is_wanted(metadata)
    }

    /// Asks the logger.
    fn is_wanted(&self, metadata: &Metadata<'_>) -> bool {
        let _asking = Passage::own(self.mark).enter();
        // A logger that cannot say gets it: to lose a record is worse than to write one too many.
        contain(|| self.logger.enabled(metadata)).unwrap_or(true)
    }
}

/// Calls foreign code; `None` if it panics. The panic hook has told of it.
pub(super) fn contain<R>(body: impl FnOnce() -> R) -> Option<R> {
    match catch_unwind(AssertUnwindSafe(body)) {
        Ok(value) => Some(value),
        Err(payload) => {
            // A payload's own destructor may panic as well; there is nobody left to tell.
            if let Err(again) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
                std::mem::forget(again);
            }
            None
        }
    }
}
