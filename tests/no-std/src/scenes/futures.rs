//! Tasks without an allocator: a state machine in static memory and an async block on the stack, which wait for an interrupt, for
//! timers and for each other.

use core::{
    cell::RefCell,
    pin::{Pin, pin},
    task::{Context, Poll},
    time::Duration,
};

use cortex_m_semihosting::hprintln;
use crochet_core::{
    eventual::{Completer, End, Eventual, Reader, WaitKey},
    time::{Tick, Ticks},
};

use crate::{
    board,
    event_loop::{EventLoop, Intake, Task},
    inbox, sensor,
    timers::{Delay, Timers},
    waker::WakeFlag,
};

static MEASUREMENT: Eventual<u32> = Eventual::new();
static OUTCOME: Eventual<u32> = Eventual::new();
static RELAY_FLAG: WakeFlag = WakeFlag::new();
static REPORT_FLAG: WakeFlag = WakeFlag::new();

/// How long the relay rests.
const REST: Duration = Duration::from_millis(5);

/// Runs the two tasks until both are done: the relay waits for a measurement, rests, and completes the outcome; the report waits
/// for the outcome, then for a timer.
pub fn show(event_loop: &mut EventLoop, relay: &'static mut Option<Relay>) {
    let timers = event_loop.timers();
    let (completer, reader) = MEASUREMENT.split().expect("nobody split it before");
    let (outcome, of_outcome) = OUTCOME.split().expect("nobody split it before");
    sensor::measure(completer);
    let start = event_loop.next_tick();
    let relay = relay.insert(Relay {
        state: State::Waiting(Outcome::of(reader)),
        outcome: Some(outcome),
        timers,
        start,
    });
    let mut report = pin!(async move {
        let outcome = Outcome::of(of_outcome).await;
        say(start, "the report has the outcome", outcome);
        let delay = Delay::new(timers, Duration::from_millis(2));
        delay.expect("the wheel has room").await;
        say(start, "the report is done", outcome);
    });
    let tasks = [
        Task::new(&RELAY_FLAG, Pin::static_mut(relay)),
        Task::new(&REPORT_FLAG, report.as_mut()),
    ];
    let work = Intake::new(&|_| unreachable!("nobody sends readings"), tasks);

    board::ring();
    board::ring_at(start.saturating_add(Ticks::new(3)));
    inbox::take_wakes();
    let (mut turns, mut polls, mut sleeps) = (0, 0, 0);
    event_loop.run_until(
        &work,
        || work.is_done(),
        |turn| {
            turns += 1;
            polls += turn.ran();
            sleeps += u32::from(turn.slept());
        },
    );
    hprintln!(
        "futures: {} turns, {} sleeps, {} polls, wake-ups: {}",
        turns,
        sleeps,
        polls,
        inbox::take_wakes()
    );
    assert!(timers.borrow().is_empty(), "no timer is left");
}

fn say(start: Tick, what: &str, outcome: Result<u32, End>) {
    let ticks = board::now().saturating_since(start);
    hprintln!("futures: tick {}: {}: {:?}", ticks.get(), what, outcome);
}

/// Waits for a measurement, rests, then completes its own outcome with what was measured.
///
/// Its place in memory does not matter, so it is `Unpin`.
pub struct Relay {
    state: State,
    outcome: Option<Completer<&'static Eventual<u32>>>,
    timers: &'static RefCell<Timers>,
    start: Tick,
}

enum State {
    /// The measurement has not ended.
    Waiting(Outcome),
    /// The measurement has this value, and the delay has not passed.
    Resting(Delay, u32),
    /// The outcome has been completed or ended.
    Done,
}

impl Future for Relay {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.get_mut();
        loop {
            let next = match &mut this.state {
                State::Waiting(measurement) => match Pin::new(measurement).poll(cx) {
                    Poll::Pending => return Poll::Pending,
                    Poll::Ready(measured) => this.rest(measured),
                },
                State::Resting(delay, value) => match Pin::new(delay).poll(cx) {
                    Poll::Pending => return Poll::Pending,
                    Poll::Ready(()) => {
                        let value = *value;
                        this.finish(value)
                    }
                },
                State::Done => return Poll::Ready(()),
            };
            this.state = next;
        }
    }
}

impl Relay {
    fn rest(&mut self, measured: Result<u32, End>) -> State {
        say(self.start, "the relay has the measurement", measured);
        match measured {
            Ok(value) => {
                let delay = Delay::new(self.timers, REST).expect("the wheel has room");
                State::Resting(delay, value)
            }
            Err(end) => {
                if let Some(outcome) = self.outcome.take() {
                    outcome.end(end);
                }
                State::Done
            }
        }
    }

    fn finish(&mut self, value: u32) -> State {
        say(self.start, "the relay has rested", Ok(value));
        let outcome = self.outcome.take().expect("it is completed once");
        outcome.complete(value).expect("the report reads it");
        State::Done
    }
}

/// The outcome of an eventual result, as a future.
///
/// # Cancellation
///
/// Dropping it before it is ready leaves the operation to go on without a reader.
struct Outcome {
    reader: Reader<&'static Eventual<u32>>,
    key: Option<WaitKey>,
}

impl Outcome {
    fn of(reader: Reader<&'static Eventual<u32>>) -> Self {
        Self { reader, key: None }
    }
}

impl Future for Outcome {
    type Output = Result<u32, End>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        this.reader.poll_take(&mut this.key, cx)
    }
}

impl Drop for Outcome {
    fn drop(&mut self) {
        if let Some(key) = self.key.take() {
            self.reader.unregister(key);
        }
    }
}
