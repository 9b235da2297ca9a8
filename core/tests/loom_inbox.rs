//! Loom models of the inbox: producers against the consumer, closing, fixed storage, capacity.
#![cfg(crochet_loom)]

use core::pin::Pin;

use crochet_core::inbox::{Capacity, FixedInbox, Inbox, PostError, Released, Wake};
use crochet_core::model::Edge;
use loom::cell::UnsafeCell;
use loom::thread;

#[path = "loom/node.rs"]
mod node;
#[path = "loom/support.rs"]
mod support;

use node::Node;
use support::{Signal, Token, assert_notices, check, check_large, lend};

/// Asserts that `contents` holds, for each producer, its first so many nodes in their order.
fn assert_in_order(contents: &[(usize, usize)], from: usize, count: usize) {
    let numbers = contents.iter().filter(|(of, _)| *of == from);
    assert!(numbers.map(|(_, number)| *number).eq(0..count));
}

fn push(inbox: &Inbox<Node>, from: usize, number: usize) {
    let wake = inbox
        .push(Node::new(from, number))
        .expect("nobody closes it");
    assert_eq!(wake, Wake::Unneeded, "nobody sleeps");
}

fn contents_of(inbox: &Inbox<Node>) -> Vec<(usize, usize)> {
    inbox.drain().map(|node| node.content()).collect()
}

fn two_producers_against_drain() {
    lend(Inbox::<Node>::new(), |inbox| {
        let first = thread::spawn(|| {
            for number in 0..2 {
                push(inbox, 0, number);
            }
        });
        let second = thread::spawn(|| {
            push(inbox, 1, 0);
        });
        let draining = thread::spawn(|| contents_of(inbox));
        first.join().unwrap();
        second.join().unwrap();
        let mut contents = draining.join().unwrap();
        contents.extend(contents_of(inbox));
        assert_eq!(contents.len(), 3);
        assert_in_order(&contents, 0, 2);
        assert_in_order(&contents, 1, 1);
    });
}

#[test]
fn nothing_is_lost_and_each_producer_keeps_its_order() {
    check(two_producers_against_drain);
}

fn push_against_drain() {
    lend(Inbox::<Node>::new(), |inbox| {
        let pushing = thread::spawn(|| {
            push(inbox, 0, 0);
        });
        let draining = thread::spawn(|| contents_of(inbox));
        pushing.join().unwrap();
        let mut contents = draining.join().unwrap();
        contents.extend(contents_of(inbox));
        assert_eq!(contents, [(0, 0)]);
    });
}

#[test]
fn the_consumer_sees_what_the_producer_wrote() {
    check(push_against_drain);
}

#[test]
fn weakening_inbox_push_is_noticed() {
    assert_notices(
        "weakening_inbox_push_is_noticed",
        Edge::InboxPush,
        push_against_drain,
    );
}

#[test]
fn weakening_inbox_drain_is_noticed() {
    assert_notices(
        "weakening_inbox_drain_is_noticed",
        Edge::InboxDrain,
        push_against_drain,
    );
}

#[test]
fn a_push_is_either_drained_by_close_or_refused() {
    check(|| {
        lend(Inbox::<Node>::new(), |inbox| {
            let pushing = thread::spawn(|| {
                let first = inbox.push(Node::new(0, 0)).is_ok();
                let second = inbox.push(Node::new(0, 1)).is_ok();
                assert!(first || !second, "a closed inbox does not open by itself");
                usize::from(first) + usize::from(second)
            });
            let (rest, wake) = inbox.close();
            assert_eq!(wake, Wake::Unneeded);
            let contents: Vec<_> = rest.map(|node| node.content()).collect();
            assert_in_order(&contents, 0, pushing.join().unwrap());
            assert!(inbox.drain().next().is_none());
        });
    });
}

