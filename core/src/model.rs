//! Controls for the loom models: each edge that matters can be weakened for one model, which
//! must then fail.
//!
//! Exists only under `--cfg crochet_loom`.

extern crate std;

use core::cell::Cell;

/// A cross-context edge whose memory ordering a model depends on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Edge {
    /// Publication of a node by the producer that pushes it.
    InboxPush,
    /// Publication, to the consumer's next look, of what happened before a notification.
    InboxNotify,
    /// The consumer's view of the nodes that it drains.
    InboxDrain,
    /// The consumer's step from awake to asleep, indivisible with the check for emptiness.
    InboxSleep,
    /// Publication, by whoever gives room back and whoever waits for it, of what came before.
    InboxRoom,
    /// Publication of the value by the completer.
    EventualFinish,
    /// A reader's view of the value.
    EventualRead,
    /// A waiter's announcement, which also publishes its slot.
    EventualWaited,
    /// Publication of a waker by the waiter that fills a slot.
    SlotFill,
    /// The completer's view of the waker that it takes from a slot.
    SlotClose,
    /// Publication, to the next poll, of what happened before a wake-up.
    TaskWake,
    /// The order of all uses of a task before its end in memory.
    TaskFree,
}

std::thread_local! {
    // Loom runs all threads of a model on the thread that started the model.
    static WEAKENED: Cell<Option<Edge>> = const { Cell::new(None) };
}

impl Edge {
    pub(crate) fn is_weakened(self) -> bool {
        WEAKENED.get() == Some(self)
    }
}

/// Weakens `edge` for every model that this thread runs until [`restore`].
pub fn weaken(edge: Edge) {
    WEAKENED.set(Some(edge));
}

/// Gives every edge its full strength again.
pub fn restore() {
    WEAKENED.set(None);
}
