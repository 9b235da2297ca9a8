//! What a reactor tells about itself: counters, times, tasks.
//!
//! Counting is a plain addition on the loop's side. The clock is read for it only when the
//! [`Builder`](crate::Builder) was asked to measure.

mod counters;
mod histogram;
mod note;
mod rate;
mod settings;
mod snapshot;
mod tasks;
mod watch;

pub use counters::Stats;
pub use histogram::Histogram;
pub use settings::Timing;
pub use snapshot::Snapshot;
pub use tasks::TaskInfo;
pub use watch::Times;

pub(crate) use counters::{Counters, count_panic};
pub(crate) use note::{Note, Scheduler};
pub(crate) use settings::Settings;
pub(crate) use watch::{Recorders, Watch, Watched};
