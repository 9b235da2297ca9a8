//! Runs lists of operations on an eventual result and on a model that is too simple to be wrong.
//!
//! The property tests and the fuzz target of the eventual result share this file.

use core::task::{Context, Poll, Waker};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::Wake;

use crochet_core::eventual::{
    Cancel, Completer, End, Eventual, NotWaiting, Phase, Reader, WaitKey,
};

/// Is one operation on either half of a result.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Op {
    /// The completer begins.
    Begin,
    /// The completer ends the operation with a value.
    Complete,
    /// The completer ends the operation without a value.
    End(End),
    /// The completer goes away.
    DropCompleter,
    /// The reader asks to cancel.
    Cancel,
    /// The reader registers a waker.
    Register,
    /// The reader takes a registration back, chosen modulo the number of registrations.
    Unregister(u8),
    /// The reader looks.
    Peek,
    /// The reader takes the result.
    Take,
    /// The reader is polled for the result.
    PollTake,
    /// The reader goes away.
    DropReader,
    /// Somebody asks for the halves once more.
    SplitAgain,
}

/// Reads operations from bytes, such that every input means something.
pub(crate) fn decode(bytes: &[u8]) -> Vec<Op> {
    bytes.iter().copied().map(op).collect()
}

fn op(byte: u8) -> Op {
    let argument = byte / 16;
    match byte % 16 {
        0 => Op::Begin,
        1 => Op::Complete,
        2 if argument % 2 == 0 => Op::End(End::Cancelled),
        2 => Op::End(End::Stopped),
        3 if argument == 0 => Op::DropCompleter,
        3 => Op::SplitAgain,
        4 => Op::Cancel,
        5 => Op::Take,
        6 if argument % 4 == 0 => Op::DropReader,
        6 | 7 => Op::Peek,
        8 | 9 => Op::PollTake,
        10..=12 => Op::Register,
        _ => Op::Unregister(argument),
    }
}

/// Runs `ops` on a new result and compares all that can be observed after each.
///
/// `slots` is the number of waiters that the result has room for.
///
/// # Panics
///
/// Panics if the result differs from the model.
pub(crate) fn run(slots: usize, ops: &[Op]) {
    let eventual = Eventual::new();
    let values = Arc::new(AtomicUsize::new(0));
    let woken = Arc::new(Mutex::new(Vec::new()));
    let (completer, reader) = eventual.split().expect("nobody has split it");
    let mut pair = Pair {
        eventual: &eventual,
        completer: Some(completer),
        reader: Some(reader),
        keys: Vec::new(),
        poll_key: None,
        values: Arc::clone(&values),
        woken: Arc::clone(&woken),
        wakers: 0,
        model: Model::new(slots),
    };
    for &op in ops {
        pair.apply(op);
        pair.compare();
    }
    drop(pair);
    assert_eq!(
        values.load(Ordering::Relaxed),
        0,
        "each value was dropped once"
    );
    drop(eventual);
    assert_eq!(Arc::strong_count(&woken), 1, "each waker was dropped once");
}

/// A value that counts itself.
#[derive(Debug)]
struct Value(Arc<AtomicUsize>);

impl Value {
    fn new(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(count))
    }
}

impl Drop for Value {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A waker that records that it was woken.
struct Recorder {
    number: usize,
    woken: Arc<Mutex<Vec<usize>>>,
}

impl Wake for Recorder {
    fn wake(self: Arc<Self>) {
        self.woken
            .lock()
            .expect("nobody panics with it")
            .push(self.number);
    }
}

/// What a result is to do.
struct Model {
    phase: Phase,
    is_cancel_requested: bool,
    /// The number of the waker in each slot.
    slots: Vec<Option<usize>>,
    most_slots: usize,
    woken: Vec<usize>,
}

impl Model {
    fn new(most_slots: usize) -> Self {
        Self {
            phase: Phase::Queued,
            is_cancel_requested: false,
            slots: Vec::new(),
            most_slots,
            woken: Vec::new(),
        }
    }

    fn is_ended(&self) -> bool {
        !matches!(self.phase, Phase::Queued | Phase::Running)
    }

    fn end_as(&mut self, phase: Phase) {
        self.phase = phase;
        self.woken.extend(self.slots.drain(..).flatten());
    }

    fn cancel(&mut self) -> Cancel {
        match self.phase {
            Phase::Queued => {
                self.end_as(Phase::Cancelled);
                Cancel::Revoked
            }
            Phase::Running => {
                self.is_cancel_requested = true;
                Cancel::Requested
            }
            _ => Cancel::Ended,
        }
    }

    /// Returns the slot that the waker gets.
    fn register(&mut self, waker: usize) -> Result<usize, NotWaiting> {
        if self.is_ended() {
            return Err(NotWaiting::Ended);
        }
        let free = self.slots.iter().position(Option::is_none);
        let slot = free.unwrap_or(self.slots.len());
        if slot == self.most_slots {
            return Err(NotWaiting::Occupied);
        }
        self.slots.resize(self.slots.len().max(slot + 1), None);
        self.slots[slot] = Some(waker);
        Ok(slot)
    }

    fn unregister(&mut self, slot: usize) {
        if let Some(slot) = self.slots.get_mut(slot) {
            *slot = None;
        }
    }

    fn outcome(&self) -> Option<Result<(), End>> {
        match self.phase {
            Phase::Completed => Some(Ok(())),
            Phase::Cancelled => Some(Err(End::Cancelled)),
            Phase::Stopped => Some(Err(End::Stopped)),
            _ => None,
        }
    }
}

struct Pair<'a> {
    eventual: &'a Eventual<Value>,
    completer: Option<Completer<&'a Eventual<Value>>>,
    reader: Option<Reader<&'a Eventual<Value>>>,
    /// Each registration, with its slot in the model.
    keys: Vec<(WaitKey, usize)>,
    /// What `PollTake` keeps between polls.
    poll_key: Option<(WaitKey, usize)>,
    values: Arc<AtomicUsize>,
    woken: Arc<Mutex<Vec<usize>>>,
    wakers: usize,
    model: Model,
}

