//! What the reactor's thread does when nothing is left to do.
#![cfg(target_os = "linux")]

use std::io::Write as _;
use std::os::unix::net::UnixStream as StdUnixStream;
use std::thread::available_parallelism;
use std::time::Duration;

use crochet_reactor::net::unix::UnixStream;
use crochet_reactor::{Builder, Remote, WaitStrategy, sleep};
use crochet_tests::LONG;
use crochet_tests::backends::for_every_backend;
use crochet_tests::host::Host;
use crochet_tests::operations::submit;
use crochet_tests::threads::Thread;

fn idling(settings: &Builder, strategy: WaitStrategy) -> Host {
    Host::with(settings.clone().idle_strategy(strategy))
}

fn thread_of(remote: &Remote) -> Thread {
    let thread = submit(remote, Thread::current);
    thread.wait(LONG).expect("it ends");
    thread.take().expect("it has ended").expect("a value")
}

/// Tells whether threads spin at all here.
fn there_are_cores() -> bool {
    available_parallelism().is_ok_and(|cores| cores.get() > 1)
}

#[test]
fn a_loop_that_parks_is_woken_each_time() {
    for_every_backend(|settings| {
        let host = idling(&settings, WaitStrategy::Park);
        let reactor = thread_of(host.remote());
        for _ in 0..100 {
            reactor.spin_until_asleep();
            let before = host.remote().stats().unparks;
            submit(host.remote(), || ()).wait(LONG).expect("it ends");
            assert_eq!(host.remote().stats().unparks, before + 1);
        }
    });
}

#[test]
fn a_loop_that_spins_is_not_woken() {
    for_every_backend(|settings| {
        let host = idling(&settings, WaitStrategy::SpinThenPark(LONG));
        let reactor = thread_of(host.remote());
        if !there_are_cores() {
            // It does not spin.
            reactor.spin_until_asleep();
            return;
        }
        let before = host.remote().stats().unparks;
        for _ in 0..1000 {
            submit(host.remote(), || ()).wait(LONG).expect("it ends");
        }
        assert_eq!(host.remote().stats().unparks, before);
    });
}

#[test]
fn a_loop_that_spins_hears_sockets_and_timers() {
    for_every_backend(|settings| {
        let host = idling(&settings, WaitStrategy::SpinThenPark(LONG));
        let (mut near, far) = StdUnixStream::pair().expect("a pair");
        let heard = host
            .remote()
            .submit(move || async move {
                let far = UnixStream::from_std(far).expect("a socket");
                let mut byte = [0];
                far.read_exact(&mut byte).await.expect("a byte comes");
                sleep(Duration::from_millis(1)).await;
                byte
            })
            .expect("no limit");
        // So the loop has begun to wait for it.
        submit(host.remote(), || ()).wait(LONG).expect("it ends");
        let before = host.remote().stats().unparks;
        near.write_all(b"x").expect("it is sent");
        heard
            .wait(LONG / 2)
            .expect("it ends long before the spinning");
        assert_eq!(heard.take().expect("it has ended").expect("a value"), *b"x");
        assert_eq!(host.remote().stats().unparks, before);
    });
}

#[test]
fn a_loop_that_has_spun_for_its_time_sleeps() {
    for_every_backend(|settings| {
        for strategy in [
            WaitStrategy::SpinThenPark(Duration::from_millis(1)),
            WaitStrategy::SpinThenPark(Duration::ZERO),
            WaitStrategy::Adaptive,
        ] {
            let host = idling(&settings, strategy);
            thread_of(host.remote()).spin_until_asleep();
            submit(host.remote(), || ()).wait(LONG).expect("it ends");
        }
    });
}

#[test]
fn a_spinning_loop_is_stopped() {
    for_every_backend(|settings| {
        let host = idling(&settings, WaitStrategy::SpinThenPark(Duration::MAX));
        submit(host.remote(), || ()).wait(LONG).expect("it ends");
        let remote = host.remote().clone();
        drop(host);
        assert!(remote.is_stopped());
    });
}
