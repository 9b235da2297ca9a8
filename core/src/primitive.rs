//! The one switch between core's atomics and loom's.
//!
//! Modules take their atomics and cells from here, so that the models under `tests/loom_*.rs`
//! check the very code that ships.

#[cfg(not(crochet_loom))]
mod real;
#[cfg(not(crochet_loom))]
use real as switched;

#[cfg(crochet_loom)]
mod loomed;
#[cfg(crochet_loom)]
use loomed as switched;

#[cfg(feature = "alloc")]
pub(crate) use switched::AtomicU32;
pub(crate) use switched::{AtomicPtr, AtomicU8, AtomicUsize, Edge, Ordering, UnsafeCell};

/// Declares constructors that are `const` outside of loom, whose atomics have no const `new`.
macro_rules! const_unless_loom {
    ($(#[$attr:meta])* $vis:vis fn $name:ident($($arg:ident: $ty:ty),*) -> $ret:ty $body:block) => {
        $(#[$attr])*
        #[cfg(not(crochet_loom))]
        $vis const fn $name($($arg: $ty),*) -> $ret $body

        $(#[$attr])*
        #[cfg(crochet_loom)]
        $vis fn $name($($arg: $ty),*) -> $ret $body
    };
}
pub(crate) use const_unless_loom;
