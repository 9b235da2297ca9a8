//! A logger behind `NonBlocking`: what is written, in which order, and when.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use crochet::logs::{FlushError, NonBlocking};
use crochet_tests::recorder::{Gate, Recorder, lock, numbered, say};
use crochet_tests::{LONG, SHORT};
use log::{Level, Log, Metadata, Record};

#[test]
fn records_are_written_in_order_by_the_log_thread() {
    let threads = Arc::new(Mutex::new(Vec::new()));
    let theirs = Arc::clone(&threads);
    let recorder = Recorder::new()
        .on_log(move |_| lock(&theirs).push(thread::current().name().map(str::to_owned)));
    let seen = recorder.seen();
    let logger = NonBlocking::wrap(recorder);
    for number in 0..1000 {
        say(&logger, number);
    }
    logger.flush_within(LONG).expect("the logger is quick");
    assert_eq!(seen.lines(), numbered(0..1000));
    assert!(seen.flushes() >= 1);
    let elsewhere = |name: &Option<String>| name.as_deref() != Some("crochet-log");
    assert_eq!(
        lock(&threads).iter().filter(|name| elsewhere(name)).count(),
        0
    );
    assert_eq!((logger.dropped(), logger.panicked()), (0, 0));
}

#[test]
fn many_threads_keep_their_own_order() {
    const THREADS: usize = 8;
    const EACH: usize = 500;
    let recorder = Recorder::new();
    let seen = recorder.seen();
    let logger = NonBlocking::builder()
        .capacity(THREADS * EACH)
        .wrap(recorder);
    thread::scope(|scope| {
        for thread in 0..THREADS {
            let logger = &logger;
            scope.spawn(move || {
                for number in 0..EACH {
                    say(logger, format_args!("{thread} {number}"));
                }
            });
        }
    });
    logger.flush_within(LONG).expect("the logger is quick");
    let lines = seen.lines();
    assert_eq!(lines.len(), THREADS * EACH);
    for thread in 0..THREADS {
        let own = format!("{thread} ");
        let numbers = lines.iter().filter_map(|line| line.strip_prefix(&own));
        assert!(numbers.eq(numbered(0..EACH)), "thread {thread}");
    }
}

#[test]
fn what_is_dropped_is_counted_and_told_in_its_place() {
    let gate = Gate::new();
    let reports = Arc::new(Mutex::new(Vec::new()));
    let (held, noted) = (Arc::clone(&gate), Arc::clone(&reports));
    let recorder = Recorder::new().on_log(move |record| {
        if record.target() == "log_bridge" {
            held.pass();
        } else {
            lock(&noted).push((record.level(), record.target().to_owned()));
        }
    });
    let seen = recorder.seen();
    let logger = NonBlocking::builder().capacity(4).wrap(recorder);
    say(&logger, 0);
    gate.wait_for(1);
    (1..=7).for_each(|number| say(&logger, number));
    assert_eq!(logger.dropped(), 3);
    gate.let_through(1);
    gate.wait_for(2);
    say(&logger, 8);
    // At the end of the queue, with nothing after it.
    say(&logger, 9);
    assert_eq!(logger.dropped(), 4);
    gate.open();
    logger.flush_within(LONG).expect("the gate is open");
    assert_eq!(
        seen.lines(),
        [
            "0",
            "1",
            "2",
            "3",
            "4",
            "3 records were dropped: the queue of the log thread was full",
            "8",
            "1 record was dropped: the queue of the log thread was full",
        ]
    );
    let report = (Level::Warn, String::from("crochet::logs"));
    assert_eq!(*lock(&reports), [report.clone(), report]);
}

#[test]
fn the_queue_is_bounded_in_bytes() {
    let gate = Gate::new();
    let held = Arc::clone(&gate);
    let recorder = Recorder::new().on_log(move |_| held.pass());
    let seen = recorder.seen();
    let logger = NonBlocking::builder().memory(10_000).wrap(recorder);
    let (large, huge) = ("l".repeat(6_000), "h".repeat(20_000));
    // Larger than the limit, but nothing else is queued.
    say(&logger, &huge);
    gate.wait_for(1);
    say(&logger, &large);
    say(&logger, &large);
    say(&logger, "small");
    assert_eq!(logger.dropped(), 1);
    gate.open();
    logger.flush_within(LONG).expect("the gate is open");
    let lines = seen.lines();
    assert_eq!(lines.len(), 4);
    assert_eq!((&lines[0], &lines[1]), (&huge, &large));
    assert!(lines[2].starts_with("1 record was dropped"), "{}", lines[2]);
    assert_eq!(lines[3], "small");
    // What was queued has left the count.
    (0..3).for_each(|_| say(&logger, "x".repeat(1_000)));
    assert_eq!(logger.dropped(), 1);
}

