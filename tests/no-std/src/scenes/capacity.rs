//! What is full refuses, and gives back what it was given.

use core::{cell::Cell, time::Duration};

use cortex_m_semihosting::hprintln;
use crochet_core::{
    driver::{Budget, Sleep},
    inbox::PostError,
    time::Tick,
};

use crate::{
    board,
    event_loop::{EventLoop, Intake},
    inbox::{self, CAPACITY},
    sensor,
    timers::{Print, Timer, deadline_after},
};

/// Fills the wheel, then the inbox: from the loop's own context and from an interrupt.
pub fn show(event_loop: &mut EventLoop) {
    let origin = event_loop.next_tick();
    fill_the_wheel(event_loop, origin);
    fill_the_inbox(event_loop);
    fill_the_inbox_from_an_interrupt(event_loop);
}

fn fill_the_wheel(event_loop: &mut EventLoop, origin: Tick) {
    let all = event_loop.timers();
    let mut timers = all.borrow_mut();
    let (deadline, due) = deadline_after(Duration::from_millis(1));
    let full = loop {
        let print = Print::new("never fires", origin, due);
        if let Err(full) = timers.insert(deadline, Timer::Print(print)) {
            break full;
        }
    };
    hprintln!("capacity: after {} timers, {}", timers.len(), full);
    assert_eq!(timers.len(), timers.capacity());
    let Timer::Print(_) = full.into_inner() else {
        unreachable!("the timer that was given comes back");
    };
    timers.clear();
    timers
        .insert(
            deadline,
            Timer::Print(Print::new("in a place that was cleared", origin, due)),
        )
        .expect("clearing frees the places");
    drop(timers);
    let work = Intake::new(&|_| unreachable!("nobody sends readings"), []);
    event_loop.run_until(&work, || all.borrow().is_empty(), drop);
}

fn fill_the_inbox(event_loop: &mut EventLoop) {
    let mut reading = 101;
    let full = loop {
        match inbox::post(reading) {
            Ok(()) => reading += 1,
            Err(full) => break full,
        }
    };
    hprintln!("capacity: posting {}, {}", reading, full);
    assert!(full == PostError::Full(reading), "the reading comes back");

    event_loop.set_budget(Budget::new(1, 3));
    let expected = Cell::new(101);
    let on_reading = |reading| {
        assert_eq!(reading, expected.get(), "first in, first out");
        expected.set(reading + 1);
    };
    let work = Intake::new(&on_reading, []);
    for _ in 0..2 {
        let turn = event_loop.turn(&work, Sleep::Refused);
        hprintln!("capacity: a turn of at most 3 took {}", turn.ran());
    }
    event_loop.set_budget(Budget::default());
    assert_eq!(
        expected.get(),
        reading,
        "every reading that was posted came"
    );
    assert_eq!(inbox::post(reading), Ok(()), "the places are free again");
    assert_eq!(event_loop.turn(&work, Sleep::Refused).ran(), 1);
}

fn fill_the_inbox_from_an_interrupt(event_loop: &mut EventLoop) {
    let count = Cell::new(0);
    let on_reading = |_| count.set(count.get() + 1);
    let work = Intake::new(&on_reading, []);
    sensor::deliver(CAPACITY as u32 + 2);
    board::ring();
    event_loop.turn(&work, Sleep::Refused);
    hprintln!(
        "capacity: of an interrupt's {} readings {} came and {} were refused",
        CAPACITY + 2,
        count.get(),
        sensor::take_lost()
    );
}
