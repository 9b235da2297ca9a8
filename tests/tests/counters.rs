//! What a reactor counts of its sleeps, and of what ends them.
#![cfg(target_os = "linux")]

use std::io::Write as _;
use std::mem;
use std::os::unix::net::UnixStream as StdUnixStream;
use std::sync::mpsc;
use std::thread;

use crochet::WaitStrategy;
use crochet::net::unix::UnixStream;
use crochet_tests::LONG;
use crochet_tests::backends::for_every_backend;
use crochet_tests::host::Host;
use crochet_tests::operations::submit;
use crochet_tests::threads::Thread;

/// Returns the thread of a loop, which is about to sleep.
fn thread_of(host: &Host) -> Thread {
    let this = submit(host.remote(), Thread::current);
    this.wait(LONG).unwrap();
    this.take().unwrap().unwrap()
}

#[test]
fn a_loop_without_work_counts_its_sleep_and_looking_does_not_disturb_it() {
    for_every_backend(|settings| {
        let host = Host::with(settings);
        thread_of(&host).spin_until_asleep();
        let stats = host.remote().stats();
        assert!(stats.sleeps >= 1, "{stats:?}");
        for _ in 0..1000 {
            assert_eq!(host.remote().stats(), stats);
        }
    });
}

#[test]
fn sleeps_wake_ups_and_events_are_counted_on_every_back_end() {
    for_every_backend(|settings| {
        let host = Host::with(settings.idle_strategy(WaitStrategy::Park));
        let this = thread_of(&host);
        let (mut near, far) = StdUnixStream::pair().unwrap();
        let (tell, told) = mpsc::channel();
        let reading = host.remote().submit(move || async move {
            let far = UnixStream::from_std(far).unwrap();
            while far.read(&mut [0]).await.unwrap() == 1 {
                tell.send(()).unwrap();
            }
        });
        submit(host.remote(), || ()).wait(LONG).unwrap();
        this.spin_until_asleep();
        let mut before = host.remote().stats();
        // What has been counted by the time that the loop sleeps once more.
        let mut counted = || {
            while host.remote().stats().sleeps == before.sleeps {
                thread::yield_now();
            }
            this.spin_until_asleep();
            let now = host.remote().stats();
            let then = mem::replace(&mut before, now);
            let sleeps = now.sleeps - then.sleeps;
            let unparks = now.unparks - then.unparks;
            (sleeps, unparks, now.io_events - then.io_events)
        };
        for _ in 0..10 {
            near.write_all(b"x").unwrap();
            told.recv_timeout(LONG).unwrap();
            assert_eq!(counted(), (1, 0, 1));
            // A wake-up is no event of a source.
            submit(host.remote(), || ()).wait(LONG).unwrap();
            assert_eq!(counted(), (1, 1, 0));
        }
        drop(near);
        reading.unwrap().wait(LONG).unwrap();
    });
}
