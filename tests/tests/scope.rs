//! Tasks that do not outlive their scope.

use std::cell::{Cell, RefCell};
use std::future::{Future, pending, poll_fn};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use crochet::testing::Harness;
use crochet::{
    JoinError, OnPanic, Reactor, Remote, Scope, ScopeError, call_later, scope, scope_with, sleep,
    spawn, timeout, yield_now,
};
use crochet_tests::logs;
use crochet_tests::traces::{Trace, Traced};

const SECOND: Duration = Duration::from_secs(1);

/// Makes a reactor on virtual time. What is logged is captured before: that and the first reactor both put a hook in
/// front of the process's panic hook.
fn harness() -> Harness {
    logs::capture();
    Harness::new()
}

/// Runs a future on a reactor whose time goes on by itself.
fn run<F: Future + 'static>(future: F) -> F::Output
where
    F::Output: 'static,
{
    harness().block_on(future).expect("it ends")
}

async fn hold(value: Traced) {
    let _value = value;
    pending::<()>().await;
}

#[test]
fn the_output_of_the_body_is_returned() {
    let sum = run(scope(|scope| async move {
        let (one, two) = (scope.spawn(async { 1 }), scope.spawn(async { 2 }));
        one.await.unwrap() + two.await.unwrap()
    }));
    assert_eq!(sum.unwrap(), 3);
}

/// Scopes within scopes, so many, the last of which holds a value.
fn nested(scopes: u32, value: Traced) -> Pin<Box<dyn Future<Output = ()>>> {
    Box::pin(async move {
        if scopes == 0 {
            return hold(value).await;
        }
        let ended = scope(|scope| async move {
            drop(scope.spawn(nested(scopes - 1, value)));
            pending::<()>().await;
        });
        ended.await.expect("no child panics");
    })
}

#[test]
fn deeply_nested_scopes_are_dropped_without_a_deep_stack() {
    run(async {
        let trace = Trace::new();
        let all = nested(20_000, trace.value());
        assert!(timeout(SECOND, all).await.is_err());
        assert_eq!(trace.count(), 1, "no child is left when that returns");
    });
}

#[test]
fn whoever_gives_up_joining_leaves_nothing_behind() {
    /// A waker that counts those that are the same.
    struct Counted;

    impl Wake for Counted {
        fn wake(self: Arc<Self>) {}
    }

    run(scope(|scope| async move {
        drop(scope.spawn(pending::<()>()));
        let counted = Arc::new(Counted);
        for _ in 0..3 {
            let waker = Waker::from(Arc::clone(&counted));
            let mut join = Box::pin(scope.join());
            let polled = join.as_mut().poll(&mut Context::from_waker(&waker));
            assert!(polled.is_pending());
        }
        assert_eq!(Arc::strong_count(&counted), 1);
    }))
    .expect("no child panics");
}

#[test]
fn children_are_gone_when_the_scope_ends() {
    run(async {
        let trace = Trace::new();
        let theirs = trace.clone();
        scope(|scope| async move {
            for _ in 0..3 {
                drop(scope.spawn(hold(theirs.value())));
            }
            yield_now().await;
            assert_eq!((theirs.count(), scope.len()), (0, 3));
            // This one does not even begin.
            drop(scope.spawn(hold(theirs.value())));
        })
        .await
        .unwrap();
        assert_eq!(trace.count(), 4);
    });
}

#[test]
fn children_are_dropped_oldest_first() {
    run(async {
        let order = Rc::new(RefCell::new(Vec::new()));
        let theirs = Rc::clone(&order);
        scope(|scope| async move {
            for child in 0..10 {
                let order = Rc::clone(&theirs);
                drop(scope.spawn(async move {
                    let _note = NoteOnDrop(child, order);
                    pending::<()>().await;
                }));
            }
            yield_now().await;
        })
        .await
        .unwrap();
        assert_eq!(*order.borrow(), (0..10).collect::<Vec<_>>());
    });
}

struct NoteOnDrop(u32, Rc<RefCell<Vec<u32>>>);

impl Drop for NoteOnDrop {
    fn drop(&mut self) {
        self.1.borrow_mut().push(self.0);
    }
}

#[test]
fn children_are_gone_when_the_scope_is_dropped() {
    run(async {
        let trace = Trace::new();
        let theirs = trace.clone();
        let body = scope(|scope| async move {
            drop(scope.spawn(hold(theirs.value())));
            drop(scope.spawn(hold(theirs.value())));
            pending::<()>().await;
        });
        let mut body = Box::pin(body);
        poll_fn(|cx| {
            assert!(body.as_mut().poll(cx).is_pending());
            Poll::Ready(())
        })
        .await;
        yield_now().await;
        assert_eq!(trace.count(), 0);
        drop(body);
        assert_eq!(trace.count(), 2);
    });
}

