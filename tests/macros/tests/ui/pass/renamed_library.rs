//! The option `crate`, for a library that re-exports this one.

#![deny(warnings)]
#![no_implicit_prelude]

extern crate std;

mod glue {
    pub mod inner {
        #[doc(hidden)]
        pub use ::crochet::__private;
        pub use ::crochet::*;
    }
}

// Where names of the standard library and of this one mean something else.
#[allow(dead_code)]
mod core {}
#[allow(dead_code)]
struct Result;
#[allow(dead_code)]
struct Duration;
#[allow(dead_code)]
struct WaitError;

#[glue::inner::wait_for(timeout = 5.0, crate = crate::glue::inner)]
async fn value(x: u8) -> u8 {
    x
}

#[glue::inner::run_in_reactor(crate = glue::inner)]
async fn started(x: u8) -> ::std::io::Result<u8> {
    ::std::result::Result::Ok(x)
}

#[::crochet::wait_for(timeout = 5.0, nested)]
async fn nested(x: u8) -> u8 {
    x
}

fn main() {
    ::crochet::setup().expect("setup");
    ::std::assert_eq!(value(1).expect("success"), 1);
    ::std::assert_eq!(nested(1).expect("success"), 1);
    ::std::mem::drop(started(1));
}
