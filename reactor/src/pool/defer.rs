//! The result of a job, as a future.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use crochet_core::eventual::{Eventual, Reader, WaitKey};

use super::job::Answer;
use super::state::JobId;
use super::{PoolError, ThreadPool};
use crate::spawn::JoinError;

/// The result that a job of the thread pool will have: a future, for the loop or any other executor.
///
/// A panic of the job is [`JoinError::Panicked`], with its file and line. When the pool has not
/// taken the job, that is [`JoinError::Refused`]; when the reactor stopped before the job began,
/// [`JoinError::Stopped`]. Polling it again after it was ready is an error that leaves it pending
/// for ever.
///
/// # Cancellation
///
/// Dropping it revokes a job that has not begun: its function is dropped at once and never called.
/// A job that is running goes on; its result is dropped, and its panic, which nobody will ask for,
/// is logged once.
#[must_use = "dropping it revokes a job that has not begun"]
pub struct DeferToThread<T> {
    state: State<T>,
}

enum State<T> {
    Handed(Handed<T>),
    Refused(PoolError),
    Ready,
}

struct Handed<T> {
    reader: Reader<Arc<Eventual<Answer<T>>>>,
    key: Option<WaitKey>,
    pool: ThreadPool,
    id: JobId,
}

// Nothing of the result is in the future itself.
impl<T> Unpin for DeferToThread<T> {}

impl<T> DeferToThread<T> {
    pub(super) fn handed(
        reader: Reader<Arc<Eventual<Answer<T>>>>,
        pool: ThreadPool,
        id: JobId,
    ) -> Self {
        let key = None;
        Self {
            state: State::Handed(Handed {
                reader,
                key,
                pool,
                id,
            }),
        }
    }

    /// Tells whether the job has ended, or never will begin.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        match &self.state {
            State::Handed(handed) => handed.reader.is_ended(),
            State::Refused(_) | State::Ready => true,
        }
    }
}

/// Makes the future of a job that was refused.
impl<T> From<PoolError> for DeferToThread<T> {
    fn from(error: PoolError) -> Self {
        Self {
            state: State::Refused(error),
        }
    }
}

impl<T> Future for DeferToThread<T> {
    type Output = Result<T, JoinError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let polled = match &mut self.state {
            State::Handed(handed) => handed.poll(cx),
            State::Refused(why) => Poll::Ready(Err((*why).into())),
            State::Ready => Poll::Pending,
        };
        if polled.is_ready() {
            self.state = State::Ready;
        }
        polled
    }
}

impl<T> Handed<T> {
    fn poll(&mut self, cx: &Context<'_>) -> Poll<Result<T, JoinError>> {
        match self.reader.poll_take(&mut self.key, cx) {
            Poll::Ready(Ok(Ok(outcome))) => {
                Poll::Ready(outcome.into_result().map_err(JoinError::Panicked))
            }
            Poll::Ready(Ok(Err(why))) => Poll::Ready(Err(why.into())),
            Poll::Ready(Err(end)) => Poll::Ready(Err(end.into())),
            // The thread that has the job, or would get it, is the parent's.
            Poll::Pending if self.pool.shared().is_forked() => {
                Poll::Ready(Err(PoolError::Forked.into()))
            }
            Poll::Pending => Poll::Pending,
        }
    }
}

impl<T> Drop for Handed<T> {
    fn drop(&mut self) {
        if let Some(key) = self.key.take() {
            self.reader.unregister(key);
        }
        if !self.reader.is_ended() {
            self.pool.revoke(self.id);
        }
    }
}

impl<T> fmt::Debug for DeferToThread<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeferToThread")
            .field("finished", &self.is_finished())
            .finish_non_exhaustive()
    }
}
