//! A panic that was contained: what it said and where it happened.

use std::any::Any;
use std::backtrace::{Backtrace, BacktraceStatus};
use std::cell::Cell;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::observe;

/// A contained panic: its message, its place in the source, and its backtrace if one was asked for.
///
/// The place is known because making the first reactor puts a hook in front of the process's panic
/// hook; the hook before is still called. A program that sets another hook later without calling
/// the previous one loses the place, not the message.
#[derive(Clone)]
pub struct Panic {
    inner: Arc<Inner>,
}

struct Inner {
    message: String,
    place: Option<Place>,
    backtrace: Option<Backtrace>,
}

#[derive(Clone)]
struct Place {
    file: String,
    line: u32,
    column: u32,
}

/// What the hook has seen of a panic.
struct Seen {
    message: String,
    place: Option<Place>,
    backtrace: Backtrace,
}

thread_local! {
    static CONTAINING: Cell<u32> = const { Cell::new(0) };
    // Whether there is anything in the other one, which has a destructor, so that looking takes longer.
    static HAS_SEEN: Cell<bool> = const { Cell::new(false) };
    static SEEN: Cell<Option<Box<Seen>>> = const { Cell::new(None) };
}

/// Takes what the hook has seen.
#[inline]
fn take_seen() -> Option<Box<Seen>> {
    HAS_SEEN.get().then(|| replace_seen(None)).flatten()
}

/// Replaces what the hook has seen. While the thread's locals are being destroyed, it sees nothing.
#[cold]
fn replace_seen(seen: Option<Box<Seen>>) -> Option<Box<Seen>> {
    HAS_SEEN.set(seen.is_some());
    SEEN.try_with(|cell| cell.replace(seen)).unwrap_or_default()
}

/// Returns what a panic says.
fn message_of(payload: &(dyn Any + Send)) -> String {
    if let Some(text) = payload.downcast_ref::<&str>() {
        (*text).to_owned()
    } else if let Some(text) = payload.downcast_ref::<String>() {
        text.clone()
    } else {
        String::from("a panic whose payload is not text")
    }
}

impl Panic {
    /// Returns what the panic said.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.inner.message
    }

    /// Returns the source file of the panic, if it is known.
    #[must_use]
    pub fn file(&self) -> Option<&str> {
        self.inner.place.as_ref().map(|place| place.file.as_str())
    }

    /// Returns the line of the panic in its file, if it is known.
    #[must_use]
    pub fn line(&self) -> Option<u32> {
        self.inner.place.as_ref().map(|place| place.line)
    }

    /// Returns the backtrace of the panic, if `RUST_BACKTRACE` asked for one.
    #[must_use]
    pub fn backtrace(&self) -> Option<&Backtrace> {
        self.inner.backtrace.as_ref()
    }

    /// Takes the payload of a panic that was caught on this thread just now.
    fn from_payload(payload: &(dyn Any + Send)) -> Self {
        let message = message_of(payload);
        // A panic that is passed on by `resume_unwind` does not come by the hook: what another one
        // has left there is not its place.
        let seen = take_seen().filter(|seen| seen.message == message);
        let (place, backtrace) = match seen.map(|seen| *seen) {
            Some(seen) => (seen.place, Some(seen.backtrace)),
            None => (None, None),
        };
        let backtrace =
            backtrace.filter(|backtrace| backtrace.status() == BacktraceStatus::Captured);
        Self {
            inner: Arc::new(Inner {
                message,
                place,
                backtrace,
            }),
        }
    }
}

impl fmt::Display for Panic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.inner.message)?;
        match &self.inner.place {
            Some(Place { file, line, column }) => write!(f, " at {file}:{line}:{column}"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Panic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Panic")
            .field("message", &self.message())
            .field("file", &self.file())
            .field("line", &self.line())
            .finish_non_exhaustive()
    }
}

/// Calls `body` and turns its panic into a value.
///
/// The closure is taken as unwind-safe: what it may leave half-done is dropped by the callers.
pub(crate) fn catch<R>(body: impl FnOnce() -> R) -> Result<R, Panic> {
    let containing = Containing::begin();
    match std::panic::catch_unwind(std::panic::AssertUnwindSafe(body)) {
        Ok(value) => {
            containing.end();
            Ok(value)
        }
        Err(payload) => Err(containing.end_by(payload)),
    }
}

/// A body that is being called. What is here does not depend on its type: it is compiled once, and not with
/// each of the many bodies.
struct Containing {
    // A panic that goes on around this call keeps its place for later.
    outer: Option<Box<Seen>>,
}

impl Containing {
    #[inline]
    fn begin() -> Self {
        CONTAINING.set(CONTAINING.get() + 1);
        Self { outer: take_seen() }
    }

    #[inline]
    fn end(self) {
        CONTAINING.set(CONTAINING.get() - 1);
        // Also what the hook has seen of a panic that the body has caught itself.
        if self.outer.is_some() || HAS_SEEN.get() {
            self.restore();
        }
    }

    #[cold]
    #[inline(never)]
    fn restore(self) {
        replace_seen(self.outer);
    }

    #[cold]
    #[inline(never)]
    fn end_by(self, payload: Box<dyn Any + Send>) -> Panic {
        CONTAINING.set(CONTAINING.get() - 1);
        observe::count_panic();
        let panic = Panic::from_payload(payload.as_ref());
        // A payload's own destructor may panic as well; there is nobody left to tell.
        if let Err(again) = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| drop(payload)))
        {
            std::mem::forget(again);
        }
        self.restore();
        panic
    }
}

/// Puts the hook that notes the place of a contained panic in front of the process's hook, once.
pub(crate) fn note_places() {
    // Not a `Once`, which a forked child could find begun by a thread that it does not have.
    static NOTED: AtomicBool = AtomicBool::new(false);

    // While a panic goes on the hook cannot be changed: the next reactor does it.
    if !std::thread::panicking() && !NOTED.swap(true, Ordering::Relaxed) {
        let previous = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            note(info);
            previous(info);
        }));
    }
}

fn note(info: &std::panic::PanicHookInfo<'_>) {
    if CONTAINING.get() == 0 {
        return;
    }
    let seen = Seen {
        message: message_of(info.payload()),
        place: info.location().map(|location| Place {
            file: location.file().to_owned(),
            line: location.line(),
            column: location.column(),
        }),
        backtrace: Backtrace::capture(),
    };
    replace_seen(Some(Box::new(seen)));
}
