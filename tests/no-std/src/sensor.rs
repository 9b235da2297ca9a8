//! A sensor, as the doorbell's handler sees it: it delivers readings, and it carries out one measurement at a time.

use core::cell::{Cell, RefCell};

use cortex_m::interrupt::{self, Mutex};
use crochet_core::eventual::{Completer, End, Eventual};

use crate::inbox::{self, Reading};

/// The value that every measurement has.
pub const MEASURED: u32 = 42;

/// The measurement that waits to begin, or to end.
static MEASUREMENT: Mutex<RefCell<Option<Measurement>>> = Mutex::new(RefCell::new(None));

/// The number of the next reading, counted from 1.
static NEXT_READING: Mutex<Cell<Reading>> = Mutex::new(Cell::new(1));

/// How many readings the next interrupt delivers.
static DELIVERY: Mutex<Cell<u32>> = Mutex::new(Cell::new(0));

/// What became of the measurement at the last interrupt that looked at one.
static STEP: Mutex<Cell<Option<Step>>> = Mutex::new(Cell::new(None));

/// How many readings the inbox has refused.
static LOST: Mutex<Cell<u32>> = Mutex::new(Cell::new(0));

/// A measurement takes two interrupts: the first begins it, the second ends it.
enum Measurement {
    Queued(Completer<&'static Eventual<u32>>),
    Running(Completer<&'static Eventual<u32>>),
}

/// What an interrupt did with a measurement.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step {
    /// It began.
    Began,
    /// It was revoked before it began, and never will.
    Refused(End),
    /// It has its value.
    Completed,
    /// It ended early, as its reader asked.
    Cancelled,
    /// It had a value, but no reader any more.
    Unread(u32),
}

/// Has the next two interrupts begin and end a measurement.
pub fn measure(completer: Completer<&'static Eventual<u32>>) {
    interrupt::free(|cs| {
        let before = MEASUREMENT
            .borrow(cs)
            .replace(Some(Measurement::Queued(completer)));
        assert!(before.is_none(), "the sensor measures one thing at a time");
    });
}

/// Has the next interrupt deliver `count` readings.
pub fn deliver(count: u32) {
    interrupt::free(|cs| DELIVERY.borrow(cs).set(count));
}

/// Returns what the last interrupt did with a measurement.
pub fn last_step() -> Option<Step> {
    interrupt::free(|cs| STEP.borrow(cs).get())
}

/// Returns how many readings were lost since the last call.
pub fn take_lost() -> u32 {
    interrupt::free(|cs| LOST.borrow(cs).replace(0))
}

/// Does what the sensor's interrupt is for. Its handler calls this.
pub fn serve() {
    for _ in 0..interrupt::free(|cs| DELIVERY.borrow(cs).replace(0)) {
        let reading = interrupt::free(|cs| {
            let next = NEXT_READING.borrow(cs);
            next.replace(next.get() + 1)
        });
        if inbox::post(reading).is_err() {
            interrupt::free(|cs| LOST.borrow(cs).set(LOST.borrow(cs).get() + 1));
        }
    }
    // Taken out first: a completer wakes its reader, and that is no work for a critical section.
    let measurement = interrupt::free(|cs| MEASUREMENT.borrow(cs).take());
    if let Some(measurement) = measurement {
        let (left, step) = measurement.advance();
        interrupt::free(|cs| {
            MEASUREMENT.borrow(cs).replace(left);
            STEP.borrow(cs).set(Some(step));
        });
    }
}

impl Measurement {
    fn advance(self) -> (Option<Self>, Step) {
        match self {
            Self::Queued(mut completer) => match completer.begin() {
                Ok(()) => (Some(Self::Running(completer)), Step::Began),
                Err(end) => (None, Step::Refused(end)),
            },
            Self::Running(completer) if completer.is_cancel_requested() => {
                completer.end(End::Cancelled);
                (None, Step::Cancelled)
            }
            Self::Running(completer) => {
                let step = completer
                    .complete(MEASURED)
                    .map_or_else(Step::Unread, |()| Step::Completed);
                (None, step)
            }
        }
    }
}
