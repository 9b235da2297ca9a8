//! Destructors that run while a reactor stops, on every back end, and what they may do.

use std::future::{self, poll_fn};
use std::task::{Poll, Waker};
use std::time::Duration;

#[cfg(unix)]
use crochet::Source;
use crochet::{Remote, call_later, sleep, spawn};
use crochet_tests::backends::for_every_backend;
use crochet_tests::operations::{assert_stopped, submit_pending};
use crochet_tests::tidy::Tidy;
use crochet_tests::traces::{Trace, Traced};
use crochet_tests::{LONG, logs};

/// Does in its destructor whatever a task can do.
struct Busy {
    remote: Remote,
    waker: Waker,
    trace: Trace,
}

impl Drop for Busy {
    fn drop(&mut self) {
        let value = self.trace.value();
        let task = spawn(async move {
            let _value = value;
            future::pending::<()>().await;
        });
        assert!(task.is_finished(), "the loop takes no more tasks");
        assert_stopped(&submit_pending(&self.remote, self.trace.value()));
        let value = self.trace.value();
        call_later(Duration::ZERO, move || drop(value));
        self.waker.wake_by_ref();
        self.remote.stop();
    }
}

#[test]
fn destructors_may_spawn_submit_wake_and_set_timers_while_the_loop_stops() {
    for_every_backend(|settings| {
        let mut reactor = Tidy::with(settings);
        let (remote, trace) = (reactor.remote(), Trace::new());
        let theirs = trace.clone();
        let tasks = reactor.block_on(async move {
            let tasks: Vec<_> = (0..3)
                .map(|_| {
                    let (remote, trace) = (remote.clone(), theirs.clone());
                    spawn(async move {
                        let waker = poll_fn(|cx| Poll::Ready(cx.waker().clone())).await;
                        let _busy = Busy {
                            remote,
                            waker,
                            trace,
                        };
                        future::pending::<()>().await;
                    })
                })
                .collect();
            sleep(Duration::from_micros(10)).await;
            tasks
        });
        assert!(tasks.unwrap().iter().all(crochet::JoinHandle::is_finished));
        assert_eq!(trace.count(), 9);
        reactor.block_on(async {}).unwrap();
    });
}

/// Sets a timer when it is dropped, which then holds the rest.
struct Rearm(u32, Traced);

impl Rearm {
    fn set(self) {
        call_later(LONG, move || drop(self));
    }
}

impl Drop for Rearm {
    fn drop(&mut self) {
        if let Some(left) = self.0.checked_sub(1) {
            Rearm(left, self.1.another()).set();
        }
    }
}

#[test]
fn timers_that_are_set_while_the_loop_stops_do_not_outlive_it() {
    for_every_backend(|settings| {
        let mut reactor = Tidy::with(settings);
        let trace = Trace::new();
        let value = trace.value();
        reactor
            .block_on(async move { Rearm(5, value).set() })
            .unwrap();
        assert_eq!(trace.count(), 6);
        assert_eq!(reactor.snapshot().timers, 0);
    });
}

#[test]
fn a_panic_in_a_destructor_does_not_keep_the_rest_from_being_dropped() {
    for_every_backend(|settings| {
        struct PanicOnDrop {
            _value: Traced,
        }
        impl Drop for PanicOnDrop {
            fn drop(&mut self) {
                panic!("a destructor panics on purpose while the loop stops");
            }
        }
        logs::capture();
        let mut reactor = Tidy::with(settings);
        let trace = Trace::new();
        let values: Vec<_> = (0..8)
            .map(|_| PanicOnDrop {
                _value: trace.value(),
            })
            .collect();
        reactor
            .block_on(async move {
                for (round, value) in values.into_iter().enumerate() {
                    if round % 2 == 0 {
                        call_later(LONG, move || drop(value));
                    } else {
                        drop(spawn(async move {
                            let _value = value;
                            future::pending::<()>().await;
                        }));
                    }
                }
                sleep(Duration::from_micros(10)).await;
            })
            .unwrap();
        assert_eq!(trace.count(), 8);
        assert_eq!(
            logs::take("panics on purpose while the loop stops").len(),
            8
        );
    });
}

#[cfg(unix)]
#[test]
fn every_descriptor_is_closed_though_a_destructor_panics() {
    use std::io::Read;
    use std::os::unix::net::UnixStream;

    struct PanicOnDrop(Source<UnixStream>);
    impl Drop for PanicOnDrop {
        fn drop(&mut self) {
            panic!("the owner of a descriptor panics on purpose");
        }
    }

    for_every_backend(|settings| {
        let mut reactor = Tidy::with(settings);
        let mut ends = Vec::new();
        let tasks: Vec<_> = (0..4)
            .map(|_| {
                let (near, far) = UnixStream::pair().unwrap();
                ends.push(near);
                far
            })
            .collect();
        let ran = reactor.block_on(async move {
            for far in tasks {
                drop(spawn(async move {
                    let owner = PanicOnDrop(Source::new(far).unwrap());
                    owner.0.readable().await.unwrap();
                }));
            }
            sleep(Duration::ZERO).await;
        });
        ran.unwrap();
        for mut near in ends {
            assert_eq!(near.read(&mut [0]).unwrap(), 0, "the other end is closed");
        }
        let told = logs::take("the owner of a descriptor panics on purpose");
        assert_eq!(told.len(), 4);
    });
}
