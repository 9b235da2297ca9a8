//! The program's logger: a non-blocking one, before another that looks at what comes.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError, RwLock};
use std::time::Duration;

use crochet::logs::NonBlocking;
use log::{LevelFilter, Log, Metadata, Record};

use crate::faults;
use crate::payload::ON_PURPOSE;
use crate::refusal;

/// The target of the program's own records.
const OWN: &str = "stress";
/// The target of the library's records about records that it dropped.
const ABOUT_RECORDS: &str = "crochet::logs";
/// What a worker's records begin with.
const ORDERED: &str = "record ";
/// The writer panics once in so many of the program's own records.
const BETWEEN_PANICS: u64 = 1000;

static ROUTE: Route = Route {
    bridge: RwLock::new(None),
};
static SENT: AtomicU64 = AtomicU64::new(0);
static WRITTEN: AtomicU64 = AtomicU64::new(0);
static LOST: AtomicU64 = AtomicU64::new(0);

/// Hands records to whatever logger is in place.
struct Route {
    bridge: RwLock<Option<NonBlocking>>,
}

impl Log for Route {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &Record<'_>) {
        let text = refusal::as_logged(record.args());
        let bridge = self.bridge.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(bridge) = &*bridge {
            SENT.fetch_add(1, Ordering::Relaxed);
            let mut same = Record::builder();
            same.level(record.level()).target(record.target());
            bridge.log(&same.args(format_args!("{text}")).build());
        }
    }

    fn flush(&self) {}
}

/// Looks at what is written: each worker's records come in their order.
#[derive(Default)]
struct Writer {
    last: Mutex<HashMap<String, u64>>,
}

impl Log for Writer {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &Record<'_>) {
        if record.target() == ABOUT_RECORDS {
            return;
        }
        if record.target() == OWN {
            let count = SENT.load(Ordering::Relaxed);
            assert!(count % BETWEEN_PANICS != 0, "{ON_PURPOSE}");
            self.look_at(&record.args().to_string());
        }
        WRITTEN.fetch_add(1, Ordering::Relaxed);
    }

    fn flush(&self) {}
}

impl Writer {
    fn look_at(&self, text: &str) {
        let Some((thread, number)) = text
            .strip_prefix(ORDERED)
            .and_then(|rest| rest.split_once(' '))
        else {
            return;
        };
        let Ok(number) = number.parse() else {
            return faults::note(format!("a garbled record: {text}"));
        };
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let before = last.insert(thread.to_owned(), number);
        faults::expect(before < Some(number), || {
            format!("record {number} of {thread} came after {before:?}")
        });
    }
}

/// Makes the program's logger the process's. It discards everything so far.
pub(crate) fn install() {
    log::set_logger(&ROUTE).expect("the program has no other logger");
    log::set_max_level(LevelFilter::Trace);
}

/// Puts a first logger behind it.
pub(crate) fn begin() {
    replace(Some(bridge()));
}

/// Logs the `number`th record of a thread.
pub(crate) fn log(thread: &str, number: u64) {
    log::info!(target: OWN, "{ORDERED}{thread} {number}");
}

/// Waits until what was logged before has been written; tells whether it was in time.
pub(crate) fn flush_within(limit: Duration) -> bool {
    let bridge = ROUTE
        .bridge
        .read()
        .unwrap_or_else(PoisonError::into_inner)
        .clone();
    bridge.is_none_or(|bridge| bridge.flush_within(limit).is_ok())
}

/// Puts another logger in place.
pub(crate) fn change() {
    replace(Some(bridge()));
}

/// Takes the logger away, when all has been logged, and finds out whether every record was written or counted as lost.
pub(crate) fn end() -> String {
    replace(None);
    let (sent, written) = (
        SENT.load(Ordering::Relaxed),
        WRITTEN.load(Ordering::Relaxed),
    );
    let lost = LOST.load(Ordering::Relaxed);
    faults::expect(sent == written + lost, || {
        format!("of {sent} records {written} were written and {lost} counted as lost")
    });
    format!("{sent} records, {lost} of them dropped or lost")
}

fn bridge() -> NonBlocking {
    NonBlocking::builder().capacity(256).wrap(Writer::default())
}

fn replace(next: Option<NonBlocking>) {
    let mut place = ROUTE.bridge.write().unwrap_or_else(PoisonError::into_inner);
    let before = std::mem::replace(&mut *place, next);
    drop(place);
    // A flush has a handle of its own for as long as it takes, and logs nothing.
    if let Some(before) = before {
        let flushed = before.flush_within(crochet_tests::LONG);
        faults::expect(flushed.is_ok(), || String::from("the log thread is stuck"));
        LOST.fetch_add(before.dropped() + before.panicked(), Ordering::Relaxed);
    }
}
