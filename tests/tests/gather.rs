//! Many futures as one: gathered, joined, raced.

use std::cell::{Cell, RefCell};
use std::future::{pending, poll_fn, ready};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Poll, Waker};
use std::thread;
use std::time::Duration;

use crochet::testing::Harness;
use crochet::{
    Deferred, JoinError, Resolver, call_later, gather, join_all, race, race_ok, sleep, spawn,
    timeout,
};
use crochet_tests::backends::on_every_backend;
use crochet_tests::logs;

const SECOND: Duration = Duration::from_secs(1);

type Failing = Deferred<u32, &'static str>;
type Runner = Pin<Box<dyn Future<Output = Result<u32, &'static str>>>>;

/// Runs a test on a reactor with virtual time.
fn on_reactor<T: 'static>(body: impl Future<Output = T> + 'static) -> T {
    Harness::new().block_on(body).expect("the test ends")
}

/// Counts how often cancellers are called.
#[derive(Default)]
struct Cancellations {
    count: Rc<Cell<u32>>,
    // Kept: dropped, they would abandon their deferreds.
    resolvers: RefCell<Vec<Resolver<u32, &'static str>>>,
}

impl Cancellations {
    /// Makes a deferred that is never fired.
    fn never(&self) -> Failing {
        let count = Rc::clone(&self.count);
        let (resolver, deferred) = Failing::with_canceller(move || count.set(count.get() + 1));
        self.resolvers.borrow_mut().push(resolver);
        deferred
    }

    fn count(&self) -> u32 {
        self.count.get()
    }
}

/// Succeeds with a number after so many seconds.
async fn after(seconds: u32, result: Result<u32, &'static str>) -> Result<u32, &'static str> {
    sleep(SECOND * seconds).await;
    result
}

#[test]
fn outputs_are_in_the_order_of_the_futures_whatever_order_they_come_in() {
    on_reactor(async {
        let gathered = gather([3, 1, 2].map(|seconds| after(seconds, Ok(seconds)))).await;
        assert_eq!(gathered, Ok(vec![3, 1, 2]));
        let joined = join_all([3, 1, 2].map(|seconds| async move {
            sleep(SECOND * seconds).await;
            seconds
        }));
        assert_eq!(joined.await, [3, 1, 2]);
    });
}

#[test]
fn nothing_to_wait_for_is_ready_at_once() {
    on_reactor(async {
        assert_eq!(gather([] as [Failing; 0]).await, Ok(vec![]));
        assert!(join_all([] as [Failing; 0]).await.is_empty());
        assert_eq!(race_ok([] as [Failing; 0]).await, Err(vec![]));
    });
}

#[test]
fn the_first_error_carries_its_index_and_cancels_the_others() {
    on_reactor(async {
        let cancellations = Cancellations::default();
        let (resolver, failing) = Failing::new();
        call_later(SECOND, move || {
            resolver.fail("failed").expect("it is wanted");
        });
        let futures = [
            Failing::fired(Ok(1)),
            cancellations.never(),
            failing,
            cancellations.never(),
        ];
        let error = gather(futures).await.expect_err("one fails");
        assert_eq!(cancellations.count(), 2, "before it is told");
        assert_eq!((error.index(), *error.error()), (2, "failed"));
        assert_eq!(error.to_string(), "the future at 2 failed: failed");
        assert_eq!(error.into_error(), "failed");
    });
}

#[test]
fn joining_takes_failures_as_they_come() {
    on_reactor(async {
        let joined = join_all([
            Failing::fired(Err("first")),
            Failing::fired(Ok(2)),
            Failing::fired(Err("third")),
        ]);
        assert_eq!(joined.await, [Err("first"), Ok(2), Err("third")]);
    });
}

#[test]
fn cancelling_cancels_all_that_have_not_ended() {
    on_reactor(async {
        let cancellations = Cancellations::default();
        let some = || {
            [
                cancellations.never(),
                Failing::fired(Ok(1)),
                cancellations.never(),
            ]
        };
        assert!(timeout(SECOND, gather(some())).await.is_err());
        assert_eq!(cancellations.count(), 2);
        assert!(timeout(SECOND, join_all(some())).await.is_err());
        assert_eq!(cancellations.count(), 4);
        let never = [cancellations.never(), cancellations.never()];
        assert!(timeout(SECOND, race(never)).await.is_err());
        assert_eq!(cancellations.count(), 6);
        drop(race_ok([cancellations.never()]));
        assert_eq!(cancellations.count(), 7);
    });
}

#[test]
fn polling_again_after_the_end_is_a_panic_that_says_so() {
    /// Polls a future to its end, and once more.
    async fn poll_again<F: Future + Unpin + 'static>(mut future: F) {
        (&mut future).await;
        let again = spawn(future).await;
        let Err(JoinError::Panicked(panic)) = again.map(drop) else {
            panic!("a panic is expected");
        };
        assert!(
            panic.message().ends_with("was polled after it was ready"),
            "{panic}"
        );
    }

    on_reactor(async {
        poll_again(join_all([ready(1)])).await;
        poll_again(gather([ready(Ok::<_, u32>(1))])).await;
        poll_again(gather([ready(Err::<u32, _>(1)), ready(Ok(1))])).await;
        poll_again(race_ok([ready(Ok::<_, u32>(1)), ready(Err(1))])).await;
        poll_again(race_ok([ready(Err::<u32, _>(1))])).await;
    });
}

