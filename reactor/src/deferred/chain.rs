//! The callbacks of a deferred, called one after the other.
//!
//! | stage | set when | left when |
//! | --- | --- | --- |
//! | waiting | made, a callback returned a deferred | that has a result, dropped, settled early |
//! | busy | the driver works; callbacks wait for their turn | no callback is left, dropped, settled early |
//! | settled | no callback is left, or it was cancelled | a callback is added |
//! | over | dropped, a callback panicked, it waited for what will not come | |
//!
//! The driver is a task, there while the chain is waiting or busy. Foreign code runs while nothing is
//! borrowed, so it may settle or drop the chain that calls it: the driver looks at the stage again.

use std::any::Any;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context as TaskContext, Poll, Waker};

use super::Lost;
use super::cancel::{Awaited, Error};
use super::teardown::drop_flat;
use crate::caught::{self, Outcome};
use crate::context::{self, Context};
use crate::label::Label;
use crate::panic::catch;
use crate::spawn::{JoinHandle, spawn_on};

/// What a chain waits for.
pub(super) trait Source {
    /// Waits for the result, and puts it where the next callback finds it.
    fn poll(&mut self, cx: &mut TaskContext<'_>) -> Poll<Result<(), Lost>>;

    /// Returns what is to be cancelled when the chain is.
    fn awaited(&self) -> Awaited;
}

/// A callback.
pub(super) trait Link {
    /// Calls it with the result of the one before. Its own result is put where the next finds it,
    /// or will be by what is returned.
    fn call(self: Box<Self>) -> Option<Box<dyn Source>>;

