//! Methods with every receiver, and associated functions.

#![deny(warnings)]

#[path = "../support/poll.rs"]
mod poll;

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use crochet::{EventualResult, WaitError, run_in_reactor, wait_for};

#[derive(Debug, PartialEq)]
struct Counter {
    count: u8,
}

impl Counter {
    const LIMIT: Duration = Duration::from_secs(5);

    #[wait_for(timeout = 5.0)]
    async fn new(count: u8) -> Result<Self, WaitError> {
        Ok(Self { count })
    }

    // Only the body mentions `Self`.
    #[wait_for(timeout = 5.0)]
    fn zero() -> Counter {
        Self { count: 0 }
    }

    // Only the time limit mentions `Self`.
    #[wait_for(timeout = Self::LIMIT)]
    fn one() -> u8 {
        1
    }

    // Nothing mentions `Self`.
    #[wait_for(timeout = 5.0, associated)]
    fn limit(divisor: u8) -> u8 {
        u8::MAX / divisor
    }

    #[wait_for(timeout = 5.0)]
    pub async fn get(&self) -> u8 {
        self.count
    }

    #[wait_for(timeout = 5.0)]
    async fn increment(&mut self, by: u8) -> u8 {
        self.count += by;
        self.count
    }

    #[wait_for(timeout = 5.0)]
    fn consume(self) -> u8 {
        self.count
    }

    #[wait_for(timeout = 5.0)]
    fn consume_changed(mut self) -> u8 {
        self.count += 1;
        self.count
    }

    #[wait_for(timeout = 5.0)]
    async fn shared(self: Arc<Self>) -> u8 {
        self.count
    }

    #[wait_for(timeout = 5.0)]
    async fn boxed(mut self: Box<Self>) -> Box<Self> {
        self.count += 1;
        self
    }

    #[run_in_reactor]
    async fn started(self: Arc<Self>, plus: u8) -> u8 {
        // The future is not `Send`.
        let plus = Rc::new(plus);
        std::future::ready(()).await;
        self.count + *plus
    }

    #[run_in_reactor]
    fn started_owned(self) -> Result<Self, String> {
        Ok(self)
    }

    #[run_in_reactor(associated)]
    fn started_associated(x: u8) -> u8 {
        x
    }
}

struct Pair<T>(T, T);

impl<T: Clone + Send + Sync + 'static> Pair<T> {
    #[wait_for(timeout = 5.0)]
    fn first(&self) -> T {
        self.0.clone()
    }

    #[wait_for(timeout = 5.0)]
    fn with<U: Send + Sync + 'static>(self: Arc<Self>, other: U) -> (T, U) {
        (self.1.clone(), other)
    }

    #[wait_for(timeout = 5.0, associated)]
    fn twice(x: T) -> (T, T) {
        (x.clone(), x)
    }
}

trait Greet: Sync {
    fn name(&self) -> String;

    // A default method may stand beside its undecorated form.
    #[wait_for(timeout = 5.0)]
    fn greet(&self) -> String {
        format!("hello {}", self.name())
    }
}

impl Greet for Counter {
    fn name(&self) -> String {
        self.count.to_string()
    }
}

fn main() {
    crochet::setup().expect("setup");

    let mut counter = Counter::new(3).expect("success");
    assert_eq!(Counter::zero().expect("success"), Counter { count: 0 });
    assert_eq!(Counter::zero_wrapped(), Counter { count: 0 });
    assert_eq!(Counter::one().expect("success"), 1);
    assert_eq!(Counter::limit(5).expect("success"), 51);
    assert_eq!(counter.get().expect("success"), 3);
    assert_eq!(poll::ready(counter.get_wrapped()), 3);
    assert_eq!(counter.increment(2).expect("success"), 5);
    assert_eq!(counter.greet().expect("success"), "hello 5".to_owned());
    assert_eq!(counter.consume().expect("success"), 5);
    assert_eq!(Counter { count: 1 }.consume_changed().expect("success"), 2);
    assert_eq!(Arc::new(Counter { count: 1 }).shared().expect("success"), 1);
    let boxed = Box::new(Counter { count: 1 }).boxed();
    assert_eq!(boxed.expect("success").count, 2);

    let limit = Duration::from_secs(5);
    let eventual: EventualResult<u8> = Arc::new(Counter { count: 1 }).started(2);
    assert_eq!(eventual.wait(limit).expect("success"), 3);
    let eventual: EventualResult<Counter, String> = Counter { count: 1 }.started_owned();
    drop(eventual);
    assert_eq!(
        Counter::started_associated(1).wait(limit).expect("success"),
        1
    );

    assert_eq!(Pair(1, 2).first().expect("success"), 1);
    assert_eq!(Arc::new(Pair(1, 2)).with("x").expect("success"), (2, "x"));
    assert_eq!(Pair::<u8>::twice(1).expect("success"), (1, 1));
}
