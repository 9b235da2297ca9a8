//! Timers that are cancelled, and timers that fire.

use alloc::rc::Rc;
use core::cell::RefCell;
use core::error::Error;
use core::future::{Future, poll_fn};
use core::pin::{Pin, pin};
use core::task::{Context, Poll, Waker};
use core::time::Duration;

use crochet_reactor::testing::Harness;
use crochet_reactor::{Reactor, Sleep, sleep};

use crate::budget_counted;

/// Sets a timer beside others and takes it back.
pub fn insert_and_cancel() -> Result<usize, Box<dyn Error>> {
    const TIMES: usize = 4_096;
    const STAYING: usize = 1_024;
    let mut reactor = Reactor::new()?;
    reactor.block_on(async {
        let mut staying: Vec<Sleep> = (0..STAYING).map(|index| sleep(delay(index))).collect();
        poll_fn(move |cx| {
            for sleep in &mut staying {
                assert!(Pin::new(sleep).poll(cx).is_pending(), "it is far from due");
            }
            let mut cycles = |count: usize| {
                for index in 0..count {
                    let sleep = pin!(sleep(delay(index)));
                    assert!(sleep.poll(cx).is_pending(), "it is far from due");
                }
            };
            cycles(STAYING);
            budget_counted(|| cycles(TIMES));
            Poll::Ready(())
        })
        .await;
    })?;
    Ok(TIMES)
}

/// Delays of a minute to an hour.
fn delay(index: usize) -> Duration {
    Duration::from_secs(60 + (index as u64 * 53) % 3_540)
}

/// Sets timers, lets virtual time pass, and lets them fire.
pub fn insert_and_fire() -> Result<usize, Box<dyn Error>> {
    const BATCHES: usize = 64;
    const WARM_UP: usize = 4;
    let mut harness = Harness::new();
    let timers = Rc::new(RefCell::new(Vec::with_capacity(BATCH)));
    batches(WARM_UP, &mut harness, &timers);
    budget_counted(|| batches(BATCHES, &mut harness, &timers));
    Ok(BATCHES * BATCH)
}

/// As many as one turn fires.
const BATCH: usize = 128;

fn batches(count: usize, harness: &mut Harness, timers: &Rc<RefCell<Vec<Sleep>>>) {
    // Far enough for a timer to move down in the wheel before it fires.
    const DELAY: Duration = Duration::from_millis(10);
    for _ in 0..count {
        let filled = Rc::clone(timers);
        let filling = harness.spawn(async move {
            let mut cx = Context::from_waker(Waker::noop());
            for _ in 0..BATCH {
                let mut timer = sleep(DELAY);
                assert!(Pin::new(&mut timer).poll(&mut cx).is_pending());
                filled.borrow_mut().push(timer);
            }
        });
        harness.advance(DELAY);
        assert!(filling.is_finished(), "it sets the timers without waiting");
        let mut cx = Context::from_waker(Waker::noop());
        for mut timer in timers.borrow_mut().drain(..) {
            assert!(Pin::new(&mut timer).poll(&mut cx).is_ready(), "it is due");
        }
    }
}
