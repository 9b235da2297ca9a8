//! Firmware for a Stellaris LM3S6965 board that uses `crochet-core` without an allocator.
//!
//! It prints what it did over semihosting and ends QEMU with success; a panic prints its message and ends QEMU with failure.
//! `.ci/no-std` compares the output with `transcript.txt`.

#![no_std]
#![no_main]

mod board;

use core::sync::atomic::{AtomicU32, Ordering};

use cortex_m_rt::{entry, exception};
use cortex_m_semihosting::{
    debug::{self, EXIT_FAILURE, EXIT_SUCCESS},
    hprintln,
};
use crochet_core as _;
use panic_semihosting as _;

use board::Board;

/// How often the doorbell's handler has run.
static RINGS: AtomicU32 = AtomicU32::new(0);

#[entry]
fn main() -> ! {
    let mut board = Board::take().expect("nothing has taken the board before main");
    sleep_until_the_clock_says_so();
    wake_by_an_interrupt(&mut board);
    debug::exit(EXIT_SUCCESS);
    unreachable!("QEMU ends the program at exit");
}

fn sleep_until_the_clock_says_so() {
    let deadline = board::now() + 5;
    board::sleep_until(|| board::now() >= deadline);
    hprintln!(
        "clock: woke {} ticks after the deadline",
        board::now() - deadline
    );
}

fn wake_by_an_interrupt(board: &mut Board) {
    board.ring();
    hprintln!("doorbell: masked, {} calls", RINGS.load(Ordering::Relaxed));
    board.unmask_doorbell();
    board::sleep_until(|| RINGS.load(Ordering::Relaxed) == 1);
    hprintln!(
        "doorbell: unmasked, {} calls",
        RINGS.load(Ordering::Relaxed)
    );
    board.ring();
    board::sleep_until(|| RINGS.load(Ordering::Relaxed) == 2);
    hprintln!(
        "doorbell: rung again, {} calls",
        RINGS.load(Ordering::Relaxed)
    );
}

#[exception]
fn SysTick() {
    board::tick();
}

// SAFETY: an interrupt handler may use nothing that the interrupted code holds exclusively; this one touches one atomic.
#[exception]
unsafe fn DefaultHandler(interrupt: i16) {
    if interrupt == board::DOORBELL {
        RINGS.fetch_add(1, Ordering::Relaxed);
    } else {
        hprintln!("unexpected interrupt {}", interrupt);
        debug::exit(EXIT_FAILURE);
    }
}
