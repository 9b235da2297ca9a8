//! Cancelling a measurement: before it began, while it runs, after it ended, and by going away.

use cortex_m_semihosting::hprintln;
use crochet_core::eventual::{Cancel, Eventual, Reader};

use crate::{board, event_loop::EventLoop, sensor};

static QUEUED: Eventual<u32> = Eventual::new();
static RUNNING: Eventual<u32> = Eventual::new();
static ENDED: Eventual<u32> = Eventual::new();
static LEFT: Eventual<u32> = Eventual::new();

/// Cancels a measurement at each point of its life; the interrupt finds out.
pub fn show(event_loop: &EventLoop) {
    event_loop.next_tick();

    let reader = begin(&QUEUED);
    report("queued", reader.cancel());
    board::ring();
    hprintln!("cancelling: {:?}, {:?}", sensor::last_step(), reader.peek());

    let reader = begin(&RUNNING);
    board::ring();
    report("running", reader.cancel());
    report("running, again", reader.cancel());
    assert!(reader.peek().is_none(), "it is only a request yet");
    board::ring();
    hprintln!("cancelling: {:?}, {:?}", sensor::last_step(), reader.peek());

    let reader = begin(&ENDED);
    board::ring();
    board::ring();
    report("ended", reader.cancel());
    hprintln!("cancelling: {:?}, {:?}", sensor::last_step(), reader.peek());

    drop(begin(&LEFT));
    board::ring();
    board::ring();
    hprintln!("cancelling: without a reader, {:?}", sensor::last_step());
}

fn begin(measurement: &'static Eventual<u32>) -> Reader<&'static Eventual<u32>> {
    let (completer, reader) = measurement.split().expect("nobody split it before");
    sensor::measure(completer);
    reader
}

fn report(phase: &str, cancel: Cancel) {
    hprintln!("cancelling: {}: {:?}", phase, cancel);
}
