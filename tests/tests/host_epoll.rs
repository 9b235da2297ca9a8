//! A reactor inside an epoll loop of its host's own.
#![cfg(target_os = "linux")]

use std::future::{Future, poll_fn};
use std::net::{self, IpAddr, Ipv4Addr, SocketAddr};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::pin::pin;
use std::task::Poll;
use std::thread;
use std::time::Duration;

use crochet::net::UdpSocket;
use crochet::net::unix::UnixDatagram;
use crochet::{Budget, Builder, Remote, RunError, sleep, spawn};
use crochet_tests::LONG;
use crochet_tests::backends::for_every_backend;
use crochet_tests::operations::submit;
use crochet_tests::program::allow_most_files;
use crochet_tests::tidy::Tidy;
use rustix::buffer::spare_capacity;
use rustix::event::epoll::{self, CreateFlags, EventData, EventFlags};
use rustix::event::{EventfdFlags, Timespec, eventfd};

const LOOPBACK: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// What the host has in its epoll set.
const REACTOR: u64 = 1;
const OWN: u64 = 2;

/// How the host has the reactor in its set.
const TRIGGERS: [EventFlags; 2] = [
    EventFlags::IN,
    EventFlags::from_bits_retain(EventFlags::IN.bits() | EventFlags::ET.bits()),
];

/// A program whose main loop is an epoll, with an event source of its own beside the reactor.
struct Host {
    epoll: OwnedFd,
    own: OwnedFd,
    reactor: Tidy,
    turns: u64,
    waits: u64,
    own_events: u64,
}

impl Host {
    fn new(settings: &Builder, trigger: EventFlags) -> Self {
        let reactor = Tidy::with(settings.clone());
        let epoll = epoll::create(CreateFlags::CLOEXEC).expect("an epoll can be made");
        let fd = reactor.pollable_fd().expect("Linux has one");
        epoll::add(&epoll, fd, EventData::new_u64(REACTOR), trigger).expect("it can be nested");
        let own = eventfd(0, EventfdFlags::NONBLOCK).expect("an eventfd can be made");
        epoll::add(&epoll, &own, EventData::new_u64(OWN), EventFlags::IN)
            .expect("it can be polled");
        Self {
            epoll,
            own,
            reactor,
            turns: 0,
            waits: 0,
            own_events: 0,
        }
    }

    /// Waits for events, at most for `limit`, and returns what they are of.
    fn wait(&mut self, limit: Option<Duration>) -> Vec<u64> {
        self.waits += 1;
        let limit = limit.map(|limit| Timespec::try_from(limit).expect("not that long"));
        let mut events = Vec::with_capacity(8);
        epoll::wait(&self.epoll, spare_capacity(&mut events), limit.as_ref()).expect("it waits");
        events
            .iter()
            .map(|event: &epoll::Event| event.data.u64())
            .collect()
    }

    /// Does turns only when there is something for them to do, until the reactor has stopped.
    fn run(&mut self) {
        loop {
            let left = self.reactor.next_turn_in();
            let events = self.wait(left);
            if events.contains(&OWN) {
                self.own_events += 1;
                rustix::io::read(&self.own, &mut [0; 8]).expect("it is readable");
            }
            let is_due = self.reactor.next_turn_in() == Some(Duration::ZERO);
            if events.contains(&REACTOR) || is_due {
                self.turns += 1;
                match self.reactor.turn(Budget::default()) {
                    Ok(_) => {}
                    Err(RunError::Stopped) => return,
                    Err(error) => panic!("{error}"),
                }
                if self.reactor.remote().is_stopped() {
                    return;
                }
            }
        }
    }
}

/// Runs a host on each back end, registered in each way, while `client` uses the reactor in a thread.
fn with_hosts(
    prepare: impl Fn(&mut Host) + Send + Sync + 'static,
    client: impl Fn(&Remote) + Send + Sync + Copy + 'static,
    check: impl Fn(&Host) + Send + Sync + 'static,
) {
    for_every_backend(move |settings| {
        for trigger in TRIGGERS {
            let mut host = Host::new(&settings, trigger);
            prepare(&mut host);
            let remote = host.reactor.remote();
            let client = thread::spawn(move || {
                let _stop = StopOnDrop(remote.clone());
                client(&remote);
            });
            host.run();
            client.join().expect("the client ends in order");
            check(&host);
        }
    });
}