#[test]
fn a_flush_waits_for_what_was_queued_before_and_not_for_more() {
    let gate = Gate::new();
    let held = Arc::clone(&gate);
    let recorder = Recorder::new().on_log(move |_| held.pass());
    let seen = recorder.seen();
    let logger = NonBlocking::wrap(recorder);
    logger
        .flush_within(Duration::ZERO)
        .expect("nothing is queued");
    say(&logger, 0);
    gate.wait_for(1);
    thread::scope(|scope| {
        let first = scope.spawn(|| logger.flush_within(LONG));
        gate.let_through(1);
        assert_eq!(first.join().expect("no panic"), Ok(()));
        (1..=2).for_each(|number| say(&logger, number));
        let second = scope.spawn(|| logger.flush_within(LONG));
        gate.let_through(2);
        assert_eq!(second.join().expect("no panic"), Ok(()));
        assert_eq!(seen.lines(), numbered(0..3));
        say(&logger, 3);
        gate.wait_for(4);
        assert_eq!(logger.flush_within(SHORT), Err(FlushError::Timeout));
    });
    gate.open();
}

#[test]
fn flushes_of_many_threads_all_return() {
    let recorder = Recorder::new();
    let seen = recorder.seen();
    let logger = NonBlocking::builder().capacity(usize::MAX).wrap(recorder);
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for number in 0..200 {
                    say(&logger, number);
                    logger.flush_within(LONG).expect("the logger is quick");
                }
            });
        }
    });
    assert_eq!(seen.lines().len(), 8 * 200);
}

#[test]
fn only_what_the_logger_wants_is_queued() {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let gate = Gate::new();
    let held = Arc::clone(&gate);
    let recorder = Recorder::new()
        .on_enabled(move || count.fetch_add(1, Ordering::SeqCst) % 2 == 0)
        .on_log(move |_| held.pass());
    let seen = recorder.seen();
    let logger = NonBlocking::builder().capacity(2).wrap(recorder);
    assert!(logger.enabled(&Metadata::builder().build()));
    assert!(!logger.enabled(&Metadata::builder().build()));
    say(&logger, 0);
    gate.wait_for(1);
    (1..=4).for_each(|number| say(&logger, number));
    gate.open();
    logger.flush_within(LONG).expect("the gate is open");
    assert_eq!(seen.lines(), numbered([0, 2, 4]));
    assert_eq!(logger.dropped(), 0);
}

#[test]
fn the_log_thread_may_be_the_only_one_to_ask() {
    let gate = Gate::new();
    let held = Arc::clone(&gate);
    let refuse_next = AtomicUsize::new(0);
    let recorder = Recorder::new().on_enabled(move || {
        held.pass();
        refuse_next.fetch_add(1, Ordering::SeqCst) % 2 == 0
    });
    let seen = recorder.seen();
    let logger = NonBlocking::builder().filter_on_log_thread().wrap(recorder);
    // Neither waits at the gate.
    assert!(logger.enabled(&Metadata::builder().build()));
    (0..4).for_each(|number| say(&logger, number));
    gate.open();
    logger.flush_within(LONG).expect("the gate is open");
    assert_eq!(seen.lines(), numbered([0, 2]));
}

