//! Functions that a `macro_rules!` writes, whose parts arrive in invisible groups.

#![deny(warnings)]

use std::sync::Arc;
use std::time::Duration;

use crochet::{WaitError, run_in_reactor, wait_for};

macro_rules! free {
    ($visibility:vis $name:ident<$parameter:ident: $bound:path>, $timeout:literal, $argument:ty, $output:ty, $body:expr) => {
        #[wait_for(timeout = $timeout)]
        $visibility async fn $name<$parameter: $bound + Send + 'static>(x: $argument, extra: $parameter) -> $output {
            extra.to_string();
            ($body)(x)
        }
    };
}

free!(pub(crate) reference<T: ToString>, "5s", &str, usize, str::len);
free!(owned<T: ToString>, 5.0, u8, Result<u8, WaitError>, Ok);

macro_rules! methods {
    ($($name:ident($self:ident: $receiver:ty, $pattern:pat_param) -> $output:ty $body:block)*) => {
        impl Counter {
            $(
                #[wait_for(timeout = $self.limit)]
                fn $name($self: $receiver, $pattern: (u8, u8)) -> $output $body
            )*
        }
    };
}

struct Counter {
    count: u8,
    limit: Duration,
}

methods! {
    plus(self: &Self, (x, _)) -> u8 { self.count + x }
    shared(self: Arc<Self>, pair) -> Option<u8> { self.count.checked_sub(pair.1) }
}

macro_rules! started {
    ($name:ident $body:block) => {
        #[run_in_reactor]
        fn $name(_x: u8) -> u8 $body
    };
}

started!(constant { 4 });

fn main() {
    crochet::setup().expect("setup");

    assert_eq!(reference("four", 1).expect("success"), 4);
    assert_eq!(owned(5, 1).expect("success"), 5);
    let counter = Arc::new(Counter {
        count: 3,
        limit: Duration::from_secs(5),
    });
    assert_eq!(counter.plus((1, 2)).expect("success"), 4);
    assert_eq!(counter.shared((1, 2)).expect("success"), Some(1));
    assert_eq!(
        constant(1).wait(Duration::from_secs(5)).expect("success"),
        4
    );
    assert_eq!(constant_wrapped(1), 4);
}
