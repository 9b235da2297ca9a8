//! The process's bridges, for its end.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Instant;

use crochet_reactor::glue::PerProcess;

use super::bridge::Bridge;

type Bridges = Mutex<Vec<Weak<Bridge>>>;

static BRIDGES: PerProcess<Bridges> = PerProcess::new(Mutex::new(Vec::new()));

/// Makes a bridge known that has something to write.
pub(super) fn add(bridge: &Arc<Bridge>) {
    let mut bridges = bridges();
    bridges.retain(|known| known.strong_count() > 0 && known.as_ptr() != Arc::as_ptr(bridge));
    bridges.push(Arc::downgrade(bridge));
}

/// Writes what is queued in the process's bridges and ends their threads, in the order in which they
/// began to be used. It waits for each no longer than that one's limit, counted from the call.
pub(crate) fn end_all() {
    let begun = Instant::now();
    let known = std::mem::take(&mut *bridges());
    for bridge in known.iter().filter_map(Weak::upgrade) {
        bridge.end(bridge.flush_limit().saturating_sub(begun.elapsed()));
    }
}

fn bridges() -> MutexGuard<'static, Vec<Weak<Bridge>>> {
    // Nothing foreign runs while the lock is held, so nothing panics.
    let bridges = BRIDGES.get(|| Mutex::new(Vec::new()));
    bridges.lock().unwrap_or_else(PoisonError::into_inner)
}
