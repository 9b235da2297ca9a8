//! Items that tasks hand to each other.

use std::cell::RefCell;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context as TaskContext, Poll};

use super::exchange::{Exchange, GetTicket, PutTicket};
use super::wait_list::Left;
use crate::caught;

/// A first-in first-out queue of items: Twisted's `DeferredQueue`.
///
/// Without limits, which is the default, it holds as many items, and lets as many tasks wait for one, as
/// there is memory for. Cloning it gives another handle on the same queue.
///
/// ```
/// use crochet_reactor::sync::Queue;
/// use crochet_reactor::{Reactor, spawn};
///
/// let mut reactor = Reactor::new()?;
/// let sum = reactor.block_on(async {
///     let queue = Queue::new().size_limit(2);
///     let theirs = queue.clone();
///     let adding = spawn(async move {
///         for number in 1..=10 {
///             theirs.put(number).await;
///         }
///     });
///     let mut sum = 0;
///     for _ in 1..=10 {
///         sum += queue.get().await.expect("there is no limit to waiting");
///     }
///     adding.await.expect("nothing panics");
///     sum
/// })?;
/// assert_eq!(sum, 55);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Queue<T> {
    state: Rc<RefCell<State<T>>>,
}

struct State<T> {
    exchange: Exchange<T>,
    backlog: usize,
}

/// The queue holds as many items as its size limit allows. Gives the item back.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct QueueOverflow<T>(T);

impl<T> QueueOverflow<T> {
    /// Takes the item.
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T> fmt::Debug for QueueOverflow<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("QueueOverflow").finish_non_exhaustive()
    }
}

impl<T> fmt::Display for QueueOverflow<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the queue is full")
    }
}

impl<T> std::error::Error for QueueOverflow<T> {}

/// As many tasks wait for an item of the queue as its backlog limit allows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct QueueUnderflow(());

impl fmt::Display for QueueUnderflow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the queue is empty, and as many tasks wait for it as may")
    }
}

impl std::error::Error for QueueUnderflow {}

impl<T> Queue<T> {
    /// Makes an empty queue without limits.
    #[must_use]
    pub fn new() -> Self {
        Self {
            state: Rc::new(RefCell::new(State {
                exchange: Exchange::new(usize::MAX),
                backlog: usize::MAX,
            })),
        }
    }

    /// Limits how many items the queue holds. With zero it holds none, and items pass directly to who
    /// waits for them.
    ///
    /// When there are more already, they stay; when tasks wait for room and there is some now, they have
    /// it.
    ///
    /// A task that is dropped after it had been handed an item gives it back: then there may be one
    /// more for a while.
    #[must_use]
    pub fn size_limit(self, items: usize) -> Self {
        // A statement of its own: wakers are foreign code.
        let admitted = self.state.borrow_mut().exchange.set_size(items);
        admitted.into_iter().for_each(caught::wake);
        self
    }

    /// Limits how many tasks may wait for an item. Those that wait already go on to.
    #[must_use]
    pub fn backlog_limit(self, tasks: usize) -> Self {
        self.state.borrow_mut().backlog = tasks;
        self
    }

    /// Puts an item, if there is room or somebody waits for one.
    ///
    /// # Errors
    ///
    /// [`QueueOverflow`] gives the item back.
    pub fn try_put(&self, item: T) -> Result<(), QueueOverflow<T>> {
        let put = self.state.borrow_mut().exchange.put(item);
        match put {
            Ok(None) => Ok(()),
            Ok(Some(waker)) => {
                caught::wake(waker);
                Ok(())
            }
            Err(item) => Err(QueueOverflow(item)),
        }
    }

    /// Puts an item, waiting for room.
    ///
    /// # Cancellation
    ///
    /// Dropping the future drops the item, unless it has been put; [`Put::take_back`] saves it.
    pub fn put(&self, item: T) -> Put<T> {
        Put {
            queue: self.clone(),
            stage: PutStage::Begun(item),
        }
    }

    /// Gets the first item, if there is one.
    #[must_use]
    pub fn try_get(&self) -> Option<T> {
        let got = self.state.borrow_mut().exchange.get();
        let (item, woken) = got?;
        if let Some(waker) = woken {
            caught::wake(waker);
        }
        Some(item)
    }

    /// Gets the first item, waiting for one.
    ///
    /// # Errors
    ///
    /// [`QueueUnderflow`] when there is none and too many wait already.
    ///
    /// # Cancellation
    ///
    /// Dropping the future loses no item: one that it had been handed goes to the next who waits, or
    /// back to the front of the queue.
    pub fn get(&self) -> Get<T> {
        Get {
            queue: self.clone(),
            ticket: None,
        }
    }

