//! Wakers that panic: whoever wakes by them goes on, and so does everybody else who waits.

use std::cell::RefCell;
use std::convert::Infallible;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

use crochet::sync::{Event, Queue, Semaphore};
use crochet::testing::Harness;
use crochet::{Cancelled, Deferred, join_all, scope, spawn, yield_now};
use crochet_tests::logs;

/// A waker that panics with a text.
struct Panicking(&'static str);

impl Wake for Panicking {
    fn wake(self: Arc<Self>) {
        panic!("{}", self.0);
    }
}

/// Polls a future, which is to be pending, with a waker that panics.
#[track_caller]
fn poll_pending<F: Future>(future: Pin<&mut F>, text: &'static str) {
    let waker = Waker::from(Arc::new(Panicking(text)));
    let polled = future.poll(&mut Context::from_waker(&waker));
    assert!(polled.is_pending());
}

/// Runs a test on a reactor with virtual time, in which a waker panics with `text`, once.
fn on_reactor<T: 'static>(text: &str, body: impl Future<Output = T> + 'static) {
    logs::capture();
    Harness::new().block_on(body).expect("the test ends");
    logs::assert_one_error(text);
}

#[test]
fn an_event_wakes_the_others_who_wait() {
    const TEXT: &str = "the waker of an event";
    on_reactor(TEXT, async {
        let event = Event::new();
        let mut first = pin!(event.wait());
        poll_pending(first.as_mut(), TEXT);
        let second = spawn(event.wait());
        yield_now().await;
        event.set();
        second.await.expect("it is woken");
        first.await;
    });
}

#[test]
fn a_permit_that_a_panic_drops_passes_on() {
    const TEXT: &str = "the waker of a semaphore";
    on_reactor(TEXT, async {
        let semaphore = Semaphore::new(1);
        let permit = semaphore.try_acquire().expect("it is free");
        let mut first = Box::pin(semaphore.acquire());
        poll_pending(first.as_mut(), TEXT);
        let second = spawn(semaphore.acquire());
        yield_now().await;
        let holder = spawn(async move {
            let _permit = permit;
            panic!("the holder of a permit");
        });
        assert!(holder.await.is_err());
        assert!(!second.is_finished());
        // It had been handed the permit, and hands it on.
        drop(first);
        drop(second.await.expect("it is woken"));
        assert_eq!(semaphore.available(), 1);
    });
}

#[test]
fn who_gives_a_permit_up_hands_it_on() {
    const TEXT: &str = "the waker of who comes next";
    on_reactor(TEXT, async {
        let semaphore = Semaphore::new(1);
        let permit = semaphore.try_acquire().expect("it is free");
        let mut first = Box::pin(semaphore.acquire());
        assert!(
            first
                .as_mut()
                .poll(&mut Context::from_waker(Waker::noop()))
                .is_pending()
        );
        let mut second = pin!(semaphore.acquire());
        poll_pending(second.as_mut(), TEXT);
        drop(permit);
        drop(first);
        drop(second.await);
        assert_eq!(semaphore.available(), 1);
    });
}

#[test]
fn an_item_is_put_and_got_all_the_same() {
    const GETTER: &str = "the waker of who waits for an item";
    on_reactor(GETTER, async {
        let queue = Queue::new();
        let mut getter = pin!(queue.get());
        poll_pending(getter.as_mut(), GETTER);
        assert!(queue.try_put(1).is_ok());
        assert_eq!(getter.await, Ok(1));
    });
    const PUTTER: &str = "the waker of who waits for room";
    on_reactor(PUTTER, async {
        let queue = Queue::new().size_limit(1);
        assert!(queue.try_put(1).is_ok());
        let mut putter = pin!(queue.put(2));
        poll_pending(putter.as_mut(), PUTTER);
        assert_eq!(queue.try_get(), Some(1));
        putter.await;
        assert_eq!(queue.try_get(), Some(2));
    });
}

