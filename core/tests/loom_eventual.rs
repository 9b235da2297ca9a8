//! Loom models of the eventual result: every order of the steps of completer and readers.
#![cfg(all(feature = "alloc", crochet_loom))]

use crochet_core::eventual::{Cancel, Completer, End, Eventual, NotWaiting, Phase, Reader};
use crochet_core::model::Edge;
use loom::cell::UnsafeCell;
use loom::thread;

#[path = "loom/support.rs"]
mod support;

use support::{Signal, Token, assert_notices, check, check_large, lend, touch};

type Half<T> = Completer<&'static Eventual<T>>;
type View<T> = Reader<&'static Eventual<T>>;

fn split<T: Send>(eventual: &'static Eventual<T>) -> (Half<T>, View<T>) {
    eventual.split().expect("it has not been split before")
}

/// Blocks until the result is there, as a thread that waits without a timeout would.
fn wait<T: Send>(reader: &View<T>) {
    let signal = Signal::new();
    match reader.register(&signal.waker()) {
        Ok(key) => {
            // Looks only when it has been woken: that it will be is what registering promised.
            signal.wait();
            while !reader.is_ended() {
                signal.wait();
            }
            reader.unregister(key);
        }
        Err(NotWaiting::Ended) => assert!(reader.is_ended()),
        Err(NotWaiting::Occupied) => unreachable!("there is always a slot with an allocator"),
    }
}

fn complete_against_peek_and_take() {
    lend(Eventual::new(), |eventual| {
        let (completer, reader) = split(eventual);
        let completing = thread::spawn(move || {
            assert!(completer.complete((7, Token::new())).is_ok());
        });
        let reading = thread::spawn(move || {
            if let Some(outcome) = reader.peek() {
                assert_eq!(outcome.expect("it has a value").0, 7);
            }
            reader
                .take()
                .map(|outcome| assert_eq!(outcome.expect("it has a value").0, 7))
        });
        completing.join().unwrap();
        if let Err(reader) = reading.join().unwrap() {
            let outcome = reader.take().expect("it has ended");
            assert_eq!(outcome.expect("it has a value").0, 7);
        }
    });
}

#[test]
fn a_value_is_seen_whole_or_not_at_all() {
    check(complete_against_peek_and_take);
}

#[test]
fn weakening_eventual_finish_is_noticed() {
    assert_notices(
        "weakening_eventual_finish_is_noticed",
        Edge::EventualFinish,
        complete_against_peek_and_take,
    );
}

#[test]
fn weakening_eventual_read_is_noticed() {
    assert_notices(
        "weakening_eventual_read_is_noticed",
        Edge::EventualRead,
        complete_against_peek_and_take,
    );
}

#[test]
fn no_wake_up_is_lost_between_registering_and_completing() {
    check(|| {
        lend(Eventual::new(), |eventual| {
            let (completer, reader) = split(eventual);
            let completing = thread::spawn(move || completer.complete(Token::new()).is_ok());
            wait(&reader);
            assert!(reader.take().expect("it has ended").is_ok());
            assert!(completing.join().unwrap());
        });
    });
}

#[test]
fn dropping_the_completer_wakes_the_waiter() {
    check(|| {
        lend(Eventual::<Token>::new(), |eventual| {
            let (completer, reader) = split(eventual);
            let dropping = thread::spawn(move || drop(completer));
            wait(&reader);
            assert_eq!(reader.peek().map(Result::err), Some(Some(End::Cancelled)));
            dropping.join().unwrap();
        });
    });
}

#[test]
fn revoking_does_not_miss_a_slot_that_was_added_last() {
    check(|| {
        lend(Eventual::<Token>::new(), |eventual| {
            let (completer, reader) = split(eventual);
            let first = Signal::new();
            let key = reader
                .register(&first.waker())
                .expect("nobody else has a slot");
            lend(reader, |reader| {
                let cancelling = thread::spawn(|| reader.cancel());
                wait(reader);
                assert_eq!(cancelling.join().unwrap(), Cancel::Revoked);
                reader.unregister(key);
            });
            drop(completer);
        });
    });
}

#[test]
fn revoking_wakes_the_waiter() {
    check(|| {
        lend(Eventual::<Token>::new(), |eventual| {
            let (completer, reader) = split(eventual);
            lend(reader, |reader| {
                let cancelling = thread::spawn(|| reader.cancel());
                wait(reader);
                assert_eq!(cancelling.join().unwrap(), Cancel::Revoked);
            });
            assert!(completer.complete(Token::new()).is_err());
        });
    });
}

