//! Loom models of the loop's sleep: no wake-up is lost, and none is sent twice.
#![cfg(crochet_loom)]

use crochet_core::inbox::{Inbox, Wake};
use crochet_core::model::Edge;
use loom::sync::atomic::{AtomicBool, Ordering};
use loom::thread;

#[path = "loom/node.rs"]
mod node;
#[path = "loom/support.rs"]
mod support;

use node::Node;
use support::{Signal, assert_notices, check, lend};

fn wake_if(wake: Wake, signal: &Signal) -> usize {
    match wake {
        Wake::Unneeded => 0,
        Wake::Needed => {
            signal.notify();
            1
        }
    }
}

/// Drains `inbox` until `count` nodes have come, sleeping in between as a loop does.
fn receive(inbox: &Inbox<Node>, signal: &Signal, count: usize) -> usize {
    let mut received = 0;
    let mut sleeps = 0;
    loop {
        for node in inbox.drain() {
            assert_eq!(node.content().1, 0, "each producer pushes one");
            received += 1;
        }
        if received == count {
            return sleeps;
        }
        if inbox.try_sleep() {
            sleeps += 1;
            signal.wait();
        }
    }
}

fn push_against_sleep() {
    lend((Inbox::new(), Signal::new()), |(inbox, signal)| {
        let pushing = thread::spawn(|| {
            let wake = inbox.push(Node::new(0, 0)).expect("nobody closes it");
            wake_if(wake, signal)
        });
        let sleeps = receive(inbox, signal, 1);
        // A sleep that ends early for no reason needs no waking.
        assert!(pushing.join().unwrap() <= sleeps);
    });
}

#[test]
fn a_push_is_never_slept_through() {
    check(push_against_sleep);
}

#[test]
fn weakening_inbox_sleep_is_noticed() {
    assert_notices(
        "weakening_inbox_sleep_is_noticed",
        Edge::InboxSleep,
        push_against_sleep,
    );
}

#[test]
fn pushes_of_two_producers_are_never_slept_through() {
    check(|| {
        lend((Inbox::new(), Signal::new()), |(inbox, signal)| {
            let pushes = [0, 1].map(|from| {
                thread::spawn(move || {
                    let wake = inbox.push(Node::new(from, 0)).expect("nobody closes it");
                    wake_if(wake, signal)
                })
            });
            let sleeps = receive(inbox, signal, 2);
            let wakes: usize = pushes.map(|push| push.join().unwrap()).iter().sum();
            assert!(wakes <= sleeps);
        });
    });
}

#[test]
fn a_sleep_is_ended_by_exactly_one_of_those_who_could() {
    check(|| {
        lend(Inbox::<Node>::new(), |inbox| {
            let pushing = thread::spawn(|| inbox.push(Node::new(0, 0)));
            let notifying = thread::spawn(|| inbox.notify());
            let slept = inbox.try_sleep();
            let wakes = [
                pushing.join().unwrap().expect("nobody closes it"),
                notifying.join().unwrap(),
            ];
            let needed = wakes.iter().filter(|wake| **wake == Wake::Needed).count();
            assert_eq!(needed, usize::from(slept));
            assert!(inbox.has_news());
        });
    });
}

#[test]
fn closing_wakes_a_consumer_that_sleeps() {
    check(|| {
        lend(Inbox::<Node>::new(), |inbox| {
            let closing = thread::spawn(|| {
                let (rest, wake) = inbox.close();
                assert_eq!(rest.count(), 0);
                wake
            });
            let slept = inbox.try_sleep();
            assert_eq!(closing.join().unwrap() == Wake::Needed, slept);
            assert!(inbox.is_closed());
            assert!(!inbox.try_sleep(), "a closed inbox is no place to sleep");
        });
    });
}

/// Two contexts set a flag each and notify; the consumer waits until it has seen both. The second
/// notification finds the first, which must not keep its flag from being seen.
fn two_notifications() {
    let flags = (AtomicBool::new(false), AtomicBool::new(false));
    lend(
        (Inbox::<Node>::new(), Signal::new(), flags),
        |(inbox, signal, (first, second))| {
            let notifications = [first, second].map(|flag| {
                thread::spawn(move || {
                    flag.store(true, Ordering::Relaxed);
                    wake_if(inbox.notify(), signal);
                })
            });
            loop {
                assert_eq!(inbox.drain().count(), 0);
                if first.load(Ordering::Relaxed) && second.load(Ordering::Relaxed) {
                    break;
                }
                if inbox.try_sleep() {
                    signal.wait();
                }
            }
            for notification in notifications {
                notification.join().unwrap();
            }
        },
    );
}

#[test]
fn what_happened_before_a_notification_is_seen_after_it() {
    check(two_notifications);
}

#[test]
fn weakening_inbox_notify_is_noticed() {
    assert_notices(
        "weakening_inbox_notify_is_noticed",
        Edge::InboxNotify,
        two_notifications,
    );
}
