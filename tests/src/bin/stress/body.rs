//! The operations themselves: what runs on a loop.

use std::future::{self, Future, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use crochet::{Deferred, EventualError, JoinError, Phase, WaitError};
use crochet_tests::LONG;

use crate::exchange::EXCHANGE;
use crate::faults;
use crate::payload::{Bomb, ON_PURPOSE, Payload};
use crate::plan::{Act, Extras, Plan};
use crate::refusal::Refusal;

/// Returns what carries a plan out and gives `carried` back.
pub(crate) fn perform(
    plan: Plan,
    carried: Payload,
) -> impl Future<Output = Result<Payload, Refusal>> + 'static {
    armed(plan.extras, act(plan, carried))
}

/// Gives a future the destructor that its plan wants.
pub(crate) fn armed<F: Future>(extras: Extras, future: F) -> impl Future<Output = F::Output> {
    Armed {
        _bomb: (extras == Extras::Bomb).then(|| Bomb),
        future: Box::pin(future),
    }
}

/// A future with a destructor that panics when it is dropped, not when it ends.
struct Armed<F> {
    future: Pin<Box<F>>,
    _bomb: Option<Bomb>,
}

impl<F: Future> Future for Armed<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        self.future.as_mut().poll(cx)
    }
}

/// Carries a plan out.
pub(crate) async fn act(plan: Plan, carried: Payload) -> Result<Payload, Refusal> {
    let _own = Payload::new(plan.number);
    match plan.extras {
        Extras::Waker => leave_waker().await,
        Extras::Trigger => add_trigger(plan.number),
        Extras::Bomb | Extras::Nothing => {}
    }
    match plan.act {
        Act::Value | Act::Set => {}
        Act::Sleep => sleep(plan.length).await,
        Act::Later => fire_later(&plan).await,
        Act::Yield => give_way(plan.number % 8).await,
        Act::Spawn => spawn(&plan).await,
        Act::Nest => nest(&plan).await,
        Act::Defer => defer(&plan).await,
        Act::Log => log::debug!(target: "stress", "operation {}", plan.number),
        Act::Block => block(),
        Act::Refuse => {
            sleep(plan.length).await;
            return Err(Refusal::new(plan.number));
        }
        Act::Panic => {
            sleep(plan.length).await;
            panic!("{ON_PURPOSE}");
        }
        Act::Endless => future::pending().await,
    }
    Ok(carried)
}

async fn leave_waker() {
    let waker = poll_fn(|cx| Poll::Ready(cx.waker().clone())).await;
    EXCHANGE.wakers.leave(waker);
}

/// Sleeps, and looks whether it was for long enough.
async fn sleep(length: Duration) {
    let begun = Instant::now();
    crochet::sleep(length).await;
    let slept = begun.elapsed();
    faults::expect(slept >= length, || {
        format!("a sleep of {length:?} took {slept:?}")
    });
}

fn add_trigger(number: u64) {
    let payload = Payload::new(number);
    match crochet::remote() {
        Ok(remote) => {
            // Dropped when it has run, or with the reactor.
            let _id = remote.add_trigger(Phase::During, LONG, move || async move { drop(payload) });
        }
        Err(error) => faults::note(format!("no remote: {error}")),
    }
}

async fn fire_later(plan: &Plan) {
    let (resolver, deferred) = Deferred::<u64>::new();
    let number = plan.number;
    let begun = Instant::now();
    let unwanted = Payload::new(number);
    let call = crochet::call_later(Duration::from_secs(60), move || drop(unwanted));
    drop(crochet::call_later(plan.length, move || {
        match resolver.fire(number) {
            // Nobody waits for it any more when the operation has been dropped.
            Ok(()) | Err(_) => {}
        }
    }));
    let Ok(fired) = deferred.await;
    let took = begun.elapsed();
    faults::expect(fired == number && took >= plan.length, || {
        format!("a call later than {:?} came after {took:?}", plan.length)
    });
    faults::expect(call.cancel().is_ok(), || {
        String::from("a call that is a minute away was not to be cancelled")
    });
}

async fn give_way(times: u64) {
    for _ in 0..times {
        let mut given = false;
        poll_fn(|cx| {
            if std::mem::replace(&mut given, true) {
                return Poll::Ready(());
            }
            cx.waker().wake_by_ref();
            Poll::Pending
        })
        .await;
    }
}

async fn spawn(plan: &Plan) {
    let (number, length) = (plan.number, plan.length);
    let task = |length| async move {
        let payload = Payload::new(number);
        sleep(length).await;
        payload.number()
    };
    // One goes on by itself, one is cancelled, one is awaited.
    drop(crochet::spawn(task(2 * length)));
    crochet::spawn(task(LONG)).cancel();
    match crochet::spawn(task(length)).await {
        Ok(value) => faults::expect(value == number, || format!("a task gave {value}")),
        Err(error) => faults::note(format!("a task ended with {error:?}")),
    }
}

async fn nest(plan: &Plan) {
    let (number, length) = (plan.number, plan.length);
    let inner = crochet::run_in_reactor(move || async move {
        sleep(length).await;
        Payload::new(number)
    });
    match inner.await {
        Ok(value) => faults::expect(value.number() == number, || {
            format!("an operation within gave {value:?}")
        }),
        Err(EventualError::Stopped) => faults::expect(plan.process.may_be_stopped(), || {
            String::from("an operation within was stopped, and no reactor was")
        }),
        Err(error) => faults::note(format!("an operation within ended with {error:?}")),
    }
}

async fn defer(plan: &Plan) {
    let plan_of_job = plan.clone();
    match crochet::defer_to_thread(move || job(&plan_of_job)).await {
        Ok(value) => faults::expect(value.number() == plan.number, || {
            format!("a job gave {value:?}")
        }),
        Err(JoinError::Stopped) => faults::expect(plan.reactor.may_be_stopped(), || {
            String::from("a job was stopped, and its reactor was not")
        }),
        Err(error) => faults::note(format!("a job ended with {error:?}")),
    }
}

/// What a job of the pool does: now and then it waits for the loop.
pub(crate) fn job(plan: &Plan) -> Payload {
    let (number, length) = (plan.number, plan.length);
    if number % 3 == 0 {
        let called = crochet::blocking_call_from_thread(LONG, move || async move {
            sleep(length).await;
            number
        });
        match called {
            Ok(value) => faults::expect(value == number, || format!("a job's call gave {value}")),
            Err(WaitError::Stopped | WaitError::Interrupted) => {}
            Err(error) => faults::note(format!("a job's call ended with {error:?}")),
        }
    }
    Payload::new(number)
}

/// Tries what is refused on a reactor's thread.
fn block() {
    let waited = crochet::wait_for(LONG, || async {});
    faults::expect(matches!(waited, Err(WaitError::OnReactorThread)), || {
        format!("blocking on the loop came to {waited:?}")
    });
    let result = crochet::run_in_reactor(|| async {});
    let waited = result.wait(LONG);
    // A reactor that is draining refuses it at once, and another's thread may have run it already: those are outcomes.
    let refused = matches!(
        waited,
        Ok(()) | Err(EventualError::OnReactorThread | EventualError::Stopped)
    );
    faults::expect(refused, || {
        format!("waiting on the loop came to {waited:?}")
    });
}
