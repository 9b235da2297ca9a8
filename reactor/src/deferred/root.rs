//! Where a deferred is fired.

use std::cell::RefCell;
use std::fmt::Debug;
use std::task::{Context as TaskContext, Poll, Waker};

use super::Lost;
use super::cancel::{Cancellable, Error};
use crate::caught;
use crate::label::Label;
use crate::nesting::end_nested;
use crate::unhandled::{self, Describe};

/// What a deferred and its resolver share.
pub(super) struct Root<T, E> {
    state: RefCell<State<T, E>>,
    describe: Describe<E>,
    label: Label,
}

struct State<T, E> {
    stage: Stage<T, E>,
    canceller: Option<Box<dyn FnOnce()>>,
    /// The canceller is being called for a deferred that is kept. It usually drops whatever would have
    /// fired that, the resolver with it, which then is not the end: a cancelled deferred has an error.
    cancelling: bool,
}

/// | stage | set when | left when |
/// | --- | --- | --- |
/// | waiting | made | settled, abandoned by either half |
/// | fired | settled | the result is taken |
/// | taken | the result is taken, the deferred dropped | |
/// | left | the resolver is dropped while waiting, but not by the canceller that `cancel` calls | |
enum Stage<T, E> {
    Waiting(Option<Waker>),
    Fired(Result<T, E>),
    Taken,
    Left,
}

impl<T, E: Debug> Root<T, E> {
    pub(super) fn new(label: Label, canceller: Option<Box<dyn FnOnce()>>) -> Self {
        Self::in_stage(label, Stage::Waiting(None), canceller)
    }

    pub(super) fn fired(label: Label, result: Result<T, E>) -> Self {
        Self::in_stage(label, Stage::Fired(result), None)
    }

    fn in_stage(label: Label, stage: Stage<T, E>, canceller: Option<Box<dyn FnOnce()>>) -> Self {
        Self {
            state: RefCell::new(State {
                stage,
                canceller,
                cancelling: false,
            }),
            describe: Describe::new(),
            label,
        }
    }
}

impl<T, E> Root<T, E> {
    pub(super) fn has_fired(&self) -> bool {
        matches!(self.state.borrow().stage, Stage::Fired(_) | Stage::Taken)
    }

    pub(super) fn is_waiting(&self) -> bool {
        matches!(self.state.borrow().stage, Stage::Waiting(_))
    }

    /// Returns how errors are shown, and where the deferred was made.
    pub(super) fn origin(&self) -> (Describe<E>, Label) {
        (self.describe, self.label)
    }

    pub(super) fn poll(&self, cx: &mut TaskContext<'_>) -> Poll<Result<Result<T, E>, Lost>> {
        // Cloned before the borrow: a waker is foreign code.
        let new = cx.waker().clone();
        let mut state = self.state.borrow_mut();
        match &mut state.stage {
            Stage::Waiting(waker) => {
                let old = waker.replace(new);
                drop(state);
                drop(old);
                Poll::Pending
            }
            Stage::Fired(_) => {
                let Stage::Fired(result) = std::mem::replace(&mut state.stage, Stage::Taken) else {
                    unreachable!("the stage was looked at just now");
                };
                Poll::Ready(Ok(result))
            }
            Stage::Taken => panic!("a deferred was polled after it was ready"),
            Stage::Left => Poll::Ready(Err(Lost::Abandoned)),
        }
    }

    /// Takes the result if there is one.
    pub(super) fn take(&self) -> Option<Result<T, E>> {
        let mut state = self.state.borrow_mut();
        match std::mem::replace(&mut state.stage, Stage::Taken) {
            Stage::Fired(result) => Some(result),
            other => {
                state.stage = other;
                None
            }
        }
    }

    /// Fires; gives the result back when nobody waits for it.
    pub(super) fn settle(&self, result: Result<T, E>) -> Result<(), Result<T, E>> {
        let mut state = self.state.borrow_mut();
        if !matches!(state.stage, Stage::Waiting(_)) {
            // Its canceller is running, and calls back.
            return Err(result);
        }
        let before = std::mem::replace(&mut state.stage, Stage::Fired(result));
        let canceller = state.canceller.take();
        drop(state);
        // Woken first: the destructor of what the canceller holds is foreign code, and may panic.
        wake(before);
        drop(canceller);
        Ok(())
    }

    /// Lets the resolver go.
    pub(super) fn leave(&self) {
        let mut state = self.state.borrow_mut();
        if matches!(state.stage, Stage::Waiting(_)) && !state.cancelling {
            let before = std::mem::replace(&mut state.stage, Stage::Left);
            drop(state);
            wake(before);
        }
    }

    /// Lets the deferred go.
    pub(super) fn abandon(&self) {
        let mut state = self.state.borrow_mut();
        let stage = std::mem::replace(&mut state.stage, Stage::Taken);
        let canceller = state.canceller.take();
        // Foreign code runs after the borrow: it may look at the resolver.
        drop(state);
        if let (Stage::Waiting(_), Some(canceller)) = (&stage, canceller) {
            // A canceller may drop the next deferred, and so on.
            end_nested(|| caught::contain("a canceller", canceller));
        }
        if let Stage::Fired(Err(error)) = &stage {
            unhandled::report(&"a deferred", &self.label, &self.describe.of(error));
        }
        drop(stage);
    }
}

impl<T, E: 'static> Cancellable for Root<T, E> {
    fn cancel(&self, error: &mut Error<'_>) -> bool {
        let canceller = {
            let mut state = self.state.borrow_mut();
            match &state.stage {
                Stage::Waiting(_) => {}
                Stage::Fired(result) => return result.is_err(),
                Stage::Taken | Stage::Left => return false,
            }
            let canceller = state.canceller.take();
            // One that cancels the deferred again, from within, leaves the mark as it is.
            state.cancelling |= canceller.is_some();
            canceller
        };
        if let Some(canceller) = canceller {
            caught::contain("a canceller", canceller);
            self.state.borrow_mut().cancelling = false;
        }
        if matches!(self.state.borrow().stage, Stage::Fired(_)) {
            return true;
        }
        // One of another type is for what comes behind this, which then drops it.
        match error.take() {
            Some(error) => self.settle(Err(error)).is_ok(),
            None => false,
        }
    }
}

fn wake<T, E>(before: Stage<T, E>) {
    if let Stage::Waiting(Some(waker)) = before {
        caught::wake(waker);
    }
}