#[test]
fn the_first_to_end_wins_and_the_losers_are_cancelled() {
    on_reactor(async {
        let cancellations = Cancellations::default();
        let (resolver, failing) = Failing::new();
        call_later(SECOND, move || {
            resolver.fail("failed").expect("it is wanted");
        });
        let won = race([cancellations.never(), failing, cancellations.never()]).await;
        assert_eq!(won, (1, Err("failed")));
        assert_eq!(cancellations.count(), 2);
        let won = race([ready(1), ready(2)]).await;
        assert_eq!(won, (0, 1), "of those that are ready the first");
    });
}

#[test]
fn the_first_to_succeed_wins_and_failures_are_told_only_if_all_fail() {
    on_reactor(async {
        let won = race_ok([after(1, Err("first")), after(3, Ok(3)), after(2, Ok(2))]).await;
        assert_eq!(won, Ok((2, 2)));
        let lost = race_ok([after(2, Err("first")), after(1, Err("second"))]).await;
        assert_eq!(lost, Err(vec!["first", "second"]));
    });
}

#[test]
#[should_panic(expected = "at least one future")]
fn a_race_without_runners_is_refused() {
    drop(race([] as [Failing; 0]));
}

#[test]
fn a_wake_up_polls_one_future_however_many_there_are() {
    const MANY: usize = 10_000;
    on_reactor(async {
        let polls = Rc::new(Cell::new(0));
        let wakers: Rc<RefCell<Vec<Option<Waker>>>> = Rc::new(RefCell::new(vec![None; MANY]));
        let futures = (0..MANY).map(|index| {
            let (polls, wakers) = (Rc::clone(&polls), Rc::clone(&wakers));
            let mut polled = false;
            poll_fn(move |cx| {
                polls.set(polls.get() + 1);
                if std::mem::replace(&mut polled, true) {
                    return Poll::Ready(index);
                }
                wakers.borrow_mut()[index] = Some(cx.waker().clone());
                Poll::Pending
            })
        });
        let joined = spawn(join_all(futures.collect::<Vec<_>>()));
        sleep(SECOND).await;
        assert_eq!(polls.get(), MANY);
        for index in (0..MANY).rev() {
            let waker = wakers.borrow_mut()[index]
                .take()
                .expect("it has been polled");
            waker.wake_by_ref();
            waker.wake();
            if index % 64 == 0 {
                sleep(Duration::ZERO).await;
            }
        }
        let outputs = joined.await.expect("no panic");
        assert!(outputs.into_iter().eq(0..MANY));
        assert_eq!(polls.get(), 2 * MANY);
    });
}

#[test]
fn many_that_are_ready_at_once_do_not_keep_others_waiting_for_ever() {
    on_reactor(async {
        let busy = (0..4).map(|_| {
            poll_fn(|cx| -> Poll<()> {
                cx.waker().wake_by_ref();
                Poll::Pending
            })
        });
        let joined = spawn(join_all(busy.collect::<Vec<_>>()));
        let turns = spawn(async {
            for _ in 0..10 {
                crochet::sleep(Duration::ZERO).await;
            }
        });
        turns.await.expect("others have their turns");
        assert!(!joined.is_finished());
        joined.cancel();
    });
}

#[test]
fn wake_ups_from_other_threads_are_not_lost() {
    on_every_backend(|| async {
        let jobs = (0..200_u64).map(|number| {
            crochet_reactor::defer_to_thread(move || {
                thread::yield_now();
                number
            })
        });
        let results = join_all(jobs.collect::<Vec<_>>()).await;
        let numbers = results
            .into_iter()
            .map(|result| result.expect("no job fails"));
        assert_eq!(numbers.sum::<u64>(), 199 * 200 / 2);
    });
}

#[test]
fn a_destructor_that_panics_does_not_keep_the_others_from_being_cancelled() {
    struct PanicOnDrop;
    impl Drop for PanicOnDrop {
        fn drop(&mut self) {
            panic!("the destructor of a loser panics on purpose");
        }
    }
    logs::capture();
    on_reactor(async {
        let cancellations = Cancellations::default();
        let panicking = async {
            let _guard = PanicOnDrop;
            pending::<Result<u32, &'static str>>().await
        };
        let never = cancellations.never();
        let runners: [Runner; 3] = [
            Box::pin(panicking),
            Box::pin(never),
            Box::pin(after(1, Ok(1))),
        ];
        assert_eq!(race(runners).await, (2, Ok(1)));
        assert_eq!(cancellations.count(), 1);
    });
    logs::assert_one_error("the destructor of a loser panics on purpose");
}
