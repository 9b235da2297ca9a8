//! One run of a looping call: from its start to its end.

use std::cell::RefCell;
use std::convert::Infallible;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context as TaskContext, Poll, ready};
use std::time::Duration;

use super::body::Body;
use super::{Inner, LoopingError};
use crate::caught;
use crate::context::{self, Context};
use crate::deferred::{Deferred, Resolver};
use crate::interval::Grid;
use crate::label::Label;
use crate::sleep::Sleep;
use crate::spawn::JoinHandle;
use crate::unhandled::{self, Describe};

/// The state of a run that has not ended.
pub(super) struct Run<E> {
    context: Rc<Context>,
    grid: Grid,
    sleep: Sleep,
    course: Course,
    // Taken by whoever ends the run.
    resolver: Option<Resolver<Ended<E>>>,
    task: Option<JoinHandle<()>>,
}

/// What a run is doing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Course {
    /// Its timer is set. Left when that is due, and when the run is stopped.
    Waiting,
    /// A call is going on. Left when that has ended, and when the run is asked to stop.
    Calling,
    /// The run ends with the call that is going on.
    Stopping,
}

impl<E> Run<E> {
    pub(super) fn new(
        context: &Rc<Context>,
        now: Duration,
        grid: Grid,
        slack: Duration,
        resolver: Resolver<Ended<E>>,
    ) -> Self {
        let first = context::tick_at(now, grid.first());
        Self {
            context: Rc::clone(context),
            grid,
            sleep: Sleep::at(Rc::clone(context), first).slack(slack),
            course: Course::Waiting,
            resolver: Some(resolver),
            task: None,
        }
    }

    /// Keeps the task that drives the run, to cancel it when the run is stopped.
    pub(super) fn keep(&mut self, task: JoinHandle<()>) {
        self.task = Some(task);
    }

    /// Returns the task that drives the run.
    pub(super) fn take_task(&mut self) -> Option<JoinHandle<()>> {
        self.task.take()
    }

    pub(super) fn course(&self) -> Course {
        self.course
    }

    /// Has the run end with the call that is going on, if there is one. Returns what it was doing.
    pub(super) fn ask_to_stop(&mut self) -> Course {
        let course = self.course;
        if course == Course::Calling {
            self.course = Course::Stopping;
        }
        course
    }

    pub(super) fn reset(&mut self) {
        let now = self.context.time.elapsed();
        self.grid.anchor(now);
        if self.course == Course::Waiting {
            let first = self.grid.first();
            self.sleep.set_deadline(context::tick_at(now, first));
        }
    }

    /// Waits for the next call. Returns the number to call the function with.
    fn poll_wait(&mut self, cx: &mut TaskContext<'_>) -> Poll<u64> {
        // Polled within the borrow: the waker is that of a task of the loop, never foreign code.
        ready!(Pin::new(&mut self.sleep).poll(cx));
        self.course = Course::Calling;
        Poll::Ready(self.grid.count(self.context.time.elapsed()))
    }

    fn await_next(&mut self) {
        let now = self.context.time.elapsed();
        let next = self.grid.next_after(now);
        self.sleep.set_deadline(context::tick_at(now, next));
        self.course = Course::Waiting;
    }
}

impl<E> Inner<E> {
    /// Ends a run, once.
    pub(super) fn end(&self, run: &Rc<RefCell<Run<E>>>, result: Result<(), LoopingError<E>>) {
        let resolver = run.borrow_mut().resolver.take();
        let Some(resolver) = resolver else {
            return;
        };
        // From here on it can be started again.
        let ended = self.run.take();
        drop(ended);
        let ended = Ended {
            result: Some(result),
            describe: self.describe,
            label: self.label,
        };
        // What nobody waits for is looked at, and logged, when it is dropped.
        if let Err(unwanted) = resolver.fire(ended) {
            drop(unwanted);
        }
    }
}

