//! What is between the threads that log and the log thread.
//!
//! Sections under the lock are short and call nothing foreign. The queue grows under it, so a global
//! allocator that logs is the one program that this does not serve.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crochet_reactor::glue::ServiceThread;

use super::owned::Owned;
use super::passage::Passage;

/// How much may be queued.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pub(super) records: usize,
    pub(super) bytes: usize,
}

/// A record on its way.
#[derive(Debug)]
pub(super) struct Queued {
    pub(super) record: Owned,
    pub(super) passage: Passage,
    /// How many records are missing between the one before and this one.
    pub(super) missing: u64,
}

/// One process's queue of one bridge.
#[derive(Debug)]
pub(super) struct Queue {
    state: Mutex<State>,
    /// The log thread waits for something to do.
    work: Condvar,
    /// Others wait for the log thread.
    progress: Condvar,
}

#[derive(Debug)]
struct State {
    records: VecDeque<Queued>,
    bytes: usize,
    /// How many records have ever been queued.
    queued: u64,
    /// How many of these the log thread is through with.
    written: u64,
    /// How many of these had been written when the logger was last flushed.
    flushed: u64,
    /// The least number of written records at which somebody wants the logger flushed.
    flush_at: Option<u64>,
    dropped: u64,
    /// Dropped since the last record was queued or reported.
    missing: u64,
    panicked: u64,
    writer: Writer,
    thread: Option<Arc<ServiceThread>>,
    /// Set while the log thread waits on `work` and nobody has notified it.
    asleep: bool,
    /// Set when the log thread is to end at the end of the queue. Never cleared.
    ending: bool,
}

/// Whether there is a log thread.
///
/// `Absent` to `Starting` by the thread that will start it, on to `Running` when it has or back when
/// the system refused; `Ended` by the log thread, at the end of the queue after `ending` was set,
/// when it has called the logger for the last time. Nothing is queued after that.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Writer {
    Absent,
    Starting,
    Running,
    Ended,
}

/// What the thread that logs a record is left with.
#[derive(Debug)]
pub(super) enum Pushed {
    Done,
    /// It is to start the log thread, and to say how that went.
    Start,
    /// The log thread has ended, and the record was not queued.
    Ended(Owned),
}

/// What the log thread is to do.
#[derive(Debug)]
pub(super) enum Job {
    Write(Queued),
    /// So many records are missing at the end of the queue.
    Report(u64),
    /// The logger is to be flushed; the number is for [`Finished::Flush`].
    Flush(u64),
    End,
}

/// What the log thread has done.
#[derive(Clone, Copy, Debug)]
pub(super) enum Finished {
    Nothing,
    Write,
    Flush(u64),
}

impl Queue {
    pub(super) const fn new() -> Self {
        Self {
            state: Mutex::new(State {
                records: VecDeque::new(),
                bytes: 0,
                queued: 0,
                written: 0,
                flushed: 0,
                flush_at: None,
                dropped: 0,
                missing: 0,
                panicked: 0,
                writer: Writer::Absent,
                thread: None,
                asleep: false,
                ending: false,
            }),
            work: Condvar::new(),
            progress: Condvar::new(),
        }
    }

    /// Queues a record, or drops and counts it.
    pub(super) fn push(&self, record: Owned, passage: Passage, limits: Limits) -> Pushed {
        let size = record.size();
        let mut state = self.lock();
        if state.writer == Writer::Ended {
            return Pushed::Ended(record);
        }
        let start = state.claim_start();
        if state.has_room(size, limits) {
            state.bytes += size;
            state.queued += 1;
            let missing = std::mem::take(&mut state.missing);
            state.records.push_back(Queued {
                record,
                passage,
                missing,
            });
            self.wake(state);
        } else {
            state.dropped += 1;
            state.missing += 1;
        }
        if start { Pushed::Start } else { Pushed::Done }
    }

    /// Counts a record that is not to be queued, and is not to be reported as missing.
    pub(super) fn refuse(&self) {
        self.lock().dropped += 1;
    }

    /// Counts a record that the logger lost.
    pub(super) fn lost(&self) {
        self.lock().panicked += 1;
    }

    pub(super) fn dropped(&self) -> u64 {
        self.lock().dropped
    }

    pub(super) fn panicked(&self) -> u64 {
        self.lock().panicked
    }

    /// Takes note of what the log thread has done, and waits until there is more to do.
    pub(super) fn next(&self, finished: Finished) -> Job {
        let mut state = self.lock();
        match finished {
            Finished::Nothing => {}
            Finished::Write => state.written += 1,
            Finished::Flush(written) => {
                state.flushed = written;
                self.progress.notify_all();
            }
        }
        loop {
            if let Some(job) = state.next() {
                if matches!(job, Job::End) {
                    state.writer = Writer::Ended;
                    self.progress.notify_all();
                }
                return job;
            }
            state.asleep = true;
            state = self
                .work
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
            state.asleep = false;
        }
    }

