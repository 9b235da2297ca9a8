//! Cases that run on every back end, each with a time limit and a look at what it leaves behind.

use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use crochet::{Backend, Builder, Reactor};

use crate::tidy::Tidy;
use crate::{LONG, logs};

/// Runs a case once for each back end, with the settings of a reactor on it.
///
/// Cases of one process run one after another, so that what they leave behind can be told. What reactors log is captured.
///
/// # Panics
///
/// When the case panics, takes too long, or leaves a file or a thread behind; when the settings do
/// not lead to that back end.
#[track_caller]
pub fn for_every_backend(case: impl Fn(Builder) + Send + Sync + 'static) {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    // Before there is a reactor, which puts a hook in front of the panic hook too.
    logs::capture();
    let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let case = Arc::new(case);
    for backend in Backend::ALL.iter().copied() {
        let before = Belongings::now();
        let case = Arc::clone(&case);
        run_limited(backend, move || {
            let settings = Reactor::builder().backend(backend);
            let reactor = settings.build().expect("a reactor can be made");
            assert_eq!(reactor.backend(), Some(backend));
            drop(reactor);
            case(settings);
        });
        before.assert_no_more(backend);
    }
}

/// Runs a case once for each back end, on a reactor.
///
/// # Panics
///
/// When the case panics, takes too long, or leaves a file, a thread, a task, a timer or a source
/// behind.
#[track_caller]
pub fn on_every_backend<F>(case: impl Fn() -> F + Send + Sync + 'static)
where
    F: Future<Output = ()> + 'static,
{
    for_every_backend(move |settings| Tidy::with(settings).complete(case()));
}

/// Runs a case that is about what its reactor ends for it: it leaves tasks, timers or sources on
/// purpose.
///
/// # Panics
///
/// When the case panics, takes too long, leaves a file or a thread behind, or leaves nothing in
/// the reactor after all; when the reactor has something left after its stop.
#[track_caller]
pub fn on_every_backend_leaving<F>(case: impl Fn() -> F + Send + Sync + 'static)
where
    F: Future<Output = ()> + 'static,
{
    for_every_backend(move |settings| Tidy::with(settings).complete_leaving(case()));
}

/// The name of the threads that cases run in. Those that they start have it too, unless they get
/// another.
const CASE: &str = "case";

#[track_caller]
fn run_limited(backend: Backend, case: impl FnOnce() + Send + 'static) {
    let (end, ended) = mpsc::channel::<()>();
    let thread = thread::Builder::new().name(String::from(CASE));
    let thread = thread
        .spawn(move || {
            // Dropped when the case has ended, however it has.
            let _end = end;
            case();
        })
        .expect("a thread can be started");
    match ended.recv_timeout(LONG) {
        Err(RecvTimeoutError::Disconnected) => {}
        Err(RecvTimeoutError::Timeout) => panic!("on {backend:?}: the case takes too long"),
        Ok(()) => unreachable!("nothing is sent"),
    }
    if let Err(panicked) = thread.join() {
        // Its message has been printed.
        let why = panicked.downcast_ref::<String>().map(String::as_str);
        let why = why.or_else(|| panicked.downcast_ref::<&str>().copied());
        panic!("on {backend:?}: {}", why.unwrap_or("the case panicked"));
    }
}

/// What a process has that a case may leave behind.
#[cfg(target_os = "linux")]
#[derive(PartialEq, Eq, Debug)]
struct Belongings {
    files: usize,
    // Without those of other tests, and of the harness.
    threads: usize,
}

#[cfg(target_os = "linux")]
impl Belongings {
    fn now() -> Self {
        let ours = |name: &String| name == CASE || name.starts_with("crochet-");
        Self {
            files: crate::threads::open_files(),
            threads: crate::threads::names()
                .iter()
                .filter(|name| ours(name))
                .count(),
        }
    }

    #[track_caller]
    fn assert_no_more(&self, backend: Backend) {
        let begun = std::time::Instant::now();
        // The system shows a thread that has been joined for a little longer; and tests beside this one may
        // have something for a moment, before as well as now.
        loop {
            let now = Self::now();
            if now.files <= self.files && now.threads <= self.threads {
                break;
            }
            assert!(
                begun.elapsed() < LONG / 12,
                "on {backend:?}: {self:?}, then {now:?}"
            );
            thread::yield_now();
        }
    }
}

/// Elsewhere the process does not know what it has.
#[cfg(not(target_os = "linux"))]
struct Belongings;

#[cfg(not(target_os = "linux"))]
impl Belongings {
    fn now() -> Self {
        Self
    }

    fn assert_no_more(&self, _backend: Backend) {}
}

#[cfg(test)]
mod tests {
    use std::future::pending;
    use std::panic::catch_unwind;

    use crochet::{call_later, spawn};

    use super::*;

    fn message(case: impl FnOnce() + std::panic::UnwindSafe) -> String {
        let panicked = catch_unwind(case).expect_err("it panics");
        *panicked.downcast().expect("a message")
    }

    #[test]
    fn what_a_case_leaves_is_told_with_the_back_end() {
        let task = message(|| on_every_backend(|| async { drop(spawn(pending::<()>())) }));
        let timer = message(|| on_every_backend(|| async { drop(call_later(LONG, || {})) }));
        let first = format!("on {:?}: something is left behind", Backend::ALL[0]);
        assert!(task.starts_with(&first), "{task}");
        assert!(timer.starts_with(&first), "{timer}");
    }
}
