//! What connecting does when nothing was set.

use std::time::Duration;

use crochet::Budget;
use crochet::net::Connect;
use crochet_tests::backends::for_every_backend;
use crochet_tests::tidy::Tidy;

use crate::connect::silent;

#[test]
fn connecting_has_thirty_seconds_unless_another_time_is_set() {
    for_every_backend(|settings| {
        let mut reactor = Tidy::with(settings);
        let longer = Connect::new().timeout(Duration::from_secs(90));
        for (connect, limit) in [(Connect::new(), 30), (longer, 90)] {
            let connecting = reactor.spawn(async move {
                let (addr, _held) = silent();
                connect.to(addr).await.map(drop)
            });
            let left = loop {
                reactor.turn(Budget::default()).unwrap();
                match reactor.next_turn_in() {
                    Some(left) if left > Duration::ZERO => break left,
                    Some(_) | None => {}
                }
            };
            // Time is counted in microseconds and rounded up.
            let limit = Duration::from_secs(limit);
            assert!(left <= limit + Duration::from_micros(1), "{left:?}");
            assert!(left > limit - Duration::from_secs(10), "{left:?}");
            connecting.cancel();
            reactor.turn(Budget::default()).unwrap();
        }
    });
}
