//! A model of queues whose users wait for items and for room, to compare real ones with.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use crochet::channel::{Receiver, Receiving, RecvError, SendError, Sender, Sending};
use crochet::sync::{Get, Put, Queue};

/// A queue to be compared with the model.
pub trait Subject {
    /// Puts an item, or gives it back.
    ///
    /// # Errors
    ///
    /// The item, when there is no room.
    fn try_put(&self, item: u32) -> Result<(), u32>;

    /// Begins to put an item.
    fn put(&self, item: u32) -> Box<dyn Putting + '_>;

    /// Gets an item.
    fn try_get(&self) -> Option<u32>;

    /// Begins to get an item.
    fn get(&self) -> Box<dyn Getting + '_>;

    /// Returns how many items it holds.
    fn held(&self) -> usize;
}

/// An item on its way into the queue.
pub trait Putting {
    /// Polls for room.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()>;

    /// Gives up; returns the item unless it has been put.
    fn take_back(&mut self) -> Option<u32>;
}

/// A wait for an item.
pub trait Getting {
    /// Polls for an item.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<u32>;
}

impl Subject for Queue<u32> {
    fn try_put(&self, item: u32) -> Result<(), u32> {
        self.try_put(item).map_err(|error| error.into_inner())
    }

    fn put(&self, item: u32) -> Box<dyn Putting + '_> {
        Box::new(self.put(item))
    }

    fn try_get(&self) -> Option<u32> {
        self.try_get()
    }

    fn get(&self) -> Box<dyn Getting + '_> {
        Box::new(self.get())
    }

    fn held(&self) -> usize {
        self.len()
    }
}

impl Putting for Put<u32> {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        Pin::new(self).poll(cx)
    }

    fn take_back(&mut self) -> Option<u32> {
        self.take_back()
    }
}

impl Getting for Get<u32> {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<u32> {
        let polled = Pin::new(self).poll(cx);
        polled.map(|got| got.expect("there is no limit to waiting"))
    }
}

impl Subject for (Sender<u32>, Receiver<u32>) {
    fn try_put(&self, item: u32) -> Result<(), u32> {
        self.0.try_send(item).map_err(SendError::into_inner)
    }

    fn put(&self, item: u32) -> Box<dyn Putting + '_> {
        Box::new(self.0.send(item))
    }

    fn try_get(&self) -> Option<u32> {
        match self.1.try_recv() {
            Ok(item) => Some(item),
            Err(RecvError::Empty) => None,
            Err(error) => panic!("both halves are there: {error}"),
        }
    }

    fn get(&self) -> Box<dyn Getting + '_> {
        Box::new(self.1.recv())
    }

    fn held(&self) -> usize {
        self.0.len()
    }
}

impl Putting for Sending<'_, u32> {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let polled = Pin::new(self).poll(cx);
        polled.map(|sent| sent.expect("there is a receiver"))
    }

    fn take_back(&mut self) -> Option<u32> {
        self.take_back()
    }
}

impl Getting for Receiving<'_, u32> {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<u32> {
        let polled = Pin::new(self).poll(cx);
        polled.map(|received| received.expect("there is a sender"))
    }
}

#[derive(Default)]
struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// What the queue should be like.
#[derive(Default)]
struct Model {
    size: usize,
    items: VecDeque<u32>,
    getters: VecDeque<usize>,
    handed: BTreeMap<usize, u32>,
    putters: VecDeque<(usize, u32)>,
    admitted: BTreeSet<usize>,
}

impl Model {
    fn put(&mut self, item: u32) -> bool {
        if let Some(getter) = self.getters.pop_front() {
            self.handed.insert(getter, item);
            return true;
        }
        let has_room = self.items.len() < self.size;
        if has_room {
            self.items.push_back(item);
        }
        has_room
    }

    fn get(&mut self) -> Option<u32> {
        let item = self.items.pop_front();
        let may_admit = item.is_none() || self.items.len() < self.size;
        let admitted = may_admit.then(|| self.putters.pop_front()).flatten();
        if let Some((putter, item)) = admitted {
            self.items.push_back(item);
            self.admitted.insert(putter);
        }
        item.or_else(|| self.items.pop_front())
    }

    fn leave_get(&mut self, getter: usize) {
        self.getters.retain(|waiting| *waiting != getter);
        if let Some(item) = self.handed.remove(&getter) {
            match self.getters.pop_front() {
                Some(next) => drop(self.handed.insert(next, item)),
                None => self.items.push_front(item),
            }
        }
    }

    fn leave_put(&mut self, putter: usize) -> Option<u32> {
        let at = self
            .putters
            .iter()
            .position(|(waiting, _)| *waiting == putter)?;
        self.putters.remove(at).map(|(_, item)| item)
    }
}

/// Somebody who waits.
struct Waiter<F> {
    number: usize,
    future: F,
    woken: Arc<Woken>,
}