    /// Returns how many items the queue holds.
    #[must_use]
    pub fn len(&self) -> usize {
        self.state.borrow().exchange.len()
    }

    /// Tells whether the queue holds no item.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns how many tasks wait for an item.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.state.borrow().exchange.getters()
    }
}

impl<T> Clone for Queue<T> {
    fn clone(&self) -> Self {
        Self {
            state: Rc::clone(&self.state),
        }
    }
}

impl<T> Default for Queue<T> {
    fn default() -> Self {
        Self::new()
    }
}

/// The future of [`Queue::get`].
#[must_use = "a future does nothing unless it is polled"]
pub struct Get<T> {
    queue: Queue<T>,
    ticket: Option<GetTicket>,
}

impl<T> Future for Get<T> {
    type Output = Result<T, QueueUnderflow>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        // Cloned before any borrow: a waker is foreign code.
        let mut waker = cx.waker().clone();
        let Some(ticket) = this.ticket.take() else {
            if let Some(item) = this.queue.try_get() {
                return Poll::Ready(Ok(item));
            }
            let mut state = this.queue.state.borrow_mut();
            if state.exchange.getters() >= state.backlog {
                drop(state);
                return Poll::Ready(Err(QueueUnderflow(())));
            }
            this.ticket = Some(state.exchange.wait_to_get(waker));
            return Poll::Pending;
        };
        let claimed = this
            .queue
            .state
            .borrow_mut()
            .exchange
            .claim_get(ticket, &mut waker);
        match claimed {
            Ok(item) => Poll::Ready(Ok(item)),
            Err(ticket) => {
                this.ticket = Some(ticket);
                Poll::Pending
            }
        }
    }
}

impl<T> Drop for Get<T> {
    fn drop(&mut self) {
        let Some(ticket) = self.ticket.take() else {
            return;
        };
        let (own, next) = self.queue.state.borrow_mut().exchange.give_up_get(ticket);
        if let Some(own) = own {
            caught::drop_waker(own);
        }
        if let Some(next) = next {
            caught::wake(next);
        }
    }
}

/// The future of [`Queue::put`].
#[must_use = "a future does nothing unless it is polled"]
pub struct Put<T> {
    queue: Queue<T>,
    stage: PutStage<T>,
}

enum PutStage<T> {
    Begun(T),
    Waiting(PutTicket),
    Done,
}

// The item is never pinned.
impl<T> Unpin for Put<T> {}

impl<T> Put<T> {
    /// Gives the putting up, and takes the item back, unless it has been put.
    pub fn take_back(&mut self) -> Option<T> {
        match std::mem::replace(&mut self.stage, PutStage::Done) {
            PutStage::Begun(item) => Some(item),
            PutStage::Waiting(ticket) => {
                // A statement of its own: the waker is dropped after the borrow.
                let left = self.queue.state.borrow_mut().exchange.leave_put(ticket);
                match left {
                    Left::Waiting(item, waker) => {
                        caught::drop_waker(waker);
                        Some(item)
                    }
                    Left::Granted(()) => None,
                }
            }
            PutStage::Done => None,
        }
    }
}

impl<T> Future for Put<T> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<()> {
        let this = &mut *self;
        // Cloned before any borrow: a waker is foreign code.
        let mut waker = cx.waker().clone();
        match std::mem::replace(&mut this.stage, PutStage::Done) {
            PutStage::Begun(item) => {
                let Err(QueueOverflow(item)) = this.queue.try_put(item) else {
                    return Poll::Ready(());
                };
                let mut state = this.queue.state.borrow_mut();
                this.stage = PutStage::Waiting(state.exchange.wait_to_put(item, waker));
                Poll::Pending
            }
            PutStage::Waiting(ticket) => {
                let claimed = this
                    .queue
                    .state
                    .borrow_mut()
                    .exchange
                    .claim_put(ticket, &mut waker);
                match claimed {
                    Ok(()) => Poll::Ready(()),
                    Err(ticket) => {
                        this.stage = PutStage::Waiting(ticket);
                        Poll::Pending
                    }
                }
            }
            PutStage::Done => Poll::Ready(()),
        }
    }
}

impl<T> Drop for Put<T> {
    fn drop(&mut self) {
        drop(self.take_back());
    }
}

impl<T> fmt::Debug for Queue<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Queue")
            .field("len", &self.len())
            .field("waiting", &self.waiting())
            .finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for Get<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Get").finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for Put<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Put").finish_non_exhaustive()
    }
}
