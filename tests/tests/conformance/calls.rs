//! Decorated functions.

use std::future;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{self, ThreadId};
use std::time::Duration;

use crochet::testing::{VirtualReactor, with_reactor};
use crochet::{EventualError, EventualResult, WaitError, run_in_reactor, wait_for};
use crochet_tests::executor::block_on;
use crochet_tests::{LONG, start};

/// Makes a reactor on virtual time.
///
/// After [`start`]: the first reactor of a process sets a panic hook, and `start` sets one before that. Two threads that
/// do so at once may lose one.
fn virtual_reactor() -> VirtualReactor {
    start();
    VirtualReactor::start().unwrap()
}

#[wait_for(timeout = 0.5)]
async fn wait_half_a_second() -> Result<(), WaitError> {
    future::pending().await
}

#[test]
fn a_decorated_call_lasts_as_long_as_its_timeout_says() {
    let reactor = virtual_reactor();
    let (clock, remote) = (reactor.clock(), reactor.remote());
    thread::scope(|scope| {
        let caller = scope.spawn(|| with_reactor(remote, wait_half_a_second));
        clock.wait_for_blocked(1);
        clock.advance(Duration::from_millis(499));
        assert_eq!(clock.blocked(), 1, "not early");
        clock.advance(Duration::from_millis(1));
        let waited = caller.join().expect("no panic");
        assert!(matches!(waited, Err(WaitError::Timeout)), "{waited:?}");
    });
}

#[wait_for(timeout = 60.0)]
fn double(x: u32) -> u32 {
    2 * x
}

#[wait_for(timeout = 60.0)]
async fn whereabouts(first: u8, second: &str, third: Vec<u8>) -> (ThreadId, String) {
    (
        thread::current().id(),
        format!("{first} {second} {third:?}"),
    )
}

#[test]
fn a_decorated_function_runs_on_the_reactor_with_all_its_arguments() {
    start();
    let reactor = wait_for(LONG, || async { thread::current().id() }).unwrap();
    let (place, arguments) = whereabouts(1, "two", vec![3, 4]).unwrap();
    assert_eq!(place, reactor);
    assert_eq!(arguments, "1 two [3, 4]");
}

#[test]
fn the_undecorated_function_runs_where_it_is_called() {
    assert_eq!(double_wrapped(21), 42);
    let (place, arguments) = block_on(whereabouts_wrapped(1, "two", vec![3, 4]));
    assert_eq!(place, thread::current().id());
    assert_eq!(arguments, "1 two [3, 4]");
}

struct Doubler {
    factor: u32,
}

impl Doubler {
    #[wait_for(timeout = 60.0)]
    fn apply(&self, x: u32) -> u32 {
        self.factor * x
    }

    #[run_in_reactor]
    async fn begin(self: Arc<Self>, x: u32) -> u32 {
        self.factor * x
    }
}

#[test]
fn decorated_functions_and_methods_are_values_like_any_other() {
    start();
    let doubled = [1, 2, 3].map(double).map(Result::unwrap);
    assert_eq!(doubled, [2, 4, 6]);

    let doubler = Doubler { factor: 2 };
    let bound = |x| doubler.apply(x).unwrap();
    assert_eq!([1, 2, 3].map(bound), [2, 4, 6]);
    let unbound: fn(&Doubler, u32) -> Result<u32, WaitError> = Doubler::apply;
    assert_eq!(unbound(&doubler, 5).unwrap(), 10);

    let shared = Arc::new(doubler);
    let begun = [1, 2, 3].map(|x| Arc::clone(&shared).begin(x));
    assert_eq!(begun.map(|result| result.wait(LONG).unwrap()), [2, 4, 6]);
}

static CALLS: AtomicUsize = AtomicUsize::new(0);

#[run_in_reactor]
async fn count() -> usize {
    CALLS.fetch_add(1, Ordering::SeqCst) + 1
}

#[test]
fn each_call_of_a_decorated_async_function_runs_anew() {
    start();
    // It begins without being awaited: what is returned is a result, not a future of the function.
    let results: Vec<EventualResult<usize>> = (0..3).map(|_| count()).collect();
    for (before, result) in results.iter().enumerate() {
        assert_eq!(result.wait(LONG).unwrap(), before + 1);
        assert_eq!(result.wait(LONG).unwrap(), before + 1, "it ran once");
    }
    assert_eq!(CALLS.load(Ordering::SeqCst), 3);
}

#[run_in_reactor]
async fn begin() {
    future::pending::<()>().await;
}

#[test]
fn stopping_ends_every_call_that_was_made_and_refuses_further_ones() {
    let reactor = virtual_reactor();
    let remote = reactor.remote();
    let results: Vec<_> = (0..100).map(|_| with_reactor(remote, begin)).collect();
    remote.stop();
    for result in results {
        let waited = result.wait(LONG);
        assert!(matches!(waited, Err(EventualError::Stopped)), "{waited:?}");
    }
    let refused = with_reactor(remote, begin);
    let waited = refused.wait(Duration::ZERO);
    assert!(matches!(waited, Err(EventualError::Stopped)), "{waited:?}");
    let waited = with_reactor(remote, wait_half_a_second);
    assert!(matches!(waited, Err(WaitError::Stopped)), "{waited:?}");
}