/// The task of a run.
pub(super) struct Driver<E> {
    inner: Rc<Inner<E>>,
    run: Rc<RefCell<Run<E>>>,
    calling: Option<Box<dyn Body<E>>>,
}

impl<E> Driver<E> {
    pub(super) fn new(inner: Rc<Inner<E>>, run: Rc<RefCell<Run<E>>>) -> Self {
        Self {
            inner,
            run,
            calling: None,
        }
    }

    fn poll_call(&mut self, cx: &mut TaskContext<'_>) -> Poll<Result<(), LoopingError<E>>> {
        if self.calling.is_none() {
            let count = ready!(self.run.borrow_mut().poll_wait(cx));
            let body = self.inner.body.take();
            let body = body.expect("one run calls at a time, and gives the function back");
            self.calling.insert(body).call(count);
        }
        let body = self.calling.as_mut().expect("it was put there");
        let outcome = ready!(body.poll(cx));
        self.give_back();
        Poll::Ready(match outcome.into_result() {
            Ok(result) => result.map_err(LoopingError::Failed),
            Err(panic) => Err(LoopingError::Panicked(panic)),
        })
    }

    /// Drops what is left of the present call, and puts the function back.
    fn give_back(&mut self) {
        if let Some(mut body) = self.calling.take() {
            body.drop_call();
            self.inner.body.set(Some(body));
        }
    }
}

impl<E> Future for Driver<E> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<()> {
        let this = &mut *self;
        loop {
            if this.run.borrow().resolver.is_none() {
                return Poll::Ready(());
            }
            let result = ready!(this.poll_call(cx));
            let mut run = this.run.borrow_mut();
            if result.is_ok() && run.course == Course::Calling {
                run.await_next();
            } else {
                drop(run);
                this.inner.end(&this.run, result);
                return Poll::Ready(());
            }
        }
    }
}

impl<E> Drop for Driver<E> {
    fn drop(&mut self) {
        self.give_back();
        // Unless the run has ended, it is the reactor that has.
        self.inner.end(&self.run, Err(LoopingError::ReactorStopped));
    }
}

/// How a run has ended. A failure that nobody looks at is logged once, when this is dropped.
pub(super) struct Ended<E> {
    result: Option<Result<(), LoopingError<E>>>,
    describe: Describe<E>,
    label: Label,
}

impl<E> Ended<E> {
    fn into_result(mut self) -> Result<(), LoopingError<E>> {
        self.result.take().expect("only this takes it")
    }
}

impl<E> Drop for Ended<E> {
    fn drop(&mut self) {
        match &self.result {
            Some(Err(LoopingError::Failed(error))) => {
                unhandled::report(&"a looping call", &self.label, &self.describe.of(error));
            }
            Some(Err(LoopingError::Panicked(panic))) => caught::report_unseen(&self.label, panic),
            Some(Ok(()) | Err(LoopingError::ReactorStopped)) | None => {}
        }
    }
}

/// The end of a looping, as a future: ready when the looping has been stopped or has failed.
///
/// Dropping it lets the looping go on. A failure that nobody has looked at is logged once.
pub struct Completion<E = Infallible> {
    deferred: Deferred<Ended<E>>,
}

impl<E> Completion<E> {
    pub(super) fn new(deferred: Deferred<Ended<E>>) -> Self {
        Self { deferred }
    }

    /// Tells whether the looping has ended.
    #[must_use]
    pub fn is_ended(&self) -> bool {
        self.deferred.has_fired()
    }
}

impl<E> Future for Completion<E> {
    type Output = Result<(), LoopingError<E>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<Self::Output> {
        let Ok(ended) = ready!(Pin::new(&mut self.deferred).poll(cx));
        Poll::Ready(ended.into_result())
    }
}

impl<E> fmt::Debug for Completion<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Completion")
            .field("ended", &self.is_ended())
            .finish_non_exhaustive()
    }
}