/// Ends the host also when a test fails.
struct StopOnDrop(Remote);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.stop();
    }
}

const CALLS: u64 = 2000;

#[test]
fn no_submission_is_lost_and_each_costs_few_turns() {
    with_hosts(
        |_| {},
        |remote| {
            for _ in 0..CALLS {
                submit(remote, || ()).wait(LONG).expect("the host is woken");
            }
        },
        |host| {
            // One turn runs the operation; another may find that the first has used the wake-up.
            let few = 3 * CALLS + 20;
            assert!(
                host.turns <= few && host.waits <= few,
                "{} turns",
                host.turns
            );
        },
    );
}

#[test]
fn no_submission_of_many_threads_is_lost() {
    with_hosts(
        |_| {},
        |remote| {
            thread::scope(|scope| {
                for _ in 0..4 {
                    scope.spawn(|| {
                        for _ in 0..CALLS / 4 {
                            submit(remote, || ()).wait(LONG).expect("the host is woken");
                        }
                    });
                }
            });
        },
        |_| {},
    );
}

#[test]
fn timers_are_due_by_the_hosts_own_timeout() {
    const TIMERS: u64 = 50;
    with_hosts(
        |_| {},
        |remote| {
            let slept = remote.submit(|| async {
                for _ in 0..TIMERS {
                    sleep(Duration::from_micros(1500)).await;
                }
            });
            slept.unwrap().wait(LONG).expect("the timers fire");
        },
        |host| {
            // The poller's timeouts are finer than a millisecond here, so hardly any comes too early.
            assert!(host.turns <= 5 * TIMERS + 20, "{} turns", host.turns);
        },
    );
}

#[test]
fn sockets_make_the_file_readable() {
    with_hosts(
        |_| {},
        |remote| {
            let (tell, told) = std::sync::mpsc::channel();
            let echo = remote.submit(move || async move {
                let socket = UdpSocket::bind(LOOPBACK).unwrap();
                tell.send(socket.local_addr().unwrap()).unwrap();
                for _ in 0..CALLS {
                    let mut byte = [0];
                    let (_, client) = socket.recv_from(&mut byte).await.unwrap();
                    socket.send_to(&byte, client).await.unwrap();
                }
            });
            let echo = echo.unwrap();
            let server = told.recv().unwrap();
            let socket = net::UdpSocket::bind(LOOPBACK).unwrap();
            socket.set_read_timeout(Some(LONG)).unwrap();
            for number in 0..CALLS {
                let byte = [number as u8];
                socket.send_to(&byte, server).unwrap();
                let mut answer = [0];
                socket.recv_from(&mut answer).expect("the host is woken");
                assert_eq!(answer, byte);
            }
            echo.wait(LONG).unwrap();
        },
        |host| {
            let few = 4 * CALLS + 20;
            assert!(host.turns <= few, "{} turns", host.turns);
        },
    );
}

#[test]
fn events_that_a_turn_has_left_are_work() {
    // Each has an event, for nobody. A turn takes in 1024, and the host, which an edge tells once of all of them, has
    // a second turn for what the first has woken.
    const SOURCES: usize = 2200;
    const OTHERS: usize = 100;

    let files = allow_most_files();
    if files < SOURCES + OTHERS {
        println!("skipped: the limit of open files, {files}, allows too few sources");
        return;
    }
    for_every_backend(|settings| {
        for trigger in TRIGGERS {
            let mut host = Host::new(&settings, trigger);
            let remote = host.reactor.remote();
            let waiting = host.reactor.spawn(async move {
                let mut sockets = Vec::new();
                while sockets.len() < SOURCES {
                    sockets.extend(<[_; 2]>::from(UnixDatagram::pair().unwrap()));
                }
                let [near, far] = <[_; 2]>::from(UnixDatagram::pair().unwrap());
                let mut buf = [0];
                let mut receiving = pin!(near.recv(&mut buf));
                poll_fn(|cx| Poll::Ready(receiving.as_mut().poll(cx).is_pending())).await;
                // Its event is the last.
                far.send(b"x").await.unwrap();
                let received = receiving.await;
                remote.stop();
                received
            });
            host.run();
            assert!(waiting.is_finished());
        }
    });
}

