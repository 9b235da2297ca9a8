use std::cell::{Cell, OnceCell};
use std::rc::Weak;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context as TaskContext, Wake, Waker};

use rustix::fd::{AsFd, OwnedFd};

use super::*;

/// A back end that calls the registry, as foreign code may that is called by a back end.
#[derive(Debug, Default)]
struct Calls {
    registry: OnceCell<Weak<Registry>>,
    to_remove: RefCell<Option<Rc<State>>>,
    to_wait: RefCell<Option<(Rc<State>, Waker)>>,
    refuses: Cell<bool>,
}

impl Calls {
    fn answer(&self) -> io::Result<()> {
        match self.refuses.get() {
            true => Err(io::ErrorKind::OutOfMemory.into()),
            false => Ok(()),
        }
    }
}

#[derive(Debug)]
struct Caller(Rc<Calls>);

impl Sources for Caller {
    fn trigger(&self) -> Trigger {
        Trigger::Oneshot
    }

    fn register(&self, source: BorrowedFd<'_>, _: usize, _: Interest) -> io::Result<()> {
        let Self(calls) = self;
        if let Some(state) = calls.to_remove.take() {
            let registry = calls.registry.get().and_then(Weak::upgrade);
            registry.expect("it is there").remove(&state, source)?;
        }
        calls.answer()
    }

    fn arm(&self, _: BorrowedFd<'_>, _: usize, _: Interest) -> io::Result<()> {
        let Self(calls) = self;
        if let Some((state, waker)) = calls.to_wait.take() {
            state.readers.poll_at(&TaskContext::from_waker(&waker));
        }
        calls.answer()
    }

    fn deregister(&self, _: BorrowedFd<'_>) -> io::Result<()> {
        Ok(())
    }
}

fn registry() -> (Rc<Registry>, Rc<Calls>) {
    let calls = Rc::new(Calls::default());
    let registry = Rc::new(Registry::new(Box::new(Caller(Rc::clone(&calls)))));
    let known = calls.registry.set(Rc::downgrade(&registry));
    known.expect("it is set once");
    (registry, calls)
}

fn source() -> OwnedFd {
    std::net::UdpSocket::bind("127.0.0.1:0")
        .expect("a free port")
        .as_fd()
        .try_clone_to_owned()
        .expect("a file more")
}

#[test]
fn a_source_may_go_while_another_is_being_registered() {
    let (registry, calls) = registry();
    let (first, second) = (source(), source());
    let state = registry.add(first.as_fd()).expect("there is room");
    calls.to_remove.replace(Some(state));
    let state = registry.add(second.as_fd()).expect("there is room");
    assert_eq!(registry.len(), 1);
    // It is the second one that is left.
    let left = &registry.sources.borrow()[state.index()].state;
    assert!(Rc::ptr_eq(left, &state));
}

#[test]
fn a_source_that_the_back_end_refuses_takes_no_place() {
    let (registry, calls) = registry();
    calls.refuses.set(true);
    let refused = registry.add(source().as_fd()).map(drop);
    assert_eq!(
        refused.expect_err("it refuses").kind(),
        io::ErrorKind::OutOfMemory
    );
    assert_eq!(registry.len(), 0);
}

#[test]
fn a_source_that_is_removed_leaves_nothing_behind() {
    let (registry, _) = registry();
    let source = source();
    let state = registry.add(source.as_fd()).expect("it is registered");
    let removed = registry.remove(&state, source.as_fd());
    removed.expect("it was registered");
    assert_eq!(Rc::strong_count(&state), 1);
}

#[test]
fn a_source_that_cannot_be_armed_is_tried_again() {
    let (registry, calls) = registry();
    let source = source();
    let state = registry.add(source.as_fd()).expect("it is registered");
    let expect = || registry.expect_event(source.as_fd(), &state, Direction::Read);
    calls.refuses.set(true);
    for _ in 0..2 {
        let refused = expect().expect_err("it refuses");
        assert_eq!(refused.kind(), io::ErrorKind::OutOfMemory);
        assert!(
            state.is_readable.get(),
            "who waited now would wait for ever"
        );
    }
    calls.refuses.set(false);
    expect().expect("it is armed");
    assert!(!state.is_readable.get() && state.is_writable.get());
}

#[derive(Default)]
struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[test]
fn who_has_begun_to_wait_while_a_source_was_armed_in_vain_is_woken() {
    let (registry, calls) = registry();
    let source = source();
    let state = registry.add(source.as_fd()).expect("it is registered");
    let woken = Arc::new(Woken::default());
    let waker = Waker::from(Arc::clone(&woken));
    calls.to_wait.replace(Some((Rc::clone(&state), waker)));
    calls.refuses.set(true);
    let refused = registry.expect_event(source.as_fd(), &state, Direction::Read);
    refused.expect_err("it refuses");
    assert!(woken.0.load(Ordering::Relaxed) && state.is_readable.get());
}

#[test]
fn who_waits_already_is_woken_also_if_the_source_cannot_be_armed_again() {
    let (registry, calls) = registry();
    let source = source();
    let state = registry.add(source.as_fd()).expect("it is registered");
    let expect = || registry.expect_event(source.as_fd(), &state, Direction::Read);
    expect().expect("it is armed");
    let woken = Arc::new(Woken::default());
    let waker = Waker::from(Arc::clone(&woken));
    state.readers.poll_at(&TaskContext::from_waker(&waker));
    calls.refuses.set(true);
    expect().expect_err("it refuses");
    registry.dispatch(Event {
        token: state.token,
        readable: true,
        writable: false,
        is_more: false,
    });
    assert!(woken.0.load(Ordering::Relaxed) && state.is_readable.get());
}

/// A waker whose destructor panics.
pub(super) struct Unclean;

impl Wake for Unclean {
    fn wake(self: Arc<Self>) {}
}

impl Drop for Unclean {
    fn drop(&mut self) {
        panic!("the destructor of a waker");
    }
}

#[test]
fn a_source_may_go_while_somebody_waits_whose_waker_panics() {
    let (registry, _) = registry();
    let source = source();
    let state = registry.add(source.as_fd()).expect("it is registered");
    let waker = Waker::from(Arc::new(Unclean));
    state.readers.poll_at(&TaskContext::from_waker(&waker));
    drop(waker);
    let removed = registry.remove(&state, source.as_fd());
    removed.expect("it was registered");
    // The last handle goes.
    drop(state);
}
