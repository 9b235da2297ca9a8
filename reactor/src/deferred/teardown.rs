//! Dropping nested chains without nesting calls.

use std::cell::RefCell;
use std::collections::VecDeque;

use super::chain::{Link, Source};
use crate::caught;

/// What is left of a chain that is given up.
#[derive(Default)]
pub(super) struct Remains {
    pub(super) source: Option<Box<dyn Source>>,
    pub(super) links: VecDeque<Box<dyn Link>>,
}

thread_local! {
    // There while something is being dropped: what comes to be dropped by that waits here.
    static WAITING: RefCell<Option<Vec<Remains>>> = const { RefCell::new(None) };
}

/// Drops what is left of a chain.
///
/// A chain may wait for another, which waits for another, and so on. Were each to drop the next, the
/// stack would be as deep; so what comes to be dropped within this waits until it returns to the
/// outermost call.
pub(super) fn drop_flat(remains: Remains) {
    let outermost = WAITING.try_with(|waiting| match &mut *waiting.borrow_mut() {
        Some(waiting) => {
            waiting.push(remains);
            None
        }
        none => {
            *none = Some(Vec::new());
            Some(remains)
        }
    });
    // While the thread's locals are being destroyed there is no list: they drop each other.
    let Ok(mut next) = outermost else { return };
    while let Some(Remains { source, links }) = next {
        caught::contain("a canceller", || drop(source));
        for link in links {
            caught::contain("the destructor of a callback", || drop(link));
        }
        next = WAITING.with_borrow_mut(|waiting| {
            let left = waiting.as_mut().and_then(Vec::pop);
            if left.is_none() {
                *waiting = None;
            }
            left
        });
    }
}
