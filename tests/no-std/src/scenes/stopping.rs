//! Stopping: what is still queued comes back, what comes later is refused, and a result that will not come says so.

use core::time::Duration;

use cortex_m_semihosting::hprintln;
use crochet_core::eventual::{End, Eventual};

use crate::{
    board,
    event_loop::EventLoop,
    inbox, sensor,
    timers::{Delay, Timer},
    waker::WakeFlag,
};

static NEVER: Eventual<u32> = Eventual::new();
static WAITER: WakeFlag = WakeFlag::new();

/// Stops the loop with readings, a timer and a result outstanding.
pub fn show(event_loop: &mut EventLoop) {
    event_loop.next_tick();
    let timers = event_loop.timers();
    let delay = Delay::new(timers, Duration::from_millis(1)).expect("the wheel has room");
    let (completer, reader) = NEVER.split().expect("nobody split it before");
    reader
        .register(&WAITER.waker())
        .expect("nobody else waits for it");
    for reading in [201, 202] {
        inbox::post(reading).expect("the inbox is empty and open");
    }
    inbox::take_wakes();

    let (rest, wake) = inbox::get().close();
    hprintln!(
        "stopping: {} readings come back, waking the loop is {:?}",
        rest.count(),
        wake
    );
    completer.end(End::Stopped);
    let end = reader.peek().expect("it has ended").unwrap_err();
    assert!(WAITER.take(), "ending wakes the reader");
    hprintln!("stopping: {:?}: {}", reader.phase(), end);
    assert_eq!(inbox::take_wakes().needed(), 0, "nobody is left to wake");

    let refused = inbox::post(203).unwrap_err();
    hprintln!("stopping: posting {}, {}", refused.into_inner(), refused);
    sensor::deliver(1);
    board::ring();
    hprintln!("stopping: {} lost by the interrupt", sensor::take_lost());

    let mut timers_left = 0;
    for (_, timer) in timers.borrow_mut().drain() {
        assert!(matches!(timer, Timer::Wake(_)), "the delay's timer is left");
        timers_left += 1;
    }
    hprintln!("stopping: {} timer comes back", timers_left);
    // Its timer is gone: that must do no harm.
    drop(delay);
    assert!(timers.borrow().is_empty());
}