impl Pair<'_> {
    fn apply(&mut self, op: Op) {
        match op {
            Op::Begin => self.begin(),
            Op::Complete => self.complete(),
            Op::End(end) => {
                if let Some(completer) = self.completer.take() {
                    completer.end(end);
                    self.end(end);
                }
            }
            Op::DropCompleter => {
                if self.completer.take().is_some() {
                    self.end(End::Cancelled);
                }
            }
            Op::Cancel => {
                if let Some(reader) = &self.reader {
                    assert_eq!(reader.cancel(), self.model.cancel());
                }
            }
            Op::Register => self.register(),
            Op::Unregister(pick) => self.unregister(pick),
            Op::Peek => self.peek(),
            Op::Take => self.take(),
            Op::PollTake => self.poll_take(),
            Op::DropReader => {
                if self.reader.take().is_some() && self.model.phase == Phase::Completed {
                    self.model.phase = Phase::Taken;
                }
            }
            Op::SplitAgain => assert!(self.eventual.split().is_err()),
        }
    }

    fn begin(&mut self) {
        let Some(completer) = &mut self.completer else {
            return;
        };
        if self.model.phase == Phase::Queued {
            self.model.phase = Phase::Running;
        }
        let begun = completer.begin();
        assert_eq!(begun.is_ok(), self.model.phase == Phase::Running);
    }

    fn complete(&mut self) {
        let Some(completer) = self.completer.take() else {
            return;
        };
        let given_back = completer.complete(Value::new(&self.values)).is_err();
        if self.model.is_ended() {
            assert!(given_back, "it was revoked");
            return;
        }
        assert_eq!(given_back, self.reader.is_none());
        self.model.end_as(if given_back {
            Phase::Taken
        } else {
            Phase::Completed
        });
    }

    /// Ends the model as a completer that has no value does.
    fn end(&mut self, end: End) {
        if !self.model.is_ended() {
            self.model.end_as(match end {
                End::Stopped => Phase::Stopped,
                _ => Phase::Cancelled,
            });
        }
    }

    fn waker(&mut self) -> Waker {
        self.wakers += 1;
        Waker::from(Arc::new(Recorder {
            number: self.wakers,
            woken: Arc::clone(&self.woken),
        }))
    }

    fn register(&mut self) {
        let waker = self.waker();
        let Some(reader) = &self.reader else {
            return;
        };
        match (reader.register(&waker), self.model.register(self.wakers)) {
            (Ok(key), Ok(slot)) => self.keys.push((key, slot)),
            (found, expected) => assert_eq!(found.err(), expected.err()),
        }
    }

    fn unregister(&mut self, pick: u8) {
        if self.keys.is_empty() {
            return;
        }
        if let Some(reader) = &self.reader {
            let (key, slot) = self.keys.remove(usize::from(pick) % self.keys.len());
            reader.unregister(key);
            self.model.unregister(slot);
        }
    }

    fn peek(&self) {
        if let Some(reader) = &self.reader {
            let found = reader.peek().map(|outcome| outcome.map(|_| ()));
            assert_eq!(found, self.model.outcome());
        }
    }

    fn take(&mut self) {
        let Some(reader) = self.reader.take() else {
            return;
        };
        match (reader.take(), self.model.outcome()) {
            (Err(reader), None) => self.reader = Some(reader),
            (Ok(Ok(_)), Some(Ok(()))) => self.model.phase = Phase::Taken,
            (Ok(Err(end)), Some(Err(expected))) => assert_eq!(end, expected),
            (found, expected) => panic!("took {found:?} instead of {expected:?}"),
        }
    }

    fn poll_take(&mut self) {
        let waker = self.waker();
        let Some(reader) = &mut self.reader else {
            return;
        };
        let (mut key, slot) = self.poll_key.take().unzip();
        let polled = reader.poll_take(&mut key, &Context::from_waker(&waker));
        match (polled, self.model.outcome()) {
            (Poll::Ready(Ok(_)), Some(Ok(()))) => self.model.phase = Phase::Taken,
            (Poll::Ready(Err(end)), Some(Err(expected))) => assert_eq!(end, expected),
            (Poll::Pending, None) => {
                if let Some(slot) = slot {
                    self.model.unregister(slot);
                }
                match self.model.register(self.wakers) {
                    Ok(slot) => self.poll_key = Some((key.expect("it waits"), slot)),
                    Err(NotWaiting::Occupied) => self.model.woken.push(self.wakers),
                    Err(NotWaiting::Ended) => assert_eq!(self.model.phase, Phase::Taken),
                }
            }
            (found, expected) => panic!("polled {found:?} instead of {expected:?}"),
        }
    }

    fn compare(&self) {
        let phase = self.model.phase;
        assert_eq!(self.eventual.phase(), phase);
        if let Some(reader) = &self.reader {
            assert_eq!(reader.phase(), phase);
            assert_eq!(reader.is_ended(), self.model.is_ended());
        }
        if let Some(completer) = &self.completer {
            let requested = completer.is_cancel_requested();
            assert_eq!(requested, self.model.is_cancel_requested);
        }
        let woken = self.woken.lock().expect("nobody panics with it");
        assert_eq!(*woken, self.model.woken);
        let held = usize::from(phase == Phase::Completed);
        assert_eq!(self.values.load(Ordering::Relaxed), held);
    }
}
