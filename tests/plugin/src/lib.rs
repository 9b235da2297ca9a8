//! A plug-in for programs that load and unload libraries.

use std::ptr;
use std::time::Duration;

/// Doubles a number without the reactor.
#[unsafe(no_mangle)]
pub extern "C" fn plugin_double(number: u32) -> u32 {
    number * 2
}

/// Doubles a number on the reactor, which it sets up; zero is an error.
#[unsafe(no_mangle)]
pub extern "C" fn plugin_double_on_reactor(number: u32) -> u32 {
    if crochet::setup().is_err() {
        return 0;
    }
    let doubled = crochet::wait_for(LIMIT, move || async move { number * 2 });
    doubled.unwrap_or(0)
}

/// Sets the reactor up, and returns a number that stands for the thread that runs it; zero is an error.
#[unsafe(no_mangle)]
pub extern "C" fn plugin_reactor() -> usize {
    thread_local! {
        static HERE: u8 = const { 0 };
    }
    if crochet::setup().is_err() {
        return 0;
    }
    let there = crochet::wait_for(LIMIT, || async {
        HERE.with(|here| ptr::from_ref(here).addr())
    });
    there.unwrap_or(0)
}

/// Leaves an operation behind that goes on for as long as the reactor does; tells whether it began.
#[unsafe(no_mangle)]
pub extern "C" fn plugin_go_on() -> bool {
    let begun = crochet::wait_for(LIMIT, || async {
        drop(crochet::spawn(async {
            loop {
                crochet::sleep(Duration::from_micros(100)).await;
            }
        }));
    });
    begun.is_ok()
}

const LIMIT: Duration = Duration::from_secs(60);
