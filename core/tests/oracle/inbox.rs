//! Runs lists of operations on an inbox, in both of its forms, and on a model that is too simple to
//! be wrong.
//!
//! The property tests and the fuzz target of the inbox share this file.

use core::pin::{Pin, pin};
use core::ptr::NonNull;
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crochet_core::inbox::{FixedInbox, Inbox, Link, Linked, PostError, Wake};

/// Is one operation on an inbox.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Op {
    /// A producer pushes.
    Push,
    /// Somebody notifies the consumer.
    Notify,
    /// The consumer takes everything, and so many nodes out of that; the rest is dropped.
    Drain(u8),
    /// The consumer takes everything, and a producer pushes once more for each node.
    DrainAndPush,
    /// The consumer goes to sleep, if it may.
    TrySleep,
    /// Somebody closes the inbox.
    Close,
    /// Somebody opens it again.
    Reopen,
}

/// Reads operations from bytes, such that every input means something.
pub(crate) fn decode(bytes: &[u8]) -> Vec<Op> {
    bytes.iter().copied().map(op).collect()
}

fn op(byte: u8) -> Op {
    let argument = byte / 16;
    match byte % 16 {
        0..=5 => Op::Push,
        6 => Op::Notify,
        7 => Op::Drain(argument),
        8 | 9 => Op::Drain(u8::MAX),
        10 => Op::DrainAndPush,
        11..=13 => Op::TrySleep,
        14 if argument < 4 => Op::Close,
        _ => Op::Reopen,
    }
}

/// Runs `ops` on an inbox of boxed nodes.
///
/// # Panics
///
/// Panics if the inbox differs from the model.
pub(crate) fn run_linked(ops: &[Op]) {
    run(&Inbox::<Node>::new(), ops);
}

/// Runs `ops` on an inbox with `N` places of its own.
///
/// # Panics
///
/// Panics if the inbox differs from the model.
pub(crate) fn run_fixed<const N: usize>(ops: &[Op]) {
    let inbox = pin!(FixedInbox::<Value, N>::new());
    run(&inbox.as_ref(), ops);
}

fn run(inbox: &impl Queue, ops: &[Op]) {
    let count = Arc::new(AtomicUsize::new(0));
    let mut pair = Pair {
        inbox,
        count: Arc::clone(&count),
        pushed: 0,
        model: Model::default(),
    };
    for &op in ops {
        pair.apply(op);
        pair.compare();
    }
    drop(inbox.close());
    assert_eq!(count.load(Ordering::Relaxed), 0, "each was dropped once");
}

/// A numbered value that counts itself.
#[derive(Debug)]
pub(crate) struct Value {
    number: usize,
    count: Arc<AtomicUsize>,
}

