//! Interrupting waits for a channel: alone in its program, for it interrupts all waits of the process.

use std::thread;
use std::time::Duration;

use crochet::channel::{RecvError, SendError};
use crochet::interrupt_waits;
use crochet::testing::VirtualReactor;

const HOUR: Duration = Duration::from_secs(3600);

#[test]
fn a_wait_for_a_channel_can_be_interrupted_and_the_value_is_given_back() {
    let reactor = VirtualReactor::start().expect("a thread can be started");
    let (_sender, empty) = reactor.remote().channel::<u32>(1);
    let (sender, _full) = reactor.remote().channel::<u32>(0);
    thread::scope(|scope| {
        let receiving = scope.spawn(|| empty.recv_within(HOUR));
        let sending = scope.spawn(|| sender.send_within(7, HOUR));
        reactor.clock().wait_for_blocked(2);
        interrupt_waits();
        assert_eq!(receiving.join().unwrap(), Err(RecvError::Interrupted));
        assert!(matches!(
            sending.join().unwrap(),
            Err(SendError::Interrupted(7))
        ));
    });
}