    /// Leaves the error of a cancellation as the result that the callback is called with, unless that
    /// is an error already. Returns what is to be dropped, where nothing is borrowed; `None` when errors
    /// there are of another type.
    fn fail_before(&self, error: &mut Error<'_>) -> Option<Box<dyn Any>>;

    /// Leaves the error of a cancellation as the result of the callback, which has not been called.
    /// Tells whether its errors are of that type.
    fn fail_after(&self, error: &mut Error<'_>) -> bool;
}

pub(super) struct Chain {
    state: RefCell<State>,
    context: Rc<Context>,
    label: Label,
}

struct State {
    stage: Stage,
    links: VecDeque<Box<dyn Link>>,
    /// Whoever awaits the end.
    waiter: Option<Waker>,
    driver: Option<JoinHandle<()>>,
    /// Tells the present driver from those before, which may be dropped later.
    drivers: u64,
    /// How often a cancellation has failed it: what was going on before has no say any more.
    failures: u64,
}

enum Stage {
    Waiting(Box<dyn Source>),
    Busy,
    Settled,
    /// What became of it, until somebody is told.
    Over(Option<Lost>),
}

/// How many callbacks are called before others have their turn.
const CALLS_AT_ONCE: u32 = 128;

impl Chain {
    /// Makes a chain that waits for `source`.
    #[track_caller]
    pub(super) fn begin(source: Box<dyn Source>, label: Label) -> Rc<Self> {
        let chain = Rc::new(Self {
            state: RefCell::new(State {
                stage: Stage::Waiting(source),
                links: VecDeque::new(),
                waiter: None,
                driver: None,
                drivers: 0,
                failures: 0,
            }),
            context: context::expect_current(),
            label,
        });
        chain.drive();
        chain
    }

    /// Adds a callback at the end.
    pub(super) fn append(self: &Rc<Self>, link: Box<dyn Link>) {
        let mut state = self.state.borrow_mut();
        state.links.push_back(link);
        if matches!(state.stage, Stage::Settled) {
            state.stage = Stage::Busy;
            drop(state);
            self.drive();
        }
    }

    pub(super) fn is_settled(&self) -> bool {
        matches!(self.state.borrow().stage, Stage::Settled)
    }

    /// Waits for the end, whose result has not been found in its slot.
    pub(super) fn poll_end(&self, cx: &TaskContext<'_>) -> Poll<Lost> {
        // Cloned before the borrow: a waker is foreign code.
        let new = cx.waker().clone();
        let mut state = self.state.borrow_mut();
        match &mut state.stage {
            Stage::Waiting(_) | Stage::Busy => {
                let old = state.waiter.replace(new);
                drop(state);
                drop(old);
                Poll::Pending
            }
            Stage::Settled => panic!("a deferred was polled after it was ready"),
            Stage::Over(lost) => Poll::Ready(lost.take().unwrap_or(Lost::Abandoned)),
        }
    }

    /// Returns what the chain waits for, if it does.
    pub(super) fn awaited(&self) -> Option<Awaited> {
        match &self.state.borrow().stage {
            Stage::Waiting(source) => Some(source.awaited()),
            Stage::Busy | Stage::Settled | Stage::Over(_) => None,
        }
    }

    /// Ends the chain with the result that `put` puts in the end's slot; what is left of it is dropped.
    pub(super) fn settle_early(&self, put: impl FnOnce()) {
        if matches!(self.state.borrow().stage, Stage::Waiting(_) | Stage::Busy) {
            put();
            self.give_up(Stage::Settled);
        }
    }

    /// Fails what the chain waits for, or has the result of, with the error of a cancellation. Where
    /// errors are of another type, callbacks are dropped, up to the first whose errors are of this one.
    /// Those that follow are called as usual. Tells whether there is one; if not, nothing has changed.
    pub(super) fn fail(self: &Rc<Self>, error: &mut Error<'_>) -> bool {
        let (unwanted, skipped, source, driver) = {
            let mut state = self.state.borrow_mut();
            if !matches!(state.stage, Stage::Waiting(_) | Stage::Busy) {
                return false;
            }
            let Some(next) = state.links.front() else {
                return false;
            };
            let unwanted = next.fail_before(error);
            let mut skipped = VecDeque::new();
            if unwanted.is_none() {
                let last = state.links.iter().position(|link| link.fail_after(error));
                let Some(last) = last else { return false };
                let called = state.links.split_off(last + 1);
                skipped = mem::replace(&mut state.links, called);
            }
            state.failures += 1;
            match mem::replace(&mut state.stage, Stage::Busy) {
                Stage::Waiting(source) => (unwanted, skipped, Some(source), state.driver.take()),
                // The driver goes on by itself.
                _ => (unwanted, skipped, None, None),
            }
        };
        if let Some(driver) = driver {
            driver.cancel();
            self.drive();
        }
        drop_flat(source, skipped);
        caught::contain("the destructor of a result", || drop(unwanted));
        true
    }

    /// Gives the chain up: nobody waits for its end.
    pub(super) fn abandon(&self) {
        let lost = self.give_up(Stage::Over(None));
        drop(lost);
    }

    /// Starts the task that calls the callbacks.
    fn drive(self: &Rc<Self>) {
        let number = {
            let mut state = self.state.borrow_mut();
            state.drivers += 1;
            state.drivers
        };
        let driver = Driver {
            chain: Rc::clone(self),
            number,
        };
        let driver = spawn_on(&self.context, driver, self.label);
        // On a reactor that is stopping it has ended already, and the chain is over.
        self.state.borrow_mut().driver = Some(driver);
    }

    /// Leaves the present stage for a last one, drops what is left, and wakes whoever waits.
    fn give_up(&self, last: Stage) -> Option<Lost> {
        let (before, links, driver, waiter) = {
            let mut state = self.state.borrow_mut();
            (
                mem::replace(&mut state.stage, last),
                mem::take(&mut state.links),
                state.driver.take(),
                state.waiter.take(),
            )
        };
        if let Some(driver) = driver {
            driver.cancel();
        }
        let (source, lost) = match before {
            Stage::Waiting(source) => (Some(source), None),
            Stage::Over(lost) => (None, lost),
            Stage::Busy | Stage::Settled => (None, None),
        };
        drop_flat(source, links);
        if let Some(waiter) = waiter {
            caught::wake(waiter);
        }
        lost
    }

    /// Waits for a source from now on, unless foreign code has settled, dropped or cancelled the chain
    /// since there had been so many `failures`.
    fn wait_for(&self, source: Box<dyn Source>, failures: u64) {
        let unwanted = {
            let mut state = self.state.borrow_mut();
            if matches!(state.stage, Stage::Busy) && state.failures == failures {
                state.stage = Stage::Waiting(source);
                return;
            }
            source
        };
        give_back(unwanted);
    }

    /// Waits for the source, if there is one.
    fn poll_source(&self, cx: &mut TaskContext<'_>) -> Poll<Result<(), Lost>> {
        let (mut source, failures) = {
            let mut state = self.state.borrow_mut();
            match mem::replace(&mut state.stage, Stage::Busy) {
                Stage::Waiting(source) => (source, state.failures),
                other => {
                    state.stage = other;
                    return Poll::Ready(Ok(()));
                }
            }
        };
        // Out of the chain: a canceller may run, and look at it.
        let polled = source.poll(cx);
        if polled.is_pending() {
            self.wait_for(source, failures);
        } else {
            give_back(source);
        }
        if self.state.borrow().failures == failures {
            polled
        } else {
            // Whatever became of it, the chain has gone on without it.
            Poll::Ready(Ok(()))
        }
    }

    /// Calls the next callback; tells whether there may be another.
    fn call_next(&self) -> bool {
        let (link, failures) = {
            let mut state = self.state.borrow_mut();
            if !matches!(state.stage, Stage::Busy) {
                return false;
            }
            (state.links.pop_front(), state.failures)
        };
        let Some(link) = link else {
            self.settle();
            return false;
        };
        match catch(|| link.call()) {
            Ok(None) => {}
            Ok(Some(source)) => self.wait_for(source, failures),
            Err(panic) => self.lose(Lost::Panicked(Outcome::new(Err(panic), self.label))),
        }
        self.settle_if_done()
    }

    /// Settles the chain when it has called its last callback; tells whether it goes on.
    fn settle_if_done(&self) -> bool {
        let is_done = {
            let state = self.state.borrow();
            matches!(state.stage, Stage::Busy) && state.links.is_empty()
        };
        if is_done {
            self.settle();
        }
        !is_done
    }

    fn settle(&self) {
        let waiter = {
            let mut state = self.state.borrow_mut();
            state.stage = Stage::Settled;
            state.driver = None;
            state.waiter.take()
        };
        if let Some(waiter) = waiter {
            caught::wake(waiter);
        }
    }

    /// Ends the chain without a result.
    fn lose(&self, lost: Lost) {
        let is_going_on = matches!(self.state.borrow().stage, Stage::Waiting(_) | Stage::Busy);
        if is_going_on {
            self.give_up(Stage::Over(Some(lost)));
        }
    }
}

/// Drops a source where nothing is borrowed, without nesting.
fn give_back(source: Box<dyn Source>) {
    drop_flat(Some(source), VecDeque::new());
}

/// The task of a chain.
struct Driver {
    chain: Rc<Chain>,
    number: u64,
}

impl Driver {
    fn is_present(&self) -> bool {
        self.chain.state.borrow().drivers == self.number
    }
}

impl Future for Driver {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<()> {
        for _ in 0..CALLS_AT_ONCE {
            if !self.is_present() {
                return Poll::Ready(());
            }
            match self.chain.poll_source(cx) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Err(lost)) => self.chain.lose(lost),
                Poll::Ready(Ok(())) => {}
            }
            if !self.chain.call_next() {
                return Poll::Ready(());
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // Unless the chain is settled, its reactor has stopped.
        if self.is_present() {
            self.chain.lose(Lost::Abandoned);
        }
    }
}
