//! The loop: the board, the timers, and the work of one scene.

use core::{
    cell::{Cell, RefCell},
    pin::Pin,
    task::Context,
};

use crochet_core::{
    driver::{self, Budget, Clock, Sleep, Turn, Work},
    time::Tick,
};

use crate::{
    board::{self, Board},
    inbox::{self, CAPACITY, Reading},
    timers::Timers,
    waker::WakeFlag,
};

/// The board and the timers. The work comes with each turn, since every scene has its own.
pub struct EventLoop {
    board: Board,
    timers: &'static RefCell<Timers>,
    budget: Budget,
}

impl EventLoop {
    /// Makes a loop of `board` over `timers`.
    pub fn new(board: Board, timers: &'static RefCell<Timers>) -> Self {
        Self {
            board,
            timers,
            budget: Budget::default(),
        }
    }

    /// Returns the timers.
    pub fn timers(&self) -> &'static RefCell<Timers> {
        self.timers
    }

    /// Limits what a turn may do.
    pub fn set_budget(&mut self, budget: Budget) {
        self.budget = budget;
    }

    /// Sleeps until a tick begins, so that what follows has a whole one, and returns it.
    pub fn next_tick(&self) -> Tick {
        let before = self.board.now();
        board::sleep_until(|| board::now() > before);
        self.board.now()
    }

    /// Does one turn.
    pub fn turn(&mut self, work: &impl Work, sleep: Sleep) -> Turn {
        let Ok(turn) = driver::turn(work, self.timers, &mut self.board, self.budget, sleep);
        turn
    }

    /// Does turns until `done` returns true, which also keeps the last one from sleeping. Hands each to `report`.
    pub fn run_until(
        &mut self,
        work: &impl Work,
        done: impl Fn() -> bool,
        mut report: impl FnMut(Turn),
    ) {
        let work = SleepingIf::new(work, || !done() && work.try_sleep());
        while !done() {
            report(self.turn(&work, Sleep::Allowed));
        }
    }
}

/// Work with another way to announce that the loop goes to sleep.
pub struct SleepingIf<'a, W, F> {
    work: &'a W,
    try_sleep: F,
}

impl<'a, W: Work, F: Fn() -> bool> SleepingIf<'a, W, F> {
    /// Makes `work` use `try_sleep` in place of its own.
    pub fn new(work: &'a W, try_sleep: F) -> Self {
        Self { work, try_sleep }
    }
}

impl<W: Work, F: Fn() -> bool> Work for SleepingIf<'_, W, F> {
    fn collect(&self) {
        self.work.collect();
    }

    fn run_one(&self) -> bool {
        self.work.run_one()
    }

    fn is_ready(&self) -> bool {
        self.work.is_ready()
    }

    fn try_sleep(&self) -> bool {
        (self.try_sleep)()
    }

    fn awake(&self) {
        self.work.awake();
    }
}

/// What a scene's loop works on: the readings from the inbox, and `TASKS` tasks.
pub struct Intake<'a, const TASKS: usize> {
    readings: RefCell<Batch>,
    on_reading: &'a dyn Fn(Reading),
    tasks: [Task<'a>; TASKS],
}

/// The readings of one drain.
struct Batch {
    readings: [Reading; CAPACITY],
    next: usize,
    end: usize,
}

/// A future in memory of its owner's, with the flag that its wakers raise.
pub struct Task<'a> {
    flag: &'static WakeFlag,
    is_ready: Cell<bool>,
    /// `None` when it is done.
    future: RefCell<Option<Pin<&'a mut dyn Future<Output = ()>>>>,
}

impl<'a, const TASKS: usize> Intake<'a, TASKS> {
    /// Makes an intake that hands readings to `on_reading` and polls `tasks`.
    pub fn new(on_reading: &'a dyn Fn(Reading), tasks: [Task<'a>; TASKS]) -> Self {
        Self {
            readings: RefCell::new(Batch::EMPTY),
            on_reading,
            tasks,
        }
    }

    /// Tells whether all tasks are done.
    pub fn is_done(&self) -> bool {
        self.tasks.iter().all(|task| task.future.borrow().is_none())
    }
}

impl<const TASKS: usize> Work for Intake<'_, TASKS> {
    fn collect(&self) {
        let mut batch = self.readings.borrow_mut();
        // What a drain gives fits an empty batch; with a rest of the last one it waits in the inbox, which keeps the loop awake.
        if batch.is_empty() {
            batch.fill(inbox::get().drain());
        }
        for task in &self.tasks {
            if task.flag.take() {
                task.is_ready.set(true);
            }
        }
    }

    fn run_one(&self) -> bool {
        // A statement of its own, so that the batch is free while the reading is handled.
        let reading = self.readings.borrow_mut().next();
        if let Some(reading) = reading {
            (self.on_reading)(reading);
            return true;
        }
        match self.tasks.iter().find(|task| task.is_ready.take()) {
            Some(task) => {
                task.poll();
                true
            }
            None => false,
        }
    }

    fn is_ready(&self) -> bool {
        !self.readings.borrow().is_empty() || self.tasks.iter().any(|task| task.is_ready.get())
    }

    fn try_sleep(&self) -> bool {
        inbox::get().try_sleep()
    }

    fn awake(&self) {
        // To drain is what ends the announced sleep.
        self.collect();
    }
}

impl Batch {
    const EMPTY: Self = Self {
        readings: [0; CAPACITY],
        next: 0,
        end: 0,
    };

    fn is_empty(&self) -> bool {
        self.next == self.end
    }

    /// Replaces what is in the batch by at most [`CAPACITY`] readings.
    fn fill(&mut self, readings: impl Iterator<Item = Reading>) {
        *self = Self::EMPTY;
        for reading in readings {
            self.readings[self.end] = reading;
            self.end += 1;
        }
    }

    fn next(&mut self) -> Option<Reading> {
        let reading = *self.readings[..self.end].get(self.next)?;
        self.next += 1;
        Some(reading)
    }
}

impl<'a> Task<'a> {
    /// Makes a task that is polled in the first turn. No other task has `flag`.
    pub fn new(flag: &'static WakeFlag, future: Pin<&'a mut dyn Future<Output = ()>>) -> Self {
        Self {
            flag,
            is_ready: Cell::new(true),
            future: RefCell::new(Some(future)),
        }
    }

    fn poll(&self) {
        let mut future = self.future.borrow_mut();
        let Some(polled) = future.as_mut() else {
            // A waker may outlive its task.
            return;
        };
        let waker = self.flag.waker();
        if polled
            .as_mut()
            .poll(&mut Context::from_waker(&waker))
            .is_ready()
        {
            *future = None;
        }
    }
}
