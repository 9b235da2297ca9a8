//! The clock on which every other scene rests.

use cortex_m_semihosting::hprintln;
use crochet_core::time::{Tick, Ticks};

use crate::{
    board::{self, RESOLUTION},
    event_loop::EventLoop,
};

/// Watches the clock for three ticks: it never goes back, and its two readings agree.
pub fn show(event_loop: &EventLoop) {
    let start = event_loop.next_tick();
    let end = start.saturating_add(Ticks::new(3));
    let mut last = board::elapsed();
    loop {
        let now = board::now();
        let elapsed = board::elapsed();
        assert!(elapsed >= last, "the clock went back");
        let tick = Tick::ZERO.saturating_add(RESOLUTION.elapsed_floor(elapsed));
        assert!(
            tick >= now && tick <= board::now(),
            "the ticks and the time differ"
        );
        last = elapsed;
        if now >= end {
            break;
        }
    }
    hprintln!("clock: never went back, and agreed with its ticks");
}
