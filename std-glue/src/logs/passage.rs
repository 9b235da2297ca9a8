//! Recognising records that a logger logs about its own writing.

use std::cell::Cell;
use std::sync::atomic::{AtomicU32, Ordering};

/// Names a bridge by one bit. Bridges may share one, which only makes them more careful.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Mark(u64);

/// The bridges through which a record has come, or through which what it is about has come.
#[derive(Clone, Copy, Debug)]
pub(super) struct Passage {
    via: u64,
    // It came back to a bridge that had handed on what it is about.
    echo: bool,
}

thread_local! {
    // What the calling thread is writing. Without a destructor, so it can be used while a thread or
    // the process ends.
    static CURRENT: Cell<Option<Passage>> = const { Cell::new(None) };
}

impl Mark {
    /// Makes a mark for a new bridge.
    pub(super) fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        Self(1_u64.rotate_left(NEXT.fetch_add(1, Ordering::Relaxed)))
    }
}

impl Passage {
    /// Returns the passage of a record that is logged here and now, through the bridge of `mark`.
    ///
    /// `None` when the logger logs about an echo: that would never end.
    pub(super) fn through(mark: Mark) -> Option<Self> {
        let Some(about) = CURRENT.get() else {
            return Some(Self {
                via: mark.0,
                echo: false,
            });
        };
        let returned = about.via & mark.0 != 0;
        if returned && about.echo {
            return None;
        }
        Some(Self {
            via: about.via | mark.0,
            echo: about.echo || returned,
        })
    }

    /// Returns the passage of what a bridge says of itself, about which a logger has no say.
    pub(super) fn own(mark: Mark) -> Self {
        Self {
            via: mark.0,
            echo: true,
        }
    }

    /// Tells whether the calling thread is writing for the bridge of `mark`.
    pub(super) fn is_within(mark: Mark) -> bool {
        CURRENT.get().is_some_and(|about| about.via & mark.0 != 0)
    }

    /// Marks the calling thread as writing a record with this passage, until the guard is dropped.
    pub(super) fn enter(self) -> Entered {
        Entered(CURRENT.replace(Some(self)))
    }
}

/// Restores what the thread was writing before.
#[derive(Debug)]
pub(super) struct Entered(Option<Passage>);

impl Drop for Entered {
    fn drop(&mut self) {
        CURRENT.set(self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::{Mark, Passage};

    #[test]
    fn an_echo_is_let_through_once() {
        let mark = Mark::new();
        let record = Passage::through(mark).expect("a record from outside");
        assert!(!Passage::is_within(mark));
        let _writing = record.enter();
        assert!(Passage::is_within(mark));
        let echo = Passage::through(mark).expect("an echo");
        let _writing = echo.enter();
        assert!(Passage::through(mark).is_none());
    }

    #[test]
    fn a_chain_of_bridges_is_no_echo_and_a_circle_ends() {
        let (first, second) = (Mark::new(), Mark::new());
        let _first = Passage::through(first).expect("from outside").enter();
        let _second = Passage::through(second).expect("handed on").enter();
        assert!(Passage::through(second).is_some());
        let _first = Passage::through(first).expect("the first echo").enter();
        assert!(Passage::through(second).is_none());
        assert!(Passage::through(first).is_none());
    }

    #[test]
    fn what_a_bridge_says_of_itself_has_no_echo() {
        let mark = Mark::new();
        let writing = Passage::own(mark).enter();
        assert!(Passage::through(mark).is_none());
        drop(writing);
        assert!(Passage::through(mark).is_some());
    }
}
