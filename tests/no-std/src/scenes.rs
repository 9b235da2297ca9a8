//! What the firmware shows, each scene on the same loop.

pub mod cancelling;
pub mod capacity;
pub mod clock;
pub mod futures;
pub mod measuring;
pub mod stopping;
pub mod timers;
pub mod waking;
