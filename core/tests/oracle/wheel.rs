//! Runs lists of operations on a timer wheel and on a model that is too simple to be wrong.
//!
//! The property tests and the fuzz target of the wheel share this file.

use crochet_core::time::Tick;
use crochet_core::wheel::{Key, Store, Wheel};

/// Is one operation on a wheel.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Op {
    /// Inserts a timer.
    Insert(When),
    /// Cancels a timer that is pending or has been.
    Cancel(Pick),
    /// Gives a timer that is pending or has been a new deadline.
    Reset(Pick, When),
    /// Moves the time on by a number of ticks.
    Advance(u64),
    /// Moves the time on to the wheel's own next deadline, as a loop does.
    AdvanceToNext,
    /// Moves the time back by a number of ticks, which does nothing.
    Rewind(u64),
    /// Pops at most so many due timers.
    Pop(u8),
    /// Removes all timers.
    Drain,
}

/// Is a deadline, as seen from the wheel's time.
#[derive(Clone, Copy, Debug)]
pub(crate) enum When {
    /// So many ticks later.
    Ahead(u64),
    /// So many ticks earlier.
    Behind(u64),
    /// At this tick.
    At(u64),
}

/// Picks a timer by a number, which is taken modulo the number of candidates.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Pick {
    /// One that has neither been popped nor cancelled.
    Pending(usize),
    /// One that was ever inserted.
    Any(usize),
}

/// Reads operations from bytes, such that every input means something and most inputs hit the
/// borders between levels.
pub(crate) fn decode(bytes: &[u8]) -> Vec<Op> {
    let mut input = Input {
        bytes: bytes.iter(),
    };
    let mut ops = Vec::new();
    while let Some(op) = input.op() {
        ops.push(op);
    }
    ops
}

/// Runs `ops` on an empty `wheel` and compares all that can be observed after each.
///
/// `limit` is the number of timers that the wheel can hold.
///
/// # Panics
///
/// Panics if the wheel differs from the model.
pub(crate) fn run<S: Store<u32>, const LEVELS: usize>(
    wheel: Wheel<u32, S, LEVELS>,
    limit: usize,
    ops: &[Op],
) {
    let mut pair = Pair {
        wheel,
        limit,
        now: 0,
        inserted: 0,
        timers: Vec::new(),
        keys: Vec::new(),
        bounds: Bounds::Exact,
    };
    for &op in ops {
        pair.apply(op);
        pair.compare();
    }
    while !pair.timers.is_empty() {
        pair.apply(Op::Advance(u64::MAX));
        pair.apply(Op::Pop(u8::MAX));
        pair.compare();
    }
    assert!(pair.wheel.is_empty());
}

struct Pair<S, const LEVELS: usize> {
    wheel: Wheel<u32, S, LEVELS>,
    limit: usize,
    now: u64,
    /// Insertions and resets so far, which numbers them.
    inserted: u64,
    timers: Vec<Timer>,
    /// Every key that the wheel has given out.
    keys: Vec<Key>,
    bounds: Bounds,
}

struct Timer {
    key: Key,
    value: u32,
    deadline: u64,
    /// The order in which timers fire.
    turn: (u64, u64),
    state: State,
}

#[derive(PartialEq)]
enum State {
    Waiting,
    Due,
}

/// What the next deadline must be, while nothing is due or late.
#[derive(PartialEq)]
enum Bounds {
    /// The earliest deadline: no timer has been cancelled or reset since the wheel was empty.
    Exact,
    /// That or a tick before it, but after the present.
    Below,
}

impl<S: Store<u32>, const LEVELS: usize> Pair<S, LEVELS> {
    fn apply(&mut self, op: Op) {
        match op {
            Op::Insert(when) => self.insert(self.tick(when)),
            Op::Cancel(pick) => self.cancel(pick),
            Op::Reset(pick, when) => self.reset(pick, self.tick(when)),
            Op::Advance(ticks) => self.advance(self.now.saturating_add(ticks)),
            Op::AdvanceToNext => {
                if let Some(next) = self.wheel.next_deadline() {
                    self.advance(next.get().max(self.now));
                }
            }
            Op::Rewind(ticks) => {
                if let Some(earlier) = self.now.checked_sub(ticks).filter(|&tick| tick < self.now) {
                    self.wheel.advance(Tick::new(earlier));
                }
            }
            Op::Pop(count) => self.pop(count),
            Op::Drain => self.drain(),
        }
        if self.timers.is_empty() {
            self.bounds = Bounds::Exact;
        }
    }

    fn insert(&mut self, deadline: u64) {
        let turn = self.turn(deadline);
        let value = self.keys.len() as u32;
        match self.wheel.insert(Tick::new(deadline), value) {
            Ok(key) => {
                assert!(self.timers.len() < self.limit, "a full wheel took a timer");
                assert!(!self.keys.contains(&key), "a key was given out twice");
                self.keys.push(key);
                self.timers.push(Timer {
                    key,
                    value,
                    deadline,
                    turn,
                    state: State::Waiting,
                });
            }
            Err(full) => {
                assert_eq!(
                    self.timers.len(),
                    self.limit,
                    "a wheel with room refused a timer"
                );
                assert_eq!(full.into_inner(), value);
            }
        }
    }

    fn cancel(&mut self, pick: Pick) {
        let Some(key) = self.key(pick) else { return };
        let expected = self
            .position(key)
            .map(|index| self.timers.swap_remove(index).value);
        self.bounds = Bounds::Below;
        assert_eq!(self.wheel.cancel(key), expected);
    }