    /// Waits until what is queued has been written and flushed; tells whether it was in time.
    pub(super) fn flush(&self, limit: Duration) -> bool {
        let begun = Instant::now();
        let mut state = self.lock();
        let target = state.queued;
        while state.flushed < target && state.writer != Writer::Ended {
            let left = limit.saturating_sub(begun.elapsed());
            if left.is_zero() {
                return false;
            }
            // Again each time: a flush in between serves those who want less.
            state.flush_at = Some(state.flush_at.map_or(target, |at| at.min(target)));
            if std::mem::take(&mut state.asleep) {
                self.work.notify_one();
            }
            let waited = self.progress.wait_timeout(state, left);
            (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        }
        true
    }

    /// Tells the caller to start the log thread, if there is something to write and no thread.
    pub(super) fn claim_start_for_rest(&self) -> bool {
        let mut state = self.lock();
        !state.records.is_empty() && state.claim_start()
    }

    /// Says that the log thread has been started.
    pub(super) fn started(&self, thread: ServiceThread) {
        let mut state = self.lock();
        if state.writer == Writer::Starting {
            state.writer = Writer::Running;
        }
        state.thread = Some(Arc::new(thread));
    }

    /// Says that the system refused the log thread; the next record is another chance.
    pub(super) fn not_started(&self) {
        self.lock().writer = Writer::Absent;
    }

    /// Makes the log thread end at the end of the queue.
    pub(super) fn ask_to_end(&self) {
        let mut state = self.lock();
        state.ending = true;
        if state.writer == Writer::Absent && state.records.is_empty() {
            state.writer = Writer::Ended;
        }
        self.wake(state);
    }

    /// Waits until the log thread has ended, at most for `limit`.
    pub(super) fn join(&self, limit: Duration) {
        let begun = Instant::now();
        let waited = self
            .progress
            .wait_timeout_while(self.lock(), limit, |state| state.writer != Writer::Ended);
        let (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        if state.writer != Writer::Ended {
            return;
        }
        let thread = state.thread.clone();
        drop(state);
        let left = limit.saturating_sub(begun.elapsed());
        match thread.map(|thread| thread.join_within(left)) {
            // It has called the logger for the last time. The destructors of its locals may take longer, or
            // be what calls this; and it contains every panic, so there is nothing to learn from its end.
            None | Some(None | Some(Ok(()) | Err(_))) => {}
        }
    }

    /// Wakes the log thread if it waits, without the lock.
    fn wake(&self, mut state: MutexGuard<'_, State>) {
        let asleep = std::mem::take(&mut state.asleep);
        drop(state);
        if asleep {
            self.work.notify_one();
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing panics while it holds this lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn has_room(&self, size: usize, limits: Limits) -> bool {
        self.records.is_empty()
            || (self.records.len() < limits.records
                && self.bytes.saturating_add(size) <= limits.bytes)
    }

    fn claim_start(&mut self) -> bool {
        let absent = self.writer == Writer::Absent;
        if absent {
            self.writer = Writer::Starting;
        }
        absent
    }

    fn next(&mut self) -> Option<Job> {
        let to_flush = self.flush_at.is_some_and(|at| at <= self.written);
        // What was dropped at the end of the queue is told before.
        let to_report = self.records.is_empty() && self.missing > 0;
        if to_flush && !to_report {
            return Some(self.flush_now());
        }
        if let Some(queued) = self.records.pop_front() {
            self.bytes -= queued.record.size();
            return Some(Job::Write(queued));
        }
        if to_report {
            return Some(Job::Report(std::mem::take(&mut self.missing)));
        }
        if !self.ending {
            return None;
        }
        if self.flushed < self.written {
            return Some(self.flush_now());
        }
        Some(Job::End)
    }

    fn flush_now(&mut self) -> Job {
        self.flush_at = None;
        Job::Flush(self.written)
    }
}

#[cfg(test)]
mod tests {
    use std::thread;
    use std::time::Duration;

    use log::Level;

    use super::super::passage::Mark;
    use super::{Finished, Job, Limits, Owned, Passage, Pushed, Queue};

    const LONG: Duration = Duration::from_secs(60);

    const LIMITS: Limits = Limits {
        records: 8,
        bytes: usize::MAX,
    };

    fn push(queue: &Queue) -> Pushed {
        let record = Owned::new(Level::Info, "queue", String::new());
        queue.push(record, Passage::own(Mark::new()), LIMITS)
    }

    #[test]
    fn a_flush_does_not_wait_for_what_another_one_wants() {
        let queue = Queue::new();
        assert!(matches!(push(&queue), Pushed::Start));
        thread::scope(|scope| {
            let first = scope.spawn(|| queue.flush(LONG));
            while queue.lock().flush_at.is_none() {
                thread::yield_now();
            }
            assert!(matches!(push(&queue), Pushed::Done));
            let second = scope.spawn(|| queue.flush(LONG));
            // The log thread's part.
            assert!(matches!(queue.next(Finished::Nothing), Job::Write(_)));
            assert!(matches!(queue.next(Finished::Write), Job::Flush(1)));
            assert!(matches!(queue.next(Finished::Flush(1)), Job::Write(_)));
            assert!(first.join().expect("no panic"));
            assert!(!second.is_finished());
            assert!(matches!(queue.next(Finished::Write), Job::Flush(2)));
            queue.lock().ending = true;
            assert!(matches!(queue.next(Finished::Flush(2)), Job::End));
            assert!(second.join().expect("no panic"));
        });
    }
}