impl Drop for Value {
    fn drop(&mut self) {
        self.count.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A boxed value with its link.
#[derive(Debug)]
struct Node {
    value: Value,
    link: Link<Self>,
}

// SAFETY: a box keeps its content in place and is the only handle; the link is a field.
unsafe impl Linked for Node {
    type Handle = Box<Self>;

    fn into_raw(handle: Box<Self>) -> NonNull<Self> {
        // SAFETY: a box's pointer is never null. It comes by `into_raw`, not by a reference, so
        // that it stands for the whole box.
        unsafe { NonNull::new_unchecked(Box::into_raw(handle)) }
    }

    unsafe fn from_raw(node: NonNull<Self>) -> Box<Self> {
        // SAFETY: the caller says that the pointer came from `into_raw`, once.
        unsafe { Box::from_raw(node.as_ptr()) }
    }

    unsafe fn link<'a>(node: NonNull<Self>) -> &'a Link<Self> {
        // SAFETY: the caller says that the node is valid.
        let node: &'a Self = unsafe { node.as_ref() };
        &node.link
    }
}

/// Why a value was given back.
#[derive(PartialEq, Eq, Debug)]
enum Refused {
    Full,
    Closed,
}

/// What both forms of the inbox can do.
trait Queue {
    const PLACES: usize;

    fn push(&self, value: Value) -> Result<Wake, Refused>;
    fn notify(&self) -> Wake;
    /// Hands over what is drained, until `visit` returns false; the rest is dropped.
    fn drain(&self, visit: &mut dyn FnMut(usize) -> bool);
    fn try_sleep(&self) -> bool;
    fn has_news(&self) -> bool;
    fn close(&self) -> (Vec<usize>, Wake);
    /// Tells whether this form can be opened again.
    fn reopen(&self) -> bool;
}

impl Queue for Inbox<Node> {
    const PLACES: usize = usize::MAX;

    fn push(&self, value: Value) -> Result<Wake, Refused> {
        let link = Link::new();
        Self::push(self, Box::new(Node { value, link })).map_err(|_| Refused::Closed)
    }

    fn notify(&self) -> Wake {
        Self::notify(self)
    }

    fn drain(&self, visit: &mut dyn FnMut(usize) -> bool) {
        Self::drain(self).all(|node| visit(node.value.number));
    }

    fn try_sleep(&self) -> bool {
        Self::try_sleep(self)
    }

    fn has_news(&self) -> bool {
        Self::has_news(self)
    }

    fn close(&self) -> (Vec<usize>, Wake) {
        let (rest, wake) = Self::close(self);
        (rest.map(|node| node.value.number).collect(), wake)
    }

    fn reopen(&self) -> bool {
        Self::reopen(self);
        true
    }
}

impl<const N: usize> Queue for Pin<&FixedInbox<Value, N>> {
    const PLACES: usize = N;

    fn push(&self, value: Value) -> Result<Wake, Refused> {
        self.post(value).map_err(|error| match error {
            PostError::Full(_) => Refused::Full,
            PostError::Closed(_) => Refused::Closed,
        })
    }

    fn notify(&self) -> Wake {
        self.get_ref().notify()
    }

    fn drain(&self, visit: &mut dyn FnMut(usize) -> bool) {
        FixedInbox::drain(*self).all(|value| visit(value.number));
    }

    fn try_sleep(&self) -> bool {
        self.get_ref().try_sleep()
    }

    fn has_news(&self) -> bool {
        self.get_ref().has_news()
    }

    fn close(&self) -> (Vec<usize>, Wake) {
        let (rest, wake) = FixedInbox::close(*self);
        (rest.map(|value| value.number).collect(), wake)
    }

    fn reopen(&self) -> bool {
        false
    }
}

/// What an inbox is to do.
#[derive(Default)]
struct Model {
    queue: VecDeque<usize>,
    consumer: Consumer,
}

#[derive(Clone, Copy, PartialEq, Default)]
enum Consumer {
    #[default]
    Awake,
    Notified,
    Asleep,
    /// There is none: the inbox is closed.
    Closed,
}

impl Model {
    fn wake_up(&mut self, to: Consumer) -> Wake {
        match core::mem::replace(&mut self.consumer, to) {
            Consumer::Asleep => Wake::Needed,
            _ => Wake::Unneeded,
        }
    }

    /// Puts a value into the queue, of whose places `taken` more are taken than it holds.
    fn push(&mut self, number: usize, places: usize, taken: usize) -> Result<Wake, Refused> {
        if self.queue.len() + taken == places {
            return Err(Refused::Full);
        }
        if self.consumer == Consumer::Closed {
            return Err(Refused::Closed);
        }
        self.queue.push_back(number);
        Ok(self.wake_up(Consumer::Awake))
    }

    fn notify(&mut self) -> Wake {
        if self.consumer == Consumer::Closed || !self.queue.is_empty() {
            return Wake::Unneeded;
        }
        self.wake_up(Consumer::Notified)
    }

    fn drain(&mut self) -> VecDeque<usize> {
        if self.consumer != Consumer::Closed {
            self.consumer = Consumer::Awake;
        }
        core::mem::take(&mut self.queue)
    }

    fn try_sleep(&mut self) -> bool {
        let may = self.consumer == Consumer::Awake && self.queue.is_empty();
        if may {
            self.consumer = Consumer::Asleep;
        }
        may
    }

    fn has_news(&self) -> bool {
        !self.queue.is_empty() || matches!(self.consumer, Consumer::Notified | Consumer::Closed)
    }
}

struct Pair<'a, Q> {
    inbox: &'a Q,
    count: Arc<AtomicUsize>,
    pushed: usize,
    model: Model,
}

impl<Q: Queue> Pair<'_, Q> {
    fn apply(&mut self, op: Op) {
        match op {
            Op::Push => self.push(0),
            Op::Notify => assert_eq!(self.inbox.notify(), self.model.notify()),
            Op::Drain(most) => self.drain(most),
            Op::DrainAndPush => self.drain_and_push(),
            Op::TrySleep => assert_eq!(self.inbox.try_sleep(), self.model.try_sleep()),
            Op::Close => {
                let (rest, wake) = self.inbox.close();
                assert_eq!(wake, self.model.wake_up(Consumer::Closed));
                assert!(rest.into_iter().eq(self.model.drain()));
            }
            Op::Reopen => {
                if self.inbox.reopen() && self.model.consumer == Consumer::Closed {
                    self.model.consumer = Consumer::Awake;
                }
            }
        }
    }

    fn push(&mut self, taken: usize) {
        self.pushed += 1;
        self.count.fetch_add(1, Ordering::Relaxed);
        let value = Value {
            number: self.pushed,
            count: Arc::clone(&self.count),
        };
        let expected = self.model.push(self.pushed, Q::PLACES, taken);
        assert_eq!(self.inbox.push(value), expected);
    }

    fn drain(&mut self, most: u8) {
        let most = usize::from(most);
        let mut found = Vec::new();
        self.inbox.drain(&mut |number| {
            found.push(number);
            found.len() <= most
        });
        let expected: Vec<_> = self.model.drain().into_iter().take(most + 1).collect();
        assert_eq!(found, expected);
    }

    fn drain_and_push(&mut self) {
        let mut expected = self.model.drain();
        let inbox = self.inbox;
        inbox.drain(&mut |number| {
            assert_eq!(Some(number), expected.pop_front());
            // The place of the value at hand is free, those of the values to come are not.
            self.push(expected.len());
            true
        });
        assert!(expected.is_empty());
    }

    fn compare(&self) {
        assert_eq!(self.inbox.has_news(), self.model.has_news());
        let count = self.count.load(Ordering::Relaxed);
        assert_eq!(count, self.model.queue.len());
    }
}
