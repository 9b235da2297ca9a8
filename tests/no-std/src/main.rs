//! Firmware for a Stellaris LM3S6965 board that runs `crochet-core`'s loop without an allocator.
//!
//! It goes through the scenes under `scenes`, prints what happens over semihosting and ends QEMU with success; a panic prints its
//! message and ends QEMU with failure. `.ci/no-std` compares the output with `transcript.txt`.

#![no_std]
#![no_main]

mod board;
mod event_loop;
mod inbox;
mod scenes;
mod sensor;
mod timers;
mod waker;

use core::cell::RefCell;

use cortex_m_rt::{entry, exception};
use cortex_m_semihosting::debug::{self, EXIT_SUCCESS};
use panic_semihosting as _;

use board::Board;
use event_loop::EventLoop;
use scenes::futures::Relay;
use timers::Timers;

#[entry]
fn main() -> ! {
    static mut TIMERS: RefCell<Timers> = RefCell::new(Timers::fixed());
    static mut RELAY: Option<Relay> = None;

    let board = Board::take().expect("nothing has taken the board before main");
    let mut event_loop = EventLoop::new(board, TIMERS);
    scenes::clock::show(&event_loop);
    scenes::timers::show(&mut event_loop);
    scenes::capacity::show(&mut event_loop);
    scenes::waking::show(&mut event_loop);
    scenes::measuring::show(&mut event_loop);
    scenes::cancelling::show(&event_loop);
    scenes::futures::show(&mut event_loop, RELAY);
    scenes::stopping::show(&mut event_loop);
    debug::exit(EXIT_SUCCESS);
    unreachable!("QEMU ends the program at exit");
}

#[exception]
fn SysTick() {
    board::tick();
}

// SAFETY: an interrupt handler may use nothing that the interrupted code holds exclusively; what this one uses is safe to share
// with it by its types.
#[exception]
unsafe fn DefaultHandler(interrupt: i16) {
    assert_eq!(interrupt, board::DOORBELL, "nothing else interrupts");
    sensor::serve();
}