#[test]
fn cancelling_the_owner_cancels_children_and_theirs() {
    let mut harness = harness();
    let trace = Trace::new();
    let theirs = trace.clone();
    let owner = harness.spawn(scope(|outer| async move {
        drop(outer.spawn(hold(theirs.value())));
        drop(outer.spawn(scope(|inner| async move {
            drop(inner.spawn(hold(theirs.value())));
            hold(theirs.value()).await;
        })));
        pending::<()>().await;
    }));
    harness.run_until_idle();
    assert_eq!(trace.count(), 0);
    owner.cancel();
    harness.run_until_idle();
    assert_eq!(trace.count(), 3);
}

#[test]
fn a_scope_whose_time_is_up_leaves_no_children() {
    run(async {
        let trace = Trace::new();
        let theirs = trace.clone();
        let body = scope(|scope| async move {
            drop(scope.spawn(hold(theirs.value())));
            pending::<()>().await;
        });
        assert!(timeout(SECOND, body).await.is_err());
        assert_eq!(trace.count(), 1);
    });
}

#[test]
fn joining_waits_for_children_and_those_that_they_spawn() {
    let ended = run(scope(|scope| async move {
        let ended = Rc::new(Cell::new(0));
        spawn_tree(&scope, 4, &ended);
        scope.join().await;
        assert!(scope.is_empty());
        ended.get()
    }));
    assert_eq!(ended.unwrap(), 31);
}

#[test]
fn joining_waits_for_a_child_that_is_spawned_when_the_last_one_has_ended() {
    let joined = run(scope(|scope| async move {
        let mut sequel = Box::pin(async {
            scope.spawn(sleep(SECOND)).await.expect("it ends");
            scope.spawn(sleep(SECOND)).await.expect("it ends");
            pending::<()>().await;
        });
        let mut join = Box::pin(scope.join());
        // One task: it is woken once when a child has ended, and spawns before it looks at the join again.
        poll_fn(|cx| {
            assert!(sequel.as_mut().poll(cx).is_pending());
            join.as_mut().poll(cx)
        })
        .await;
        scope.is_empty()
    }));
    assert!(joined.unwrap());
}

/// Spawns a child that spawns two others, and so on.
fn spawn_tree(scope: &Scope, depth: u32, ended: &Rc<Cell<u32>>) {
    let (of_child, ended) = (scope.clone(), Rc::clone(ended));
    drop(scope.spawn(async move {
        sleep(SECOND).await;
        if depth > 0 {
            spawn_tree(&of_child, depth - 1, &ended);
            spawn_tree(&of_child, depth - 1, &ended);
        }
        ended.set(ended.get() + 1);
    }));
}

#[test]
fn children_that_have_ended_are_not_kept() {
    run(scope(|scope| async move {
        for _ in 0..1000 {
            scope.spawn(async {}).await.unwrap();
        }
        assert!(scope.is_empty());
    }))
    .unwrap();
}

#[test]
fn the_panic_of_a_child_ends_the_scope_and_is_its_error() {
    run(async {
        let trace = Trace::new();
        let theirs = trace.clone();
        let line = line!() + 3;
        let ended = scope(|scope| async move {
            drop(scope.spawn(hold(theirs.value())));
            drop(scope.spawn_named("scope-writer", async { panic!("scope: no more ink") }));
            hold(theirs.value()).await;
        });
        let Err(ScopeError::Panicked { child, panic }) = ended.await else {
            panic!("the scope ends with an error");
        };
        assert_eq!(child.name(), Some("scope-writer"));
        assert_eq!((child.site().line(), panic.line()), (line, Some(line)));
        assert_eq!(panic.message(), "scope: no more ink");
        assert_eq!(trace.count(), 2);
    });
    logs::assert_none("scope: no more ink");
}

#[test]
fn of_two_panics_one_is_the_error_and_the_other_is_logged() {
    let ended: Result<(), _> = run(scope(|scope| async move {
        drop(scope.spawn(async { panic!("scope: the first of two") }));
        drop(scope.spawn(async { panic!("scope: the second of two") }));
        pending::<()>().await;
    }));
    let error = ended.unwrap_err().to_string();
    assert!(error.contains("scope: the first of two"), "{error}");
    logs::assert_none("scope: the first of two");
    logs::assert_one_error("scope: the second of two");
}

#[test]
fn a_panic_that_the_scope_cannot_return_any_more_is_logged() {
    let mut harness = harness();
    let owner = harness.spawn(async {
        let body = scope(|scope| async move {
            drop(scope.spawn(async { panic!("scope: too late to tell") }));
            pending::<()>().await;
        });
        let mut body = Box::pin(body);
        poll_fn(|cx| Poll::Ready(body.as_mut().poll(cx).is_pending())).await;
        // The child runs meanwhile, and nobody polls the scope again.
        sleep(SECOND).await;
        drop(body);
    });
    harness.advance(SECOND);
    assert!(owner.is_finished());
    logs::assert_one_error("scope: too late to tell");
}

