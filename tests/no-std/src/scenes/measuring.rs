//! A result that an interrupt sets and the loop's context reads.

use cortex_m_semihosting::hprintln;
use crochet_core::{
    driver::Sleep,
    eventual::{Eventual, NotWaiting},
    time::Ticks,
};

use crate::{
    board,
    event_loop::{EventLoop, Intake},
    sensor,
    waker::WakeFlag,
};

static MEASUREMENT: Eventual<u32> = Eventual::new();
static WAITER: WakeFlag = WakeFlag::new();

/// Waits for a measurement: the interrupt that completes it wakes the reader, and with it the loop.
pub fn show(event_loop: &mut EventLoop) {
    let (completer, reader) = MEASUREMENT.split().expect("nobody split it before");
    assert!(MEASUREMENT.split().is_err(), "it is split once");
    sensor::measure(completer);
    hprintln!("measuring: {:?}", reader.phase());

    board::ring();
    hprintln!("measuring: {:?}, {:?}", sensor::last_step(), reader.phase());
    let waker = WAITER.waker();
    reader.register(&waker).expect("the slot is free");
    assert_eq!(
        reader.register(&waker).unwrap_err(),
        NotWaiting::Occupied,
        "without an allocator there is one slot"
    );
    assert!(!WAITER.take() && reader.peek().is_none());

    let start = event_loop.next_tick();
    board::ring_at(start.saturating_add(Ticks::new(4)));
    let work = Intake::new(&|_| unreachable!("nobody sends readings"), []);
    let turn = event_loop.turn(&work, Sleep::Allowed);
    assert!(turn.slept(), "nothing but the measurement was to come");
    assert!(WAITER.take(), "completing wakes the reader");
    hprintln!(
        "measuring: woken after {} ticks, {:?}, {:?}",
        board::now().saturating_since(start).get(),
        sensor::last_step(),
        reader.peek()
    );

    assert_eq!(reader.register(&waker).unwrap_err(), NotWaiting::Ended);
    let value = reader.take().expect("it has ended");
    hprintln!("measuring: took {:?}, {:?}", value, MEASUREMENT.phase());
}