impl<F> Waiter<F> {
    fn new(number: usize, future: F) -> Self {
        let woken = Arc::default();
        Self {
            number,
            future,
            woken,
        }
    }

    fn is_woken(&self) -> bool {
        self.woken.0.load(Ordering::SeqCst)
    }

    fn poll<R>(&mut self, poll: impl FnOnce(&mut F, &mut Context<'_>) -> R) -> R {
        let waker = Waker::from(Arc::clone(&self.woken));
        poll(&mut self.future, &mut Context::from_waker(&waker))
    }
}

/// Does the operations to the subject, an empty queue of this size, and to the model.
///
/// Each is a kind, and which of those who wait does it.
///
/// # Panics
///
/// When they differ.
pub fn compare(subject: &dyn Subject, size: usize, operations: &[(u8, u8)]) {
    let mut comparison = Comparison {
        subject,
        model: Model {
            size,
            ..Model::default()
        },
        putters: Vec::new(),
        getters: Vec::new(),
    };
    for (number, &(kind, which)) in operations.iter().enumerate() {
        comparison.step(number, kind, usize::from(which));
        comparison.check();
    }
}

struct Comparison<'a> {
    subject: &'a dyn Subject,
    model: Model,
    putters: Vec<Waiter<Box<dyn Putting + 'a>>>,
    getters: Vec<Waiter<Box<dyn Getting + 'a>>>,
}

impl Comparison<'_> {
    fn step(&mut self, number: usize, kind: u8, which: usize) {
        let item = u32::try_from(number).expect("few operations");
        match kind % 8 {
            0 => {
                let expected = if self.model.put(item) {
                    Ok(())
                } else {
                    Err(item)
                };
                assert_eq!(self.subject.try_put(item), expected);
            }
            1 => assert_eq!(self.subject.try_get(), self.model.get()),
            2 => self.begin_put(number, item),
            3 => self.begin_get(number),
            4 if !self.putters.is_empty() => self.poll_putter(which % self.putters.len()),
            5 if !self.getters.is_empty() => self.poll_getter(which % self.getters.len()),
            6 if !self.putters.is_empty() => {
                let mut putter = self.putters.remove(which % self.putters.len());
                let expected = self.model.leave_put(putter.number);
                self.model.admitted.remove(&putter.number);
                assert_eq!(putter.future.take_back(), expected);
            }
            7 if !self.getters.is_empty() => {
                let getter = self.getters.remove(which % self.getters.len());
                self.model.leave_get(getter.number);
                drop(getter);
            }
            _ => {}
        }
    }

    fn begin_put(&mut self, number: usize, item: u32) {
        let mut putter = Waiter::new(number, self.subject.put(item));
        let polled = putter.poll(|future, cx| future.poll(cx));
        assert_eq!(polled.is_ready(), self.model.put(item), "putting {number}");
        if polled.is_pending() {
            self.model.putters.push_back((number, item));
            self.putters.push(putter);
        }
    }

    fn begin_get(&mut self, number: usize) {
        let mut getter = Waiter::new(number, self.subject.get());
        match (getter.poll(|future, cx| future.poll(cx)), self.model.get()) {
            (Poll::Ready(item), expected) => assert_eq!(Some(item), expected),
            (Poll::Pending, expected) => {
                assert_eq!(None, expected, "getting at {number}");
                self.model.getters.push_back(number);
                self.getters.push(getter);
            }
        }
    }

    fn poll_putter(&mut self, at: usize) {
        let mut putter = self.putters.remove(at);
        let polled = putter.poll(|future, cx| future.poll(cx));
        let admitted = self.model.admitted.remove(&putter.number);
        assert_eq!(polled.is_ready(), admitted, "the putter {}", putter.number);
        if !admitted {
            self.putters.push(putter);
        }
    }

    fn poll_getter(&mut self, at: usize) {
        let mut getter = self.getters.remove(at);
        let handed = self.model.handed.remove(&getter.number);
        match getter.poll(|future, cx| future.poll(cx)) {
            Poll::Ready(item) => assert_eq!(Some(item), handed),
            Poll::Pending => {
                assert_eq!(None, handed, "the getter {}", getter.number);
                self.getters.push(getter);
            }
        }
    }

    /// Checks that exactly those have been woken who have got what they wait for.
    fn check(&self) {
        let Self { subject, model, .. } = self;
        assert_eq!(subject.held(), model.items.len());
        for putter in &self.putters {
            let admitted = model.admitted.contains(&putter.number);
            assert_eq!(putter.is_woken(), admitted, "the putter {}", putter.number);
        }
        for getter in &self.getters {
            let handed = model.handed.contains_key(&getter.number);
            assert_eq!(getter.is_woken(), handed, "the getter {}", getter.number);
        }
    }
}
