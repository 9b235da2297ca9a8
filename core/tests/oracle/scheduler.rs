//! Runs lists of operations on a scheduler, with tasks that do things to it when they are polled and
//! dropped, and on a model that is too simple to be wrong.
//!
//! The property tests and the fuzz target of the scheduler share this file. Everything happens on one
//! thread; operations from elsewhere are made by a platform that says that this is not the loop.

use crochet_core::eventual::Phase;

#[path = "scheduler/model.rs"]
mod model;
#[path = "scheduler/real.rs"]
mod real;

/// Is one operation on a scheduler. Tasks are chosen modulo the number that there are.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Op {
    /// Submits a task.
    Submit(From, Script),
    /// Spawns a future, which the loop alone can.
    Spawn(From, Script),
    /// Wakes a task by the waker that it got when it was polled first.
    Wake(From, u8),
    /// Cancels a task.
    Cancel(From, u8),
    /// Drops the handle on a task.
    Detach(u8),
    /// Drops the waker of a task.
    DropWaker(u8),
    /// Makes the loop look around.
    Notify,
    /// Takes over what was sent.
    Collect,
    /// Runs one task.
    Run(From),
    /// Goes to sleep, if that is possible.
    TrySleep,
    /// Is awake again.
    Awake,
    /// Closes the scheduler.
    Close(From),
    /// Opens it again.
    Reopen,
}

/// Says who does something.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum From {
    /// The loop.
    Loop,
    /// Some other context.
    Elsewhere,
}

/// Says what a task does.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Script {
    make: Act,
    polls: [(Act, Next); 2],
    on_drop: Act,
}

/// Is something that a task does to the scheduler it runs on.
#[derive(Clone, Copy, Debug)]
enum Act {
    Nothing,
    Panic,
    WakeSelf,
    Wake(u8),
    Cancel(u8),
    Submit,
    Spawn,
    Run,
    Close,
    Reopen,
}

/// Says how a poll ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Next {
    Pending,
    Ready,
}

impl Script {
    /// What the tasks do that tasks make.
    const CHILD: Self = Self {
        make: Act::Nothing,
        polls: [(Act::Nothing, Next::Pending), (Act::Nothing, Next::Ready)],
        on_drop: Act::Nothing,
    };

    /// Returns what the poll with this number does; the last one is ready in any case.
    fn poll(&self, number: usize) -> (Act, Next) {
        let last = (Act::Nothing, Next::Ready);
        self.polls.get(number).copied().unwrap_or(last)
    }
}

/// Is something that can be seen of a task.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Event {
    Made(usize),
    Polled(usize),
    Dropped(usize),
    /// A task ran another one, or tried to.
    Ran(bool),
}

/// What can be seen of a scheduler after an operation.
#[derive(PartialEq, Eq, Debug)]
struct View {
    events: Vec<Event>,
    phases: Vec<Option<Phase>>,
    suspended: usize,
    is_ready: bool,
    is_closed: bool,
    unparks: usize,
}

/// What an operation came to.
#[derive(PartialEq, Eq, Debug)]
enum Outcome {
    Done,
    Told(bool),
    Panicked,
}

/// Reads operations from bytes, such that every input means something.
pub(crate) fn decode(bytes: &[u8]) -> Vec<Op> {
    let mut input = Input(bytes.iter());
    let mut ops = Vec::new();
    while let Some(op) = input.op() {
        ops.push(op);
    }
    ops
}

/// Runs `ops` on a new scheduler and compares all that can be observed after each.
///
/// # Panics
///
/// Panics if the scheduler differs from the model, or if a task is leaked.
pub(crate) fn run(ops: &[Op]) {
    let mut model = model::World::new();
    let real = real::World::new();
    for &op in ops {
        let expected = model.apply(op);
        assert_eq!(real.apply(op), expected, "{op:?}");
        assert_eq!(real.view(), model.view(), "{op:?}");
    }
    real.end();
}

struct Input<'a>(core::slice::Iter<'a, u8>);

impl Input<'_> {
    /// Reads a byte; there are zeros behind the end.
    fn byte(&mut self) -> u8 {
        self.0.next().copied().unwrap_or(0)
    }

    fn op(&mut self) -> Option<Op> {
        let byte = *self.0.next()?;
        let from = if byte & 0x80 == 0 {
            From::Loop
        } else {
            From::Elsewhere
        };
        Some(match byte % 24 {
            0..=2 => Op::Submit(from, self.script()),
            3 | 4 => Op::Spawn(from, self.script()),
            5..=7 => Op::Wake(from, self.byte()),
            8 => Op::Cancel(from, self.byte()),
            9 => Op::Detach(self.byte()),
            10 => Op::DropWaker(self.byte()),
            11 => Op::Notify,
            12 => Op::TrySleep,
            13 => Op::Awake,
            14 => Op::Close(from),
            15 => Op::Reopen,
            16..=18 => Op::Collect,
            _ => Op::Run(from),
        })
    }

    fn script(&mut self) -> Script {
        let make = self.byte();
        Script {
            // Most functions that make a future do nothing else.
            make: if make < 0xc0 { Act::Nothing } else { act(make) },
            polls: [self.poll(), self.poll()],
            on_drop: act(self.byte()),
        }
    }

    fn poll(&mut self) -> (Act, Next) {
        let byte = self.byte();
        let next = if byte & 0x80 == 0 {
            Next::Pending
        } else {
            Next::Ready
        };
        (act(byte), next)
    }
}

fn act(byte: u8) -> Act {
    let task = byte >> 4 & 7;
    match byte % 16 {
        0 => Act::Panic,
        1 | 2 => Act::WakeSelf,
        3 => Act::Wake(task),
        4 => Act::Cancel(task),
        5 => Act::Submit,
        6 => Act::Spawn,
        7..=9 => Act::Run,
        10 => Act::Close,
        11 => Act::Reopen,
        _ => Act::Nothing,
    }
}
