//! Dropping nested chains without nesting calls.

use std::collections::VecDeque;

use super::chain::{Link, Source};
use crate::caught;
use crate::nesting::end_nested;

/// Drops what is left of a chain.
///
/// A chain may wait for another, which waits for another, and so on: the stack does not get as deep.
pub(super) fn drop_flat(source: Option<Box<dyn Source>>, links: VecDeque<Box<dyn Link>>) {
    if source.is_none() && links.is_empty() {
        return;
    }
    end_nested(move || {
        caught::contain("a canceller", || drop(source));
        for link in links {
            caught::contain("the destructor of a callback", || drop(link));
        }
    });
}
