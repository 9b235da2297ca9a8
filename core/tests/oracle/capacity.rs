//! Runs lists of operations on a capacity and on a model that is too simple to be wrong.

use crochet_core::inbox::{Capacity, Released};

/// Is one operation on a capacity.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Op {
    /// A producer takes room.
    Take,
    /// A producer takes room or announces that it waits.
    Await,
    /// The consumer gives room for so many back.
    Release(u8),
}

/// Runs `ops` on a capacity of `limit` and compares all that can be observed after each.
///
/// # Panics
///
/// Panics if the capacity differs from the model.
pub(crate) fn run(limit: usize, ops: &[Op]) {
    let capacity = Capacity::new(limit);
    let (mut used, mut is_awaited) = (0, false);
    for &op in ops {
        match op {
            Op::Take => {
                let has_room = used < limit;
                assert_eq!(capacity.take().is_ok(), has_room);
                used += usize::from(has_room);
            }
            Op::Await => {
                let has_room = used < limit;
                assert_eq!(capacity.await_room().is_ok(), has_room);
                used += usize::from(has_room);
                is_awaited |= !has_room;
            }
            Op::Release(count) => {
                let released = capacity.release(usize::from(count));
                assert_eq!(released == Released::Awaited, is_awaited);
                used = used.saturating_sub(usize::from(count));
                is_awaited = false;
            }
        }
        assert_eq!(capacity.used(), used);
        assert_eq!(capacity.limit(), limit);
    }
}
