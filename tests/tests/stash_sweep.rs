//! The reactor gives up what is too old in a stash that nobody uses. One test: it has the process to itself.

use std::time::Duration;

use crochet::testing::setup_virtual;
use crochet::{StashLimits, configure_stash, stash_stats, try_run_in_reactor};
use crochet_tests::{LONG, barrier, logs};

const AGE: Duration = Duration::from_secs(1000);

fn stash(text: &'static str) {
    let result = try_run_in_reactor(move || async move { Err::<(), _>(text) });
    barrier();
    // Nobody will retrieve it.
    let _id = result.stash();
}

#[test]
fn what_is_too_old_is_given_up_by_itself() {
    logs::capture();
    let clock = setup_virtual().unwrap();
    configure_stash(StashLimits::default().max_age(AGE));
    stash("swept: first");
    clock.advance(AGE / 2);
    stash("swept: second");
    clock.advance(AGE / 2 - Duration::from_millis(1));
    logs::assert_none("swept");

    clock.advance(Duration::from_millis(1));
    logs::assert_one_error("swept: first");
    logs::assert_none("swept: second");
    // It waits for a whole age again.
    clock.advance(AGE);
    logs::assert_one_error("swept: second");
    assert_eq!((stash_stats().kept, stash_stats().expired), (0, 2));

    // It has ended, and begins anew.
    stash("swept: third");
    clock.advance(AGE);
    logs::assert_one_error("swept: third");

    // A lower limit holds at once, for what it finds as well.
    stash("swept: early");
    configure_stash(StashLimits::default().max_age(AGE / 10));
    clock.advance(AGE / 10);
    logs::assert_one_error("swept: early");
    configure_stash(StashLimits::default().max_age(AGE));

    // It ends with its reactor, and begins anew with the next.
    stash("swept: fourth");
    crochet::stop(LONG).unwrap();
    logs::assert_none("swept: fourth");
    let clock = setup_virtual().unwrap();
    stash("swept: fifth");
    clock.advance(AGE);
    logs::assert_one_error("swept: fourth");
    logs::assert_one_error("swept: fifth");
    assert_eq!((stash_stats().kept, stash_stats().expired), (0, 6));

    // A reactor that is drained does not wait for it.
    stash("swept: sixth");
    crochet::drain(LONG).unwrap();
    assert_eq!(stash_stats().kept, 1);
}
