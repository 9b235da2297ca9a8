//! Timers: their order, and that none is early.

use core::{cell::RefCell, time::Duration};

use cortex_m_semihosting::hprintln;
use crochet_core::{time::Tick, wheel::Key};

use crate::{
    event_loop::{EventLoop, Intake},
    timers::{FollowUp, Print, Timer, Timers, deadline_after},
};

/// Sets timers in another order than that of their deadlines, cancels one, resets one, and runs the loop until all have fired.
pub fn show(event_loop: &mut EventLoop) {
    let timers = event_loop.timers();
    let origin = event_loop.next_tick();
    let desk = Desk { timers, origin };

    desk.set("far, after 5000 ms", 5_000);
    desk.set("after 70 ms", 70);
    let reset = desk.set("reset from 2 ms to 9 ms", 2);
    desk.set("after 5 ms, set first", 5);
    let cancelled = desk.set("cancelled", 4);
    desk.set("after 5 ms, set second", 5);
    desk.insert(3, |due| {
        let next = FollowUp::new("set by the one before, in a turn of its own", timers);
        Print::new("after 3 ms", origin, due).followed_by(next)
    });

    let gone = timers.borrow_mut().cancel(cancelled);
    assert!(gone.is_some(), "a timer that waits can be cancelled");
    desk.reset(reset, 9);

    let work = Intake::new(&|_| unreachable!("nobody sends readings"), []);
    let mut turns = 0;
    let all_fired = || timers.borrow().is_empty();
    event_loop.run_until(&work, all_fired, |turn| {
        turns += 1;
        if turn.fired() > 0 {
            hprintln!("timers: turn {}, {} fired", turns, turn.fired());
        }
    });
    let late = timers.borrow_mut().reset(reset, origin);
    hprintln!("timers: reset after it fired: {}", late.unwrap_err());
}

/// Where the scene's timers are set.
struct Desk {
    timers: &'static RefCell<Timers>,
    origin: Tick,
}

impl Desk {
    fn set(&self, label: &'static str, millis: u64) -> Key {
        self.insert(millis, |due| Print::new(label, self.origin, due))
    }

    /// Sets what `print` makes of the time before which it must not fire.
    fn insert(&self, millis: u64, print: impl FnOnce(Duration) -> Print) -> Key {
        let (deadline, due) = deadline_after(Duration::from_millis(millis));
        self.timers
            .borrow_mut()
            .insert(deadline, Timer::Print(print(due)))
            .expect("the scene's timers fit the wheel")
    }

    fn reset(&self, key: Key, millis: u64) {
        let (deadline, due) = deadline_after(Duration::from_millis(millis));
        let mut timers = self.timers.borrow_mut();
        timers.reset(key, deadline).expect("the timer waits");
        match timers.get_mut(key) {
            Some(Timer::Print(print)) => print.postpone(due),
            _ => unreachable!("the timer waits, and prints"),
        }
    }
}