#[test]
fn a_drain_that_is_not_used_up_drops_the_rest() {
    check(|| {
        lend(Inbox::<Node>::new(), |inbox| {
            let pushing = thread::spawn(|| {
                for number in 0..2 {
                    assert!(inbox.push(Node::new(0, number)).is_ok());
                }
            });
            let draining = thread::spawn(|| drop(inbox.drain().next()));
            pushing.join().unwrap();
            draining.join().unwrap();
        });
    });
}

#[test]
fn a_place_of_a_fixed_inbox_is_used_again_only_when_it_is_free() {
    check(|| {
        lend(FixedInbox::<(u32, Token), 1>::new(), |inbox| {
            let inbox = Pin::static_ref(inbox);
            let posting = thread::spawn(move || {
                let mut refused = Vec::new();
                for number in 0..2 {
                    match inbox.post((number, Token::new())) {
                        Ok(wake) => assert_eq!(wake, Wake::Unneeded),
                        Err(PostError::Full((back, _))) => refused.push(back),
                        Err(PostError::Closed(_)) => unreachable!("nobody closes it"),
                    }
                }
                refused
            });
            let draining = thread::spawn(move || {
                let numbers: Vec<_> = inbox.drain().map(|(number, _)| number).collect();
                numbers
            });
            let refused = posting.join().unwrap();
            let mut numbers = draining.join().unwrap();
            numbers.extend(inbox.drain().map(|(number, _)| number));
            numbers.extend(refused);
            assert_eq!(numbers, [0, 1]);
        });
    });
}

#[test]
fn two_producers_never_share_a_place_of_a_fixed_inbox() {
    check(|| {
        lend(FixedInbox::<(usize, Token), 1>::new(), |inbox| {
            let inbox = Pin::static_ref(inbox);
            let posts = [0, 1].map(|from| {
                thread::spawn(move || match inbox.post((from, Token::new())) {
                    Ok(_) => None,
                    Err(error) => Some(error.into_inner().0),
                })
            });
            let refused = posts.map(|post| post.join().unwrap());
            let mut numbers: Vec<_> = inbox.drain().map(|(number, _)| number).collect();
            numbers.extend(refused.into_iter().flatten());
            numbers.sort_unstable();
            assert_eq!(numbers, [0, 1]);
            assert_ne!(refused, [Some(0), Some(1)], "one of them gets the place");
        });
    });
}

/// Takes room, waiting for it to be announced.
fn take_room(capacity: &Capacity, signal: &Signal) {
    while capacity.await_room().is_err() {
        signal.wait();
    }
}

/// Uses what only the holder of the only room may use, as loom checks.
fn use_room(capacity: &Capacity, place: &UnsafeCell<u32>) {
    assert_eq!(capacity.used(), 1);
    place.with_mut(|value| {
        // SAFETY: loom has just checked that nobody else accesses the cell.
        unsafe { *value += 1 };
    });
}

fn tell(released: Released, signals: &[&Signal]) {
    if released == Released::Awaited {
        signals.iter().for_each(|signal| signal.notify());
    }
}

#[test]
fn a_producer_that_waits_for_room_is_told() {
    check(|| {
        lend((Capacity::new(1), Signal::new()), |(capacity, signal)| {
            capacity.take().expect("nothing is taken yet");
            let releasing = thread::spawn(|| tell(capacity.release(1), &[signal]));
            take_room(capacity, signal);
            releasing.join().unwrap();
            assert_eq!(capacity.used(), 1);
            assert_eq!(capacity.release(1), Released::Unneeded);
        });
    });
}

#[test]
fn the_limit_holds_and_every_waiting_producer_gets_its_turn() {
    check_large(|| {
        let room = (Capacity::new(1), UnsafeCell::new(0));
        lend((room, [Signal::new(), Signal::new()]), |(room, signals)| {
            let (capacity, place) = room;
            let [one, other] = signals;
            let producer = thread::spawn(|| {
                take_room(capacity, one);
                use_room(capacity, place);
                tell(capacity.release(1), &[one, other]);
            });
            take_room(capacity, other);
            use_room(capacity, place);
            tell(capacity.release(1), &[one, other]);
            producer.join().unwrap();
            assert_eq!(capacity.used(), 0);
        });
    });
}
