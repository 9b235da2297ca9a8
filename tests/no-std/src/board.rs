//! The board: a clock that SysTick drives, an interrupt that software raises, and sleep until either.

use core::sync::atomic::{AtomicU32, Ordering};

use cortex_m::{
    Peripherals,
    interrupt::InterruptNumber,
    peripheral::{NVIC, syst::SystClkSource},
};

/// The processor cycles of one tick: a millisecond at the board's 12 MHz.
const CYCLES_PER_TICK: u32 = 12_000;

/// The number of the doorbell's interrupt: that of GPIO port A, which nothing else on the board raises.
pub const DOORBELL: i16 = 0;

/// Ticks since the board was taken. Written by SysTick's handler alone.
static TICKS: AtomicU32 = AtomicU32::new(0);

/// The interrupt that [`Board::ring`] raises, standing in for any that hardware would.
#[derive(Clone, Copy)]
struct Doorbell;

// SAFETY: the type has one value, so no two of them share a number, and the number is a constant.
unsafe impl InterruptNumber for Doorbell {
    fn number(self) -> u16 {
        DOORBELL.unsigned_abs()
    }
}

/// The peripherals that the firmware uses. There is one; whoever holds it may ring the doorbell.
pub struct Board {
    _interrupts: NVIC,
}

impl Board {
    /// Takes the board and starts its clock. Returns `None` when it was taken before.
    pub fn take() -> Option<Self> {
        let mut peripherals = Peripherals::take()?;
        let clock = &mut peripherals.SYST;
        clock.set_clock_source(SystClkSource::Core);
        clock.set_reload(CYCLES_PER_TICK - 1);
        clock.clear_current();
        clock.enable_counter();
        clock.enable_interrupt();
        Some(Self {
            _interrupts: peripherals.NVIC,
        })
    }

    /// Raises the doorbell's interrupt. Its handler runs before this returns, unless the interrupt is masked: then it stays
    /// pending.
    pub fn ring(&mut self) {
        NVIC::pend(Doorbell);
        cortex_m::asm::dsb();
        cortex_m::asm::isb();
    }

    /// Lets the doorbell's handler run, at once if the interrupt is pending.
    pub fn unmask_doorbell(&mut self) {
        // SAFETY: unmasking can break a critical section that is built on the mask; this firmware has none.
        unsafe { NVIC::unmask(Doorbell) };
    }
}

/// Returns the ticks since the board was taken.
pub fn now() -> u32 {
    TICKS.load(Ordering::Relaxed)
}

/// Counts a tick. SysTick's handler calls this.
pub fn tick() {
    TICKS.fetch_add(1, Ordering::Relaxed);
}

/// Sleeps until `woken` returns true, asking it again after each interrupt.
pub fn sleep_until(mut woken: impl FnMut() -> bool) {
    // Interrupts are disabled between asking and sleeping, else one that comes in between would be slept through. A disabled
    // interrupt still ends `wfi`; its handler runs where interrupts are enabled again.
    while !cortex_m::interrupt::free(|_| {
        let done = woken();
        if !done {
            cortex_m::asm::wfi();
        }
        done
    }) {}
}