#[test]
fn an_isolated_panic_is_the_handles_only() {
    run(async {
        let ended = scope_with(OnPanic::Isolate, |scope| async move {
            let child = scope.spawn(async { panic!("scope: kept apart") });
            let outcome: Result<(), _> = child.await;
            assert!(matches!(outcome, Err(JoinError::Panicked(_))));
            scope.spawn(async { 7 }).await.unwrap()
        });
        assert_eq!(ended.await.unwrap(), 7);
    });
}

#[test]
fn a_panic_of_the_body_takes_the_children_with_it() {
    run(async {
        let trace = Trace::new();
        let theirs = trace.clone();
        let owner = spawn(scope(|scope| async move {
            drop(scope.spawn(hold(theirs.value())));
            yield_now().await;
            panic!("scope: the body itself");
        }));
        let outcome: Result<Result<(), _>, _> = owner.await;
        assert!(matches!(outcome, Err(JoinError::Panicked(_))));
        assert_eq!(trace.count(), 1);
    });
}

#[test]
fn a_childs_destructor_that_panics_keeps_no_other_from_being_dropped() {
    struct PanicOnDrop;
    impl Drop for PanicOnDrop {
        fn drop(&mut self) {
            panic!("scope: a bad destructor");
        }
    }
    run(async {
        let trace = Trace::new();
        let theirs = trace.clone();
        scope(|scope| async move {
            drop(scope.spawn(async {
                let _bad = PanicOnDrop;
                pending::<()>().await;
            }));
            drop(scope.spawn(hold(theirs.value())));
            yield_now().await;
        })
        .await
        .unwrap();
        assert_eq!(trace.count(), 1);
    });
    logs::assert_one_error("scope: a bad destructor");
}

#[test]
fn what_is_spawned_after_the_scope_has_ended_is_cancelled_at_once() {
    run(async {
        let kept = scope(|scope| async move { scope }).await.unwrap();
        let trace = Trace::new();
        let child = kept.spawn(hold(trace.value()));
        assert_eq!((trace.count(), kept.len()), (1, 0));
        assert!(matches!(child.await, Err(JoinError::Cancelled)));
    });
}

#[test]
fn destructors_may_spawn_into_the_scope_that_ends() {
    struct SpawnOnDrop(Scope, Trace);
    impl Drop for SpawnOnDrop {
        fn drop(&mut self) {
            drop(self.0.spawn(hold(self.1.value())));
        }
    }
    run(async {
        let trace = Trace::new();
        let theirs = trace.clone();
        scope(|scope| async move {
            let spawner = SpawnOnDrop(scope.clone(), theirs);
            drop(scope.spawn(async move {
                let _spawner = spawner;
                pending::<()>().await;
            }));
            yield_now().await;
        })
        .await
        .unwrap();
        assert_eq!(trace.count(), 1);
    });
}

#[test]
fn a_child_that_drops_the_scope_ends_when_it_is_next_suspended() {
    type Owned = Pin<Box<dyn Future<Output = Result<(), ScopeError>>>>;
    run(async {
        let owned: Rc<RefCell<Option<Owned>>> = Rc::default();
        let theirs = Rc::clone(&owned);
        let trace = Trace::new();
        let (of_child, steps) = (trace.value(), Rc::new(Cell::new(0)));
        let counted = Rc::clone(&steps);
        let body = scope(|scope| async move {
            drop(scope.spawn(async move {
                let _held = of_child;
                drop(theirs.take());
                counted.set(1);
                yield_now().await;
                counted.set(2);
            }));
            pending::<()>().await;
        });
        let mut body: Owned = Box::pin(body);
        poll_fn(|cx| Poll::Ready(body.as_mut().poll(cx).is_pending())).await;
        *owned.borrow_mut() = Some(body);
        sleep(SECOND).await;
        assert_eq!((steps.get(), trace.count()), (1, 1));
    });
}

#[test]
fn a_reactor_that_stops_takes_scope_and_children_with_it() {
    logs::capture();
    let mut reactor = Reactor::new().unwrap();
    let trace = Trace::new();
    let (theirs, remote): (_, Remote) = (trace.clone(), reactor.remote());
    let owner = reactor.spawn(scope(|scope| async move {
        drop(scope.spawn(hold(theirs.value())));
        drop(call_later(Duration::ZERO, move || remote.stop()));
        hold(theirs.value()).await;
    }));
    reactor.run().unwrap();
    assert!(owner.is_finished());
    assert_eq!(trace.count(), 2);
}
