use super::*;

#[test]
fn a_loop_that_is_not_idle_is_not_waited_for_without_end() {
    let timeline = Timeline::default();
    let advanced = timeline.advance(Duration::from_secs(1), Duration::ZERO);
    assert!(advanced.is_err());
    assert_eq!(timeline.now(), Duration::ZERO);
}

#[test]
fn threads_that_do_not_come_are_not_waited_for_without_end() {
    let timeline = Timeline::default();
    assert!(timeline.wait_for_parked(1, Duration::ZERO).is_err());
    assert!(timeline.wait_for_parked(0, Duration::ZERO).is_ok());
}

#[test]
fn a_loop_that_is_over_is_not_waited_for() {
    let timeline = Arc::new(Timeline::default());
    drop(LoopEnd::new(Arc::clone(&timeline)));
    let advanced = timeline.advance(Duration::from_secs(1), Duration::ZERO);
    assert!(advanced.is_ok());
    assert_eq!(timeline.now(), Duration::from_secs(1));
}

#[test]
fn a_late_thread_holds_the_time_until_it_has_done_with_its_wait() {
    let timeline = Arc::new(Timeline::default());
    drop(LoopEnd::new(Arc::clone(&timeline)));
    let second = Duration::from_secs(1);
    let nap = Nap::until(&timeline, second, Awaits::End, Interrupts::so_far());
    nap.begin();
    assert!(!nap.is_over());
    assert!(timeline.advance(second * 2, Duration::ZERO).is_err());
    assert!(nap.is_over());
    assert_eq!(timeline.now(), second);
    nap.park();
    drop(nap);
    assert!(timeline.advance(second, Duration::ZERO).is_ok());
    assert_eq!(timeline.now(), second * 2);
}
