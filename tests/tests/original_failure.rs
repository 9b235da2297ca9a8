//! What is known about an operation that failed.

use std::env;
use std::future;
use std::pin::Pin;
use std::process::Command;
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Duration;

use crochet::testing::{VirtualReactor, with_reactor};
use crochet::{
    EventualError, EventualResult, Failure, Reactor, operation, run_in_reactor, try_run_in_reactor,
};
use crochet_tests::child;
use crochet_tests::{LONG, barrier, logs, start};

#[track_caller]
fn failure_of<T, E>(result: &EventualResult<T, E>) -> Failure {
    result.original_failure().expect("it has failed")
}

fn ready<T, E>(result: EventualResult<T, E>) -> EventualResult<T, E> {
    while !result.is_ready() {
        thread::yield_now();
    }
    result
}

#[test]
fn there_is_none_while_the_operation_goes_on_and_when_it_has_a_value() {
    start();
    let pending = run_in_reactor(future::pending::<()>);
    barrier();
    assert!(pending.original_failure().is_none());
    pending.cancel();
    let done = ready(run_in_reactor(|| async { 1 }));
    assert!(done.original_failure().is_none());
    assert_eq!(done.wait(LONG).unwrap(), 1);
}

#[test]
fn an_error_is_told_with_its_operation_and_stays_where_it_is() {
    start();
    let failing = || async { Err::<(), _>(String::from("first line\nsecond line")) };
    let settings = operation().name("a failing one");
    let line = line!() + 1;
    let result = ready(settings.try_run(failing));
    let failure = failure_of(&result);
    assert_eq!(failure.name(), Some("a failing one"));
    assert_eq!(failure.site().file(), file!());
    assert_eq!(failure.site().line(), line);
    assert_eq!(failure.error(), Some(r#""first line\nsecond line""#));
    assert!(failure.panic().is_none());
    assert!(matches!(failure.cause(), EventualError::Failed(_)));
    let text = failure.to_string();
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines.len(), 2, "{text}");
    assert!(
        lines[0].starts_with("a failing one (submitted at "),
        "{text}"
    );
    assert!(lines[0].contains(file!()), "{text}");
    assert_eq!(lines[1], r#"failed: "first line\nsecond line""#);

    assert!(
        matches!(result.wait(LONG), Err(EventualError::Failed(text)) if text.contains("first"))
    );
}

#[test]
fn a_panic_is_told_with_its_place() {
    start();
    let mut line = 0;
    let told = &mut line;
    *told = line!() + 1;
    let result: EventualResult<()> = run_in_reactor(|| async { panic!("with {}", "a message") });
    let result = ready(result);
    let failure = failure_of(&result);
    assert_eq!(failure.name(), None);
    let panic = failure.panic().expect("it has panicked");
    assert_eq!(panic.message(), "with a message");
    assert_eq!(panic.file(), Some(file!()));
    assert_eq!(panic.line(), Some(line));
    assert!(failure.error().is_none());
    let text = failure.to_string();
    let place = format!("panicked: with a message at {}:{line}:", file!());
    assert!(text.contains(&place), "{text}");
}

#[test]
fn whatever_ended_it_is_told() {
    start();
    let cancelled = run_in_reactor(future::pending::<()>);
    cancelled.cancel();
    let cancelled = failure_of(&ready(cancelled));
    assert!(matches!(cancelled.cause(), EventualError::Cancelled));
    let text = cancelled.to_string();
    assert!(
        text.ends_with("has no result: the operation was cancelled"),
        "{text}"
    );

    let late = operation().deadline(Duration::ZERO).run(|| async {});
    let late = failure_of(&ready(late));
    assert!(matches!(late.cause(), EventualError::DeadlineExceeded));

    let reactor = VirtualReactor::start().unwrap();
    let stopped = with_reactor(reactor.remote(), || run_in_reactor(future::pending::<()>));
    drop(reactor);
    let stopped = failure_of(&stopped);
    assert!(matches!(stopped.cause(), EventualError::Stopped));
}

#[test]
fn a_refused_operation_tells_where_it_was_to_be_submitted() {
    let reactor = Reactor::builder().queue_limit(1).build().unwrap();
    let remote = reactor.remote();
    let submit = || {
        let admitted = run_in_reactor(|| async {});
        (admitted, operation().name("one too many").run(|| async {}))
    };
    let (admitted, refused) = thread::scope(|scope| {
        let thread = scope.spawn(|| with_reactor(&remote, submit));
        thread.join().unwrap()
    });
    assert!(admitted.original_failure().is_none());
    let failure = failure_of(&refused);
    assert!(matches!(failure.cause(), EventualError::QueueFull));
    assert_eq!(failure.name(), Some("one too many"));
    assert_eq!(failure.site().file(), file!());
}

#[run_in_reactor]
async fn decorated() -> Result<(), &'static str> {
    Err("of a decorated function")
}

#[test]
fn a_decorated_function_has_its_path_as_name_and_its_caller_as_site() {
    start();
    let line = line!() + 1;
    let result = ready(decorated());
    let failure = failure_of(&result);
    assert_eq!(failure.name(), Some(concat!(module_path!(), "::decorated")));
    assert_eq!(failure.site().line(), line);
    assert_eq!(failure.site().file(), file!());
}

#[test]
fn looking_at_it_counts_as_asking() {
    start();
    let (error, panicked) = ("an error that was looked at", "a panic that was looked at");
    let result = ready(try_run_in_reactor(
        move || async move { Err::<(), _>(error) },
    ));
    assert!(result.original_failure().is_some());
    drop(result);
    let result: EventualResult<()> = run_in_reactor(move || async move { panic!("{panicked}") });
    let result = ready(result);
    assert!(result.original_failure().is_some());
    drop(result);
    barrier();
    logs::assert_none(error);
    logs::assert_none(panicked);
}

#[test]
fn asking_while_it_goes_on_does_not_count() {
    start();
    let failure = "an error after the question";
    let (resolver, result) = EventualResult::<(), &str>::pair();
    assert!(result.original_failure().is_none());
    resolver.set(Err(failure)).unwrap();
    drop(result);
    logs::assert_one_error(failure);
}

#[test]
fn it_outlives_the_result_and_may_be_asked_for_from_many_threads() {
    start();
    let result = ready(try_run_in_reactor(|| async { Err::<(), _>("shared") }));
    let failures: Vec<Failure> = thread::scope(|scope| {
        let askers: Vec<_> = (0..8)
            .map(|_| scope.spawn(|| failure_of(&result).clone()))
            .collect();
        askers
            .into_iter()
            .map(|asker| asker.join().unwrap())
            .collect()
    });
    drop(result);
    for failure in failures {
        assert_eq!(failure.error(), Some("\"shared\""));
    }
}

#[test]
fn there_is_none_after_the_result_was_awaited() {
    start();
    let mut result = ready(try_run_in_reactor(|| async { Err::<(), _>("awaited") }));
    let mut cx = Context::from_waker(Waker::noop());
    let Poll::Ready(Err(_)) = Pin::new(&mut result).poll(&mut cx) else {
        panic!("it is ready");
    };
    assert!(result.original_failure().is_none());
}

const IN_CHILD: &str = "CROCHET_TESTS_BACKTRACE";

/// Run by [`a_backtrace_is_there_when_it_was_asked_for`], in a process of its own.
#[test]
fn panics_and_tells() {
    if env::var_os(IN_CHILD).is_none() {
        return;
    }
    crochet::setup().unwrap();
    let result: EventualResult<()> = run_in_reactor(|| async { panic!("traced") });
    let failure = failure_of(&ready(result));
    let panic = failure.panic().expect("it has panicked");
    match panic.backtrace() {
        None => println!("without a trace"),
        Some(trace) => {
            assert!(failure.to_string().contains(&trace.to_string()));
            assert!(trace.to_string().contains("panics_and_tells"), "{trace}");
            println!("with a trace");
        }
    }
}

#[test]
fn a_backtrace_is_there_when_it_was_asked_for() {
    for (wish, told) in [("1", "with a trace"), ("0", "without a trace")] {
        let mut command = Command::new(env::current_exe().expect("a path"));
        command.args(["--exact", "panics_and_tells", "--nocapture"]);
        command.env(IN_CHILD, "yes").env("RUST_BACKTRACE", wish);
        command.env_remove("RUST_LIB_BACKTRACE");
        let ran = child::run(&mut command);
        assert_eq!(ran.status, Some(0), "{ran:?}");
        assert!(ran.out.iter().any(|line| line.contains(told)), "{ran:?}");
    }
}
