//! Destructors that end each other, on a stack of limited depth.

use std::cell::{Cell, RefCell};

/// What comes to be ended within what is being ended.
struct Nesting {
    depth: Cell<u32>,
    /// What is nested too deep, until the call that is the deepest one allowed gets to it.
    waiting: RefCell<Vec<Box<dyn FnOnce()>>>,
}

thread_local! {
    static NESTING: Nesting = const {
        Nesting {
            depth: Cell::new(0),
            waiting: RefCell::new(Vec::new()),
        }
    };
}

/// How many endings may go on within each other.
const DEEPEST: u32 = 32;

/// Calls `end`, which drops what may come here again: something that owns something that owns
/// something, and so on. It contains the panics of what it drops.
///
/// It has been called when this returns, unless thirty-two such calls are going on within each other.
/// Then it is called before the innermost of them returns, so that the stack does not grow with what
/// a program has nested.
pub(crate) fn end_nested(end: impl FnOnce() + 'static) {
    let mut end = Some(end);
    let entered = NESTING.try_with(|nesting| {
        let depth = nesting.depth.get();
        if depth < DEEPEST {
            nesting.depth.set(depth + 1);
        } else if let Some(end) = end.take() {
            nesting.waiting.borrow_mut().push(Box::new(end));
        }
        depth
    });
    let Some(end) = end else { return };
    // While the thread's locals are being destroyed there is no list, and nothing was counted.
    let _left = entered.ok().map(LeftOnDrop);
    end();
    if matches!(entered, Ok(depth) if depth + 1 == DEEPEST) {
        while let Some(next) = NESTING.with(|nesting| nesting.waiting.borrow_mut().pop()) {
            next();
        }
    }
}

/// Goes back to the depth before.
struct LeftOnDrop(u32);

impl Drop for LeftOnDrop {
    fn drop(&mut self) {
        NESTING.with(|nesting| nesting.depth.set(self.0));
    }
}