    fn reset(&mut self, pick: Pick, deadline: u64) {
        let Some(key) = self.key(pick) else { return };
        let turn = self.turn(deadline);
        let position = self.position(key);
        if let Some(index) = position {
            let timer = &mut self.timers[index];
            (timer.deadline, timer.turn, timer.state) = (deadline, turn, State::Waiting);
        }
        self.bounds = Bounds::Below;
        let reset = self.wheel.reset(key, Tick::new(deadline));
        assert_eq!(reset.is_ok(), position.is_some());
    }

    fn advance(&mut self, now: u64) {
        self.now = now;
        for timer in &mut self.timers {
            if timer.turn.0 <= now {
                timer.state = State::Due;
            }
        }
        self.wheel.advance(Tick::new(now));
    }

    fn pop(&mut self, count: u8) {
        for _ in 0..count {
            let due = self
                .timers
                .iter()
                .enumerate()
                .filter(|(_, timer)| timer.state == State::Due);
            let first = due
                .min_by_key(|(_, timer)| timer.turn)
                .map(|(index, _)| index);
            let expected = first.map(|index| self.timers.swap_remove(index));
            let popped = self.wheel.pop_due();
            assert_eq!(popped, expected.map(|timer| (timer.key, timer.value)));
            if popped.is_none() {
                break;
            }
        }
    }

    fn drain(&mut self) {
        let mut drained: Vec<_> = self
            .wheel
            .drain()
            .map(|(key, value)| (value, key))
            .collect();
        let mut expected: Vec<_> = self
            .timers
            .drain(..)
            .map(|timer| (timer.value, timer.key))
            .collect();
        drained.sort_unstable_by_key(|&(value, _)| value);
        expected.sort_unstable_by_key(|&(value, _)| value);
        assert_eq!(drained, expected);
    }

    fn compare(&self) {
        assert_eq!(self.wheel.now(), Tick::new(self.now));
        assert_eq!(self.wheel.len(), self.timers.len());
        assert_eq!(self.wheel.is_empty(), self.timers.is_empty());
        assert!(self.wheel.capacity() >= self.timers.len());
        for timer in &self.timers {
            assert_eq!(
                self.wheel.deadline(timer.key),
                Some(Tick::new(timer.deadline))
            );
            assert_eq!(self.wheel.get(timer.key), Some(&timer.value));
        }
        let pending = self
            .keys
            .iter()
            .filter(|&&key| self.wheel.contains(key))
            .count();
        assert_eq!(pending, self.timers.len(), "a dead key names a timer");
        self.compare_next_deadline();
    }

    fn compare_next_deadline(&self) {
        let next = self.wheel.next_deadline().map(Tick::get);
        let earliest = self.timers.iter().map(|timer| timer.deadline).min();
        assert_eq!(next.is_some(), earliest.is_some());
        let (Some(next), Some(earliest)) = (next, earliest) else {
            return;
        };
        assert!(next <= earliest, "the next deadline is late");
        if self.timers.iter().any(|timer| timer.turn.0 <= self.now) {
            assert!(
                next <= self.now,
                "something is due, but the next deadline is to come"
            );
        } else if self.bounds == Bounds::Exact {
            assert_eq!(next, earliest, "the next deadline is early");
        } else {
            assert!(
                next > self.now,
                "nothing is due, but the next deadline has passed"
            );
        }
    }

    /// Returns the turn of a timer that is inserted now.
    fn turn(&mut self, deadline: u64) -> (u64, u64) {
        self.inserted += 1;
        (deadline.max(self.now), self.inserted)
    }

    fn tick(&self, when: When) -> u64 {
        match when {
            When::Ahead(ticks) => self.now.saturating_add(ticks),
            When::Behind(ticks) => self.now.saturating_sub(ticks),
            When::At(tick) => tick,
        }
    }

    fn key(&self, pick: Pick) -> Option<Key> {
        match pick {
            Pick::Pending(number) => {
                let index = number.checked_rem(self.timers.len())?;
                Some(self.timers[index].key)
            }
            Pick::Any(number) => {
                let index = number.checked_rem(self.keys.len())?;
                Some(self.keys[index])
            }
        }
    }

    fn position(&self, key: Key) -> Option<usize> {
        self.timers.iter().position(|timer| timer.key == key)
    }
}

struct Input<'a> {
    bytes: core::slice::Iter<'a, u8>,
}

impl Input<'_> {
    fn op(&mut self) -> Option<Op> {
        let op = match self.byte()? {
            0..96 => Op::Insert(self.when()?),
            96..120 => Op::Cancel(self.pick()?),
            120..160 => Op::Reset(self.pick()?, self.when()?),
            160..192 => Op::Advance(self.number()?),
            192..216 => Op::AdvanceToNext,
            216..224 => Op::Rewind(self.number()?),
            224..254 => Op::Pop(self.byte()? % 16),
            254.. => Op::Drain,
        };
        Some(op)
    }

    fn when(&mut self) -> Option<When> {
        let when = match self.byte()? {
            0..160 => When::Ahead(self.number()?),
            160..192 => When::Behind(self.number()?),
            192.. => When::At(self.number()?),
        };
        Some(when)
    }

    fn pick(&mut self) -> Option<Pick> {
        let number = usize::from(self.byte()?);
        let pick = if number < 192 {
            Pick::Pending(number)
        } else {
            Pick::Any(number)
        };
        Some(pick)
    }

    /// Reads a number that is near a power of two, or below 128.
    fn number(&mut self) -> Option<u64> {
        let power = 1_u64 << (self.byte()? % 64);
        let offset = self.byte()? as i8;
        Some(power.wrapping_add_signed(i64::from(offset)))
    }

    fn byte(&mut self) -> Option<u8> {
        self.bytes.next().copied()
    }
}