#[test]
fn a_record_keeps_its_parts() {
    type Parts = (Level, String, Option<String>, Option<String>, Option<u32>);
    let parts: Arc<Mutex<Vec<Parts>>> = Arc::default();
    let noted = Arc::clone(&parts);
    let recorder = Recorder::new().on_log(move |record| {
        let module = record.module_path().map(str::to_owned);
        let file = record.file().map(str::to_owned);
        let target = record.target().to_owned();
        lock(&noted).push((record.level(), target, module, file, record.line()));
    });
    let seen = recorder.seen();
    let logger = NonBlocking::wrap(recorder);
    {
        let (target, module, file) = (
            String::from("made"),
            String::from("at"),
            String::from("run time"),
        );
        let mut record = Record::builder();
        record.level(Level::Trace).target(&target);
        record.module_path(Some(&module)).file(Some(&file));
        logger.log(&record.args(format_args!("{}", 1)).build());
        let mut record = Record::builder();
        record.level(Level::Error).target(module_path!());
        record.module_path_static(Some(module_path!()));
        record.file_static(Some("known")).line(Some(7));
        logger.log(&record.args(format_args!("constant")).build());
    }
    logger.flush_within(LONG).expect("the logger is quick");
    let some = |text: &str| Some(text.to_owned());
    let here = module_path!();
    assert_eq!(
        *lock(&parts),
        [
            (
                Level::Trace,
                String::from("made"),
                some("at"),
                some("run time"),
                None
            ),
            (
                Level::Error,
                here.to_owned(),
                some(here),
                some("known"),
                Some(7)
            ),
        ]
    );
    assert_eq!(seen.lines(), ["1", "constant"]);
}

#[test]
fn dropping_the_last_handle_writes_what_is_queued() {
    let recorder = Recorder::new();
    let seen = recorder.seen();
    let logger = NonBlocking::wrap(recorder);
    let clone = logger.clone();
    drop(logger);
    (0..100).for_each(|number| say(&clone, number));
    drop(clone);
    assert_eq!(seen.lines(), numbered(0..100));
    assert_eq!(seen.flushes(), 1);
    // The log thread has written everything, and may be on its way out, with the logger.
    let begun = Instant::now();
    while Arc::strong_count(&seen) != 1 {
        assert!(begun.elapsed() < LONG, "the logger has not been dropped");
        thread::yield_now();
    }
}

#[test]
fn dropping_the_last_handle_does_not_wait_for_ever() {
    /// Tells of its end.
    struct Told(mpsc::Sender<()>);

    impl Drop for Told {
        fn drop(&mut self) {
            self.0.send(()).expect("the test waits");
        }
    }

    let gate = Gate::new();
    let (tell, told) = mpsc::channel();
    let (held, end) = (Arc::clone(&gate), Mutex::new(Told(tell)));
    let recorder = Recorder::new().on_log(move |_| {
        held.pass();
        drop(lock(&end));
    });
    let seen = recorder.seen();
    let logger = NonBlocking::builder().flush_limit(SHORT).wrap(recorder);
    (0..3).for_each(|number| say(&logger, number));
    gate.wait_for(1);
    drop(logger);
    assert!(seen.lines().is_empty());
    gate.open();
    told.recv().expect("the logger is dropped at last");
    assert_eq!(seen.lines(), numbered(0..3));
}

#[test]
fn the_reactor_logs_with_targets_and_waits_for_no_logger() {
    crochet::setup().expect("a reactor can be started");
    let gate = Gate::new();
    let held = Arc::clone(&gate);
    let records = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&records);
    let recorder = Recorder::new().on_log(move |record| {
        held.pass();
        lock(&noted).push((record.target().to_owned(), record.args().to_string()));
    });
    let logger: &'static NonBlocking = Box::leak(Box::new(NonBlocking::wrap(recorder)));
    log::set_logger(logger).expect("no other test of this program sets one");
    drop(crochet::try_run_in_reactor(|| async {
        Err::<(), _>("an error that nobody asked for")
    }));
    let panicking = || panic!("a call that panicked on purpose");
    let called = crochet::wait_for(LONG, move || async move {
        crochet::call_later(Duration::ZERO, panicking);
        crochet::sleep(Duration::from_nanos(1)).await;
    });
    called.expect("the reactor does not wait for the logger");
    gate.open();
    logger.flush_within(LONG).expect("the gate is open");
    for (part, expected) in [
        ("an error that nobody asked for", "crochet"),
        ("a call that panicked on purpose", "crochet::reactor"),
    ] {
        let records = lock(&records);
        let found: Vec<_> = records
            .iter()
            .filter(|(_, text)| text.contains(part))
            .collect();
        assert_eq!(found.len(), 1, "{records:?}");
        assert_eq!(found[0].0, expected);
    }
}
