use std::cell::RefCell;
use std::panic::resume_unwind;
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use super::{Body, Handle, JoinFailure, ServiceThread};

type Start = fn(&'static str, Body) -> std::io::Result<Handle>;

#[cfg(unix)]
const WAYS: &[Start] = &[Handle::std, Handle::bare];
#[cfg(not(unix))]
const WAYS: &[Start] = &[Handle::std];

fn start(way: Start, body: impl FnOnce() + Send + 'static) -> ServiceThread {
    ServiceThread::start_by(way, "crochet-test", Box::new(body)).expect("a thread")
}

#[test]
fn a_panic_is_told_once() {
    for &way in WAYS {
        let thread = start(way, || resume_unwind(Box::new("on purpose")));
        let joined = thread.join_within(Duration::MAX).expect("no limit");
        let failure = joined.expect_err("it panicked").to_string();
        assert!(failure.starts_with("panicked: on purpose"), "{failure}");
        assert!(matches!(thread.join_within(Duration::ZERO), Some(Ok(()))));
    }
}

/// A local whose destructor waits to be let go on, and then makes another one.
struct Waits {
    opened: Receiver<()>,
    next: Option<Receiver<()>>,
}

thread_local! {
    static FIRST: RefCell<Option<Waits>> = const { RefCell::new(None) };
    static SECOND: RefCell<Option<Waits>> = const { RefCell::new(None) };
}

impl Drop for Waits {
    fn drop(&mut self) {
        assert!(self.opened.recv().is_err(), "nothing is sent");
        if let Some(opened) = self.next.take() {
            SECOND.set(Some(Self { opened, next: None }));
        }
    }
}

#[test]
fn a_thread_has_not_ended_before_all_of_its_locals_have() {
    for &way in WAYS {
        let (open, opened) = mpsc::channel();
        let (open_next, next) = mpsc::channel();
        let (tell, told) = mpsc::channel();
        let thread = start(way, move || {
            let next = Some(next);
            FIRST.set(Some(Waits { opened, next }));
            tell.send(()).expect("the test waits");
        });
        told.recv().expect("the thread tells");
        assert!(thread.join_within(Duration::ZERO).is_none());
        drop(open);
        assert!(thread.join_within(Duration::from_millis(1)).is_none());
        drop(open_next);
        assert!(matches!(thread.join_within(Duration::MAX), Some(Ok(()))));
        assert!(matches!(thread.join(), Ok(())));
    }
}

#[test]
fn a_thread_is_not_joined_on_itself() {
    for &way in WAYS {
        let (give, given) = mpsc::channel::<ServiceThread>();
        let (tell, told) = mpsc::channel();
        let thread = start(way, move || {
            let own = given.recv().expect("the test gives it");
            let is_current = own.is_current();
            let within = own.join_within(Duration::MAX);
            tell.send((is_current, within, own.join()))
                .expect("the test waits");
        });
        assert!(!thread.is_current());
        let gone = thread.gone.clone();
        give.send(thread).expect("it waits");
        let (is_current, within, joined) = told.recv().expect("it is refused");
        assert!(is_current);
        assert!(matches!(within, Some(Err(JoinFailure::Refused(_)))));
        assert!(matches!(joined, Err(JoinFailure::Refused(_))));
        assert!(gone.wait_within(Duration::MAX), "it goes on by itself");
    }
}
