//! Loggers for the tests of the log bridge.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};

use crochet::logs::NonBlocking;
use log::{Level, LevelFilter, Log, Metadata, Record};

/// What a logger was given.
#[derive(Debug, Default)]
pub struct Seen {
    lines: Mutex<Vec<String>>,
    flushes: AtomicUsize,
}

impl Seen {
    /// Returns the texts, in order.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        lock(&self.lines).clone()
    }

    /// Returns how often the logger was flushed.
    #[must_use]
    pub fn flushes(&self) -> usize {
        self.flushes.load(Ordering::SeqCst)
    }
}

type OnLog = Box<dyn Fn(&Record<'_>) + Send + Sync>;
type OnEnabled = Box<dyn Fn() -> bool + Send + Sync>;
type OnFlush = Box<dyn Fn() + Send + Sync>;

/// A logger that notes what it is given, after doing something else.
pub struct Recorder {
    seen: Arc<Seen>,
    on_log: OnLog,
    on_enabled: OnEnabled,
    on_flush: OnFlush,
}

impl fmt::Debug for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recorder")
            .field("seen", &self.seen)
            .finish_non_exhaustive()
    }
}

impl Default for Recorder {
    fn default() -> Self {
        Self::new()
    }
}

impl Recorder {
    /// Makes a logger that does nothing else, and lets records of all levels be made.
    #[must_use]
    pub fn new() -> Self {
        log::set_max_level(LevelFilter::Trace);
        Self {
            seen: Arc::default(),
            on_log: Box::new(|_| {}),
            on_enabled: Box::new(|| true),
            on_flush: Box::new(|| {}),
        }
    }

    /// Makes the logger do this with each record before it notes it.
    #[must_use]
    pub fn on_log(mut self, body: impl Fn(&Record<'_>) + Send + Sync + 'static) -> Self {
        self.on_log = Box::new(body);
        self
    }

    /// Makes the logger answer so when it is asked whether it wants a record.
    #[must_use]
    pub fn on_enabled(mut self, body: impl Fn() -> bool + Send + Sync + 'static) -> Self {
        self.on_enabled = Box::new(body);
        self
    }

    /// Makes the logger do this when it is flushed, before it notes that.
    #[must_use]
    pub fn on_flush(mut self, body: impl Fn() + Send + Sync + 'static) -> Self {
        self.on_flush = Box::new(body);
        self
    }

    /// Returns what the logger notes, now and later.
    #[must_use]
    pub fn seen(&self) -> Arc<Seen> {
        Arc::clone(&self.seen)
    }
}

impl Log for Recorder {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        (self.on_enabled)()
    }

    fn log(&self, record: &Record<'_>) {
        (self.on_log)(record);
        lock(&self.seen.lines).push(record.args().to_string());
    }

    fn flush(&self) {
        (self.on_flush)();
        self.seen.flushes.fetch_add(1, Ordering::SeqCst);
    }
}

/// Holds whoever passes until it is let through.
#[derive(Debug, Default)]
pub struct Gate {
    state: Mutex<GateState>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct GateState {
    came: usize,
    passes: usize,
}

impl Gate {
    /// Makes a closed gate.
    #[must_use]
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    /// Waits until the caller is let through.
    pub fn pass(&self) {
        let mut state = lock(&self.state);
        state.came += 1;
        self.changed.notify_all();
        let closed = |state: &mut GateState| state.passes == 0;
        let mut state = self
            .changed
            .wait_while(state, closed)
            .unwrap_or_else(PoisonError::into_inner);
        state.passes -= 1;
    }

    /// Returns when so many have come in all.
    pub fn wait_for(&self, came: usize) {
        let fewer = |state: &mut GateState| state.came < came;
        drop(self.changed.wait_while(lock(&self.state), fewer));
    }

    /// Lets so many through, now or when they come.
    pub fn let_through(&self, passes: usize) {
        lock(&self.state).passes += passes;
        self.changed.notify_all();
    }

    /// Lets everybody through from now on.
    pub fn open(&self) {
        self.let_through(usize::MAX / 2);
    }
}

/// Locks what is looked at only when all is well.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Logs a text, as information.
pub fn say(logger: &dyn Log, text: impl fmt::Display) {
    let mut record = Record::builder();
    record.level(Level::Info).target("log_bridge");
    logger.log(&record.args(format_args!("{text}")).build());
}

/// Returns the texts of records that are numbers.
pub fn numbered(numbers: impl IntoIterator<Item = usize>) -> Vec<String> {
    numbers
        .into_iter()
        .map(|number| number.to_string())
        .collect()
}

/// A place for the handle by which a logger logs through itself.
#[derive(Debug)]
pub struct Own(OnceLock<NonBlocking>);

impl Own {
    /// Makes a place that is never freed.
    #[must_use]
    pub fn new() -> &'static Self {
        Box::leak(Box::new(Self(OnceLock::new())))
    }

    /// Wraps the logger and keeps the handle here.
    pub fn set(&self, logger: Recorder) -> &NonBlocking {
        self.0.get_or_init(|| NonBlocking::wrap(logger))
    }

    /// Returns the handle.
    ///
    /// # Panics
    ///
    /// Before it is set.
    #[must_use]
    pub fn get(&self) -> &NonBlocking {
        self.0.get().expect("it is set before anything is logged")
    }
}
