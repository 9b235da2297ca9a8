//! What runs when a reactor stops, on every back end: before, during and after the end of its work.

use std::future;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crochet::{Builder, JoinHandle, Phase, Reactor, Remote, TriggerId, sleep, spawn};
use crochet_tests::backends::for_every_backend;
use crochet_tests::host::Host;
use crochet_tests::operations::{submit, submit_pending};
use crochet_tests::tidy::Tidy;
use crochet_tests::traces::Trace;
use crochet_tests::{LONG, SHORT, logs};

/// What has happened, in its order.
#[derive(Clone, Debug, Default)]
struct Journal(Arc<Mutex<Vec<&'static str>>>);

impl Journal {
    fn note(&self, what: &'static str) {
        self.0.lock().expect("no panic").push(what);
    }

    fn add(&self, remote: &Remote, phase: Phase, what: &'static str) -> TriggerId {
        let journal = self.clone();
        remote.add_trigger(phase, LONG, move || async move { journal.note(what) })
    }

    #[track_caller]
    fn assert_is(&self, expected: &[&str]) {
        assert_eq!(*self.0.lock().expect("no panic"), expected);
    }
}

/// Makes a reactor that stops when it is run.
fn stopping(settings: Builder) -> (Tidy, Remote, Journal) {
    let reactor = Tidy::with(settings);
    let (remote, journal) = to_stop(&reactor);
    (reactor, remote, journal)
}

fn to_stop(reactor: &Reactor) -> (Remote, Journal) {
    logs::capture();
    let remote = reactor.remote();
    remote.stop();
    (remote, Journal::default())
}

#[test]
fn phases_run_in_order_and_triggers_of_one_last_in_first_out() {
    for_every_backend(|settings| {
        let (mut reactor, remote, journal) = stopping(settings);
        journal.add(&remote, Phase::After, "after 1");
        journal.add(&remote, Phase::Before, "before 1");
        journal.add(&remote, Phase::During, "during 1");
        journal.add(&remote, Phase::During, "during 2");
        journal.add(&remote, Phase::Before, "before 2");
        journal.add(&remote, Phase::After, "after 2");
        reactor.run().expect("it stops");
        journal.assert_is(&[
            "before 2", "before 1", "during 2", "during 1", "after 2", "after 1",
        ]);
    });
}

#[test]
fn a_stop_on_the_loop_returns_before_any_trigger_runs() {
    for_every_backend(|settings| {
        let mut reactor = Tidy::with(settings);
        let (remote, journal) = (reactor.remote(), Journal::default());
        journal.add(&remote, Phase::Before, "a trigger");
        let noting = journal.clone();
        drop(reactor.spawn(async move {
            remote.stop();
            noting.note("the stop has returned");
        }));
        reactor.run().expect("it stops");
        journal.assert_is(&["the stop has returned", "a trigger"]);
    });
}

#[test]
fn each_trigger_runs_once_also_when_the_reactor_runs_again() {
    for_every_backend(|settings| {
        let (mut reactor, remote, journal) = stopping(settings);
        journal.add(&remote, Phase::Before, "first run");
        reactor.run().expect("it stops");
        journal.add(&remote, Phase::Before, "second run");
        reactor.block_on(async {}).expect("it runs again");
        journal.assert_is(&["first run", "second run"]);
    });
}

#[test]
fn a_phase_waits_for_all_triggers_of_the_one_before() {
    for_every_backend(|settings| {
        let (mut reactor, remote, journal) = stopping(settings);
        let slow = journal.clone();
        remote.add_trigger(Phase::Before, LONG, || async move {
            sleep(SHORT).await;
            slow.note("the slow one");
        });
        journal.add(&remote, Phase::Before, "the quick one");
        journal.add(&remote, Phase::During, "the next phase");
        reactor.run().expect("it stops");
        journal.assert_is(&["the quick one", "the slow one", "the next phase"]);
    });
}

#[test]
fn tasks_run_until_the_phase_during_has_ended_and_are_gone_after_it() {
    for_every_backend(|settings| {
        let (mut reactor, remote, journal) = stopping(settings);
        let trace = Trace::new();
        let operation = {
            let value = trace.value();
            reactor.spawn(async move {
                let _value = value;
                future::pending::<()>().await;
            })
        };
        for (phase, dropped) in [(Phase::Before, 0), (Phase::During, 0), (Phase::After, 1)] {
            let (trace, journal) = (trace.clone(), journal.clone());
            remote.add_trigger(phase, LONG, move || async move {
                assert_eq!(trace.count(), dropped, "{phase:?}");
                // What a trigger needs of the loop is there in every phase.
                sleep(Duration::from_micros(10)).await;
                let task: JoinHandle<u8> = spawn(async { 4 });
                assert_eq!(task.await.expect("it runs"), 4);
                journal.note("seen");
            });
        }
        reactor.run().expect("it stops");
        assert!(operation.is_finished());
        journal.assert_is(&["seen", "seen", "seen"]);
    });
}

#[test]
fn a_trigger_that_panics_is_logged_and_the_others_run() {
    for_every_backend(|settings| {
        let (mut reactor, remote, journal) = stopping(settings);
        journal.add(&remote, Phase::Before, "added first");
        remote.add_trigger(Phase::Before, LONG, || async {
            panic!("a trigger's panic on purpose")
        });
        remote.add_trigger(Phase::Before, LONG, || {
            if true {
                panic!("the panic of a trigger's function on purpose");
            }
            async {}
        });
        journal.add(&remote, Phase::Before, "added last");
        journal.add(&remote, Phase::After, "the last phase");
        reactor.run().expect("it stops");
        journal.assert_is(&["added last", "added first", "the last phase"]);
        logs::take_one_error("a trigger's panic on purpose");
        logs::take_one_error("the panic of a trigger's function on purpose");
    });
}

#[test]
fn a_trigger_that_takes_too_long_is_dropped_and_logged() {
    for_every_backend(|settings| {
        let (mut reactor, remote, journal) = stopping(settings);
        let trace = Trace::new();
        let value = trace.value();
        let line = line!() + 1;
        remote.add_trigger(Phase::During, SHORT, || async move {
            let _value = value;
            future::pending::<()>().await;
        });
        journal.add(&remote, Phase::After, "the next phase");
        reactor.run().expect("it stops");
        assert_eq!(trace.count(), 1);
        journal.assert_is(&["the next phase"]);
        let site = format!("{}:{line} took too long", file!());
        assert_eq!(logs::take(&site).len(), 1);
    });
}

#[test]
fn a_trigger_can_be_taken_back() {
    for_every_backend(|settings| {
        let (mut reactor, remote, journal) = stopping(settings);
        let first = journal.add(&remote, Phase::Before, "taken back");
        let second = journal.add(&remote, Phase::Before, "run");
        assert!(remote.remove_trigger(first));
        assert!(!remote.remove_trigger(first), "it has been");
        reactor.run().expect("it stops");
        assert!(!remote.remove_trigger(second), "it has run");
        journal.assert_is(&["run"]);
    });
}

#[test]
fn a_trigger_takes_others_back_that_have_not_begun() {
    for_every_backend(|settings| {
        let (mut reactor, remote, journal) = stopping(settings);
        let same = journal.add(&remote, Phase::Before, "of the same phase");
        let later = journal.add(&remote, Phase::After, "of a later phase");
        let (noting, takes) = (journal.clone(), remote.clone());
        let own = Arc::new(Mutex::new(None));
        let itself = Arc::clone(&own);
        let id = remote.add_trigger(Phase::Before, LONG, move || async move {
            let own = itself.lock().expect("no panic").take();
            assert!(
                !takes.remove_trigger(own.expect("its id")),
                "it runs already"
            );
            assert!(takes.remove_trigger(same));
            assert!(takes.remove_trigger(later));
            noting.note("taken back");
        });
        *own.lock().expect("no panic") = Some(id);
        reactor.run().expect("it stops");
        journal.assert_is(&["taken back"]);
    });
}

#[test]
fn a_trigger_adds_others_to_its_own_phase_and_to_later_ones() {
    for_every_backend(|settings| {
        let (mut reactor, remote, journal) = stopping(settings);
        let (adding, adds) = (journal.clone(), remote.clone());
        remote.add_trigger(Phase::During, LONG, move || async move {
            adding.add(&adds, Phase::During, "of the same phase");
            adding.add(&adds, Phase::After, "of the next phase");
            adding.add(&adds, Phase::Before, "of a phase that is over");
        });
        reactor.run().expect("it stops");
        journal.assert_is(&["of the same phase", "of the next phase"]);
        // It waits for the next time that the reactor stops.
        reactor.block_on(async {}).expect("it runs again");
        journal.assert_is(&[
            "of the same phase",
            "of the next phase",
            "of a phase that is over",
        ]);
    });
}

#[test]
fn whoever_waits_is_told_before_any_trigger_runs() {
    for_every_backend(|settings| {
        let host = Host::with(settings);
        let trace = Trace::new();
        let operation = Arc::new(submit_pending(host.remote(), trace.value()));
        // It has begun when the next one has ended: one that has not is refused at once.
        let next = submit(host.remote(), || ());
        next.wait(LONG).expect("it ends");
        let waits = Arc::clone(&operation);
        let waiter = std::thread::spawn(move || waits.wait(LONG).is_err());
        let journal = Journal::default();
        let noting = journal.clone();
        let (tell, told) = std::sync::mpsc::channel();
        // As a program's pool does that is joined while its workers wait for the reactor.
        host.remote()
            .add_trigger(Phase::Before, LONG, move || async move {
                tell.send(waiter.join().expect("no panic"))
                    .expect("the test waits");
                noting.note("joined");
            });
        host.remote().stop();
        assert!(told.recv().expect("no deadlock"), "the waiter was told");
        drop(host);
        journal.assert_is(&["joined"]);
    });
}

#[test]
fn a_reactor_that_is_dropped_without_being_run_drops_its_triggers() {
    for_every_backend(|settings| {
        let reactor = settings.build().expect("a reactor can be made");
        let (remote, journal) = to_stop(&reactor);
        let trace = Trace::new();
        let value = trace.value();
        let noting = journal.clone();
        remote.add_trigger(Phase::Before, LONG, move || async move {
            let _value = value;
            noting.note("run");
        });
        drop(reactor);
        assert_eq!(trace.count(), 1);
        assert!(remote.is_stopped());
        journal.assert_is(&[]);
    });
}

#[test]
fn a_reactor_that_has_been_dropped_takes_no_more_triggers() {
    for_every_backend(|settings| {
        let reactor = settings.build().expect("a reactor can be made");
        let (remote, _) = to_stop(&reactor);
        drop(reactor);
        let kept = Arc::new(());
        let theirs = Arc::clone(&kept);
        let id = remote.add_trigger(Phase::Before, LONG, move || async move { drop(theirs) });
        assert_eq!(Arc::strong_count(&kept), 1, "it was dropped at once");
        assert!(!remote.remove_trigger(id));
    });
}
