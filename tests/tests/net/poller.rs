//! What a poller owes to the loop: wake-ups from other threads, deadlines.

use std::time::{Duration, Instant};

use crochet::{Backend, Reactor, sleep};
use crochet_tests::LONG;
use crochet_tests::backends::{for_every_backend, on_every_backend};
use crochet_tests::host::Host;
use crochet_tests::operations::submit;

#[test]
fn the_default_is_the_first_of_all() {
    assert_eq!(Backend::default(), Backend::ALL[0]);
    let reactor = Reactor::new().expect("a reactor can be made");
    assert_eq!(reactor.backend(), Some(Backend::ALL[0]));
}

#[cfg(unix)]
#[test]
fn there_are_the_back_ends_whose_features_are_enabled() {
    let expected: &[Backend] = &[
        #[cfg(feature = "mio")]
        Backend::Mio,
        #[cfg(feature = "polling")]
        Backend::Polling,
    ];
    assert_eq!(Backend::ALL, expected);
}

#[test]
fn a_reactor_tells_which_back_end_its_poller_is_of() {
    for backend in Backend::ALL.iter().copied() {
        let settings = Reactor::builder().backend(backend);
        let reactor = settings.build().expect("a reactor can be made");
        assert_eq!(reactor.backend(), Some(backend));
        let shown = format!("backend: Some({backend:?})");
        assert!(format!("{reactor:?}").contains(&shown), "{reactor:?}");
        let (reactor, _clock) = settings.build_virtual();
        assert_eq!(reactor.backend(), None, "there is no poller");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_loop_that_sleeps_is_woken_by_each_thread_that_needs_it() {
    for_every_backend(|settings| {
        let host = Host::with(settings);
        let reactor = submit(host.remote(), crochet_tests::threads::Thread::current);
        reactor.wait(LONG).expect("it ends");
        let reactor = reactor.take().expect("it has ended").expect("a value");
        for _ in 0..200 {
            reactor.spin_until_asleep();
            submit(host.remote(), || ()).wait(LONG).expect("it ends");
        }
    });
}

#[test]
fn no_sleep_ends_early_and_a_short_one_not_a_millisecond_late() {
    on_every_backend(|| async {
        let durations = [1, 50, 999, 1001, 3333].map(Duration::from_micros);
        for duration in durations {
            let begun = Instant::now();
            sleep(duration).await;
            assert!(begun.elapsed() >= duration, "{duration:?}");
        }
        // Whole milliseconds would be late in every round; a busy machine is in some.
        let mut least = Duration::MAX;
        for _ in 0..200 {
            let begun = Instant::now();
            sleep(Duration::from_micros(50)).await;
            least = least.min(begun.elapsed());
        }
        if cfg!(target_os = "linux") {
            assert!(least < Duration::from_micros(500), "{least:?}");
        }
    });
}
