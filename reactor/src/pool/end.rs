//! The end of a pool, which is part of its reactor's.

use std::fmt;
use std::future::poll_fn;
use std::sync::Arc;
use std::time::Duration;

use crochet_core::eventual::{self, Eventual, Reader};

use super::{PoolError, ThreadPool};
use crate::panic;
use crate::sleep::{sleep, timeout};

/// The workers of a closed pool, on their way out.
pub(crate) struct Leaving {
    empty: Reader<Arc<Eventual<()>>>,
    pool: ThreadPool,
}

impl Leaving {
    /// Waits until the last worker has left, but no longer than the pool's settings say.
    ///
    /// Runs on the loop, which keeps turning meanwhile: what the jobs still need of it, they get.
    pub(crate) async fn wait(mut self) {
        let mut key = None;
        let empty = poll_fn(|cx| self.empty.poll_take(&mut key, cx));
        match timeout(self.pool.pool().settings().join_timeout, empty).await {
            // Whoever is left is told of, and let go of, by `end`.
            Ok(_) | Err(_) => {}
        }
        // One more turn, in which the operations that await the last jobs hear of them.
        sleep(Duration::ZERO).await;
    }
}

impl fmt::Debug for Leaving {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Leaving").finish_non_exhaustive()
    }
}

impl ThreadPool {
    /// Takes no more jobs, refuses those that have not begun, and sends the workers away.
    ///
    /// Returns what to wait for, if there is any worker. Does nothing in a forked child.
    pub(crate) fn close(&self) -> Option<Leaving> {
        if self.shared().is_forked() {
            return None;
        }
        let (completer, empty) = eventual::pair();
        let (jobs, idle, is_empty) = {
            let mut state = self.pool().state();
            let (jobs, idle) = state.close(completer);
            (jobs, idle, state.is_empty())
        };
        self.pool().set_deadline();
        for seat in idle {
            seat.bell().notify_one();
        }
        for job in jobs {
            job.refuse(PoolError::Stopped);
        }
        let pool = self.clone();
        (!is_empty).then_some(Leaving { empty, pool })
    }

    /// Ends a closed pool: joins the threads that have left, and lets go of the others.
    ///
    /// Waits for those for what is left of the time that [`close`](Self::close) has set: nothing,
    /// when [`Leaving::wait`] was waited for. Does nothing in a forked child.
    pub(crate) fn end(&self) {
        if self.shared().is_forked() {
            return;
        }
        // A statement of its own, which ends with the lock.
        let left_behind = self.pool().wait_until_empty().let_go();
        self.pool().dismiss();
        if left_behind > 0 {
            let limit = self.pool().settings().join_timeout;
            let logged = panic::catch(|| {
                log::warn!(
                    target: "crochet::reactor",
                    "{left_behind} jobs of the thread pool did not end within {limit:?} of the \
                     reactor's stop: their threads are left behind",
                );
            });
            drop(logged);
        }
    }

    /// Takes jobs again after [`end`](Self::end).
    pub(crate) fn reopen(&self) {
        if !self.shared().is_forked() {
            self.pool().state().open();
        }
    }
}