#[test]
fn a_wait_that_timed_out_leaves_nothing_and_can_be_repeated() {
    check(|| {
        lend(Eventual::new(), |eventual| {
            let (completer, reader) = split(eventual);
            let completing = thread::spawn(move || completer.complete(Token::new()).is_ok());
            let timed_out = Signal::new();
            match reader.register(&timed_out.waker()) {
                Ok(key) => reader.unregister(key),
                Err(reason) => assert_eq!(reason, NotWaiting::Ended),
            }
            wait(&reader);
            assert!(completing.join().unwrap());
            drop(reader);
        });
    });
}

fn two_waiters() {
    lend(Eventual::new(), |eventual| {
        let (completer, reader) = split(eventual);
        lend(reader, |reader| {
            let other = thread::spawn(|| wait(reader));
            let completing = thread::spawn(move || completer.complete(Token::new()).is_ok());
            wait(reader);
            other.join().unwrap();
            assert!(completing.join().unwrap());
        });
    });
}

#[test]
fn every_waiter_is_woken() {
    check_large(two_waiters);
}

#[test]
fn weakening_slot_fill_is_noticed() {
    assert_notices(
        "weakening_slot_fill_is_noticed",
        Edge::SlotFill,
        two_waiters,
    );
}

#[test]
fn weakening_slot_close_is_noticed() {
    assert_notices(
        "weakening_slot_close_is_noticed",
        Edge::SlotClose,
        two_waiters,
    );
}

/// The second waiter adds a slot, which the completer must not miss.
fn complete_against_a_second_waiter() {
    lend(Eventual::new(), |eventual| {
        let (completer, reader) = split(eventual);
        let first = Signal::new();
        let key = reader
            .register(&first.waker())
            .expect("nobody else has a slot");
        let completing = thread::spawn(move || completer.complete(Token::new()).is_ok());
        wait(&reader);
        assert!(completing.join().unwrap());
        reader.unregister(key);
    });
}

#[test]
fn a_slot_that_was_added_last_is_not_missed() {
    check(complete_against_a_second_waiter);
}

#[test]
fn weakening_eventual_waited_is_noticed() {
    assert_notices(
        "weakening_eventual_waited_is_noticed",
        Edge::EventualWaited,
        complete_against_a_second_waiter,
    );
}

#[test]
fn a_slot_passes_from_one_waiter_to_the_next() {
    check(|| {
        lend(Eventual::new(), |eventual| {
            let (completer, reader) = split(eventual);
            lend(reader, |reader| {
                let leaving = thread::spawn(|| {
                    let signal = Signal::new();
                    if let Ok(key) = reader.register(&signal.waker()) {
                        reader.unregister(key);
                    }
                });
                let completing = thread::spawn(move || completer.complete(Token::new()).is_ok());
                wait(reader);
                leaving.join().unwrap();
                assert!(completing.join().unwrap());
            });
        });
    });
}

#[test]
fn an_operation_is_either_revoked_or_begun() {
    check(|| {
        lend((Eventual::new(), UnsafeCell::new(0)), |(eventual, cell)| {
            let (mut completer, reader) = split(eventual);
            let running = thread::spawn(move || {
                if completer.begin().is_err() {
                    return None;
                }
                touch(cell);
                let requested = completer.is_cancel_requested();
                completer.complete(Token::new()).expect("a reader is left");
                Some(requested)
            });
            let cancelling = thread::spawn(move || {
                let cancel = reader.cancel();
                if cancel == Cancel::Ended {
                    // Whoever hears of the end sees what was done before it.
                    touch(cell);
                }
                (reader, cancel)
            });
            let ran = running.join().unwrap();
            let (reader, cancel) = cancelling.join().unwrap();
            match cancel {
                Cancel::Revoked => {
                    assert_eq!(ran, None);
                    assert_eq!(reader.phase(), Phase::Cancelled);
                }
                Cancel::Requested => assert!(ran.is_some()),
                Cancel::Ended => assert_eq!(ran, Some(false)),
            }
            assert_eq!(reader.cancel(), Cancel::Ended);
            let outcome = reader.take().expect("it has ended");
            assert_eq!(outcome.is_ok(), ran.is_some());
        });
    });
}

#[test]
fn a_value_without_a_reader_is_dropped_once() {
    check(|| {
        lend(Eventual::new(), |eventual| {
            let (completer, reader) = split(eventual);
            let completing = thread::spawn(move || completer.complete(Token::new()));
            drop(reader);
            drop(completing.join().unwrap());
            assert_eq!(eventual.phase(), Phase::Taken);
        });
    });
}

#[test]
fn a_waker_that_a_detached_reader_left_is_dropped_once() {
    check(|| {
        lend(Eventual::new(), |eventual| {
            let (completer, reader) = split(eventual);
            let signal = Signal::new();
            reader
                .register(&signal.waker())
                .expect("nobody else has a slot");
            let completing = thread::spawn(move || completer.complete(Token::new()));
            drop(reader);
            drop(completing.join().unwrap());
        });
    });
}