#[test]
fn who_gives_an_item_up_hands_it_on() {
    const TEXT: &str = "the waker of who gets it next";
    on_reactor(TEXT, async {
        let queue = Queue::new();
        let mut first = Box::pin(queue.get());
        assert!(
            first
                .as_mut()
                .poll(&mut Context::from_waker(Waker::noop()))
                .is_pending()
        );
        let mut second = pin!(queue.get());
        poll_pending(second.as_mut(), TEXT);
        assert!(queue.try_put(1).is_ok());
        drop(first);
        assert_eq!(second.await, Ok(1));
    });
}

#[test]
fn a_channel_tells_all_receivers_that_it_is_closed() {
    const TEXT: &str = "the waker of a receiver";
    logs::capture();
    let mut harness = Harness::new();
    let (sender, receiver) = harness.remote().channel::<u8>(1);
    let ended = harness.block_on(async move {
        let mut first = pin!(receiver.recv());
        poll_pending(first.as_mut(), TEXT);
        let other = receiver.clone();
        let second = spawn(async move { other.recv().await });
        yield_now().await;
        drop(sender);
        assert!(second.await.expect("it is woken").is_err());
        assert!(first.await.is_err());
    });
    ended.expect("the test ends");
    logs::assert_one_error(TEXT);
}

#[test]
fn a_deferred_fires() {
    const TEXT: &str = "the waker of a deferred";
    on_reactor(TEXT, async {
        let (resolver, deferred) = Deferred::<u8>::new();
        let mut deferred = pin!(deferred);
        poll_pending(deferred.as_mut(), TEXT);
        assert_eq!(resolver.fire(1), Ok(()));
        assert_eq!(deferred.await, Ok(1));
    });
}

#[test]
fn a_chain_settles_and_is_cancelled() {
    const SETTLED: &str = "the waker of the end of a chain";
    on_reactor(SETTLED, async {
        let (resolver, deferred) = Deferred::<u8>::new();
        let mut end = pin!(deferred.map(|number| number + 1));
        poll_pending(end.as_mut(), SETTLED);
        assert_eq!(resolver.fire(1), Ok(()));
        yield_now().await;
        assert_eq!(end.await, Ok(2));
    });
    const CANCELLED: &str = "the waker of the end of a cancelled chain";
    on_reactor(CANCELLED, async {
        let (resolver, deferred) = Deferred::<u8, Infallible>::new();
        // Errors cannot be passed on before this, so the chain is given up at once.
        let end = deferred.map_err(|never| match never {});
        let mut end: Pin<Box<Deferred<u8, Cancelled>>> = Box::pin(end);
        poll_pending(end.as_mut(), CANCELLED);
        end.cancel();
        assert!(!resolver.is_wanted());
        assert!(end.await.is_err());
    });
}

#[test]
fn one_of_many_futures_may_be_woken() {
    /// Pending until it is woken by the waker that it leaves.
    struct Waiting(Rc<RefCell<Option<Waker>>>);

    impl Future for Waiting {
        type Output = ();

        fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
            match self.0.replace(Some(cx.waker().clone())) {
                None => Poll::Pending,
                Some(_) => Poll::Ready(()),
            }
        }
    }

    const TEXT: &str = "the waker of many futures";
    on_reactor(TEXT, async {
        let left = Rc::new(RefCell::new(None));
        let mut all = pin!(join_all([Waiting(Rc::clone(&left))]));
        poll_pending(all.as_mut(), TEXT);
        let waker = left.borrow().clone().expect("it left one");
        waker.wake();
        assert_eq!(all.await, [()]);
    });
}

#[test]
fn all_who_join_a_scope_are_told() {
    const TEXT: &str = "the waker of who joins a scope";
    on_reactor(TEXT, async {
        let ended = scope(|scope| async move {
            let event = Event::new();
            drop(scope.spawn(event.wait()));
            let mut first = pin!(scope.join());
            poll_pending(first.as_mut(), TEXT);
            let theirs = scope.clone();
            let second = spawn(async move { theirs.join().await });
            yield_now().await;
            event.set();
            second.await.expect("it is woken");
            first.await;
        });
        ended.await.expect("no child panics");
    });
}
