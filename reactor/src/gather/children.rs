//! Futures that are polled when they are woken.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context as TaskContext, Poll, Wake, Waker};

use crate::caught;

/// Futures, of which those that have ended are gone.
///
/// Each has a waker of its own, which notes that it is to be polled: a wake-up costs the poll of one
/// future, however many there are. Wakers may be used on any thread.
pub(super) struct Children<F> {
    children: Vec<Option<Child<F>>>,
    left: usize,
    woken: Arc<Woken>,
}

struct Child<F> {
    future: Pin<Box<F>>,
    waker: Waker,
}

/// The children that are to be polled, in the order in which they were woken.
struct Woken {
    queue: Mutex<Queue>,
}

struct Queue {
    indices: VecDeque<usize>,
    /// Whether each child is in the queue.
    queued: Vec<bool>,
    /// Who polls the children; taken by the first wake-up after each of its polls.
    parent: Option<Waker>,
}

/// What a child's waker holds.
struct Call {
    index: usize,
    woken: Arc<Woken>,
}

/// How many futures are polled before other tasks have their turn.
const POLLS_AT_ONCE: u32 = 128;

impl<F> Children<F> {
    /// Makes children that are all to be polled, in their order.
    pub(super) fn new(futures: impl IntoIterator<Item = F>) -> Self {
        let woken = Arc::new(Woken {
            queue: Mutex::new(Queue {
                indices: VecDeque::new(),
                queued: Vec::new(),
                parent: None,
            }),
        });
        let children: Vec<_> = futures
            .into_iter()
            .enumerate()
            .map(|(index, future)| Some(Child::new(index, future, &woken)))
            .collect();
        {
            let mut queue = woken.lock();
            queue.indices.extend(0..children.len());
            queue.queued = vec![true; children.len()];
        }
        Self {
            left: children.len(),
            children,
            woken,
        }
    }

    /// Returns how many there were at first.
    pub(super) fn len(&self) -> usize {
        self.children.len()
    }

    /// Returns how many have not ended.
    pub(super) fn left(&self) -> usize {
        self.left
    }

    /// Drops those that have not ended, each whatever the destructors of others do.
    pub(super) fn drop_all(&mut self) {
        self.left = 0;
        for child in std::mem::take(&mut self.children).into_iter().flatten() {
            caught::contain("the destructor of a future", || drop(child));
        }
    }
}

impl<F> Drop for Children<F> {
    fn drop(&mut self) {
        self.drop_all();
    }
}

impl<F: Future> Children<F> {
    /// Polls those that have been woken; returns the place and output of one that has ended, or
    /// `None` when no future is left.
    pub(super) fn poll_next(
        &mut self,
        cx: &mut TaskContext<'_>,
    ) -> Poll<Option<(usize, F::Output)>> {
        if self.left == 0 {
            return Poll::Ready(None);
        }
        // Before the queue is looked at: a wake-up that comes after the look finds it.
        self.woken.be_called(cx.waker());
        for _ in 0..POLLS_AT_ONCE {
            let Some(index) = self.woken.next() else {
                return Poll::Pending;
            };
            let Some(child) = &mut self.children[index] else {
                // It ended after it had been woken once more.
                continue;
            };
            let polled = child
                .future
                .as_mut()
                .poll(&mut TaskContext::from_waker(&child.waker));
            if let Poll::Ready(output) = polled {
                self.left -= 1;
                let child = self.children[index].take();
                caught::contain("the destructor of a future", || drop(child));
                return Poll::Ready(Some((index, output)));
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

impl<F> Child<F> {
    fn new(index: usize, future: F, woken: &Arc<Woken>) -> Self {
        let call = Call {
            index,
            woken: Arc::clone(woken),
        };
        Self {
            future: Box::pin(future),
            waker: Waker::from(Arc::new(call)),
        }
    }
}

impl Woken {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        // Nothing foreign runs while the lock is held, so nothing panics.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn next(&self) -> Option<usize> {
        let mut queue = self.lock();
        let index = queue.indices.pop_front()?;
        queue.queued[index] = false;
        Some(index)
    }

    /// Has the next wake-up wake the parent.
    fn be_called(&self, parent: &Waker) {
        let new = parent.clone();
        let old = self.lock().parent.replace(new);
        drop(old);
    }
}

impl Wake for Call {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        let parent = {
            let mut queue = self.woken.lock();
            if std::mem::replace(&mut queue.queued[self.index], true) {
                return;
            }
            queue.indices.push_back(self.index);
            queue.parent.take()
        };
        if let Some(parent) = parent {
            caught::wake(parent);
        }
    }
}
