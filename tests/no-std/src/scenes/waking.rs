//! Waking the loop: just when it sleeps, just once, and whenever the interrupt comes.

use cortex_m_semihosting::hprintln;
use crochet_core::{
    driver::{Sleep, Work},
    time::Ticks,
};

use crate::{
    board,
    event_loop::{EventLoop, Intake, SleepingIf},
    inbox::{self, Reading},
    sensor,
};

/// Has the doorbell rung while the loop is awake, asleep, and on its way to sleep.
pub fn show(event_loop: &mut EventLoop) {
    let work = Intake::new(&print, []);
    // Without this the count would include the scene before.
    inbox::take_wakes();

    sensor::deliver(3);
    board::ring();
    report("awake");
    event_loop.turn(&work, Sleep::Refused);

    let start = event_loop.next_tick();
    sensor::deliver(3);
    board::ring_at(start.saturating_add(Ticks::new(2)));
    let turn = event_loop.turn(&work, Sleep::Allowed);
    assert!(turn.slept(), "there was nothing to do");
    let slept = board::now().saturating_since(start);
    hprintln!("waking: slept {} ticks", slept.get());
    report("asleep");
    event_loop.turn(&work, Sleep::Refused);

    let start = event_loop.next_tick();
    sensor::deliver(2);
    let ringing = SleepingIf::new(&work, || {
        let announced = work.try_sleep();
        board::ring();
        announced
    });
    let turn = event_loop.turn(&ringing, Sleep::Allowed);
    assert!(turn.slept(), "it had decided to sleep when the bell rang");
    let slept = board::now().saturating_since(start);
    hprintln!("waking: slept {} ticks", slept.get());
    report("after sleep was announced");
    event_loop.turn(&work, Sleep::Refused);

    ring_after_the_last_look(event_loop);
    report("after the last look");
    event_loop.turn(&work, Sleep::Refused);
}

fn print(reading: Reading) {
    hprintln!("waking: reading {}", reading);
}

fn report(when: &str) {
    hprintln!("waking: rung {}: {}", when, inbox::take_wakes());
}

/// Rings between the look that finds nothing and the sleep. Only the pending interrupt can end that sleep before the next tick.
fn ring_after_the_last_look(event_loop: &EventLoop) {
    let start = event_loop.next_tick();
    sensor::deliver(1);
    let mut looks = 0;
    board::sleep_until(|| {
        looks += 1;
        if looks == 1 {
            board::ring();
        }
        inbox::get().has_news()
    });
    hprintln!(
        "waking: slept {} ticks, woken at look {}",
        board::now().saturating_since(start).get(),
        looks
    );
}