#[test]
fn events_of_the_hosts_own_cost_the_reactor_no_turn() {
    for_every_backend(|settings| {
        for trigger in TRIGGERS {
            let mut host = Host::new(&settings, trigger);
            let own = host.own.try_clone().unwrap();
            let remote = host.reactor.remote();
            let writer = thread::spawn(move || {
                for _ in 0..100 {
                    rustix::io::write(own.as_fd(), &1_u64.to_ne_bytes()).unwrap();
                }
                remote.stop();
            });
            host.run();
            writer.join().unwrap();
            assert!(host.own_events > 0);
            // It is stopped in one, unless a turn before had something to clear away.
            assert!(host.turns <= 2, "{} turns", host.turns);
        }
    });
}

#[test]
fn a_reactor_without_work_is_not_readable() {
    for_every_backend(|settings| {
        for trigger in TRIGGERS {
            let mut host = Host::new(&settings, trigger);
            let task = host.reactor.spawn(async { spawn(async {}).await });
            while host.reactor.next_turn_in() == Some(Duration::ZERO) {
                host.reactor.turn(Budget::default()).unwrap();
            }
            assert!(task.is_finished());
            assert_eq!(host.reactor.next_turn_in(), None);
            assert_eq!(host.wait(Some(Duration::ZERO)), []);

            let remote = host.reactor.remote();
            let submitted = thread::spawn(move || submit(&remote, || ()))
                .join()
                .unwrap();
            assert_eq!(host.wait(Some(LONG)), [REACTOR]);
            assert_eq!(host.reactor.remote().stats().unparks, 1);
            while host.reactor.next_turn_in() == Some(Duration::ZERO) {
                host.reactor.turn(Budget::default()).unwrap();
            }
            assert!(submitted.is_ended());
            assert_eq!(host.wait(Some(Duration::ZERO)), []);
        }
    });
}

#[test]
fn the_first_submission_ever_wakes_a_host_that_has_done_no_turn() {
    for_every_backend(|settings| {
        let mut host = Host::new(&settings, TRIGGERS[0]);
        let remote = host.reactor.remote();
        assert_eq!(host.reactor.next_turn_in(), None);
        let submitted = thread::spawn(move || submit(&remote, || ()))
            .join()
            .unwrap();
        assert_eq!(host.wait(Some(LONG)), [REACTOR]);
        host.reactor.turn(Budget::default()).unwrap();
        host.reactor.turn(Budget::default()).unwrap();
        assert!(submitted.is_ended());
    });
}

#[test]
fn what_was_submitted_before_the_file_was_asked_for_is_work_at_once() {
    for_every_backend(|settings| {
        let mut reactor = Tidy::with(settings);
        let remote = reactor.remote();
        let submitted = thread::spawn(move || submit(&remote, || ()))
            .join()
            .unwrap();
        let fd = reactor.pollable_fd().expect("Linux has one").as_raw_fd();
        assert_eq!(reactor.next_turn_in(), Some(Duration::ZERO));
        reactor.turn(Budget::default()).unwrap();
        assert!(submitted.is_ended());
        assert_eq!(
            reactor.pollable_fd().map(|again| again.as_raw_fd()),
            Some(fd)
        );
    });
}

#[test]
fn a_nested_reactor_may_run_by_itself_later() {
    for_every_backend(|settings| {
        let mut reactor = Tidy::with(settings);
        assert!(reactor.pollable_fd().is_some());
        reactor.turn(Budget::default()).unwrap();
        let remote = reactor.remote();
        let client = thread::spawn(move || {
            let _stop = StopOnDrop(remote.clone());
            for _ in 0..100 {
                submit(&remote, || ()).wait(LONG).unwrap();
            }
        });
        reactor.run().unwrap();
        client.join().unwrap();
    });
}

#[test]
fn a_reactor_on_virtual_time_has_no_file() {
    for_every_backend(|settings| {
        let (reactor, _clock) = settings.clone().build_virtual();
        assert!(reactor.pollable_fd().is_none());
    });
}
