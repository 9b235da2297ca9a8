//! A logger behind `NonBlocking` that panics, blocks, logs or waits: whom it harms.

use std::fmt;
use std::sync::{Arc, mpsc};
use std::thread;

use crochet::logs::{FlushError, NonBlocking};
use crochet_tests::recorder::{Gate, Own, Recorder, numbered, say};
use crochet_tests::{LONG, SHORT};
use log::{Log, Metadata};

#[test]
fn a_logger_that_panics_loses_that_record_only() {
    /// Whose destructor panics as well.
    struct Payload;

    impl Drop for Payload {
        fn drop(&mut self) {
            panic!("again, on purpose");
        }
    }

    let recorder = Recorder::new().on_log(|record| match &*record.args().to_string() {
        "1" => panic!("on purpose"),
        "3" => std::panic::panic_any(Payload),
        _ => {}
    });
    let seen = recorder.seen();
    let logger = NonBlocking::wrap(recorder);
    (0..5).for_each(|number| say(&logger, number));
    logger.flush_within(LONG).expect("the log thread goes on");
    assert_eq!(seen.lines(), numbered([0, 2, 4]));
    assert_eq!((logger.panicked(), logger.dropped()), (2, 0));
}

#[test]
fn a_panic_in_enabled_or_in_flush_loses_nothing() {
    let recorder = Recorder::new()
        .on_enabled(|| panic!("on purpose"))
        .on_flush(|| panic!("on purpose"));
    let seen = recorder.seen();
    let logger = NonBlocking::wrap(recorder);
    for number in 0..2 {
        say(&logger, number);
        logger.flush_within(LONG).expect("the log thread goes on");
    }
    assert_eq!(seen.lines(), numbered(0..2));
}

#[test]
fn a_panic_in_formatting_loses_the_text_only() {
    struct Unspeakable;

    impl fmt::Display for Unspeakable {
        fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
            panic!("on purpose")
        }
    }

    let recorder = Recorder::new();
    let seen = recorder.seen();
    let logger = NonBlocking::wrap(recorder);
    say(&logger, Unspeakable);
    say(&logger, "next");
    logger.flush_within(LONG).expect("the logger is quick");
    let lines = seen.lines();
    assert_eq!(lines.len(), 2);
    assert!(lines[0].contains("formatting panicked"), "{}", lines[0]);
    assert_eq!(lines[1], "next");
}

#[test]
fn a_logger_that_blocks_holds_nobody_up() {
    let gate = Gate::new();
    let held = Arc::clone(&gate);
    let recorder = Recorder::new().on_log(move |_| held.pass());
    let seen = recorder.seen();
    let logger = NonBlocking::builder()
        .capacity(10)
        .flush_limit(SHORT)
        .wrap(recorder);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..100).for_each(|number| say(&logger, number)));
        }
    });
    assert_eq!(logger.flush_within(SHORT), Err(FlushError::Timeout));
    Log::flush(&logger);
    assert!(seen.lines().is_empty());
    gate.open();
    logger.flush_within(LONG).expect("the gate is open");
    let written = seen.lines().len();
    // Ten queued, and perhaps one that the log thread had taken. The gaps are told besides.
    let told = seen
        .lines()
        .iter()
        .filter(|line| line.contains("dropped"))
        .count();
    assert!((10..=11).contains(&(written - told)), "{:?}", seen.lines());
    assert_eq!(logger.dropped(), 400 - (written - told) as u64);
}

#[test]
fn a_flush_is_refused_on_the_log_thread() {
    let own = Own::new();
    let (tell, told) = mpsc::channel();
    let recorder = Recorder::new().on_log(move |_| {
        let own = own.get();
        Log::flush(own);
        tell.send(own.flush_within(LONG)).expect("the test waits");
    });
    let logger = own.set(recorder);
    say(logger, "flush yourself");
    assert_eq!(told.recv(), Ok(Err(FlushError::OnLogThread)));
    logger.flush_within(LONG).expect("the logger goes on");
}

#[test]
fn a_flush_is_refused_on_a_reactor_thread() {
    crochet::setup().expect("a reactor can be started");
    let gate = Gate::new();
    let held = Arc::clone(&gate);
    let logger = NonBlocking::wrap(Recorder::new().on_log(move |_| held.pass()));
    say(&logger, "held");
    let theirs = logger.clone();
    let flushed = crochet::wait_for(LONG, || async move {
        Log::flush(&theirs);
        theirs.flush_within(LONG)
    });
    assert_eq!(
        flushed.expect("the reactor answers"),
        Err(FlushError::OnReactorThread)
    );
    gate.open();
}

#[test]
fn a_logger_that_logs_does_not_feed_itself() {
    let own = Own::new();
    let recorder = Recorder::new().on_log(move |record| {
        say(own.get(), format_args!("about {}", record.args()));
    });
    let seen = recorder.seen();
    let logger = own.set(recorder);
    say(logger, "one");
    logger.flush_within(LONG).expect("it ends");
    say(logger, "two");
    logger.flush_within(LONG).expect("it ends");
    // The record about "two" was queued after the flush was asked for, perhaps.
    logger.flush_within(LONG).expect("it ends");
    assert_eq!(seen.lines(), ["one", "about one", "two", "about two"]);
    assert_eq!(logger.dropped(), 2);
}

#[test]
fn loggers_that_log_through_each_other_come_to_an_end() {
    let (first, second) = (Own::new(), Own::new());
    let to_second = Recorder::new().on_log(move |record| say(second.get(), record.args()));
    let to_first = Recorder::new().on_log(move |record| say(first.get(), record.args()));
    let (seen_first, seen_second) = (to_second.seen(), to_first.seen());
    let first = first.set(to_second);
    let second = second.set(to_first);
    say(first, "round");
    for _ in 0..3 {
        first.flush_within(LONG).expect("it ends");
        second.flush_within(LONG).expect("it ends");
    }
    assert_eq!(seen_first.lines(), ["round", "round"]);
    assert_eq!(seen_second.lines(), ["round"]);
    assert_eq!((first.dropped(), second.dropped()), (0, 1));
}

#[test]
fn enabled_that_asks_itself_is_answered() {
    let own = Own::new();
    let recorder = Recorder::new().on_enabled(move || {
        let own = own.get();
        say(own, "asking");
        own.enabled(&Metadata::builder().build())
    });
    let seen = recorder.seen();
    let logger = own.set(recorder);
    assert!(!logger.enabled(&Metadata::builder().build()));
    assert_eq!(logger.dropped(), 1);
    assert!(seen.lines().is_empty());
}

#[test]
fn a_logger_may_wait_for_the_reactor() {
    crochet::setup().expect("a reactor can be started");
    let recorder = Recorder::new().on_log(|record| {
        let text = record.args().to_string();
        let answer = crochet::wait_for(LONG, move || async move { text.len() });
        assert_eq!(
            answer.expect("the reactor answers"),
            record.args().to_string().len()
        );
    });
    let seen = recorder.seen();
    let logger = NonBlocking::wrap(recorder);
    say(&logger, "from here");
    let theirs = logger.clone();
    let waited = crochet::wait_for(LONG, move || async move {
        say(&theirs, "from the reactor");
    });
    waited.expect("the reactor does not wait for the logger");
    logger.flush_within(LONG).expect("the logger is not stuck");
    assert_eq!(seen.lines(), ["from here", "from the reactor"]);
    assert_eq!(logger.panicked(), 0);
}
