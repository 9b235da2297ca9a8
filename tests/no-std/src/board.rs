//! The board: a clock on SysTick, an interrupt that software raises, and sleep that misses neither.

use core::{
    cell::Cell,
    convert::Infallible,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use cortex_m::{
    Peripherals, asm,
    interrupt::{self, InterruptNumber, Mutex},
    peripheral::{NVIC, SCB, SYST, syst::SystClkSource},
};
use crochet_core::{
    driver::{Clock, Park, Unpark, Until},
    time::{Resolution, Tick, Ticks},
};

/// How long a tick lasts.
pub const RESOLUTION: Resolution = Resolution::MILLISECOND;

/// The number of the doorbell's interrupt: that of GPIO port A, which nothing else on the board raises.
pub const DOORBELL: i16 = 0;

/// The processor cycles of one tick, at the board's 12 MHz.
const CYCLES_PER_TICK: u32 = 12_000;

/// The processor cycles of a microsecond.
const CYCLES_PER_MICROSECOND: u32 = 12;

const _: () = assert!(
    CYCLES_PER_TICK as u64 * 1_000 == CYCLES_PER_MICROSECOND as u64 * RESOLUTION.nanos().get(),
    "the clock's two rates are the same"
);

/// The tick at which the firmware must have ended. It takes about a quarter of that; a loop that misses its wake-up would
/// otherwise sleep for ever.
const BEDTIME: Tick = Tick::new(20_000);

/// When the board's time began, plus the ticks since. Written by SysTick's handler alone.
static NOW: Mutex<Cell<Tick>> = Mutex::new(Cell::new(Tick::ZERO));

/// When SysTick's handler is to ring the doorbell, if at all.
static RING_AT: Mutex<Cell<Option<Tick>>> = Mutex::new(Cell::new(None));

/// Set by [`Bell::unpark`], cleared by [`Board::park`], which does not sleep while it is set.
static UNPARKED: AtomicBool = AtomicBool::new(false);

/// The interrupt that [`ring`] raises, standing in for any that hardware would.
#[derive(Clone, Copy)]
struct Doorbell;

// SAFETY: the type has one value, so no two of them share a number, and the number is a constant.
unsafe impl InterruptNumber for Doorbell {
    fn number(self) -> u16 {
        DOORBELL.unsigned_abs()
    }
}

/// The platform of the loop. There is one.
pub struct Board {
    _interrupts: NVIC,
}

impl Board {
    /// Takes the board, starts its clock and lets the doorbell ring. Returns `None` when it was taken before.
    pub fn take() -> Option<Self> {
        let mut peripherals = Peripherals::take()?;
        let clock = &mut peripherals.SYST;
        clock.set_clock_source(SystClkSource::Core);
        clock.set_reload(CYCLES_PER_TICK - 1);
        clock.clear_current();
        clock.enable_counter();
        clock.enable_interrupt();
        // SAFETY: unmasking breaks critical sections that are built on the interrupt's mask; this firmware has none.
        unsafe { NVIC::unmask(Doorbell) };
        Some(Self {
            _interrupts: peripherals.NVIC,
        })
    }
}

impl Clock for Board {
    fn now(&self) -> Tick {
        now()
    }
}

impl Park for Board {
    type Error = Infallible;

    fn park(&mut self, until: Until) -> Result<(), Infallible> {
        sleep_until(|| {
            let unparked = UNPARKED.swap(false, Ordering::Acquire);
            unparked
                || match until {
                    Until::Now => true,
                    Until::Deadline(deadline) => now() >= deadline,
                    Until::Woken => false,
                }
        });
        Ok(())
    }
}

/// Ends the board's sleep, from the loop and from interrupts.
#[derive(Clone, Copy)]
pub struct Bell;

impl Unpark for Bell {
    fn unpark(&self) {
        // This is all: the interrupt that called has ended the processor's sleep already.
        UNPARKED.store(true, Ordering::Release);
    }
}

/// Returns the ticks since the board was taken.
pub fn now() -> Tick {
    interrupt::free(|cs| NOW.borrow(cs).get())
}

/// Returns the time since the board was taken, to the cycle.
pub fn elapsed() -> Duration {
    let (tick, cycles) = interrupt::free(|cs| {
        let tick = NOW.borrow(cs).get();
        let left = SYST::get_current();
        if SCB::is_pendst_pending() {
            // The counter has begun anew, before or after it was read, and its handler could not run yet.
            let tick = tick.saturating_add(Ticks::new(1));
            (tick, cycles_into_tick(SYST::get_current()))
        } else {
            (tick, cycles_into_tick(left))
        }
    });
    let whole = RESOLUTION.duration(tick.saturating_since(Tick::ZERO));
    let nanos = u64::from(cycles) * 1_000 / u64::from(CYCLES_PER_MICROSECOND);
    whole + Duration::from_nanos(nanos)
}

/// Returns the cycles since a tick began. The counter counts down, and a tick begins when it reaches zero.
fn cycles_into_tick(left: u32) -> u32 {
    if left == 0 { 0 } else { CYCLES_PER_TICK - left }
}

/// Counts a tick and rings the doorbell if it is time. SysTick's handler calls this.
pub fn tick() {
    interrupt::free(|cs| {
        let now = NOW.borrow(cs).get().saturating_add(Ticks::new(1));
        assert!(now < BEDTIME, "the firmware has hung");
        NOW.borrow(cs).set(now);
        let ring_at = RING_AT.borrow(cs);
        if ring_at.get().is_some_and(|at| at <= now) {
            ring_at.set(None);
            NVIC::pend(Doorbell);
        }
    });
}

/// Raises the doorbell's interrupt. Its handler runs before this returns, unless interrupts are disabled: then it stays
/// pending.
pub fn ring() {
    NVIC::pend(Doorbell);
    asm::dsb();
    asm::isb();
}

/// Has the doorbell rung by SysTick's handler once the time has reached `at`, whatever the loop does then.
pub fn ring_at(at: Tick) {
    interrupt::free(|cs| RING_AT.borrow(cs).set(Some(at)));
}

/// Sleeps until `done` returns true, asking it again after each interrupt. It is asked with interrupts disabled.
pub fn sleep_until(mut done: impl FnMut() -> bool) {
    // Interrupts stay disabled between asking and sleeping, else one that comes in between would be slept through. A disabled
    // interrupt still ends `wfi`; its handler runs where interrupts are enabled again.
    while !interrupt::free(|_| {
        let awake = done();
        if !awake {
            asm::dsb();
            asm::wfi();
        }
        awake
    }) {
        // The architecture takes the pending interrupt before interrupts are disabled again only because of this barrier.
        asm::isb();
    }
}
